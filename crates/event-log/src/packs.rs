//! Personal parts: filling packs, late arrivals, erasure.

use crc32c::crc32c;
use event::Sequence;
use event::bounds::PERSONAL_BYTES_MAX;

use crate::cell::{Cell, TAIL_BYTES, seal};
use crate::engine::{Source, Writes};
use crate::format::{PACK_BYTES_MAX, PACKS, key, pack_key};
use crate::frame::{Frame, PACK_EMPTY_BYTES, PIECE_HEAD_BYTES, PersonalSum, Piece, begin_pack, pieces, push_piece};
use crate::plan::{Plan, within};
use crate::scan::{frame_at, personal, pieces_of};
use crate::{LogId, Problem, StoreError};

impl<S: Source> Plan<'_, S> {
    /// The frame that holds `sequence`: its first sequence, what it says of the personal part, the packs.
    #[expect(clippy::type_complexity, reason = "used in two places, a name would say no more")]
    fn personal_place(
        &self,
        log: LogId,
        sequence: Sequence,
    ) -> Result<(u64, u8, Option<PersonalSum>, Vec<(u8, Vec<u8>)>), StoreError> {
        let staged_size = self.head(log).head.staged_size;
        if sequence.get() > staged_size {
            return Err(StoreError::Gap {
                log,
                expected: Sequence::after_size(staged_size),
                got: sequence,
            });
        }
        let missing = || StoreError::from(Problem::of(log, sequence.get(), sequence.get(), "entries are missing"));
        let (first, cell) = frame_at(&self.over, log, sequence.get())?.ok_or_else(missing)?;
        let frame = Frame::parse(cell.as_ref()).ok_or_else(missing)?;
        let offset = u8::try_from(sequence.get() - first).map_err(|_| missing())?;
        let (_, sum) = frame.entries().nth(usize::from(offset)).ok_or_else(missing)?;
        let mut packs = Vec::new();
        for pair in self.over.range(&key(PACKS, log, first), &key(PACKS, log, first + 1)) {
            let (key, pack) = pair?;
            packs.push((key.as_ref().last().copied().unwrap_or(0), pack.as_ref().to_vec()));
        }
        Ok((first, offset, sum, packs))
    }

    pub(crate) fn put_personal(&mut self, log: LogId, sequence: Sequence, blob: &[u8]) -> Result<(), StoreError> {
        within("a personal part", blob.len(), PERSONAL_BYTES_MAX)?;
        let (first, offset, sum, packs) = self.personal_place(log, sequence)?;
        let cells: Vec<&[u8]> = packs.iter().map(|(_, pack)| pack.as_slice()).collect();
        let found = pieces_of(&cells, log, first);
        let crc = crc32c(blob);
        if sum.is_some_and(|sum| sum.bytes != blob.len() || sum.crc != crc) {
            return Err(StoreError::Conflict { log, sequence });
        }
        if found.iter().any(|piece| piece.offset == offset) {
            return match personal(&found, offset, sum) {
                Ok(Some(old)) if *old != *blob => Err(StoreError::Conflict { log, sequence }),
                Ok(_) => Ok(()),
                Err(what) => Err(Problem::of(log, sequence.get(), sequence.get(), what).into()),
            };
        }
        let late = sum.is_none();
        let mut new = Packs::new(self.state.commits, log, first, next_index(&packs));
        new.push(&mut self.over.writes, offset, late, crc, blob);
        new.flush(&mut self.over.writes);
        self.count_late(log, u64::from(late));
        Ok(())
    }

    pub(crate) fn erase_personal(&mut self, log: LogId, sequence: Sequence) -> Result<(), StoreError> {
        let size = self.head(log).head.size;
        if sequence.get() > size {
            return Err(StoreError::Gap {
                log,
                expected: Sequence::after_size(size),
                got: sequence,
            });
        }
        let (first, offset, sum, packs) = self.personal_place(log, sequence)?;
        let late = sum.is_none();
        let stone = Piece {
            offset,
            erased: true,
            late,
            total: 0,
            start: 0,
            crc: 0,
            bytes: &[],
        };
        let mut found = 0;
        for (index, pack) in &packs {
            let Some((_, old)) = Cell::parse(pack).as_ref().and_then(pieces) else {
                continue;
            };
            let old: Vec<Piece<'_>> = old.collect();
            if old.iter().all(|piece| piece.offset != offset) {
                continue;
            }
            if old.contains(&stone) {
                return Ok(());
            }
            let mut new = begin_pack(self.state.commits, log, first, *index);
            let mut count = 0;
            for piece in &old {
                if piece.offset != offset || found == 0 {
                    push_piece(&mut new, if piece.offset == offset { &stone } else { piece });
                    count += 1;
                }
                found += u64::from(piece.offset == offset);
            }
            seal(&mut new, count);
            let value = (count > 0).then_some(new);
            self.over.writes.insert(pack_key(log, first, *index).to_vec(), value);
        }
        if found == 0 {
            let mut new = begin_pack(self.state.commits, log, first, next_index(&packs));
            push_piece(&mut new, &stone);
            seal(&mut new, 1);
            self.over
                .writes
                .insert(pack_key(log, first, next_index(&packs)).to_vec(), Some(new));
            self.count_late(log, u64::from(late));
        }
        Ok(())
    }

    fn count_late(&mut self, log: LogId, n: u64) {
        let mut head = self.head(log);
        head.late += n;
        self.changed.insert(log, head);
    }
}

