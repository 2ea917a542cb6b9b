//! The story of conduct holds what its pages promise, before any rule looks at it.

use std::collections::{BTreeMap, BTreeSet};

use event::{Event, EventId, Facts, Hash256, Kind, PersonId, Subject, SubjectKind, When};
use sample::conduct::{
    Conduct, ConductPlan, Fabrication, HELD_OUT_SEEDS, LogNote, PREVALENCES_PERMILLE, Receipted, Setting,
    TRAINING_SEEDS,
};
use sha2::{Digest, Sha256};

fn story(seed: u64, permille: u16) -> Conduct {
    ConductPlan::new(seed, permille).tell()
}

fn event(one: &Receipted) -> Event<'_> {
    one.entry.event().expect("an event")
}

fn visits(conduct: &Conduct) -> impl Iterator<Item = (&Receipted, Event<'_>)> {
    let all = conduct.records.iter().map(|one| (one, event(one)));
    all.filter(|(_, event)| event.header.kind == Kind::VISIT_RECORDED)
}

#[test]
fn training_and_held_out_seeds_are_apart() {
    let training: BTreeSet<u64> = TRAINING_SEEDS.into();
    let held_out: BTreeSet<u64> = HELD_OUT_SEEDS.into();
    assert!(training.is_disjoint(&held_out));
    assert_eq!((training.len(), held_out.len()), (8, 24));
}

#[test]
fn the_same_plan_tells_the_same_story() {
    let one = story(TRAINING_SEEDS[0], 50);
    assert_eq!(one, story(TRAINING_SEEDS[0], 50));
    assert_ne!(one.records, story(TRAINING_SEEDS[1], 50).records);
}

#[test]
fn logs_are_gapless_unless_cut_and_receipts_rise() {
    let conduct = story(TRAINING_SEEDS[2], 200);
    let cut: BTreeSet<Subject> = conduct
        .planted
        .iter()
        .filter(|planted| planted.fabrication == Fabrication::LogCut)
        .map(|planted| planted.subject)
        .collect();
    let mut next: BTreeMap<event::Origin, (u64, EventId)> = BTreeMap::new();
    let (mut position, mut received) = (event::Position(0), 0);
    for one in &conduct.records {
        let header = event(one).header;
        assert_eq!((header.origin, header.sequence), (one.origin, one.sequence));
        let (last, id) = next.get(&one.origin).copied().unwrap_or_default();
        assert!(header.id > id, "identifiers rise within a log");
        if !cut.contains(&Subject::origin(one.origin)) {
            assert_eq!(one.sequence.get(), last + 1);
        }
        next.insert(one.origin, (one.sequence.get(), header.id));
        assert!(one.position >= position && one.received_at_ms >= received);
        assert!(
            one.received_at_ms >= header.id.ms(),
            "nothing is received before it was recorded"
        );
        (position, received) = (one.position, one.received_at_ms);
    }
    for note in &conduct.notes {
        if let LogNote::Reached { origin, size } = note
            && !cut.contains(&Subject::origin(*origin))
        {
            assert_eq!(next[origin].0, *size);
        }
    }
}

#[test]
fn the_truth_names_as_many_cadres_as_were_asked_for_and_stands_beside_the_events() {
    for permille in PREVALENCES_PERMILLE {
        let (mut cadres, mut planted) = (0, 0);
        for seed in TRAINING_SEEDS {
            let conduct = story(seed, permille);
            let people: BTreeSet<PersonId> = conduct.cadres.iter().copied().collect();
            let named: BTreeSet<Subject> = conduct
                .planted
                .iter()
                .map(|planted| planted.subject)
                .filter(|subject| subject.kind == SubjectKind::Person)
                .collect();
            assert!(
                named
                    .iter()
                    .all(|s| people.contains(&PersonId::from_bytes(s.id.to_bytes())))
            );
            cadres += people.len();
            planted += named.len();
        }
        // Not all who were chosen find an occasion, and those for whom others typed are planted with them.
        let share = planted * 1_000 / cadres;
        let asked = usize::from(permille);
        assert!(
            (asked * 6 / 10..=asked * 18 / 10 + 4).contains(&share),
            "{share} of {asked} per thousand"
        );
    }
    assert_eq!(story(TRAINING_SEEDS[0], 0).planted, []);
}

#[test]
fn every_sort_is_planted_and_of_varying_intensity() {
    let mut sizes: BTreeMap<Fabrication, Vec<usize>> = BTreeMap::new();
    for seed in TRAINING_SEEDS {
        for planted in story(seed, 200).planted {
            sizes.entry(planted.fabrication).or_default().push(planted.events.len());
        }
    }
    assert_eq!(sizes.keys().copied().collect::<Vec<_>>(), Fabrication::ALL);
    for (fabrication, sizes) in sizes.iter().filter(|(f, _)| f.invents_visits()) {
        let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        assert!(most >= &(least * 2), "{fabrication:?}: {least} to {most}");
    }
}

