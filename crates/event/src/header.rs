//! The envelope of an event: a positional MessagePack array of 23 elements. Fields that are the same
//! for many events of one origin come first, so that a batch of them compresses well.

use serde::{Deserialize, Serialize};

use crate::bounds::{
    ACTORS_MAX, CAUSES_MAX, EVENT_BYTES_MAX, FACTS_BYTES_MAX, PERSONAL_BYTES_MAX, SOURCE_LABEL_BYTES_MAX, ULID_MS_MAX,
};
use crate::code::coded;
use crate::codec::{DecodeError, Reader, Writer};
use crate::{BootId, EntityId, EventId, JournalId, Kind, Origin, PersonId, Position, Sequence, UnitCode, When};

/// Envelope format that this version writes.
pub const ENVELOPE_FORMAT: u64 = 1;
const FIELDS: usize = 23;

coded! {
    /// What the recording machine knew of the time when it minted the event.
    ClockQuality {
        /// Nothing beyond its own clock.
        Unknown = 0 "unknown",
        /// The clock was behind the persisted floor or too far ahead of it; the floor decided.
        Floor = 1 "floor",
        /// The operating system says that its clock follows a time server.
        Ntp = 2 "ntp",
        /// The hub told the time in this boot; monotonic time carried it on.
        HubAnchored = 3 "hub_anchored",
    }
}

coded! {
    /// How the record came to be typed.
    EntryMode {
        /// While it happened or right after.
        Live = 0 "live",
        /// On the same day.
        LaterSameDay = 1 "later_same_day",
        /// From paper, several at once.
        BatchFromPaper = 2 "batch_from_paper",
        /// Taken over from another ledger under a declared mapping.
        Import = 3 "import",
    }
}

coded! {
    /// What an event is about.
    SubjectKind {
        /// A household.
        Household = 1 "household",
        /// A request (诉求).
        Request = 2 "request",
        /// A pairing (结对).
        Pairing = 3 "pairing",
        /// A person: the cadre whose diary it is.
        Person = 4 "person",
        /// An origin: the installation whose clock was corrected.
        Origin = 5 "origin",
        /// A journal of the hub: what was drawn from it or sealed at a place in it.
        Journal = 6 "journal",
        /// One reception day (接待日) or one meeting (座谈会).
        Occasion = 7 "occasion",
    }
}

/// What an event is about: the entity whose history it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// Sort of entity.
    pub kind: SubjectKind,
    /// Its identifier. For a person, an origin or a journal the bytes of the [`PersonId`], [`Origin`] or [`JournalId`].
    pub id: EntityId,
}

impl Subject {
    /// A household.
    #[must_use]
    pub const fn household(id: EntityId) -> Self {
        Self {
            kind: SubjectKind::Household,
            id,
        }
    }
    /// A request.
    #[must_use]
    pub const fn request(id: EntityId) -> Self {
        Self {
            kind: SubjectKind::Request,
            id,
        }
    }
    /// A pairing.
    #[must_use]
    pub const fn pairing(id: EntityId) -> Self {
        Self {
            kind: SubjectKind::Pairing,
            id,
        }
    }
    /// A cadre.
    #[must_use]
    pub const fn person(id: PersonId) -> Self {
        Self {
            kind: SubjectKind::Person,
            id: EntityId::from_bytes(id.to_bytes()),
        }
    }
    /// An installation.
    #[must_use]
    pub const fn origin(id: Origin) -> Self {
        Self {
            kind: SubjectKind::Origin,
            id: EntityId::from_bytes(id.to_bytes()),
        }
    }
    /// A journal.
    #[must_use]
    pub const fn journal(id: JournalId) -> Self {
        Self {
            kind: SubjectKind::Journal,
            id: EntityId::from_bytes(id.to_bytes()),
        }
    }
    /// A reception day or a meeting.
    #[must_use]
    pub const fn occasion(id: EntityId) -> Self {
        Self {
            kind: SubjectKind::Occasion,
            id,
        }
    }
}

