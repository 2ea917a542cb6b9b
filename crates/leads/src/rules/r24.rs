//! R24 false finish. Source: domain study §5 R24. Benign: a new fault.

use std::collections::BTreeMap;

use event::PersonId;

use super::Sink;
use crate::lead::{Named, count};
use crate::month::Month;
use crate::{History, Parameters};

/// For each handler and month of closing: requests closed in effect after which the same household raised another of the same kind within so
/// many days, or said 不满意 (kept without effect, as the request was closed).
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r24;
    let mut groups: BTreeMap<(PersonId, Month), (usize, Vec<Named>)> = BTreeMap::new();
    for request in history.requests.all.values() {
        let (Some((handler, closed)), Some((raised, household, kind))) = (&request.closed, &request.raised) else {
            continue;
        };
        let day = closed.occurred.day();
        let mut again: Vec<Named> = request.said_after_close.iter().map(|one| one.named()).collect();
        let others = household
            .iter()
            .flat_map(|household| history.requests.of_household(*household));
        for (other, _, other_kind) in others.filter_map(|other| other.raised.as_ref()) {
            let days = other.occurred.day().0 - day.0;
            let is_after = other.occurred.start_ms() > closed.occurred.start_ms() && days <= i32::from(rule.days);
            if other_kind == kind && other.id != raised.id && is_after {
                again.push(other.named());
            }
        }
        if let Some(month) = Month::of(day).filter(|_| !again.is_empty()) {
            let (requests, named) = groups.entry((*handler, month)).or_default();
            *requests += 1;
            named.push(closed.named());
            named.extend(again);
        }
    }
    for ((handler, _), (requests, named)) in groups {
        if requests >= usize::from(rule.requests_min.max(1)) {
            sink.cadre(handler, named, &[("requests", count(requests))]);
        }
    }
}
