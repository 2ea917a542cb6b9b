//! Right logs are never refused: at every size, exported at once or bit by bit, and while recording goes on.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::cell::RefCell;
use std::fs;

use archive::{
    ArchiveError, Asked, Chapter, ExportOptions, Folder, KeptNote, Log, Source, SourceError, Typed, Verified, Visit,
    export, verify, verify_folder,
};
use proof::{Policy, PublicKey};
use support::{SIZES, Town, hasty, rules};

fn checked(folder: &Folder, asked: &Asked) -> Verified {
    verify_folder(folder, asked, &mut |_, _| ()).unwrap()
}

#[test]
fn right_logs_are_never_refused() {
    for size in SIZES {
        let dir = tempfile::tempdir().unwrap();
        let town = Town::of_size(size);
        let prove = [1, size / 2 + 1, size].into_iter().filter(|at| *at > 0 && *at <= size);
        let options = ExportOptions {
            prove: prove.map(|at| (town.origin(0), at)).collect(),
            ..hasty()
        };
        let written = export(&town, dir.path(), &options, &mut |_| ()).unwrap();
        assert_eq!((written.journals, written.entries), (1, size + 5), "{size}");
        let folder = Folder::open(dir.path()).unwrap();
        let asked = Asked {
            kept: vec![KeptNote {
                from: "last month".to_owned(),
                note: town.kept[0].note.clone(),
            }],
            typed: vec![Typed::parse(&typed(&town.note())).unwrap()],
            policy: None,
            hub_key: Some(town.hub.public()),
        };
        let verified = checked(&folder, &asked);
        assert!(verified.holds(), "{size}: {:?}", verified.findings);
        assert_eq!(
            (verified.checked.entries, verified.checked.records),
            (size + 5, town.size(town.journal()))
        );
        assert!(
            verified.kept.iter().all(|kept| kept.verdict == "held"),
            "{:?}",
            verified.kept
        );
        assert_eq!(verified.checked.proofs, written.proofs);
        // The same source without files of hashes gives the same verdict.
        let direct = verify(&town, &asked, None, &mut |_, _| ()).unwrap();
        assert!(direct.holds(), "{size}: {:?}", direct.findings);
        let seen = |verified: &Verified| {
            verified
                .witnesses
                .iter()
                .map(|one| (one.name.clone(), one.size))
                .collect::<Vec<_>>()
        };
        assert_eq!(seen(&verified), seen(&direct));
        assert_eq!(verified.witnesses.len(), 1);
        // Exporting the same again adds nothing.
        let again = export(&town, dir.path(), &hasty(), &mut |_| ()).unwrap();
        assert_eq!(again.files, 0, "{size}");
    }
}

fn typed(note: &str) -> String {
    let mut lines = note.lines().skip(1);
    format!("{}:{}", lines.next().unwrap(), lines.next().unwrap())
}

#[test]
fn an_export_grows_with_the_log_and_every_step_holds() {
    let dir = tempfile::tempdir().unwrap();
    let mut town = Town::new(2);
    let mut files = 0;
    for count in [1, 1, 253, 1, 1, 254, 489, 300] {
        town.push(0, count);
        town.cosigned(1);
        files += export(&town, dir.path(), &hasty(), &mut |_| ()).unwrap().files;
        let verified = checked(&Folder::open(dir.path()).unwrap(), &Asked::default());
        assert!(verified.holds(), "{:?}", verified.findings);
    }
    // Earlier heads and what witnesses saw are kept, byte for byte.
    let verified = checked(&Folder::open(dir.path()).unwrap(), &Asked::default());
    assert!(verified.kept.len() >= 8, "{:?}", verified.kept);
    assert!(files > 10);
    // The source went back, or became another one: the folder is not written over.
    let refused = export(&Town::of_size(2), dir.path(), &hasty(), &mut |_| ());
    assert!(matches!(refused, Err(ArchiveError::Parted { .. })), "{refused:?}");
}

/// A source in which somebody records whenever somebody reads.
struct Busy(RefCell<Town>);

impl Source for Busy {
    fn hub_key(&self) -> PublicKey {
        self.0.borrow().hub_key()
    }

    fn journals(&self) -> Result<Vec<Chapter>, SourceError> {
        let chapters = self.0.borrow().journals();
        self.0.borrow_mut().push(0, 70);
        chapters
    }

    fn kept(&self) -> Result<Vec<KeptNote>, SourceError> {
        self.0.borrow_mut().push(1, 3);
        self.0.borrow().kept()
    }

    fn scan(&self, log: Log, size: u64, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        self.0.borrow_mut().push(0, 3);
        self.0.borrow_mut().push(1, 1);
        let before = self.0.borrow().clone();
        before.scan(log, size, visit)
    }
}

#[test]
fn exports_that_are_made_while_recording_goes_on_hold() {
    let dir = tempfile::tempdir().unwrap();
    let busy = Busy(RefCell::new(Town::of_size(255)));
    for _ in 0..12 {
        export(&busy, dir.path(), &hasty(), &mut |_| ()).unwrap();
        let verified = checked(&Folder::open(dir.path()).unwrap(), &Asked::default());
        assert!(verified.holds(), "{:?}", verified.findings);
    }
}