/// Starts on the half hour among claims that have minutes, gaps below a minute among records of one recorder, in thousandths.
#[test]
fn honest_data_is_not_clean() {
    let conduct = story(TRAINING_SEEDS[3], 0);
    let minutes: Vec<i64> = visits(&conduct)
        .filter_map(|(_, event)| match event.header.occurred {
            When::Minute(minute) => Some(minute),
            _ => None,
        })
        .collect();
    let halves = minutes.iter().filter(|minute| *minute % 30 == 0).count() * 1_000 / minutes.len();
    assert!((30..300).contains(&halves), "{halves} of 1,000 on the half hour");
    let mut last: BTreeMap<PersonId, u64> = BTreeMap::new();
    let (mut short, mut all) = (0, 0);
    for (_, event) in visits(&conduct) {
        let before = last.insert(event.header.recorder, event.header.id.ms());
        let gap = before.map(|before| event.header.id.ms().saturating_sub(before));
        all += 1;
        short += usize::from(gap.is_some_and(|gap| gap < 60_000));
    }
    // The two real logs: 155 and 517 of 1,000.
    let share = short * 1_000 / all;
    assert!((100..520).contains(&share), "{share} of 1,000 gaps below a minute");
    let corrected = conduct
        .records
        .iter()
        .filter(|one| event(one).header.kind == Kind::RECORD_CORRECTED);
    assert!(corrected.count() > 20);
    let modes: BTreeSet<_> = visits(&conduct).map(|(_, event)| event.header.mode).collect();
    assert_eq!(modes.len(), 3, "{modes:?}");
}

#[test]
fn an_honest_offline_township_records_daily_and_delivers_weeks_later() {
    let plan = ConductPlan {
        setting: Setting::HonestOffline,
        ..ConductPlan::new(TRAINING_SEEDS[0], 200)
    };
    let conduct = plan.tell();
    assert_eq!(conduct.planted, []);
    let mut longest: BTreeMap<event::Origin, u64> = BTreeMap::new();
    let (mut late, mut all) = (0, 0);
    for (one, event) in visits(&conduct) {
        let waited = (one.received_at_ms - event.header.id.ms()) / 86_400_000;
        let most = longest.entry(one.origin).or_default();
        *most = waited.max(*most);
        all += 1;
        late += usize::from(
            event.header.occurred.day().plus(1) < event::Day::of_instant(event.header.id.ms().cast_signed()),
        );
    }
    // A mistyped date now and then, and nothing else.
    assert!(late * 100 < all * 2, "{late} of {all} late");
    let long = longest.values().filter(|days| **days >= 12).count();
    assert!(long * 2 > longest.len(), "{longest:?}");
}

#[test]
fn the_published_list_is_the_one_that_was_drawn() {
    let conduct = story(TRAINING_SEEDS[4], 50);
    let published: Vec<(u32, Hash256)> = conduct
        .records
        .iter()
        .filter_map(|one| match Facts::decode(event(one).header.kind, 1, event(one).facts) {
            Ok(Some(Facts::SamplePublished(facts))) => Some((facts.drawn, facts.list)),
            _ => None,
        })
        .collect();
    assert_eq!((published.len(), conduct.samples.len()), (3, 3));
    for (list, (drawn, hash)) in conduct.samples.iter().zip(published) {
        assert_eq!(list.len(), drawn as usize);
        let bytes: Vec<u8> = list.iter().flat_map(|id| id.to_bytes()).collect();
        assert_eq!(Sha256::digest(bytes)[..], hash.0);
    }
    let checks = conduct
        .records
        .iter()
        .filter(|one| event(one).header.kind == Kind::CONTACT_CHECKED)
        .count();
    assert_eq!(checks, conduct.samples.iter().map(Vec::len).sum());
}

#[test]
fn a_clock_that_was_plainly_wrong_is_corrected_in_most_cases_and_exactly() {
    let (mut corrected, mut logs) = (0, 0);
    for seed in TRAINING_SEEDS {
        let conduct = story(seed, 50);
        logs += conduct.logs.len();
        for one in &conduct.records {
            let Ok(Some(Facts::ClockCorrected(clock))) = Facts::decode(event(one).header.kind, 1, event(one).facts)
            else {
                continue;
            };
            corrected += 1;
            let span = conduct
                .records
                .iter()
                .filter(|one| one.origin == clock.origin && (clock.first..=clock.last).contains(&one.sequence));
            let headers: Vec<_> = span.map(|one| event(one).header).collect();
            let wrong = headers
                .iter()
                .filter(|header| header.wall_ms.saturating_add_signed(clock.offset_ms) != header.id.ms());
            // Somebody may have turned the wrong clock back on top of it.
            assert!(wrong.count() * 2 < headers.len().max(1), "seed {seed}");
        }
    }
    assert!(corrected * 50 > logs && corrected * 8 < logs, "{corrected} of {logs}");
}
