//! R13 perfect scores. Source: domain study §5 R13. Benign: a small village, a good handler.

use std::collections::BTreeMap;

use event::{PersonId, Satisfaction};

use super::Sink;
use crate::chance::power_is_below;
use crate::lead::count;
use crate::request::FollowUp;
use crate::{History, Parameters};

/// For each handler, over all that is given: follow-ups in effect that reached somebody who said how satisfied they were. All of them
/// say 满意, while of all other handlers' together a smaller share does, and the odds are passed.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r13;
    let mut handlers: BTreeMap<PersonId, Vec<&FollowUp>> = BTreeMap::new();
    for request in history.requests.all.values() {
        let said = |one: &&FollowUp| !one.by_handler && one.said.reached && one.said.satisfaction.is_some();
        for one in request.follow_ups.iter().filter(said) {
            handlers.entry(one.handler).or_default().push(one);
        }
    }
    let top = |list: &[&FollowUp]| {
        let all = list.iter();
        small(
            all.filter(|one| one.said.satisfaction == Some(Satisfaction::Satisfied))
                .count(),
        )
    };
    let all_top: u32 = handlers.values().map(|list| top(list)).sum();
    let all: u32 = handlers.values().map(|list| small(list.len())).sum();
    for (handler, list) in &handlers {
        let (n, others_top, others) = (small(list.len()), all_top - top(list), all - small(list.len()));
        let passes = n >= u32::from(rule.follow_ups_min.max(1))
            && top(list) == n
            && u64::from(others_top) * 1_000 < u64::from(others) * u64::from(rule.others_permille_max)
            && power_is_below(others_top, others, n, rule.one_in);
        if passes {
            let named = list.iter().map(|one| one.entered.named()).collect();
            let figures = [
                ("follow_ups", count(list.len())),
                ("others_satisfied", others_top.into()),
                ("others", others.into()),
            ];
            sink.cadre(*handler, named, &figures);
        }
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
