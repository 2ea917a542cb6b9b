//! One log against what was signed of it: its tree is computed again from the entries, its files of hashes are compared,
//! and every signed root is held against the tree at its size.
//!
//! Where an entry does not have the hash in its file, two trees are grown on: one of the entry, one of the file's hash.
//! The next signed root tells which of the two was signed, and so whether the entry was altered or the file was.

use proof::{BUNDLED_ENTRY_BYTES_MAX, EntryBundle, Hash, TILE_WIDTH, Tile, TileLevel, leaf_hash};

use crate::tree::{Finished, Tree};
use crate::{Log, Source, SourceError, Verified};

/// Most entries that are named one by one between two signed roots.
const NAMED_MAX: usize = 16;

/// A root that somebody signed of this log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// What the caller knows it by.
    pub(crate) tag: usize,
}

/// A signed root that the tree does not have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed {
    pub(crate) mark: Mark,
    /// Root of the tree here at that size.
    pub(crate) root: Hash,
    /// Largest size below it at which a signed root was right.
    pub(crate) right_until: u64,
}

/// What came of a log.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Size and root of the tree.
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// Marks whose root is not the tree's, by size.
    pub(crate) failed: Vec<Failed>,
    /// Marks beyond the tree's end.
    pub(crate) beyond: Vec<Mark>,
    /// Whether the last mark within the tree was right.
    pub(crate) ends_right: bool,
}

pub(crate) struct LogCheck<'a> {
    source: &'a dyn Source,
    log: Log,
    /// Entries that the log should have: its partial tiles are those of this size.
    wanted: u64,
    marks: Vec<Mark>,
    next_mark: usize,
    tree: Tree,
    /// The tree with the hashes of the files in place of those entries that differ.
    other: Option<Tree>,
    /// Entries that differ from the file, not judged yet: leaf, computed hash, told hash.
    differing: Vec<(u64, Hash, Hash)>,
    differing_all: u64,
    /// Hashes of the file that the next leaf belongs to.
    told: Vec<Hash>,
    failed: Vec<(Failed, Option<Hash>)>,
    right_until: u64,
    ends_right: bool,
    /// Nothing more can be computed: leaves are missing, and their hashes too.
    ended: bool,
}

impl<'a> LogCheck<'a> {
    pub(crate) fn new(source: &'a dyn Source, log: Log, wanted: u64, mut marks: Vec<Mark>) -> Self {
        marks.sort_by_key(|mark| mark.size);
        let mut check = Self {
            source,
            log,
            wanted,
            marks,
            next_mark: 0,
            tree: Tree::default(),
            other: None,
            differing: Vec::new(),
            differing_all: 0,
            told: Vec::new(),
            failed: Vec::new(),
            right_until: 0,
            ends_right: true,
            ended: false,
        };
        check.judge(&mut Verified::default());
        check
    }

    pub(crate) const fn size(&self) -> u64 {
        self.tree.size()
    }

    pub(crate) const fn has_ended(&self) -> bool {
        self.ended
    }

    pub(crate) fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Takes in the next entry.
    pub(crate) fn entry(&mut self, bytes: &[u8], verified: &mut Verified) -> Result<(), SourceError> {
        self.leaf(Some(leaf_hash(bytes)), verified)
    }

    fn leaf(&mut self, computed: Option<Hash>, verified: &mut Verified) -> Result<(), SourceError> {
        let index = self.tree.size();
        if index.is_multiple_of(u64::from(TILE_WIDTH)) {
            self.told = self.told_from(index, verified)?;
        }
        let told = usize::try_from(index % u64::from(TILE_WIDTH))
            .ok()
            .and_then(|at| self.told.get(at))
            .copied();
        let Some(leaf) = computed.or(told) else {
            self.ended = true;
            return Ok(());
        };
        if let Some(told) = told.filter(|told| *told != leaf) {
            self.differing_all += 1;
            if self.differing.len() < NAMED_MAX {
                self.differing.push((index, leaf, told));
            }
            self.other.get_or_insert_with(|| self.tree.clone());
        }
        let finished = self.tree.push(leaf);
        let others = self.other.as_mut().map(|other| other.push(told.unwrap_or(leaf)));
        self.compare(finished, others.as_deref(), verified)?;
        self.judge(verified);
        Ok(())
    }

    /// The hashes in the file that holds those from leaf `index` on.
    fn told_from(&self, index: u64, verified: &mut Verified) -> Result<Vec<Hash>, SourceError> {
        let Some(tile) = self.lowest(index).filter(|_| self.source.is_tiled()) else {
            return Ok(Vec::new());
        };
        Ok(self.file(&tile, verified)?.as_chunks::<32>().0.to_vec())
    }

