//! The facts of each kind. In the stored bytes a map with keys of one or two letters; in JSON, CSV
//! and on the command line the field's full name. `protocol/events.md` lists both.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bounds::{FACTS_BYTES_MAX, REFERENCES_MAX};
use crate::codec::{Blob, DecodeError, Reader};
use crate::words::{
    ChangeKind, Channel, CheckMethod, CheckResult, ClockRule, ClosingKind, CorrectionKind, EndReason, LegalPath,
    MeetingKind, Mode, Outcome, ReplyOutcome, RequestKind, Satisfaction, Solved, Urgency, Venue,
};
use crate::{
    Day, EntityId, EventId, Hash256, JournalId, Kind, Origin, PersonId, Position, Sequence, SubjectKind, UnitCode, When,
};

/// A kind's facts: a struct with long names, and its twin with the stored keys.
macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident, $kind:ident, $subject:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty = $key:literal,)* })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $($(#[$field_doc])* pub $field: $ty,)* }
        )+

        /// The same structs as they are stored: keys of one or two letters, unknown keys ignored.
        mod stored {
            use super::*;
            $(
                #[derive(Serialize, Deserialize)]
                pub(super) struct $name { $($(#[$field_doc])* #[serde(rename = $key)] pub(super) $field: $ty,)* }
            )+
        }

        /// What an event states, by kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Facts {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)+
        }

        impl Facts {
            /// The kind that these facts belong to.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$name(_) => Kind::$kind,)+ }
            }

            /// What an event of this kind is about.
            #[must_use]
            pub const fn subject_kind(kind: Kind) -> Option<SubjectKind> {
                match kind { $(Kind::$kind => facts!(@subject $subject),)+ _ => None }
            }

            /// Reads the stored map of an event of this kind and schema.
            ///
            /// Returns `Ok(None)` for a kind or schema that this version does not know.
            ///
            /// # Errors
            /// [`DecodeError::Facts`] if the map is not the one that kind and schema call for.
            pub fn decode(kind: Kind, schema: u16, bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
                if schema != SCHEMA || kind.key().is_none() {
                    return Ok(None);
                }
                one_map(bytes)?;
                let facts = match kind {
                    $(Kind::$kind => {
                        let stored: stored::$name = rmp_serde::from_slice(bytes).map_err(|e| DecodeError::Facts(e.to_string()))?;
                        Self::$name($name { $($field: stored.$field,)* })
                    })+
                    _ => return Ok(None),
                };
                facts.check().map_err(|e| DecodeError::Facts(e.to_string()))?;
                Ok(Some(facts))
            }

            /// Writes the map that is stored.
            ///
            /// # Errors
            /// [`FactsError`] if a list is longer than its bound.
            pub fn encode(&self) -> Result<Vec<u8>, FactsError> {
                self.check()?;
                match self {
                    $(Self::$name(facts) => {
                        let stored = stored::$name { $($field: facts.$field.clone(),)* };
                        rmp_serde::to_vec_named(&stored).map_err(|e| FactsError::Encode(e.to_string()))
                    })+
                }
            }

            /// Reads facts of a kind with long names, from JSON or another self-describing form.
            ///
            /// # Errors
            /// The format's own error, naming the field.
            pub fn deserialize_as<'de, D: Deserializer<'de>>(kind: Kind, deserializer: D) -> Result<Self, D::Error> {
                match kind {
                    $(Kind::$kind => $name::deserialize(deserializer).map(Self::$name),)+
                    other => Err(serde::de::Error::custom(format!("{other} is not a kind that can be recorded"))),
                }
            }
        }

        impl Serialize for Facts {
            /// With long names.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$name(facts) => facts.serialize(serializer),)+ }
            }
        }
    };
    (@subject Any) => { None };
    (@subject $subject:ident) => { Some(SubjectKind::$subject) };
}

