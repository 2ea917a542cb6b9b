//! `minqing audit replay`: every ledger from nothing, against what the hub serves, or served when it was last asked,
//! and against what was sealed.

use std::path::PathBuf;

use audit::{AuditConfig, Comparison, Digests, Replay, Served, Verdict};
use clap::Args;
use ledger::{Step, View};
use screen::block::{Entry, Facts, Story, Tag};
use screen::reports::{Difference, Replay as Given, UnitDigests, Verdict as Word, replay};
use screen::{Report, Words, text};
use serde_json::{Value, json};

use super::report::{check, cut, lang, made, place, present, township, words};
use super::{At, at_work, cells, seals, trace};
use crate::exit::Exit;
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    at: At,
    /// 不跟总台比 / do not compare with the hub
    #[arg(long, conflicts_with = "digests")]
    offline: bool,
    /// 跟以前存下的摘要比，不用联网 / compare with digests that were kept, without a link
    #[arg(long, value_name = "FILE")]
    digests: Option<PathBuf>,
}

pub(super) async fn run(args: &ReplayArgs, out: &Out) -> anyhow::Result<Exit> {
    check(args.at.html.as_deref())?;
    let config = args.at.config();
    let kept = args.digests.as_deref().map(Served::load).transpose()?;
    let work = config.clone();
    let replayed = at_work(out.words.replaying(), out, move |progress| {
        let replayed = Replay::run(&work, progress)?;
        let sealed = replayed.check_seals(kept.as_ref(), progress)?;
        Ok((replayed, sealed, kept))
    });
    let (replayed, sealed, kept) = replayed.await?;
    let digests = replayed.digests();
    let compared = !args.offline;
    let (mut comparisons, mut differences) = (Vec::new(), Vec::new());
    if compared {
        let served = match kept {
            Some(kept) => kept,
            None => Served::ask(&audit::client(&config)?, digests.cut.position, None).await?,
        };
        comparisons = audit::compare(&digests, &served.digests);
        for comparison in comparisons.iter().filter(|one| one.verdict != Verdict::Equal) {
            let asks = args.digests.is_none();
            differences.push(difference(&replayed, &config, &served, comparison, asks).await?);
        }
    }
    let (agrees, seals_hold) = (differences.is_empty(), seals::wrong(&sealed) == 0);
    let document = json!({
        "digests": digests, "entries": replayed.ledger().len(), "compared": compared, "agree": agrees,
        "comparisons": comparisons, "differences": differences, "seals": sealed, "seals_hold": seals_hold
    });
    if out.json || args.at.html.is_some() {
        let mut report = shown(args, &replayed, &digests, &comparisons, &differences, out);
        report.sections.push(seals::section(&sealed, replayed.book(), out));
        if !seals_hold {
            report.lead.tone = screen::Tone::Bad;
            report.lead.meaning = seals::sentence(&sealed, out);
        }
        present(out, &args.at, &report, &document)?;
    } else {
        shown_digests(&replayed, &digests, out)?;
        for difference in &differences {
            out.line(format!("≠ {difference}"))?;
        }
        out.line(match (compared, agrees) {
            (false, _) => out.words.replay_only(),
            (true, true) => out.words.replay_agrees(),
            (true, false) => out.words.replay_differs(),
        })?;
        seals::told(&sealed, replayed.book(), out)?;
    }
    replayed.close()?;
    Ok(if agrees && seals_hold { Exit::Ok } else { Exit::Differs })
}

/// What differs in a unit: the view, the first row, the events behind it. Rows that were kept are compared; where none
/// were and the hub may be asked, it is.
async fn difference(
    replayed: &Replay,
    config: &AuditConfig,
    served: &Served,
    comparison: &Comparison,
    asks: bool,
) -> anyhow::Result<Value> {
    let mut found = json!({ "comparison": comparison, "name": replayed.book().name_of(comparison.unit) });
    let Verdict::Differs { view, .. } = &comparison.verdict else {
        return Ok(found);
    };
    let Some(view) = View::from_key(view) else {
        return Ok(found);
    };
    let day = served.as_of.unwrap_or_else(|| replayed.last_day());
    let ours = audit::rows(replayed.ledger(), view, comparison.unit, day);
    let row = if asks {
        let theirs = audit::served_rows(&audit::client(config)?, comparison.unit, view, day).await?;
        audit::row_difference(&ours, &theirs)
    } else {
        served.row_difference(comparison.unit, view, &ours)
    };
    if let Some(row) = row {
        found["events"] = json!(replayed.story(row.row()));
        found["row"] = json!(row);
    }
    Ok(found)
}

