//! What happened: identifiers, event kinds, the envelope and the exact bytes that are stored.
//!
//! This crate alone knows how an event looks as bytes. It has no clock, no randomness, no disk and
//! no socket: `now` and entropy are arguments. The byte layout is written down, for people who do
//! not read Rust, in `protocol/events.md`; every bound of [`bounds`] stands there too.
//!
//! The story in one breath: a [`Mint`] gives an [`EventId`] that never goes backwards; a [`Header`]
//! and [`Facts`] become [`Event`] bytes; names and free text go into a detached [`Personal`] part
//! that the header names by hash; the two together are an [`Entry`], which is what travels and
//! what is kept, byte for byte.

pub mod bounds;
mod code;
mod codec;
mod entry;
mod facts;
pub mod form;
mod hash;
mod header;
mod id;
mod kind;
mod mint;
mod personal;
mod story;
mod time;
mod words;

pub use codec::DecodeError;
pub use entry::{Draft, DraftError, Entry, Stamp};
pub use facts::{
    ClockCorrected, ContactChecked, DiaryWritten, Facts, FactsError, HouseholdChanged, HouseholdRegistered,
    LedgerSealed, MeetingHeld, PairingEnded, PairingEstablished, ReceptionHeld, RecordCorrected, Replacement,
    RequestAccepted, RequestAssigned, RequestClosed, RequestFollowedUp, RequestProgressed, RequestRaised,
    RequestReassigned, RequestReplied, SCHEMA, SamplePublished, TalkRecorded, VisitRecorded,
};
pub use hash::Hash256;
pub use header::{
    CarriedFrom, ClockQuality, ENVELOPE_FORMAT, EntryMode, Event, Header, PersonalRef, SeenJournal, Source, Subject,
    SubjectKind,
};
pub use id::{BootId, EntityId, EventId, IdError, JournalId, Origin, PersonId, Position, Sequence, UnitCode};
pub use kind::Kind;
pub use mint::{ClockReading, Mint, MintError, MintState, Minted};
pub use personal::{Personal, PersonalContent, PersonalError, SUITE_PLAIN};
pub use story::StoryKey;
pub use time::{Day, TOWNSHIP_UTC_OFFSET_MS, When, WhenError};
pub use words::{
    ChangeKind, Channel, CheckMethod, CheckResult, ClockRule, ClosingKind, CorrectionKind, EndReason, LegalPath,
    MeetingKind, Mode, Outcome, ReplyOutcome, RequestKind, Satisfaction, Solved, Urgency, Venue,
};
