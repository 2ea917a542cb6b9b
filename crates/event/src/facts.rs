//! The facts of each kind. In the stored bytes a map with keys of one or two letters; in JSON, CSV
//! and on the command line the field's full name. `protocol/events.md` lists both.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bounds::REFERENCES_MAX;
use crate::code::coded;
use crate::codec::DecodeError;
use crate::{Day, EntityId, EventId, Kind, Origin, PersonId, Sequence, SubjectKind, UnitCode, When};

coded! {
    /// How a household changed.
    ChangeKind {
        /// It moved into the village.
        MovedIn = 1 "moved_in",
        /// It moved out.
        MovedOut = 2 "moved_out",
        /// It was merged into another one (`into`).
        Merged = 3 "merged",
        /// A part of it became a household of its own (`into`).
        Split = 4 "split",
        /// It is no more (the last member died or the register was closed).
        Closed = 5 "closed",
        /// Someone went away or returned. What exactly stands in the personal part: whereabouts are sensitive.
        Presence = 6 "presence",
    }
}
coded! {
    /// Why a pairing ended.
    EndReason {
        /// Adjusted at the end of a term.
        TermAdjust = 1 "term_adjust",
        /// The contact wished so.
        ContactWish = 2 "contact_wish",
        /// The contact moved.
        Moved = 3 "moved",
        /// The cadre left.
        CadreLeft = 4 "cadre_left",
        /// Its aim was reached.
        GoalMet = 5 "goal_met",
    }
}
coded! {
    /// How a visit was made.
    Mode {
        /// At the home.
        Home = 1 "home",
        /// By telephone.
        Phone = 2 "phone",
        /// By video.
        Video = 3 "video",
        /// Somewhere else.
        Elsewhere = 4 "elsewhere",
    }
}
coded! {
    /// What came of a visit. Every value is a valid outcome and costs nobody a mark.
    Outcome {
        /// Somebody of the household was met.
        Met = 1 "met",
        /// Nobody was at home.
        NotHome = 2 "not_home",
        /// The household did not wish to talk.
        Declined = 3 "declined",
        /// The household was found to have moved.
        Moved = 4 "moved",
    }
}
coded! {
    /// The way a request came in.
    Channel {
        /// 走访.
        Visit = 1 "visit",
        /// 热线.
        Hotline = 2 "hotline",
        /// 接待日.
        Reception = 3 "reception",
        /// 来信.
        Letter = 4 "letter",
        /// 来访.
        Caller = 5 "caller",
        /// 网上.
        Online = 6 "online",
        /// 提案, 提议.
        Proposal = 7 "proposal",
        /// 座谈.
        Meeting = 8 "meeting",
        /// Raised inside the administration.
        Internal = 9 "internal",
    }
}
coded! {
    /// Sort of request. A report about a cadre (检举) is no value here, on purpose: it is not stored
    /// at all (信访工作条例 art. 30).
    RequestKind {
        /// 咨询.
        Advice = 1 "advice",
        /// 求助.
        Help = 2 "help",
        /// 投诉.
        Complaint = 3 "complaint",
        /// 建议.
        Suggestion = 4 "suggestion",
        /// 纠纷.
        Dispute = 5 "dispute",
        /// 代办.
        Errand = 6 "errand",
    }
}
coded! {
    /// How soon somebody must act.
    Urgency {
        /// In turn.
        Ordinary = 1 "ordinary",
        /// Before others.
        Urgent = 2 "urgent",
        /// At once.
        Emergency = 3 "emergency",
    }
}
coded! {
    /// Legal path of an accepted request.
    LegalPath {
        /// 普通.
        Ordinary = 1 "ordinary",
        /// 信访 (信访工作条例).
        Petition = 2 "petition",
        /// 12345.
        Hotline = 3 "hotline_12345",
        /// 调解 (人民调解法).
        Mediation = 4 "mediation",
        /// 内部.
        Internal = 5 "internal",
    }
}
coded! {
    /// Rule from which the due date follows. The date itself is a fact of its own; this says why.
    ClockRule {
        /// The township's own rule.
        Township = 1 "township",
        /// 60 days from acceptance (信访工作条例 art. 34).
        Petition60Days = 2 "petition_60_days",
        /// 15 days to handle or forward (信访工作条例 art. 22, 23).
        Petition15Days = 3 "petition_15_days",
        /// 5 working days (济南12345条例 art. 24 and others).
        Hotline5WorkingDays = 4 "hotline_5_working_days",
        /// As the imported source has it.
        Source = 5 "source",
    }
}
coded! {
    /// What was answered. 信访工作条例 art. 32 knows support, explanation and refusal.
    ReplyOutcome {
        /// 予以支持.
        Supported = 1 "supported",
        /// In part.
        Partly = 2 "partly",
        /// 解释说明.
        Explained = 3 "explained",
        /// 不予支持.
        NotSupported = 4 "not_supported",
        /// The matter has gone.
        NoLongerNeeded = 5 "no_longer_needed",
    }
}
coded! {
    /// Whether the requester calls the matter solved.
    Solved {
        /// Yes.
        Yes = 1 "yes",
        /// No.
        No = 2 "no",
        /// In part.
        Partly = 3 "partly",
    }
}
coded! {
    /// What the requester said of the answer.
    Satisfaction {
        /// 满意.
        Satisfied = 1 "satisfied",
        /// 基本满意.
        Mostly = 2 "mostly",
        /// 不满意.
        Unsatisfied = 3 "unsatisfied",
        /// 不表态.
        NoOpinion = 4 "no_opinion",
    }
}
coded! {
    /// Why a request was closed.
    ClosingKind {
        /// The requester is satisfied.
        Satisfied = 1 "satisfied",
        /// It cannot be done; explained, and final.
        ExplainedFinal = 2 "explained_final",
        /// The requester could not be reached, often enough.
        Unreachable = 3 "unreachable",
        /// The requester took it back.
        Withdrawn = 4 "withdrawn",
        /// Another request stands for it.
        Duplicate = 5 "duplicate",
        /// The law ends it.
        StatutoryEnd = 6 "statutory_end",
        /// The imported source has an end and no reason.
        Source = 7 "source",
    }
}
coded! {
    /// What a correction does to its target.
    CorrectionKind {
        /// Puts new facts, or a new time, in place of the old ones.
        Correct = 1 "correct",
        /// Takes the target's effect away; needs a second person.
        Void = 2 "void",
    }
}

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
                if schema != SCHEMA {
                    return Ok(None);
                }
                Ok(Some(match kind {
                    $(Kind::$kind => {
                        let stored: stored::$name = rmp_serde::from_slice(bytes).map_err(|e| DecodeError::Facts(e.to_string()))?;
                        Self::$name($name { $($field: stored.$field,)* })
                    })+
                    _ => return Ok(None),
                }))
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
        let (kind, schema, bytes) = <(u16, u16, serde_bytes::ByteBuf)>::deserialize(deserializer)?;
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
