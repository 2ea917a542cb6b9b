//! `minqing audit as-of`, `as-known`: a ledger on a day, in the two meanings that a day has.

use std::collections::BTreeMap;

use audit::{Digests, Knowledge, Known, digests_of, rows_of};
use clap::{Args, ValueEnum};
use event::{Day, UnitCode};
use ledger::{Period, Query, Ratio, View};
use screen::block::{Cell, Table};
use screen::chart::{Bar, Bars, Chart, Line, Lines, Share, Shares};
use screen::reports::{Asked, Ledgers, UnitLedger, ledgers};
use screen::{Block, Figure, Words};
use serde_json::{Value, json};

use super::report::{check, cut, lang, made, place, present, township, words};
use super::{At, at_work, cells, open};
use crate::exit::Exit;
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct AsOf {
    #[command(flatten)]
    at: At,
    /// 发生在这一天为止 / what had happened by this day
    #[arg(long, value_name = "DAY")]
    date: Day,
    /// 只算镇里这一天为止收到的 / only what the township had received by this day
    #[arg(long, value_name = "DAY")]
    known: Option<Day>,
    #[command(flatten)]
    which: Which,
}

#[derive(Args, Debug)]
pub(crate) struct AsKnown {
    #[command(flatten)]
    at: At,
    /// 镇里这一天为止收到的 / what the township had received by this day
    #[arg(long, value_name = "DAY")]
    date: Day,
    /// 年龄、超期按哪一天算；不写就是那一天 / the day of ages and overdue days; the same where absent
    #[arg(long, value_name = "DAY")]
    today: Option<Day>,
    #[command(flatten)]
    which: Which,
}

#[derive(Args, Clone, Debug)]
struct Which {
    /// 哪本台账 / which ledger
    #[arg(long, value_enum)]
    view: LedgerView,
    /// 哪个单位；不写就是全部 / which unit; all where absent
    #[arg(long, value_name = "CODE")]
    unit: Option<UnitCode>,
    /// 覆盖率和诉求数的时段，第一天；不写就是那一年 / first day of the period of figures; that year where absent
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<Day>,
    /// 时段的最后一天 / its last day
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<Day>,
}

/// The ledgers of an auditor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LedgerView {
    /// 诉求办理台账 / requests
    Requests,
    /// 民情台账 / households
    Households,
    /// 民情日记 / diary
    Diary,
    /// 走访覆盖 / coverage
    Coverage,
    /// 同步 / sync
    Sync,
}

impl LedgerView {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Households => "households",
            Self::Diary => "diary",
            Self::Coverage => "coverage",
            Self::Sync => "sync",
        }
    }

    /// The view with digests behind it.
    pub(super) const fn view(self) -> Option<View> {
        match self {
            Self::Requests => Some(View::Requests),
            Self::Households => Some(View::Households),
            Self::Diary => Some(View::Diary),
            Self::Sync => Some(View::SyncHealth),
            Self::Coverage => None,
        }
    }
}

/// A period as it was given, or the calendar year of a day.
pub(super) fn period(from: Option<Day>, to: Option<Day>, day: Day) -> anyhow::Result<Period> {
    match (from, to) {
        (Some(from), Some(to)) if from <= to => Ok(Period { from, to }),
        (None, None) => {
            let year = day.to_string().get(..4).and_then(|year| year.parse().ok());
            let period = year.and_then(|year| Period::year(year).ok());
            period.ok_or_else(|| anyhow::anyhow!("give the period with --from and --to: {day} is outside the calendar"))
        }
        _ => anyhow::bail!("--from must not lie behind --to"),
    }
}

pub(super) async fn as_of(args: &AsOf, out: &Out) -> anyhow::Result<Exit> {
    let asked = Asked::AsOf {
        day: args.date.to_string(),
        known: args.known.map(|day| day.to_string()),
    };
    let knowledge = args.known.map_or(Knowledge::Everything, Knowledge::by_day);
    let query = Query {
        as_of: args.date,
        known_at_ms: None,
        occurred_until: Some(args.date),
    };
    answer(&args.at, &args.which, asked, knowledge, query, out).await
}

