//! The bytes of an entry in a snapshot. Nobody else reads them: a snapshot of another format is not used.

use event::{
    ClosingKind, CorrectionKind, EntityId, EventId, Facts, Kind, Mode, Origin, Outcome, PersonId, Position,
    ReplyOutcome, RequestFollowedUp, SCHEMA, Satisfaction, Sequence, Solved, Subject, SubjectKind, UnitCode, When,
};

use crate::fact::{Correction, Fact};
use crate::kept::{Content, Import, Kept, Rare};
use crate::names::Names;
use crate::{Author, Effect, Receipt};

const BY_HUB: u8 = 1;
const READABLE: u8 = 2;
const CARRIED: u8 = 4;
const IMPORT: u8 = 8;
const PERSONAL: u8 = 16;
/// Receipt, unit and recorder are those of the entry before.
const LIKE_BEFORE: u8 = 32;
/// There is one actor, and it is the recorder.
const BY_ITSELF: u8 = 64;
const UNDERSTOOD: u8 = 128;
const NO_CODE: u8 = u8::MAX;

/// What an entry may share with the one before it.
pub(crate) type Shared = (Receipt, UnitCode, u32);

/// Writes an entry behind others. `offset` is its place in its chunk.
pub(crate) fn write(bytes: &mut Vec<u8>, kept: &Kept, offset: u8, names: &Names, before: &mut Option<Shared>) {
    let shared = (names.receipt(kept.receipt), kept.unit, kept.recorder);
    let readable = kept.content != Content::Unreadable;
    let is_like_before = *before == Some(shared);
    let by_itself = kept.actors().eq([kept.recorder]);
    let flag = |is: bool, bit: u8| if is { bit } else { 0 };
    bytes.extend([
        offset,
        flag(kept.author == Author::Hub, BY_HUB)
            | flag(readable, READABLE)
            | flag(kept.carried, CARRIED)
            | flag(kept.is_import, IMPORT)
            | flag(kept.personal().is_some(), PERSONAL)
            | flag(is_like_before, LIKE_BEFORE)
            | flag(by_itself, BY_ITSELF)
            | flag(kept.facts().is_some(), UNDERSTOOD),
    ]);
    bytes.extend(kept.print);
    if !is_like_before {
        bytes.extend(shared.0.position.0.to_be_bytes());
        bytes.extend(shared.0.received_at_ms.to_be_bytes());
    }
    *before = Some(shared);
    if !readable {
        return;
    }
    let person = |index| names.people.get(index).to_bytes();
    if !is_like_before {
        bytes.extend(kept.unit.get().to_be_bytes());
        bytes.extend(person(kept.recorder));
    }
    bytes.extend(kept.id.to_bytes());
    bytes.extend(kept.wall_ms.to_be_bytes());
    put_when(bytes, kept.occurred());
    let subject = names.entities.get(kept.entity);
    bytes.push(subject.kind.code());
    bytes.extend(subject.id.to_bytes());
    if !by_itself {
        bytes.push(u8::try_from(kept.actors().count()).unwrap_or(u8::MAX));
        kept.actors().for_each(|actor| bytes.extend(person(actor)));
    }
    if let Some(import) = kept.import() {
        bytes.extend(kept.at.to_be_bytes());
        bytes.extend(import.row.to_be_bytes());
        put_list(bytes, import.label.as_bytes());
    }
    bytes.extend(kept.personal().iter().flatten());
    bytes.extend(kept.kind().unwrap_or(Kind(0)).0.to_be_bytes());
    if let Some(fact) = kept.facts() {
        put_fact(bytes, fact);
    }
}

fn put_when(bytes: &mut Vec<u8>, when: When) {
    let (precision, value) = when.to_parts();
    bytes.push(precision);
    bytes.extend(value.to_be_bytes());
}

