//! What nobody signed does not pass, and nothing that was kept fails in silence: histories made by somebody who controls
//! the hub, or has no key at all.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use archive::{
    Asked, Chapter, Folder, KeptNote, Log, Source, SourceError, Verified, Visit, export, verify, verify_folder,
};
use event::{JournalId, Position};
use proof::{KeyKind, Policy, PublicKey, VerifierKey, cosign, origin_log_name};
use serde_bytes::ByteArray;
use support::{Town, hasty, rules};
use sync::record::{JournalRecord, Previous, Role};

/// A town whose journals are told of otherwise.
struct Told {
    town: Town,
    chapters: Vec<Chapter>,
}

impl Source for Told {
    fn hub_key(&self) -> PublicKey {
        self.town.hub_key()
    }

    fn journals(&self) -> Result<Vec<Chapter>, SourceError> {
        Ok(self.chapters.clone())
    }

    fn kept(&self) -> Result<Vec<KeptNote>, SourceError> {
        Ok(Vec::new())
    }

    fn scan(&self, log: Log, size: u64, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        self.town.scan(log, size, visit)
    }
}

fn town() -> Town {
    let mut town = Town::new(2);
    town.push(0, 20);
    town.push(1, 5);
    town
}

fn brought(from: &str, note: String) -> Asked {
    let from = from.to_owned();
    Asked {
        kept: vec![KeptNote { from, note }],
        ..Asked::default()
    }
}

fn checked(source: &dyn Source, asked: &Asked) -> Verified {
    verify(source, asked, None, &mut |_, _| ()).unwrap()
}

#[test]
fn a_journal_that_says_itself_where_it_was_frozen_has_no_signature_and_does_not_hold() {
    let real = town();
    let (key, evidence) = (ByteArray::new(real.hub.public().0), real.note());
    let records = &real.logs[&real.journal()].entries;
    let kept: Vec<_> = records[1..4].to_vec();
    let mut forged = Town::new(0);
    forged.logs.clear();
    let opened = JournalRecord::Opened {
        journal: real.journal,
        key,
        unit: "990000103000".parse().unwrap(),
        name: "示范镇".to_owned(),
        previous: Some(Previous {
            journal: real.journal,
            size: Position(4),
            root: ByteArray::new([7; 32]),
            evidence: evidence.clone(),
        }),
        at_ms: support::START_MS,
    };
    forged.record(&opened);
    kept.into_iter()
        .for_each(|record| forged.leaves(real.journal()).push(record));
    let chapter = Chapter {
        journal: real.journal,
        frozen: Some(4),
        note: None,
    };
    let told = Told {
        town: forged,
        chapters: vec![chapter],
    };
    for asked in [Asked::default(), brought("board", evidence)] {
        let verified = checked(&told, &asked);
        assert!(rules(&verified).contains(&"restore"), "{:?}", verified.findings);
    }
}

#[test]
fn a_past_that_was_written_anew_under_a_declared_restore_does_not_have_the_checkpoint_that_was_kept() {
    let real = town();
    let mut forged = Town::new(2);
    forged.push(0, 19);
    forged.push(1, 6);
    let size = real.size(real.journal());
    assert_eq!(size, forged.size(forged.journal()));
    forged.restored(size);
    forged.push(0, 3);
    let without = checked(&forged, &Asked::default());
    assert!(without.holds(), "alone it is in order: {:?}", without.findings);
    let verified = checked(&forged, &brought("board", real.note()));
    assert_eq!(rules(&verified), ["kept"], "{:?}", verified.findings);
    assert_eq!(verified.kept[0].verdict, "failed");
}

