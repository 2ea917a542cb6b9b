//! R08 a clock that runs backwards, or ahead of the receipt. Source: domain study §5 R08. Benign: a battery reset.

use std::collections::BTreeMap;

use event::{Day, Origin, Subject};

use super::Sink;
use crate::lead::{Named, count};
use crate::month::Month;
use crate::{History, Parameters};

/// For each log and month of receipt: entries recorded before the entry just before them in the log, or after their own receipt.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let least_ms = i64::from(parameters.r08.minutes_min) * 60_000;
    let mut groups: BTreeMap<(Origin, Month), (Vec<Named>, i64, i64)> = BTreeMap::new();
    for (origin, log) in &history.logs {
        let mut before: Option<&crate::visit::Entered> = None;
        for entered in log.values().filter(|entered| !entered.is_foreign) {
            let last = before.filter(|last| last.sequence.plus(1) == entered.sequence);
            let is_back = last.is_some_and(|last| last.recorded_ms - entered.recorded_ms > least_ms);
            let is_ahead = entered.recorded_ms - entered.received_ms > least_ms;
            before = Some(entered);
            let month = Month::of(Day::of_instant(entered.received_ms));
            if let Some(month) = month.filter(|_| is_back || is_ahead) {
                let (named, back, ahead) = groups.entry((*origin, month)).or_default();
                named.push(entered.named());
                *back += i64::from(is_back);
                *ahead += i64::from(is_ahead);
            }
        }
    }
    for ((origin, _), (named, back, ahead)) in groups {
        let figures = [("records", count(named.len())), ("backwards", back), ("ahead", ahead)];
        sink.about(Subject::origin(origin), named, &figures);
    }
}
