//! Finding damage. Nothing is repaired here.

use std::collections::BTreeMap;

use crate::cell::{Cell, HeadState, StoreState, meta_of, meta_sum};
use crate::engine::{EngineError, Source};
use crate::format::{FRAMES, HEADS, META, STATE_KEY, key, log_of, number_of};
use crate::frame::{Frame, FrameHash, frame_hash};
use crate::mark::{LogMark, Mark};
use crate::plan::Heads;
use crate::{LogId, LogReport, Problem, Report};

/// Most findings that are kept: beyond that the store is simply broken.
const PROBLEMS_MAX: usize = 256;

/// What the check at open read and found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) state: StoreState,
    pub(crate) heads: Heads,
    pub(crate) problems: Vec<Problem>,
    pub(crate) entries: u64,
    /// Whether the metadata agrees with its count and digest.
    pub(crate) meta_sound: bool,
}

pub(crate) fn note(problems: &mut Vec<Problem>, problem: Problem) {
    if problems.len() < PROBLEMS_MAX {
        problems.push(problem);
    }
}

/// The check at open: what [`small`] checks, contiguous keys, the mark, and the bytes of every frame since it.
pub(crate) fn check<S: Source>(source: &S, mark: &Mark) -> Result<Checked, EngineError> {
    let mut checked = small(source, mark)?;
    check_frames(source, &mut checked, mark)?;
    Ok(checked)
}

/// State, heads and metadata.
pub(crate) fn small<S: Source>(source: &S, mark: &Mark) -> Result<Checked, EngineError> {
    let mut checked = Checked::default();
    match source
        .get(STATE_KEY)?
        .as_ref()
        .map(|bytes| Cell::parse(bytes.as_ref()).as_ref().and_then(StoreState::of))
    {
        Some(Some(state)) => checked.state = state,
        Some(None) => note(
            &mut checked.problems,
            Problem::general("the state does not pass its checksum"),
        ),
        None => note(
            &mut checked.problems,
            Problem::general("the database is empty or has lost its state"),
        ),
    }
    if checked.state.commits < mark.commits {
        let what = format!(
            "{} commits were made, {} are there",
            mark.commits, checked.state.commits
        );
        note(&mut checked.problems, Problem::general(what));
    }
    check_heads(source, &mut checked)?;
    check_meta(source, &mut checked)?;
    Ok(checked)
}

fn check_heads<S: Source>(source: &S, checked: &mut Checked) -> Result<(), EngineError> {
    for pair in source.range(&[HEADS], &[HEADS + 1]) {
        let (key, value) = pair?;
        let log = log_of(key.as_ref()).unwrap_or_default();
        let cell = Cell::parse(value.as_ref()).filter(|cell| cell.log == log);
        match cell.as_ref().and_then(HeadState::of) {
            Some(head) => drop(checked.heads.insert(log, head)),
            None => note(
                &mut checked.problems,
                Problem {
                    log: Some(log),
                    ..Problem::general("the head does not pass its checksum")
                },
            ),
        }
    }
    let found = u64::try_from(checked.heads.len()).unwrap_or(u64::MAX);
    if found != checked.state.logs {
        let what = format!("{} logs were begun, {found} heads are there", checked.state.logs);
        note(&mut checked.problems, Problem::general(what));
    }
    Ok(())
}

fn check_meta<S: Source>(source: &S, checked: &mut Checked) -> Result<(), EngineError> {
    let (mut count, mut digest) = (0, 0u128);
    for pair in source.range(&[META], &[META + 1]) {
        let (key, value) = pair?;
        let cell = Cell::parse(value.as_ref());
        match cell
            .as_ref()
            .and_then(meta_of)
            .filter(|(name, _)| key.as_ref().get(1..) == Some(*name))
        {
            Some((name, value)) => digest = digest.wrapping_add(meta_sum(name, value)),
            None => note(
                &mut checked.problems,
                Problem::general("a metadata value does not pass its checksum"),
            ),
        }
        count += 1;
    }
    checked.meta_sound = (count, digest) == (checked.state.meta_count, checked.state.meta_digest);
    if !checked.meta_sound {
        let what = format!(
            "{} metadata values were kept, {count} are there or some are old",
            checked.state.meta_count
        );
        note(&mut checked.problems, Problem::general(what));
    }
    Ok(())
}

/// How far the pass over the frames of one log has come.
struct Pass<'a> {
    log: LogId,
    head: Option<&'a HeadState>,
    mark: Option<&'a LogMark>,
    expected: u64,
    previous: Option<FrameHash>,
}

