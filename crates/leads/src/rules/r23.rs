//! R23 instant or self-checked closing. Source: domain study §5 R23. Benign: solved on the spot.

use std::collections::BTreeMap;

use event::{PersonId, RequestKind};

use super::Sink;
use crate::lead::{Named, count};
use crate::month::Month;
use crate::visit::Entered;
use crate::{History, Parameters};

#[derive(Default)]
struct Seen {
    instant: usize,
    self_checked: usize,
    named: Vec<Named>,
}

/// For each handler and month: answers (not of 咨询) that claim a time less than so many minutes after the acceptance, both in minutes; and
/// follow-ups that the handler made (kept without effect) or that the account typed which had typed the answer.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r23;
    let limit_ms = i64::from(rule.minutes) * 60_000;
    let mut groups: BTreeMap<(PersonId, Month), Seen> = BTreeMap::new();
    let mut note = |handler: PersonId, entered: &[&Entered], is_instant: bool| {
        let month = entered.last().and_then(|last| Month::of(last.occurred.day()));
        if let Some(month) = month {
            let seen = groups.entry((handler, month)).or_default();
            *(if is_instant {
                &mut seen.instant
            } else {
                &mut seen.self_checked
            }) += 1;
            seen.named.extend(entered.iter().map(|one| one.named()));
        }
    };
    for request in history.requests.all.values() {
        let is_advice = matches!(&request.raised, Some((_, _, RequestKind::Advice)) | None);
        for answer in request.answers.iter().filter(|_| !is_advice) {
            let Some(accepted) = &answer.accepted else { continue };
            let times = accepted.exact_ms().zip(answer.replied.exact_ms());
            if times.is_some_and(|(accepted, replied)| (0..limit_ms).contains(&(replied - accepted))) {
                note(answer.handler, &[accepted, &answer.replied], true);
            }
        }
        for one in &request.follow_ups {
            if one.by_handler || one.answered_by == Some(one.entered.recorder) {
                note(one.handler, &[&one.entered], false);
            }
        }
    }
    for ((handler, _), seen) in groups {
        let passes = seen.instant >= usize::from(rule.instant_min.max(1))
            || seen.self_checked >= usize::from(rule.self_checked_min.max(1));
        if passes {
            let figures = [
                ("instant", count(seen.instant)),
                ("self_checked", count(seen.self_checked)),
            ];
            sink.cadre(handler, seen.named, &figures);
        }
    }
}
