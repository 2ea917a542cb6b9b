//! One draft of every kind, and an envelope written by hand, for the tests of this crate.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use event::{
    BootId, ChangeKind, Channel, CheckMethod, CheckResult, ClockCorrected, ClockQuality, ClockRule, ClosingKind,
    ContactChecked, CorrectionKind, Day, DiaryWritten, Draft, EndReason, EntityId, EntryMode, EventId, Facts, Hash256,
    HouseholdChanged, HouseholdRegistered, JournalId, LedgerSealed, LegalPath, MeetingHeld, MeetingKind, Mode, Origin,
    Outcome, PairingEnded, PairingEstablished, PersonId, PersonalContent, Position, ReceptionHeld, RecordCorrected,
    Replacement, ReplyOutcome, RequestAccepted, RequestAssigned, RequestClosed, RequestFollowedUp, RequestKind,
    RequestProgressed, RequestRaised, RequestReassigned, RequestReplied, SamplePublished, Satisfaction, SeenJournal,
    Sequence, Solved, Stamp, Subject, SubjectKind, TalkRecorded, UnitCode, Urgency, Venue, VisitRecorded, When,
};

/// 2026-08-31T06:05:00Z.
pub(crate) const NOW_MS: u64 = 1_788_156_300_000;

pub(crate) fn entity(n: u8) -> EntityId {
    EntityId::from_bytes([n; 16])
}

pub(crate) fn person(n: u8) -> PersonId {
    PersonId::from_bytes([0x70 + n; 16])
}

pub(crate) fn event_id(n: u8) -> EventId {
    EventId::from_parts(NOW_MS - 1_000 * u64::from(n), u128::from(n)).expect("within 48 bits")
}

pub(crate) fn village() -> UnitCode {
    "990000103001".parse().expect("a code")
}

pub(crate) fn stamp() -> Stamp {
    Stamp {
        origin: Origin::from_bytes([0xa1; 16]),
        sequence: Sequence::new(7).expect("not zero"),
        id: EventId::from_parts(NOW_MS, 0x0102_0304_0506_0708_090a).expect("within 48 bits"),
        clock: ClockQuality::HubAnchored,
        wall_ms: NOW_MS + 12,
        mono_ms: 3_600_000,
        boot: BootId([0xb0; 8]),
        seen: Some(SeenJournal {
            journal: JournalId::from_bytes([0xc1; 16]),
            size: Position(4_711),
            root: [0xd1; 16],
        }),
    }
}

/// A draft about a subject of the right kind, with the fields that most events have.
pub(crate) fn draft(facts: Facts) -> Draft {
    let kind = Facts::subject_kind(facts.kind()).unwrap_or(SubjectKind::Household);
    Draft {
        subject: Subject { kind, id: entity(0x11) },
        facts,
        occurred: "2026-08-31 14:05".parse().expect("a moment"),
        unit: village(),
        recorder: person(1),
        actors: vec![person(2)],
        causes: Vec::new(),
        mode: EntryMode::Live,
        source: None,
        personal: None,
    }
}

pub(crate) fn text(text: &str) -> Option<PersonalContent> {
    Some(PersonalContent {
        text: Some(text.to_owned()),
        ..PersonalContent::default()
    })
}

pub(crate) fn visit() -> VisitRecorded {
    VisitRecorded {
        mode: Mode::Home,
        outcome: Outcome::NotHome,
        minutes: None,
        requests: Vec::new(),
    }
}

