//! The same trees, tiles and notes by other hands: `ct-merkle`, and Cloudflare's `tlog_tiles` and `signed_note`.
//! What we prove they accept, what they prove we accept, and tiles are the same bytes. (`tlog_tiles` gives its files
//! the names of Go's checksum database, `tile/8/0/000`; only the bytes are compared.)

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof};
use proof::{
    Checkpoint, Hash, KeyKind, Nodes as _, NoteError, OriginKey, SignedCheckpoint, Tile, TileLevel, VerifierKey,
    check_consistency, check_inclusion, consistency_proof, cosign, cosignatures, inclusion_proof, root,
};
use sha2::Sha256;
use signed_note::{Note, Signer as _, StandardSigner, StandardVerifier, Verifier, VerifierList};
use tlog_tiles::{HashReader, TileReader};

use support::{Levels, SIZES, entry, hash_tiles, leaves, places, reader};

fn theirs(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash)
}

fn hashes(theirs: &[tlog_tiles::Hash]) -> Vec<Hash> {
    theirs.iter().map(|hash| hash.0).collect()
}

#[test]
fn ct_merkle_and_we_accept_one_anothers_proofs() {
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let levels = Levels::of(leaves(130));
    let mut roots = vec![None];
    for size in 1..=130u64 {
        tree.push(entry(size - 1));
        let ours = root(&levels, size).expect("a root");
        assert_eq!(tree.root().as_bytes()[..], ours);
        roots.push(Some((tree.root(), ours)));
        for index in 0..size {
            let path = inclusion_proof(&levels, index, size).expect("a path");
            let made = tree.prove_inclusion(usize::try_from(index).expect("small"));
            assert_eq!(made.as_bytes(), path.concat());
            let given = InclusionProof::<Sha256>::try_from_bytes(path.concat()).expect("its form");
            tree.root()
                .verify_inclusion(&entry(index), index, &given)
                .expect("our proof");
            let made: Vec<Hash> = made.as_bytes().as_chunks::<32>().0.to_vec();
            assert_eq!(check_inclusion(index, size, &levels.leaf(index), &made, &ours), Ok(()));
        }
        for old in 1..size {
            let (their_old, our_old) = roots[usize::try_from(old).expect("small")].as_ref().expect("not empty");
            let path = consistency_proof(&levels, old, size).expect("a path");
            let given = ConsistencyProof::<Sha256>::try_from_bytes(path.concat()).expect("its form");
            tree.root().verify_consistency(their_old, &given).expect("our proof");
            let made = tree.prove_consistency(usize::try_from(size - old).expect("small"));
            let made: Vec<Hash> = made.as_bytes().as_chunks::<32>().0.to_vec();
            assert_eq!(check_consistency(old, size, our_old, &ours, &made), Ok(()));
            assert_eq!(made, path);
        }
    }
}

/// Our nodes, as their readers ask for them.
struct Ours(&'static Levels);

impl HashReader for Ours {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let node = |index: &u64| {
            let (level, number) = tlog_tiles::split_stored_hash_index(*index);
            theirs(&self.0.node(level, number).expect("a node"))
        };
        Ok(indexes.iter().map(node).collect())
    }
}

#[test]
fn tlog_tiles_and_we_accept_one_anothers_proofs() {
    let large = Levels::large();
    for size in SIZES.into_iter().chain(3..40) {
        let top = root(large, size).expect("a root");
        assert_eq!(tlog_tiles::tree_hash(size, &Ours(large)).expect("their root").0, top);
        for index in places(size) {
            let leaf = large.leaf(index);
            let path = inclusion_proof(large, index, size).expect("a path");
            let made = tlog_tiles::prove_record(size, index, &Ours(large)).expect("their proof");
            assert_eq!(hashes(&made), path);
            let given = path.iter().map(theirs).collect();
            tlog_tiles::check_record(&given, size, theirs(&top), index, theirs(&leaf)).expect("our proof");
            assert_eq!(check_inclusion(index, size, &leaf, &hashes(&made), &top), Ok(()));
        }
        for old in places(size).into_iter().filter(|old| *old > 0) {
            let old_root = root(large, old).expect("a root");
            let path = consistency_proof(large, old, size).expect("a path");
            let made = tlog_tiles::prove_tree(size, old, &Ours(large)).expect("their proof");
            assert_eq!(hashes(&made), path);
            let given = path.iter().map(theirs).collect();
            tlog_tiles::check_tree(&given, size, theirs(&top), old, theirs(&old_root)).expect("our proof");
            assert_eq!(check_consistency(old, size, &old_root, &top, &hashes(&made)), Ok(()));
        }
    }
}

fn ours_of(tile: &tlog_tiles::Tile) -> Tile {
    Tile {
        level: TileLevel::Hashes(tile.level()),
        index: tile.level_index(),
        width: u16::try_from(tile.width()).expect("at most 256"),
    }
}

#[test]
fn tiles_are_the_same_bytes_and_the_same_ones() {
    let large = Levels::large();
    let all = leaves(70_000);
    for size in SIZES {
        let tiles = hash_tiles(&all[..usize::try_from(size).expect("small")]);
        let listed = tlog_tiles::Tile::new_tiles(8, 0, size);
        let mut told: Vec<Tile> = listed.iter().map(ours_of).collect();
        told.sort_unstable();
        let mut ours: Vec<Tile> = Tile::all(size)
            .filter(|tile| tile.level != TileLevel::Entries)
            .collect();
        ours.sort_unstable();
        assert_eq!(told, ours, "size {size}");
        for tile in &listed {
            let bytes = tile.read_data(&Ours(large)).expect("their tile");
            assert_eq!(Some(&bytes), tiles.get(&ours_of(tile).path()));
        }
    }
}

