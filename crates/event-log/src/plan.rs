//! From a commit to the writes that carry it out. Nothing is written while planning, so a refused
//! step leaves no trace.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crc32c::crc32c;
use event::Sequence;
use event::bounds::{EVENT_BYTES_MAX, PERSONAL_BYTES_MAX};
use proof::leaf_hash;

use crate::cell::{
    Cell, FRAME_EMPTY_BYTES, FRAME_ENTRY_BYTES, Frame, HeadState, PACK_EMPTY_BYTES, PIECE_HEAD_BYTES, PersonalSum,
    Piece, StoreState, TAIL_BYTES, begin_frame, begin_pack, frame_hash, meta_cell, meta_of, meta_sum, pieces,
    push_frame_entry, push_piece, seal, tree_cell,
};
use crate::commit::Step;
use crate::engine::{EngineError, Pair, Source, Writes};
use crate::format::{
    FRAME_ENTRIES_MAX, FRAMES, PACK_BYTES_MAX, PACKS, STATE_KEY, TREE_EVERY, TREES, VALUE_BYTES_MAX, head_key, key,
    meta_key, pack_key,
};
use crate::scan::{frame_at, personal, pieces_of, walk};
use crate::{Commit, Head, LogEntry, LogId, META_KEY_BYTES_MAX, META_VALUE_BYTES_MAX, Problem, StoreError};

/// Heads of all logs.
pub(crate) type Heads = BTreeMap<LogId, HeadState>;

/// A commit worked out: what to write, and the heads and the state afterwards.
pub(crate) struct Planned {
    pub(crate) writes: Writes,
    pub(crate) heads: Heads,
    pub(crate) state: StoreState,
}

/// Works a commit out. `writes` is empty if everything was there already.
pub(crate) fn plan<S: Source>(
    source: &S,
    heads: &Heads,
    state: StoreState,
    commit: Commit,
) -> Result<Planned, StoreError> {
    let state = StoreState {
        commits: state.commits + 1,
        ..state
    };
    let over = Overlay {
        source,
        writes: Writes::new(),
    };
    let mut plan = Plan {
        over,
        heads,
        changed: Heads::new(),
        state,
    };
    for step in commit.steps {
        plan.step(step)?;
    }
    Ok(plan.finish())
}

/// A source with writes laid over it.
struct Overlay<'a, S> {
    source: &'a S,
    writes: Writes,
}

/// A slice of the source, or one that is about to be written.
enum Laid<S> {
    Below(S),
    Above(Vec<u8>),
}

impl<S: AsRef<[u8]>> AsRef<[u8]> for Laid<S> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Below(slice) => slice.as_ref(),
            Self::Above(bytes) => bytes,
        }
    }
}

impl<'o, S: Source> Source for Overlay<'o, S> {
    type Slice = Laid<S::Slice>;

    fn get(&self, key: &[u8]) -> Result<Option<Self::Slice>, EngineError> {
        match self.writes.get(key) {
            Some(value) => Ok(value.clone().map(Laid::Above)),
            None => Ok(self.source.get(key)?.map(Laid::Below)),
        }
    }

    fn range<'s>(
        &'s self,
        from: &[u8],
        to: &[u8],
    ) -> impl Iterator<Item = Result<Pair<Self::Slice>, EngineError>> + use<'s, 'o, S> {
        let bounds = from.to_vec()..to.to_vec();
        let mut above = self.writes.range(bounds).peekable();
        let mut below = self.source.range(from, to).peekable();
        std::iter::from_fn(move || {
            loop {
                let ahead = match (above.peek(), below.peek()) {
                    (None, None) => return None,
                    (_, Some(Err(_))) | (None, _) => false,
                    (Some(_), None) => true,
                    (Some((high, _)), Some(Ok((low, _)))) => {
                        if high.as_slice() == low.as_ref() {
                            // Written over: the one below is passed over.
                            below.next();
                        }
                        below
                            .peek()
                            .is_none_or(|low| low.as_ref().is_ok_and(|(low, _)| high.as_slice() < low.as_ref()))
                    }
                };
                if !ahead {
                    return below
                        .next()
                        .map(|pair| pair.map(|(key, value)| (Laid::Below(key), Laid::Below(value))));
                }
                if let Some((key, Some(value))) = above.next() {
                    return Some(Ok((Laid::Above(key.clone()), Laid::Above(value.clone()))));
                }
            }
        })
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair<Self::Slice>>, EngineError> {
        let mut to = to.to_vec();
        loop {
            let below = self.source.last(from, &to)?;
            let above = self.writes.range(from.to_vec()..to.clone()).next_back();
            match (above, below) {
                (Some((high, value)), below)
                    if below.as_ref().is_none_or(|(low, _)| high.as_slice() >= low.as_ref()) =>
                {
                    match value {
                        Some(value) => return Ok(Some((Laid::Above(high.clone()), Laid::Above(value.clone())))),
                        None => to.clone_from(high),
                    }
                }
                (_, below) => return Ok(below.map(|(key, value)| (Laid::Below(key), Laid::Below(value)))),
            }
        }
    }
}

