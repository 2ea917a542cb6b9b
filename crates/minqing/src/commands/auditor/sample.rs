//! `minqing audit sample`: spot checks that the township published, drawn again; and draws of the auditor's own.

use audit::{Archive, Book, SampleCheck, SampleDraw, SamplePlan, SampleProblem};
use clap::Args;
use event::{Day, EventId, Position};
use leads::DrawnVisit;
use screen::block::{Facts, Finding};
use screen::reports::{Drawn, Sample as Given, Stratum, sample};
use screen::{Block, Cut, Lead, Report, Section, Tone, text};
use serde_json::{Value, json};

use super::report::{check, cut, lang, made, place, present, township, words};
use super::{At, at_work};
use crate::exit::Exit;
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct SampleArgs {
    #[command(flatten)]
    at: At,
    /// 只看这一次公布 / one published sample alone
    #[arg(long, value_name = "EVENT", conflicts_with_all = ["from", "to", "size"])]
    event: Option<EventId>,
    /// 自己抽：时段起 / a draw of one's own: first day of the period
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<Day>,
    /// 自己抽：时段止 / last day of the period
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<Day>,
    /// 种子是账本这么多条时的树根；不写就是最新检查点的 / the seed is the journal's root at this size; where absent, that of
    /// the newest checkpoint
    #[arg(long, value_name = "RECORDS", requires = "from")]
    size: Option<u64>,
    /// 每个干部的走访最少抽几条 / least number drawn of each cadre's visits
    #[arg(long, value_name = "N", default_value_t = 2, requires = "from")]
    min: u16,
    /// 每个干部的走访抽千分之几，往上取整 / share drawn of each cadre's visits, in thousandths, rounded up
    #[arg(long, value_name = "N", default_value_t = 50, requires = "from", value_parser = clap::value_parser!(u16).range(..=1_000))]
    permille: u16,
}

pub(super) async fn run(args: &SampleArgs, out: &Out) -> anyhow::Result<Exit> {
    check(args.at.html.as_deref())?;
    match (args.from, args.to) {
        (Some(from), Some(to)) if from > to => anyhow::bail!("--from must not lie behind --to"),
        (Some(from), Some(to)) => own(args, from, to, out).await,
        _ => published(args, out).await,
    }
}

async fn own(args: &SampleArgs, from: Day, to: Day, out: &Out) -> anyhow::Result<Exit> {
    let (config, size, minimum, permille) = (args.at.config(), args.size, args.min, args.permille);
    let drawn = at_work(out.words.drawing(), out, move |progress| {
        let archive = Archive::open(&config)?;
        let (journal, newest) = archive
            .newest()
            .ok_or_else(|| anyhow::anyhow!("the mirror is empty: mirror first"))?;
        let plan = SamplePlan {
            from,
            to,
            journal,
            size: size.map_or(newest, Position),
            minimum,
            permille,
        };
        let draw = archive.draw_own(plan, progress)?;
        let book = archive.book(audit::Knowledge::Everything)?;
        archive.close()?;
        Ok((draw, book))
    });
    let (draw, book) = drawn.await?;
    let mut report = sample(given(&draw, &book, out), lang(out));
    report.question = out.words.sample_own().to_owned();
    present(out, &args.at, &report, &json!({ "cut": null_cut(&draw), "own": draw }))?;
    Ok(Exit::Ok)
}

fn null_cut(draw: &SampleDraw) -> Value {
    json!({ "journal": draw.plan.journal, "size": draw.plan.size })
}

