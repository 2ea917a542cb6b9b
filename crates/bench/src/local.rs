//! A village without a township: a node whose enrolment was signed here, for what needs no link.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use event::{Draft, JournalId, UnitCode};
use event_log::{Disk, LogEntry, RealDisk, SledConfig, SledStore};
use proof::{Checkpoint, Frontier, OriginKey, journal_log_name};
use serde_bytes::{ByteArray, ByteBuf};
use sync::message::{ENROLMENT_DOMAIN, Enrolled, EnrolmentProof};
use sync::record::Role;
use village::{Entropy, Node};

use crate::clock::{Clock, random};

/// Seed of the generator.
pub(crate) const SEED: u64 = 20_260_901;
/// Most drafts of one commit where a log is filled: what the writer's group takes at most.
pub(crate) const GROUP: usize = 1_024;

/// The bench's village, as the generator names it.
pub(crate) fn unit() -> Result<UnitCode> {
    Ok(drafts(1).next().context("a draft")?.unit)
}

/// The first `n` drafts of the generator.
pub(crate) fn drafts(n: usize) -> impl Iterator<Item = Draft> {
    sample::bench_entries(SEED, n)
}

/// The first `n` drafts with fresh entropy.
pub(crate) fn ready(n: usize) -> Vec<(Draft, Entropy)> {
    drafts(n).map(|draft| (draft, random())).collect()
}

/// A configuration without the space set aside, which has no part in what is measured.
pub(crate) fn store_config(dir: &Path, disk: Arc<dyn Disk>) -> SledConfig {
    SledConfig {
        ballast_bytes: 0,
        disk,
        ..SledConfig::new(dir)
    }
}

/// A node in an empty folder.
pub(crate) fn node(dir: &Path) -> Result<Node<SledStore>> {
    let store = SledStore::create(store_config(dir, Arc::new(RealDisk)))?;
    let (seed, hub) = (random(), OriginKey::from_seed(random()));
    let key = OriginKey::from_seed(seed);
    let (unit, name) = (unit()?, "一号机");
    let journal = JournalId::from_bytes(random());
    let checkpoint = Checkpoint {
        name: journal_log_name(journal),
        size: 1,
        root: Frontier::new().root(),
    };
    let statement = EnrolmentProof::statement(&key.public().0, unit, Role::Village, name);
    let enrolled = Enrolled {
        journal,
        hub_key: ByteArray::new(hub.public().0),
        note: checkpoint.sign(&hub),
        proof: EnrolmentProof {
            unit,
            role: Role::Village,
            name: name.to_owned(),
            signature: ByteBuf::from(hub.sign(ENROLMENT_DOMAIN, &statement)),
        },
    };
    Ok(Node::init(store, seed, &enrolled)?)
}

/// Records drafts, [`GROUP`] in a commit.
pub(crate) fn fill(node: &mut Node<SledStore>, drafts: impl Iterator<Item = Draft>, clock: &Clock) -> Result<()> {
    let mut drafts = drafts.peekable();
    while drafts.peek().is_some() {
        let group: Vec<_> = drafts.by_ref().take(GROUP).map(|draft| (draft, random())).collect();
        for outcome in node.record(&group, &clock.reading())? {
            outcome?;
        }
    }
    Ok(())
}

/// The entries that `n` drafts become.
pub(crate) fn entries(n: usize, dir: &Path) -> Result<Vec<LogEntry>> {
    use event_log::LogRead as _;
    let mut node = node(dir)?;
    fill(&mut node, drafts(n), &Clock::new())?;
    let origin = node.origin();
    Ok(node
        .store()
        .read(origin.into(), event::Sequence::FIRST, n, usize::MAX)?)
}
