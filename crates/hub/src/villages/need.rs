//! When a village needs help, and of which sort. Every bound stands here. Days are those of the calendar, in UTC+8.
//!
//! Need is what waits for somebody: no word, a clock, a fork, a matter without an answer, a review. How much a village has
//! recorded, and its coverage, are none of it.

use event::Day;
use ledger::{LogGlance, OpenRequests};
use screen::township::{Clock, Help, Need};

use super::{Machine, signed};

/// Days without a word after which somebody should keep an eye on it: a weekend is no reason to call.
const QUIET_DAYS: u64 = 2;
/// Days without a word after which somebody should call: the node's own page offers the stick from then on.
pub(super) const SILENT_DAYS: u64 = 5;
/// Days past the due day after which an unanswered request comes first.
const OVERDUE_FIRST_DAYS: u64 = 5;
/// Days after which an entry that waits for review comes first.
const REVIEW_FIRST_DAYS: u64 = 3;
/// How long conflicts are worth a word: by then somebody has been told, and they never go away by themselves.
const CONFLICT_DAYS: u64 = 7;
/// A clock that differs by more than so much cannot be believed even for the day, in milliseconds: a day.
const CLOCK_WRONG_MS: u64 = 86_400_000;
/// How long a machine that took over is new, in days.
const NEW_MACHINE_DAYS: u64 = 2;
/// Days after which a machine that never made contact comes first: by then its enrolment file has expired.
const NEVER_HEARD_FIRST_DAYS: u64 = 3;

/// How bad a clock is, to find the worst.
pub(super) const fn worse(clock: Clock) -> u64 {
    match clock {
        Clock::Unknown => 0,
        Clock::Right => 1,
        Clock::Off { lead_ms } => lead_ms.unsigned_abs(),
    }
}

/// What a village needs help with: what comes first, then the rest, each by how long it has waited. `comparable` says
/// whether machines' clocks can be compared with the hub's.
pub(super) fn needs(
    machines: &[Machine],
    glances: &[&LogGlance],
    open: OpenRequests,
    now_ms: u64,
    comparable: bool,
) -> Vec<Need> {
    let today = Day::of_instant(signed(now_ms));
    let days = |since_ms: u64| days_since(Day::of_instant(signed(since_ms)), today);
    let mut needs = Vec::new();
    let mut add = |help: Help, since_ms: u64, first: bool| {
        needs.push(Need {
            help,
            since_ms: signed(since_ms),
            first,
        });
    };

    let forked = machines.iter().filter(|one| one.party.is_in_use());
    let forked: Vec<u64> = forked.filter_map(|one| one.forked_ms).collect();
    if let Some(since) = forked.iter().min() {
        let machines = forked.len() as u64;
        add(Help::Fork { machines }, *since, true);
    }

    let in_use: Vec<&Machine> = machines.iter().filter(|one| one.party.is_in_use()).collect();
    if in_use.is_empty() {
        let since = machines.iter().filter_map(|one| one.party.ended_ms).max();
        if let Some(since) = since {
            add(Help::NoMachine, since, true);
        }
    } else {
        // A successor is known by what its predecessor sent.
        match machines.iter().filter_map(Machine::last_ms).max() {
            Some(last) if days(last) >= SILENT_DAYS => add(Help::Silent, last, true),
            Some(last) if days(last) >= QUIET_DAYS => add(Help::Quiet, last, false),
            Some(_) => {}
            None => {
                let since = in_use.iter().map(|one| one.party.since_ms).min().unwrap_or(now_ms);
                if days(since) > 0 {
                    add(Help::NeverHeard, since, days(since) >= NEVER_HEARD_FIRST_DAYS);
                }
            }
        }
    }

    let clocks = in_use
        .iter()
        .filter_map(|one| one.heard.as_ref())
        .filter(|_| comparable);
    let off = clocks.filter_map(|heard| Some((heard.wall_lead_ms, heard.off_since_ms?)));
    if let Some((lead_ms, since)) = off.max_by_key(|(lead_ms, _)| lead_ms.unsigned_abs()) {
        if lead_ms.unsigned_abs() > CLOCK_WRONG_MS {
            add(Help::ClockWrong { lead_ms }, since, true);
        } else {
            add(Help::ClockOff { lead_ms }, since, false);
        }
    }

    if let Some(due) = open.oldest_due {
        let since = u64::try_from(due.start_ms()).unwrap_or(0);
        let requests = open.unanswered;
        add(
            Help::Overdue { requests },
            since,
            days_since(due, today) >= OVERDUE_FIRST_DAYS,
        );
    }

    let held: Vec<u64> = glances.iter().flat_map(|glance| &glance.held).copied().collect();
    if let Some(since) = held.iter().min() {
        let entries = held.len() as u64;
        add(Help::Review { entries }, *since, days(*since) >= REVIEW_FIRST_DAYS);
    }

    let conflicts = glances.iter().flat_map(|glance| &glance.conflicts).copied();
    let conflicts: Vec<u64> = conflicts.filter(|at| days(*at) < CONFLICT_DAYS).collect();
    if let Some(since) = conflicts.iter().min() {
        let entries = conflicts.len() as u64;
        add(Help::Conflicts { entries }, *since, false);
    }

    let new = in_use.iter().filter(|one| one.party.predecessor.is_some());
    let new = new.map(|one| one.party.since_ms).max();
    if let Some(since) = new.filter(|since| days(*since) < NEW_MACHINE_DAYS) {
        add(Help::NewMachine, since, false);
    }

    needs.sort_by_key(|need| (!need.first, need.since_ms));
    needs
}

