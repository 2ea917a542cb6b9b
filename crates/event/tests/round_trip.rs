//! What holds for every event, not only for the ones somebody thought of.

mod support;

use event::bounds::{ACTORS_MAX, CAUSES_MAX, EVENT_BYTES_MAX, PERSONAL_BYTES_MAX, REFERENCES_MAX};
use event::{
    BootId, CarriedFrom, ChangeKind, Channel, CheckMethod, CheckResult, ClockCorrected, ClockQuality, ClockRule,
    ClosingKind, ContactChecked, CorrectionKind, Day, DiaryWritten, Draft, EndReason, EntityId, Entry, EntryMode,
    Event, EventId, Facts, Hash256, Header, HouseholdChanged, HouseholdRegistered, JournalId, Kind, LedgerSealed,
    LegalPath, MeetingHeld, MeetingKind, Mode, Origin, Outcome, PairingEnded, PairingEstablished, PersonId, Personal,
    PersonalContent, Position, ReceptionHeld, RecordCorrected, Replacement, ReplyOutcome, RequestAccepted,
    RequestAssigned, RequestClosed, RequestFollowedUp, RequestKind, RequestProgressed, RequestRaised,
    RequestReassigned, RequestReplied, SCHEMA, SamplePublished, Satisfaction, SeenJournal, Sequence, Solved, Source,
    Stamp, Subject, SubjectKind, TalkRecorded, UnitCode, Urgency, Venue, VisitRecorded, When,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use support::full;

fn entities() -> impl Strategy<Value = EntityId> {
    any::<[u8; 16]>().prop_map(EntityId::from_bytes)
}

fn people() -> impl Strategy<Value = PersonId> {
    any::<[u8; 16]>().prop_map(PersonId::from_bytes)
}

fn events() -> impl Strategy<Value = EventId> {
    any::<[u8; 16]>().prop_map(EventId::from_bytes)
}

fn origins() -> impl Strategy<Value = Origin> {
    any::<[u8; 16]>().prop_map(Origin::from_bytes)
}

fn sequences() -> impl Strategy<Value = Sequence> {
    (1..=u64::MAX).prop_map(|n| Sequence::new(n).expect("not zero"))
}

fn units() -> impl Strategy<Value = UnitCode> {
    (0..1_000_000_000_000_u64).prop_map(|n| UnitCode::new(n).expect("twelve digits"))
}

fn days() -> impl Strategy<Value = Day> {
    prop_oneof![4 => -200_000..200_000_i32, 1 => any::<i32>()].prop_map(Day)
}

fn moments() -> impl Strategy<Value = When> {
    prop_oneof![
        days().prop_map(When::Day),
        (days(), any::<bool>()).prop_map(|(day, afternoon)| When::HalfDay { day, afternoon }),
        prop_oneof![0..40_000_000_i64, any::<i64>()].prop_map(When::Minute),
        prop_oneof![0..2_000_000_000_000_i64, any::<i64>()].prop_map(When::Instant),
    ]
}

fn coded<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    select(all)
}

