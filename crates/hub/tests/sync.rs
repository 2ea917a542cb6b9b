//! Hello, push and pages over real TLS.

mod support;

use link::ProblemKind;
use serde_json::json;
use support::machine::{entries_of, kind_of, message, stalled_push};
use support::{OTHER, Town, VILLAGE, World};
use sync::message::RootReply;
use sync::record::JournalRecord;

#[tokio::test]
async fn a_village_enrols_pushes_twice_and_is_read_by_itself_and_the_auditor() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let auditor = town.enrolled(2, VILLAGE, "auditor").await;
    let mut other = town.enrolled(3, OTHER, "village").await;
    let reply = village.hello().await.unwrap();
    assert_eq!((reply.logs.len(), reply.logs[0].size), (1, 0));
    assert!(reply.time_ms.is_some());

    village.record(300);
    other.record(5);
    let first = village.push(0).await.unwrap();
    assert_eq!((first.size, first.staged), (300, 300));
    let receipt = first.receipt.clone().unwrap();
    assert!(matches!(
        JournalRecord::decode(&receipt.record),
        Ok(JournalRecord::Receipt { origin, size: 300, .. }) if origin == village.origin()
    ));
    let again = village.push(0).await.unwrap();
    assert_eq!(again.receipt, first.receipt, "a repeated push has the same receipt");
    other.push(0).await.unwrap();

    let (items, end) = village.pages().await.unwrap();
    assert_eq!(
        entries_of(&items, village.origin()),
        village.entries,
        "bytes and personal parts"
    );
    assert_eq!(entries_of(&items, other.origin()), []);
    let (all, _) = auditor.pages().await.unwrap();
    assert_eq!(entries_of(&all, other.origin()), other.entries);
    let skip = village
        .get(&format!("/v1/journal?skip={}", village.origin()))
        .await
        .unwrap();
    assert!(
        skip.len() < 4_096,
        "receipts without the entries that the reader has itself"
    );

    let path = |what: &str| format!("/v1/logs/{}/{what}", village.origin());
    let root = village.client.get(&path("root?size=120"), 1_000).await.unwrap();
    let root: RootReply = message(root).unwrap();
    assert_eq!(*root.root, village.frontier(120).root());
    assert!(auditor.get(&path("entries?from=299")).await.unwrap().len() < 2_000);
    for what in ["entries?from=1", "root?size=1"] {
        assert_eq!(kind_of(other.get(&path(what)).await), ProblemKind::Forbidden, "{what}");
    }
    assert_eq!(
        kind_of(other.put(&village.push_path(300), village.body(300)).await),
        ProblemKind::Forbidden
    );
    let beyond = village
        .get(&format!("/v1/journal?journal={}&position=999", end.next.journal))
        .await;
    assert_eq!(kind_of(beyond), ProblemKind::OtherJournal);
    let probe = other.put(&village.push_path(999), other.body(0)).await;
    assert_eq!(
        kind_of(probe),
        ProblemKind::Forbidden,
        "nobody learns how long another village's log is"
    );
    let ahead = village
        .put(&village.push_path(302), village.body(300))
        .await
        .unwrap_err();
    assert_eq!(
        (ahead.kind(), ahead.fields.expected_sequence),
        (Some(ProblemKind::Gap), Some(301))
    );
    town.stop().await;
}