struct Plan<'a, S> {
    over: Overlay<'a, S>,
    heads: &'a Heads,
    changed: Heads,
    state: StoreState,
}

impl<S: Source> Plan<'_, S> {
    fn step(&mut self, step: Step) -> Result<(), StoreError> {
        match step {
            Step::Append { log, first, entries } => self.append(log, first, &entries),
            Step::Stage { log, first, entries } => self.stage(log, first, &entries),
            Step::Accept { log, size } => self.accept(log, size),
            Step::DropStage { log } => self.drop_stage(log),
            Step::PutMeta { key, value } => self.put_meta(&key, Some(&value)),
            Step::RemoveMeta { key } => self.put_meta(&key, None),
            Step::PutPersonal { log, sequence, blob } => self.put_personal(log, sequence, &blob),
            Step::ErasePersonal { log, sequence } => self.erase_personal(log, sequence),
        }
    }

    fn finish(mut self) -> Planned {
        // Heads that were looked at but stayed as they were are not written.
        let heads = self.heads;
        self.changed
            .retain(|log, head| heads.get(log).map_or(head.head.staged_size > 0, |old| old != head));
        let created = self.changed.keys().filter(|log| !heads.contains_key(log)).count();
        self.state.logs += u64::try_from(created).unwrap_or(u64::MAX);
        for (log, head) in &self.changed {
            self.over
                .writes
                .insert(head_key(*log).to_vec(), Some(head.to_cell(self.state.commits, *log)));
        }
        if !self.over.writes.is_empty() {
            self.over.writes.insert(STATE_KEY.to_vec(), Some(self.state.to_cell()));
        }
        Planned {
            writes: self.over.writes,
            heads: self.changed,
            state: self.state,
        }
    }

    fn head(&self, log: LogId) -> HeadState {
        self.changed
            .get(&log)
            .or_else(|| self.heads.get(&log))
            .cloned()
            .unwrap_or_default()
    }

    fn append(&mut self, log: LogId, first: Sequence, entries: &[LogEntry]) -> Result<(), StoreError> {
        let Head { size, staged_size, .. } = self.head(log).head;
        if staged_size > size {
            return Err(StoreError::Staged { log });
        }
        let new = self.new_entries(log, first, entries, size)?;
        let mut head = self.head(log);
        for entry in new {
            head.head.frontier.push(leaf_hash(&entry.bytes));
            self.keep_tree(log, &head);
        }
        self.write_frames(log, &mut head, new, false);
        head.head.size = head.head.staged_size;
        self.changed.insert(log, head);
        Ok(())
    }

    fn stage(&mut self, log: LogId, first: Sequence, entries: &[LogEntry]) -> Result<(), StoreError> {
        let size = self.head(log).head.staged_size;
        let new = self.new_entries(log, first, entries, size)?;
        let mut head = self.head(log);
        self.write_frames(log, &mut head, new, true);
        self.changed.insert(log, head);
        Ok(())
    }

    /// The entries beyond `size`, once those before it were found to be there already.
    fn new_entries<'e>(
        &mut self,
        log: LogId,
        first: Sequence,
        entries: &'e [LogEntry],
        size: u64,
    ) -> Result<&'e [LogEntry], StoreError> {
        for entry in entries {
            within("an event", entry.bytes.len(), EVENT_BYTES_MAX)?;
            within(
                "a personal part",
                entry.personal.as_ref().map_or(0, Vec::len),
                PERSONAL_BYTES_MAX,
            )?;
        }
        let Some(overlap) = (size + 1).checked_sub(first.get()) else {
            return Err(StoreError::Gap {
                log,
                expected: Sequence::after_size(size),
                got: first,
            });
        };
        let overlap = usize::try_from(overlap).unwrap_or(usize::MAX).min(entries.len());
        let (old, new) = entries.split_at(overlap);
        if let Some(last) = u64::try_from(old.len()).ok().and_then(|n| n.checked_sub(1)) {
            self.compare(log, first, first.get() + last, old)?;
        }
        Ok(new)
    }

    fn compare(&mut self, log: LogId, first: Sequence, last: u64, old: &[LogEntry]) -> Result<(), StoreError> {
        let mut given = old.iter();
        let (mut conflict, mut unsure) = (None, Vec::new());
        walk(&self.over, log, first.get(), last, false, &mut |sequence, bytes, _| {
            let entry = given.next();
            if entry.is_none_or(|entry| entry.bytes != bytes) {
                conflict = Some(Sequence::after_size(sequence - 1));
                return ControlFlow::Break(());
            }
            if let Some(blob) = entry.and_then(|entry| entry.personal.as_ref()) {
                unsure.push((Sequence::after_size(sequence - 1), blob));
            }
            ControlFlow::Continue(())
        })?;
        if let Some(sequence) = conflict {
            return Err(StoreError::Conflict { log, sequence });
        }
        for (sequence, blob) in unsure {
            self.put_personal(log, sequence, blob)?;
        }
        Ok(())
    }

    fn keep_tree(&mut self, log: LogId, head: &HeadState) {
        let size = head.head.frontier.size();
        if size.is_multiple_of(TREE_EVERY) {
            let cell = tree_cell(self.state.commits, log, &head.head.frontier);
            self.over.writes.insert(key(TREES, log, size).to_vec(), Some(cell));
        }
    }

    /// Writes entries behind the last frame, in frames of 1 to 16, and their personal parts in packs.
    fn write_frames(&mut self, log: LogId, head: &mut HeadState, mut entries: &[LogEntry], staged: bool) {
        while !entries.is_empty() {
            let first = head.head.staged_size + 1;
            let mut frame = begin_frame(self.state.commits, log, first, head.last_hash, staged);
            let mut packs = Packs::new(self.state.commits, log, first, 0);
            let (mut count, mut room) = (0, VALUE_BYTES_MAX - FRAME_EMPTY_BYTES);
            for (entry, offset) in entries.iter().zip(0u8..).take(FRAME_ENTRIES_MAX) {
                let Some(left) = room.checked_sub(FRAME_ENTRY_BYTES + entry.bytes.len()) else {
                    break;
                };
                let sum = entry.personal.as_ref().map(|blob| PersonalSum {
                    bytes: blob.len(),
                    crc: crc32c(blob),
                });
                push_frame_entry(&mut frame, &entry.bytes, sum);
                if let (Some(blob), Some(sum)) = (&entry.personal, sum) {
                    packs.push(&mut self.over.writes, offset, false, sum.crc, blob);
                }
                (count, room) = (count + 1, left);
            }
            seal(&mut frame, count);
            packs.flush(&mut self.over.writes);
            head.last_hash = frame_hash(&frame);
            head.last_first = first;
            head.head.staged_size += u64::try_from(count).unwrap_or(u64::MAX);
            self.over.writes.insert(key(FRAMES, log, first).to_vec(), Some(frame));
            entries = &entries[count..];
        }
    }

    fn accept(&mut self, log: LogId, size: u64) -> Result<(), StoreError> {
        let mut head = self.head(log);
        let (from, staged_size) = (head.head.size + 1, head.head.staged_size);
        if size < from {
            return Ok(());
        }
        if size > staged_size {
            let expected = Sequence::after_size(staged_size);
            return Err(StoreError::Gap {
                log,
                expected,
                got: Sequence::after_size(size - 1),
            });
        }
        let mut leaves = Vec::new();
        walk(&self.over, log, from, size, false, &mut |_, bytes, _| {
            leaves.push(leaf_hash(bytes));
            ControlFlow::Continue(())
        })?;
        for leaf in leaves {
            head.head.frontier.push(leaf);
            self.keep_tree(log, &head);
        }
        head.head.size = size;
        self.split_frame(log, &mut head)?;
        self.changed.insert(log, head);
        Ok(())
    }

    /// Makes the accepted size the end of a frame. Only frames of the stage are written anew.
    fn split_frame(&mut self, log: LogId, head: &mut HeadState) -> Result<(), StoreError> {
        let (size, staged_size) = (head.head.size, head.head.staged_size);
        if size == staged_size {
            return Ok(());
        }
        let missing = || StoreError::from(Problem::of(log, size, size, "entries are missing"));
        let (first, cell) = frame_at(&self.over, log, size)?.ok_or_else(missing)?;
        let frame = Frame::parse(cell.as_ref()).ok_or_else(missing)?;
        if frame.last() == size {
            return Ok(());
        }
        let previous = frame.previous;
        let mut entries = Vec::new();
        walk(&self.over, log, first, staged_size, true, &mut |_, bytes, blob| {
            entries.push(LogEntry {
                bytes: bytes.to_vec(),
                personal: blob.map(<[u8]>::to_vec),
            });
            ControlFlow::Continue(())
        })?;
        self.remove_frames(log, first)?;
        (head.head.staged_size, head.last_hash) = (first - 1, previous);
        let accepted = usize::try_from(size + 1 - first)
            .unwrap_or(usize::MAX)
            .min(entries.len());
        self.write_frames(log, head, &entries[..accepted], true);
        self.write_frames(log, head, &entries[accepted..], true);
        Ok(())
    }

    fn drop_stage(&mut self, log: LogId) -> Result<(), StoreError> {
        let mut head = self.head(log);
        let size = head.head.size;
        if head.head.staged_size == size {
            return Ok(());
        }
        let late = self.remove_frames(log, size + 1)?;
        head.head.staged_size = size;
        head.late = head.late.saturating_sub(late);
        (head.last_first, head.last_hash) = match frame_at(&self.over, log, size)? {
            Some((first, cell)) if size > 0 => (first, frame_hash(cell.as_ref())),
            _ => (0, [0; 16]),
        };
        self.changed.insert(log, head);
        Ok(())
    }

    /// Removes every frame from `first` on, with its packs; returns how many late parts went with them.
    fn remove_frames(&mut self, log: LogId, first: u64) -> Result<u64, EngineError> {
        let (mut keys, mut late) = (Vec::new(), 0);
        for pair in self.over.range(&key(FRAMES, log, first), &key(FRAMES, log, u64::MAX)) {
            keys.push(pair?.0.as_ref().to_vec());
        }
        for pair in self.over.range(&key(PACKS, log, first), &key(PACKS, log, u64::MAX)) {
            let (key, pack) = pair?;
            late += late_in(pack.as_ref());
            keys.push(key.as_ref().to_vec());
        }
        self.over.writes.extend(keys.into_iter().map(|key| (key, None)));
        Ok(late)
    }

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

    fn put_personal(&mut self, log: LogId, sequence: Sequence, blob: &[u8]) -> Result<(), StoreError> {
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

    fn erase_personal(&mut self, log: LogId, sequence: Sequence) -> Result<(), StoreError> {
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

    fn put_meta(&mut self, name: &[u8], value: Option<&[u8]>) -> Result<(), StoreError> {
        within("a metadata key", name.len(), META_KEY_BYTES_MAX)?;
        within("a metadata value", value.map_or(0, <[u8]>::len), META_VALUE_BYTES_MAX)?;
        let key = meta_key(name);
        let old = self.over.get(&key)?;
        if let Some(old) = &old {
            let cell = Cell::parse(old.as_ref());
            let (_, old) = cell
                .as_ref()
                .and_then(meta_of)
                .filter(|(found, _)| *found == name)
                .ok_or_else(|| StoreError::from(Problem::general("a metadata value does not pass its checksum")))?;
            if Some(old) == value {
                return Ok(());
            }
            self.state.meta_count -= 1;
            self.state.meta_digest = self.state.meta_digest.wrapping_sub(meta_sum(name, old));
        } else if value.is_none() {
            return Ok(());
        }
        if let Some(value) = value {
            self.state.meta_count += 1;
            self.state.meta_digest = self.state.meta_digest.wrapping_add(meta_sum(name, value));
        }
        let cell = value.map(|value| meta_cell(self.state.commits, name, value));
        self.over.writes.insert(key, cell);
        Ok(())
    }
}

fn within(what: &'static str, bytes: usize, max: usize) -> Result<(), StoreError> {
    if bytes <= max {
        Ok(())
    } else {
        Err(StoreError::TooLarge { what, bytes, max })
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
struct Packs {
    commit: u64,
    log: LogId,
    first: u64,
    index: u8,
    count: usize,
    bytes: Vec<u8>,
}

impl Packs {
    const fn new(commit: u64, log: LogId, first: u64, index: u8) -> Self {
        Self {
            commit,
            log,
            first,
            index,
            count: 0,
            bytes: Vec::new(),
        }
    }

    fn push(&mut self, writes: &mut Writes, offset: u8, late: bool, crc: u32, blob: &[u8]) {
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

    fn flush(&mut self, writes: &mut Writes) {
        if self.count == 0 {
            return;
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        seal(&mut bytes, self.count);
        writes.insert(pack_key(self.log, self.first, self.index).to_vec(), Some(bytes));
        (self.index, self.count) = (self.index.saturating_add(1), 0);
    }
}
