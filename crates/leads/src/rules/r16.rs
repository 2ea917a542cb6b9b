//! R16 spot-check failure. Source: domain study §5 R16. Benign: another member of the family was at home then.

use std::collections::BTreeMap;

use event::{CheckResult, PersonId};

use super::Sink;
use crate::chance::wilson_lower_is_above;
use crate::history::Check;
use crate::lead::{Named, count};
use crate::{History, Parameters};

/// For each cadre, over all that is given: checks in effect of visits with them that got an answer. The lower end of the 95 % Wilson interval of
/// "nobody remembers" and "nobody came" among the answers lies above the share. A visit that was voided before its check was received is left out. The events are the visits and the checks that failed.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r16;
    let mut cadres: BTreeMap<PersonId, (u32, Vec<(Named, Named)>)> = BTreeMap::new();
    for check in &history.checks {
        let failed = match check.facts.result {
            CheckResult::Confirmed => false,
            CheckResult::NotRemembered | CheckResult::Contradicted => true,
            CheckResult::Unreachable | CheckResult::Declined => continue,
        };
        let Some(visit) = history.checked_visit(check) else {
            continue;
        };
        for cadre in &visit.visitors {
            let (answers, fails) = cadres.entry(*cadre).or_default();
            *answers += 1;
            if failed {
                fails.push((visit.entered.named(), named_at(check, visit.entered.named())));
            }
        }
    }
    for (cadre, (answers, fails)) in cadres {
        let failed = u32::try_from(fails.len()).unwrap_or(u32::MAX);
        let enough = answers >= u32::from(rule.answers_min.max(1));
        if enough && wilson_lower_is_above(failed, answers, rule.share_permille.into()) {
            let figures = [("failed", count(fails.len())), ("answers", answers.into())];
            sink.cadre(cadre, fails.into_iter().flat_map(|(a, b)| [a, b]).collect(), &figures);
        }
    }
}

/// A check stands beside its visit, whose time is what the lead is about.
fn named_at(check: &Check, visit: Named) -> Named {
    Named {
        id: check.entered.id,
        ..visit
    }
}