fn shown_digests(replayed: &Replay, digests: &Digests, out: &Out) -> anyhow::Result<()> {
    out.line(out.words.replayed(replayed.ledger().len(), digests.units.len()))?;
    let rows = digests.units.iter().map(|unit| {
        let scope = unit
            .scope_position
            .map_or_else(|| "—".to_owned(), |position| position.to_string());
        let name = replayed.book().name_of(unit.unit);
        let mut row = vec![format!("{name} {}", unit.unit), scope];
        let views = ["requests", "households", "diary", "sync_health"];
        row.extend(views.map(|view| {
            let digest = unit.views.get(view).map(|digest| digest.live.as_str());
            digest.and_then(|live| live.get(..12)).unwrap_or("—").to_owned()
        }));
        row
    });
    out.table(&out.words.digests_head(), 1, &rows.collect::<Vec<_>>())
}

fn shown(
    args: &ReplayArgs,
    replayed: &Replay,
    digests: &Digests,
    comparisons: &[Comparison],
    differences: &[Value],
    out: &Out,
) -> Report {
    let words = words(out);
    let book = replayed.book();
    let verdict = |unit| match comparisons.iter().find(|one| one.unit == unit).map(|one| &one.verdict) {
        None => Word::None,
        Some(Verdict::Equal) => Word::Equal,
        Some(Verdict::NotComparable { theirs, .. }) => Word::NotComparable(theirs.map(|position| position.0)),
        Some(Verdict::Missing) => Word::Missing,
        Some(Verdict::Differs { .. }) => Word::Differs,
    };
    let party = match &args.digests {
        _ if args.offline => String::new(),
        Some(file) => file.display().to_string(),
        None => out.words.hub_of(&book.name),
    };
    let units = digests.units.iter().map(|unit| UnitDigests {
        unit: place(book, unit.unit),
        position: unit.scope_position.map(|position| position.0),
        digests: unit
            .views
            .iter()
            .map(|(view, digest)| (view.clone(), digest.live.clone()))
            .collect(),
        verdict: verdict(unit.unit),
    });
    let given = Given {
        place: township(book),
        cut: cut(digests.cut, ""),
        party,
        entries: replayed.ledger().len() as u64,
        units: units.collect(),
        differences: differences
            .iter()
            .map(|one| of_difference(one, replayed, words))
            .collect(),
        made: made(out),
    };
    replay(given, lang(out))
}

fn of_difference(found: &Value, replayed: &Replay, words: Words) -> Difference {
    let comparison = &found["comparison"];
    let unit = comparison["unit"].as_str().and_then(|unit| unit.parse().ok());
    let row = &found["row"];
    let (ours, theirs) = (&row["ours"], &row["theirs"]);
    let either = if ours.is_null() { theirs } else { ours };
    let key = ["request", "household", "origin", "cadre", "day"];
    let key = key.iter().filter_map(|column| {
        either[*column]
            .as_str()
            .map(|id| format!("{} {id}", words.column(column)))
    });
    let columns = row["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let value = |row: &Value, column: &str| cells::plain(column, &row[column], words);
    Difference {
        unit: unit.map(|unit| place(replayed.book(), unit)).unwrap_or_default(),
        view: comparison["view"].as_str().unwrap_or_default().to_owned(),
        key: key.collect::<Vec<_>>().join(" · "),
        columns: columns
            .map(|column| (column.to_owned(), value(ours, column), value(theirs, column)))
            .collect(),
        story: Story {
            entries: replayed.story(either).iter().map(|step| entry(step, words)).collect(),
        },
    }
}

/// A step of the ledger's own story. `minqing audit trace` says more.
fn entry(step: &Step, words: Words) -> Entry {
    let (day, precision) = text::claim(step.occurred, words.lang());
    let kind = event::Kind(step.kind).key().unwrap_or_default();
    let received = text::instant(i64::try_from(step.received_at_ms).unwrap_or(i64::MAX));
    Entry {
        day,
        precision,
        what: words.kind(kind).map_or_else(|| step.kind.to_string(), str::to_owned),
        tags: vec![Tag::Received, trace::tag(step.effect)],
        why: step
            .effect
            .reason()
            .map_or_else(String::new, |reason| words.reason(reason)),
        record: Facts::default()
            .with(
                words.machine(),
                words.place_in_log(&step.origin.to_string(), step.sequence.get()),
            )
            .with(words.received_at(), received)
            .with(words.position(), text::number(step.position.0))
            .with(words.event(), step.event.to_string()),
        is_decision: step.by_hub,
        ..Entry::default()
    }
}