fn days_since(day: Day, today: Day) -> u64 {
    u64::try_from(i64::from(today.0) - i64::from(day.0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use event::Origin;
    use proof::PublicKey;
    use sync::record::Role;

    use super::*;
    use crate::Party;
    use crate::heard::Heard;

    /// 2026-09-18 14:30 in UTC+8.
    const NOW: u64 = 1_789_713_000_000;
    const DAY: u64 = 86_400_000;

    fn machine(heard_ms: Option<u64>, lead_ms: i64) -> Machine {
        Machine {
            origin: Origin::from_bytes([1; 16]),
            party: Party {
                key: PublicKey([0; 32]),
                unit: None,
                role: Some(Role::Village),
                audience: None,
                name: String::new(),
                predecessor: None,
                successors: Vec::new(),
                closed_at: None,
                revoked: false,
                receipts: Vec::new(),
                since_ms: NOW - 100 * DAY,
                ended_ms: None,
                received_ms: None,
            },
            heard: heard_ms.map(|at_ms| Heard {
                at_ms,
                pending: 0,
                software: String::new(),
                wall_lead_ms: lead_ms,
                ntp: false,
                off_since_ms: (lead_ms != 0).then_some(NOW - 4 * DAY),
                days: Vec::new(),
                holds: None,
            }),
            forked_ms: None,
        }
    }

    fn of(machines: &[Machine], glance: &LogGlance, open: OpenRequests) -> Vec<(Help, u64, bool)> {
        let needs = needs(machines, &[glance], open, NOW, true);
        let line = |need: &Need| (need.help, need.waited_days(signed(NOW)), need.first);
        needs.iter().map(line).collect()
    }

    fn of_machine(machine: Machine) -> Vec<(Help, u64, bool)> {
        of(&[machine], &LogGlance::default(), OpenRequests::default())
    }

    #[test]
    fn silence_is_counted_in_days_of_the_calendar() {
        assert_eq!(of_machine(machine(Some(NOW), 0)), []);
        // Yesterday evening, and a day that has not come yet by a clock that was set back.
        assert_eq!(of_machine(machine(Some(NOW - DAY), 0)), []);
        assert_eq!(of_machine(machine(Some(NOW + 40 * DAY), 0)), []);
        for (days, expected) in [
            (2, (Help::Quiet, 2, false)),
            (4, (Help::Quiet, 4, false)),
            (5, (Help::Silent, 5, true)),
            (9, (Help::Silent, 9, true)),
        ] {
            assert_eq!(of_machine(machine(Some(NOW - days * DAY), 0)), [expected]);
        }
        // A receipt is a word too.
        let mut receipted = machine(Some(NOW - 9 * DAY), 0);
        receipted.party.received_ms = Some(NOW - DAY);
        assert_eq!(of_machine(receipted), []);
    }

    #[test]
    fn a_machine_that_never_spoke_waits_since_it_was_enrolled() {
        let mut new = machine(None, 0);
        new.party.since_ms = NOW;
        assert_eq!(of_machine(new), []);
        let mut new = machine(None, 0);
        new.party.since_ms = NOW - DAY;
        assert_eq!(of_machine(new), [(Help::NeverHeard, 1, false)]);
        assert_eq!(of_machine(machine(None, 0)), [(Help::NeverHeard, 100, true)]);
    }

    #[test]
    fn a_clock_comes_first_when_not_even_the_day_can_be_believed() {
        let fast = 26 * 60_000;
        let clock = |lead_ms| of_machine(machine(Some(NOW), lead_ms));
        assert_eq!(clock(fast), [(Help::ClockOff { lead_ms: fast }, 4, false)]);
        let slow = -3 * 365 * i64::try_from(DAY).unwrap();
        assert_eq!(clock(slow), [(Help::ClockWrong { lead_ms: slow }, 4, true)]);
        // Where the hub's own clock is in doubt nobody's is compared with it.
        let machines = [machine(Some(NOW), slow)];
        assert!(needs(&machines, &[], OpenRequests::default(), NOW, false).is_empty());
    }

    #[test]
    fn what_waits_for_somebody_comes_first_once_it_has_waited_long_enough() {
        let fine = || machine(Some(NOW), 0);
        let overdue = |days: i32| OpenRequests {
            open: 3,
            overdue: 2,
            unanswered: 2,
            oldest_due: Some(Day::of_instant(signed(NOW)).plus(-days)),
        };
        let none = LogGlance::default();
        assert_eq!(
            of(&[fine()], &none, overdue(2)),
            [(Help::Overdue { requests: 2 }, 2, false)]
        );
        assert_eq!(
            of(&[fine()], &none, overdue(12)),
            [(Help::Overdue { requests: 2 }, 12, true)]
        );
        let waiting = LogGlance {
            held: vec![NOW - 6 * DAY, NOW],
            conflicts: vec![NOW - 30 * DAY, NOW - DAY, NOW],
            ..LogGlance::default()
        };
        assert_eq!(
            of(&[fine()], &waiting, overdue(2)),
            [
                (Help::Review { entries: 2 }, 6, true),
                (Help::Overdue { requests: 2 }, 2, false),
                (Help::Conflicts { entries: 2 }, 1, false),
            ],
            "what comes first, then by how long it waits; old conflicts are no news"
        );
    }

    #[test]
    fn forks_wait_until_a_machine_is_taken_out_of_use_and_a_village_without_one_comes_first() {
        let mut forked = machine(Some(NOW), 0);
        forked.forked_ms = Some(NOW - DAY);
        assert_eq!(of_machine(forked), [(Help::Fork { machines: 1 }, 1, true)]);
        let mut gone = machine(Some(NOW - 40 * DAY), 0);
        (gone.forked_ms, gone.party.revoked) = (Some(NOW - DAY), true);
        gone.party.ended_ms = Some(NOW - 3 * DAY);
        assert_eq!(of_machine(gone), [(Help::NoMachine, 3, true)]);
        let mut new = machine(None, 0);
        (new.party.predecessor, new.party.since_ms) = (Some(Origin::from_bytes([2; 16])), NOW);
        let mut old = machine(Some(NOW - DAY), 0);
        old.party.closed_at = Some(4);
        let both = of(&[old, new], &LogGlance::default(), OpenRequests::default());
        assert_eq!(both, [(Help::NewMachine, 0, false)]);
    }
}