/// Our tiles behind their reader, which ties each one to the root.
struct Files(std::collections::BTreeMap<String, Vec<u8>>);

impl TileReader for Files {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile| reader(&self.0)(ours_of(tile)).expect("a tile");
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

#[test]
fn their_reader_proves_from_our_tiles() {
    let large = Levels::large();
    let all = leaves(70_000);
    for size in SIZES {
        let files = Files(hash_tiles(&all[..usize::try_from(size).expect("small")]));
        let top = root(large, size).expect("a root");
        let nodes = tlog_tiles::TileHashReader::new(size, theirs(&top), &files);
        for index in places(size) {
            let made = tlog_tiles::prove_record(size, index, &nodes).expect("their proof");
            assert_eq!(hashes(&made), inclusion_proof(large, index, size).expect("a path"));
        }
    }
}

const LOG: &str = "log.example/minqing";
const WITNESS: &str = "witness.example/county";

fn vkey(name: &str, kind: KeyKind, key: &OriginKey) -> VerifierKey {
    let (name, key) = (name.to_owned(), key.public());
    VerifierKey { name, kind, key }
}

fn signer(name: &str, seed: [u8; 32]) -> StandardSigner {
    let key = vkey(name, KeyKind::Log, &OriginKey::from_seed(seed));
    let id: String = key.id().iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = STANDARD.encode([&[1][..], &seed].concat());
    StandardSigner::new(&format!("PRIVATE+KEY+{name}+{id}+{secret}")).expect("their signer takes our id")
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        name: LOG.to_owned(),
        size: 513,
        root: root(Levels::large(), 513).expect("a root"),
    }
}

#[test]
fn signed_note_reads_our_keys_and_notes_and_we_read_its() {
    let (seed, key) = ([3; 32], OriginKey::from_seed([3; 32]));
    let text = vkey(LOG, KeyKind::Log, &key).to_string();
    let note = Note::from_bytes(checkpoint().sign(&key).as_bytes()).expect("a note");
    let verifier = StandardVerifier::new(&text).expect("our verifier key");
    let known = VerifierList::new(vec![Box::new(verifier)]);
    let (verified, unknown) = note.verify(&known).expect("our signature");
    assert_eq!((verified.len(), unknown.len()), (1, 0));
    let read = tlog_tiles::Checkpoint::from_bytes(note.text()).expect("a checkpoint");
    assert_eq!(
        (read.origin(), read.size(), read.hash().0),
        (LOG, 513, checkpoint().root)
    );

    let mut theirs = Note::new(checkpoint().body().as_bytes(), &[]).expect("a text");
    theirs.add_sigs(&[&signer(LOG, seed)]).expect("their signature");
    let theirs = String::from_utf8(theirs.to_bytes()).expect("text");
    assert_eq!(theirs, checkpoint().sign(&key), "Ed25519 is deterministic");
    assert_eq!(SignedCheckpoint::verify(&theirs, LOG, &key.public()), Ok(checkpoint()));
}

/// Cosignatures for their notes: the message is put together here from the words of the page.
struct Cosigner {
    id: u32,
    verifier: StandardVerifier,
}

fn message(text: &[u8], time: [u8; 8]) -> Vec<u8> {
    let head = format!("cosignature/v1\ntime {}\n", u64::from_be_bytes(time));
    [head.as_bytes(), text].concat()
}

impl Verifier for Cosigner {
    fn name(&self) -> &str {
        WITNESS
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk::<8>() else {
            return false;
        };
        self.verifier.verify(&message(text, *time), signature)
    }
}

#[test]
fn their_notes_hold_our_cosignatures_and_ours_hold_theirs() {
    let (seed, witness) = ([4; 32], OriginKey::from_seed([4; 32]));
    let note = checkpoint().sign(&OriginKey::from_seed([3; 32]));
    let cosigned = note.clone() + &cosign(&note, WITNESS, &witness, 1_790_000_000);
    let key = [&[4][..], &witness.public().0].concat();
    let cosigner = |id| {
        let plain = vkey(WITNESS, KeyKind::Log, &witness).to_string();
        let verifier = StandardVerifier::new(&plain).expect("a key");
        VerifierList::new(vec![Box::new(Cosigner { id, verifier })])
    };
    let id = signed_note::key_id(WITNESS, &key);
    let parsed = Note::from_bytes(cosigned.as_bytes()).expect("a note");
    let (verified, unknown) = parsed.verify(&cosigner(id)).expect("our cosignature");
    assert_eq!((verified.len(), unknown.len()), (1, 1));
    let wrong = cosigned.replace("513", "514");
    assert!(
        Note::from_bytes(wrong.as_bytes())
            .expect("a note")
            .verify(&cosigner(id))
            .is_err()
    );

    let time = 1_790_000_001u64.to_be_bytes();
    let made = signer(WITNESS, seed)
        .sign(&message(checkpoint().body().as_bytes(), time))
        .expect("their signature");
    let line = signed_note::Signature::new(WITNESS.to_owned(), id, [&time[..], &made].concat()).expect("a line");
    let theirs = note + &String::from_utf8(line.to_bytes()).expect("text");
    let known = [vkey(WITNESS, KeyKind::Cosigner, &witness)];
    let found = cosignatures(&theirs, &known).expect("their cosignature");
    assert_eq!((found.len(), found[0].time_s), (1, 1_790_000_001));
    let wrong = theirs.replace("\n513\n", "\n514\n");
    assert_eq!(
        cosignatures(&wrong, &known),
        Err(NoteError::Cosignature(WITNESS.to_owned()))
    );
}
