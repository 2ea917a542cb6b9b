//! The envelope of every value: enough in itself to be found again in the raw file of a database
//! that no longer opens. The layout is drawn in this crate's `README.md`.

use crc32c::crc32c;
use proof::{Frontier, leaf_hash};

use crate::format::{FORMAT, VALUE_BYTES_MAX};
use crate::frame::FrameHash;
use crate::{Head, LogId};

pub(crate) const MAGIC: [u8; 3] = [0x9d, b'M', b'Q'];
const VERSION: u8 = 1;
/// Bytes before the body.
pub(crate) const HEADER_BYTES: usize = 40;
/// Bytes of the checksum behind the body.
pub(crate) const TAIL_BYTES: usize = 4;

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CellKind {
    Frame = b'F' as isize,
    Pack = b'P' as isize,
    Head = b'H' as isize,
    Tree = b'T' as isize,
    Meta = b'M' as isize,
    State = b'S' as isize,
}

impl CellKind {
    const fn of(code: u8) -> Option<Self> {
        Some(match code {
            b'F' => Self::Frame,
            b'P' => Self::Pack,
            b'H' => Self::Head,
            b'T' => Self::Tree,
            b'M' => Self::Meta,
            b'S' => Self::State,
            _ => return None,
        })
    }

    const fn code(self) -> u8 {
        match self {
            Self::Frame => b'F',
            Self::Pack => b'P',
            Self::Head => b'H',
            Self::Tree => b'T',
            Self::Meta => b'M',
            Self::State => b'S',
        }
    }
}

/// A cell taken apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'a> {
    pub(crate) kind: CellKind,
    pub(crate) count: u8,
    /// Number of the commit that wrote it: of two cells of one key, the greater is the newer.
    pub(crate) commit: u64,
    pub(crate) log: LogId,
    pub(crate) number: u64,
    pub(crate) body: &'a [u8],
}

/// Lengths are bounded by [`VALUE_BYTES_MAX`] or by the event's own bounds before they come here.
pub(crate) fn short(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Length that the cell at the start of `bytes` claims, if it begins like one.
pub(crate) fn claimed_length(bytes: &[u8]) -> Option<usize> {
    if bytes.get(..3)? != MAGIC || CellKind::of(*bytes.get(3)?).is_none() || *bytes.get(4)? != VERSION {
        return None;
    }
    let length = usize::from(u16_at(bytes, 6)?);
    (HEADER_BYTES + TAIL_BYTES..=VALUE_BYTES_MAX)
        .contains(&length)
        .then_some(length)
}

impl<'a> Cell<'a> {
    /// Takes `bytes` apart if they are one whole cell, its checksum included.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let cell = Self::peek(bytes)?;
        let end = bytes.len() - TAIL_BYTES;
        (u32_at(bytes, end)? == crc32c(&bytes[..end])).then_some(cell)
    }

    /// As [`Cell::parse`] without the checksum: for passing over keys quickly.
    pub(crate) fn peek(bytes: &'a [u8]) -> Option<Self> {
        if claimed_length(bytes)? != bytes.len() {
            return None;
        }
        Some(Self {
            kind: CellKind::of(bytes[3])?,
            count: bytes[5],
            commit: u64_at(bytes, 8)?,
            log: LogId(*bytes[16..].first_chunk()?),
            number: u64_at(bytes, 32)?,
            body: &bytes[HEADER_BYTES..bytes.len() - TAIL_BYTES],
        })
    }
}

/// Begins a cell; the body is pushed behind, then [`seal`] closes it.
pub(crate) fn begin(kind: CellKind, commit: u64, log: LogId, number: u64, capacity: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + TAIL_BYTES + capacity);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&[kind.code(), VERSION, 0, 0, 0]);
    bytes.extend_from_slice(&commit.to_be_bytes());
    bytes.extend_from_slice(&log.0);
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes
}

pub(crate) fn seal(bytes: &mut Vec<u8>, count: usize) {
    bytes[5] = u8::try_from(count).unwrap_or(u8::MAX);
    let length = short(bytes.len() + TAIL_BYTES);
    bytes[6..8].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c(bytes);
    bytes.extend_from_slice(&crc.to_be_bytes());
}

pub(crate) fn first_half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

/// A head with what only the store needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeadState {
    pub(crate) head: Head,
    /// First sequence and hash of the last frame, staged ones included; 0 and zeros without frames.
    pub(crate) last_first: u64,
    pub(crate) last_hash: FrameHash,
    /// Personal parts that came, or were erased, without the frame naming them.
    pub(crate) late: u64,
}

