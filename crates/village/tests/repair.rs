//! A log that is damaged on the disk: what is sound stays, what the hub has comes back, what is lost is said.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use event_log::RealDisk;
use serde::Serialize;
use serde_bytes::ByteBuf;
use serde_json::Value;
use support::{Machine, Town, batch, get, log, ndjson, visited};
use village::open_offline;

/// Overwrites so many bytes of the database from this per mille of its length on.
fn damage(machine: &Machine, per_mille: u64, bytes: usize) {
    let db = machine.config.data_dir.join("log/sled/db");
    let file = OpenOptions::new().read(true).write(true).open(db).unwrap();
    let at = file.metadata().unwrap().len() * per_mille / 1_000;
    file.write_all_at(&vec![0xa5; bytes], at).unwrap();
}

fn ids(lines: &[Value]) -> Vec<String> {
    lines
        .iter()
        .map(|line| line["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Records offline and returns the identities.
async fn record(machine: &Machine, round: u16) -> Vec<String> {
    let node = open_offline(&machine.config, &machine.surroundings).await.unwrap();
    let query = format!("format=ndjson&name={round}");
    let visits = ndjson((0..300).map(|minutes| visited(1, minutes)));
    let report = batch(node.office(), &query, visits).await;
    let recorded = report.report.iter().map(|line| match &line.outcome {
        village::batch::LineOutcome::Recorded(recorded) => recorded.id.to_string(),
        other => panic!("{other:?}"),
    });
    let recorded = recorded.collect();
    node.close().await.unwrap();
    recorded
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_log_is_mended_and_refilled_and_what_is_lost_is_said() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    let mut recorded = BTreeSet::new();
    let mut lost_in_all = 0;
    for (round, (per_mille, bytes)) in (0..).zip([
        (500, 6_000),
        (120, 150_000),
        (850, 9_000),
        (700, 700_000),
        (200, 400_000),
    ]) {
        let synced = record(&machine, round * 2).await;
        recorded.extend(synced.iter().cloned());
        let node = machine.start().await;
        node.office().synced().await.unwrap();
        node.stop().await.unwrap();
        recorded.extend(record(&machine, round * 2 + 1).await);
        damage(&machine, per_mille, bytes);

        let node = machine.start().await;
        machine
            .until("the log is sound", |status| status["state"] == "ok")
            .await;
        node.office().synced().await.unwrap();
        // What was put by is carried after a round, and sent in the next one.
        machine
            .until("nothing is put by", |_| {
                !machine.config.data_dir.join("leftover").exists()
            })
            .await;
        node.office().synced().await.unwrap();
        let here = ids(&log(node.office()).await);
        let distinct: BTreeSet<_> = here.iter().cloned().collect();
        let repaired = &node.office().status()["repaired"];
        let said: u64 = repaired["logs"].as_array().map_or(0, |logs| {
            let ranges = logs.iter().flat_map(|log| log["missing"].as_array().unwrap());
            ranges
                .map(|range| range[1].as_u64().unwrap() - range[0].as_u64().unwrap() + 1)
                .sum()
        });
        let lost = recorded.difference(&distinct).count();
        assert!(lost as u64 <= said, "{lost} lost, {said} said: {repaired:#}");
        assert!(
            synced.iter().all(|id| distinct.contains(id)),
            "what the hub has comes back"
        );
        lost_in_all += lost;
        recorded.retain(|id| distinct.contains(id));
        // Every fact counts once, here and there, whatever log carries it.
        let ours = get(node.office(), "/digests?roots=true").await;
        let at = ours["cut"]["position"].as_u64().unwrap();
        let theirs = town
            .ask("GET", &format!("/digests?roots=true&at_least={at}"), None)
            .await
            .unwrap();
        assert_eq!(ours["units"][0]["views"], theirs["units"][0]["views"]);
        let rows = get(node.office(), "/ledger/sync").await;
        let counted: u64 = rows["confirmed"]["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["counted"].as_u64().unwrap() + row["conflicts"].as_u64().unwrap())
            .sum();
        assert_eq!(counted, recorded.len() as u64);
        node.stop().await.unwrap();
    }
    assert!(lost_in_all < 1_200);
    assert!(machine.config.data_dir.join("repaired.json").exists());
    town.stop().await;
}

/// An entry that was put by, as the file has it.
#[derive(Serialize)]
struct Leftover {
    bytes: ByteBuf,
    personal: Option<ByteBuf>,
}

fn unhex(text: &str) -> ByteBuf {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    ByteBuf::from(
        pairs
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect::<Vec<_>>(),
    )
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_were_put_by_come_back_once_and_only_if_the_hub_has_not_got_them() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    let dir = &machine.config.data_dir;
    record(&machine, 0).await;
    let node = machine.start().await;
    node.office().synced().await.unwrap();
    node.stop().await.unwrap();
    let before = dir.with_extension("before");
    copy_folder(dir, &before);
    record(&machine, 1).await;
    let node = open_offline(&machine.config, &machine.surroundings).await.unwrap();
    let lines = log(node.office()).await;
    node.close().await.unwrap();
    std::fs::remove_dir_all(dir).unwrap();
    std::fs::rename(&before, dir).unwrap();
    // The first hundred are at the hub, the last three hundred nowhere else.
    let put_by = lines[..100].iter().chain(&lines[300..]).map(|line| Leftover {
        bytes: unhex(line["bytes"].as_str().unwrap()),
        personal: line["personal_bytes"].as_str().map(unhex),
    });
    let put_by = rmp_serde::to_vec_named(&put_by.collect::<Vec<_>>()).unwrap();
    for _ in 0..2 {
        // Twice, as if the power had failed before the file was removed.
        std::fs::write(dir.join("leftover"), &put_by).unwrap();
        let node = machine.start().await;
        node.office().synced().await.unwrap();
        machine
            .until("nothing is put by", |_| !dir.join("leftover").exists())
            .await;
        node.office().synced().await.unwrap();
        let now = log(node.office()).await;
        assert_eq!(ids(&now), ids(&lines));
        assert!(now[300..].iter().all(|line| line["carried_from"]["sequence"].is_u64()));
        assert!(
            now.iter()
                .zip(&lines)
                .all(|(now, line)| now["personal"] == line["personal"])
        );
        assert_eq!(node.office().status()["ledger"]["entries"], 600);
        node.stop().await.unwrap();
    }
    town.stop().await;
}
