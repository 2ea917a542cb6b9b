//! What several answers have in common, and the villages as they stand in them.

use event::{Day, UnitCode};
use ledger::{Cut, Ledger, LiveDigest, View};
use screen::Words;
use screen::township::{Clock, Help, MachineLine, Need, NeedGroup, PendingThere};
use serde::Serialize;
use utoipa::ToSchema;

use crate::villages::{Figures, Known};

/// How far, and by which rules, the figures of an answer go.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Cut)]
pub(super) struct CutShown {
    /// The last receipt that is counted, over all journals; null before the first.
    position: Option<u64>,
    /// Version of the rules.
    rule_version: u16,
    digests: Digests,
}

/// Sums of the rows of the ledgers at the cut: of the unit that was asked for, or of all of them. They are those of the
/// whole ledger, whatever days the question was limited to.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct Digests {
    /// Of the requests, in hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    requests: String,
    /// Of the households, from which coverage follows.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    households: String,
    /// Of the diaries.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    diary: String,
}

impl CutShown {
    /// The cut of a ledger, with the digests of a unit, or of all.
    pub(super) fn of(ledger: &Ledger, unit: Option<UnitCode>) -> Self {
        Self::new(ledger.cut(), |view| match unit {
            Some(unit) => ledger.live_digest(view, unit),
            None => ledger.live_digest_of_all(&[view]),
        })
    }

    /// The cut of the villages' figures, with the digests of a unit, or of all.
    pub(super) fn of_figures(figures: &Figures, unit: Option<UnitCode>) -> Self {
        Self::new(figures.cut, |view| figures.digest_of(view, unit))
    }

    fn new(cut: Cut, digest: impl Fn(View) -> LiveDigest) -> Self {
        Self {
            position: cut.position.map(|position| position.0),
            rule_version: cut.rule_version,
            digests: Digests {
                requests: digest(View::Requests).to_string(),
                households: digest(View::Households).to_string(),
                diary: digest(View::Diary).to_string(),
            },
        }
    }
}

/// A span of days, both ends included.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(super) struct PeriodShown {
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub(super) from: Day,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    pub(super) to: Day,
}

/// Why a question was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemShown {
    /// `urn:minqing:problem:` and a word; the words are listed in protocol/README.md.
    #[serde(rename = "type")]
    kind: String,
    /// The type in words, Chinese and English.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened this time, for a person.
    #[schema(required = false)]
    detail: String,
    /// Whether to ask again without a person doing something first.
    retry: bool,
    /// How long to wait before, in seconds.
    #[schema(required = false, nullable = false)]
    retry_after_s: Option<u32>,
    /// Whether everything acknowledged before is known to be sound.
    data_safe: bool,
}

/// Into which part of the list a village belongs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum GroupShown {
    /// Help here first.
    First,
    /// Keep an eye on it.
    Watch,
    /// As usual.
    Usual,
}

/// One thing that a village needs help with.
#[derive(Serialize, ToSchema)]
pub(super) struct NeedShown {
    /// `fork`, `no_machine`, `silent`, `quiet`, `never_heard`, `clock_wrong`, `clock_off`, `overdue`, `review`,
    /// `conflicts`, `new_machine`.
    help: &'static str,
    /// How many requests, entries or machines, where that can be counted.
    count: Option<u64>,
    /// Since when it waits, in milliseconds.
    since_ms: i64,
    /// Days that it has waited, by the calendar.
    waited_days: u64,
    /// Whether it puts the village into the first group.
    first: bool,
    /// The line that the page shows, in the language of the account.
    words: String,
}

/// How many entries wait in a village, as far as the township knows.
#[derive(Serialize, ToSchema)]
pub(super) struct PendingShown {
    /// `exactly`, `at_least`, `unknown`.
    known: &'static str,
    /// How many; null where nobody knows.
    entries: Option<u64>,
}

/// A machine's clock, as of its last hello.
#[derive(Serialize, ToSchema)]
pub(super) struct ClockShown {
    /// `unknown`, `right`, `off`.
    state: &'static str,
    /// Its wall clock minus the township's, in milliseconds, where it is off.
    lead_ms: Option<i64>,
}

/// What came in on one day.
#[derive(Serialize, ToSchema)]
pub(super) struct DayShown {
    /// The day.
    #[schema(value_type = String, format = Date)]
    day: Day,
    /// Entries received; null on a day on which nothing was heard of the village.
    entries: Option<u64>,
}

