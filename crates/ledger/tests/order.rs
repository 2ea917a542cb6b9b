//! Whatever the order, repetition and batching of a history: the same rows, digests and effects.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Dice, Given, history, rebuild, unit};
use event::Position;
use ledger::{Change, EntityKey, Ledger, Pending, Query, Restore, RestoreError, View, touches};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

/// Everything that two equal ledgers must agree on, as text.
fn state(ledger: &Ledger, given: &[Given]) -> String {
    let mut lines = vec![format!("{:?}", ledger.cut())];
    for n in 0..3 {
        for view in View::ALL {
            let (live, root) = (ledger.live_digest(view, unit(n)), ledger.root(view, unit(n)));
            lines.push(format!("{} {} {live} {root}", view.key(), unit(n)));
        }
        lines.push(format!("{:?}", ledger.exceptions(unit(n))));
        lines.push(format!("{:?}", ledger.sync_health(unit(n))));
    }
    for one in given {
        lines.push(format!(
            "{} {} {:?}",
            one.log,
            one.sequence,
            ledger.effect_at(one.log, one.sequence)
        ));
    }
    lines.join("\n")
}

/// The digests again, from the rows alone.
fn sums_follow_from_rows(ledger: &Ledger) {
    for view in View::ALL {
        for n in 0..3 {
            let mut sum = [0_u8; 32];
            for row in ledger.rows(view, unit(n)) {
                let hash = ledger::LiveDigest::of_row(&row).to_bytes();
                let mut carry = 0;
                for (byte, other) in sum.iter_mut().zip(hash).rev() {
                    let total = u16::from(*byte) + u16::from(other) + carry;
                    *byte = u8::try_from(total & 0xff).unwrap();
                    carry = total >> 8;
                }
            }
            assert_eq!(ledger.live_digest(view, unit(n)).to_bytes(), sum, "{}", view.key());
        }
    }
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// Takes what changed over into `rows`, a few rows at a time, as a store would.
fn save(ledger: &mut Ledger, rows: &mut Rows) {
    let mut put = |change| match change {
        Change::Put { key, value } => drop(rows.insert(key, value)),
        Change::Remove { key } => drop(rows.remove(&key)),
    };
    put(Ledger::no_summary());
    loop {
        let changes = ledger.take_changes(1_000);
        if changes.is_empty() {
            break;
        }
        changes.into_iter().for_each(&mut put);
    }
    ledger.summary(b"a note").into_iter().for_each(&mut put);
}

fn restore(rows: &Rows) -> Result<Option<Ledger>, RestoreError> {
    let mut restore = Restore::new();
    for (key, value) in rows {
        restore.row(key, value)?;
    }
    Ok(restore.finish()?.map(|(ledger, note)| {
        assert_eq!(note, b"a note");
        ledger
    }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_arrival_order_gives_the_rebuilt_ledger(seed in any::<u64>(), len in 1_u64..160) {
        let given = history(seed, len);
        let rebuilt = rebuild(&given);
        let expected = state(&rebuilt, &given);
        sums_follow_from_rows(&rebuilt);
        let mut dice = Dice(seed ^ 1);
        for _ in 0..3 {
            let mut order = given.clone();
            for _ in 0..given.len() / 3 {
                order.push(dice.pick(&given.iter().collect::<Vec<_>>()).clone());
            }
            dice.shuffle(&mut order);
            let batch = 1 + dice.below(20);
            let mut ledger = Ledger::new();
            let mut kept: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
            for one in &order {
                one.apply(&mut ledger);
                ledger.advance(one.receipt.position);
                if dice.below(batch) == 0 {
                    ledger.settle();
                    save(&mut ledger, &mut kept);
                    let restored = restore(&kept).expect("a sound snapshot").expect("a snapshot");
                    prop_assert_eq!(&state(&restored, &given), &state(&ledger, &given));
                }
            }
            ledger.settle();
            prop_assert!(ledger.is_settled());
            prop_assert_eq!(&state(&ledger, &given), &expected);
            save(&mut ledger, &mut kept);
            prop_assert!(!ledger.has_changes());
            let restored = restore(&kept).expect("a sound snapshot").expect("a snapshot");
            prop_assert_eq!(&state(&restored, &given), &expected);
        }
    }

    #[test]
    fn a_restored_ledger_goes_on_like_one_that_was_never_saved(seed in any::<u64>()) {
        let given = history(seed, 100);
        let (before, after) = given.split_at(given.len() / 2);
        let mut first = rebuild(before);
        let mut kept = BTreeMap::new();
        save(&mut first, &mut kept);
        let mut restored = restore(&kept).expect("a sound snapshot").expect("a snapshot");
        for one in after {
            one.apply(&mut restored);
            restored.advance(one.receipt.position);
        }
        restored.settle();
        prop_assert_eq!(state(&restored, &given), state(&rebuild(&given), &given));
    }

    #[test]
    fn removing_an_event_changes_only_rows_that_it_touches(seed in any::<u64>()) {
        let given = history(seed, 60);
        let whole = rebuild(&given);
        for at in (0..given.len()).step_by(5) {
            let Some(event) = given[at].event() else { continue };
            let rest = given.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, one)| one);
            let rest = rebuild(rest);
            let mut may: BTreeSet<EntityKey> = BTreeSet::new();
            // With the first receipt of a fact gone, other content under its identity may come into its place; and the
            // ULID of the entry after it in its log is no longer measured by it.
            for other in &given {
                let Some(found) = other.event() else { continue };
                let is_next = other.log == given[at].log && other.sequence == given[at].sequence.plus(1);
                if is_next || found.header.id == event.header.id {
                    may.extend(touches(&found));
                    let same = given.iter().filter_map(Given::event).filter(|one| one.header.id == found.header.id);
                    same.for_each(|one| may.extend(touches(&one)));
                }
            }
            for view in [View::Requests, View::Households, View::Diary] {
                for n in 0..3 {
                    let before: BTreeSet<_> = whole.rows(view, unit(n)).into_iter().collect();
                    let after: BTreeSet<_> = rest.rows(view, unit(n)).into_iter().collect();
                    for row in before.symmetric_difference(&after) {
                        prop_assert!(may.iter().any(|key| row.key[..16] == key.id.to_bytes()), "{}", view.key());
                    }
                }
            }
        }
    }

    #[test]
    fn as_known_then_is_the_ledger_of_what_had_been_received(seed in any::<u64>(), at in 0_usize..100) {
        let given = history(seed, 100);
        let then = given[at % given.len()].receipt.received_at_ms;
        let whole = rebuild(&given);
        let known = rebuild(given.iter().filter(|one| one.receipt.received_at_ms <= then));
        let today = common::day("2026-09-01");
        let asked = Query { known_at_ms: Some(then), ..Query::as_of(today) };
        for n in 0..3 {
            prop_assert_eq!(whole.requests(unit(n), asked), known.requests(unit(n), Query::as_of(today)));
            prop_assert_eq!(whole.households(unit(n), asked), known.households(unit(n), Query::as_of(today)));
            let period = ledger::Period::quarter(2026, 2).unwrap();
            let (mut one, other) = (whole.coverage(unit(n), period, asked), known.coverage(unit(n), period, Query::as_of(today)));
            one.cut = other.cut;
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn pending_entries_foretell_rows_and_leave_no_trace(seed in any::<u64>()) {
        let given = history(seed, 80);
        let (confirmed, pending) = given.split_at(given.len() - 8.min(given.len()));
        let ledger = rebuild(confirmed);
        let before = state(&ledger, &given);
        let pending: Vec<Pending<'_>> = pending.iter().map(|one| Pending {
            bytes: &one.bytes, origin: one.log, sequence: one.sequence, author: one.author,
        }).collect();
        let view = ledger.with_pending(&pending);
        prop_assert_eq!(view.effects.len(), pending.len());
        prop_assert_eq!(state(&ledger, &given), before);
        // Received far in the future, so that the ULID alone decides the place in the story, they give the same rows.
        let mut later = ledger.clone();
        for (n, one) in pending.iter().enumerate() {
            let receipt = ledger::Receipt { position: Position(1_000_000 + n as u64), received_at_ms: 1 << 47 };
            later.apply(one.bytes, one.origin, one.sequence, one.author, receipt);
        }
        later.settle();
        for (n, one) in pending.iter().enumerate() {
            prop_assert_eq!(Some(view.effects[n]), later.effect_at(one.origin, one.sequence));
        }
        for (key, row) in &view.rows {
            if let ledger::PendingRow::Request(row) = row {
                let now = later.request_row(key.id, Query::as_of(common::day("2026-09-01")));
                prop_assert_eq!(row.as_deref(), now.as_ref().map(|row| &row.request));
            }
        }
    }
}

#[test]
fn a_changed_snapshot_is_refused() {
    let given = history(7, 80);
    let mut ledger = rebuild(&given);
    ledger.hold(given[0].log, given[0].sequence);
    ledger.settle();
    let mut rows = Rows::new();
    save(&mut ledger, &mut rows);
    assert_eq!(state(&restore(&rows).unwrap().unwrap(), &given), state(&ledger, &given));
    for key in rows.keys() {
        // Every byte of every row, its key too, and the row taken away.
        for at in 0..rows[key].len() {
            let mut changed = rows.clone();
            changed.get_mut(key).unwrap()[at] ^= 1 << (at % 8);
            assert!(restore(&changed).is_err(), "{key:?} {at}");
        }
        for at in 0..key.len() {
            let mut changed = rows.clone();
            let value = changed.remove(key).unwrap();
            let mut other = key.clone();
            other[at] ^= 1 << (at % 8);
            changed.insert(other, value);
            assert!(!matches!(restore(&changed), Ok(Some(_))), "{key:?} {at}");
        }
        let mut missing = rows.clone();
        missing.remove(key);
        assert!(!matches!(restore(&missing), Ok(Some(_))), "{key:?}");
    }
}

#[test]
fn rows_without_their_summary_are_no_snapshot() {
    let mut ledger = rebuild(&history(7, 80));
    let mut rows = Rows::new();
    assert!(matches!(restore(&rows), Ok(None)));
    save(&mut ledger, &mut rows);
    let Change::Remove { key } = Ledger::no_summary() else {
        unreachable!("a change that removes")
    };
    rows.remove(&key).expect("the summary was there");
    assert!(matches!(restore(&rows), Ok(None)));
}

#[test]
fn rows_of_other_rules_are_not_used() {
    let mut ledger = rebuild(&history(7, 80));
    let mut rows = Rows::new();
    save(&mut ledger, &mut rows);
    let (key, value) = rows.iter_mut().next().expect("the summary is first");
    // Length, format, rule version: made to be the next one, with the checksum that it would have.
    let end = value.len() - 16;
    value[6] += 1;
    let sum = Sha256::new()
        .chain_update(&key[..1])
        .chain_update(&value[4..end])
        .finalize();
    value[end..].copy_from_slice(&sum[..16]);
    let refused = restore(&rows);
    assert!(
        matches!(refused, Err(RestoreError::Version { rule_version, .. }) if rule_version == ledger::RULE_VERSION + 1)
    );
}

#[test]
fn held_entries_wait_for_their_release() {
    let given = history(3, 60);
    let mut ledger = rebuild(&given);
    let free = state(&ledger, &given);
    let mut early = Ledger::new();
    for one in given.iter().step_by(3) {
        ledger.hold(one.log, one.sequence);
        early.hold(one.log, one.sequence);
    }
    ledger.settle();
    for one in &given {
        one.apply(&mut early);
        early.advance(one.receipt.position);
    }
    early.settle();
    assert_ne!(state(&ledger, &given), free);
    assert_eq!(state(&ledger, &given), state(&early, &given));
    for one in given.iter().step_by(3) {
        ledger.release(one.log, one.sequence);
    }
    ledger.settle();
    assert_eq!(state(&ledger, &given), free);
}
