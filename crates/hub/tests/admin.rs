//! The township's own door.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::os::unix::fs::PermissionsExt as _;

use event::EventId;
use hub::AskError;
use link::ProblemKind;
use serde_json::{Value, json};
use support::machine::entries_of;
use support::{OTHER, Town, VILLAGE};
use sync::frame::Item;
use sync::record::{Audience, JournalRecord};

fn refused(outcome: Result<Value, AskError>) -> (ProblemKind, String) {
    match outcome {
        Err(AskError::Refused(problem)) => (problem.kind().unwrap(), problem.detail),
        other => panic!("{other:?}"),
    }
}

fn assignment(unit: &str) -> Value {
    let id = EventId::from_parts(support::START_MS, 5).unwrap().to_string();
    json!({
        "kind": "request_assigned", "request": id, "occurred": "2026-09-01 09:30", "recorder": id,
        "facts": { "unit": unit, "handler": id }
    })
}

#[tokio::test]
async fn status_tells_how_the_machines_are_doing() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    town.enrolled(2, VILLAGE, "auditor").await;
    village.record(4);
    village.push(0).await.unwrap();
    village.record(2);
    village.hello().await.unwrap();
    let status = town.ask("GET", "/status", None).await.unwrap();
    assert_eq!(status["unit"], support::TOWNSHIP);
    assert_eq!((&status["journal_size"], &status["forks"]), (&json!(4), &json!(0)));
    let machines = status["machines"].as_array().unwrap();
    assert_eq!(machines.len(), 2);
    let machine = machines.iter().find(|machine| machine["role"] == "village").unwrap();
    assert_eq!(
        (&machine["received"], &machine["heard"]["pending"]),
        (&json!(4), &json!(6))
    );
    assert_eq!(
        (&machine["revoked"], &machine["name"]),
        (&json!(false), &json!("一号机"))
    );
    assert!(machine["last_received_at_ms"].as_u64() > Some(support::START_MS));
    assert!(status["clock"]["alarm"].is_null() && status["log"]["free_bytes"].as_u64() > Some(0));
    let socket = town.config.data_dir.join("admin.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let (dir, config, world) = town.stop().await;
    assert!(!socket.exists());
    // A hub that was killed leaves its socket behind; the next one takes its place.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(matches!(
        hub::ask(&config.data_dir, "GET", "/status", None).await,
        Err(AskError::NotRunning { .. })
    ));
    Town::start(dir, config, world).await.stop().await;
}

#[tokio::test]
async fn the_township_records_for_a_village_and_that_village_alone_reads_it() {
    let town = Town::found().await;
    let village = town.enrolled(1, VILLAGE, "village").await;
    let other = town.enrolled(2, OTHER, "village").await;
    let ask = json!({ "audience": VILLAGE, "forms": [assignment(VILLAGE), assignment(OTHER)] });
    let done = town.ask("POST", "/record", Some(&ask)).await.unwrap();
    assert_eq!(done["events"].as_array().unwrap().len(), 2);
    let hub_origin = |items: &[Item]| {
        items.iter().find_map(|item| match item {
            Item::Record { bytes, .. } => match JournalRecord::decode(bytes) {
                Ok(JournalRecord::HubOrigin { origin, name, .. }) => Some((origin, name.audience)),
                _ => None,
            },
            _ => None,
        })
    };
    let (items, _) = village.pages().await.unwrap();
    let (origin, audience) = hub_origin(&items).unwrap();
    assert_eq!(audience, Audience::Unit(support::unit(VILLAGE)));
    let ids = entries_of(&items, origin)
        .into_iter()
        .map(|entry| entry.event().unwrap().header.id.to_string());
    assert_eq!(json!(ids.collect::<Vec<_>>()), done["events"]);
    let (items, _) = other.pages().await.unwrap();
    assert_eq!(hub_origin(&items), None);

    // Nothing is recorded where one form of several is wrong.
    let before = town.ask("GET", "/status", None).await.unwrap()["journal_size"].clone();
    let mut wrong = assignment(VILLAGE);
    wrong["facts"]["handler"] = json!("nobody");
    let ask = json!({ "audience": VILLAGE, "forms": [assignment(VILLAGE), wrong] });
    let (kind, words) = refused(town.ask("POST", "/record", Some(&ask)).await);
    assert_eq!(kind, ProblemKind::Malformed);
    assert!(words.starts_with("form 2: facts of request_assigned"), "{words}");
    let ask = json!({ "audience": "990000103009", "forms": [assignment(VILLAGE)] });
    assert_eq!(
        refused(town.ask("POST", "/record", Some(&ask)).await).0,
        ProblemKind::NotFound
    );
    let after = town.ask("GET", "/status", None).await.unwrap()["journal_size"].clone();
    assert_eq!(after, before);

    let path = format!("/digests?at_least={}", after.as_u64().unwrap() - 1);
    let digests = town.ask("GET", &path, None).await.unwrap();
    assert_eq!(digests["units"][0]["unit"], VILLAGE);
    let view = town.ask("GET", "/views/sync", None).await.unwrap();
    assert_eq!(view["units"][0]["rows"][0]["origin"], json!(origin));
    town.stop().await;
}

