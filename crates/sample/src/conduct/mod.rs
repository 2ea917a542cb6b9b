//! An invented quarter of a township whose conduct is known: honest in many ways, and fabricated in some.
//!
//! The rules that look for 走过场 (`crates/leads`) are measured against this story and nothing else. It was written, with
//! its seeds, before the first rule. The events say what events say; **which cadre's month was planted with what comes
//! out beside them** ([`Conduct::planted`]), never inside them.
//!
//! * **Seeds.** A threshold may be looked at on [`TRAINING_SEEDS`] only. [`HELD_OUT_SEEDS`] are for the measured table and for
//!   the test that holds it; whoever changes a rule after looking at them draws new ones and says so.
//! * **Prevalence.** [`ConductPlan::planted_permille`] of the cadres plant something: 10, 50 and 200 in the table.
//!   What they plant varies from a fifth of a month's visits to all of them, in some months and not in others, of one to three sorts.
//! * **Honest data is not clean.** Cadres round their times and forget a visit for a week; some keep a paper diary and declare it and
//!   some do not; a clerk types for elderly cadres; a village has a campaign day; someone stays at home where the household is away; a
//!   date is mistyped, a visit is voided, a host leaves early; a machine is offline for weeks, its stick takes days,
//!   its clock drifts, starts in 1970 or runs ahead.
//! * **What it is not.** Nobody knows the true habits of fabricators. The shares here are ours, guided by the domain study (§4.6, §5) and by the
//!   base rates of two real logs: gaps below a minute in 15 to 52 % of keyed records, few starts on the half hour. A
//!   precision measured here is a precision in this story.

mod act;
mod cast;
mod checks;
mod clock;
mod forged;
mod gatherings;
mod honest;
mod journal;
mod keying;
mod requests;
mod truth;

use event::{Day, Entry, EventId, Origin, PersonId, Position, Sequence, UnitCode};

use crate::dice::{Dice, Stream};

pub use cast::CADRES_PER_VILLAGE_MAX;
pub use journal::JOURNAL;
pub use truth::{Fabrication, Planted};

/// Thresholds of rules may be looked at on these seeds.
pub const TRAINING_SEEDS: [u64; 8] = [1_101, 1_102, 1_103, 1_104, 1_105, 1_106, 1_107, 1_108];
/// The measured table comes from these seeds; no threshold was looked at on them.
pub const HELD_OUT_SEEDS: [u64; 24] = [
    90_211, 90_223, 90_227, 90_239, 90_247, 90_263, 90_271, 90_281, 90_289, 90_313, 90_353, 90_359, 90_371, 90_373,
    90_379, 90_397, 90_401, 90_403, 90_407, 90_437, 90_439, 90_469, 90_473, 90_481,
];
/// Prevalences of the measured table, in cadres per thousand.
pub const PREVALENCES_PERMILLE: [u16; 3] = [10, 50, 200];

/// First day of the story, 2026-03-01; it ends with 2026-05-31, and its last checks run until the end of June.
pub const CONDUCT_FIRST_DAY: Day = Day(20_513);
/// First days of its months, and the day after the last.
pub(crate) const MONTHS: [Day; 4] = [CONDUCT_FIRST_DAY, Day(20_544), Day(20_574), Day(20_605)];

/// What the villages are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Every sort of village.
    Mixed,
    /// Honest villages only whose cadres record on the day itself and whose machines have no link for two to five weeks.
    /// Their clocks are right or drift. Nobody plants anything.
    HonestOffline,
}

/// How large the story is. A number beyond its bound counts as the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConductPlan {
    /// From which everything follows.
    pub seed: u64,
    /// Villages, from 1 to 64.
    pub villages: u16,
    /// How many of a thousand cadres plant something, at most 1,000.
    pub planted_permille: u16,
    /// What the villages are like.
    pub setting: Setting,
}

/// One receipted entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipted {
    /// The event and its personal part.
    pub entry: Entry,
    /// Its log.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
    /// Whether the township wrote it.
    pub by_hub: bool,
    /// The journal record of its receipt.
    pub position: Position,
    /// When the hub received it, in milliseconds since 1970-01-01T00:00:00Z.
    pub received_at_ms: u64,
}

/// What the journal says of a log, beside the receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogNote {
    /// The journal holds receipts of the log up to this size.
    Reached {
        /// The log.
        origin: Origin,
        /// Its receipted size.
        size: u64,
    },
    /// Two checkpoints of the log that cannot both be true.
    Fork {
        /// The log.
        origin: Origin,
        /// Size of the hub's log.
        hub_size: u64,
        /// When, in milliseconds.
        at_ms: u64,
    },
    /// The village declared that the machine came back from a backup.
    Restored {
        /// The log that ends.
        origin: Origin,
    },
}

/// The whole story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conduct {
    /// Every cadre, planted or not.
    pub cadres: Vec<PersonId>,
    /// Every village's log.
    pub logs: Vec<(Origin, UnitCode)>,
    /// Every entry, in the order of the journal.
    pub records: Vec<Receipted>,
    /// What the journal says of the logs.
    pub notes: Vec<LogNote>,
    /// The truth: who planted what in which month.
    pub planted: Vec<Planted>,
    /// The samples that the township drew, in their order, as it drew them.
    pub samples: Vec<Vec<EventId>>,
}

impl ConductPlan {
    /// A plan of the usual size.
    #[must_use]
    pub const fn new(seed: u64, planted_permille: u16) -> Self {
        Self {
            seed,
            villages: 34,
            planted_permille,
            setting: Setting::Mixed,
        }
    }

    /// Tells the story.
    #[must_use]
    pub fn tell(&self) -> Conduct {
        let mut dice = Dice::new(self.seed, Stream::Conduct(u16::MAX));
        let mut villages: Vec<cast::Village> = (0..self.villages.clamp(1, 64))
            .map(|index| cast::Village::cast(self, index))
            .collect();
        let staff: Vec<PersonId> = (0..6).map(|_| PersonId::from_bytes(dice.bytes())).collect();
        for village in &mut villages {
            gatherings::hold(village);
            honest::visits(village);
            forged::visits(village);
            keying::key(village);
            requests::handle(village, &staff);
        }
        let samples = checks::check(self, &mut villages, &staff, &mut dice);
        journal::receive(self, villages, samples)
    }
}

/// Index of the month of the story that a day falls in; days outside count as the nearest.
pub(crate) fn month_of(day: Day) -> usize {
    MONTHS[1..3].iter().filter(|first| day >= **first).count()
}
