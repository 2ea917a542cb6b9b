//! R02 overlapping visits. Source: domain study §5 R02. Benign: rounded times.

use std::collections::BTreeSet;

use super::{Sink, by_cadre_and_month, named};
use crate::lead::count;
use crate::visit::Visit;
use crate::{History, Parameters};

/// For each cadre and claimed month: visits on foot with a start in minutes and a length. Two of different households overlap if
/// the earlier end lies more than the parameter after the later start.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r02;
    let most_ms = i64::from(rule.overlap_minutes_max) * 60_000;
    let on_foot = history
        .visits
        .values()
        .filter(|visit| visit.is_on_foot() && visit.span_ms().is_some());
    for ((cadre, _), visits) in by_cadre_and_month(on_foot) {
        let (mut pairs, mut longest, mut seen) = (0, 0, BTreeSet::new());
        for (at, visit) in visits.iter().enumerate() {
            for other in visits[at + 1..].iter().take_while(|other| starts_within(visit, other)) {
                let overlap = overlap_ms(visit, other);
                if visit.household != other.household && overlap > most_ms {
                    pairs += 1;
                    longest = longest.max(overlap);
                    seen.extend([visit.entered.id, other.entered.id]);
                }
            }
        }
        if pairs >= usize::from(rule.pairs_min.max(1)) {
            let overlapping = visits.into_iter().filter(|visit| seen.contains(&visit.entered.id));
            let figures = [("pairs", count(pairs)), ("longest_minutes", longest / 60_000)];
            sink.cadre(cadre, named(overlapping), &figures);
        }
    }
}

fn starts_within(visit: &Visit, other: &Visit) -> bool {
    let spans = visit.span_ms().zip(other.span_ms());
    spans.is_some_and(|((_, end), (start, _))| start < end)
}

fn overlap_ms(visit: &Visit, other: &Visit) -> i64 {
    let spans = visit.span_ms().zip(other.span_ms());
    spans.map_or(0, |((a, b), (c, d))| b.min(d) - a.max(c))
}
