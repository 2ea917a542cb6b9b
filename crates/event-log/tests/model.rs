//! Random commits against a plain model of what a store promises, on both implementations.

mod common;

use std::collections::BTreeMap;

use common::{all, entry, log, seq, small};
use event_log::{Commit, Fault, Level, LogEntry, MemDisk, MemStore, SledStore, Store, StoreError};
use proof::{Frontier, leaf_hash};
use proptest::prelude::*;

/// One step, in terms that make sense whatever came before.
#[derive(Clone, Debug)]
enum Op {
    /// Append `count` entries, beginning `back` places before the end.
    Append {
        log: u8,
        back: u64,
        count: u64,
    },
    Stage {
        log: u8,
        back: u64,
        count: u64,
    },
    /// Accept a share of the stage, in sixteenths.
    Accept {
        log: u8,
        share: u64,
    },
    DropStage {
        log: u8,
    },
    PutMeta {
        key: u8,
        value: u8,
    },
    RemoveMeta {
        key: u8,
    },
    Erase {
        log: u8,
        share: u64,
    },
    /// Entries that are not the ones which stand there.
    Foreign {
        log: u8,
        back: u64,
    },
    Gap {
        log: u8,
    },
}

#[derive(Clone, Debug)]
enum Round {
    Commit(Vec<Op>),
    Reopen,
    Fail(u8),
}

fn op() -> impl Strategy<Value = Op> {
    let log = 1u8..4;
    prop_oneof![
        4 => (log.clone(), 0u64..20, 1u64..60).prop_map(|(log, back, count)| Op::Append { log, back, count }),
        3 => (log.clone(), 0u64..20, 1u64..60).prop_map(|(log, back, count)| Op::Stage { log, back, count }),
        3 => (log.clone(), 0u64..17).prop_map(|(log, share)| Op::Accept { log, share }),
        1 => log.clone().prop_map(|log| Op::DropStage { log }),
        2 => (0u8..6, any::<u8>()).prop_map(|(key, value)| Op::PutMeta { key, value }),
        1 => (0u8..6).prop_map(|key| Op::RemoveMeta { key }),
        1 => (log.clone(), 0u64..16).prop_map(|(log, share)| Op::Erase { log, share }),
        1 => (log.clone(), 1u64..20).prop_map(|(log, back)| Op::Foreign { log, back }),
        1 => log.prop_map(|log| Op::Gap { log }),
    ]
}

fn round() -> impl Strategy<Value = Round> {
    prop_oneof![
        8 => proptest::collection::vec(op(), 1..5).prop_map(Round::Commit),
        1 => Just(Round::Reopen),
        1 => (0u8..3).prop_map(Round::Fail),
    ]
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    /// Entries by log, and how many are accepted.
    logs: BTreeMap<u8, (Vec<LogEntry>, usize)>,
    meta: BTreeMap<u8, u8>,
    /// How often a log was staged and dropped: what is staged next differs.
    drops: BTreeMap<u8, u64>,
}

fn refused() -> StoreError {
    StoreError::Staged { log: log(0) }
}

impl Model {
    /// The entry that belongs at a place: it depends on how much was dropped before.
    fn made(&self, which: u8, sequence: u64) -> LogEntry {
        let drops = self.drops.get(&which).copied().unwrap_or(0);
        let personal = sequence
            .is_multiple_of(3)
            .then_some(100 + usize::try_from(sequence % 7).unwrap_or(0) * 900);
        let mut made = entry(
            log(which),
            sequence,
            60 + usize::try_from(sequence % 90).unwrap_or(0),
            personal,
        );
        made.bytes.extend(drops.to_be_bytes());
        made
    }

    /// Entries of which those that exist are given as they stand.
    fn run(&self, which: u8, from: usize, count: u64) -> Vec<LogEntry> {
        let (entries, _) = self.logs.get(&which).cloned().unwrap_or_default();
        (from..from + usize::try_from(count).unwrap_or(0))
            .map(|at| {
                entries
                    .get(at)
                    .cloned()
                    .unwrap_or_else(|| self.made(which, at as u64 + 1))
            })
            .collect()
    }