async fn published(args: &SampleArgs, out: &Out) -> anyhow::Result<Exit> {
    let config = args.at.config();
    let checked = at_work(out.words.drawing(), out, move |progress| {
        let opened = super::open(&config, audit::Knowledge::Everything, false, progress)?;
        let checks = opened.archive.check_samples(&opened.known, progress)?;
        opened.archive.close()?;
        Ok((checks, opened.known))
    });
    let (mut checks, known) = checked.await?;
    if let Some(event) = args.event {
        checks.retain(|check| check.event == event);
        anyhow::ensure!(!checks.is_empty(), "{event} is no published sample in effect here");
    }
    let wrong = checks.iter().filter(|check| !check.problems.is_empty()).count();
    let sentence = match (checks.len(), wrong) {
        (0, _) => out.words.no_samples().to_owned(),
        (count, 0) => out.words.samples_agree(count),
        (count, wrong) => out.words.samples_differ(count, wrong),
    };
    let limits = sample(Given::default(), lang(out)).limits;
    let report = Report {
        lang: lang(out),
        title: words(out).sample_title().to_owned(),
        place: township(&known.book),
        cuts: vec![cut(known.cut(), "")],
        lead: Lead {
            tone: match (checks.len(), wrong) {
                (0, _) => Tone::Plain,
                (_, 0) => Tone::Good,
                _ => Tone::Bad,
            },
            sentence,
            meaning: String::new(),
        },
        sections: checks
            .iter()
            .flat_map(|check| sections(check, &known.book, out))
            .collect(),
        limits,
        made: made(out),
        ..Report::default()
    };
    let document = json!({ "cut": known.cut(), "agree": wrong == 0, "samples": checks });
    present(out, &args.at, &report, &document)?;
    Ok(if wrong == 0 { Exit::Ok } else { Exit::Differs })
}

/// One published sample: what does not hold, how it was drawn, and the list for those who go and ask.
fn sections(check: &SampleCheck, book: &Book, out: &Out) -> Vec<Section> {
    let (from, to) = (check.published.from.to_string(), check.published.to.to_string());
    let title = out.words.sample_title_of(&from, &to, &check.event.to_string());
    let mut head = Section::new(title).noted(out.words.sample_between(&text::number(check.records_between)));
    head = if check.problems.is_empty() {
        head.with(Block::Text(out.words.sample_holds().to_owned()))
    } else {
        head.with(Block::Findings(
            check.problems.iter().map(|one| finding(one, check, out)).collect(),
        ))
    };
    let drawn = check
        .redrawn
        .iter()
        .flat_map(|draw| sample(given(draw, book, out), lang(out)).sections);
    std::iter::once(head).chain(drawn).collect()
}

fn finding(problem: &SampleProblem, check: &SampleCheck, out: &Out) -> Finding {
    let words = out.words;
    let what = match problem {
        SampleProblem::Drawn { published, redrawn } => {
            words.sample_drawn_differs(&published.to_string(), &redrawn.to_string())
        }
        SampleProblem::List { published, redrawn } => {
            words.sample_list_differs(&published.to_string(), &redrawn.to_string())
        }
        SampleProblem::Root { published, ours } => words.sample_root_differs(&published.to_string(), &ours.to_string()),
        SampleProblem::SeedInside { at_ms } => words.sample_seed_inside(&text::instant(at_ms.cast_signed())),
        SampleProblem::NoSuchSize => words.sample_no_size(&check.published.size.to_string()),
        SampleProblem::OtherRule { rule } => words.sample_other_rule(&rule.to_string()),
    };
    Finding {
        rule: words.sample_problem().to_owned(),
        what,
        facts: Facts::default().with(super::report::words(out).event(), check.event.to_string()),
        ..Finding::default()
    }
}

fn given(draw: &SampleDraw, book: &Book, out: &Out) -> Given {
    // The order of the draw goes by cadre; whoever walks goes by village.
    let mut visits: Vec<&DrawnVisit> = draw.visits.iter().collect();
    visits.sort_by_key(|visit| (visit.unit, visit.household, visit.day, visit.event));
    let seed_at = text::instant(draw.seed_at_ms.cast_signed());
    let size = text::number(draw.plan.size.0);
    Given {
        place: township(book),
        // The figures are those of the seed's own cut.
        cut: Cut {
            position: draw.plan.size.0.checked_sub(1),
            rule_version: ledger::RULE_VERSION,
            ..Cut::default()
        },
        seed: out.words.sample_seed_of(&draw.root.to_string(), &size, &seed_at),
        rule: format!(
            "{} ({}, {}‰)",
            out.words.sample_rule_words(),
            draw.plan.minimum,
            draw.plan.permille
        ),
        strata: draw
            .villages
            .iter()
            .map(|share| Stratum {
                name: format!("{} {}", book.name_of(share.unit), share.unit),
                of: share.of,
                drawn: share.drawn,
            })
            .collect(),
        drawn: visits
            .into_iter()
            .map(|visit| Drawn {
                stratum: String::new(),
                unit: place(book, visit.unit),
                subject: visit.household.to_string(),
                day: visit.day.to_string(),
                event: visit.event.to_string(),
            })
            .collect(),
        made: made(out),
    }
}
