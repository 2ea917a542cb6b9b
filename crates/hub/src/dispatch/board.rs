//! What stands on the board: every open request by whose turn it is. The rows of one page are gathered under the ledgers'
//! lock; their wordings are read after it.

use std::collections::BTreeMap;

use event::{Day, EntityId, Origin, Position, Sequence, UnitCode, When};
use ledger::{Cut, EntityKey, Ledger, LiveDigest, Query, Request, State, View};
use screen::Words;
use screen::text;
use screen::township::{Board, BoardLine, Pages, Stage};

use super::names::Names;
use super::texts::{raised_at, wordings};
use super::{PAGE_LINES, Pick, SEVERAL_MAX, Seen, address};
use crate::{Desk, Refusal};

/// The stages, in the order of the board: the ledger's open states.
const STAGES: [State; 7] = [
    State::Registered,
    State::Accepted,
    State::Assigned,
    State::Handling,
    State::Replied,
    State::Unsatisfied,
    State::Satisfied,
];

/// What of the board is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) village: Option<UnitCode>,
    pub(crate) stage: Option<State>,
    /// From 1; a page that is not there stands for the last one.
    pub(crate) page: usize,
}

impl Filter {
    /// The filter that an address says; what it does not understand it leaves out.
    pub(crate) fn read(village: Option<&str>, stage: Option<&str>, page: Option<&str>) -> Self {
        let state = |key: &str| STAGES.into_iter().find(|state| state.key() == key);
        Self {
            village: village.and_then(|code| code.parse().ok()),
            stage: stage.and_then(state),
            page: page.and_then(|page| page.parse().ok()).unwrap_or(1),
        }
    }

    fn address(self, stage: Option<State>, page: usize) -> String {
        let mut parts = Vec::new();
        parts.extend(self.village.map(|code| format!("village={code}")));
        parts.extend(stage.map(|stage| format!("stage={}", stage.key())));
        if page > 1 {
            parts.push(format!("page={page}"));
        }
        if parts.is_empty() {
            "/requests".to_owned()
        } else {
            format!("/requests?{}", parts.join("&"))
        }
    }
}

/// Whether the township has the next step.
const fn is_ours(state: State) -> bool {
    !matches!(state, State::Assigned | State::Handling | State::Closed)
}

fn stage_of(state: State) -> usize {
    STAGES.iter().position(|stage| *stage == state).unwrap_or(STAGES.len())
}

/// The day that the age runs from.
pub(crate) fn since(row: &Request) -> Day {
    row.accepted_on.unwrap_or(row.registered_on)
}

fn days(from: Day, to: Day) -> u32 {
    u32::try_from((i64::from(to.0) - i64::from(from.0)).max(0)).unwrap_or(u32::MAX)
}

/// Days past the due day, while nobody has answered: an answered matter is no longer late.
fn late(row: &Request, today: Day) -> u32 {
    if row.replied_on.is_some() {
        0
    } else {
        row.overdue_days(today)
    }
}

/// Where a request stands in the table. Ours by stage, the oldest first; then the others', the late ones first, then by due
/// day. Of two alike the older identity is first.
fn place(row: &Request, today: Day) -> (bool, usize, i64, EntityId) {
    if is_ours(row.state) {
        return (false, stage_of(row.state), i64::from(since(row).0), row.request);
    }
    let due = row.due.map_or(i64::MAX, |due| i64::from(due.day().0));
    (true, usize::from(late(row, today) == 0), due, row.request)
}

/// One page of the board, gathered from the ledger.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    stages: Vec<(State, usize, usize, Option<u32>)>,
    open: usize,
    ours: usize,
    rows: Vec<(Request, Seen)>,
    places: BTreeMap<EntityId, (Origin, Sequence)>,
    /// Where the township's assignments of those stand that nobody has begun with.
    assigned: BTreeMap<EntityId, Position>,
    page: usize,
    pages: usize,
    cut: Cut,
    digest: LiveDigest,
}

/// Gathers a page. The work is in the number of open requests.
pub(crate) fn lines(ledger: &Ledger, filter: Filter, today: Day) -> Lines {
    let mut stages = STAGES.map(|state| (state, 0, 0, None));
    let mut found = Vec::new();
    let here = |row: &&Request| filter.village.is_none_or(|village| row.unit == village);
    for row in ledger.open_requests().filter(here) {
        if let Some((_, count, overdue, oldest)) = stages.get_mut(stage_of(row.state)) {
            *count += 1;
            *overdue += usize::from(late(row, today) > 0);
            *oldest = (*oldest).max(Some(days(since(row), today)));
        }
        if filter.stage.is_none_or(|stage| row.state == stage) {
            found.push((place(row, today), row));
        }
    }
    let ours = found.iter().filter(|((theirs, ..), _)| !theirs).count();
    let pages = found.len().div_ceil(PAGE_LINES).max(1);
    let page = filter.page.clamp(1, pages);
    found.sort_unstable_by_key(|(place, _)| *place);
    let shown = found.iter().skip((page - 1) * PAGE_LINES).take(PAGE_LINES);
    let rows: Vec<_> = shown
        .filter_map(|(_, row)| Some(((*row).clone(), Seen::of(ledger, row)?)))
        .collect();
    Lines {
        stages: stages.to_vec(),
        open: found.len(),
        ours,
        places: raised_at(ledger, rows.iter().map(|(row, _)| row.request)),
        assigned: rows
            .iter()
            .filter_map(|(row, seen)| assigned_at(ledger, row, *seen))
            .collect(),
        rows,
        page,
        pages,
        cut: ledger.cut(),
        digest: digest(ledger, filter.village),
    }
}