    /// Carries a step out on the model and adds it to the commit; `Err` if the commit must be refused.
    fn step(&mut self, op: &Op, commit: &mut Commit) -> Result<(), StoreError> {
        match *op {
            Op::Append {
                log: which,
                back,
                count,
            }
            | Op::Stage {
                log: which,
                back,
                count,
            } => {
                let staging = matches!(op, Op::Stage { .. });
                let (entries, accepted) = self.logs.get(&which).cloned().unwrap_or_default();
                let end = if staging { entries.len() } else { accepted };
                let from = end.saturating_sub(usize::try_from(back).unwrap_or(0));
                let run = self.run(which, from, count);
                let first = seq(from as u64 + 1);
                if staging {
                    commit.stage(log(which), first, run.clone())
                } else {
                    commit.append(log(which), first, run.clone())
                };
                if !staging && entries.len() > accepted {
                    return Err(refused());
                }
                let (entries, accepted) = self.logs.entry(which).or_default();
                let known = entries.len();
                entries.extend(run.into_iter().skip(known - from));
                if !staging {
                    *accepted = entries.len();
                }
            }
            Op::Accept { log: which, share } => {
                let (entries, accepted) = self.logs.entry(which).or_default();
                let size = *accepted + (entries.len() - *accepted) * usize::try_from(share).unwrap_or(0) / 16;
                commit.accept(log(which), size as u64);
                *accepted = size;
            }
            Op::DropStage { log: which } => {
                commit.drop_stage(log(which));
                let (entries, accepted) = self.logs.entry(which).or_default();
                entries.truncate(*accepted);
                *self.drops.entry(which).or_default() += 1;
            }
            Op::PutMeta { key, value } => {
                commit.put_meta([key], [value]);
                self.meta.insert(key, value);
            }
            Op::RemoveMeta { key } => {
                commit.remove_meta([key]);
                self.meta.remove(&key);
            }
            Op::Erase { log: which, share } => {
                let (entries, accepted) = self.logs.entry(which).or_default();
                if *accepted > 0 {
                    let at = (*accepted - 1) * usize::try_from(share).unwrap_or(0) / 15;
                    commit.erase_personal(log(which), seq(at as u64 + 1));
                    entries[at].personal = None;
                }
            }
            Op::Foreign { log: which, back } => {
                let (entries, accepted) = self.logs.get(&which).cloned().unwrap_or_default();
                let Some(at) = accepted.checked_sub(usize::try_from(back).unwrap_or(0)) else {
                    return Ok(());
                };
                let mut foreign = entries[at].clone();
                foreign.bytes.push(1);
                commit.append(log(which), seq(at as u64 + 1), vec![foreign]);
                return Err(refused());
            }
            Op::Gap { log: which } => {
                let end = self.logs.get(&which).map_or(0, |(entries, _)| entries.len());
                commit.stage(log(which), seq(end as u64 + 2), vec![LogEntry::bare(vec![1])]);
                return Err(refused());
            }
        }
        Ok(())
    }

    fn compare(&self, store: &dyn Store) -> Result<(), TestCaseError> {
        for (which, (entries, accepted)) in &self.logs {
            let head = store.head(log(*which));
            prop_assert_eq!((head.size, head.staged_size), (*accepted as u64, entries.len() as u64));
            prop_assert_eq!(&all(store, log(*which))[..], &entries[..*accepted]);
            let staged = store
                .read_staged(log(*which), seq(1), usize::MAX, usize::MAX)
                .expect("reads");
            prop_assert_eq!(&staged[..], &entries[*accepted..]);
            let mut frontier = Frontier::new();
            entries[..*accepted]
                .iter()
                .for_each(|entry| frontier.push(leaf_hash(&entry.bytes)));
            prop_assert_eq!(head.frontier, frontier);
        }
        let meta: BTreeMap<u8, u8> = store
            .scan_meta(b"")
            .expect("reads")
            .into_iter()
            .map(|(key, value)| (key[0], value[0]))
            .collect();
        prop_assert_eq!(&meta, &self.meta);
        let problems = store.verify(Level::Full, &mut |_, _| {}).expect("verifies").problems;
        prop_assert_eq!(problems, []);
        prop_assert_eq!(
            store.verify(Level::Tail, &mut |_, _| {}).expect("verifies").problems,
            []
        );
        Ok(())
    }
}

fn trial(
    rounds: &[Round],
    open: &mut dyn FnMut() -> Box<dyn Store>,
    fail: Option<&MemDisk>,
) -> Result<(), TestCaseError> {
    let mut store = open();
    let mut model = Model::default();
    for (round, n) in rounds.iter().zip(0u8..) {
        match round {
            Round::Reopen => {
                store.close().expect("closes");
                store = open();
            }
            Round::Fail(kind) => {
                let Some(disk) = fail else { continue };
                disk.fail_next_commit([Fault::BeforeWrite, Fault::BeforeSync, Fault::AfterSync][usize::from(*kind)]);
                let mut commit = Commit::new();
                commit.put_meta([9], [n]);
                if store.commit(commit).is_err() {
                    disk.crash();
                    drop(store);
                    store = open();
                }
                // Whatever became of it, repetition makes it so.
                let mut commit = Commit::new();
                commit.put_meta([9], [n]);
                store.commit(commit).expect("repeats");
                model.meta.insert(9, n);
            }
            Round::Commit(ops) => {
                let mut next = model.clone();
                let mut commit = Commit::new();
                let expected: Result<(), StoreError> = ops.iter().try_for_each(|op| next.step(op, &mut commit));
                let outcome = store.commit(commit);
                prop_assert_eq!(outcome.is_ok(), expected.is_ok(), "{:?} {:?}", ops, outcome);
                if outcome.is_ok() {
                    model = next;
                }
            }
        }
    }
    model.compare(&*store)?;
    store.close().expect("closes");
    model.compare(&*open())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_twin_in_memory_is_the_model(rounds in proptest::collection::vec(round(), 1..25)) {
        let disk = MemDisk::new();
        trial(&rounds, &mut || Box::new(MemStore::open(&disk).expect("opens")), Some(&disk))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_on_sled_is_the_model(rounds in proptest::collection::vec(round(), 1..20)) {
        let scratch = tempfile::tempdir().expect("a folder");
        let config = small(&scratch.path().join("log"));
        drop(SledStore::create(config.clone()).expect("is created"));
        trial(&rounds, &mut || Box::new(SledStore::open(config.clone()).expect("opens")), None)?;
    }
}