/// Exactly one map with text for keys: the decoder behind the structs would also take an array in
/// the order of the fields, a field's number for its key, and bytes after the end.
fn one_map(bytes: &[u8]) -> Result<(), DecodeError> {
    let mut r = Reader::new(bytes);
    if !r.map_is_next() {
        return Err(DecodeError::Facts("not a map".to_owned()));
    }
    let whole = r.value("facts")?;
    r.finish()?;
    let mut r = Reader::new(whole);
    for _ in 0..r.map("facts", FACTS_BYTES_MAX)? {
        r.text("key of the facts", FACTS_BYTES_MAX)?;
        r.value("facts")?;
    }
    Ok(())
}

/// Version of every kind's facts that this program writes and understands.
pub const SCHEMA: u16 = 1;

/// Why facts cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// A list of references is too long.
    #[error("{len} references in {field}; at most {REFERENCES_MAX} fit into one event")]
    References {
        /// The field.
        field: &'static str,
        /// How many there are.
        len: usize,
    },
    /// A correction of a correction.
    #[error("a correction cannot put a correction in place of its target; correct the first target again instead")]
    Nested,
    /// The encoder refused.
    #[error("facts cannot be written: {0}")]
    Encode(String),
}

facts! {
    /// 建档立户. Head, address, telephone and language stand in the personal part.
    HouseholdRegistered, HOUSEHOLD_REGISTERED, Household {
        /// 村民小组, from 1; 0 where the village has none.
        group: u16 = "g",
        /// Members.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<u16> = "n",
    }
    /// 户情变更.
    HouseholdChanged, HOUSEHOLD_CHANGED, Household {
        /// What changed.
        change: ChangeKind = "k",
        /// From that day; the event's own day where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Day> = "s",
        /// Until that day, where it is known to end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Day> = "u",
        /// The other household of a merge or split.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<EntityId> = "i",
    }
    /// 结对. The contact, its class and the theme stand in the personal part.
    PairingEstablished, PAIRING_ESTABLISHED, Pairing {
        /// The cadre.
        cadre: PersonId = "c",
        /// The household, where the contact is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        household: Option<EntityId> = "h",
        /// First day.
        from: Day = "f",
        /// Planned last day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Day> = "u",
    }
    /// 解除/调整结对.
    PairingEnded, PAIRING_ENDED, Pairing {
        /// Last day.
        on: Day = "o",
        /// Why.
        reason: EndReason = "r",
    }
    /// 走访. Visitors are the event's actors, its start is `occurred`; summary and topics stand in the personal part.
    VisitRecorded, VISIT_RECORDED, Household {
        /// How.
        mode: Mode = "m",
        /// What came of it.
        outcome: Outcome = "o",
        /// How long, in minutes, where somebody looked at the clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minutes: Option<u16> = "d",
        /// Requests that were spoken of.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<EntityId> = "q",
    }
    /// 谈心谈话. Topics and summary stand in the personal part.
    TalkRecorded, TALK_RECORDED, Pairing {
        /// Whether something is to be followed up.
        follow_up: bool = "f",
        /// How long, in minutes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minutes: Option<u16> = "d",
    }
    /// 民情日记: one cadre, one day. The text stands in the personal part; a later entry for the same day replaces it.
    DiaryWritten, DIARY_WRITTEN, Person {
        /// The day that it tells of.
        day: Day = "d",
        /// Visits that it refers to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        visits: Vec<EventId> = "v",
        /// Requests that it refers to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<EntityId> = "q",
    }
    /// 座谈会/流动党委会. Who held it are the event's actors, its start is `occurred`; agenda and decisions stand in the
    /// personal part.
    MeetingHeld, MEETING_HELD, Occasion {
        /// Sort of meeting.
        meeting: MeetingKind = "k",
        /// How many came, those who held it aside.
        attending: u16 = "n",
        /// How long, in minutes, where somebody looked at the clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minutes: Option<u16> = "d",
        /// Requests that were spoken of.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<EntityId> = "q",
    }
    /// 回访核实/抽查. Checkers are the event's actors; none of them, nor the recorder, may have been at the visit.
    ContactChecked, CONTACT_CHECKED, Household {
        /// The visit that is checked: a visit of the same household.
        target: EventId = "t",
        /// How the household was asked.
        method: CheckMethod = "m",
        /// The published sample that the visit was drawn in, where it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sample: Option<EventId> = "s",
        /// What it said.
        result: CheckResult = "r",
    }
    /// 接待日. The hosts present are the event's actors, its start is `occurred`. Nobody may have come.
    ReceptionHeld, RECEPTION_HELD, Occasion {
        /// Where.
        venue: Venue = "p",
        /// Its end, with the precision that is known.
        until: When = "u",
        /// How many people came; 0 is a valid number and costs nobody a mark.
        visitors: u16 = "n",
        /// Requests that were spoken of.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<EntityId> = "q",
    }
    /// 诉求登记. The text stands in the personal part.
    RequestRaised, REQUEST_RAISED, Request {
        /// The household, unless anonymous.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        household: Option<EntityId> = "h",
        /// The way it came in.
        channel: Channel = "c",
        /// Its sort.
        kind: RequestKind = "k",
        /// How soon.
        urgency: Urgency = "u",
        /// How many people ask for it.
        people: u16 = "n",
    }
    /// 受理.
    RequestAccepted, REQUEST_ACCEPTED, Request {
        /// Legal path.
        path: LegalPath = "l",
        /// Rule behind the due date.
        rule: ClockRule = "c",
        /// Day of acceptance; the ledger ages by it.
        accepted_on: Day = "a",
        /// When an answer is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<When> = "d",
    }
    /// 交办.
    RequestAssigned, REQUEST_ASSIGNED, Request {
        /// Unit that handles it.
        unit: UnitCode = "u",
        /// Who handles it there.
        handler: PersonId = "h",
        /// When an answer is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<When> = "d",
    }
    /// 办理进展. The note stands in the personal part.
    RequestProgressed, REQUEST_PROGRESSED, Request {
        /// Whether something outside the handler's reach stands in the way.
        blocked: bool = "b",
    }
    /// 答复. The text stands in the personal part.
    RequestReplied, REQUEST_REPLIED, Request {
        /// What was answered.
        outcome: ReplyOutcome = "o",
        /// Whether in writing.
        in_writing: bool = "w",
    }
    /// 回访: somebody other than the handler asks back.
    RequestFollowedUp, REQUEST_FOLLOWED_UP, Request {
        /// Whether the requester was reached.
        reached: bool = "r",
        /// Whether it is solved, where reached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        solved: Option<Solved> = "s",
        /// What was said, where reached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        satisfaction: Option<Satisfaction> = "t",
    }
    /// 再交办: the next round.
    RequestReassigned, REQUEST_REASSIGNED, Request {
        /// Unit that handles it now.
        unit: UnitCode = "u",
        /// Who handles it there.
        handler: PersonId = "h",
        /// When an answer is due in this round.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<When> = "d",
    }
    /// 办结/销号.
    RequestClosed, REQUEST_CLOSED, Request {
        /// Why.
        closing: ClosingKind = "k",
    }
    /// 更正/作废. Its subject is its target's subject; the reason stands in the personal part. A void
    /// without a second person among the actors is kept and has no effect.
    RecordCorrected, RECORD_CORRECTED, Any {
        /// The event that is corrected.
        target: EventId = "t",
        /// Correct or void.
        correction: CorrectionKind = "k",
        /// New facts of the target's kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replacement: Option<Replacement> = "f",
        /// New time of the target.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        occurred: Option<When> = "w",
    }
    /// 时钟更正: the township found out by how much a machine's clock was wrong.
    ClockCorrected, CLOCK_CORRECTED, Origin {
        /// The machine's installation.
        origin: Origin = "o",
        /// First sequence concerned.
        first: Sequence = "f",
        /// Last sequence concerned.
        last: Sequence = "t",
        /// To be added to its recorded times, in milliseconds.
        offset_ms: i64 = "d",
    }
    /// 抽查名单公布: what is needed to draw the sample again (`protocol/leads.md`), and a hash of the list that came out.
    SamplePublished, SAMPLE_PUBLISHED, Journal {
        /// The journal whose root is the seed.
        journal: JournalId = "j",
        /// Its size then.
        size: Position = "z",
        /// Its root hash at that size: the seed, which nobody knew while recording.
        root: Hash256 = "h",
        /// First day of the period that the visits claim.
        from: Day = "f",
        /// Last day of that period.
        to: Day = "t",
        /// Least number drawn of each cadre's visits.
        minimum: u16 = "m",
        /// Share drawn of each cadre's visits, in thousandths, rounded up.
        permille: u16 = "p",
        /// Version of the rule of drawing.
        rule: u16 = "r",
        /// How many visits were drawn.
        drawn: u32 = "n",
        /// SHA-256 over the EventIds that were drawn, 16 bytes each, in their order.
        list: Hash256 = "l",
    }
    /// 台账封存: what the views said at a cut. Later corrections show beside, never over, a sealed figure.
    LedgerSealed, LEDGER_SEALED, Journal {
        /// First day of the period that is sealed.
        from: Day = "f",
        /// Last day of that period.
        to: Day = "t",
        /// The journal of the cut.
        journal: JournalId = "j",
        /// The cut: its last position that is counted.
        position: Position = "p",
        /// Rule version of the views.
        rule: u16 = "r",
        /// One root over the roots of every (unit, view) (`protocol/views.md`).
        root: Hash256 = "h",
        /// How many (unit, view) roots stand under it.
        count: u32 = "n",
        /// The seal of the same period that this one takes the place of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supersedes: Option<EventId> = "s",
    }
}

