//! Enrolment, hello, push and pages over real TLS.

mod support;

use link::ProblemKind;
use serde_json::json;
use support::{ANSWER_BYTES_MAX, OTHER, Town, VILLAGE, World, entries_of, kind_of, message};
use sync::message::{Enrolled, RootReply, SUCCESSOR_DOMAIN, Successor, SuccessorReason};
use sync::record::JournalRecord;

#[tokio::test]
async fn only_the_state_is_open_to_strangers() {
    let town = Town::found().await;
    let stranger = town.stranger();
    let health = stranger.get("/v1/health", ANSWER_BYTES_MAX).await.unwrap();
    let health = health.accepted().unwrap().body;
    assert!(matches!(
        health.as_slice(),
        br#"{"state":"verifying"}"# | br#"{"state":"ok"}"#
    ));
    let origin = town.machine(1).origin();
    let closed = [
        "/v1/journal".to_owned(),
        format!("/v1/logs/{origin}/entries?from=1"),
        format!("/v1/logs/{origin}/root?size=0"),
        "/v1/digests".to_owned(),
        "/v1/views/sync".to_owned(),
    ];
    let unenrolled = town.machine(1);
    for path in &closed {
        let refused = stranger.get(path, ANSWER_BYTES_MAX).await.unwrap().accepted();
        assert_eq!(kind_of(refused), ProblemKind::Unauthenticated, "{path}");
        assert_eq!(kind_of(unenrolled.get(path).await), ProblemKind::NotEnrolled, "{path}");
    }
    for path in ["/v1/enrol", "/v1/hello"] {
        let refused = stranger
            .post(path, hub::MESSAGE_CONTENT_TYPE, Vec::new().into(), 1_000)
            .await;
        assert_eq!(
            kind_of(refused.unwrap().accepted()),
            ProblemKind::Unauthenticated,
            "{path}"
        );
    }
    assert_eq!(kind_of(unenrolled.hello().await), ProblemKind::NotEnrolled);
    assert_eq!(kind_of(unenrolled.push(0).await), ProblemKind::NotEnrolled);
    let path = format!("/v1/logs/{origin}/successor");
    let refused = stranger
        .post(&path, hub::MESSAGE_CONTENT_TYPE, Vec::new().into(), 1_000)
        .await;
    assert_eq!(kind_of(refused.unwrap().accepted()), ProblemKind::Unauthenticated);
    town.stop().await;
}

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
async fn a_secret_is_good_once_for_72_hours_and_for_one_key() {
    let town = Town::found().await;
    let enrolment = town.offer(VILLAGE, "village").await;
    let (first, second) = (town.machine(1), town.machine(2));
    let enrolled = first.enrol(&enrolment).await.unwrap();
    assert_eq!(
        first.enrol(&enrolment).await.unwrap().proof,
        enrolled.proof,
        "its first answer may have been lost"
    );
    assert_eq!(kind_of(second.enrol(&enrolment).await), ProblemKind::SpentEnrolment);
    let late = town.offer(OTHER, "village").await;
    town.world.pass(hub::ENROLMENT_MS + 1_000);
    assert_eq!(kind_of(second.enrol(&late).await), ProblemKind::ExpiredEnrolment);
    // A key that is not the certificate's cannot be enrolled by its bearer.
    let mut liar = town.machine(3);
    liar.key = proof::OriginKey::from_seed([4; 32]);
    let fresh = town.offer(OTHER, "village").await;
    assert_eq!(kind_of(liar.enrol(&fresh).await), ProblemKind::BadSignature);
    // Guessing ends soon.
    let mut guess = fresh.clone();
    guess.secret = link::Secret([0; 16]);
    let mut kinds = Vec::new();
    for _ in 0..25 {
        kinds.push(kind_of(second.enrol(&guess).await));
    }
    assert_eq!(kinds.first(), Some(&ProblemKind::SpentEnrolment));
    assert_eq!(kinds.last(), Some(&ProblemKind::RateLimited));
    town.world.pass(600_000);
    second.enrol(&fresh).await.unwrap();
    town.stop().await;
}

#[tokio::test]
async fn a_revoked_key_is_refused_everywhere_and_what_it_pushed_stays() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let auditor = town.enrolled(2, VILLAGE, "auditor").await;
    village.record(3);
    village.push(0).await.unwrap();
    let ask = json!({ "origin": village.origin(), "reason": "stolen" });
    town.ask("POST", "/revoke", Some(&ask)).await.unwrap();
    village.record(1);
    assert_eq!(kind_of(village.push(3).await), ProblemKind::Revoked);
    assert_eq!(kind_of(village.hello().await), ProblemKind::Revoked);
    assert_eq!(kind_of(village.pages().await), ProblemKind::Revoked);
    let (items, _) = auditor.pages().await.unwrap();
    assert_eq!(entries_of(&items, village.origin()), village.entries[..3]);
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
    let stalled = support::stalled_push(&town, &village, 1, whole, half).await;
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
async fn keys_cannot_be_used_for_what_they_were_not_enrolled_for() {
    let town = Town::found().await;
    let village = town.enrolled(1, VILLAGE, "village").await;
    let mut auditor = town.enrolled(2, VILLAGE, "auditor").await;
    auditor.record(1);
    assert_eq!(
        kind_of(auditor.push(0).await),
        ProblemKind::Forbidden,
        "an auditor only reads"
    );

    let name_successor = async |key: &proof::OriginKey| {
        let new = key.public();
        let statement = [&village.origin().to_bytes()[..], &new.0].concat();
        let ask = Successor {
            old: village.origin(),
            key: serde_bytes::ByteArray::new(new.0),
            reason: SuccessorReason::Restored,
            signature: serde_bytes::ByteBuf::from(village.key.sign(SUCCESSOR_DOMAIN, &statement)),
            evidence: None,
        };
        let path = format!("/v1/logs/{}/successor", village.origin());
        village.post::<_, Enrolled>(&path, &ask).await
    };
    assert_eq!(
        kind_of(name_successor(&auditor.key).await),
        ProblemKind::Forbidden,
        "somebody else's key"
    );
    let mut next = town.machine(5);
    let enrolled = name_successor(&next.key).await.unwrap();
    assert_eq!(enrolled.proof.unit, next.unit);
    assert_eq!(
        name_successor(&next.key).await.unwrap().proof,
        enrolled.proof,
        "asked twice"
    );
    next.record(1);
    assert_eq!(next.push(0).await.unwrap().size, 1);

    let ask = json!({ "origin": next.origin(), "reason": "lost" });
    town.ask("POST", "/revoke", Some(&ask)).await.unwrap();
    let fresh = town.offer(VILLAGE, "village").await;
    assert_eq!(kind_of(next.enrol(&fresh).await), ProblemKind::Revoked);
    town.machine(6).enrol(&fresh).await.unwrap();
    town.stop().await;
}

#[tokio::test]
async fn strangers_cannot_keep_the_writer_busy() {
    let town = Town::found().await;
    let village = town.enrolled(1, VILLAGE, "village").await;
    let stranger = town.machine(2);
    let mut kinds = Vec::new();
    for _ in 0..25 {
        kinds.push(kind_of(stranger.hello().await));
    }
    assert_eq!(kinds.first(), Some(&ProblemKind::NotEnrolled));
    assert_eq!(kinds.last(), Some(&ProblemKind::RateLimited));
    village.hello().await.unwrap();
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
        stalled.push(support::stalled_push(&town, &slow, seed, whole, half).await);
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
