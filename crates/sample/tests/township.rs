//! The invented township holds what its pages promise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use event::{
    BootId, ClockQuality, Draft, Entry, EntryMode, EventId, Facts, Kind, Mode, Origin, Outcome, Personal, Sequence,
    Stamp, When,
};
use sample::{Item, ItemId, Party, Place, Plan};
use sha2::{Digest, Sha256};

static YEAR: LazyLock<Vec<Item>> = LazyLock::new(|| Plan::default().items().collect());

/// Where every item would stand if each were recorded when planned.
fn place(item: ItemId) -> Place {
    let number = item.number() as u64;
    Place {
        id: EventId::from_parts(1_756_000_000_000 + number, u128::from(item.village())).expect("within bounds"),
        origin: Origin::from_bytes([u8::try_from(item.village()).expect("a small index"); 16]),
        sequence: Sequence::new(number + 1).expect("within bounds"),
    }
}

fn draft(item: &Item) -> Draft {
    item.draft(&|id| item.after.contains(&id).then(|| place(id)))
        .expect("it refers to nothing beyond `after`")
}

fn write(item: &Item) -> Entry {
    let Place { id, origin, sequence } = place(item.id);
    let stamp = Stamp {
        origin,
        sequence,
        id,
        clock: ClockQuality::Unknown,
        wall_ms: item.true_ms(),
        mono_ms: 0,
        boot: BootId([0; 8]),
        seen: None,
    };
    Entry::write(&draft(item), &stamp, [7; 16]).expect("within every bound")
}

