//! From a commit to the writes that carry it out. Nothing is written while planning, so a refused
//! step leaves no trace.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crc32c::crc32c;
use event::Sequence;
use event::bounds::{EVENT_BYTES_MAX, PERSONAL_BYTES_MAX};
use proof::leaf_hash;

use crate::cell::{Cell, HeadState, StoreState, meta_cell, meta_of, meta_sum, seal, tree_cell};
use crate::commit::Step;
use crate::engine::{EngineError, Source, Writes};
use crate::format::{
    FRAME_ENTRIES_MAX, FRAMES, PACKS, STATE_KEY, TREE_EVERY, TREES, VALUE_BYTES_MAX, head_key, key, meta_key,
};
use crate::frame::{
    FRAME_EMPTY_BYTES, FRAME_ENTRY_BYTES, Frame, PersonalSum, begin_frame, frame_hash, push_frame_entry,
};
use crate::overlay::Overlay;
use crate::packs::{Packs, late_in};
use crate::scan::{frame_at, walk};
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

pub(crate) struct Plan<'a, S> {
    pub(crate) over: Overlay<'a, S>,
    heads: &'a Heads,
    pub(crate) changed: Heads,
    pub(crate) state: StoreState,
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

    pub(crate) fn head(&self, log: LogId) -> HeadState {
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
        // Late parts are named by the frames from now on.
        head.late = head.late.saturating_sub(self.remove_frames(log, first)?);
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

pub(crate) fn within(what: &'static str, bytes: usize, max: usize) -> Result<(), StoreError> {
    if bytes <= max {
        Ok(())
    } else {
        Err(StoreError::TooLarge { what, bytes, max })
    }
}
