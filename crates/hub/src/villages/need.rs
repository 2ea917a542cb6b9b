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
