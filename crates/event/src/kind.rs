//! The kinds of event that this version knows, by number and by name.

use std::fmt;

/// What sort of fact an event states. A number that this version does not know is carried along
/// untouched and shown as "not understood".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u16);

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal $key:literal,)+) => {
        impl Kind {
            $($(#[$doc])* pub const $name: Self = Self($number);)+

            /// Every kind that this version knows.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name of a known kind, as in the event catalogue (`protocol/events.md`).
            #[must_use]
            pub const fn key(self) -> Option<&'static str> {
                match self.0 { $($number => Some($key),)+ _ => None }
            }

            /// The kind with this name.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                match key { $($key => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

// Numbers follow the rows of the domain study's event table (§2.2); hub events outside that table
// have 64 and above.
kinds! {
    /// 建档立户: a household comes onto the village's books.
    HOUSEHOLD_REGISTERED = 3 "household_registered",
    /// 户情变更: moved, merged, split, closed.
    HOUSEHOLD_CHANGED = 4 "household_changed",
    /// 结对: a cadre and a contact.
    PAIRING_ESTABLISHED = 8 "pairing_established",
    /// 解除/调整结对.
    PAIRING_ENDED = 9 "pairing_ended",
    /// 走访.
    VISIT_RECORDED = 10 "visit_recorded",
    /// 谈心谈话.
    TALK_RECORDED = 11 "talk_recorded",
    /// 民情日记.
    DIARY_WRITTEN = 12 "diary_written",
    /// 座谈会/流动党委会.
    MEETING_HELD = 13 "meeting_held",
    /// 回访核实/抽查: somebody else asks the household whether a visit took place.
    CONTACT_CHECKED = 14 "contact_checked",
    /// 接待日.
    RECEPTION_HELD = 16 "reception_held",
    /// 诉求登记.
    REQUEST_RAISED = 17 "request_raised",
    /// 受理.
    REQUEST_ACCEPTED = 19 "request_accepted",
    /// 交办.
    REQUEST_ASSIGNED = 21 "request_assigned",
    /// 办理进展.
    REQUEST_PROGRESSED = 23 "request_progressed",
    /// 答复.
    REQUEST_REPLIED = 26 "request_replied",
    /// 回访.
    REQUEST_FOLLOWED_UP = 27 "request_followed_up",
    /// 再交办.
    REQUEST_REASSIGNED = 28 "request_reassigned",
    /// 办结/销号.
    REQUEST_CLOSED = 29 "request_closed",
    /// 更正/作废.
    RECORD_CORRECTED = 44 "record_corrected",
    /// 时钟更正: dates shown and leads follow it; the order never does.
    CLOCK_CORRECTED = 64 "clock_corrected",
    /// 抽查名单公布: what a sample was drawn from and by which rule, so that anyone draws it again.
    SAMPLE_PUBLISHED = 65 "sample_published",
    /// 台账封存: the figures of a period at a cut, as one root.
    LEDGER_SEALED = 66 "ledger_sealed",
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key() {
            Some(key) => f.write_str(key),
            None => write!(f, "kind {}", self.0),
        }
    }
}