/// Facts that a correction puts in place of its target's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement(pub Box<Facts>);

impl Serialize for Replacement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        if serializer.is_human_readable() {
            let key = self.0.kind().key().unwrap_or_default();
            return std::collections::BTreeMap::from([(key, &*self.0)]).serialize(serializer);
        }
        let bytes = self.0.encode().map_err(S::Error::custom)?;
        (self.0.kind().0, SCHEMA, serde_bytes::ByteBuf::from(bytes)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Replacement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        if deserializer.is_human_readable() {
            return deserializer.deserialize_map(ByKind).map(|facts| Self(Box::new(facts)));
        }
        let (kind, schema, Blob(bytes)) = <(u16, u16, Blob)>::deserialize(deserializer)?;
        if Kind(kind) == Kind::RECORD_CORRECTED {
            return Err(D::Error::custom(FactsError::Nested));
        }
        match Facts::decode(Kind(kind), schema, &bytes).map_err(D::Error::custom)? {
            Some(facts) => Ok(Self(Box::new(facts))),
            None => Err(D::Error::custom(format!(
                "replacement of {} schema {schema} is not known",
                Kind(kind)
            ))),
        }
    }
}

/// Reads `{"visit_recorded": {…}}`.
struct ByKind;

impl<'de> serde::de::Visitor<'de> for ByKind {
    type Value = Facts;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("one kind with its facts, as in {\"visit_recorded\": {...}}")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Facts, A::Error> {
        use serde::de::Error as _;
        let key: String = map
            .next_key()?
            .ok_or_else(|| A::Error::custom("the replacement is empty"))?;
        let kind = Kind::from_key(&key).ok_or_else(|| A::Error::custom(format!("{key:?} is not a kind")))?;
        if kind == Kind::RECORD_CORRECTED {
            return Err(A::Error::custom(FactsError::Nested));
        }
        map.next_value_seed(OfKind(kind))
    }
}

struct OfKind(Kind);

impl<'de> serde::de::DeserializeSeed<'de> for OfKind {
    type Value = Facts;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Facts, D::Error> {
        Facts::deserialize_as(self.0, deserializer)
    }
}

impl Facts {
    fn check(&self) -> Result<(), FactsError> {
        let references = |field, len| {
            if len > REFERENCES_MAX {
                Err(FactsError::References { field, len })
            } else {
                Ok(())
            }
        };
        match self {
            Self::VisitRecorded(visit) => references("requests", visit.requests.len()),
            Self::MeetingHeld(meeting) => references("requests", meeting.requests.len()),
            Self::ReceptionHeld(reception) => references("requests", reception.requests.len()),
            Self::DiaryWritten(diary) => {
                references("visits", diary.visits.len())?;
                references("requests", diary.requests.len())
            }
            Self::RecordCorrected(RecordCorrected {
                replacement: Some(Replacement(new)),
                ..
            }) if new.kind() == Kind::RECORD_CORRECTED => Err(FactsError::Nested),
            _ => Ok(()),
        }
    }
}
