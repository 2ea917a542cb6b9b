//! What a hub hands out after something went wrong: it holds, and says what went wrong.

use archive::{Asked, Evidence, ExportOptions, Folder, Verified, evidence, export, verify_folder};
use tempfile::TempDir;

use crate::fragile::{Side, Trap};
use crate::pair::Pair;
use crate::town::{registered, unit, visited};

fn visits(pair: &mut Pair, minutes: std::ops::Range<u16>) {
    pair.record(minutes.map(|n| visited(1, unit(1), n)).collect());
}

/// The hub's export, verified; and its evidence, read from the folder alone.
fn handed(pair: &mut Pair, dir: &TempDir) -> (Verified, Vec<Evidence>) {
    let options = ExportOptions {
        is_hasty: true,
        personal: true,
        ..ExportOptions::default()
    };
    let written = pair.hub().desk().export(dir.path(), &options, &mut |_| ());
    assert!(written.expect("an export").entries > 0);
    let folder = Folder::open(dir.path()).expect("the export");
    let verified = verify_folder(&folder, &Asked::default(), &mut |_, _| ()).expect("readable");
    let found = evidence(&folder, &[], &[]).expect("readable");
    // From a folder the same folder can be made.
    let copy = tempfile::tempdir().expect("a folder");
    export(&folder, copy.path(), &options, &mut |_| ()).expect("a copy");
    let copied = verify_folder(
        &Folder::open(copy.path()).expect("the copy"),
        &Asked::default(),
        &mut |_, _| (),
    );
    assert!(copied.expect("readable").holds());
    (verified, found)
}

#[test]
fn a_restored_hub_hands_out_an_export_that_holds_and_says_that_it_was_restored() {
    let mut pair = Pair::new(Trap::NONE);
    let dir = tempfile::tempdir().expect("a folder");
    pair.record(vec![registered(1, unit(1))]);
    visits(&mut pair, 1..10);
    pair.township_records(visited(1, unit(1), 500));
    pair.sync();
    visits(&mut pair, 600..603);
    pair.sync();
    let (before, none) = handed(&mut pair, &dir);
    assert!(before.holds() && none.is_empty(), "{:?}", before.findings);
    assert!(
        before.checked.bounded > 0 && before.notes.is_empty(),
        "{:?}",
        before.notes
    );
    let backup = pair.disks[1].copy();
    visits(&mut pair, 10..30);
    pair.sync();
    pair.restore(Side::Hub, backup);
    pair.sync();
    visits(&mut pair, 30..33);
    pair.sync();
    // Into the same folder: what it held before still stands.
    let (after, found) = handed(&mut pair, &dir);
    assert!(after.holds(), "{:?}", after.findings);
    assert_eq!(after.checked.journals, 2);
    assert!(
        after.notes.iter().any(|note| note.rule == "restored"),
        "{:?}",
        after.notes
    );
    let kinds: Vec<_> = found.iter().map(|one| (one.kind, one.is_benign)).collect();
    assert_eq!(kinds, [("restore", true)]);
}

#[test]
fn a_village_that_came_back_from_a_backup_leaves_evidence_and_the_export_holds() {
    let mut pair = Pair::new(Trap::NONE);
    let dir = tempfile::tempdir().expect("a folder");
    pair.record(vec![registered(1, unit(1))]);
    visits(&mut pair, 1..10);
    pair.sync();
    let backup = pair.disks[0].copy();
    visits(&mut pair, 10..30);
    pair.sync();
    pair.restore(Side::Village, backup);
    visits(&mut pair, 40..47);
    pair.sync();
    let (verified, found) = handed(&mut pair, &dir);
    assert!(verified.holds(), "{:?}", verified.findings);
    let fork = found
        .iter()
        .find(|one| one.kind == "fork")
        .expect("two histories under one key");
    assert!(!fork.is_benign && fork.notes.len() == 2, "{fork:?}");
    assert!(
        fork.notes.iter().all(|(who, _)| who.starts_with("signed by minqing/")),
        "{fork:?}"
    );
    assert!(fork.words.1.contains("A successor has taken over"), "{fork:?}");
}
