//! `minqing audit diff`

use std::collections::{BTreeMap, BTreeSet};

use audit::{Between, CutAt, DiffView, Knowledge, Moments, RowDiff, Why};
use clap::{Args, ValueEnum};
use event::{Day, EventId, UnitCode};
use screen::reports::{Because, ChangedCell, ChangedRow, Diff, RowChange, Why as Word, diff};
use screen::{Place, Words};
use serde_json::json;

use super::ledgers::{LedgerView, period};
use super::report::{check, cut, lang, made, place, present, township, words};
use super::{At, at_work, cells, open};
use crate::exit::Exit;
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    at: At,
    /// 哪本台账 / which ledger
    #[arg(long, value_enum)]
    view: LedgerView,
    /// 哪个单位；不写就是全部 / which unit; all where absent
    #[arg(long, value_name = "CODE")]
    unit: Option<UnitCode>,
    /// 日子怎么算 / what the days mean
    #[arg(long, value_enum)]
    by: By,
    /// 头一个日子 / the first day
    #[arg(long, value_name = "DAY")]
    from: Day,
    /// 后一个日子 / the second day
    #[arg(long, value_name = "DAY")]
    to: Day,
    /// 只算镇里这一天为止收到的（--by as-of） / only what the township had received by this day (--by as-of)
    #[arg(long, value_name = "DAY")]
    known: Option<Day>,
    /// 覆盖率的时段，第一天；不写就是 --to 那一年 / first day of the period of coverage; the year of --to where absent
    #[arg(long, value_name = "DAY", requires = "period_to")]
    period_from: Option<Day>,
    /// 时段的最后一天 / its last day
    #[arg(long, value_name = "DAY", requires = "period_from")]
    period_to: Option<Day>,
}

/// What the two days mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// 按镇里收到的时间 / by when the township received it
    AsKnown,
    /// 按发生的日子 / by when it happened
    AsOf,
}

pub(super) async fn run(args: &DiffArgs, out: &Out) -> anyhow::Result<Exit> {
    check(args.at.html.as_deref())?;
    if args.from >= args.to {
        Out::tell(out.words.days_turned());
        return Ok(Exit::Usage);
    }
    if args.known.is_some() && args.by == By::AsKnown {
        Out::tell(out.words.only_for("--known", "--by as-of"));
        return Ok(Exit::Usage);
    }
    if args.period_from.is_some() && args.view != LedgerView::Coverage {
        Out::tell(out.words.only_for("--period-from, --period-to", "--view coverage"));
        return Ok(Exit::Usage);
    }
    let view = match args.view {
        LedgerView::Requests => DiffView::Requests,
        LedgerView::Households => DiffView::Households,
        LedgerView::Diary => DiffView::Diary,
        LedgerView::Coverage => DiffView::Coverage(period(args.period_from, args.period_to, args.to)?),
        LedgerView::Sync => {
            Out::tell(out.words.no_sync_diff());
            return Ok(Exit::Usage);
        }
    };
    let (from, to) = (args.from, args.to);
    let (config, unit, by, known) = (args.at.config(), args.unit, args.by, args.known);
    let found = at_work(out.words.replaying(), out, move |progress| {
        let knowledge = match by {
            By::AsKnown => Knowledge::by_day(to),
            By::AsOf => known.map_or(Knowledge::Everything, Knowledge::by_day),
        };
        let opened = open(&config, knowledge, true, progress)?;
        let (archive, after) = (&opened.archive, &opened.known);
        let earlier = match by {
            By::AsKnown => Some(archive.known(Knowledge::by_day(from), &mut |_, _| (), progress)?),
            By::AsOf => None,
        };
        let before = earlier.as_ref().unwrap_or(after);
        let units: Vec<UnitCode> = unit.map_or_else(|| after.ledger.units().collect(), |unit| vec![unit]);
        let moments = Moments {
            before: &before.ledger,
            after: &after.ledger,
            between: match by {
                By::AsKnown => Between::Known { from, to },
                By::AsOf => Between::Happened { from, to },
            },
        };
        let rows = audit::diff(view, &units, moments, &opened.history, archive)?;
        let places = rows.iter().map(|row| (row.unit, place(&after.book, row.unit)));
        let found = Found {
            cuts: [before.cut(), after.cut()],
            place: township(&after.book),
            places: places.collect(),
            rows,
        };
        opened.archive.close()?;
        Ok(found)
    });
    let found = found.await?;
    let reasons = reasons(&found.rows);
    let document = json!({
        "view": args.view.key(), "by": if args.by == By::AsKnown { "as_known" } else { "as_of" },
        "from": from, "to": to, "known": args.known, "cuts": found.cuts, "rows": found.rows,
        "reasons": reasons.iter().map(|(why, count)| json!({ "why": why, "events": count })).collect::<Vec<_>>()
    });
    let explained = found.rows.iter().all(|row| row.explained);
    let report = shown(args, found, &reasons, out);
    present(out, &args.at, &report, &document)?;
    Ok(if explained { Exit::Ok } else { Exit::Differs })
}