    /// The same, without a word on a file that is missing: that comes when its leaves are reached.
    fn peek(&self, index: u64) -> Result<Vec<Hash>, SourceError> {
        let Some(tile) = self.lowest(index).filter(|_| self.source.is_tiled()) else {
            return Ok(Vec::new());
        };
        let bytes = self.source.tile(self.log, &tile)?.unwrap_or_default();
        Ok(bytes.as_chunks::<32>().0.to_vec())
    }

    /// The lowest tile that begins with leaf `index`, in the tree of the size that is wanted.
    fn lowest(&self, index: u64) -> Option<Tile> {
        let width = self.wanted.checked_sub(index)?.min(u64::from(TILE_WIDTH));
        Some(Tile {
            level: TileLevel::Hashes(0),
            index: index / u64::from(TILE_WIDTH),
            width: u16::try_from(width).ok().filter(|width| *width > 0)?,
        })
    }

    /// The bytes of a tile; nothing, and a finding, where the file is missing or of another length.
    fn file(&self, tile: &Tile, verified: &mut Verified) -> Result<Vec<u8>, SourceError> {
        let wrong = |words: String| {
            let leaves = tile.leaves();
            let finding = self.log.finding("tile", words, leaves.start, leaves.end);
            finding.in_file(format!("{}/{}", self.log.folder(), tile.path()))
        };
        match self.source.tile(self.log, tile)? {
            Some(bytes) if bytes.len() == tile.hash_bytes() => {
                verified.checked.tiles += 1;
                return Ok(bytes);
            }
            Some(bytes) => verified.find(wrong(format!(
                "the file of hashes has {} bytes, not {}",
                bytes.len(),
                tile.hash_bytes()
            ))),
            None => verified.find(wrong("the file of hashes is missing".to_owned())),
        }
        Ok(Vec::new())
    }

    /// Compares finished tiles above the lowest level with their files; of the lowest, every hash was compared already.
    fn compare(
        &self,
        finished: Vec<Finished>,
        others: Option<&[Finished]>,
        verified: &mut Verified,
    ) -> Result<(), SourceError> {
        if !self.source.is_tiled() {
            return Ok(());
        }
        for (tile, bytes) in finished
            .into_iter()
            .filter(|(tile, _)| tile.level > TileLevel::Hashes(0))
        {
            if tile.leaves().end > self.wanted {
                continue;
            }
            let file = self.file(&tile, verified)?;
            let as_others = others
                .into_iter()
                .flatten()
                .any(|(other, bytes)| *other == tile && *bytes == file);
            if file.is_empty() || file == bytes || as_others {
                continue;
            }
            let pairs = bytes.chunks_exact(32).zip(file.chunks_exact(32));
            let differing: Vec<_> = (0..).zip(pairs).filter(|(_, (ours, theirs))| ours != theirs).collect();
            if let Some((at, (ours, theirs))) = differing.first() {
                let at: u64 = *at;
                let leaves = Tile {
                    index: 0,
                    width: 1,
                    ..tile
                }
                .leaves()
                .end;
                let first = (tile.index * u64::from(TILE_WIDTH) + at) * leaves;
                let words = format!(
                    "{} hashes in the file are not those of the entries below them",
                    differing.len()
                );
                let finding = self.log.finding("tile", words, first, first + leaves);
                let path = format!("{}/{}", self.log.folder(), tile.path());
                verified.find(finding.in_file(path).differing(at, ours, theirs));
            }
        }
        Ok(())
    }

    /// Holds the tree against every root that was signed of this size.
    fn judge(&mut self, verified: &mut Verified) {
        let size = self.tree.size();
        let from = self.next_mark;
        while self.marks.get(self.next_mark).is_some_and(|mark| mark.size == size) {
            self.next_mark += 1;
        }
        if from == self.next_mark {
            return;
        }
        let here = from..self.next_mark;
        verified.checked.roots += here.len() as u64;
        let (mut root, other) = (self.tree.root(), self.other.as_ref().map(Tree::root));
        let signed = |root: Hash| self.marks[here.clone()].iter().any(|mark| mark.root == root);
        if signed(root) {
            // The entries are those that were signed: the files are not.
            self.blame_files(verified);
        } else if let Some(told) = other.filter(|told| signed(*told)) {
            self.blame_entries(verified);
            root = told;
        }
        for at in here {
            let mark = self.marks[at];
            self.ends_right = mark.root == root;
            if self.ends_right {
                self.right_until = size;
            } else {
                let right_until = self.right_until;
                let failed = Failed {
                    mark,
                    root,
                    right_until,
                };
                self.failed.push((failed, other));
            }
        }
    }