/// The last checkpoint of the hub's journal that the recording machine had verified: proof that the
/// event was not written before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenJournal {
    /// Which journal.
    pub journal: JournalId,
    /// Its size then.
    pub size: Position,
    /// First 16 bytes of its root hash at that size.
    #[serde(with = "hex16")]
    pub root: [u8; 16],
}

mod hex16 {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 16], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", u128::from_be_bytes(*bytes)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 16], D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16)
            .map(u128::to_be_bytes)
            .map_err(serde::de::Error::custom)
    }
}

/// Where an event that a successor carries on was first written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedFrom {
    /// The closed origin.
    pub origin: Origin,
    /// The sequence it had there.
    pub sequence: Sequence,
}

/// Where an imported event stood in its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The source's own instant, in milliseconds since 1970-01-01T00:00:00Z, as the mapping reads it.
    pub instant_ms: i64,
    /// Row of the source file, from 1; ties of the instant are ordered by it.
    pub row: u64,
    /// The source's own word for the step, at most [`SOURCE_LABEL_BYTES_MAX`] bytes.
    pub label: String,
}

/// Reference to the detached personal part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonalRef {
    /// SHA-256 of the whole blob (suite byte, salt, content).
    pub sha256: [u8; 32],
    /// Length of the blob in bytes.
    pub len: u32,
}

/// The envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The installation that wrote the event.
    pub origin: Origin,
    /// Unit that the event belongs to, as the code was valid then.
    pub unit: UnitCode,
    /// Who typed it, as asserted by the origin.
    pub recorder: PersonId,
    /// Boot in which it was minted; monotonic times compare within one boot only.
    pub boot: BootId,
    /// What the machine knew of the time.
    pub clock: ClockQuality,
    /// How it was entered.
    pub mode: EntryMode,
    /// Last journal checkpoint seen.
    pub seen: Option<SeenJournal>,
    /// What sort of fact.
    pub kind: Kind,
    /// Version of that kind's facts.
    pub schema: u16,
    /// What it is about.
    pub subject: Subject,
    /// Place in the origin's log.
    pub sequence: Sequence,
    /// Identity of the fact.
    pub id: EventId,
    /// The machine's wall clock, uncorrected, in milliseconds since 1970-01-01T00:00:00Z.
    pub wall_ms: u64,
    /// Milliseconds since the boot.
    pub mono_ms: u64,
    /// When it happened, as claimed.
    pub occurred: When,
    /// Who did it, at most [`ACTORS_MAX`].
    pub actors: Vec<PersonId>,
    /// Events that led to this one, at most [`CAUSES_MAX`].
    pub causes: Vec<EventId>,
    /// Set when a successor carries the event on.
    pub carried_from: Option<CarriedFrom>,
    /// Set for imported history.
    pub source: Option<Source>,
    /// Hash and length of the personal part.
    pub personal: Option<PersonalRef>,
}

/// A decoded event: its envelope and, undecoded, its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The envelope.
    pub header: Header,
    /// The facts as written: one MessagePack map.
    pub facts: &'a [u8],
    /// Where in the event's bytes the 32 bytes of the personal hash stand.
    pub personal_hash_at: Option<usize>,
}

