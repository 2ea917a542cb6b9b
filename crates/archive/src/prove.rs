//! Proofs for single entries, out of the tiles that were just written.

use std::collections::BTreeSet;

use proof::{EntryBundle, SignedCheckpoint, TILE_WIDTH, Tile, TileLevel, TileNodes, TlogProof, inclusion_proof};

use crate::export::stem;
use crate::folder::{BUNDLE_BYTES_MAX, PROOFS, get};
use crate::pen::put;
use crate::write::Writer;
use crate::{ArchiveError, Log};

impl Writer<'_> {
    /// Puts a proof beside its leaf for every entry that was asked for, and for its receipt in the journal.
    pub(crate) fn prove(&mut self) -> Result<(), ArchiveError> {
        let mut leaves = BTreeSet::new();
        for (origin, sequence) in &self.book.asked {
            leaves.insert((Log::Origin(*origin), sequence.saturating_sub(1)));
            let receipt = self.book.receipts.get(&(*origin, *sequence));
            leaves.extend(receipt.map(|(journal, position)| (Log::Journal(*journal), *position)));
        }
        for (log, index) in leaves {
            // A frozen journal may have no checkpoint that stands: then nothing can be proved of it.
            if matches!(log, Log::Origin(_)) || self.note_of(log).is_some() {
                self.prove_one(log, index)?;
            }
        }
        Ok(())
    }

    fn prove_one(&mut self, log: Log, index: u64) -> Result<(), ArchiveError> {
        let none = |size| ArchiveError::NoEntry { log, size, index };
        let note = self.note_of(log).ok_or(none(0))?.to_owned();
        let signed = SignedCheckpoint::parse(&note).map_err(|error| ArchiveError::untrue(log, error.to_string()))?;
        let size = signed.claim().size;
        let folder = self.dir.join(log.folder());
        let read = |tile: Tile| {
            let path = folder.join(tile.path());
            let bytes = get(&path, BUNDLE_BYTES_MAX)?;
            bytes.ok_or_else(|| ArchiveError::content(&path, "missing"))
        };
        let nodes = TileNodes::new(size, read);
        let path = inclusion_proof(&nodes, index, size);
        let path = path.map_err(|error| match error {
            proof::ProveError::Node(node) => ArchiveError::untrue(log, node.to_string()),
            _ => none(size),
        })?;
        let first = index - index % u64::from(TILE_WIDTH);
        let width = u16::try_from((size - first).min(u64::from(TILE_WIDTH))).unwrap_or(TILE_WIDTH);
        let bundle = read(Tile {
            level: TileLevel::Entries,
            index: index / u64::from(TILE_WIDTH),
            width,
        })?;
        let at = usize::try_from(index - first).unwrap_or(0);
        let leaf = EntryBundle::entries(&bundle)
            .nth(at)
            .and_then(Result::ok)
            .map(<[u8]>::to_vec);
        let leaf = leaf.ok_or(none(size))?;
        let extra = None;
        let proof = TlogProof {
            extra,
            index,
            path,
            note,
        };
        let stem = self.dir.join(PROOFS).join(stem(log, index));
        put(&stem.with_extension("leaf"), &leaf)?;
        put(&stem.with_extension("tlog-proof"), proof.encode().as_bytes())?;
        self.done.proofs += 1;
        Ok(())
    }
}
