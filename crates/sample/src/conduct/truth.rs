//! What is planted, and the truth that is kept beside the events.

use event::{Day, EventId, Subject};

/// A way of making records of what did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fabrication {
    /// Visits invented at the desk: dense, often overlapping, keyed in one sitting.
    Desk,
    /// More visits claimed for one day than a day holds.
    Stuffed,
    /// Visits claimed for past weeks, keyed late, not declared as such.
    BackDated,
    /// The machine's clock turned back, so that the records look punctual.
    ClockTurnedBack,
    /// The month's visits made up in its last days.
    TermBulk,
    /// Households "met" at home that are away or gone.
    AbsentMet,
    /// One recorder invents visits for several cadres.
    KeyedForOthers,
    /// A visit claimed while the cadre sat in a reception or a meeting.
    TwoPlaces,
    /// A sampled record that was made up is edited between publication and check.
    EditedBeforeCheck,
    /// Follow-ups that all say 满意, and that nobody made.
    PerfectFollowUps,
    /// The handler asks back himself, or under the account that typed the answer.
    SelfChecked,
    /// Answered minutes after acceptance, without any work.
    InstantClosing,
    /// Called done and not done: the household comes again with the same matter.
    FalseFinish,
    /// The village's log was rolled back or cloned, and nobody declared it.
    LogForked,
    /// Entries taken out of the village's log after they were receipted.
    LogCut,
}

impl Fabrication {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Desk,
        Self::Stuffed,
        Self::BackDated,
        Self::ClockTurnedBack,
        Self::TermBulk,
        Self::AbsentMet,
        Self::KeyedForOthers,
        Self::TwoPlaces,
        Self::EditedBeforeCheck,
        Self::PerfectFollowUps,
        Self::SelfChecked,
        Self::InstantClosing,
        Self::FalseFinish,
        Self::LogForked,
        Self::LogCut,
    ];

    /// Whether it invents visits, so that a resident who is asked may say that nobody came.
    #[must_use]
    pub const fn invents_visits(self) -> bool {
        !matches!(
            self,
            Self::PerfectFollowUps
                | Self::SelfChecked
                | Self::InstantClosing
                | Self::FalseFinish
                | Self::LogForked
                | Self::LogCut
        )
    }
}

/// One line of the truth: in this month, this cadre (or log) was planted with this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// A cadre, or the origin whose log or clock was tampered with.
    pub subject: Subject,
    /// First day of the month.
    pub month: Day,
    /// What.
    pub fabrication: Fabrication,
    /// The events that state what did not happen, or that were tampered with.
    pub events: Vec<EventId>,
}