impl Pass<'_> {
    fn frame(&mut self, first: u64, bytes: &[u8], problems: &mut Vec<Problem>) {
        let log = self.log;
        if first > self.expected {
            note(
                problems,
                Problem::of(log, self.expected, first - 1, "entries are missing"),
            );
            self.previous = None;
        }
        // Frames from the mark on are read; of those before it only the key and the count are.
        let fresh = self.mark.is_none_or(|mark| first >= mark.first);
        let cell = if fresh { Cell::parse(bytes) } else { Cell::peek(bytes) };
        let frame = cell
            .as_ref()
            .and_then(Frame::of)
            .filter(|frame| frame.log == log && frame.first == first);
        let Some(frame) = frame else {
            note(
                problems,
                Problem::of(log, first, first, "a frame does not pass its checksum"),
            );
            (self.expected, self.previous) = (first.saturating_add(1), None);
            return;
        };
        if first < self.expected {
            note(
                problems,
                Problem::of(log, first, self.expected - 1, "two frames hold the same sequences"),
            );
        }
        if fresh {
            if self.previous.is_some_and(|hash| hash != frame.previous) {
                note(
                    problems,
                    Problem::of(log, first, frame.last(), "a frame does not follow the one before it"),
                );
            }
            self.previous = Some(frame_hash(bytes));
            if let Some(mark) = self
                .mark
                .filter(|mark| mark.first == first && Some(mark.hash) != self.previous)
            {
                note(
                    problems,
                    Problem::of(log, first, mark.size, "a frame is not the one of the high-water mark"),
                );
            }
        }
        self.expected = frame.last() + 1;
    }

    fn end(&self, problems: &mut Vec<Problem>) -> u64 {
        let found = self.expected - 1;
        let Some(head) = self.head else {
            note(
                problems,
                Problem::of(self.log, 1, found, "the log has frames but no head"),
            );
            return found;
        };
        if found < head.head.staged_size {
            note(
                problems,
                Problem::of(self.log, self.expected, head.head.staged_size, "entries are missing"),
            );
        } else if found > head.head.staged_size {
            note(
                problems,
                Problem::of(
                    self.log,
                    head.head.staged_size + 1,
                    found,
                    "the head is behind its frames",
                ),
            );
        } else if found > 0 && self.previous != Some(head.last_hash) {
            note(
                problems,
                Problem::of(
                    self.log,
                    head.last_first,
                    found,
                    "the last frame is not the one of the head",
                ),
            );
        }
        found
    }
}

fn check_frames<S: Source>(source: &S, checked: &mut Checked, mark: &Mark) -> Result<(), EngineError> {
    let marks: BTreeMap<LogId, &LogMark> = mark.logs.iter().map(|row| (row.log, row)).collect();
    for row in &mark.logs {
        let size = checked.heads.get(&row.log).map_or(0, |head| head.head.size);
        if size < row.size {
            note(
                &mut checked.problems,
                Problem::of(
                    row.log,
                    size + 1,
                    row.size,
                    "entries below the high-water mark are missing",
                ),
            );
        }
    }
    let mut entries = 0;
    let mut seen = 0;
    let mut pass: Option<Pass<'_>> = None;
    for pair in source.range(&[FRAMES], &[FRAMES + 1]) {
        let (key, value) = pair?;
        let log = log_of(key.as_ref()).unwrap_or_default();
        if pass.as_ref().is_none_or(|pass| pass.log != log) {
            if let Some(done) = pass.take() {
                entries += done.end(&mut checked.problems);
            }
            let head = checked.heads.get(&log);
            seen += usize::from(head.is_some_and(|head| head.head.staged_size > 0));
            let mark = marks.get(&log).copied();
            pass = Some(Pass {
                log,
                head,
                mark,
                expected: 1,
                previous: None,
            });
        }
        if let Some(pass) = &mut pass {
            pass.frame(
                number_of(key.as_ref()).unwrap_or(0),
                value.as_ref(),
                &mut checked.problems,
            );
        }
    }
    if let Some(done) = pass {
        entries += done.end(&mut checked.problems);
    }
    checked.entries = entries;
    // Logs with a head but without a single frame were not passed.
    if seen != checked.heads.values().filter(|head| head.head.staged_size > 0).count() {
        for (log, head) in checked.heads.iter().filter(|(_, head)| head.head.staged_size > 0) {
            if source
                .range(&key(FRAMES, *log, 0), &key(FRAMES, *log, u64::MAX))
                .next()
                .is_none()
            {
                note(
                    &mut checked.problems,
                    Problem::of(*log, 1, head.head.staged_size, "entries are missing"),
                );
            }
        }
    }
    Ok(())
}

pub(crate) fn tail_report(checked: &Checked) -> Report {
    let logs = checked.heads.iter().map(|(log, head)| LogReport {
        log: *log,
        size: head.head.size,
        root: head.head.frontier.root(),
    });
    Report {
        logs: logs.collect(),
        entries: checked.entries,
        problems: checked.problems.clone(),
    }
}