/// Facts of every kind but corrections.
fn plain_facts() -> BoxedStrategy<Facts> {
    let entity_lists = || vec(entities(), 0..=REFERENCES_MAX);
    prop_oneof![
        (any::<u16>(), of(any::<u16>()))
            .prop_map(|(group, size)| Facts::HouseholdRegistered(HouseholdRegistered { group, size })),
        (coded(ChangeKind::ALL), of(days()), of(days()), of(entities())).prop_map(|(change, since, until, into)| {
            Facts::HouseholdChanged(HouseholdChanged {
                change,
                since,
                until,
                into,
            })
        }),
        (people(), of(entities()), days(), of(days())).prop_map(|(cadre, household, from, until)| {
            Facts::PairingEstablished(PairingEstablished {
                cadre,
                household,
                from,
                until,
            })
        }),
        (days(), coded(EndReason::ALL)).prop_map(|(on, reason)| Facts::PairingEnded(PairingEnded { on, reason })),
        (coded(Mode::ALL), coded(Outcome::ALL), of(any::<u16>()), entity_lists()).prop_map(
            |(mode, outcome, minutes, requests)| {
                Facts::VisitRecorded(VisitRecorded {
                    mode,
                    outcome,
                    minutes,
                    requests,
                })
            }
        ),
        (any::<bool>(), of(any::<u16>()))
            .prop_map(|(follow_up, minutes)| Facts::TalkRecorded(TalkRecorded { follow_up, minutes })),
        (days(), vec(events(), 0..=REFERENCES_MAX), entity_lists())
            .prop_map(|(day, visits, requests)| Facts::DiaryWritten(DiaryWritten { day, visits, requests })),
        (
            of(entities()),
            coded(Channel::ALL),
            coded(RequestKind::ALL),
            coded(Urgency::ALL),
            any::<u16>()
        )
            .prop_map(|(household, channel, kind, urgency, people)| {
                Facts::RequestRaised(RequestRaised {
                    household,
                    channel,
                    kind,
                    urgency,
                    people,
                })
            }),
        (coded(LegalPath::ALL), coded(ClockRule::ALL), days(), of(moments())).prop_map(
            |(path, rule, accepted_on, due)| {
                Facts::RequestAccepted(RequestAccepted {
                    path,
                    rule,
                    accepted_on,
                    due,
                })
            }
        ),
        (units(), people(), of(moments())).prop_map(|(unit, handler, due)| Facts::RequestAssigned(RequestAssigned {
            unit,
            handler,
            due
        })),
        any::<bool>().prop_map(|blocked| Facts::RequestProgressed(RequestProgressed { blocked })),
        (coded(ReplyOutcome::ALL), any::<bool>())
            .prop_map(|(outcome, in_writing)| Facts::RequestReplied(RequestReplied { outcome, in_writing })),
        (any::<bool>(), of(coded(Solved::ALL)), of(coded(Satisfaction::ALL))).prop_map(
            |(reached, solved, satisfaction)| {
                Facts::RequestFollowedUp(RequestFollowedUp {
                    reached,
                    solved,
                    satisfaction,
                })
            }
        ),
        (units(), people(), of(moments()))
            .prop_map(|(unit, handler, due)| Facts::RequestReassigned(RequestReassigned { unit, handler, due })),
        coded(ClosingKind::ALL).prop_map(|closing| Facts::RequestClosed(RequestClosed { closing })),
        (origins(), sequences(), sequences(), any::<i64>()).prop_map(|(origin, first, last, offset_ms)| {
            Facts::ClockCorrected(ClockCorrected {
                origin,
                first,
                last,
                offset_ms,
            })
        }),
        newer_facts(),
    ]
    .boxed()
}

/// Facts of checks, gatherings, samples and seals.
fn newer_facts() -> BoxedStrategy<Facts> {
    let entity_lists = || vec(entities(), 0..=REFERENCES_MAX);
    let hashes = || any::<[u8; 32]>().prop_map(Hash256);
    let places = || {
        (
            any::<[u8; 16]>().prop_map(JournalId::from_bytes),
            any::<u64>().prop_map(Position),
        )
    };
    let meetings = (coded(MeetingKind::ALL), any::<u16>(), of(any::<u16>()), entity_lists());
    let checks = (events(), coded(CheckMethod::ALL), of(events()), coded(CheckResult::ALL));
    let receptions = (coded(Venue::ALL), moments(), any::<u16>(), entity_lists());
    let samples = (
        places(),
        hashes(),
        days(),
        days(),
        any::<[u16; 3]>(),
        any::<u32>(),
        hashes(),
    );
    let seals = (
        days(),
        days(),
        places(),
        any::<u16>(),
        hashes(),
        any::<u32>(),
        of(events()),
    );
    prop_oneof![
        meetings.prop_map(
            |(meeting, attending, minutes, requests)| Facts::MeetingHeld(MeetingHeld {
                meeting,
                attending,
                minutes,
                requests,
            })
        ),
        checks.prop_map(
            |(target, method, sample, result)| Facts::ContactChecked(ContactChecked {
                target,
                method,
                sample,
                result,
            })
        ),
        receptions.prop_map(
            |(venue, until, visitors, requests)| Facts::ReceptionHeld(ReceptionHeld {
                venue,
                until,
                visitors,
                requests,
            })
        ),
        samples.prop_map(
            |((journal, size), root, from, to, [minimum, permille, rule], drawn, list)| {
                Facts::SamplePublished(SamplePublished {
                    journal,
                    size,
                    root,
                    from,
                    to,
                    minimum,
                    permille,
                    rule,
                    drawn,
                    list,
                })
            }
        ),
        seals.prop_map(|(from, to, (journal, position), rule, root, count, supersedes)| {
            Facts::LedgerSealed(LedgerSealed {
                from,
                to,
                journal,
                position,
                rule,
                root,
                count,
                supersedes,
            })
        }),
    ]
    .boxed()
}

