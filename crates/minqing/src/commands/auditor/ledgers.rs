//! `minqing audit as-of`, `as-known`: a ledger on a day, in the two meanings that a day has.

use audit::{Digests, Knowledge, Known, digests_of, rows_of};
use clap::{Args, ValueEnum};
use event::{Day, UnitCode};
use ledger::{Period, Query, View};
use screen::Words;
use screen::block::Table;
use screen::reports::{Asked, Ledgers, UnitLedger, ledgers};
use serde_json::{Value, json};

use super::pictures::{charts, figures, summary};
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
pub(super) struct Part {
    pub(super) unit: UnitCode,
    pub(super) rows: Vec<Value>,
    /// Figures over the rows, where the ledger has any.
    pub(super) figures: Value,
}

async fn answer(
    at: &At,
    which: &Which,
    asked: Asked,
    knowledge: Knowledge,
    query: Query,
    out: &Out,
) -> anyhow::Result<Exit> {
    check(at.html.as_deref())?;
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