/// The facts of every kind, with every optional field.
pub(crate) fn full() -> Vec<Facts> {
    let due = Some(When::Day(Day(20_726)));
    vec![
        Facts::HouseholdRegistered(HouseholdRegistered {
            group: 3,
            size: Some(4),
        }),
        Facts::HouseholdChanged(HouseholdChanged {
            change: ChangeKind::Merged,
            since: Some(Day(20_696)),
            until: Some(Day(20_700)),
            into: Some(entity(0x12)),
        }),
        Facts::PairingEstablished(PairingEstablished {
            cadre: person(2),
            household: Some(entity(0x11)),
            from: Day(20_696),
            until: Some(Day(21_061)),
        }),
        Facts::PairingEnded(PairingEnded {
            on: Day(20_696),
            reason: EndReason::ContactWish,
        }),
        Facts::VisitRecorded(VisitRecorded {
            outcome: Outcome::Met,
            minutes: Some(25),
            requests: vec![entity(0x21), entity(0x22)],
            ..visit()
        }),
        Facts::TalkRecorded(TalkRecorded {
            follow_up: true,
            minutes: Some(40),
        }),
        Facts::DiaryWritten(DiaryWritten {
            day: Day(20_696),
            visits: vec![event_id(1), event_id(2)],
            requests: vec![entity(0x21)],
        }),
        Facts::RequestRaised(RequestRaised {
            household: Some(entity(0x11)),
            channel: Channel::Visit,
            kind: RequestKind::Help,
            urgency: Urgency::Urgent,
            people: 3,
        }),
        Facts::RequestAccepted(RequestAccepted {
            path: LegalPath::Petition,
            rule: ClockRule::Petition60Days,
            accepted_on: Day(20_696),
            due,
        }),
        Facts::RequestAssigned(RequestAssigned {
            unit: village(),
            handler: person(3),
            due,
        }),
        Facts::RequestProgressed(RequestProgressed { blocked: true }),
        Facts::RequestReplied(RequestReplied {
            outcome: ReplyOutcome::Explained,
            in_writing: true,
        }),
        Facts::RequestFollowedUp(RequestFollowedUp {
            reached: true,
            solved: Some(Solved::Partly),
            satisfaction: Some(Satisfaction::NoOpinion),
        }),
        Facts::RequestReassigned(RequestReassigned {
            unit: village().township(),
            handler: person(4),
            due,
        }),
        Facts::RequestClosed(RequestClosed {
            closing: ClosingKind::ExplainedFinal,
        }),
        Facts::RecordCorrected(RecordCorrected {
            target: event_id(3),
            correction: CorrectionKind::Correct,
            replacement: Some(Replacement(Box::new(Facts::VisitRecorded(VisitRecorded {
                outcome: Outcome::Moved,
                ..visit()
            })))),
            occurred: Some(When::HalfDay {
                day: Day(20_695),
                afternoon: true,
            }),
        }),
        Facts::ClockCorrected(ClockCorrected {
            origin: Origin::from_bytes([0xa2; 16]),
            first: Sequence::FIRST,
            last: Sequence::new(900).expect("not zero"),
            offset_ms: -31_536_000_000,
        }),
        Facts::MeetingHeld(MeetingHeld {
            meeting: MeetingKind::MobileCommittee,
            attending: 14,
            minutes: Some(90),
            requests: vec![entity(0x21)],
        }),
        Facts::ContactChecked(ContactChecked {
            target: event_id(1),
            method: CheckMethod::Phone,
            sample: Some(event_id(4)),
            result: CheckResult::NotRemembered,
        }),
        Facts::ReceptionHeld(ReceptionHeld {
            venue: Venue::Workroom,
            until: "2026-08-31 16:30".parse().expect("a moment"),
            visitors: 0,
            requests: vec![entity(0x22)],
        }),
        Facts::SamplePublished(SamplePublished {
            journal: JournalId::from_bytes([0xc1; 16]),
            size: Position(4_711),
            root: Hash256([0xd1; 32]),
            from: Day(20_666),
            to: Day(20_696),
            minimum: 2,
            permille: 50,
            rule: 1,
            drawn: 37,
            list: Hash256([0xd2; 32]),
        }),
        Facts::LedgerSealed(LedgerSealed {
            from: Day(20_666),
            to: Day(20_696),
            journal: JournalId::from_bytes([0xc1; 16]),
            position: Position(4_710),
            rule: 1,
            root: Hash256([0xd3; 32]),
            count: 88,
            supersedes: Some(event_id(5)),
        }),
    ]
}