fn next_index(packs: &[(u8, Vec<u8>)]) -> u8 {
    packs
        .iter()
        .map(|(index, _)| index.saturating_add(1))
        .max()
        .unwrap_or(0)
}

/// Late parts in one pack, each counted at its first piece.
pub(crate) fn late_in(pack: &[u8]) -> u64 {
    let cell = Cell::parse(pack);
    let pieces = cell.as_ref().and_then(pieces).map(|(_, pieces)| pieces);
    let late = pieces
        .into_iter()
        .flatten()
        .filter(|piece| piece.late && piece.start == 0)
        .count();
    u64::try_from(late).unwrap_or(u64::MAX)
}

/// Fills packs of one frame with personal parts: small ones together, large ones in pieces.
pub(crate) struct Packs {
    commit: u64,
    log: LogId,
    first: u64,
    index: u8,
    count: usize,
    bytes: Vec<u8>,
}

impl Packs {
    pub(crate) const fn new(commit: u64, log: LogId, first: u64, index: u8) -> Self {
        Self {
            commit,
            log,
            first,
            index,
            count: 0,
            bytes: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, writes: &mut Writes, offset: u8, late: bool, crc: u32, blob: &[u8]) {
        let whole = PACK_BYTES_MAX - PACK_EMPTY_BYTES - PIECE_HEAD_BYTES;
        let taken = self.bytes.len() + PIECE_HEAD_BYTES + TAIL_BYTES;
        if self.count > 0 && taken + blob.len() > PACK_BYTES_MAX {
            self.flush(writes);
        }
        let total = u16::try_from(blob.len()).unwrap_or(u16::MAX);
        let mut start = 0;
        loop {
            let bytes = &blob[start..blob.len().min(start + whole)];
            if self.count == 0 {
                self.bytes = begin_pack(self.commit, self.log, self.first, self.index);
            }
            let at = u16::try_from(start).unwrap_or(u16::MAX);
            push_piece(
                &mut self.bytes,
                &Piece {
                    offset,
                    erased: false,
                    late,
                    total,
                    start: at,
                    crc,
                    bytes,
                },
            );
            self.count += 1;
            start += bytes.len();
            if start == blob.len() {
                return;
            }
            self.flush(writes);
        }
    }

    pub(crate) fn flush(&mut self, writes: &mut Writes) {
        if self.count == 0 {
            return;
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        seal(&mut bytes, self.count);
        writes.insert(pack_key(self.log, self.first, self.index).to_vec(), Some(bytes));
        (self.index, self.count) = (self.index.saturating_add(1), 0);
    }
}
