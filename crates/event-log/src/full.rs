//! The full verification: every byte, every personal part, every root from the leaves up.

use proof::{Frontier, leaf_hash};

use crate::cell::{Cell, HeadState, tree_of};
use crate::check::{Checked, note};
use crate::engine::{EngineError, Source};
use crate::format::{TREE_EVERY, TREES, key};
use crate::frame::{Frame, frame_hash};
use crate::packs::late_in;
use crate::scan::{personal, pieces_of, stored_frames};
use crate::{LogId, LogReport, Problem, Report};

/// Entries between two reports of progress.
const PROGRESS_EVERY: u64 = 4_096;

/// The bytes of every accepted frame, personal parts, stored edges and roots, as of `checked`: what
/// is committed meanwhile is left out. Staged frames lie beyond the mark and are checked at open.
pub(crate) fn full<S: Source>(
    source: &S,
    checked: &Checked,
    report: &mut Report,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), EngineError> {
    let total = checked.heads.values().map(|head| head.head.size).sum();
    let mut done = 0;
    report.logs.clear();
    for (log, head) in &checked.heads {
        let base = done;
        let mut tick = |entries: u64| {
            let before = done;
            done = base + entries;
            if done / PROGRESS_EVERY != before / PROGRESS_EVERY {
                progress(done, total);
            }
        };
        let root = full_log(
            source,
            (*log, head),
            checked.state.commits,
            &mut report.problems,
            &mut tick,
        )?;
        report.logs.push(LogReport {
            log: *log,
            size: head.head.size,
            root,
        });
    }
    progress(done, total);
    report.entries = done;
    Ok(())
}

fn full_log<S: Source>(
    source: &S,
    (log, head): (LogId, &HeadState),
    commits: u64,
    problems: &mut Vec<Problem>,
    tick: &mut dyn FnMut(u64),
) -> Result<[u8; 32], EngineError> {
    let size = head.head.size;
    let (mut expected, mut previous) = (1, None);
    let mut frontier = Frontier::new();
    let mut whole = true;
    // Whether no pack was written since `commits`: then late parts can be counted.
    let (mut late, mut settled) = (0, true);
    for stored in stored_frames(source, log, 1, size, true) {
        let stored = stored?;
        let bytes = stored.cell.as_ref();
        let frame = Frame::parse(bytes).filter(|frame| frame.log == log && frame.first == stored.first);
        let Some(frame) = frame else {
            note(
                problems,
                Problem::of(log, stored.first, stored.first, "a frame does not pass its checksum"),
            );
            (whole, previous) = (false, None);
            continue;
        };
        if frame.first != expected {
            note(
                problems,
                Problem::of(log, expected, frame.first - 1, "entries are missing or cannot be read"),
            );
            whole = false;
        }
        if previous.is_some_and(|hash| hash != frame.previous) {
            note(
                problems,
                Problem::of(
                    log,
                    frame.first,
                    frame.last(),
                    "a frame does not follow the one before it",
                ),
            );
        }
        previous = Some(frame_hash(bytes));
        for pack in &stored.packs {
            match Cell::parse(pack.as_ref()) {
                Some(cell) => settled &= cell.commit <= commits,
                None => note(
                    problems,
                    Problem::of(log, frame.first, frame.last(), "a pack does not pass its checksum"),
                ),
            }
        }
        late += stored.packs.iter().map(|pack| late_in(pack.as_ref())).sum::<u64>();
        let pieces = pieces_of(&stored.packs, log, frame.first);
        let mut count = 0u8;
        for (event, sum) in frame.entries() {
            let sequence = frame.first + u64::from(count);
            if let Err(what) = personal(&pieces, count, sum) {
                note(problems, Problem::of(log, sequence, sequence, what));
            }
            frontier.push(leaf_hash(event));
            if whole && frontier.size().is_multiple_of(TREE_EVERY) {
                check_tree(source, log, &frontier, problems)?;
            }
            count += 1;
        }
        if count != frame.count {
            note(
                problems,
                Problem::of(log, frame.first, frame.last(), "a frame ends early"),
            );
            whole = false;
        }
        expected = frame.last() + 1;
        tick(frame.last().min(size));
    }
    if expected <= size {
        note(
            problems,
            Problem::of(log, expected, size, "entries are missing or cannot be read"),
        );
        whole = false;
    }
    if whole && frontier != head.head.frontier {
        note(
            problems,
            Problem::of(log, 1, size, "the root over the entries is not the one that was kept"),
        );
    }
    if whole && settled && head.head.staged_size == size && late != head.late {
        let what = format!("{} personal parts came late, {late} are there", head.late);
        note(problems, Problem::of(log, 1, size, what));
    }
    Ok(frontier.root())
}

fn check_tree<S: Source>(
    source: &S,
    log: LogId,
    frontier: &Frontier,
    problems: &mut Vec<Problem>,
) -> Result<(), EngineError> {
    let stored = source.get(&key(TREES, log, frontier.size()))?;
    let cell = stored.as_ref().and_then(|bytes| Cell::parse(bytes.as_ref()));
    if cell.as_ref().and_then(tree_of).as_ref() != Some(frontier) {
        let at = frontier.size();
        note(
            problems,
            Problem::of(log, at, at, "the stored edge of the tree is missing or wrong"),
        );
    }
    Ok(())
}