impl HeadState {
    pub(crate) fn to_cell(&self, commit: u64, log: LogId) -> Vec<u8> {
        let mut bytes = begin(CellKind::Head, commit, log, self.head.size, 128);
        bytes.extend_from_slice(&self.head.staged_size.to_be_bytes());
        bytes.extend_from_slice(&self.last_first.to_be_bytes());
        bytes.extend_from_slice(&self.last_hash);
        bytes.extend_from_slice(&self.late.to_be_bytes());
        bytes.extend_from_slice(&self.head.frontier.to_bytes());
        seal(&mut bytes, 1);
        bytes
    }

    pub(crate) fn of(cell: &Cell<'_>) -> Option<Self> {
        let frontier = Frontier::from_bytes(cell.body.get(40..)?).ok()?;
        let staged_size = u64_at(cell.body, 0)?;
        let sound = cell.kind == CellKind::Head && frontier.size() == cell.number && staged_size >= cell.number;
        sound.then_some(Self {
            head: Head {
                size: cell.number,
                staged_size,
                frontier,
            },
            last_first: u64_at(cell.body, 8)?,
            last_hash: *cell.body.get(16..)?.first_chunk()?,
            late: u64_at(cell.body, 32)?,
        })
    }
}

pub(crate) fn tree_cell(commit: u64, log: LogId, frontier: &Frontier) -> Vec<u8> {
    let mut bytes = begin(CellKind::Tree, commit, log, frontier.size(), 512);
    bytes.extend_from_slice(&frontier.to_bytes());
    seal(&mut bytes, 1);
    bytes
}

pub(crate) fn tree_of(cell: &Cell<'_>) -> Option<Frontier> {
    let frontier = Frontier::from_bytes(cell.body).ok()?;
    (cell.kind == CellKind::Tree && frontier.size() == cell.number).then_some(frontier)
}

pub(crate) fn meta_cell(commit: u64, key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut bytes = begin(CellKind::Meta, commit, LogId::default(), 0, 2 + key.len() + value.len());
    bytes.extend_from_slice(&short(key.len()).to_be_bytes());
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(value);
    seal(&mut bytes, 1);
    bytes
}

/// Key and value of a metadata cell.
pub(crate) fn meta_of<'a>(cell: &Cell<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let length = usize::from(u16_at(cell.body, 0)?);
    let rest = cell
        .body
        .get(2..)
        .filter(|rest| cell.kind == CellKind::Meta && rest.len() >= length)?;
    Some(rest.split_at(length))
}

/// Counts over the whole store, renewed by every commit: they show that something small is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoreState {
    pub(crate) format: u32,
    /// Number of the last commit.
    pub(crate) commits: u64,
    pub(crate) logs: u64,
    pub(crate) meta_count: u64,
    /// Sum, modulo 2^128, of [`meta_sum`] over all metadata.
    pub(crate) meta_digest: u128,
}

impl StoreState {
    pub(crate) fn new() -> Self {
        Self {
            format: FORMAT,
            ..Self::default()
        }
    }

    pub(crate) fn to_cell(self) -> Vec<u8> {
        let mut bytes = begin(CellKind::State, self.commits, LogId::default(), 0, 36);
        bytes.extend_from_slice(&self.format.to_be_bytes());
        bytes.extend_from_slice(&self.logs.to_be_bytes());
        bytes.extend_from_slice(&self.meta_count.to_be_bytes());
        bytes.extend_from_slice(&self.meta_digest.to_be_bytes());
        seal(&mut bytes, 1);
        bytes
    }

    pub(crate) fn of(cell: &Cell<'_>) -> Option<Self> {
        (cell.kind == CellKind::State).then_some(Self {
            format: u32_at(cell.body, 0)?,
            commits: cell.commit,
            logs: u64_at(cell.body, 4)?,
            meta_count: u64_at(cell.body, 12)?,
            meta_digest: u128::from_be_bytes(*cell.body.get(20..)?.first_chunk()?),
        })
    }
}

/// One metadata value's share of the digest.
pub(crate) fn meta_sum(key: &[u8], value: &[u8]) -> u128 {
    let length = u64::try_from(key.len()).unwrap_or(u64::MAX).to_be_bytes();
    u128::from_be_bytes(first_half(leaf_hash(&[&length[..], key, value].concat())))
}