fn facts() -> impl Strategy<Value = Facts> {
    let corrections = (events(), coded(CorrectionKind::ALL), of(plain_facts()), of(moments())).prop_map(
        |(target, correction, replacement, occurred)| {
            let replacement = replacement.map(|facts| Replacement(Box::new(facts)));
            Facts::RecordCorrected(RecordCorrected {
                target,
                correction,
                replacement,
                occurred,
            })
        },
    );
    prop_oneof![16 => plain_facts(), 1 => corrections]
}

fn contents() -> impl Strategy<Value = PersonalContent> {
    let word = || of("\\PC{0,20}");
    (
        of("\\PC{0,400}"),
        word(),
        word(),
        word(),
        word(),
        of(vec("\\PC{0,10}", 0..4)),
        word(),
    )
        .prop_map(
            |(text, head, address, phone, language, topics, presence)| PersonalContent {
                text,
                head,
                address,
                phone,
                language,
                contact: None,
                class: None,
                theme: None,
                topics,
                presence,
            },
        )
}

fn drafts() -> impl Strategy<Value = Draft> {
    let sources = (any::<i64>(), any::<u64>(), "[ -~]{0,128}").prop_map(|(instant_ms, row, label)| Source {
        instant_ms,
        row,
        label,
    });
    let live = select(&[EntryMode::Live, EntryMode::LaterSameDay, EntryMode::BatchFromPaper][..]);
    (
        (
            facts(),
            coded(SubjectKind::ALL),
            entities(),
            moments(),
            units(),
            people(),
        ),
        vec(people(), 0..=ACTORS_MAX),
        vec(events(), 0..=CAUSES_MAX),
        live,
        of(sources),
        of(contents()),
    )
        .prop_map(
            |((facts, any_kind, id, occurred, unit, recorder), actors, causes, live, source, personal)| {
                let kind = Facts::subject_kind(facts.kind()).unwrap_or(any_kind);
                let mode = if source.is_some() { EntryMode::Import } else { live };
                let subject = Subject { kind, id };
                Draft {
                    subject,
                    facts,
                    occurred,
                    unit,
                    recorder,
                    actors,
                    causes,
                    mode,
                    source,
                    personal,
                }
            },
        )
}

fn stamps() -> impl Strategy<Value = Stamp> {
    let seen = (any::<[u8; 16]>(), any::<u64>(), any::<[u8; 16]>()).prop_map(|(journal, size, root)| SeenJournal {
        journal: JournalId::from_bytes(journal),
        size: Position(size),
        root,
    });
    let clocks = (
        coded(ClockQuality::ALL),
        0..1_u64 << 48,
        0..1_u64 << 48,
        any::<[u8; 8]>(),
    );
    (origins(), sequences(), events(), clocks, of(seen)).prop_map(
        |(origin, sequence, id, (clock, wall_ms, mono_ms, boot), seen)| Stamp {
            origin,
            sequence,
            id,
            clock,
            wall_ms,
            mono_ms,
            boot: BootId(boot),
            seen,
        },
    )
}

