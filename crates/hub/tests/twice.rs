//! Scenario 2 over TLS: one batch on two connections at once.

mod support;

use futures_util::future::join_all;
use support::machine::entries_of;
use support::{Town, VILLAGE};
use sync::record::JournalRecord;
use tokio::sync::Barrier;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_batch_on_two_connections_at_once_is_one_receipt() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let auditor = town.enrolled(2, VILLAGE, "auditor").await;
    let mut from = 0;
    for round in 0..8 {
        village.record(150);
        let (path, body) = (village.push_path(from), village.body(from));
        let together = Barrier::new(2);
        // Two machines with one key: the same village behind two connections.
        let twins = [town.machine(1), town.machine(1)];
        let pushes = twins.iter().map(async |twin| {
            together.wait().await;
            twin.put(&path, body.clone()).await
        });
        let replies = join_all(pushes).await;
        from = village.entries.len();
        let taken = replies.into_iter().map(|reply| reply.expect("both are taken"));
        let mut receipts: Vec<_> = taken.map(|reply| reply.receipt.expect("a receipt")).collect();
        let again = village.put(&path, body.clone()).await.expect("taken");
        receipts.push(again.receipt.expect("a receipt"));
        assert!(receipts.iter().all(|receipt| *receipt == receipts[0]), "round {round}");
        assert_eq!(again.size, from as u64);
    }
    let (items, _) = auditor.pages().await.expect("pages");
    assert_eq!(entries_of(&items, village.origin()), village.entries, "each entry once");
    let receipts = items.iter().filter(|item| {
        let sync::frame::Item::Record { bytes, .. } = item else {
            return false;
        };
        matches!(JournalRecord::decode(bytes), Ok(JournalRecord::Receipt { .. }))
    });
    assert_eq!(receipts.count(), 8);
    town.stop().await;
}