fn digest(items: &[Item]) -> String {
    let mut hash = Sha256::new();
    for item in items {
        let entry = write(item);
        hash.update(&entry.bytes);
        hash.update(entry.personal.unwrap_or_default());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_year_of_the_default_township_is_large_and_mixed() {
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    for item in YEAR.iter() {
        *kinds.entry(item.kind()).or_default() += 1;
    }
    assert!(YEAR.len() >= 52_000, "{} items: {kinds:?}", YEAR.len());
    let seen: BTreeSet<Kind> = kinds.keys().copied().collect();
    // The others are told by the story of conduct, whose bytes are its own.
    let told_elsewhere = [
        Kind::MEETING_HELD,
        Kind::CONTACT_CHECKED,
        Kind::RECEPTION_HELD,
        Kind::SAMPLE_PUBLISHED,
        Kind::LEDGER_SEALED,
    ];
    let all = Kind::ALL.iter().copied().filter(|kind| !told_elsewhere.contains(kind));
    assert_eq!(seen, all.collect(), "every kind occurs");
    assert!(
        kinds[&Kind::VISIT_RECORDED] > YEAR.len() / 4 && kinds[&Kind::REQUEST_RAISED] > 1_000,
        "{kinds:?}"
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let plan = Plan {
        villages: 3,
        days: 60,
        ..Plan::default()
    };
    let items: Vec<Item> = plan.items().collect();
    assert_eq!(items, plan.items().collect::<Vec<_>>());
    assert_ne!(items, Plan { seed: 2, ..plan }.items().collect::<Vec<_>>());
    assert_eq!(digest(&items), GOLDEN_60_DAYS, "the sample changed: is that meant?");
}

const GOLDEN_60_DAYS: &str = "e2007b3e9277d71bad9853da7046ac7b4030e098865b5c34c23380389c920b57";

#[test]
fn a_village_does_not_depend_on_how_many_there_are() {
    let (few, many) = (
        Plan {
            villages: 2,
            ..Plan::default()
        },
        Plan::default(),
    );
    for index in 0..2_u16 {
        assert_eq!(few.village_items(index), many.village_items(index));
        let at = usize::from(index);
        assert_eq!(few.township().villages[at], many.township().villages[at]);
        let within: Vec<&Item> = YEAR.iter().filter(|item| item.village() == at).collect();
        assert_eq!(within, few.village_items(index).iter().collect::<Vec<_>>());
    }
    assert!(few.village_items(2).is_empty());
}

#[test]
fn the_graph_of_items_is_sound() {
    let plan = Plan::default();
    let mut seen: BTreeSet<ItemId> = BTreeSet::new();
    let mut last = None;
    for item in YEAR.iter() {
        assert!(item.minute < 1_440 && item.day >= plan.first_day && item.day < plan.end());
        assert!(last <= Some((item.day, item.minute)), "in the order of the true time");
        last = Some((item.day, item.minute));
        for before in &item.after {
            assert!(
                *before < item.id && seen.contains(before),
                "{before:?} before {:?}",
                item.id
            );
            assert_eq!(
                before.village(),
                item.id.village(),
                "nothing refers to another village's story"
            );
        }
        assert!(seen.insert(item.id), "{:?} twice", item.id);
        if let Party::Village(village) = item.party {
            assert_eq!(village, item.village());
        }
    }
}

#[test]
fn each_party_records_its_own_kinds() {
    let township = Plan::default().township();
    let staff: BTreeSet<_> = township.staff.iter().map(|person| person.id).collect();
    let hub_only = [
        Kind::REQUEST_ASSIGNED,
        Kind::REQUEST_FOLLOWED_UP,
        Kind::REQUEST_REASSIGNED,
        Kind::REQUEST_CLOSED,
        Kind::CLOCK_CORRECTED,
    ];
    for item in YEAR.iter() {
        let draft = draft(item);
        if hub_only.contains(&item.kind()) {
            assert_eq!(item.party, Party::Hub, "{}", item.kind());
        }
        let handled = matches!(item.kind(), Kind::REQUEST_PROGRESSED | Kind::REQUEST_REPLIED);
        assert!(
            hub_only.contains(&item.kind()) || handled || item.party != Party::Hub,
            "{}",
            item.kind()
        );
        assert_eq!(staff.contains(&draft.recorder), item.party == Party::Hub);
        assert_eq!(draft.unit, township.villages[item.village()].unit);
    }
}

#[test]
fn every_draft_can_be_written_and_its_texts_are_plain() {
    for item in YEAR.iter() {
        let entry = write(item);
        let event = entry.event().expect("decodes");
        assert_eq!(event.header.kind, item.kind());
        let Some(blob) = &entry.personal else { continue };
        let content = Personal::open(blob).expect("opens");
        if let Some(text) = content.text {
            assert!(
                (15..=60).contains(&text.chars().count()),
                "{} characters: {text}",
                text.chars().count()
            );
            assert!(!text.chars().any(|c| matches!(c, '{' | '}')), "{text}");
        }
        assert!(content.phone.is_none_or(|phone| phone.starts_with("000")));
    }
}

#[test]
fn nothing_is_drafted_before_what_it_refers_to() {
    let refused = YEAR.iter().filter(|item| item.draft(&|_| None).is_err()).count();
    assert!(refused > 5_000, "{refused}");
    for item in YEAR.iter() {
        if let Err(missing) = item.draft(&|_| None) {
            assert!(item.after.contains(&missing.0));
        }
    }
}

#[test]
fn visits_look_like_visits() {
    let (mut home, mut shut, mut phone, mut all, mut timed) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
    let mut precision = [0_u32; 4];
    let mut modes: BTreeMap<EntryMode, u32> = BTreeMap::new();
    let mut weekend = 0_u32;
    for item in YEAR.iter() {
        let draft = draft(item);
        let Facts::VisitRecorded(visit) = &draft.facts else {
            continue;
        };
        all += 1;
        home += u32::from(visit.mode == Mode::Home);
        shut += u32::from(visit.mode == Mode::Home && visit.outcome == Outcome::NotHome);
        phone += u32::from(visit.mode == Mode::Phone);
        timed += u32::from(visit.minutes.is_some());
        precision[usize::from(draft.occurred.to_parts().0)] += 1;
        *modes.entry(draft.mode).or_default() += 1;
        assert!(
            draft.occurred.day() <= item.day,
            "nothing is recorded before it happened"
        );
        assert!(draft.occurred.start_ms() <= i64::try_from(item.true_ms()).unwrap());
        weekend += u32::from((draft.occurred.day().0 + 3).rem_euclid(7) >= 5);
    }
    let share = |part: u32, whole: u32| part * 1_000 / whole;
    assert!(
        (120..=250).contains(&share(shut, home)),
        "not at home: {} in 1,000",
        share(shut, home)
    );
    assert!(
        (120..=260).contains(&share(phone, all)),
        "by telephone: {}",
        share(phone, all)
    );
    assert!(
        (200..=500).contains(&share(timed, all)),
        "with a duration: {}",
        share(timed, all)
    );
    assert!(share(weekend, all) < 120, "at weekends: {}", share(weekend, all));
    assert!(precision[..3].iter().all(|n| share(*n, all) > 100), "{precision:?}");
    assert!(
        modes.len() == 3 && modes.values().all(|n| share(*n, all) > 50),
        "{modes:?}"
    );
}

/// Folds each request by the plain state machine and counts where it ends and what is illegal on the way.
#[test]
fn requests_have_whole_lives_and_a_few_conflicts() {
    let mut states: BTreeMap<_, &str> = BTreeMap::new();
    let mut conflicts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let (mut second_round, mut unreachable) = (0, 0);
    for item in YEAR.iter() {
        let draft = draft(item);
        let state = states.entry(draft.subject.id).or_insert("");
        let (next, legal) = match &draft.facts {
            Facts::RequestRaised(_) => ("registered", state.is_empty()),
            Facts::RequestAccepted(_) => ("accepted", *state == "registered"),
            Facts::RequestAssigned(_) => ("assigned", *state == "accepted"),
            Facts::RequestProgressed(_) => ("handling", matches!(*state, "assigned" | "handling")),
            Facts::RequestReplied(_) => ("replied", matches!(*state, "assigned" | "handling")),
            Facts::RequestFollowedUp(f) if !f.reached => ("replied", *state == "replied"),
            Facts::RequestFollowedUp(f) if f.satisfaction == Some(event::Satisfaction::Unsatisfied) => {
                ("unsatisfied", *state == "replied")
            }
            Facts::RequestFollowedUp(_) => ("satisfied", *state == "replied"),
            Facts::RequestReassigned(_) => {
                second_round += 1;
                ("assigned", *state == "unsatisfied")
            }
            Facts::RequestClosed(closed) => match closed.closing {
                event::ClosingKind::Unreachable => {
                    unreachable += 1;
                    ("closed", *state == "replied")
                }
                event::ClosingKind::ExplainedFinal => ("closed", *state == "unsatisfied"),
                _ => ("closed", *state == "satisfied"),
            },
            _ => continue,
        };
        if legal {
            *state = next;
        } else {
            *conflicts.entry((*state, next)).or_default() += 1;
        }
    }
    let mut ends: BTreeMap<&str, u32> = BTreeMap::new();
    states
        .values()
        .filter(|state| !state.is_empty())
        .for_each(|state| *ends.entry(state).or_default() += 1);
    assert!(ends["closed"] > 800, "{ends:?}");
    for open in ["registered", "accepted", "assigned", "handling", "replied"] {
        assert!(ends[open] >= 3, "some stay {open}: {ends:?}");
    }
    assert!(second_round > 50 && unreachable > 20, "{second_round} {unreachable}");
    let illegal: BTreeSet<_> = conflicts.keys().copied().collect();
    let meant = [("accepted", "replied"), ("replied", "replied"), ("closed", "handling")];
    assert_eq!(illegal, meant.into_iter().collect(), "{conflicts:?}");
    assert!(conflicts.values().all(|n| *n >= 5 && *n < 100), "{conflicts:?}");
}

#[test]
fn clocks_that_were_plainly_wrong_are_corrected_once() {
    let township = Plan::default().township();
    let wrong = township
        .villages
        .iter()
        .filter(|village| village.clock.wrong_span().is_some())
        .count();
    let corrected: Vec<&Item> = YEAR
        .iter()
        .filter(|item| item.kind() == Kind::CLOCK_CORRECTED)
        .collect();
    assert_eq!(corrected.len(), wrong);
    for item in corrected {
        let Facts::ClockCorrected(facts) = draft(item).facts else {
            panic!("a clock correction")
        };
        let (from, until, offset) = township.villages[item.village()]
            .clock
            .wrong_span()
            .expect("a wrong clock");
        assert_eq!((facts.offset_ms, facts.first <= facts.last), (offset, true));
        assert!(item.day >= until && from < until);
    }
}

#[test]
fn small_plans_work_too() {
    for (villages, days, households_per_village) in [(1, 1, 1), (1, 2, 5), (2, 10, 20), (40, 6, 3)] {
        let plan = Plan {
            villages,
            days,
            households_per_village,
            ..Plan::default()
        };
        let items: Vec<Item> = plan.items().collect();
        assert!(
            items
                .iter()
                .filter(|item| item.kind() == Kind::HOUSEHOLD_REGISTERED)
                .count()
                >= usize::from(villages)
        );
        items.iter().for_each(|item| drop(write(item)));
    }
    let day = When::Day(Plan::default().first_day);
    assert_eq!(day.to_string(), "2025-09-01");
}