fn expected(draft: &Draft, stamp: &Stamp, personal: Option<&[u8]>) -> Header {
    Header {
        origin: stamp.origin,
        unit: draft.unit,
        recorder: draft.recorder,
        boot: stamp.boot,
        clock: stamp.clock,
        mode: draft.mode,
        seen: stamp.seen,
        kind: draft.facts.kind(),
        schema: SCHEMA,
        subject: draft.subject,
        sequence: stamp.sequence,
        id: stamp.id,
        wall_ms: stamp.wall_ms,
        mono_ms: stamp.mono_ms,
        occurred: draft.occurred,
        actors: draft.actors.clone(),
        causes: draft.causes.clone(),
        carried_from: None,
        source: draft.source.clone(),
        personal: personal.map(Personal::reference_of),
    }
}

/// The meaning of an event apart from the log that it stands in.
fn fact(bytes: &[u8]) -> Option<(Header, Vec<u8>)> {
    let event = Event::decode(bytes).ok()?;
    let (origin, sequence) = (Origin::default(), Sequence::FIRST);
    let header = Header {
        origin,
        sequence,
        carried_from: None,
        ..event.header
    };
    Some((header, event.facts.to_vec()))
}

/// What must hold for bytes from anywhere, once they decode.
fn holds_for(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(event) = Event::decode(bytes) else { return Ok(()) };
    if let Some(at) = event.personal_hash_at {
        let named = event.header.personal.map(|p| p.sha256);
        prop_assert_eq!(named.as_ref().map(|hash| &hash[..]), bytes.get(at..at + 32));
    }
    // Writing the envelope again, in its shortest form, keeps the meaning and never grows past the bound.
    let entry = Entry {
        bytes: bytes.to_vec(),
        personal: None,
    };
    let (origin, last) = (Origin::from_bytes([7; 16]), Sequence::FIRST.plus(u64::MAX));
    let carried = entry.carry(origin, last).expect("it decodes");
    prop_assert!(carried.bytes.len() <= EVENT_BYTES_MAX);
    prop_assert_eq!(fact(&carried.bytes), fact(bytes));
    // Facts that are understood can be said again in both forms.
    if let Ok(Some(facts)) = Facts::decode(event.header.kind, event.header.schema, event.facts) {
        let again = facts.encode().expect("within the bounds");
        prop_assert!(again.len() <= event.facts.len(), "what we write is the shortest form");
        prop_assert_eq!(Facts::decode(facts.kind(), SCHEMA, &again), Ok(Some(facts.clone())));
        prop_assert_eq!(through_json(&facts), facts);
    }
    Ok(())
}

fn through_json(facts: &Facts) -> Facts {
    let json = serde_json::to_string(facts).expect("facts can be said in JSON");
    let mut reader = serde_json::Deserializer::from_str(&json);
    let read = Facts::deserialize_as(facts.kind(), &mut reader).unwrap_or_else(|e| panic!("{e}: {json}"));
    reader.end().expect("nothing follows");
    read
}

