//! Scenario 19: "everything sent" is never said while something is pending, staged or refused.

mod support;

use std::sync::Arc;

use axum::http::Method;
use event_log::RealDisk;
use serde_json::{Value, json};
use support::{Town, form, get, log, registered, visited};

/// What the status says must follow from what it shows.
fn is_honest(status: &Value) {
    let unsent =
        status["pending"] != 0 || !status["link"]["trouble"].is_null() || status["link"]["heard_ms_ago"].is_null();
    assert!(!(status["all_sent"] == true && unsent), "{status:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_sent_is_said_only_when_the_hub_has_receipted_everything_and_refuses_nothing() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    let node = machine.start().await;
    node.office().record(form(registered(1))).await.unwrap();
    machine.settle().await;
    // The township takes the key away; the machine learns of it at the next question.
    let origin = node.office().status()["origins"][0]["origin"].clone();
    let ask = json!({ "origin": origin, "reason": "stolen" });
    town.ask("POST", "/revoke", Some(&ask)).await.unwrap();
    for minutes in 1..6 {
        node.office().record(form(visited(1, minutes))).await.unwrap();
        is_honest(&node.office().status());
    }
    machine.ask(Method::POST, "/sync", Vec::new()).await;
    let status = machine
        .until("it is told that it is refused", |status| {
            is_honest(status);
            status["link"]["trouble"] == "revoked"
        })
        .await;
    assert_eq!((&status["pending"], &status["all_sent"]), (&json!(5), &json!(false)));
    let lines = log(node.office()).await;
    let pending = lines.iter().filter(|line| line["delivery"] == "pending");
    assert_eq!(pending.count(), 5, "each entry says so of itself");
    let view = get(node.office(), "/ledger/coverage?from=2026-01-01&to=2026-12-31").await;
    assert_eq!(
        (&view["confirmed"]["row"]["met_at_home"], &view["pending"]["entries"]),
        (&json!(0), &json!(5)),
        "two numbers, never mixed"
    );
    node.stop().await.unwrap();

    // Started again, and nobody there: nothing is said to be sent, not even where nothing is pending.
    let other = town.village(Arc::new(RealDisk)).await;
    let node = other.start().await;
    node.office().record(form(registered(2))).await.unwrap();
    other.settle().await;
    node.stop().await.unwrap();
    town.stop().await;
    let node = other.start().await;
    let status = node.office().status();
    is_honest(&status);
    assert_eq!(
        (&status["pending"], &status["all_sent"]),
        (&json!(0), &json!(false)),
        "the hub has not been heard"
    );
    node.stop().await.unwrap();
}
