//! R07 back-dating proved by receipts. Source: domain study §5 R07, whose anchor is the header's checkpoint. Benign: a wrong clock (R08).

use std::collections::BTreeMap;

use event::{Origin, Subject};

use super::Sink;
use crate::lead::{Named, count};
use crate::month::Month;
use crate::visit::Entered;
use crate::{History, Parameters};

/// For each log and claimed month: entries that had seen the journal at a size, and claim to have been recorded before the receipt just
/// below that size, by more than the least and at most the greatest time; and whose claim fits the false time. Who only has a wrong
/// clock claims the true day, which lies after it, or has it wrong for days: a run of such entries whose receipts seen lie far apart
/// is left out. What was pushed and not yet answered proves nothing: only what the machine had seen does.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r07;
    let run_ms = i64::from(rule.run_hours_max) * 3_600_000;
    let mut groups: BTreeMap<(Origin, Month), (Vec<Named>, i64)> = BTreeMap::new();
    for (origin, log) in &history.logs {
        let own: Vec<(&Entered, Option<Back>)> = log
            .values()
            .filter(|entered| !entered.is_foreign)
            .map(|entered| (entered, Back::of(history, parameters, entered)))
            .collect();
        for run in own.chunk_by(|(_, one), (_, next)| one.is_some() == next.is_some()) {
            let seen = || run.iter().filter_map(|(_, back)| Some(back.as_ref()?.seen_ms));
            let apart = seen().max().unwrap_or(0) - seen().min().unwrap_or(0);
            for (entered, back) in run.iter().filter(|_| apart <= run_ms) {
                let month = Month::of(entered.occurred.day());
                if let Some((back, month)) = back.as_ref().filter(|back| back.fits).zip(month) {
                    let (named, longest) = groups.entry((*origin, month)).or_default();
                    named.push(entered.named());
                    *longest = back.by_ms.max(*longest);
                }
            }
        }
    }
    for ((origin, _), (named, longest)) in groups {
        if named.len() >= usize::from(rule.records_min.max(1)) {
            let figures = [("records", count(named.len())), ("longest_hours", longest / 3_600_000)];
            sink.about(Subject::origin(origin), named, &figures);
        }
    }
}

/// By how much an entry claims to be older than what its machine had seen.
struct Back {
    by_ms: i64,
    seen_ms: i64,
    fits: bool,
}

impl Back {
    fn of(history: &History, parameters: &Parameters, entered: &Entered) -> Option<Self> {
        let rule = parameters.r07;
        let (least_ms, most_ms) = (
            i64::from(rule.minutes_min) * 60_000,
            i64::from(rule.days_max) * 86_400_000,
        );
        let (_, seen_ms) = history.received.range(..entered.seen?).next_back()?;
        let by_ms = seen_ms - entered.recorded_ms;
        (by_ms > least_ms && by_ms <= most_ms).then(|| Self {
            by_ms,
            seen_ms: *seen_ms,
            fits: entered.occurred.start_ms() <= entered.recorded_ms,
        })
    }
}