#[test]
fn the_samples_cover_every_kind() {
    let mut kinds: Vec<Kind> = full().iter().map(Facts::kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, Kind::ALL);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn what_was_written_is_what_is_read(draft in drafts(), stamp in stamps(), salt in any::<[u8; 16]>()) {
        let entry = Entry::write(&draft, &stamp, salt).expect("within the bounds");
        prop_assert!(entry.bytes.len() <= EVENT_BYTES_MAX);
        let event = entry.event().expect("its own bytes");
        prop_assert_eq!(&event.header, &expected(&draft, &stamp, entry.personal.as_deref()));
        let facts = Facts::decode(event.header.kind, event.header.schema, event.facts);
        prop_assert_eq!(facts, Ok(Some(draft.facts.clone())));
        let content = entry.personal.as_deref().map(|blob| {
            assert!(blob.len() <= PERSONAL_BYTES_MAX && blob[1..17] == salt);
            Personal::open(blob).expect("its own bytes")
        });
        prop_assert_eq!(content, draft.personal);
        holds_for(&entry.bytes)?;
    }

    #[test]
    fn carrying_keeps_the_fact(
        draft in drafts(), stamp in stamps(), to in (origins(), sequences()), again in (origins(), sequences()),
    ) {
        let first = Entry::write(&draft, &stamp, [3; 16]).expect("within the bounds");
        let once = first.carry(to.0, to.1).expect("a readable header");
        let twice = once.carry(again.0, again.1).expect("a readable header");
        let from = CarriedFrom { origin: stamp.origin, sequence: stamp.sequence };
        for (entry, (origin, sequence)) in [(&once, to), (&twice, again)] {
            prop_assert!(entry.bytes.len() <= EVENT_BYTES_MAX);
            prop_assert_eq!(&entry.personal, &first.personal);
            prop_assert_eq!(fact(&entry.bytes), fact(&first.bytes));
            let header = entry.event().expect("its own bytes").header;
            prop_assert_eq!((header.origin, header.sequence), (origin, sequence));
            prop_assert_eq!(header.carried_from, Some(from));
        }
    }

    #[test]
    fn facts_in_json_are_the_same_facts(facts in facts()) {
        prop_assert_eq!(through_json(&facts), facts);
    }

    #[test]
    fn no_flipped_byte_breaks_the_reader(
        draft in drafts(), stamp in stamps(), flips in vec((any::<prop::sample::Index>(), 1..=255_u8), 1..4),
    ) {
        let mut bytes = Entry::write(&draft, &stamp, [3; 16]).expect("within the bounds").bytes;
        let before = bytes.clone();
        for (at, bits) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }
        if bytes != before {
            // Another encoding of the same envelope may be read; the leaf hash tells them apart, and so do the bytes.
            holds_for(&bytes)?;
        }
    }

    #[test]
    fn no_cut_splice_or_noise_breaks_the_reader(
        one in (drafts(), stamps()), other in (drafts(), stamps()),
        cuts in any::<(prop::sample::Index, prop::sample::Index)>(), noise in vec(any::<u8>(), 0..64),
    ) {
        let one = Entry::write(&one.0, &one.1, [3; 16]).expect("within the bounds").bytes;
        let other = Entry::write(&other.0, &other.1, [4; 16]).expect("within the bounds").bytes;
        let (head, tail) = (&one[..cuts.0.index(one.len())], &other[cuts.1.index(other.len())..]);
        prop_assert!(Event::decode(head).is_err());
        holds_for(&[head, tail].concat())?;
        holds_for(&[head, &noise, tail].concat())?;
        holds_for(&noise)?;
    }

    #[test]
    fn no_facts_break_the_reader(kind in select(Kind::ALL), flips in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)) {
        let facts = full().into_iter().find(|facts| facts.kind() == kind).expect("a sample of every kind");
        let mut bytes = facts.encode().expect("within the bounds");
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(Some(read)) = Facts::decode(kind, SCHEMA, &bytes) {
            prop_assert_eq!(read.kind(), kind);
            prop_assert_eq!(through_json(&read), read);
        }
    }

    #[test]
    fn no_personal_part_breaks_the_reader(content in contents(), flips in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)) {
        let mut blob = Personal::plain(&content, [5; 16]).expect("within the bounds").into_bytes();
        for (at, byte) in flips {
            let at = at.index(blob.len());
            blob[at] = byte;
        }
        if let Ok(read) = Personal::open(&blob) {
            let again = Personal::plain(&read, [5; 16]).expect("within the bounds");
            prop_assert_eq!(Personal::open(again.bytes()), Ok(read));
        }
    }
}