/// One village.
#[derive(Serialize, ToSchema)]
pub(super) struct VillageShown {
    /// Its code, twelve digits.
    #[schema(value_type = String)]
    pub(super) unit: UnitCode,
    /// Its name.
    name: String,
    group: GroupShown,
    /// What help it needs; the first one decides its place. Empty where it needs none.
    needs: Vec<NeedShown>,
    /// When one of its machines was last heard of, in milliseconds.
    heard_ms: Option<i64>,
    pending: PendingShown,
    /// The last fourteen days, today last.
    received: Vec<DayShown>,
    /// Households met at home in the quarter.
    met: u64,
    /// Households on the books in the quarter.
    in_scope: u64,
    /// Requests that are not closed.
    open_requests: u64,
    /// Of these, past the due day.
    overdue_requests: u64,
    clock: ClockShown,
    /// Entries in conflict with what was done before.
    conflicts: u64,
    /// Entries that wait for review.
    held: u64,
    /// Entries that this version cannot read.
    not_understood: u64,
    /// Machines whose log forked.
    forks: u64,
    /// Machines taken out of use.
    revoked: u64,
}

/// One machine of a village.
#[derive(Serialize, ToSchema)]
pub(super) struct MachineShown {
    /// Its log.
    origin: String,
    /// Its name.
    name: String,
    /// When it was enrolled, in milliseconds.
    enrolled_ms: i64,
    /// When it was last heard of, in milliseconds.
    heard_ms: Option<i64>,
    /// When its last receipt was given, in milliseconds.
    received_ms: Option<i64>,
    /// Its program, as of its last hello; empty where it said none.
    software: String,
    clock: ClockShown,
    /// Whether it follows a time server.
    ntp: bool,
    pending: PendingShown,
    /// Entries of it that are here.
    entries: u64,
    /// Taken out of use.
    revoked: bool,
    /// Another one goes on for it.
    replaced: bool,
    /// Its log forked.
    forked: bool,
}

impl NeedShown {
    fn of(need: &Need, now_ms: i64, w: Words) -> Self {
        let (help, count) = match need.help {
            Help::Fork { machines } => ("fork", Some(machines)),
            Help::NoMachine => ("no_machine", None),
            Help::Silent => ("silent", None),
            Help::Quiet => ("quiet", None),
            Help::NeverHeard => ("never_heard", None),
            Help::ClockWrong { .. } => ("clock_wrong", None),
            Help::ClockOff { .. } => ("clock_off", None),
            Help::Overdue { requests } => ("overdue", Some(requests)),
            Help::Review { entries } => ("review", Some(entries)),
            Help::Conflicts { entries } => ("conflicts", Some(entries)),
            Help::NewMachine => ("new_machine", None),
        };
        Self {
            help,
            count,
            since_ms: need.since_ms,
            waited_days: need.waited_days(now_ms),
            first: need.first,
            words: need.help.line(w),
        }
    }
}

impl From<PendingThere> for PendingShown {
    fn from(pending: PendingThere) -> Self {
        let (known, entries) = match pending {
            PendingThere::Exactly(entries) => ("exactly", Some(entries)),
            PendingThere::AtLeast(entries) => ("at_least", Some(entries)),
            PendingThere::Unknown => ("unknown", None),
        };
        Self { known, entries }
    }
}

impl From<Clock> for ClockShown {
    fn from(clock: Clock) -> Self {
        let (state, lead_ms) = match clock {
            Clock::Unknown => ("unknown", None),
            Clock::Right => ("right", None),
            Clock::Off { lead_ms } => ("off", Some(lead_ms)),
        };
        Self { state, lead_ms }
    }
}

impl VillageShown {
    pub(super) fn of(known: &Known, now_ms: i64, w: Words) -> Self {
        let line = &known.line;
        let today = Day::of_instant(now_ms);
        let days = (0..).zip(line.received.0.iter().rev());
        let mut received: Vec<DayShown> = days
            .map(|(back, entries)| DayShown {
                day: today.plus(-back),
                entries: *entries,
            })
            .collect();
        received.reverse();
        Self {
            unit: known.unit,
            name: line.name.clone(),
            group: match line.group {
                NeedGroup::First => GroupShown::First,
                NeedGroup::Watch => GroupShown::Watch,
                NeedGroup::Usual => GroupShown::Usual,
            },
            needs: line.needs.iter().map(|need| NeedShown::of(need, now_ms, w)).collect(),
            heard_ms: line.heard_ms,
            pending: line.pending.into(),
            received,
            met: line.met,
            in_scope: line.of,
            open_requests: line.open,
            overdue_requests: line.overdue,
            clock: line.clock.into(),
            conflicts: line.trouble.conflicts,
            held: line.trouble.held,
            not_understood: line.trouble.not_understood,
            forks: line.trouble.forks,
            revoked: line.trouble.revoked,
        }
    }
}

impl MachineShown {
    pub(super) fn of(origin: event::Origin, line: &MachineLine) -> Self {
        Self {
            origin: origin.to_string(),
            name: line.name.clone(),
            enrolled_ms: line.enrolled_ms,
            heard_ms: line.heard_ms,
            received_ms: line.received_ms,
            software: line.software.clone(),
            clock: line.clock.into(),
            ntp: line.ntp,
            pending: line.pending.into(),
            entries: line.received,
            revoked: line.revoked,
            replaced: line.replaced,
            forked: line.forked,
        }
    }
}