    fn blame_files(&mut self, verified: &mut Verified) {
        self.other = None;
        self.name_differing(
            "tile",
            "the file's hash is not the one of the entry, which is as it was signed",
            verified,
        );
    }

    fn blame_entries(&mut self, verified: &mut Verified) {
        // What follows is judged by what was signed.
        if let Some(other) = self.other.take() {
            self.tree = other;
        }
        // A root that was missed since then may be right after all.
        self.failed.retain(|(failed, other)| *other != Some(failed.mark.root));
        let words = "the entry was altered: the hash beside it is the one that was signed";
        self.name_differing(self.log.root_rule(), words, verified);
    }

    fn name_differing(&mut self, rule: &'static str, words: &str, verified: &mut Verified) {
        let unnamed = self.differing_all - self.differing.len() as u64;
        for (index, computed, told) in std::mem::take(&mut self.differing) {
            let mut words = words.to_owned();
            if unnamed > 0 {
                words.push_str(&format!(" ({unnamed} more differ near it)"));
            }
            let tile = Tile {
                level: if rule == "tile" {
                    TileLevel::Hashes(0)
                } else {
                    TileLevel::Entries
                },
                index: index / u64::from(TILE_WIDTH),
                width: u16::try_from(self.wanted.saturating_sub(index - index % 256).min(256)).unwrap_or(TILE_WIDTH),
            };
            let finding = self.log.finding(rule, words, index, index + 1);
            let path = format!("{}/{}", self.log.folder(), tile.path());
            verified.find(finding.in_file(path).differing(index % 256, &computed, &told));
        }
        self.differing_all = 0;
    }

    /// Entries that are not here as they should be. Their hashes stand in for them, where the file of hashes has them.
    pub(crate) fn missing(
        &mut self,
        (first, end): (u64, u64),
        file: &str,
        (bytes, problem): (Option<&[u8]>, &str),
        verified: &mut Verified,
    ) -> Result<(), SourceError> {
        let told = self.peek(first)?;
        let mut finding = self.log.finding("complete", problem, first, end).in_file(file);
        if let Some(bytes) = bytes {
            let entries = EntryBundle::entries(bytes).map_while(Result::ok);
            let leaves: Vec<Hash> = entries.map(leaf_hash).take(BUNDLED_ENTRY_BYTES_MAX).collect();
            let same = told.iter().zip(&leaves).take_while(|(told, leaf)| told == leaf).count();
            let words = match (told.get(same), leaves.get(same)) {
                (Some(_), _) if told.get(same + 1).is_some_and(|next| leaves.get(same) == Some(next)) => {
                    "an entry was taken out of the file"
                }
                (Some(told), _) if leaves.get(same + 1) == Some(told) => "an entry was put into the file",
                (Some(_), None) => "the end of the file was cut off",
                (None, Some(_)) if !told.is_empty() => "an entry was put in at the end of the file",
                _ => "the file holds another number of entries",
            };
            finding = self
                .log
                .finding("complete", format!("{words}: {problem}"), first, end)
                .in_file(file);
            if !told.is_empty() {
                finding.index = Some(same as u64);
                let place = first + same as u64;
                finding = match self.log {
                    Log::Journal(journal) => finding.at(journal, event::Position(place)),
                    Log::Origin(origin) => finding.entries(origin, place + 1, end.max(place + 1)),
                };
            }
        }
        verified.find(finding);
        for _ in first..end {
            if self.ended {
                break;
            }
            self.leaf(None, verified)?;
        }
        Ok(())
    }

    /// The end of the log: the partial tiles, and what no signed root has decided.
    pub(crate) fn finish(mut self, verified: &mut Verified) -> Result<Outcome, SourceError> {
        if self.tree.size() == self.wanted && !self.ended {
            let finished: Vec<_> = self.tree.partial().collect();
            let others: Option<Vec<_>> = self.other.as_ref().map(|other| other.partial().collect());
            self.compare(finished, others.as_deref(), verified)?;
        }
        let words = "the file's hash is not the one of the entry; no signed root tells which of them was altered";
        self.name_differing("tile", words, verified);
        Ok(Outcome {
            size: self.tree.size(),
            root: self.tree.root(),
            beyond: self.marks[self.next_mark..].to_vec(),
            ends_right: self.ends_right,
            failed: self.failed.into_iter().map(|(failed, _)| failed).collect(),
        })
    }
}
