//! Altering one thing beneath the programs, as somebody would who can write to a disk and knows the format: checksums,
//! hashes and trees of the altered store are made to fit. Nothing but the signatures of others can tell.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context as _, bail};
use event::{Event, EventId, Kind, Position, Sequence, UnitCode};
use event_log::{Commit, LogEntry, LogId, LogRead as _, SledConfig, SledStore, Store as _};
use follower::split;
use serde::Serialize;
use sync::record::JournalRecord;

use super::Sabotage;
use super::run::{Office, Town};

/// Entries copied in one commit.
const COPY_ENTRIES: usize = 1_000;
/// Why nothing was altered.
pub(super) const NO_HOUSEHOLD: &str = "the village has registered no household";
/// By how much a receipt is dated back, in milliseconds: an hour.
const BACK_MS: u64 = 3_600_000;

/// What was altered.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Altered {
    pub(super) what: &'static str,
    pub(super) unit: UnitCode,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) position: Option<Position>,
}

/// Alters one thing in the middle village's part of the township.
pub(super) async fn alter(what: Sabotage, town: &mut Town) -> anyhow::Result<Altered> {
    let middle = town.villages.len() / 2;
    let (unit, name) = {
        let party = &town.villages[middle].party;
        (party.unit, party.name.clone())
    };
    let (mut event, mut position) = (None, None);
    match what {
        Sabotage::Event => event = Some(alter_event(&mut town.villages[middle]).await?),
        Sabotage::View => super::stand_in::show_another_ledger(&mut town.villages[middle]).await?,
        Sabotage::Receipt => {
            let config = town.auditor.store();
            let altered = tokio::task::spawn_blocking(move || alter_receipt(&config, unit));
            position = Some(altered.await??);
        }
    }
    let what = match what {
        Sabotage::View => "view",
        Sabotage::Event => "event",
        Sabotage::Receipt => "receipt",
    };
    Ok(Altered {
        what,
        unit,
        name,
        event,
        position,
    })
}

/// A household of the village has one member more than its own office wrote down.
async fn alter_event(office: &mut Office) -> anyhow::Result<EventId> {
    let party = &mut office.party;
    party.stop().await?;
    let config = party.config.store();
    let done = tokio::task::spawn_blocking(move || {
        let mut altered = None;
        rewrite(&config, &mut |_, entry| {
            if altered.is_none() {
                altered = enlarge(entry);
            }
        })?;
        altered.context(NO_HOUSEHOLD)
    });
    let event = done.await??;
    party.start().await?;
    Ok(event)
}

/// The same event with another number of members, if it registers a household and states one.
pub(super) fn enlarge(entry: &mut LogEntry) -> Option<EventId> {
    let event = Event::decode(&entry.bytes).ok()?;
    if event.header.kind != Kind::HOUSEHOLD_REGISTERED {
        return None;
    }
    let id = event.header.id;
    // The facts end with the number of members, one byte under 128: {"g": group, "n": members}.
    let members = *event.facts.last()?;
    let key = event
        .facts
        .get(event.facts.len().checked_sub(3)?..event.facts.len() - 1)?;
    if key != [0xa1, b'n'] || !(1..100).contains(&members) {
        return None;
    }
    *entry.bytes.last_mut()? = members + 1;
    Some(id)
}

/// A receipt of the village's log is dated back in the auditor's copy of the journal.
fn alter_receipt(config: &SledConfig, unit: UnitCode) -> anyhow::Result<Position> {
    let mut candidates = Vec::new();
    rewrite(config, &mut |_, entry| {
        candidates.extend(receipt(entry, unit).map(|(position, ..)| position));
    })?;
    let middle = *candidates
        .get(candidates.len() / 2)
        .context("the village has no receipt")?;
    rewrite(config, &mut |_, entry| {
        if let Some((
            position,
            JournalRecord::Receipt {
                origin,
                unit,
                first,
                size,
                note,
                received_at_ms,
            },
        )) = receipt(entry, unit)
            && position == middle
        {
            let dated_back = JournalRecord::Receipt {
                origin,
                unit,
                first,
                size,
                note,
                received_at_ms: received_at_ms.saturating_sub(BACK_MS),
            };
            if let Ok(bytes) = dated_back.encode() {
                entry.bytes = [&position.0.to_be_bytes()[..], &bytes].concat();
            }
        }
    })?;
    Ok(middle)
}

fn receipt(entry: &LogEntry, of: UnitCode) -> Option<(Position, JournalRecord)> {
    let (position, bytes) = split(&entry.bytes)?;
    let record = JournalRecord::decode(bytes).ok()?;
    let is_of = matches!(&record, JournalRecord::Receipt { unit: Some(unit), .. } if *unit == of);
    is_of.then_some((position, record))
}

/// Writes the store anew, every entry as `change` leaves it, and puts it in the place of the old one.
fn rewrite(config: &SledConfig, change: &mut dyn FnMut(LogId, &mut LogEntry)) -> anyhow::Result<()> {
    let dir = config.dir.with_extension("altered");
    copy(config, &dir, change)?;
    fs::remove_dir_all(&config.dir)?;
    Ok(fs::rename(&dir, &config.dir)?)
}

/// Writes the store anew into `dir`, every entry as `change` leaves it.
pub(super) fn copy(
    config: &SledConfig,
    dir: &Path,
    change: &mut dyn FnMut(LogId, &mut LogEntry),
) -> anyhow::Result<()> {
    let old = SledStore::open(config.clone())?;
    let mut new = SledStore::create(SledConfig {
        dir: dir.to_path_buf(),
        ..config.clone()
    })?;
    for log in old.logs() {
        let (mut first, mut entries) = (Sequence::FIRST, Vec::new());
        let mut failed = None;
        let mut put = |first: Sequence, entries: Vec<LogEntry>| {
            let mut commit = Commit::new();
            commit.append(log, first, entries);
            new.commit(commit)
        };
        old.scan(log, Sequence::FIRST, &mut |sequence, bytes, personal| {
            let mut entry = LogEntry {
                bytes: bytes.to_vec(),
                personal: personal.map(<[u8]>::to_vec),
            };
            change(log, &mut entry);
            entries.push(entry);
            if entries.len() < COPY_ENTRIES {
                return ControlFlow::Continue(());
            }
            match put(first, std::mem::take(&mut entries)) {
                Ok(()) => {
                    first = sequence.plus(1);
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        match failed {
            Some(error) => bail!(error),
            None if entries.is_empty() => {}
            None => put(first, entries)?,
        }
    }
    for rows in old.scan_meta(&[])?.chunks(COPY_ENTRIES) {
        let mut commit = Commit::new();
        for (key, value) in rows {
            commit.put_meta(key.clone(), value.clone());
        }
        new.commit(commit)?;
    }
    Box::new(old).close()?;
    Ok(Box::new(new).close()?)
}
