//! What comes late goes into the rows that are kept, and into what is saved of them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;

use common::{Dice, Given, history, rebuild, unit};
use event::Position;
use ledger::{Change, Ledger, Receipt, Restore, View};

/// What somebody may see of a ledger, as text.
fn seen(ledger: &Ledger, given: &[Given]) -> String {
    let mut lines = vec![format!("{:?}", ledger.cut())];
    for n in 0..3 {
        let roots = View::ALL.map(|view| ledger.root(view, unit(n)).to_string());
        lines.push(roots.join(" "));
        lines.push(format!("{:?}", ledger.exceptions(unit(n))));
        lines.push(format!("{:?}", ledger.sync_health(unit(n))));
    }
    let stories = given.iter().filter_map(Given::event);
    lines.extend(stories.map(|event| format!("{:?}", ledger.story(event.header.subject))));
    lines.join("\n")
}

fn save(ledger: &mut Ledger, rows: &mut BTreeMap<Vec<u8>, Vec<u8>>) {
    let mut changes = vec![Ledger::no_summary()];
    while ledger.has_changes() {
        changes.extend(ledger.take_changes(2_000));
    }
    changes.extend(ledger.summary(b""));
    for change in changes {
        match change {
            Change::Put { key, value } => drop(rows.insert(key, value)),
            Change::Remove { key } => drop(rows.remove(&key)),
        }
    }
}

fn restored(rows: &BTreeMap<Vec<u8>, Vec<u8>>) -> Ledger {
    let mut restore = Restore::new();
    for (key, value) in rows {
        restore.row(key, value).unwrap();
    }
    restore.finish().unwrap().unwrap().0
}

/// An entry that was receipted twice (a hub was restored in between) counts as of its first receipt, also where that
/// one is learned of last, when the other stands in a snapshot.
#[test]
fn a_first_receipt_that_is_learned_of_late_takes_the_place_of_the_second_in_what_is_saved() {
    for seed in 0..12 {
        let given = history(seed, 70);
        let rebuilt = seen(&rebuild(&given), &given);
        let mut ledger = Ledger::new();
        let mut rows = BTreeMap::new();
        for (n, one) in given.iter().enumerate() {
            let second = Receipt {
                position: Position(10_000 + n as u64),
                received_at_ms: one.receipt.received_at_ms + 400 * 86_400_000,
            };
            ledger.apply(&one.bytes, one.log, one.sequence, one.author, second);
        }
        ledger.settle();
        save(&mut ledger, &mut rows);
        let mut late = given.clone();
        Dice(seed).shuffle(&mut late);
        for one in &late {
            one.apply(&mut ledger);
            ledger.advance(one.receipt.position);
            if Dice(seed ^ one.sequence.get()).chance(30) {
                ledger.settle();
                save(&mut ledger, &mut rows);
                assert_eq!(seen(&restored(&rows), &given), seen(&ledger, &given), "seed {seed}");
            }
        }
        ledger.settle();
        save(&mut ledger, &mut rows);
        assert_eq!(seen(&ledger, &given), rebuilt, "seed {seed}");
        assert_eq!(seen(&restored(&rows), &given), rebuilt, "seed {seed}, restored");
    }
}