#[test]
fn records_that_the_hub_has_not_signed_for_do_not_hold() {
    let town = town();
    let journal = town.journal;
    let chapter = |note| Chapter {
        journal,
        frozen: None,
        note,
    };
    let unsigned = Told {
        town: town.clone(),
        chapters: vec![chapter(None)],
    };
    assert_eq!(rules(&checked(&unsigned, &Asked::default())), ["journal-signature"]);
    let mut longer = town.clone();
    longer.push(0, 4);
    let beyond = Told {
        town: longer,
        chapters: vec![chapter(Some(town.note()))],
    };
    let verified = checked(&beyond, &Asked::default());
    assert_eq!(rules(&verified), ["uncovered"], "{:?}", verified.findings);
    assert_eq!(verified.findings[0].position, Some(Position(town.size(town.journal()))));
    let nothing = Told {
        town: Town::new(0),
        chapters: vec![Chapter {
            journal: JournalId::from_bytes([9; 16]),
            ..chapter(None)
        }],
    };
    assert_eq!(rules(&checked(&nothing, &Asked::default())), ["journal-signature"]);
}

#[test]
fn whose_log_it_is_cannot_be_said_again_otherwise() {
    let mut moved = town();
    let (origin, key) = (moved.origin(0), ByteArray::new(moved.villages[0].public().0));
    let at_ms = moved.next_ms();
    moved.record(&JournalRecord::Enrolled {
        origin,
        key,
        unit: "990000103202".parse().unwrap(),
        role: Role::Village,
        name: "砚渡村".to_owned(),
        at_ms,
    });
    assert_eq!(rules(&checked(&moved, &Asked::default())), ["key"]);
    let mut named = town();
    let log = named.log(0);
    let checkpoint = named.leaves(log).checkpoint(log);
    let received_at_ms = named.next_ms();
    let record = JournalRecord::Receipt {
        origin,
        unit: Some("990000103202".parse().unwrap()),
        first: event::Sequence::FIRST,
        size: checkpoint.size,
        note: checkpoint.sign(&named.villages[0]),
        received_at_ms,
    };
    named.record(&record);
    assert_eq!(rules(&checked(&named, &Asked::default())), ["receipt"]);
}

#[test]
fn a_checkpoint_is_judged_and_told_of_whatever_its_file_is_called() {
    let town = town();
    let dir = tempfile::tempdir().unwrap();
    export(&town, dir.path(), &hasty(), &mut |_| ()).unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    let mut other = Town::new(2);
    other.push(0, 21);
    for name in ["newest", "june/checkpoint", "proofs/of-june"] {
        let verified = verify_folder(&folder, &brought(name, other.note()), &mut |_, _| ()).unwrap();
        assert_eq!(rules(&verified), ["kept"], "{name}: {:?}", verified.findings);
        let told = verified.kept.iter().filter(|kept| kept.from == name);
        assert_eq!(told.map(|kept| kept.verdict).collect::<Vec<_>>(), ["failed"], "{name}");
    }
}

#[test]
fn a_witness_that_looked_after_the_last_record_looked_freshly() {
    let mut town = town();
    let witness = town.villages[1].clone();
    let name = origin_log_name(witness.origin());
    let policy = |hours: u64| {
        let key = VerifierKey {
            name: name.clone(),
            kind: KeyKind::Cosigner,
            key: witness.public(),
        };
        let text = format!("witness w {key}\nquorum w\n# minqing: fresh {hours}\n");
        Policy::parse(text.as_bytes()).unwrap()
    };
    let last_s = town.at_ms / 1_000;
    let mut looked_at = |time_s: u64, hours: u64| {
        let line = cosign(&town.note(), &name, &witness, time_s);
        let note = proof::add_line(&town.note(), &line).unwrap();
        town.kept = vec![KeptNote {
            from: "kept".to_owned(),
            note,
        }];
        let asked = Asked {
            policy: Some(policy(hours)),
            ..Asked::default()
        };
        rules(&checked(&town, &asked))
    };
    assert!(
        looked_at(last_s + 48 * 3_600, 24).is_empty(),
        "on Sunday, of Friday's journal"
    );
    assert!(looked_at(last_s - 3_600, 24).is_empty());
    assert_eq!(looked_at(last_s - 48 * 3_600, 24), ["quorum"]);
}
