//! The layout of a published log: tiles of hashes and bundles of entries (c2sp.org/tlog-tiles).

use std::ops::Range;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;
/// Longest entry that a bundle can hold, in bytes: its length has 16 bits.
pub const BUNDLED_ENTRY_BYTES_MAX: usize = 65_535;
/// Highest level that a path can name.
const LEVEL_MAX: u8 = 63;
/// Levels that a tree of 64-bit size can have: 256^8 leaves are more than it holds.
const LEVELS: u8 = 8;

/// What a tile is made of. Orders entries before hashes, low levels before high ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileLevel {
    /// The entries themselves.
    Entries,
    /// Hashes of perfect subtrees of 256^level leaves each; 0 to 63.
    Hashes(u8),
}

impl TileLevel {
    /// Level of the tree's nodes that the tile is made of: entries lie at their leaves.
    const fn number(self) -> u8 {
        match self {
            Self::Entries => 0,
            Self::Hashes(level) => level,
        }
    }
}

/// Why a path names no tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no path of a tile, such as tile/0/x001/x234/067 or tile/entries/000.p/17")]
pub struct TilePathError(pub String);

/// One file of a published log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it is made of.
    pub level: TileLevel,
    /// Its number within the level, from 0.
    pub index: u64,
    /// Hashes or entries in it, 1 to [`TILE_WIDTH`]; below that it is a partial tile.
    pub width: u16,
}

impl Tile {
    /// Where it is served, below the log's address: `tile/0/x001/x234/067`, `tile/entries/000.p/17`.
    #[must_use]
    pub fn path(&self) -> String {
        let level = match self.level {
            TileLevel::Entries => "entries".to_owned(),
            TileLevel::Hashes(level) => level.to_string(),
        };
        let (mut rest, mut number) = (self.index / 1000, format!("{:03}", self.index % 1000));
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1000);
            rest /= 1000;
        }
        let partial = match self.width {
            TILE_WIDTH => String::new(),
            width => format!(".p/{width}"),
        };
        format!("tile/{level}/{number}{partial}")
    }

    /// Reads what [`Tile::path`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`TilePathError`]: another form, a level above 63, a width of 0 or 256, an index beyond 64 bits.
    pub fn parse(path: &str) -> Result<Self, TilePathError> {
        let found = Self::read(path).filter(|tile| tile.path() == path);
        found.ok_or_else(|| TilePathError(path.chars().take(128).collect()))
    }

    /// Reads leniently: zeros and signs too many are found by writing the path again.
    fn read(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let level = match level {
            "entries" => TileLevel::Entries,
            number => TileLevel::Hashes(number.parse().ok().filter(|level| *level <= LEVEL_MAX)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((number, width)) => (
                number,
                width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?,
            ),
        };
        let mut index = 0u64;
        for group in number.split('/') {
            let group: u64 = group.trim_start_matches('x').parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(group)?;
        }
        Some(Self { level, index, width })
    }

    /// The leaves that it spans, from 0. Beyond 64 bits the range ends at the greatest number.
    #[must_use]
    pub const fn leaves(&self) -> Range<u64> {
        let level = self.level.number();
        let each = if level < LEVELS {
            1 << (8 * level as u32)
        } else {
            u64::MAX
        };
        let first = self.index.saturating_mul(TILE_WIDTH as u64);
        first.saturating_mul(each)..first.saturating_add(self.width as u64).saturating_mul(each)
    }

    /// Bytes of the file, if it is one of hashes; bundles have no fixed length.
    #[must_use]
    pub const fn hash_bytes(&self) -> usize {
        32 * self.width as usize
    }

    /// Every tile and bundle of a tree of `size` leaves, full and partial: bundles, then levels from below.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        Self::added(0, size)
    }

    /// What a tree of `new` leaves has and its beginning of `old` leaves had not. Nothing if `new` is not larger.
    pub fn added(old: u64, new: u64) -> impl Iterator<Item = Self> {
        let levels = (0..LEVELS).map(TileLevel::Hashes);
        std::iter::once(TileLevel::Entries)
            .chain(levels)
            .flat_map(move |level| {
                let shift = 8 * u32::from(level.number());
                let (old, new) = (old >> shift, new >> shift);
                let range = if new > old { old / 256..new.div_ceil(256) } else { 0..0 };
                range.map(move |index| {
                    let width = u16::try_from(new - index * 256).map_or(TILE_WIDTH, |rest| rest.min(TILE_WIDTH));
                    Self { level, index, width }
                })
            })
    }

    /// The tile of a tree of `size` leaves that holds hash number `index` of tile level `level`.
    pub(crate) fn holding(level: u8, index: u64, size: u64) -> Option<Self> {
        let count = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let (tile, rest) = (index / 256, count.checked_sub(index / 256 * 256)?);
        (index < count).then(|| Self {
            level: TileLevel::Hashes(level),
            index: tile,
            width: u16::try_from(rest).map_or(TILE_WIDTH, |rest| rest.min(TILE_WIDTH)),
        })
    }
}