fn put_list(bytes: &mut Vec<u8>, list: &[u8]) {
    bytes.extend(u16::try_from(list.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(list);
}

fn put_fact(bytes: &mut Vec<u8>, fact: &Fact) {
    // As they stand in an event. What cannot be written again was never read.
    let mut put = |facts: Facts| put_list(bytes, &facts.encode().unwrap_or_default());
    match fact {
        Fact::HouseholdRegistered { group, size } => {
            bytes.extend(group.to_be_bytes());
            bytes.push(u8::from(size.is_some()));
            bytes.extend(size.unwrap_or(0).to_be_bytes());
        }
        Fact::PairingEstablished
        | Fact::PairingEnded
        | Fact::TalkRecorded
        | Fact::RequestProgressed
        | Fact::MeetingHeld
        | Fact::ReceptionHeld => {}
        Fact::VisitRecorded { mode, outcome } => bytes.extend([mode.code(), outcome.code()]),
        Fact::RequestReplied(outcome) => bytes.push(outcome.code()),
        Fact::RequestFollowedUp(facts) => bytes.extend([
            u8::from(facts.reached),
            facts.solved.map_or(NO_CODE, Solved::code),
            facts.satisfaction.map_or(NO_CODE, Satisfaction::code),
        ]),
        Fact::RequestClosed(closing) => bytes.push(closing.code()),
        Fact::RecordCorrected(facts) => {
            bytes.extend(facts.target.to_bytes());
            bytes.push(facts.correction.code());
            bytes.push(u8::from(facts.occurred.is_some()));
            put_when(bytes, facts.occurred.unwrap_or(When::Instant(0)));
            bytes.push(u8::from(facts.replacement.is_some()));
            if let Some(new) = &facts.replacement {
                bytes.extend(new.kind().0.to_be_bytes());
                put_fact(bytes, new);
            }
        }
        Fact::HouseholdChanged(facts) => put(Facts::HouseholdChanged((**facts).clone())),
        Fact::DiaryWritten(facts) => put(Facts::DiaryWritten((**facts).clone())),
        Fact::RequestRaised(facts) => put(Facts::RequestRaised((**facts).clone())),
        Fact::RequestAccepted(facts) => put(Facts::RequestAccepted((**facts).clone())),
        Fact::RequestAssigned(facts) => put(Facts::RequestAssigned((**facts).clone())),
        Fact::RequestReassigned(facts) => put(Facts::RequestReassigned((**facts).clone())),
        Fact::ClockCorrected(facts) => put(Facts::ClockCorrected((**facts).clone())),
        Fact::ContactChecked(facts) => put(Facts::ContactChecked((**facts).clone())),
        Fact::SamplePublished(facts) => put(Facts::SamplePublished((**facts).clone())),
        Fact::LedgerSealed(facts) => put(Facts::LedgerSealed((**facts).clone())),
    }
}

/// The entries of a chunk that are still to be read.
pub(crate) struct Stored<'a> {
    bytes: &'a [u8],
    origin: Origin,
    /// First sequence of the chunk.
    first: Sequence,
    before: Option<Shared>,
}

impl<'a> Stored<'a> {
    pub(crate) const fn new(bytes: &'a [u8], origin: Origin, first: Sequence) -> Self {
        Self {
            bytes,
            origin,
            first,
            before: None,
        }
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next entry, or `None` if it cannot be read.
    pub(crate) fn read(&mut self, names: &mut Names) -> Option<Kept> {
        let [offset, flags] = self.array()?;
        let is = |bit: u8| flags & bit != 0;
        let print = self.array()?;
        let mut shared = self.before.filter(|_| is(LIKE_BEFORE));
        if is(LIKE_BEFORE) && shared.is_none() {
            return None;
        }
        let receipt = match shared {
            Some((receipt, ..)) => receipt,
            None => Receipt {
                position: Position(self.number()?),
                received_at_ms: self.number()?,
            },
        };
        let author = if is(BY_HUB) { Author::Hub } else { Author::Village };
        let sequence = self.first.plus(u64::from(offset));
        let (origin, number) = (names.origins.intern(self.origin), names.intern_receipt(Some(receipt)));
        let mut kept = Kept::blank(origin, sequence, author, number, print);
        if is(READABLE) {
            if shared.is_none() {
                let unit = UnitCode::new(self.number()?).ok()?;
                shared = Some((receipt, unit, names.people.intern(self.person()?)));
            }
            let (_, unit, recorder) = shared?;
            (kept.unit, kept.recorder) = (unit, recorder);
            self.fill(&mut kept, flags, receipt, names)?;
        }
        self.before = Some((receipt, kept.unit, kept.recorder));
        Some(kept)
    }

    fn fill(&mut self, kept: &mut Kept, flags: u8, receipt: Receipt, names: &mut Names) -> Option<()> {
        let is = |bit: u8| flags & bit != 0;
        kept.id = EventId::from_bytes(self.array()?);
        kept.wall_ms = self.number()?;
        kept.set_occurred(self.when()?);
        let [kind] = self.array()?;
        kept.entity = names.entities.intern(Subject {
            kind: SubjectKind::from_code(kind)?,
            id: EntityId::from_bytes(self.array()?),
        });
        let mut rare = Rare::default();
        if is(BY_ITSELF) {
            kept.actors[0] = kept.recorder;
        } else {
            let [count] = self.array()?;
            let actors: Option<Vec<PersonId>> = (0..count).map(|_| self.person()).collect();
            rare.more_actors = names.intern_actors(kept, &actors?);
        }
        kept.at = receipt.received_at_ms.min(kept.id.ms()).cast_signed();
        if is(IMPORT) {
            kept.at = self.number()?.cast_signed();
            rare.import = Some(Box::new(Import {
                row: self.number()?,
                label: std::str::from_utf8(self.list()?).ok()?.into(),
            }));
        }
        if is(PERSONAL) {
            rare.personal = Some(self.array()?);
        }
        kept.set_rare(rare);
        kept.carried = is(CARRIED);
        let kind = self.kind()?;
        kept.content = Content::Unknown(kind);
        if is(UNDERSTOOD) {
            kept.content = Content::Facts(self.fact(kind)?);
            kept.effect = Effect::Counted;
        }
        Some(())
    }

    fn fact(&mut self, kind: Kind) -> Option<Fact> {
        Some(match kind {
            Kind::HOUSEHOLD_REGISTERED => {
                let group = u16::from_be_bytes(self.array()?);
                let [has_size] = self.array()?;
                let size = u16::from_be_bytes(self.array()?);
                Fact::HouseholdRegistered {
                    group,
                    size: (has_size != 0).then_some(size),
                }
            }
            Kind::PAIRING_ESTABLISHED => Fact::PairingEstablished,
            Kind::PAIRING_ENDED => Fact::PairingEnded,
            Kind::TALK_RECORDED => Fact::TalkRecorded,
            Kind::REQUEST_PROGRESSED => Fact::RequestProgressed,
            Kind::MEETING_HELD => Fact::MeetingHeld,
            Kind::RECEPTION_HELD => Fact::ReceptionHeld,
            Kind::VISIT_RECORDED => {
                let [mode, outcome] = self.array()?;
                Fact::VisitRecorded {
                    mode: Mode::from_code(mode)?,
                    outcome: Outcome::from_code(outcome)?,
                }
            }
            Kind::REQUEST_REPLIED => Fact::RequestReplied(ReplyOutcome::from_code(self.array::<1>()?[0])?),
            Kind::REQUEST_CLOSED => Fact::RequestClosed(ClosingKind::from_code(self.array::<1>()?[0])?),
            Kind::REQUEST_FOLLOWED_UP => {
                let [reached, solved, satisfaction] = self.array()?;
                Fact::RequestFollowedUp(RequestFollowedUp {
                    reached: reached != 0,
                    solved: Solved::from_code(solved),
                    satisfaction: Satisfaction::from_code(satisfaction),
                })
            }
            Kind::RECORD_CORRECTED => {
                let target = EventId::from_bytes(self.array()?);
                let [correction, has_time] = self.array()?;
                let occurred = Some(self.when()?).filter(|_| has_time != 0);
                let [has_facts] = self.array()?;
                let replacement = if has_facts == 0 {
                    None
                } else {
                    // No correction corrects a correction, so this ends.
                    let kind = self.kind().filter(|kind| *kind != Kind::RECORD_CORRECTED)?;
                    Some(self.fact(kind)?)
                };
                Fact::RecordCorrected(Box::new(Correction {
                    target,
                    correction: CorrectionKind::from_code(correction)?,
                    replacement,
                    occurred,
                }))
            }
            kind => Fact::of(Facts::decode(kind, SCHEMA, self.list()?).ok()??)?,
        })
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*head)
    }

    fn list(&mut self) -> Option<&'a [u8]> {
        let len = u16::from_be_bytes(self.array()?);
        let (list, rest) = self.bytes.split_at_checked(usize::from(len))?;
        self.bytes = rest;
        Some(list)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn person(&mut self) -> Option<PersonId> {
        self.array().map(PersonId::from_bytes)
    }

    fn kind(&mut self) -> Option<Kind> {
        self.array().map(|bytes| Kind(u16::from_be_bytes(bytes)))
    }

    fn when(&mut self) -> Option<When> {
        let [precision] = self.array()?;
        When::from_parts(precision, self.number()?.cast_signed()).ok()
    }
}