#[tokio::test]
async fn what_cannot_be_written_into_a_file_is_not_offered() {
    let town = Town::found().await;
    for (name, role) in [("quote\"d", "village"), ("name", "mayor"), ("", "village")] {
        let ask = json!({ "unit": VILLAGE, "role": role, "name": name });
        let (kind, words) = refused(town.ask("POST", "/offer", Some(&ask)).await);
        assert_eq!(kind, ProblemKind::Malformed, "{words}");
    }
    let unknown = town
        .ask("POST", "/revoke", Some(&json!({ "origin": VILLAGE, "reason": "" })))
        .await;
    assert_eq!(refused(unknown).0, ProblemKind::Malformed);
    let nobody = event::Origin::from_bytes([3; 16]);
    let unknown = town
        .ask("POST", "/revoke", Some(&json!({ "origin": nobody, "reason": "" })))
        .await;
    assert_eq!(refused(unknown).0, ProblemKind::NotFound);
    let told = town.ask("POST", "/confirm-clock", None).await.unwrap();
    assert!(told["time_ms"].as_u64() > Some(support::START_MS));
    town.stop().await;
}

#[tokio::test]
async fn a_folder_deep_down_has_its_socket_too() {
    let town = Town::found_with(|config| {
        let deep = "a-rather-long-name-of-a-folder/".repeat(6);
        config.data_dir = config.data_dir.join(deep);
    });
    let town = town.await;
    assert!(
        town.ask("GET", "/status", None).await.unwrap()["machines"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    town.stop().await;
}

#[tokio::test]
async fn a_clock_in_doubt_stops_nothing_and_is_not_passed_on_until_confirmed() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record(1);
    let receipt = village.push(0).await.unwrap();
    town.world.set_back(3_600_000);
    let town = town.again().await;
    let mut village = village.moved_to(&town, 1);
    let status = town.ask("GET", "/status", None).await.unwrap();
    assert_eq!(status["clock"]["alarm"]["wall_clock"], "behind");
    assert_eq!(village.hello().await.unwrap().time_ms, None);
    village.record(1);
    let at_ms = |reply: &sync::message::PushReply| {
        let receipt = reply.receipt.as_ref().unwrap();
        JournalRecord::decode(&receipt.record).unwrap().at_ms()
    };
    let next = village.push(1).await.unwrap();
    assert_eq!(
        at_ms(&next),
        at_ms(&receipt) + 1,
        "nothing is refused because a clock is wrong"
    );
    town.ask("POST", "/confirm-clock", None).await.unwrap();
    let told = village.hello().await.unwrap().time_ms;
    assert!(told >= Some(at_ms(&next)), "it never goes back");
    town.stop().await;
}
