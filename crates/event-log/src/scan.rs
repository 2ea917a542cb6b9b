//! The way through the frames of one log, personal parts beside them.

use std::borrow::Cow;
use std::iter::Peekable;
use std::ops::ControlFlow;

use crc32c::crc32c;

use crate::cell::Cell;
use crate::engine::{EngineError, Pair, Source};
use crate::format::{FRAMES, PACKS, key, number_of};
use crate::frame::{Frame, PersonalSum, Piece, pieces};
use crate::{LogId, Problem, StoreError};

/// A frame as it is stored, and the packs that belong to it.
pub(crate) struct Stored<S> {
    /// First sequence by the key.
    pub(crate) first: u64,
    pub(crate) cell: S,
    pub(crate) packs: Vec<S>,
}

/// The stored frames of `log` whose keys are `first <= number <= to`, in order; with packs if asked for.
pub(crate) fn stored_frames<S: Source>(
    source: &S,
    log: LogId,
    first: u64,
    to: u64,
    with_packs: bool,
) -> impl Iterator<Item = Result<Stored<S::Slice>, EngineError>> + use<'_, S> {
    let end = to.saturating_add(1);
    let frames = source.range(&key(FRAMES, log, first), &key(FRAMES, log, end));
    let mut packs = with_packs.then(|| source.range(&key(PACKS, log, first), &key(PACKS, log, end)).peekable());
    frames.map(move |pair| {
        let (key, cell) = pair?;
        let first = number_of(key.as_ref()).unwrap_or(0);
        let packs = packs.as_mut().map_or(Ok(Vec::new()), |packs| packs_of(packs, first))?;
        Ok(Stored { first, cell, packs })
    })
}

/// Takes the packs of the frame at `first`; those before it belong to no frame and are passed over.
fn packs_of<S, I>(packs: &mut Peekable<I>, first: u64) -> Result<Vec<S>, EngineError>
where
    S: AsRef<[u8]>,
    I: Iterator<Item = Result<Pair<S>, EngineError>>,
{
    let mut found = Vec::new();
    loop {
        let number = match packs.peek() {
            Some(Ok((key, _))) => number_of(key.as_ref()).unwrap_or(0),
            Some(Err(error)) => return Err(error.clone()),
            None => return Ok(found),
        };
        if number > first {
            return Ok(found);
        }
        if let Some(Ok((_, cell))) = packs.next()
            && number == first
        {
            found.push(cell);
        }
    }
}

/// Every piece in the packs of one frame; packs that do not pass their checksum give none.
pub(crate) fn pieces_of<S: AsRef<[u8]>>(packs: &[S], log: LogId, first: u64) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    for pack in packs {
        let cell = Cell::parse(pack.as_ref()).filter(|cell| cell.log == log && cell.number == first);
        if let Some((_, pieces)) = cell.as_ref().and_then(pieces) {
            found.extend(pieces);
        }
    }
    found
}

/// The personal part at `offset` of a frame, put together from its pieces.
///
/// `Ok(None)`: there is none, it has not come yet, or it was erased. `Err`: what is wrong.
pub(crate) fn personal<'a>(
    pieces: &[Piece<'a>],
    offset: u8,
    sum: Option<PersonalSum>,
) -> Result<Option<Cow<'a, [u8]>>, &'static str> {
    let mut own = pieces.iter().filter(|piece| piece.offset == offset).peekable();
    let Some(head) = own.peek().copied() else {
        return if sum.is_none() {
            Ok(None)
        } else {
            Err("the personal part is missing")
        };
    };
    if head.erased {
        return Ok(None);
    }
    if sum.is_some_and(|sum| sum.bytes != usize::from(head.total) || sum.crc != head.crc) {
        return Err("the personal part is not the one that the frame names");
    }
    if head.start == 0 && head.bytes.len() == usize::from(head.total) {
        return Ok(Some(Cow::Borrowed(head.bytes)));
    }
    let mut whole = Vec::with_capacity(usize::from(head.total));
    for piece in own {
        if usize::from(piece.start) != whole.len() {
            return Err("a piece of the personal part is missing");
        }
        whole.extend_from_slice(piece.bytes);
    }
    if whole.len() != usize::from(head.total) || crc32c(&whole) != head.crc {
        return Err("a piece of the personal part is missing");
    }
    Ok(Some(Cow::Owned(whole)))
}

/// The frame that holds `sequence`, as (first sequence, cell).
pub(crate) fn frame_at<S: Source>(
    source: &S,
    log: LogId,
    sequence: u64,
) -> Result<Option<(u64, S::Slice)>, EngineError> {
    let found = source.last(&key(FRAMES, log, 0), &key(FRAMES, log, sequence.saturating_add(1)))?;
    Ok(found.map(|(key, cell)| (number_of(key.as_ref()).unwrap_or(0), cell)))
}

/// Sees one entry: sequence, event bytes, personal part.
pub(crate) type EntryVisit<'a> = dyn FnMut(u64, &[u8], Option<&[u8]>) -> ControlFlow<()> + 'a;

/// Visits the entries `from..=to` of a log, all of which must be there.
pub(crate) fn walk<S: Source>(
    source: &S,
    log: LogId,
    from: u64,
    to: u64,
    with_personal: bool,
    visit: &mut EntryVisit<'_>,
) -> Result<(), StoreError> {
    if from > to {
        return Ok(());
    }
    let missing = |from, to| Problem::of(log, from, to, "entries are missing");
    let Some((start, _)) = frame_at(source, log, from)? else {
        return Err(missing(from, to).into());
    };
    let mut expected = start;
    for stored in stored_frames(source, log, start, to, with_personal) {
        let stored = stored?;
        if stored.first != expected {
            return Err(missing(expected.max(from), stored.first.saturating_sub(1)).into());
        }
        let frame = Frame::parse(stored.cell.as_ref()).filter(|frame| frame.log == log && frame.first == expected);
        let Some(frame) = frame else {
            return Err(Problem::of(
                log,
                expected.max(from),
                expected.max(from),
                "a frame does not pass its checksum",
            )
            .into());
        };
        if frame.last() < from {
            expected = frame.last() + 1;
            continue;
        }
        let pieces = pieces_of(&stored.packs, log, expected);
        for ((sequence, offset), (bytes, sum)) in (expected..).zip(0u8..).zip(frame.entries()) {
            expected = sequence + 1;
            if sequence < from {
                continue;
            }
            if sequence > to {
                return Ok(());
            }
            let sum = sum.filter(|_| with_personal);
            let blob = personal(&pieces, offset, sum).map_err(|what| Problem::of(log, sequence, sequence, what))?;
            if visit(sequence, bytes, blob.as_deref()).is_break() {
                return Ok(());
            }
        }
        if expected != frame.last() + 1 {
            return Err(Problem::of(log, expected, frame.last(), "a frame ends early").into());
        }
    }
    if expected <= to {
        Err(missing(expected.max(from), to).into())
    } else {
        Ok(())
    }
}
