//! Scenarios 7 and 9: a backup takes the place of a disk.

use ledger::Effect;

use crate::fragile::{Side, Trap};
use crate::pair::Pair;
use crate::town::{registered, unit, visited};

fn visits(pair: &mut Pair, minutes: std::ops::Range<u16>) {
    pair.record(minutes.map(|n| visited(1, unit(1), n)).collect());
}

/// Scenario 7. What was sent after the backup was made comes back and is not counted again; what was recorded after the
/// restore is carried into a successor, whether it was recorded before or after the hub was heard.
#[test]
fn a_node_restored_from_a_backup_gets_back_what_was_sent_and_goes_on_under_a_successor() {
    for records_before_it_syncs in [false, true] {
        let mut pair = Pair::new(Trap::NONE);
        pair.record(vec![registered(1, unit(1))]);
        visits(&mut pair, 1..10);
        pair.sync();
        let backup = pair.disks[0].copy();
        visits(&mut pair, 10..30);
        pair.sync();
        pair.township_records(visited(1, unit(1), 500));
        pair.sync();
        let sent = pair.saved.len();
        // What only the dead disk held is nobody's fault.
        visits(&mut pair, 30..33);
        pair.saved.truncate(sent);
        let old = pair.node().origin();
        pair.restore(Side::Village, backup);
        if records_before_it_syncs {
            visits(&mut pair, 40..47);
            assert_eq!(pair.node().pending(), 7, "nothing of it is called received");
            pair.sync();
        } else {
            pair.sync();
            visits(&mut pair, 40..47);
            pair.sync();
        }
        assert_eq!(pair.node().origins().len(), 2, "it goes on under a successor");
        assert_ne!(pair.node().origin(), old);
        assert_eq!(pair.check(), 9 + 20 + 1 + 7, "each fact once");
        // And it goes on.
        visits(&mut pair, 50..52);
        pair.sync();
        assert_eq!(pair.check(), 39);
        assert_eq!(pair.node().origins().len(), 2);
    }
}

/// Scenario 9. The hub has lost receipts and an event of its own; the village holds both.
#[test]
fn a_restored_hub_is_given_back_everything_and_no_receipt_is_silently_void() {
    let mut pair = Pair::new(Trap::NONE);
    pair.record(vec![registered(1, unit(1))]);
    visits(&mut pair, 1..10);
    pair.township_records(visited(1, unit(1), 500));
    pair.sync();
    let backup = pair.disks[1].copy();
    visits(&mut pair, 10..30);
    pair.sync();
    pair.township_records(visited(1, unit(1), 501));
    pair.sync();
    visits(&mut pair, 30..33);
    let (received, first) = (pair.node().received(), pair.hub().registry().journal);
    assert_eq!(received, 30);
    pair.restore(Side::Hub, backup);
    assert_eq!(pair.hub().registry().journal, first);
    pair.sync();
    assert!(pair.node().link().hub_restored, "the village is told");
    let registry = pair.hub().registry();
    assert_ne!(registry.journal, first, "a new journal; the old one stays as evidence");
    assert_eq!(
        registry.frozen.iter().map(|one| one.journal).collect::<Vec<_>>(),
        [first]
    );
    drop(registry);
    assert_eq!((pair.node().pending(), pair.node().received()), (0, 33));
    assert_eq!(pair.node().origins().len(), 1, "nobody was cloned");
    assert_eq!(pair.check(), 9 + 1 + 20 + 1 + 3, "each fact once");
    let saved = pair.saved.clone();
    let track = pair.node().track();
    let ledger = crate::town::rebuilt(pair.node().store(), &track);
    for id in saved {
        assert_eq!(
            ledger.ledger().effect_of(id),
            Some(Effect::Counted),
            "the village reads the same"
        );
    }
}