struct Found {
    cuts: [CutAt; 2],
    place: Place,
    places: BTreeMap<UnitCode, Place>,
    rows: Vec<RowDiff>,
}

/// Events by the way in which they changed something, each once.
fn reasons(rows: &[RowDiff]) -> BTreeMap<Why, u64> {
    let mut seen: BTreeSet<EventId> = BTreeSet::new();
    let mut counts = BTreeMap::new();
    for reason in rows.iter().flat_map(|row| &row.events) {
        if seen.insert(reason.event) {
            *counts.entry(reason.why).or_default() += 1;
        }
    }
    counts
}

fn shown(args: &DiffArgs, found: Found, reasons: &BTreeMap<Why, u64>, out: &Out) -> screen::Report {
    let words = words(out);
    let cuts = match args.by {
        By::AsKnown => vec![
            cut(found.cuts[0], &args.from.to_string()),
            cut(found.cuts[1], &args.to.to_string()),
        ],
        By::AsOf => vec![cut(found.cuts[1], "")],
    };
    let given = Diff {
        place: found.place,
        view: args.view.key().to_owned(),
        meant: match args.by {
            By::AsKnown => words.by_as_known(),
            By::AsOf => words.by_as_of(),
        }
        .to_owned(),
        from: args.from.to_string(),
        to: args.to.to_string(),
        cuts,
        rows: found
            .rows
            .into_iter()
            .map(|row| row_of(row, args.view.key(), &found.places, words))
            .collect(),
        reasons: reasons.iter().map(|(why, count)| (word(*why), *count)).collect(),
        made: made(out),
    };
    diff(given, lang(out))
}

const fn word(why: Why) -> Word {
    match why {
        Why::New => Word::New,
        Why::Late => Word::Late,
        Why::Corrected => Word::Corrected,
        Why::Voided => Word::Voided,
        Why::Merged => Word::Merged,
        Why::Clock => Word::Clock,
    }
}

fn row_of(row: RowDiff, view: &str, places: &BTreeMap<UnitCode, Place>, words: Words) -> ChangedRow {
    let event = |id: &EventId| {
        let reason = row.events.iter().find(|reason| reason.event == *id)?;
        Some(Because::Event {
            id: id.to_string(),
            kind: reason.kind.to_owned(),
            position: reason.position.0,
            why: word(reason.why),
        })
    };
    // Columns that name the row stand before it; of a row that is new or gone, those that a ledger shows will do.
    let (shown, _) = cells::columns(view);
    let is_whole = row.is_new || row.is_gone;
    let cells = row
        .cells
        .iter()
        .filter(|cell| !row.key.contains_key(&cell.column) && (!is_whole || shown.contains(&&*cell.column)))
        .map(|cell| {
            let passed = cell.time_passed.then_some(Because::TimePassed);
            ChangedCell {
                column: cell.column.clone(),
                before: cells::plain(&cell.column, &cell.before, words),
                after: cells::plain(&cell.column, &cell.after, words),
                because: passed
                    .into_iter()
                    .chain(cell.because.iter().filter_map(event))
                    .collect(),
            }
        });
    ChangedRow {
        unit: places.get(&row.unit).cloned().unwrap_or_default(),
        key: row
            .key
            .values()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(" "),
        change: match (row.is_new, row.is_gone) {
            (true, _) => RowChange::New,
            (_, true) => RowChange::Gone,
            _ => RowChange::Changed,
        },
        cells: cells.collect(),
        explained: row.explained,
    }
}
