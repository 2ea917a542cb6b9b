//! Cells that hold entries: frames with the events, packs with their personal parts.

use proof::leaf_hash;

use crate::LogId;
use crate::cell::{Cell, CellKind, HEADER_BYTES, TAIL_BYTES, begin, first_half, short, u16_at, u32_at};
use crate::format::VALUE_BYTES_MAX;

/// Name of a frame in the chain of its log: the first 16 bytes of the RFC 6962 leaf hash of the whole cell.
pub(crate) type FrameHash = [u8; 16];

pub(crate) fn frame_hash(cell: &[u8]) -> FrameHash {
    first_half(leaf_hash(cell))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::seal;

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
