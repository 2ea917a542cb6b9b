//! A village believes a hub what it proves: that its journal only grew, and that a receipt stands in it.

use event::{Position, Sequence};
use event_log::LogRead as _;
use follower::{ReceiptAt, Slip};
use hub::Keys;
use proof::{KeyKind, VerifierKey, cosignatures, origin_log_name};
use serde_bytes::ByteArray;
use sync::message::PushReply;
use village::{evidence, proved_receipt};

use crate::fragile::{Side, Trap};
use crate::pair::Pair;
use crate::town::{HUB_SEED, registered, unit, visited};

fn started() -> Pair {
    let mut pair = Pair::new(Trap::NONE);
    pair.record(vec![registered(1, unit(1))]);
    pair.record((1..10).map(|n| visited(1, unit(1), n)).collect());
    pair.sync();
    pair
}

#[test]
fn every_entry_that_was_received_has_its_proof_on_the_machine_and_keeps_it() {
    let mut pair = started();
    pair.record((20..45).map(|n| visited(1, unit(1), n)).collect());
    pair.township_records(visited(1, unit(1), 500));
    pair.sync();
    pair.restart();
    let node = pair.node();
    let (origin, key) = (node.origin(), node.key().expect("a key").public());
    let hub_key = Keys::from_seed(HUB_SEED).journal().public();
    for sequence in 1..=node.store().head(origin.into()).size {
        let proved = proved_receipt(node.store(), origin, sequence).expect("reads");
        let proved = proved.unwrap_or_else(|| panic!("entry {sequence} has no proof here"));
        let receipt = ReceiptAt {
            journal: proved.journal,
            position: proved.position,
            record: proved.record.into_vec(),
            proof: Some(proved.proof),
        };
        let sequence = Sequence::new(sequence).expect("not zero");
        let slip = Slip::make(node.store(), origin.into(), origin, sequence, receipt).expect("a slip");
        let shown = slip.check(&key, &hub_key, &[]).expect("it holds");
        assert!(shown.journal_size.is_some());
        let elsewhere = Slip {
            sequence: sequence.plus(1),
            ..slip.clone()
        };
        assert!(elsewhere.check(&key, &hub_key, &[]).is_err(), "of another place");
        let later = Slip {
            position: Position(slip.position.0 + 1),
            ..slip.clone()
        };
        assert!(later.check(&key, &hub_key, &[]).is_err(), "under another receipt");
        let mut altered = slip;
        altered
            .entry
            .replace_range(40..41, if &altered.entry[40..41] == "0" { "1" } else { "0" });
        assert!(altered.check(&key, &hub_key, &[]).is_err(), "other bytes");
    }
    assert!(proved_receipt(node.store(), origin, 10_000).expect("reads").is_none());
}

#[test]
fn the_hub_has_the_villages_word_for_what_it_saw() {
    let mut pair = started();
    // What was proved at the end of one round is said at the beginning of the next.
    pair.record(vec![visited(1, unit(1), 20)]);
    pair.sync();
    let node = pair.node();
    let key = VerifierKey {
        name: origin_log_name(node.origin()),
        kind: KeyKind::Cosigner,
        key: node.key().expect("a key").public(),
    };
    let said = |pair: &mut Pair| {
        let kept = pair.hub().desk().checkpoints().expect("reads").notes;
        let named = kept[1..]
            .iter()
            .map(|note| cosignatures(note, std::slice::from_ref(&key)).expect("it holds"));
        named.map(|lines| lines.len()).collect::<Vec<_>>()
    };
    assert_eq!(said(&mut pair), [1]);
    pair.restart();
    assert_eq!(said(&mut pair), [1], "it is on the disk with the journal's next record");
}

/// A hub with the same key and another past than it showed, larger, equal or smaller than before, that is not told
/// what it showed.
#[test]
fn a_hub_that_shows_another_past_than_before_is_not_believed_and_both_checkpoints_are_kept() {
    for (records, why) in [(9, "unproven"), (3, "two-roots"), (1, "shrunk")] {
        let mut pair = started();
        let backup = pair.disks[1].copy();
        for n in 0..3 {
            pair.township_records(visited(1, unit(1), 500 + n));
            pair.sync();
        }
        let kept = pair.node().mirror().note().expect("a checkpoint").to_owned();
        pair.restore(Side::Hub, backup);
        pair.is_blind = true;
        for n in 0..records {
            pair.township_records(visited(1, unit(1), 600 + n));
        }
        pair.record(vec![visited(1, unit(1), 30)]);
        let received = pair.node().received();
        pair.exchange(12);
        let node = pair.node();
        assert_eq!(node.received(), received, "{why}: nothing of it is called received");
        assert_eq!(node.pending(), 1);
        assert_eq!(node.mirror().note(), Some(&kept[..]), "{why}: the checkpoint stands");
        assert_eq!(
            node.link().trouble.as_deref(),
            Some("journal-parted"),
            "{why}: people are told"
        );
        pair.restart();
        let met = evidence(pair.node().store()).expect("reads");
        assert_eq!(
            (met.len(), &met[0].why[..]),
            (1, why),
            "once, however often it is asked"
        );
        assert_eq!(met[0].kept, kept);
        assert_ne!(met[0].shown, kept);
    }
}

#[test]
fn a_receipt_that_is_not_proved_to_stand_in_the_journal_is_none() {
    let changes: [fn(&mut PushReply); 4] = [
        |reply| reply.inclusion.clear(),
        |reply| {
            reply
                .inclusion
                .iter_mut()
                .for_each(|hash| *hash = ByteArray::new([7; 32]))
        },
        |reply| reply.receipt.as_mut().expect("a receipt").position.0 -= 1,
        |reply| {
            let record = &mut reply.receipt.as_mut().expect("a receipt").record;
            let at = record.len() - 1;
            record[at] ^= 1;
        },
    ];
    for change in changes {
        let mut pair = started();
        pair.record(vec![visited(1, unit(1), 30)]);
        let received = pair.node().received();
        pair.changes = Some(change);
        pair.exchange(6);
        assert_eq!(
            (pair.node().received(), pair.node().pending()),
            (received, 1),
            "{:?}",
            pair.refused
        );
        assert!(pair.node().link().trouble.is_some());
        // Whoever stood between is gone: the hub's next answer is the same receipt, proved.
        pair.changes = None;
        pair.sync();
        assert_eq!((pair.node().received(), pair.node().pending()), (received + 1, 0));
        let origin = pair.node().origin();
        assert!(
            proved_receipt(pair.node().store(), origin, received + 1)
                .expect("reads")
                .is_some()
        );
    }
}