#[test]
fn a_declared_restore_is_benign_and_an_undeclared_one_is_not() {
    let mut town = Town::of_size(300);
    let (before, journal) = (town.note(), town.journal());
    let all = town.size(journal);
    town.cosigned(0);
    town.restored(all - 2);
    // The villages give back what the hub lost: the last receipt comes again.
    town.receipt(1, 1);
    let dir = tempfile::tempdir().unwrap();
    export(&town, dir.path(), &hasty(), &mut |_| ()).unwrap();
    let asked = Asked {
        kept: vec![KeptNote {
            from: "printed".to_owned(),
            note: before,
        }],
        ..Asked::default()
    };
    let verified = checked(&Folder::open(dir.path()).unwrap(), &asked);
    assert!(verified.holds(), "{:?}", verified.findings);
    assert!(verified.notes.iter().any(|note| note.rule == "restored"));
    assert!(verified.kept.iter().any(|kept| kept.verdict == "restored"));
    let found = archive::evidence(&town, &asked.kept, &[]).unwrap();
    assert_eq!(
        found.iter().map(|one| (one.kind, one.is_benign)).collect::<Vec<_>>(),
        [("restore", true)]
    );
    assert!(found[0].text().contains("A declared restore explains this"));
    // Without the journal that says so, the old one has simply become shorter.
    let mut silent = Town::of_size(300);
    let note = silent.note();
    let shorter = usize::try_from(all - 2).unwrap();
    let records: Vec<_> = silent.logs[&journal].entries[..shorter].to_vec();
    silent.logs.remove(&journal);
    records
        .into_iter()
        .for_each(|record| silent.leaves(journal).push(record));
    silent.kept = vec![KeptNote {
        from: "printed".to_owned(),
        note,
    }];
    let verified = verify(&silent, &Asked::default(), None, &mut |_, _| ()).unwrap();
    assert!(rules(&verified).contains(&"kept"), "{:?}", verified.findings);
    let found = archive::evidence(&silent, &[], &[]).unwrap();
    assert!(found.iter().any(|one| one.kind == "checkpoints" && !one.is_benign));
    let written = archive::write_evidence(&dir.path().join("evidence"), &found).unwrap();
    let text = fs::read_to_string(&written[0]).unwrap();
    assert!(text.contains("----------------\nminqing/journal/"), "{text}");
}

#[test]
fn a_folder_that_was_not_finished_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let town = Town::of_size(257);
    export(&town, dir.path(), &hasty(), &mut |_| ()).unwrap();
    fs::write(dir.path().join("UNFINISHED"), "").unwrap();
    let verified = checked(&Folder::open(dir.path()).unwrap(), &Asked::default());
    assert_eq!(rules(&verified), ["export"]);
    export(&town, dir.path(), &hasty(), &mut |_| ()).unwrap();
    assert!(checked(&Folder::open(dir.path()).unwrap(), &Asked::default()).holds());
    assert!(
        Folder::open(dir.path().join("journal"))
            .is_err_and(|error| error.to_string().contains("not an exported folder"))
    );
}

#[test]
fn a_policy_says_how_far_enough_witnesses_vouch() {
    let mut town = Town::new(3);
    town.push(0, 10);
    town.cosigned(1);
    let first = town.size(town.journal());
    town.push(0, 10);
    town.cosigned(2);
    town.push(0, 10);
    let keys: Vec<String> = town
        .villages
        .iter()
        .map(|key| {
            let name = proof::origin_log_name(key.origin());
            let kind = proof::KeyKind::Cosigner;
            let key = key.public();
            proof::VerifierKey { name, kind, key }.to_string()
        })
        .collect();
    let policy = |quorum: &str| {
        let lines: String = keys
            .iter()
            .enumerate()
            .map(|(n, key)| format!("witness w{n} {key}\n"))
            .collect();
        let text = format!("{lines}group two 2 w1 w2\ngroup three all w0 two\nquorum {quorum}\n# minqing: fresh 24\n");
        Policy::parse(text.as_bytes()).unwrap()
    };
    let verified = |quorum: &str| {
        let policy = Some(policy(quorum));
        verify(
            &town,
            &Asked {
                policy,
                ..Asked::default()
            },
            None,
            &mut |_, _| (),
        )
        .unwrap()
    };
    // The second witness vouches for the smaller tree as well.
    let two = verified("two");
    assert!(two.holds(), "{:?}", two.findings);
    let quorum = two.quorum.clone().unwrap();
    assert_eq!((quorum.size, quorum.fresh, quorum.came_along), (first, true, false));
    assert_eq!(two.notes.iter().map(|note| note.rule).collect::<Vec<_>>(), ["vouched"]);
    assert_eq!(rules(&verified("three")), ["quorum"]);
    let none = verified("none");
    assert!(none.holds() && !none.quorum.unwrap().asked);
}
