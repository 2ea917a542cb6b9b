//! R07 back-dating proved by receipts. Source: domain study §5 R07, whose anchor is the header's checkpoint. Benign: a wrong clock (R08).

use std::collections::BTreeMap;

use event::{Origin, Subject};

use super::Sink;
use crate::lead::{Named, count};
use crate::month::Month;
use crate::{History, Parameters};

/// For each log and claimed month: entries that had seen the journal at a size, and claim to have been recorded before the receipt just
/// below that size, by more than the least and at most the greatest time; and whose claim fits the false time. Who only has a wrong
/// clock claims the true day, which lies after it. What was pushed and not yet answered proves nothing: only what the machine had seen does.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r07;
    let least_ms = i64::from(rule.minutes_min) * 60_000;
    let most_ms = i64::from(rule.days_max) * 86_400_000;
    let mut groups: BTreeMap<(Origin, Month), (Vec<Named>, i64)> = BTreeMap::new();
    for (origin, log) in &history.logs {
        for entered in log.values().filter(|entered| !entered.is_foreign) {
            let Some(size) = entered.seen else { continue };
            let Some((_, seen_ms)) = history.received.range(..size).next_back() else {
                continue;
            };
            let back_ms = seen_ms - entered.recorded_ms;
            let fits = entered.occurred.start_ms() <= entered.recorded_ms;
            let month = Month::of(entered.occurred.day());
            if let Some(month) = month.filter(|_| fits && back_ms > least_ms && back_ms <= most_ms) {
                let (named, longest) = groups.entry((*origin, month)).or_default();
                named.push(entered.named());
                *longest = back_ms.max(*longest);
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
