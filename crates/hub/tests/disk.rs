//! A full disk and a failing one.

mod support;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use event_log::Disk;
use link::ProblemKind;
use support::machine::{entries_of, kind_of};
use support::{ANSWER_BYTES_MAX, Town, VILLAGE};

/// A disk that fills up and fails on command.
struct Probe {
    free: AtomicU64,
    broken: AtomicBool,
}

impl Disk for Probe {
    fn barrier(&self, file: &File) -> io::Result<()> {
        if self.broken.load(Relaxed) {
            return Err(io::Error::other("the disk has gone"));
        }
        file.sync_data()
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Ok(self.free.load(Relaxed))
    }
}

async fn town() -> (Town, Arc<Probe>) {
    let probe = Arc::new(Probe {
        free: AtomicU64::new(1 << 30),
        broken: AtomicBool::new(false),
    });
    let disk = Arc::clone(&probe);
    let town = Town::found_with(|config| config.disk = disk).await;
    (town, probe)
}

#[tokio::test]
async fn a_full_disk_takes_nothing_in_goes_on_reading_and_resumes_by_itself() {
    let (town, probe) = town().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record(5);
    village.push(0).await.unwrap();
    village.record(5);
    probe.free.store(1_000, Relaxed);
    let refused = village.push(5).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ProblemKind::DiskFull));
    assert!(refused.retry && refused.data_safe && refused.retry_after_s.is_some());
    let (items, _) = village.pages().await.unwrap();
    assert_eq!(entries_of(&items, village.origin()), village.entries[..5]);
    assert_eq!(village.hello().await.unwrap().logs[0].size, 5);
    let view = village
        .json("/v1/views/households?as_of=2026-09-01&at_least=2")
        .await
        .unwrap();
    assert_eq!(view["units"][0]["rows"].as_array().unwrap().len(), 5);
    // The state may be a second old.
    town.world.pass(2_000);
    let health = town.stranger().get("/v1/health", ANSWER_BYTES_MAX).await.unwrap();
    assert_eq!(
        (health.status, health.body.as_slice()),
        (503, &br#"{"state":"disk-full"}"#[..])
    );
    probe.free.store(1 << 30, Relaxed);
    assert_eq!(village.push(5).await.unwrap().size, 10);
    town.stop().await;
}

#[tokio::test]
async fn a_store_that_failed_acknowledges_nothing_is_opened_again_and_goes_on() {
    let (town, probe) = town().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record(5);
    village.push(0).await.unwrap();
    village.record(5);
    probe.broken.store(true, Relaxed);
    let unknown = village.push(5).await.unwrap_err();
    assert_eq!(
        (unknown.kind(), unknown.data_safe),
        (Some(ProblemKind::StoreUnavailable), false)
    );
    assert_eq!(kind_of(village.push(5).await), ProblemKind::StoreUnavailable);
    assert_eq!(
        kind_of(village.pages().await),
        ProblemKind::StoreUnavailable,
        "nothing is known for certain now"
    );
    let status = town.ask("GET", "/status", None).await.unwrap();
    assert_eq!(status["log"]["state"], "store-unavailable");
    probe.broken.store(false, Relaxed);
    let done = loop {
        match village.push(5).await {
            Ok(done) => break done,
            Err(problem) => assert_eq!(problem.kind(), Some(ProblemKind::StoreUnavailable)),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(done.size, 10);
    let (items, _) = village.pages().await.unwrap();
    assert_eq!(entries_of(&items, village.origin()), village.entries);
    let cut = done.receipt.unwrap().position;
    let view = village
        .json(&format!("/v1/views/households?as_of=2026-09-01&at_least={cut}"))
        .await
        .unwrap();
    assert_eq!(view["units"][0]["rows"].as_array().unwrap().len(), 10);
    let status = town.ask("GET", "/status", None).await.unwrap();
    assert!(status["clock"]["alarm"].is_null(), "the clock goes on as before");
    town.stop().await;
}
