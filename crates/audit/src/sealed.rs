//! Figures that were sealed, against those that follow from the same receipts.

use std::collections::BTreeMap;

use event::{Position, UnitCode};
use ledger::View;

use crate::compare::{Comparison, Verdict};
use crate::opened::Known;

/// The roots of a sealed period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// The last journal position that was counted, over all journals.
    pub cut: Position,
    /// The rules by which it was counted.
    pub rule_version: u16,
    /// Root by unit and the view's word, in hexadecimal digits.
    pub roots: BTreeMap<(UnitCode, String), String>,
}

/// Compares sealed roots with those of a replay up to the same cut: `known` is what
/// [`Archive::known`](crate::Archive::known) gives for [`Knowledge::Upto`](crate::Knowledge::Upto) that cut. At another
/// cut or by other rules nothing compares. One comparison a unit; it names the first view that differs.
#[must_use]
pub fn compare_sealed(known: &Known, sealed: &Sealed) -> Vec<Comparison> {
    let cut = known.cut();
    let comparable = cut.position == Some(sealed.cut) && cut.rule_version == sealed.rule_version;
    let mut verdicts: BTreeMap<UnitCode, Verdict> = BTreeMap::new();
    for ((unit, view), theirs) in &sealed.roots {
        let verdict = verdicts.entry(*unit).or_insert(Verdict::Equal);
        if *verdict != Verdict::Equal {
            continue;
        }
        let root = View::from_key(view).map(|view| known.ledger.root(view, *unit).to_string());
        *verdict = match root {
            Some(ours) if comparable && ours == *theirs => Verdict::Equal,
            Some(ours) if comparable => Verdict::Differs {
                view: view.clone(),
                ours,
                theirs: theirs.clone(),
            },
            _ => Verdict::NotComparable {
                ours: cut.position,
                theirs: Some(sealed.cut),
            },
        };
    }
    let comparisons = verdicts.into_iter().map(|(unit, verdict)| Comparison { unit, verdict });
    comparisons.collect()
}