impl<'a> Event<'a> {
    /// Decodes an event strictly.
    ///
    /// # Errors
    /// Anything that is not exactly one event of a known envelope format within the bounds. The
    /// bytes stay what they are; the entry is then shown as "not understood" under its (origin, sequence).
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        if bytes.len() > EVENT_BYTES_MAX {
            return Err(DecodeError::Bound {
                what: "event",
                value: bytes.len() as u64,
                bound: EVENT_BYTES_MAX as u64,
            });
        }
        let mut r = Reader::new(bytes);
        let fields = r.array("envelope", usize::from(u16::MAX))?;
        let version = r.uint("format", u64::MAX)?;
        if version != ENVELOPE_FORMAT {
            return Err(DecodeError::Version(version));
        }
        if fields != FIELDS {
            return Err(DecodeError::Bound {
                what: "envelope",
                value: fields as u64,
                bound: FIELDS as u64,
            });
        }
        let origin = Origin::from_bytes(r.bin_exact("origin")?);
        let unit = UnitCode::new(r.uint("unit", 999_999_999_999)?).unwrap_or_default();
        let recorder = PersonId::from_bytes(r.bin_exact("recorder")?);
        let boot = BootId(r.bin_exact("boot")?);
        let clock = code(&mut r, "clock quality", ClockQuality::from_code)?;
        let mode = code(&mut r, "entry mode", EntryMode::from_code)?;
        let seen = if r.nil() { None } else { Some(seen(&mut r)?) };
        let kind = Kind(small(&mut r, "kind")?);
        let schema = small(&mut r, "schema")?;
        let subject_kind = code(&mut r, "subject kind", SubjectKind::from_code)?;
        let subject = Subject {
            kind: subject_kind,
            id: EntityId::from_bytes(r.bin_exact("subject")?),
        };
        let sequence = read_sequence(&mut r)?;
        let id = EventId::from_bytes(r.bin_exact("event id")?);
        let wall_ms = r.uint("wall clock", ULID_MS_MAX)?;
        let mono_ms = r.uint("monotonic clock", ULID_MS_MAX)?;
        let occurred = occurred(&mut r)?;
        let mut actors = Vec::with_capacity(1);
        for _ in 0..r.array("actors", ACTORS_MAX)? {
            actors.push(PersonId::from_bytes(r.bin_exact("actor")?));
        }
        let mut causes = Vec::new();
        for _ in 0..r.array("causes", CAUSES_MAX)? {
            causes.push(EventId::from_bytes(r.bin_exact("cause")?));
        }
        let carried_from = if r.nil() {
            None
        } else {
            r.array_exact("carried from", 2)?;
            Some(CarriedFrom {
                origin: Origin::from_bytes(r.bin_exact("origin")?),
                sequence: read_sequence(&mut r)?,
            })
        };
        let source = if r.nil() {
            None
        } else {
            r.array_exact("source", 3)?;
            let (instant_ms, row) = (r.int("source instant")?, r.uint("source row", u64::MAX)?);
            Some(Source {
                instant_ms,
                row,
                label: r.text("source label", SOURCE_LABEL_BYTES_MAX)?.to_owned(),
            })
        };
        let (mut personal, mut personal_hash_at) = (None, None);
        if !r.nil() {
            r.array_exact("personal", 2)?;
            let sha256 = r.bin_exact("personal hash")?;
            personal_hash_at = Some(r.at() - 32);
            let len = r.uint("personal length", PERSONAL_BYTES_MAX as u64)?;
            personal = Some(PersonalRef {
                sha256,
                len: u32::try_from(len).unwrap_or(u32::MAX),
            });
        }
        if r.finish().is_ok() {
            return Err(DecodeError::Truncated("facts"));
        }
        if !r.map_is_next() {
            return Err(DecodeError::Facts("not a map".to_owned()));
        }
        let facts = r.value("facts")?;
        if facts.len() > FACTS_BYTES_MAX {
            return Err(DecodeError::Bound {
                what: "facts",
                value: facts.len() as u64,
                bound: FACTS_BYTES_MAX as u64,
            });
        }
        r.finish()?;
        let header = Header {
            origin,
            unit,
            recorder,
            boot,
            clock,
            mode,
            seen,
            kind,
            schema,
            subject,
            sequence,
            id,
            wall_ms,
            mono_ms,
            occurred,
            actors,
            causes,
            carried_from,
            source,
            personal,
        };
        Ok(Self {
            header,
            facts,
            personal_hash_at,
        })
    }
}

