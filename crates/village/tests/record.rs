//! Recording: batches that record nothing twice, many writers, a full disk, a failing one.

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use axum::http::Method;
use event_log::RealDisk;
use link::ProblemKind;
use serde_json::{Value, json};
use support::{Probe, Town, batch, cadre, form, get, household, log, ndjson, registered, visited};
use village::batch::LineOutcome;
use village::open_offline;

#[tokio::test]
async fn a_batch_that_is_run_again_records_nothing_twice() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    let node = open_offline(&machine.config, &machine.surroundings).await.unwrap();
    let mut lines = vec![
        registered(1),
        visited(1, 10),
        json!({ "kind": "visited" }),
        visited(1, 10),
    ];
    lines.extend((0..600).map(|minutes| visited(2, minutes)));
    let mut body = ndjson(lines);
    body.extend_from_slice(b"\n{ not json\n");
    let first = batch(node.office(), "format=ndjson&name=a", body.clone()).await;
    assert_eq!(
        (first.lines, first.recorded, first.known, first.refused),
        (605, 602, 1, 2)
    );
    assert!(matches!(&first.report[2].outcome, LineOutcome::Refused { why } if why.contains("occurred")));
    assert_eq!(first.report[604].line, 606);
    let (LineOutcome::Recorded(one), LineOutcome::Known(same)) = (&first.report[1].outcome, &first.report[3].outcome)
    else {
        panic!("{:?}", &first.report[..4]);
    };
    assert_eq!(one, same);
    node.close().await.unwrap();

    let node = open_offline(&machine.config, &machine.surroundings).await.unwrap();
    let again = batch(node.office(), "format=ndjson&name=a", body).await;
    assert_eq!((again.recorded, again.known, again.refused), (0, 603, 2));
    assert_eq!(again.report[1].outcome, LineOutcome::Known(one.clone()));
    let other = batch(node.office(), "format=ndjson&name=b", ndjson([visited(1, 10)])).await;
    assert_eq!(other.recorded, 1);
    assert_eq!(get(node.office(), "/status").await["pending"], 603);
    node.close().await.unwrap();
    town.stop().await;
}

#[tokio::test]
async fn a_table_is_recorded_and_its_wrong_lines_are_named() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    let node = open_offline(&machine.config, &machine.surroundings).await.unwrap();
    let (house, who) = (household(1), cadre());
    let table = format!(
        "\u{feff}kind,household,occurred,recorder,mode,outcome,minutes,text\r\n\
         visit_recorded,{house},2026-09-21 14:05,{who},home,met,25,漏水\r\n\
         visit_recorded,{house},2026-09-21,{who},home,fine,,\r\n\
         visit_recorded,,2026-09-21,{who},home,met,,\r\n\
         visit_recorded,{house},2026-09-22 am,{who},phone,not_home,,\r\n"
    );
    let report = batch(node.office(), "format=csv", table.into_bytes()).await;
    assert_eq!((report.recorded, report.refused), (2, 2));
    let why = |at: usize| match &report.report[at].outcome {
        LineOutcome::Refused { why } => why.clone(),
        other => panic!("{other:?}"),
    };
    assert!(why(1).contains("fine"), "{}", why(1));
    assert!(why(2).contains("household"), "{}", why(2));
    let wrong = node
        .office()
        .ask(Method::POST, "/batch?format=csv", b"kind,minuts\nx,1\n".to_vec());
    let problem = wrong.await.unwrap().accepted().unwrap_err();
    assert!(problem.detail.contains("minuts"));
    let gbk = node
        .office()
        .ask(Method::POST, "/batch?format=csv", vec![b'k', 0xd6, 0xd0]);
    assert!(gbk.await.unwrap().accepted().unwrap_err().detail.contains("UTF-8"));
    node.close().await.unwrap();
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_writers_keep_their_order_and_lose_nothing() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    let node = open_offline(&machine.config, &machine.surroundings).await.unwrap();
    let writers = (0..64_u8).map(|writer| {
        let office = node.office().clone();
        tokio::spawn(async move {
            let mut last = 0;
            for minutes in 0..5 {
                let recorded = office.record(form(visited(writer, minutes))).await.unwrap();
                assert!(recorded.sequence.get() > last);
                last = recorded.sequence.get();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let lines = log(node.office()).await;
    assert_eq!(lines.len(), 320);
    let ids: Vec<_> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted());
    for writer in 0..64 {
        let own = lines
            .iter()
            .filter(|line| line["household"] == json!(household(writer)));
        let minutes: Vec<_> = own.map(|line| line["facts"]["minutes"].as_u64().unwrap()).collect();
        assert_eq!(minutes, [0, 1, 2, 3, 4]);
    }
    node.close().await.unwrap();
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_recording_says_so_and_resumes_by_itself() {
    let mut town = Town::found().await;
    let probe = Probe::new();
    let machine = town.village(probe.clone()).await;
    let node = machine.start().await;
    node.office().record(form(visited(1, 1))).await.unwrap();
    probe.free.store(1_000, Relaxed);
    let problem = node.office().record(form(visited(1, 2))).await.unwrap_err();
    assert_eq!(problem.kind(), Some(ProblemKind::DiskFull));
    assert!(problem.detail.contains("free some space"), "{problem}");
    let report = batch(
        node.office(),
        "format=ndjson",
        ndjson((0..600).map(|minutes| visited(1, minutes))),
    )
    .await;
    assert_eq!((report.recorded, report.not_reached), (0, 600));
    assert!(report.stopped.is_some());
    assert_eq!(machine.status().await["state"], "disk-full");
    assert_eq!(log(node.office()).await.len(), 1);
    probe.free.store(1 << 40, Relaxed);
    node.office().record(form(visited(1, 3))).await.unwrap();
    machine.ask(Method::POST, "/sync", Vec::new()).await;
    assert_eq!(machine.settle().await["ledger"]["entries"], 2);
    node.stop().await.unwrap();
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_disk_fails_nothing_is_acknowledged_that_is_not_there_and_the_node_goes_on() {
    let mut town = Town::found().await;
    let probe = Probe::new();
    let machine = town.village(probe.clone()).await;
    let node = machine.start().await;
    node.office().record(form(visited(1, 1))).await.unwrap();
    probe.broken.store(true, Relaxed);
    let problem = node.office().record(form(visited(1, 2))).await.unwrap_err();
    assert_eq!(problem.kind(), Some(ProblemKind::StoreUnavailable));
    let problem = node.office().record(form(visited(1, 3))).await.unwrap_err();
    assert_eq!(problem.kind(), Some(ProblemKind::StoreUnavailable));
    assert_eq!(machine.status().await["state"], "store-unavailable");
    probe.broken.store(false, Relaxed);
    machine
        .until("the log is open again", |status| status["state"] == "ok")
        .await;
    node.office().record(form(visited(1, 4))).await.unwrap();
    let minutes = |lines: &[Value]| -> Vec<u64> {
        lines
            .iter()
            .map(|line| line["facts"]["minutes"].as_u64().unwrap())
            .collect()
    };
    let kept = minutes(&log(node.office()).await);
    // The record whose outcome was unknown is there or not; those after it were refused outright.
    assert!(kept == [1, 4] || kept == [1, 2, 4], "{kept:?}");
    machine.ask(Method::POST, "/sync", Vec::new()).await;
    machine.settle().await;
    node.stop().await.unwrap();
    town.stop().await;
}