pub(super) async fn as_known(args: &AsKnown, out: &Out) -> anyhow::Result<Exit> {
    let asked = Asked::AsKnown {
        known: args.date.to_string(),
        day: args.today.map(|day| day.to_string()),
    };
    let query = Query::as_of(args.today.unwrap_or(args.date));
    answer(&args.at, &args.which, asked, Knowledge::by_day(args.date), query, out).await
}

/// One unit's part of the answer.
struct Part {
    unit: UnitCode,
    rows: Vec<Value>,
    /// Figures over the rows, where the ledger has any.
    figures: Value,
}

async fn answer(
    at: &At,
    which: &Which,
    asked: Asked,
    knowledge: Knowledge,
    query: Query,
    out: &Out,
) -> anyhow::Result<Exit> {
    check(at)?;
    let period = period(which.from, which.to, query.as_of)?;
    let config = at.config();
    let opened = at_work(out.words.replaying(), out, move |progress| {
        let opened = open(&config, knowledge, false, progress)?;
        opened.archive.close()?;
        Ok(opened.known)
    });
    let known = opened.await?;
    let units = which
        .unit
        .map_or_else(|| known.ledger.units().collect(), |unit| vec![unit]);
    let parts: Vec<Part> = units
        .iter()
        .map(|unit| part(&known, which.view, *unit, period, query))
        .collect();
    let digests = digests_of(&known.ledger, &known.book);
    let is_known = query.occurred_until.is_none();
    let document = json!({
        "asked": said(&asked), "view": which.view.key(), "period": period, "cut": known.cut(),
        "units": parts.iter().map(|part| document(part, &known, which.view, &digests, is_known)).collect::<Vec<_>>()
    });
    let words = words(out);
    let report = Ledgers {
        place: township(&known.book),
        asked,
        view: which.view.key().to_owned(),
        period: match which.view {
            LedgerView::Requests | LedgerView::Coverage => {
                words.period(&period.from.to_string(), &period.to.to_string())
            }
            LedgerView::Households | LedgerView::Diary | LedgerView::Sync => String::new(),
        },
        cut: cut(known.cut(), ""),
        figures: figures(which.view, &parts, words),
        summary: summary(which.view, &parts, &known, words),
        units: parts
            .iter()
            .filter(|_| which.view != LedgerView::Coverage)
            .map(|part| unit(part, which.view, &known, words))
            .collect(),
        made: made(out),
    };
    present(out, at, &ledgers(report, lang(out)), &document)?;
    Ok(Exit::Ok)
}

fn said(asked: &Asked) -> Value {
    match asked {
        Asked::AsOf { day, known } => json!({ "as_of": day, "known": known }),
        Asked::AsKnown { known, day } => json!({ "as_known": known, "today": day.as_ref().unwrap_or(known) }),
    }
}

fn part(known: &Known, view: LedgerView, unit: UnitCode, period: Period, query: Query) -> Part {
    let ledger = &known.ledger;
    let rows = match view.view() {
        Some(view) => rows_of(ledger, view, unit, query),
        None => vec![json!(ledger.coverage(unit, period, query))],
    };
    let figures = match view {
        LedgerView::Requests => json!(ledger.request_figures(unit, period, query)),
        _ => Value::Null,
    };
    Part { unit, rows, figures }
}

fn document(part: &Part, known: &Known, view: LedgerView, digests: &Digests, is_known: bool) -> Value {
    // A digest is of everything that is known; what had happened by a day is a part of it.
    let digest = view.view().filter(|_| is_known).and_then(|view| {
        let unit = digests.of(part.unit)?;
        unit.views.get(view.key())
    });
    json!({
        "unit": part.unit, "name": known.book.name_of(part.unit), "scope_position": known.book.scope_position(part.unit),
        "digest": digest, "rows": part.rows, "figures": part.figures
    })
}

fn unit(part: &Part, view: LedgerView, known: &Known, words: Words) -> UnitLedger {
    let (columns, left) = cells::columns(view.key());
    let mut table = Table::new(columns.iter().map(|column| words.column(column)), left);
    table.rows = part.rows.iter().map(|row| cells::row(view.key(), row, words)).collect();
    UnitLedger {
        unit: place(&known.book, part.unit),
        position: known.book.scope_position(part.unit).map(|position| position.0),
        table,
        charts: charts(part, view, words),
    }
}