impl Header {
    /// Writes the envelope and the facts, which must be one MessagePack map.
    pub(crate) fn encode(&self, facts: &[u8]) -> Vec<u8> {
        let mut w = Writer(Vec::with_capacity(256 + facts.len()));
        w.array(FIELDS);
        w.uint(ENVELOPE_FORMAT);
        w.bin(&self.origin.to_bytes());
        w.uint(self.unit.get());
        w.bin(&self.recorder.to_bytes());
        w.bin(&self.boot.0);
        w.uint(u64::from(self.clock.code()));
        w.uint(u64::from(self.mode.code()));
        match &self.seen {
            None => w.nil(),
            Some(seen) => {
                w.array(3);
                w.bin(&seen.journal.to_bytes());
                w.uint(seen.size.0);
                w.bin(&seen.root);
            }
        }
        w.uint(u64::from(self.kind.0));
        w.uint(u64::from(self.schema));
        w.uint(u64::from(self.subject.kind.code()));
        w.bin(&self.subject.id.to_bytes());
        w.uint(self.sequence.get());
        w.bin(&self.id.to_bytes());
        w.uint(self.wall_ms);
        w.uint(self.mono_ms);
        let (precision, value) = self.occurred.to_parts();
        w.array(2);
        w.uint(u64::from(precision));
        w.int(value);
        w.array(self.actors.len());
        self.actors.iter().for_each(|actor| w.bin(&actor.to_bytes()));
        w.array(self.causes.len());
        self.causes.iter().for_each(|cause| w.bin(&cause.to_bytes()));
        match &self.carried_from {
            None => w.nil(),
            Some(from) => {
                w.array(2);
                w.bin(&from.origin.to_bytes());
                w.uint(from.sequence.get());
            }
        }
        match &self.source {
            None => w.nil(),
            Some(source) => {
                w.array(3);
                w.int(source.instant_ms);
                w.uint(source.row);
                w.text(&source.label);
            }
        }
        match &self.personal {
            None => w.nil(),
            Some(personal) => {
                w.array(2);
                w.bin(&personal.sha256);
                w.uint(u64::from(personal.len));
            }
        }
        w.0.extend_from_slice(facts);
        w.0
    }
}

fn code<T>(r: &mut Reader<'_>, what: &'static str, from: impl Fn(u8) -> Option<T>) -> Result<T, DecodeError> {
    let code = r.uint(what, u64::from(u8::MAX))?;
    u8::try_from(code)
        .ok()
        .and_then(from)
        .ok_or(DecodeError::Code { what, code })
}

fn small(r: &mut Reader<'_>, what: &'static str) -> Result<u16, DecodeError> {
    let value = r.uint(what, u64::from(u16::MAX))?;
    Ok(u16::try_from(value).unwrap_or(u16::MAX))
}

fn read_sequence(r: &mut Reader<'_>) -> Result<Sequence, DecodeError> {
    let number = r.uint("sequence", u64::MAX)?;
    Sequence::new(number).map_err(|_| DecodeError::Bound {
        what: "sequence",
        value: 0,
        bound: 1,
    })
}

fn seen(r: &mut Reader<'_>) -> Result<SeenJournal, DecodeError> {
    r.array_exact("journal seen", 3)?;
    let journal = JournalId::from_bytes(r.bin_exact("journal")?);
    Ok(SeenJournal {
        journal,
        size: Position(r.uint("journal size", u64::MAX)?),
        root: r.bin_exact("journal root")?,
    })
}

fn occurred(r: &mut Reader<'_>) -> Result<When, DecodeError> {
    r.array_exact("occurred", 2)?;
    let precision = r.uint("precision", u64::from(u8::MAX))?;
    let value = r.int("occurred")?;
    let precision = u8::try_from(precision).unwrap_or(u8::MAX);
    When::from_parts(precision, value).map_err(|_| DecodeError::Code {
        what: "occurred",
        code: u64::from(precision),
    })
}