/// Why bytes are no bundle of entries, or an entry does not fit into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The entry is longer than [`BUNDLED_ENTRY_BYTES_MAX`].
    #[error("an entry of {0} bytes does not fit into a bundle; at most 65535 do")]
    TooLong(usize),
    /// The bundle ends within an entry or its length.
    #[error("the bundle ends within its entry {0} (counted from 0)")]
    Truncated(usize),
    /// The bundle holds another number of entries than it should.
    #[error("the bundle holds {got} entries, not {expected}")]
    Count {
        /// Entries that were expected.
        expected: usize,
        /// Entries found.
        got: usize,
    },
}

/// A bundle of entries: each as its length (two bytes, big endian) and its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryBundle(Vec<u8>);

impl EntryBundle {
    /// A bundle without entries, which is never served.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// [`BundleError::TooLong`]; the bundle is then as before.
    pub fn push(&mut self, entry: &[u8]) -> Result<(), BundleError> {
        let length = u16::try_from(entry.len()).map_err(|_| BundleError::TooLong(entry.len()))?;
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(entry);
        Ok(())
    }

    /// The bytes as they are served.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The entries of a bundle, one after another; after an error none.
    pub fn entries(bytes: &[u8]) -> impl Iterator<Item = Result<&[u8], BundleError>> {
        let (mut rest, mut number) = (bytes, 0);
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let split = rest
                .split_first_chunk::<2>()
                .and_then(|(length, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes(*length))));
            let Some((entry, behind)) = split else {
                rest = &[];
                return Some(Err(BundleError::Truncated(number)));
            };
            (rest, number) = (behind, number + 1);
            Some(Ok(entry))
        })
    }

    /// The entries of a bundle that must hold `width` of them.
    ///
    /// # Errors
    /// [`BundleError::Truncated`], or [`BundleError::Count`] for fewer or more.
    pub fn decode(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
        let entries: Vec<_> = Self::entries(bytes).collect::<Result<_, _>>()?;
        let (expected, got) = (usize::from(width), entries.len());
        if got == expected {
            Ok(entries)
        } else {
            Err(BundleError::Count { expected, got })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn paths_are_those_of_the_page() {
        let tile = |level, index, width| Tile { level, index, width };
        for (tile, path) in [
            (tile(TileLevel::Hashes(0), 1_234_067, 256), "tile/0/x001/x234/067"),
            (tile(TileLevel::Entries, 0, 17), "tile/entries/000.p/17"),
            (tile(TileLevel::Hashes(63), 999, 1), "tile/63/999.p/1"),
            (tile(TileLevel::Hashes(1), 1000, 255), "tile/1/x001/000.p/255"),
            (
                tile(TileLevel::Entries, u64::MAX, 256),
                "tile/entries/x018/x446/x744/x073/x709/x551/615",
            ),
        ] {
            assert_eq!(tile.path(), path);
            assert_eq!(Tile::parse(path), Ok(tile));
        }
    }

    #[test]
    fn other_paths_are_refused() {
        for path in [
            "",
            "tile/0/",
            "tile/0/67",
            "tile/0/0067",
            "tile/0/x000/067",
            "tile/0/x01/067",
            "tile/0/001/067",
            "tile/0/x001/x067",
            "tile/0/x001",
            "tile/64/000",
            "tile/00/000",
            "tile/+1/000",
            "tile/-1/000",
            "tile/8/0/000",
            "tile/data/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/017",
            "tile/0/000.p/+1",
            "tile/0/000.p/",
            "tile/0/000.p/1.p/1",
            "tile/0/000/",
            "/tile/0/000",
            "tile/0/../000",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
        ] {
            assert!(Tile::parse(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_tree_of_70000_has_the_tiles_of_the_page() {
        let all: Vec<_> = Tile::all(70_000).collect();
        let of = |level, full: bool| {
            let tiles = all.iter().filter(move |tile| tile.level == level);
            tiles.filter(move |tile| (tile.width == TILE_WIDTH) == full)
        };
        let widths = |level| of(level, false).map(|tile| tile.width).collect::<Vec<_>>();
        for level in [TileLevel::Entries, TileLevel::Hashes(0)] {
            assert_eq!((of(level, true).count(), widths(level)), (273, vec![112]));
        }
        assert_eq!(of(TileLevel::Hashes(1), true).count(), 1);
        assert_eq!(widths(TileLevel::Hashes(1)), [17]);
        assert_eq!(widths(TileLevel::Hashes(2)), [1]);
        assert_eq!(all.len(), 2 * 274 + 2 + 1);
        let paths = |size| Tile::all(size).map(|tile| tile.path()).collect::<Vec<_>>();
        assert_eq!(paths(256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
        assert_eq!(paths(0), [""; 0]);
        let last = Tile::added(u64::MAX - 1, u64::MAX).last();
        assert_eq!(
            last.map(|tile| tile.path()).as_deref(),
            Some("tile/0/x072/x057/x594/x037/x927/935.p/255")
        );
    }

    #[test]
    fn what_was_added_is_the_difference() {
        let sizes = [0, 1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000];
        for old in sizes {
            for new in sizes {
                let before: BTreeSet<_> = Tile::all(old).collect();
                let added: BTreeSet<_> = Tile::added(old, new).collect();
                let expected = if new > old {
                    Tile::all(new).collect()
                } else {
                    BTreeSet::new()
                };
                assert_eq!(added, expected.difference(&before).copied().collect(), "{old} to {new}");
            }
        }
    }

    #[test]
    fn a_tile_spans_its_leaves() {
        let leaves = |path| Tile::parse(path).expect("a path").leaves();
        assert_eq!(leaves("tile/0/001"), 256..512);
        assert_eq!(leaves("tile/entries/001.p/3"), 256..259);
        assert_eq!(leaves("tile/1/001.p/2"), 65_536..66_048);
        assert_eq!(leaves("tile/8/000"), 0..u64::MAX);
        assert_eq!(leaves("tile/63/001"), u64::MAX..u64::MAX);
    }

    #[test]
    fn bundles_are_read_strictly() {
        let mut bundle = EntryBundle::new();
        let long = vec![7; BUNDLED_ENTRY_BYTES_MAX];
        for entry in [&b""[..], b"one", &long] {
            bundle.push(entry).expect("it fits");
        }
        assert_eq!(&bundle.as_bytes()[..9], b"\x00\x00\x00\x03one\xff\xff");
        let too_long = vec![7; BUNDLED_ENTRY_BYTES_MAX + 1];
        assert_eq!(bundle.push(&too_long), Err(BundleError::TooLong(65_536)));
        let bytes = bundle.as_bytes();
        assert_eq!(EntryBundle::decode(bytes, 3), Ok(vec![&b""[..], b"one", &long]));
        for cut in [1, 3, 4, 6, 8, 9, bytes.len() - 1] {
            assert!(
                EntryBundle::entries(&bytes[..cut]).any(|entry| entry.is_err()),
                "cut at {cut}"
            );
            assert_eq!(
                EntryBundle::entries(&bytes[..cut])
                    .filter(|entry| entry.is_err())
                    .count(),
                1
            );
        }
        let count = |width| EntryBundle::decode(bytes, width);
        assert_eq!(count(2), Err(BundleError::Count { expected: 2, got: 3 }));
        assert_eq!(count(4), Err(BundleError::Count { expected: 4, got: 3 }));
        assert_eq!(
            EntryBundle::decode(&[bytes, &[0]].concat(), 3),
            Err(BundleError::Truncated(3))
        );
    }
}