/// The facts of every kind that has optional fields, without them.
pub(crate) fn bare() -> Vec<Facts> {
    let mut all = full();
    all.retain_mut(|facts| {
        match facts {
            Facts::HouseholdRegistered(f) => f.size = None,
            Facts::HouseholdChanged(f) => (f.since, f.until, f.into) = (None, None, None),
            Facts::PairingEstablished(f) => (f.household, f.until) = (None, None),
            Facts::VisitRecorded(f) => *f = visit(),
            Facts::TalkRecorded(f) => f.minutes = None,
            Facts::DiaryWritten(f) => (f.visits, f.requests) = (Vec::new(), Vec::new()),
            Facts::RequestRaised(f) => f.household = None,
            Facts::RequestAccepted(f) => f.due = None,
            Facts::RequestAssigned(f) => f.due = None,
            Facts::RequestFollowedUp(f) => (f.reached, f.solved, f.satisfaction) = (false, None, None),
            Facts::RequestReassigned(f) => f.due = None,
            Facts::RecordCorrected(f) => {
                (f.correction, f.replacement, f.occurred) = (CorrectionKind::Void, None, None);
            }
            Facts::MeetingHeld(f) => (f.minutes, f.requests) = (None, Vec::new()),
            Facts::ContactChecked(f) => f.sample = None,
            Facts::ReceptionHeld(f) => f.requests = Vec::new(),
            Facts::LedgerSealed(f) => f.supersedes = None,
            _ => return false,
        }
        true
    });
    all
}

/// An envelope as its 23 elements, written with the plain encoder and nothing of this crate, so
/// that any of them can be replaced.
pub(crate) struct ByHand(pub(crate) Vec<Vec<u8>>);

impl ByHand {
    /// What [`stamp`] and a bare visit give.
    pub(crate) fn visit() -> Self {
        let nil = vec![0xc0];
        Self(vec![
            uint(1),
            bin(&[0xa1; 16]),
            uint(990_000_103_001),
            bin(&[0x71; 16]),
            bin(&[0xb0; 8]),
            uint(3),
            uint(0),
            list(&[bin(&[0xc1; 16]), uint(4_711), bin(&[0xd1; 16])]),
            uint(10),
            uint(1),
            uint(1),
            bin(&[0x11; 16]),
            uint(7),
            bin(&stamp().id.to_bytes()),
            uint(NOW_MS + 12),
            uint(3_600_000),
            list(&[uint(2), uint(NOW_MS / 60_000)]),
            list(&[bin(&[0x72; 16])]),
            list(&[]),
            nil.clone(),
            nil.clone(),
            nil,
            map(&[("m", uint(1)), ("o", uint(2))]),
        ])
    }

    pub(crate) fn with(mut self, field: usize, bytes: Vec<u8>) -> Self {
        self.0[field] = bytes;
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        list(&self.0)
    }
}

pub(crate) fn uint(n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    rmp::encode::write_uint(&mut out, n).expect("a Vec");
    out
}

pub(crate) fn int(n: i64) -> Vec<u8> {
    let mut out = Vec::new();
    rmp::encode::write_sint(&mut out, n).expect("a Vec");
    out
}

pub(crate) fn bin(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    rmp::encode::write_bin(&mut out, bytes).expect("a Vec");
    out
}

pub(crate) fn string(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    rmp::encode::write_str(&mut out, text).expect("a Vec");
    out
}

pub(crate) fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    rmp::encode::write_array_len(&mut out, u32::try_from(items.len()).expect("short")).expect("a Vec");
    out.extend(items.concat());
    out
}

pub(crate) fn map(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    rmp::encode::write_map_len(&mut out, u32::try_from(pairs.len()).expect("short")).expect("a Vec");
    for (key, value) in pairs {
        out.extend(string(key));
        out.extend(value);
    }
    out
}