fn charts(part: &Part, view: LedgerView, words: Words) -> Vec<Chart> {
    match view {
        LedgerView::Requests => months(&part.rows, words).into_iter().collect(),
        LedgerView::Diary => late(&part.rows, words).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Requests raised and closed, month by month. A month without either is a zero: the ledger knows of all.
fn months(rows: &[Value], words: Words) -> Option<Chart> {
    let month = |row: &Value, column: &str| row[column].as_str().and_then(|day| day.get(..7)).map(str::to_owned);
    let mut counts: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for row in rows {
        for (at, column) in ["registered_on", "closed_on"].into_iter().enumerate() {
            if let Some(month) = month(row, column) {
                counts.entry(month).or_default()[at] += 1;
            }
        }
    }
    let (first, last) = (counts.keys().next()?.clone(), counts.keys().next_back()?.clone());
    let points: Vec<String> = std::iter::successors(Some(first), |month| next_month(month))
        .take_while(|month| *month <= last)
        .take(MONTHS_MAX)
        .collect();
    let line = |at: usize, name: &str| Line {
        name: words.column(name),
        values: points
            .iter()
            .map(|month| Some(counts.get(month).map_or(0, |counts| counts[at])))
            .collect(),
    };
    Some(Chart::Lines(Lines {
        title: words.months().to_owned(),
        lines: vec![line(0, "raised"), line(1, "closed")],
        points,
    }))
}

/// Most months of one chart: fifty years.
const MONTHS_MAX: usize = 600;

fn next_month(month: &str) -> Option<String> {
    let (year, number) = month.split_once('-')?;
    let (year, number): (u32, u32) = (year.parse().ok()?, number.parse().ok()?);
    let (year, number) = if number == 12 {
        (year + 1, 1)
    } else {
        (year, number + 1)
    };
    Some(format!("{year:04}-{number:02}"))
}

/// How long after their day entries of the diary were recorded. It counts entries, never people.
fn late(rows: &[Value], words: Words) -> Option<Chart> {
    const STEPS: [(&str, i64); 4] = [("0", 0), ("1–3", 3), ("4–7", 7), ("8+", i64::MAX)];
    let mut counts = [0; STEPS.len()];
    for days in rows.iter().filter_map(|row| row["lag_days"].as_i64()) {
        if let Some(at) = STEPS.iter().position(|(_, most)| days <= *most) {
            counts[at] += 1;
        }
    }
    if counts.iter().all(|count| *count == 0) {
        return None;
    }
    let bars = STEPS.iter().zip(counts).map(|((label, _), value)| Bar {
        label: (*label).to_owned(),
        value,
        of: None,
    });
    Some(Chart::Bars(Bars {
        title: words.days_late().to_owned(),
        unit: words.rows().to_owned(),
        rows: bars.collect(),
    }))
}

const COVERAGE_PARTS: [&str; 4] = ["met_at_home", "contacted", "knocked_only", "unvisited"];

/// A table over all units, with a chart.
fn summary(view: LedgerView, parts: &[Part], known: &Known, words: Words) -> Vec<Block> {
    let label = |part: &Part| {
        format!("{} {}", known.book.name_of(part.unit), part.unit)
            .trim()
            .to_owned()
    };
    match view {
        LedgerView::Coverage => {
            let columns = cells::columns("coverage").0;
            let rows = parts.iter().map(|part| (label(part), &part.rows[0]));
            let shares = Shares {
                title: words.coverage_parts().to_owned(),
                parts: COVERAGE_PARTS.map(|part| words.column(part)).to_vec(),
                rows: rows
                    .clone()
                    .map(|(label, row)| Share {
                        label,
                        parts: COVERAGE_PARTS.map(|part| row[part].as_u64().unwrap_or(0)).to_vec(),
                    })
                    .collect(),
            };
            vec![
                Block::Chart(Chart::Shares(shares)),
                Block::Table(totalled(&columns[1..], rows, words)),
            ]
        }
        LedgerView::Requests => {
            let columns = [
                "raised",
                "closed",
                "open",
                "overdue",
                "on_time",
                "first_round",
                "reassigned",
                "satisfied",
                "solved",
            ];
            let rows = parts.iter().map(|part| (label(part), &part.figures));
            let bars = Bars {
                title: words.open_and_overdue().to_owned(),
                unit: words.request().to_owned(),
                rows: rows
                    .clone()
                    .map(|(label, row)| Bar {
                        label,
                        value: row["overdue"].as_u64().unwrap_or(0),
                        of: row["open"].as_u64(),
                    })
                    .collect(),
            };
            vec![
                Block::Chart(Chart::Bars(bars)),
                Block::Table(totalled(&columns, rows, words)),
            ]
        }
        LedgerView::Households | LedgerView::Diary | LedgerView::Sync if parts.len() == 1 => Vec::new(),
        LedgerView::Households | LedgerView::Diary | LedgerView::Sync => {
            let mut table = Table::new([words.unit(), words.rows()].map(str::to_owned), 1);
            let row = |part: &Part| vec![Cell::text(label(part)), Cell::Number(part.rows.len() as u64)];
            table.rows = parts.iter().map(row).collect();
            vec![Block::Table(table)]
        }
    }
}

/// Rows with their sum: counts are added, of ratios numerators and denominators.
fn totalled<'a>(columns: &[&str], rows: impl Iterator<Item = (String, &'a Value)>, words: Words) -> Table {
    let mut table = Table::new(
        std::iter::once(words.unit().to_owned()).chain(columns.iter().map(|name| words.column(name))),
        1,
    );
    let mut sums: Vec<Option<Cell>> = vec![None; columns.len()];
    for (label, row) in rows {
        let mut shown = vec![Cell::text(label)];
        for (sum, column) in sums.iter_mut().zip(columns) {
            let cell = cells::cell(column, &row[*column], words);
            *sum = Some(match (sum.take(), &cell) {
                (Some(Cell::Number(sum)), Cell::Number(count)) => Cell::Number(sum.saturating_add(*count)),
                (Some(Cell::Ratio(n, d)), Cell::Ratio(more_n, more_d)) => {
                    let ratio = Ratio::new(n, d) + Ratio::new(*more_n, *more_d);
                    Cell::Ratio(ratio.numerator, ratio.denominator)
                }
                (None, cell) => cell.clone(),
                (Some(sum), _) => sum,
            });
            shown.push(cell);
        }
        table.rows.push(shown);
    }
    if table.rows.len() > 1 {
        let total = sums.into_iter().map(|sum| sum.unwrap_or(Cell::Empty));
        table.foot = Some(std::iter::once(Cell::text(words.total())).chain(total).collect());
    }
    table
}

fn figures(view: LedgerView, parts: &[Part], words: Words) -> Vec<Figure> {
    let sum = |column: &str| {
        let of = |part: &Part| match view {
            LedgerView::Requests => part.figures[column].as_u64(),
            _ => part.rows.first().and_then(|row| row[column].as_u64()),
        };
        parts.iter().filter_map(of).fold(0_u64, u64::saturating_add)
    };
    match view {
        LedgerView::Requests => ["raised", "closed", "open", "overdue"]
            .map(|column| Figure::count(sum(column), words.column(column)))
            .to_vec(),
        LedgerView::Coverage => {
            let (met, households) = (sum("met_at_home"), sum("households"));
            let ratio = screen::text::ratio(met, households, words.lang());
            vec![
                Figure {
                    value: ratio,
                    of: words.column("coverage"),
                    note: String::new(),
                },
                Figure::count(households, words.column("households")),
                Figure::count(sum("unvisited"), words.column("unvisited")),
            ]
        }
        LedgerView::Households | LedgerView::Diary | LedgerView::Sync => {
            let rows = parts.iter().map(|part| part.rows.len() as u64).sum();
            vec![
                Figure::count(rows, words.rows()),
                Figure::count(parts.len() as u64, words.unit()),
            ]
        }
    }
}