#[tokio::test]
async fn views_and_digests_follow_and_a_village_sees_its_own_alone() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let auditor = town.enrolled(2, VILLAGE, "auditor").await;
    let mut other = town.enrolled(3, OTHER, "village").await;
    village.record(40);
    other.record(7);
    village.push(0).await.unwrap();
    let cut = other.push(0).await.unwrap().receipt.unwrap().position;
    let path = format!("/v1/views/households?as_of=2026-09-01&at_least={cut}");
    let own = village.json(&path).await.unwrap();
    assert_eq!(own["cut"]["position"], json!(cut));
    assert_eq!(own["units"].as_array().unwrap().len(), 1);
    assert_eq!(own["units"][0]["rows"].as_array().unwrap().len(), 40);
    let all = auditor.json(&path).await.unwrap();
    let counts = all["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| unit["rows"].as_array().unwrap().len());
    assert_eq!(counts.collect::<Vec<_>>(), [40, 7]);
    let others = village.json(&format!("{path}&unit={OTHER}")).await;
    assert_eq!(kind_of(others), ProblemKind::Forbidden);
    assert_eq!(
        kind_of(village.json("/v1/views/households").await),
        ProblemKind::Malformed
    );
    let period = "as_of=2026-09-01&from=2026-08-01&to=2026-08-31";
    let coverage = village.json(&format!("/v1/views/coverage?{period}")).await.unwrap();
    assert_eq!(coverage["units"][0]["row"]["households"], 40);
    let sync = village.json("/v1/views/sync").await.unwrap();
    assert_eq!(sync["units"][0]["rows"][0]["entries"], 40);

    let digests = auditor
        .json(&format!("/v1/digests?roots=true&at_least={cut}"))
        .await
        .unwrap();
    let own = village.json("/v1/digests?roots=true").await.unwrap();
    assert_eq!(own["units"].as_array().unwrap().len(), 1);
    assert_eq!(own["units"][0], digests["units"][0], "one number everywhere");
    assert!(digests["units"][0]["scope_position"].as_u64() < digests["units"][1]["scope_position"].as_u64());

    // A hub that was started again rebuilds the same.
    let (before, town) = (digests, town.again().await);
    let auditor = auditor.moved_to(&town, 2);
    let after = auditor
        .json(&format!("/v1/digests?roots=true&at_least={cut}"))
        .await
        .unwrap();
    assert_eq!(after, before);
    town.stop().await;
}

#[tokio::test]
async fn a_wrong_body_is_refused_in_words() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record(2);
    let path = village.push_path(0);
    let put = async |content_type: &str, body: Vec<u8>| {
        let reply = village
            .client
            .put(&path, content_type, body.into(), 1_000)
            .await
            .unwrap();
        kind_of(reply.accepted())
    };
    assert_eq!(put("text/plain", village.body(0)).await, ProblemKind::UnsupportedMedia);
    assert_eq!(
        put(hub::BODY_CONTENT_TYPE, b"not a body".to_vec()).await,
        ProblemKind::Malformed
    );
    let long = vec![0; sync::limits::BODY_BYTES_MAX + 1];
    assert_eq!(put(hub::BODY_CONTENT_TYPE, long).await, ProblemKind::TooLarge);
    let long = vec![0; sync::limits::MESSAGE_BYTES_MAX + 1];
    let reply = village
        .client
        .post("/v1/hello", hub::MESSAGE_CONTENT_TYPE, long.into(), 1_000);
    assert_eq!(kind_of(reply.await.unwrap().accepted()), ProblemKind::TooLarge);
    let query = village.get("/v1/journal?positon=1").await;
    assert_eq!(kind_of(query), ProblemKind::Malformed);
    let mut altered = village.entries[1].clone();
    altered.bytes[20] ^= 1;
    let honest = std::mem::replace(&mut village.entries[1], altered);
    let taken = village.push(0).await.unwrap();
    assert_eq!(
        taken.size, 2,
        "what an origin signed is taken in, whatever its bytes say"
    );
    village.entries[1] = honest;
    let fork = village.push(0).await.unwrap_err();
    assert_eq!((fork.kind(), fork.fields.hub_size), (Some(ProblemKind::Fork), Some(2)));
    assert!(fork.fields.evidence.is_some() && !fork.retry);
    town.stop().await;
}