/// Where the township's assignment stands, of a request that nobody has begun with.
fn assigned_at(ledger: &Ledger, row: &Request, seen: Seen) -> Option<(EntityId, Position)> {
    if row.state != State::Assigned {
        return None;
    }
    let story = ledger.story(EntityKey::request(row.request));
    let step = story.into_iter().find(|step| step.event == seen.last && step.by_hub)?;
    Some((row.request, step.position))
}

fn digest(ledger: &Ledger, village: Option<UnitCode>) -> LiveDigest {
    match village {
        Some(village) => ledger.live_digest(View::Requests, village),
        None => ledger.live_digest_of_all(&[View::Requests]),
    }
}

/// 「截至 第 1,291 号收据 · 摘要 e92d… · 规则第 1 版」
pub(crate) fn cut(w: Words, cut: Cut, digest: LiveDigest) -> String {
    let position = cut.position.map_or_else(
        || w.before_first_receipt().to_owned(),
        |position| w.receipt(&text::number(position.0)),
    );
    let digest: String = digest.to_string().chars().take(4).collect();
    w.board_cut(&position, &digest, cut.rule_version)
}

fn line(row: &Request, seen: Seen, wording: String, names: &Names, today: Day, w: Words) -> BoardLine {
    let begin = since(row);
    let due = row.due.map(When::day);
    BoardLine {
        pick: Pick {
            request: row.request,
            seen,
        }
        .to_string(),
        number: names.number(row.unit, row.request, w),
        address: address(row.request),
        text: wording,
        village: names.unit(row.unit),
        channel: row.channel.key().to_owned(),
        kind: row.kind.key().to_owned(),
        urgency: row.urgency.key().to_owned(),
        round: row.round,
        age_days: days(begin, today),
        due_at: due.map(|due| days(begin, due)),
        due,
        replied_on: row.replied_on,
        overdue_days: late(row, today),
        state: row.state.key().to_owned(),
        attempts: row.attempts,
        with: row.handling_unit.map(|unit| names.unit(unit)).unwrap_or_default(),
        has_come: None,
    }
}

/// The board, with the wordings of its page out of the log.
///
/// # Errors
/// [`Refusal::Store`].
pub(crate) fn board(
    lines: Lines,
    desk: &Desk,
    names: &Names,
    filter: Filter,
    today: Day,
    w: Words,
) -> Result<Board, Refusal> {
    let mut texts = wordings(desk, &lines.places)?;
    let stages = lines
        .stages
        .into_iter()
        .map(|(state, count, overdue, oldest_days)| Stage {
            state: state.key().to_owned(),
            count,
            overdue,
            oldest_days,
            address: filter.address(Some(state), 1),
        });
    let (mut our_lines, mut their_lines) = (Vec::new(), Vec::new());
    for (row, seen) in &lines.rows {
        let wording = texts.remove(&row.request).unwrap_or_default();
        let mut line = line(row, *seen, wording, names, today, w);
        // Only the request's own village has machines that read its journal.
        let at = lines
            .assigned
            .get(&row.request)
            .filter(|_| row.handling_unit == Some(row.unit));
        line.has_come = at.and_then(|position| names.has_come(row.unit, *position));
        if is_ours(row.state) {
            our_lines.push(line)
        } else {
            their_lines.push(line)
        }
    }
    let turn = |page: usize| filter.address(filter.stage, page);
    Ok(Board {
        stages: stages.collect(),
        open: lines.open,
        ours: lines.ours,
        cut: cut(w, lines.cut, lines.digest),
        villages: names
            .villages()
            .into_iter()
            .map(|(code, name)| (code.to_string(), name))
            .collect(),
        village: filter.village.map(|code| code.to_string()),
        stage: filter.stage.map(|state| state.key().to_owned()),
        our_lines,
        their_lines,
        pages: Pages {
            page: lines.page,
            of: lines.pages,
            before: (lines.page > 1).then(|| turn(lines.page - 1)),
            after: (lines.page < lines.pages).then(|| turn(lines.page + 1)),
        },
        key: String::new(),
        bulk_max: SEVERAL_MAX,
        trouble: None,
        is_behind: false,
    })
}

/// The row of a request that is on the books.
pub(crate) fn row_of(ledger: &Ledger, request: EntityId) -> Option<Request> {
    ledger.request_row(request, Query::as_of(Day(0))).map(|row| row.request)
}
