//! What the folds need of an event's facts, and no more: a visit takes as much room as its outcome.

use event::bounds::REFERENCES_MAX;
use event::{
    ClockCorrected, ClosingKind, ContactChecked, CorrectionKind, DiaryWritten, EventId, Facts, HouseholdChanged, Kind,
    LedgerSealed, Mode, Outcome, ReplyOutcome, RequestAccepted, RequestAssigned, RequestFollowedUp, RequestRaised,
    RequestReassigned, SamplePublished, When,
};

/// The facts of one event. The larger and rarer ones stand elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    HouseholdRegistered { group: u16, size: Option<u16> },
    HouseholdChanged(Box<HouseholdChanged>),
    PairingEstablished,
    PairingEnded,
    VisitRecorded { mode: Mode, outcome: Outcome },
    TalkRecorded,
    DiaryWritten(Box<DiaryWritten>),
    RequestRaised(Box<RequestRaised>),
    RequestAccepted(Box<RequestAccepted>),
    RequestAssigned(Box<RequestAssigned>),
    RequestProgressed,
    RequestReplied(ReplyOutcome),
    RequestFollowedUp(RequestFollowedUp),
    RequestReassigned(Box<RequestReassigned>),
    RequestClosed(ClosingKind),
    RecordCorrected(Box<Correction>),
    ClockCorrected(Box<ClockCorrected>),
    MeetingHeld,
    ContactChecked(Box<ContactChecked>),
    ReceptionHeld,
    SamplePublished(Box<SamplePublished>),
    LedgerSealed(Box<LedgerSealed>),
}

/// What a correction says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Correction {
    pub(crate) target: EventId,
    pub(crate) correction: CorrectionKind,
    pub(crate) replacement: Option<Fact>,
    pub(crate) occurred: Option<When>,
}

impl Fact {
    /// Takes over facts. Lists longer than this version writes give `None`: it does not understand them.
    pub(crate) fn of(facts: Facts) -> Option<Self> {
        Some(match facts {
            Facts::HouseholdRegistered(facts) => Self::HouseholdRegistered {
                group: facts.group,
                size: facts.size,
            },
            Facts::HouseholdChanged(facts) => Self::HouseholdChanged(Box::new(facts)),
            Facts::PairingEstablished(_) => Self::PairingEstablished,
            Facts::PairingEnded(_) => Self::PairingEnded,
            Facts::VisitRecorded(facts) if facts.requests.len() > REFERENCES_MAX => return None,
            Facts::VisitRecorded(facts) => Self::VisitRecorded {
                mode: facts.mode,
                outcome: facts.outcome,
            },
            Facts::TalkRecorded(_) => Self::TalkRecorded,
            Facts::DiaryWritten(facts) if facts.visits.len().max(facts.requests.len()) > REFERENCES_MAX => return None,
            Facts::DiaryWritten(facts) => Self::DiaryWritten(Box::new(facts)),
            Facts::RequestRaised(facts) => Self::RequestRaised(Box::new(facts)),
            Facts::RequestAccepted(facts) => Self::RequestAccepted(Box::new(facts)),
            Facts::RequestAssigned(facts) => Self::RequestAssigned(Box::new(facts)),
            Facts::RequestProgressed(_) => Self::RequestProgressed,
            Facts::RequestReplied(facts) => Self::RequestReplied(facts.outcome),
            Facts::RequestFollowedUp(facts) => Self::RequestFollowedUp(facts),
            Facts::RequestReassigned(facts) => Self::RequestReassigned(Box::new(facts)),
            Facts::RequestClosed(facts) => Self::RequestClosed(facts.closing),
            Facts::RecordCorrected(facts) => {
                let replacement = match facts.replacement {
                    None => None,
                    Some(new) => Some(Self::of(*new.0)?),
                };
                Self::RecordCorrected(Box::new(Correction {
                    target: facts.target,
                    correction: facts.correction,
                    replacement,
                    occurred: facts.occurred,
                }))
            }
            Facts::ClockCorrected(facts) => Self::ClockCorrected(Box::new(facts)),
            Facts::MeetingHeld(_) => Self::MeetingHeld,
            Facts::ContactChecked(facts) => Self::ContactChecked(Box::new(facts)),
            Facts::ReceptionHeld(_) => Self::ReceptionHeld,
            Facts::SamplePublished(facts) => Self::SamplePublished(Box::new(facts)),
            Facts::LedgerSealed(facts) => Self::LedgerSealed(Box::new(facts)),
        })
    }

    /// The kind that these facts belong to.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::HouseholdRegistered { .. } => Kind::HOUSEHOLD_REGISTERED,
            Self::HouseholdChanged(_) => Kind::HOUSEHOLD_CHANGED,
            Self::PairingEstablished => Kind::PAIRING_ESTABLISHED,
            Self::PairingEnded => Kind::PAIRING_ENDED,
            Self::VisitRecorded { .. } => Kind::VISIT_RECORDED,
            Self::TalkRecorded => Kind::TALK_RECORDED,
            Self::DiaryWritten(_) => Kind::DIARY_WRITTEN,
            Self::RequestRaised(_) => Kind::REQUEST_RAISED,
            Self::RequestAccepted(_) => Kind::REQUEST_ACCEPTED,
            Self::RequestAssigned(_) => Kind::REQUEST_ASSIGNED,
            Self::RequestProgressed => Kind::REQUEST_PROGRESSED,
            Self::RequestReplied(_) => Kind::REQUEST_REPLIED,
            Self::RequestFollowedUp(_) => Kind::REQUEST_FOLLOWED_UP,
            Self::RequestReassigned(_) => Kind::REQUEST_REASSIGNED,
            Self::RequestClosed(_) => Kind::REQUEST_CLOSED,
            Self::RecordCorrected(_) => Kind::RECORD_CORRECTED,
            Self::ClockCorrected(_) => Kind::CLOCK_CORRECTED,
            Self::MeetingHeld => Kind::MEETING_HELD,
            Self::ContactChecked(_) => Kind::CONTACT_CHECKED,
            Self::ReceptionHeld => Kind::RECEPTION_HELD,
            Self::SamplePublished(_) => Kind::SAMPLE_PUBLISHED,
            Self::LedgerSealed(_) => Kind::LEDGER_SEALED,
        }
    }
}
