//! A node and its hub over TLS: recording without a link, delivery, interruption, one process at a time.

mod support;

use std::sync::Arc;

use axum::http::Method;
use event_log::{RealDisk, StoreError};
use serde_json::json;
use support::{Machine, Town, form, get, log, ndjson, registered, visited};
use village::{VillageError, open_offline};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_recorded_without_a_link_is_pending_and_arrives_when_the_hub_is_there() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    town.stop().await;
    let node = machine.start().await;
    machine
        .ask(Method::POST, "/record", registered(1).to_string().into())
        .await;
    let recorded = machine
        .ask(Method::POST, "/record", visited(1, 20).to_string().into())
        .await;
    assert_eq!(
        (&recorded["sequence"], &recorded["delivery"]),
        (&json!(2), &json!("pending"))
    );
    let status = machine
        .until("the link is in trouble", |status| {
            status["link"]["trouble"] == "unreachable"
        })
        .await;
    assert_eq!((&status["pending"], &status["all_sent"]), (&json!(2), &json!(false)));
    let view = get(node.office(), "/ledger/households?as_of=2026-09-30").await;
    assert_eq!(view["confirmed"]["rows"], json!([]));
    assert_eq!(
        (
            &view["pending"]["entries"],
            view["pending"]["rows"].as_array().unwrap().len()
        ),
        (&json!(2), 1)
    );
    assert_eq!(view["pending"]["effects"][1]["effect"]["effect"], "counted");

    town.start().await;
    machine.ask(Method::POST, "/sync", Vec::new()).await;
    machine.settle().await;
    let view = get(node.office(), "/ledger/coverage?from=2026-01-01&to=2026-12-31").await;
    assert_eq!(
        (
            &view["confirmed"]["row"]["households"],
            &view["confirmed"]["row"]["met_at_home"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(view["pending"]["entries"], 0);
    let lines = log(node.office()).await;
    assert!(
        lines
            .iter()
            .all(|line| line["delivery"] == "received" && line["effect"]["effect"] == "counted")
    );
    assert!(
        lines.iter().all(|line| line["receipt"]["received_at_ms"].is_u64()),
        "{lines:#?}"
    );
    let ours = get(node.office(), "/digests?roots=true").await;
    let at = ours["cut"]["position"].as_u64().unwrap();
    let theirs = town
        .ask("GET", &format!("/digests?roots=true&at_least={at}"), None)
        .await
        .unwrap();
    assert_eq!(ours["cut"], theirs["cut"]);
    assert_eq!(ours["units"][0]["views"], theirs["units"][0]["views"]);
    node.stop().await.unwrap();
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_township_records_reaches_the_village_and_a_conflict_is_shown_to_its_author() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    let node = machine.start().await;
    let request = support::household(9);
    let raised = json!({
        "kind": "request_raised", "request": request, "occurred": "2026-09-22", "recorder": support::cadre(),
        "facts": { "channel": "visit", "kind": "help", "urgency": "ordinary", "people": 1 }
    });
    node.office().record(form(raised)).await.unwrap();
    let closed = json!({
        "kind": "request_closed", "request": request, "occurred": "2026-09-22", "recorder": support::cadre(),
        "facts": { "closing": "satisfied" }
    });
    node.office().record(form(closed)).await.unwrap();
    let status = machine
        .until("the conflict is shown", |status| status["exceptions"]["count"] == 1)
        .await;
    assert_eq!(status["exceptions"]["first"][0]["effect"], "conflict");
    let accepted = json!({
        "kind": "request_accepted", "request": request, "occurred": "2026-09-23", "recorder": support::cadre(),
        "facts": { "path": "ordinary", "rule": "township", "accepted_on": "2026-09-23" }
    });
    let recording = json!({ "audience": support::VILLAGE, "forms": [accepted] });
    town.ask("POST", "/record", Some(&recording)).await.unwrap();
    node.office().synced().await.unwrap();
    assert_eq!(node.office().status()["ledger"]["entries"], 3);
    let view = get(node.office(), "/ledger/requests?as_of=2026-09-30").await;
    assert_eq!(view["confirmed"]["rows"][0]["state"], "accepted");
    assert_eq!(log(node.office()).await.len(), 3);
    node.stop().await.unwrap();
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_is_broken_off_anywhere_goes_on_after_a_start() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    let offline = open_offline(&machine.config, &machine.surroundings).await.unwrap();
    let batch = ndjson((0..3_000_u16).map(|minutes| visited(1, minutes)));
    let reply = offline
        .office()
        .ask(Method::POST, "/batch?format=ndjson", batch)
        .await
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&reply.accepted().unwrap().body).unwrap();
    assert_eq!((&report["recorded"], &report["refused"]), (&json!(3_000), &json!(0)));
    assert_eq!(get(offline.office(), "/status").await["syncs"], false);
    offline.close().await.unwrap();
    // Each life of the node is cut as soon as one more push went through: the next one is under way then.
    let (mut lives, mut received) = (0, 0);
    while received < 3_000 {
        let node = machine.start().await;
        let now = || node.office().status()["origins"][0]["received"].as_u64().unwrap();
        while now() == received {
            tokio::task::yield_now().await;
        }
        received = now();
        lives += 1;
        // Every other life ends without a word.
        if lives % 2 == 0 {
            drop(node);
        } else {
            node.stop().await.unwrap();
        }
    }
    assert!(lives > 3, "{lives} lives");
    let node = machine.start().await;
    node.office().synced().await.unwrap();
    let status = node.office().status();
    assert_eq!(
        (&status["pending"], &status["ledger"]["entries"]),
        (&json!(0), &json!(3_000))
    );
    assert_eq!(status["origins"].as_array().unwrap().len(), 1);
    node.stop().await.unwrap();
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_at_a_time_and_one_node_a_folder() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    let node = machine.start().await;
    let second = open_offline(&machine.config, &machine.surroundings).await;
    assert!(matches!(
        second.err(),
        Some(VillageError::Store(StoreError::Locked { .. }))
    ));
    node.stop().await.unwrap();
    let again = village::create(&machine.config, &town.offer("village").await, &machine.surroundings).await;
    assert!(matches!(again, Err(VillageError::Taken { .. })));
    assert!(
        village::local::ask(&machine.config.data_dir, Method::GET, "/status", Vec::new())
            .await
            .is_err()
    );
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_whose_answer_was_lost_is_asked_again_with_the_same_key() {
    let mut town = Town::found().await;
    let machine = Machine::bare(Arc::new(RealDisk));
    let offer = town.offer("village").await;
    let mut nobody = offer.clone();
    nobody.hub = "127.0.0.1:1".to_owned();
    let lost = village::create(&machine.config, &nobody, &machine.surroundings).await;
    assert!(matches!(lost, Err(VillageError::Link(_))));
    let seed = std::fs::read(machine.config.data_dir.join("node.seed")).unwrap();
    village::create(&machine.config, &offer, &machine.surroundings)
        .await
        .unwrap();
    // The power fails before the log is made: the hub has spent the secret, on this very key.
    std::fs::remove_dir_all(machine.config.data_dir.join("log")).unwrap();
    village::create(&machine.config, &offer, &machine.surroundings)
        .await
        .unwrap();
    assert_eq!(std::fs::read(machine.config.data_dir.join("node.seed")).unwrap(), seed);
    let other = Machine::bare(Arc::new(RealDisk));
    let refused = village::create(&other.config, &offer, &other.surroundings).await;
    assert!(matches!(refused, Err(VillageError::Refused(_))), "{refused:?}");
    let auditor = village::create(&other.config, &town.offer("auditor").await, &other.surroundings).await;
    assert!(matches!(auditor, Err(VillageError::Role)));
    town.stop().await;
}
