//! One suite over every implementation of the store.

mod common;

use std::ops::ControlFlow;

use common::{all, append, entry, log, seq, small, usual};
use event_log::{Commit, Fault, Level, LogEntry, LogRead as _, MemDisk, MemStore, SledStore, State, Store, StoreError};
use proof::{Frontier, leaf_hash};

/// Gives a store; asked again, the same store after closing and opening.
type Opener<'a> = dyn FnMut() -> Box<dyn Store> + 'a;

fn on_both(trial: fn(&mut Opener<'_>)) {
    let disk = MemDisk::new();
    trial(&mut || Box::new(MemStore::open(&disk).expect("opens")));
    let dir = tempfile::tempdir().expect("a folder");
    let config = small(&dir.path().join("log"));
    drop(SledStore::create(config.clone()).expect("is created"));
    trial(&mut || Box::new(SledStore::open(config.clone()).expect("opens")));
}

fn commit(store: &mut dyn Store, build: impl FnOnce(&mut Commit)) -> Result<(), StoreError> {
    let mut commit = Commit::new();
    build(&mut commit);
    store.commit(commit)
}

fn naive(entries: &[LogEntry]) -> Frontier {
    let mut frontier = Frontier::new();
    entries.iter().for_each(|entry| frontier.push(leaf_hash(&entry.bytes)));
    frontier
}

fn is_sound(store: &dyn Store) {
    for level in [Level::Tail, Level::Full] {
        let report = store.verify(level, &mut |_, _| {}).expect("verifies");
        assert_eq!(report.problems, [], "{level:?}");
    }
}

#[test]
fn entries_come_back_in_order_after_reopening() {
    on_both(|open| {
        let (a, b) = (log(1), log(2));
        let mut store = open();
        store.commit(append(a, 1, 1)).expect("one");
        store.commit(append(a, 2, 700)).expect("many");
        commit(&mut *store, |c| {
            c.append(a, seq(701), vec![usual(a, 701)])
                .append(b, seq(1), vec![usual(b, 1)]);
        })
        .expect("two logs");
        let expected: Vec<LogEntry> = (1..=701).map(|n| usual(a, n)).collect();
        for reopened in [false, true] {
            if reopened {
                store.close().expect("closes");
                store = open();
            }
            assert_eq!(store.logs(), [a, b]);
            assert_eq!(all(&*store, a), expected);
            assert_eq!(store.head(a).size, 701);
            assert_eq!(store.head(a).frontier, naive(&expected));
            assert_eq!(store.head(log(9)).size, 0);
            is_sound(&*store);
        }
        assert_eq!(store.health().state, State::Ready);
    });
}

#[test]
fn reads_keep_their_bounds() {
    on_both(|open| {
        let a = log(1);
        let mut store = open();
        store.commit(append(a, 1, 120)).expect("commits");
        let read = |from, entries, bytes| store.read(a, seq(from), entries, bytes).expect("reads");
        assert_eq!(read(1, 5, usize::MAX), (1..=5).map(|n| usual(a, n)).collect::<Vec<_>>());
        assert_eq!(
            read(118, 50, usize::MAX),
            (118..=120).map(|n| usual(a, n)).collect::<Vec<_>>()
        );
        assert_eq!(read(121, 50, usize::MAX), []);
        assert_eq!(read(7, 50, 1), [usual(a, 7)]);
        let two = usual(a, 11).bytes.len() + usual(a, 12).bytes.len() + 150;
        assert_eq!(read(11, 50, two), [usual(a, 11), usual(a, 12)]);
        assert_eq!(read(11, 0, two), []);
        let mut seen = Vec::new();
        store
            .scan(a, seq(33), &mut |sequence, bytes, _| {
                seen.push((sequence.get(), bytes.len()));
                if seen.len() == 3 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
            .expect("scans");
        assert_eq!(seen, [33, 34, 35].map(|n| (n, usual(a, n).bytes.len())));
    });
}

#[test]
fn repetition_is_harmless_and_anything_else_is_refused() {
    on_both(|open| {
        let a = log(1);
        let mut store = open();
        store.commit(append(a, 1, 40)).expect("commits");
        let head = store.head(a);
        store.commit(append(a, 1, 40)).expect("the same again");
        store.commit(append(a, 17, 30)).expect("a part again");
        assert_eq!(store.head(a), head);
        store.commit(append(a, 30, 50)).expect("an overlap");
        assert_eq!(all(&*store, a), (1..=50).map(|n| usual(a, n)).collect::<Vec<_>>());

        let mut other = usual(a, 45);
        other.bytes[3] ^= 1;
        let refused = commit(&mut *store, |c| {
            c.put_meta("k", "v")
                .append(a, seq(44), vec![usual(a, 44), other, usual(a, 46)]);
        });
        assert_eq!(
            refused,
            Err(StoreError::Conflict {
                log: a,
                sequence: seq(45)
            })
        );
        let refused = commit(&mut *store, |c| {
            c.put_meta("k", "v").append(a, seq(52), vec![usual(a, 52)]);
        });
        assert_eq!(
            refused,
            Err(StoreError::Gap {
                log: a,
                expected: seq(51),
                got: seq(52)
            })
        );
        let refused = commit(&mut *store, |c| {
            c.append(a, seq(51), vec![LogEntry::bare(vec![0; 3_073])]);
        });
        assert!(matches!(
            refused,
            Err(StoreError::TooLarge {
                bytes: 3_073,
                max: 3_072,
                ..
            })
        ));
        let refused = commit(&mut *store, |c| {
            c.append(a, seq(51), vec![entry(a, 51, 10, Some(16_385))]);
        });
        assert!(matches!(refused, Err(StoreError::TooLarge { bytes: 16_385, .. })));
        assert_eq!(
            store.get_meta(b"k").expect("reads"),
            None,
            "a refused commit leaves no trace"
        );
        assert_eq!(store.head(a).size, 50);
        is_sound(&*store);
    });
}

#[test]
fn the_largest_and_the_smallest_entries_fit() {
    on_both(|open| {
        let a = log(1);
        let mut store = open();
        let entries: Vec<LogEntry> = [
            (3_072, Some(16_384)),
            (1, Some(0)),
            (0, None),
            (3_072, Some(3_527)),
            (40, Some(3_528)),
            (40, Some(3_584)),
            (40, Some(7_055)),
        ]
        .into_iter()
        .map(|(bytes, personal)| LogEntry {
            bytes: vec![7; bytes],
            personal: personal.map(|n| vec![8; n]),
        })
        .chain((8..=40).map(|n| entry(a, n, 50, Some(16_384))))
        .collect();
        commit(&mut *store, |c| {
            c.append(a, seq(1), entries.clone());
        })
        .expect("commits");
        store.close().expect("closes");
        let store = open();
        assert_eq!(all(&*store, a), entries);
        is_sound(&*store);
    });
}

#[test]
fn staged_entries_are_kept_apart_until_accepted() {
    on_both(|open| {
        let a = log(1);
        let mut store = open();
        let stage = |c: &mut Commit, from: u64, to: u64| {
            c.stage(a, seq(from), (from..=to).map(|n| usual(a, n)).collect());
        };
        store.commit(append(a, 1, 5)).expect("commits");
        commit(&mut *store, |c| stage(c, 6, 60)).expect("stages");
        commit(&mut *store, |c| stage(c, 50, 90)).expect("stages on, some again");
        assert_eq!(
            commit(&mut *store, |c| stage(c, 92, 93)),
            Err(StoreError::Gap {
                log: a,
                expected: seq(91),
                got: seq(92)
            })
        );
        assert_eq!(store.commit(append(a, 6, 6)), Err(StoreError::Staged { log: a }));
        store.close().expect("closes");
        let mut store = open();
        assert_eq!((store.head(a).size, store.head(a).staged_size), (5, 90));
        assert_eq!(all(&*store, a).len(), 5);
        let staged = store.read_staged(a, seq(1), 1_000, usize::MAX).expect("reads");
        assert_eq!(staged, (6..=90).map(|n| usual(a, n)).collect::<Vec<_>>());

        // Accepting in the middle of a frame leaves the rest staged.
        commit(&mut *store, |c| {
            c.accept(a, 29).put_meta("receipt", "29");
        })
        .expect("accepts");
        is_sound(&*store);
        assert_eq!((store.head(a).size, store.head(a).staged_size), (29, 90));
        assert_eq!(all(&*store, a), (1..=29).map(|n| usual(a, n)).collect::<Vec<_>>());
        let staged = store.read_staged(a, seq(35), 2, usize::MAX).expect("reads");
        assert_eq!(staged, [usual(a, 35), usual(a, 36)]);
        commit(&mut *store, |c| {
            c.accept(a, 29).accept(a, 12);
        })
        .expect("again");
        assert!(matches!(
            commit(&mut *store, |c| {
                c.accept(a, 91);
            }),
            Err(StoreError::Gap { .. })
        ));

        // A personal part that came late goes with its entry.
        commit(&mut *store, |c| {
            c.put_personal(a, seq(31), b"late".to_vec());
        })
        .expect("comes late");
        assert_eq!(
            store.read_staged(a, seq(31), 1, 1).expect("reads")[0].personal,
            Some(b"late".to_vec())
        );
        commit(&mut *store, |c| {
            c.drop_stage(a).drop_stage(log(8));
        })
        .expect("drops");
        is_sound(&*store);
        assert_eq!(store.head(a).staged_size, 29);
        assert_eq!(store.read_staged(a, seq(1), 9, 9).expect("reads"), []);
        // Stage and accept in one commit; then plain appending goes on.
        commit(&mut *store, |c| {
            stage(c, 30, 47);
            c.accept(a, 47);
        })
        .expect("both");
        store.commit(append(a, 48, 50)).expect("appends");
        store.close().expect("closes");
        let store = open();
        assert_eq!(all(&*store, a), (1..=50).map(|n| usual(a, n)).collect::<Vec<_>>());
        is_sound(&*store);
        assert_eq!(store.head(a).frontier, naive(&all(&*store, a)));
    });
}

#[test]
fn late_parts_of_a_stage_stay_with_their_entries_when_a_frame_is_split() {
    on_both(|open| {
        let a = log(1);
        let mut store = open();
        commit(&mut *store, |c| {
            c.stage(a, seq(1), (1..=16).map(|n| entry(a, n, 40, None)).collect());
            c.put_personal(a, seq(3), b"three".to_vec())
                .put_personal(a, seq(9), vec![9; 8_000]);
        })
        .expect("stages");
        let refused = commit(&mut *store, |c| {
            c.erase_personal(a, seq(3));
        });
        assert_eq!(
            refused,
            Err(StoreError::Gap {
                log: a,
                expected: seq(1),
                got: seq(3)
            })
        );
        commit(&mut *store, |c| {
            c.accept(a, 5).erase_personal(a, seq(4));
        })
        .expect("accepts a part");
        is_sound(&*store);
        commit(&mut *store, |c| {
            c.accept(a, 16);
        })
        .expect("accepts the rest");
        store.close().expect("closes");
        let store = open();
        is_sound(&*store);
        let personal: Vec<_> = all(&*store, a).into_iter().map(|entry| entry.personal).collect();
        assert_eq!(
            (&personal[2], &personal[8]),
            (&Some(b"three".to_vec()), &Some(vec![9; 8_000]))
        );
        assert_eq!(personal.iter().flatten().count(), 2);
    });
}

#[test]
fn a_stage_alone_survives_and_can_be_dropped() {
    on_both(|open| {
        let a = log(1);
        let mut store = open();
        commit(&mut *store, |c| {
            c.stage(a, seq(1), vec![usual(a, 1), usual(a, 2)]);
        })
        .expect("stages");
        store.close().expect("closes");
        let mut store = open();
        assert_eq!(store.logs(), [a]);
        commit(&mut *store, |c| {
            c.drop_stage(a);
        })
        .expect("drops");
        assert_eq!(store.logs(), []);
        store.close().expect("closes");
        let mut store = open();
        assert_eq!(store.logs(), []);
        let other = entry(a, 1, 77, None);
        commit(&mut *store, |c| {
            c.append(a, seq(1), vec![other.clone()]);
        })
        .expect("other bytes at the same place");
        assert_eq!(all(&*store, a), [other]);
        is_sound(&*store);
    });
}

#[test]
fn roots_of_every_size_are_known() {
    on_both(|open| {
        let a = log(1);
        let mut store = open();
        let entries: Vec<LogEntry> = (1..=2_200).map(|n| entry(a, n, 40, None)).collect();
        for (n, chunk) in entries.chunks(700).enumerate() {
            let first = 1 + 700 * u64::try_from(n).expect("small");
            commit(&mut *store, |c| {
                c.append(a, seq(first), chunk.to_vec());
            })
            .expect("commits");
        }
        for size in [
            0, 1, 2, 255, 256, 257, 1_023, 1_024, 1_025, 2_047, 2_048, 2_049, 2_199, 2_200,
        ] {
            let frontier = store.frontier_at(a, size).expect("a frontier");
            let expected = naive(&entries[..usize::try_from(size).expect("small")]);
            assert_eq!(frontier, expected, "size {size}");
            assert_eq!(store.root_at(a, size).expect("a root"), expected.root());
        }
        assert!(matches!(store.root_at(a, 2_201), Err(StoreError::Gap { .. })));
    });
}

#[test]
fn metadata_is_part_of_the_commit() {
    on_both(|open| {
        let mut store = open();
        commit(&mut *store, |c| {
            c.put_meta("a/1", "one")
                .put_meta("a/2", "two")
                .put_meta("b", "three")
                .put_meta("a/2", "2");
        })
        .expect("commits");
        commit(&mut *store, |c| {
            c.remove_meta("a/1")
                .remove_meta("none")
                .put_meta("", "empty key")
                .put_meta("a/3", Vec::new());
        })
        .expect("commits");
        store.close().expect("closes");
        let mut store = open();
        assert_eq!(store.get_meta(b"a/1").expect("reads"), None);
        assert_eq!(store.get_meta(b"a/2").expect("reads"), Some(b"2".to_vec()));
        let row = |key: &[u8], value: &[u8]| (key.to_vec(), value.to_vec());
        assert_eq!(
            store.scan_meta(b"a/").expect("reads"),
            [row(b"a/2", b"2"), row(b"a/3", b"")]
        );
        assert_eq!(store.scan_meta(b"").expect("reads").len(), 4);
        let long = commit(&mut *store, |c| {
            c.put_meta(vec![0xff; 256], vec![1; 3_585]);
        });
        assert!(matches!(long, Err(StoreError::TooLarge { max: 3_584, .. })));
        commit(&mut *store, |c| {
            c.put_meta(vec![0xff; 256], vec![1; 3_584]);
        })
        .expect("the longest");
        assert_eq!(store.scan_meta(&[0xff]).expect("reads").len(), 1);
        is_sound(&*store);
    });
}

#[test]
fn personal_parts_come_late_and_can_be_erased() {
    on_both(|open| {
        let a = log(1);
        let mut store = open();
        let bare: Vec<LogEntry> = (1..=20)
            .map(|n| LogEntry {
                personal: None,
                ..usual(a, n)
            })
            .collect();
        commit(&mut *store, |c| {
            c.append(a, seq(1), bare);
        })
        .expect("commits");
        let long = vec![5; 9_000];
        commit(&mut *store, |c| {
            c.put_personal(a, seq(3), b"late".to_vec())
                .put_personal(a, seq(20), long.clone());
            c.put_personal(a, seq(3), b"late".to_vec());
        })
        .expect("late parts");
        let other = commit(&mut *store, |c| {
            c.put_personal(a, seq(3), b"other".to_vec());
        });
        assert_eq!(
            other,
            Err(StoreError::Conflict {
                log: a,
                sequence: seq(3)
            })
        );
        let beyond = commit(&mut *store, |c| {
            c.put_personal(a, seq(21), b"x".to_vec());
        });
        assert!(matches!(beyond, Err(StoreError::Gap { .. })));
        // A repeated append may bring what was missing.
        commit(&mut *store, |c| {
            c.append(
                a,
                seq(4),
                vec![LogEntry {
                    personal: Some(b"four".to_vec()),
                    ..usual(a, 4)
                }],
            );
        })
        .expect("brings the part");
        store.commit(append(a, 21, 40)).expect("commits");
        is_sound(&*store);

        let personal = |store: &dyn Store, n| store.read(a, seq(n), 1, 1).expect("reads")[0].personal.clone();
        assert_eq!(personal(&*store, 3), Some(b"late".to_vec()));
        assert_eq!(personal(&*store, 4), Some(b"four".to_vec()));
        assert_eq!(personal(&*store, 20), Some(long.clone()));
        commit(&mut *store, |c| {
            c.erase_personal(a, seq(20))
                .erase_personal(a, seq(22))
                .erase_personal(a, seq(23));
        })
        .expect("erases");
        commit(&mut *store, |c| {
            c.erase_personal(a, seq(20)).put_personal(a, seq(20), long.clone());
            c.put_personal(a, seq(22), usual(a, 22).personal.expect("one"));
        })
        .expect("repeats change nothing");
        store.close().expect("closes");
        let store = open();
        for erased in [20, 22, 23] {
            assert_eq!(personal(&*store, erased), None, "{erased}");
        }
        assert_eq!(personal(&*store, 3), Some(b"late".to_vec()));
        assert_eq!(personal(&*store, 24), usual(a, 24).personal);
        assert_eq!(
            store.head(a).frontier,
            naive(&all(&*store, a)),
            "the proof does not feel an erasure"
        );
        is_sound(&*store);
    });
}

#[test]
fn readers_see_what_was_committed_while_the_writer_goes_on() {
    on_both(|open| {
        let a = log(1);
        let mut store = open();
        let reader = store.reader();
        let follower = std::thread::spawn(move || {
            let mut seen = 0;
            while seen < 600 {
                let head = reader.head(a);
                assert!(head.size >= seen);
                let entries = reader.read(a, seq(seen + 1), 1_000, usize::MAX).expect("reads");
                for (entry, n) in entries.iter().zip(seen + 1..) {
                    assert_eq!(*entry, usual(a, n));
                }
                seen += u64::try_from(entries.len()).expect("small");
                let counted = reader.get_meta(b"count").expect("reads").map_or(0, |v| v.len());
                let after = reader.head(a).size;
                assert!(
                    u64::try_from(counted).expect("small") <= after,
                    "metadata never runs ahead"
                );
                assert!(reader.verify(Level::Full, &mut |_, _| {}).expect("verifies").is_sound());
            }
        });
        for n in 1..=600 {
            let mut one = append(a, n, n);
            one.put_meta("count", vec![1; usize::try_from(n).expect("small")]);
            store.commit(one).expect("commits");
        }
        follower.join().expect("the reader is content");
        let reader = store.reader();
        store.close().expect("closes");
        assert!(matches!(reader.read(a, seq(1), 1, 1), Err(StoreError::Poisoned { .. })));
    });
}

#[test]
fn an_unknown_outcome_poisons_until_reopened_and_repetition_mends_it() {
    let a = log(1);
    for (fault, kept) in [(Fault::BeforeWrite, 5), (Fault::BeforeSync, 5), (Fault::AfterSync, 9)] {
        let disk = MemDisk::new();
        let mut store = MemStore::open(&disk).expect("opens");
        store.commit(append(a, 1, 5)).expect("commits");
        disk.fail_next_commit(fault);
        assert!(matches!(store.commit(append(a, 6, 9)), Err(StoreError::Unknown { .. })));
        assert!(matches!(
            store.commit(append(a, 6, 9)),
            Err(StoreError::Poisoned { .. })
        ));
        assert!(matches!(store.read(a, seq(1), 1, 1), Err(StoreError::Poisoned { .. })));
        assert_eq!(store.health().state, State::Poisoned);
        disk.crash();
        drop(store);
        let mut store = MemStore::open(&disk).expect("opens again");
        assert_eq!(store.head(a).size, kept, "{fault:?}");
        store.commit(append(a, 6, 9)).expect("repeats");
        assert_eq!(all(&store, a).len(), 9);
    }
}

#[test]
fn a_full_disk_is_said_and_recording_resumes_by_itself() {
    let a = log(1);
    let disk = MemDisk::new();
    let mut store = MemStore::open(&disk).expect("opens");
    store.commit(append(a, 1, 5)).expect("commits");
    disk.set_full(true);
    assert!(matches!(
        store.commit(append(a, 6, 9)),
        Err(StoreError::Full { free: 0, .. })
    ));
    assert!(matches!(store.health().state, State::Full { .. }));
    assert_eq!(all(&store, a).len(), 5, "reading goes on");
    disk.set_full(false);
    store.commit(append(a, 6, 9)).expect("resumes");
}

#[test]
fn a_lying_disk_loses_and_a_second_opening_is_refused() {
    let a = log(1);
    let disk = MemDisk::new();
    let mut store = MemStore::open(&disk).expect("opens");
    assert!(matches!(MemStore::open(&disk), Err(StoreError::Locked { .. })));
    disk.set_lying(true);
    store.commit(append(a, 1, 5)).expect("says it committed");
    disk.crash();
    assert!(matches!(store.commit(append(a, 6, 6)), Err(StoreError::Unknown { .. })));
    drop(store);
    assert_eq!(MemStore::open(&disk).expect("opens").head(a).size, 0);
}

#[test]
fn damage_is_found_by_reading_by_opening_and_by_verifying() {
    let a = log(1);
    let disk = MemDisk::new();
    let mut store = MemStore::open(&disk).expect("opens");
    store.commit(append(a, 1, 50)).expect("commits");
    assert!(disk.damage(&[b'f', 1, 1]) > 0);
    let read = store.read(a, seq(1), 9, 9_999);
    assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
    assert!(!store.verify(Level::Full, &mut |_, _| {}).expect("verifies").is_sound());
    assert_eq!(store.health().state, State::Damaged);
    drop(store);
    assert!(matches!(MemStore::open(&disk), Err(StoreError::Damaged(_))));
}
