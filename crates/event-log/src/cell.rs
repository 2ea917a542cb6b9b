//! The envelope of every value: enough in itself to be found again in the raw file of a database
//! that no longer opens. The layout is drawn in this crate's `README.md`.

use crc32c::crc32c;
use proof::{Frontier, leaf_hash};

use crate::format::{FORMAT, VALUE_BYTES_MAX};
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
fn short(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
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

/// Name of a frame in the chain of its log: the first 16 bytes of the RFC 6962 leaf hash of the whole cell.
pub(crate) type FrameHash = [u8; 16];

pub(crate) fn frame_hash(cell: &[u8]) -> FrameHash {
    first_half(leaf_hash(cell))
}

fn first_half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

/// Bytes of a frame's body before its entries: hash of the previous frame, flags.
const FRAME_HEAD_BYTES: usize = 17;
/// Bytes before each entry of a frame.
pub(crate) const FRAME_ENTRY_BYTES: usize = 8;
/// Bytes of a frame without entries.
pub(crate) const FRAME_EMPTY_BYTES: usize = HEADER_BYTES + FRAME_HEAD_BYTES + TAIL_BYTES;
const STAGED: u8 = 1;

/// What a frame says of an entry's personal part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PersonalSum {
    pub(crate) bytes: usize,
    pub(crate) crc: u32,
}

/// A frame taken apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) log: LogId,
    pub(crate) first: u64,
    pub(crate) count: u8,
    pub(crate) previous: FrameHash,
    /// Whether its entries were staged when it was written.
    pub(crate) staged: bool,
    entries: &'a [u8],
}

impl<'a> Frame<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        Self::of(&Cell::parse(bytes)?)
    }

    pub(crate) fn of(cell: &Cell<'a>) -> Option<Self> {
        let (previous, rest) = cell.body.split_first_chunk::<16>()?;
        let (flags, entries) = rest.split_first()?;
        let sound = cell.kind == CellKind::Frame && cell.count > 0 && cell.number > 0 && *flags <= STAGED;
        sound.then_some(Self {
            log: cell.log,
            first: cell.number,
            count: cell.count,
            previous: *previous,
            staged: *flags == STAGED,
            entries,
        })
    }

    /// Sequence of its last entry.
    pub(crate) const fn last(&self) -> u64 {
        self.first + self.count as u64 - 1
    }

    /// Event bytes and what is known of the personal part, in order. Ends early if the body is malformed.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a [u8], Option<PersonalSum>)> + use<'a> {
        let mut rest = self.entries;
        (0..self.count).map_while(move |_| {
            let (bytes, personal) = (usize::from(u16_at(rest, 0)?), usize::from(u16_at(rest, 2)?));
            let crc = u32_at(rest, 4)?;
            let event = rest.get(FRAME_ENTRY_BYTES..FRAME_ENTRY_BYTES + bytes)?;
            rest = &rest[FRAME_ENTRY_BYTES + bytes..];
            Some((event, personal.checked_sub(1).map(|bytes| PersonalSum { bytes, crc })))
        })
    }
}

pub(crate) fn begin_frame(commit: u64, log: LogId, first: u64, previous: FrameHash, staged: bool) -> Vec<u8> {
    let mut bytes = begin(CellKind::Frame, commit, log, first, VALUE_BYTES_MAX);
    bytes.extend_from_slice(&previous);
    bytes.push(if staged { STAGED } else { 0 });
    bytes
}

pub(crate) fn push_frame_entry(bytes: &mut Vec<u8>, event: &[u8], personal: Option<PersonalSum>) {
    bytes.extend_from_slice(&short(event.len()).to_be_bytes());
    bytes.extend_from_slice(&personal.map_or(0, |sum| short(sum.bytes + 1)).to_be_bytes());
    bytes.extend_from_slice(&personal.map_or(0, |sum| sum.crc).to_be_bytes());
    bytes.extend_from_slice(event);
}

/// Bytes before each piece in a pack.
pub(crate) const PIECE_HEAD_BYTES: usize = 12;
/// Bytes of a pack without pieces: envelope and index.
pub(crate) const PACK_EMPTY_BYTES: usize = HEADER_BYTES + 1 + TAIL_BYTES;
const ERASED: u8 = 1;
const LATE: u8 = 2;

/// A piece of one personal part: all of it if it is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// Place of the entry in its frame, from 0.
    pub(crate) offset: u8,
    /// The part was erased: this stands in its place.
    pub(crate) erased: bool,
    /// The frame does not name it: it came, or was erased, later.
    pub(crate) late: bool,
    pub(crate) total: u16,
    pub(crate) start: u16,
    /// Checksum of the whole part.
    pub(crate) crc: u32,
    pub(crate) bytes: &'a [u8],
}

pub(crate) fn begin_pack(commit: u64, log: LogId, first: u64, index: u8) -> Vec<u8> {
    let mut bytes = begin(CellKind::Pack, commit, log, first, VALUE_BYTES_MAX);
    bytes.push(index);
    bytes
}

pub(crate) fn push_piece(pack: &mut Vec<u8>, piece: &Piece<'_>) {
    let flags = if piece.erased { ERASED } else { 0 } | if piece.late { LATE } else { 0 };
    pack.extend_from_slice(&[piece.offset, flags]);
    pack.extend_from_slice(&piece.total.to_be_bytes());
    pack.extend_from_slice(&piece.start.to_be_bytes());
    pack.extend_from_slice(&short(piece.bytes.len()).to_be_bytes());
    pack.extend_from_slice(&piece.crc.to_be_bytes());
    pack.extend_from_slice(piece.bytes);
}

/// The index of a pack and its pieces; the pieces end early if the body is malformed.
pub(crate) fn pieces<'a>(cell: &Cell<'a>) -> Option<(u8, impl Iterator<Item = Piece<'a>> + use<'a>)> {
    let (index, mut rest) = cell.body.split_first().filter(|_| cell.kind == CellKind::Pack)?;
    let pieces = (0..cell.count).map_while(move |_| {
        let bytes = usize::from(u16_at(rest, 6)?);
        let piece = Piece {
            offset: rest[0],
            erased: rest[1] & ERASED != 0,
            late: rest[1] & LATE != 0,
            total: u16_at(rest, 2)?,
            start: u16_at(rest, 4)?,
            crc: u32_at(rest, 8)?,
            bytes: rest.get(PIECE_HEAD_BYTES..PIECE_HEAD_BYTES + bytes)?,
        };
        rest = &rest[PIECE_HEAD_BYTES + bytes..];
        Some(piece)
    });
    Some((*index, pieces))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_every_flipped_bit_is_found() {
        let log = LogId([7; 16]);
        let mut bytes = begin_frame(9, log, 5, [3; 16], true);
        push_frame_entry(&mut bytes, b"one", None);
        push_frame_entry(&mut bytes, b"", Some(PersonalSum { bytes: 0, crc: 4 }));
        seal(&mut bytes, 2);
        let frame = Frame::parse(&bytes).expect("a frame");
        assert_eq!((frame.log, frame.first, frame.last()), (log, 5, 6));
        assert!(frame.staged);
        let entries: Vec<_> = frame.entries().collect();
        assert_eq!(
            entries,
            [(&b"one"[..], None), (&b""[..], Some(PersonalSum { bytes: 0, crc: 4 }))]
        );
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Cell::parse(&flipped).is_none(), "bit {bit}");
        }
        for cut in 0..bytes.len() {
            assert!(Cell::parse(&bytes[..cut]).is_none(), "cut {cut}");
        }
    }
}