#[tokio::test]
async fn a_push_that_is_cut_leaves_its_whole_entries_and_the_rest_completes_it() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record_long(200, 2_000);
    let whole = village.body(0);
    let half = whole.len() as u64 / 2;
    let stalled = stalled_push(&town, &village, 1, whole, half).await;
    stalled.cut().await;
    let staged = loop {
        let log = village.hello().await.unwrap().logs.remove(0);
        assert_eq!(log.size, 0, "nothing of it is receipted");
        if log.staged > 0 {
            break usize::try_from(log.staged).unwrap();
        }
        tokio::task::yield_now().await;
    };
    assert!((32..200).contains(&staged), "{staged}");
    let reply = village.hello().await.unwrap().logs.remove(0);
    assert_eq!(*reply.staged_root, village.frontier(staged).root());
    let (items, _) = village.pages().await.unwrap();
    assert_eq!(entries_of(&items, village.origin()), [], "what is staged is invisible");
    let done = village.push(staged).await.unwrap();
    assert_eq!((done.size, done.staged), (200, 200));
    let (items, _) = village.pages().await.unwrap();
    assert_eq!(entries_of(&items, village.origin()), village.entries);
    town.stop().await;
}

#[tokio::test]
async fn several_hubs_run_in_one_process_and_start_again_where_they_were() {
    let (one, two) = (Town::found().await, Town::found().await);
    let mut village = one.enrolled(1, VILLAGE, "village").await;
    assert_eq!(kind_of(two.machine(1).hello().await), ProblemKind::NotEnrolled);
    village.record(2);
    let receipt = village.push(0).await.unwrap().receipt;
    let one = one.again().await;
    let village = village.moved_to(&one, 1);
    assert_eq!(village.push(0).await.unwrap().receipt, receipt);
    let reply: sync::message::HelloReply = village.hello().await.unwrap();
    assert_eq!(reply.logs[0].size, 2);
    let second = hub::run(
        one.config.clone(),
        tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(),
        World::new().surroundings,
        std::future::pending(),
    );
    assert!(matches!(
        second.await,
        Err(hub::HubError::Store(event_log::StoreError::Locked { .. }))
    ));
    village.hello().await.unwrap();
    one.ask("GET", "/status", None).await.unwrap();
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn staged_parts_become_one_receipt_and_no_page_is_longer_than_its_bound() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record_long(120, 16_000);
    for (from, to) in [(0, 40), (40, 80)] {
        let part = village.part(from, to).finish().unwrap();
        let reply = village.put(&village.push_path(from), part).await.unwrap();
        assert_eq!((reply.size, reply.staged, reply.receipt), (0, to as u64, None));
    }
    let reply = village.push(80).await.unwrap();
    assert_eq!((reply.size, reply.staged), (120, 120));
    // Looks at the length of each page, too.
    let (items, _) = village.pages().await.unwrap();
    assert_eq!(entries_of(&items, village.origin()), village.entries);
    let body = village
        .get(&format!("/v1/logs/{}/entries?from=1", village.origin()))
        .await
        .unwrap();
    assert!(body.len() <= sync::limits::BODY_BYTES_MAX);
    town.stop().await;
}

#[tokio::test]
async fn many_villages_on_stalling_links_keep_nobody_waiting() {
    let town = Town::found().await;
    let mut stalled = Vec::new();
    for seed in 10..40 {
        let mut slow = town.enrolled(seed, VILLAGE, "village").await;
        slow.record_long(100, 2_000);
        let whole = slow.body(0);
        let half = whole.len() as u64 / 2;
        stalled.push(stalled_push(&town, &slow, seed, whole, half).await);
    }
    let mut village = town.enrolled(1, OTHER, "village").await;
    for from in [0, 10, 20] {
        village.record(10);
        assert_eq!(village.push(from).await.unwrap().size, from as u64 + 10);
    }
    village.pages().await.unwrap();
    // All of them are inside, and none leaves by itself.
    while town.ask("GET", "/status", None).await.unwrap()["pushes_under_way"] != 30 {
        tokio::task::yield_now().await;
    }
    for stalled in stalled {
        stalled.cut().await;
    }
    town.stop().await;
}
