//! What the demo shows: the township's ledgers, every village's delivery and effect, and the last line.

use std::path::Path;

use audit::{Mirrored, Verdict};
use axum::http::Method;
use event::{Day, UnitCode};
use sample::ClockHabit;
use serde::Serialize;
use serde_json::{Value, json};

use super::run::Town;
use super::sabotage::Altered;
use super::story::Side;
use super::verdict::{Compared, Difference, Judged};
use crate::out::{Out, instant, number, ratio};

/// How a village stood on the evening of the last day, before everybody was brought together.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Before {
    pub(super) unit: UnitCode,
    pub(super) name: String,
    pub(super) pending: u64,
    pub(super) heard_on: Option<Day>,
    pub(super) offline_days: usize,
    pub(super) clock: &'static str,
}

pub(super) async fn states(town: &Town) -> anyhow::Result<Vec<Before>> {
    let mut states = Vec::with_capacity(town.villages.len());
    for office in &town.villages {
        let party = &office.party;
        let status = party.ask(Method::GET, "/status", Vec::new()).await?;
        states.push(Before {
            unit: party.unit,
            name: party.name.clone(),
            pending: status["pending"].as_u64().unwrap_or(0),
            heard_on: party.heard_on,
            offline_days: party.link.days().iter().filter(|online| !**online).count(),
            clock: match party.clock {
                ClockHabit::Exact { ntp: true } => "ntp",
                ClockHabit::Exact { ntp: false } => "right",
                ClockHabit::Drifting { .. } => "drifting",
                ClockHabit::PowerLoss { .. } => "began_1970",
                ClockHabit::Ahead { .. } => "years_ahead",
                ClockHabit::Back { .. } => "year_back",
            },
        });
    }
    Ok(states)
}

/// The township's ledgers, as the hub answers at its own door.
pub(super) struct Figures {
    requests: Value,
    coverage: Value,
    sync: Value,
}

pub(super) async fn figures(town: &Town, as_of: Day) -> anyhow::Result<Figures> {
    let (from, to) = (town.plan.first_day, town.plan.end().plus(-1));
    let ask = async |view: &str| {
        let path = format!("/views/{view}?as_of={as_of}&from={from}&to={to}");
        town.hub.ask("GET", &path, None).await
    };
    let mut requests = ask("requests").await?;
    for unit in requests["units"].as_array_mut().into_iter().flatten() {
        unit["rows"].take();
    }
    Ok(Figures {
        requests,
        coverage: ask("coverage").await?,
        sync: ask("sync").await?,
    })
}

/// Everything that is reported.
pub(super) struct Report<'a> {
    pub(super) town: &'a Town,
    pub(super) before: &'a [Before],
    pub(super) figures: &'a Figures,
    pub(super) judged: &'a Judged,
    pub(super) mirrored: Mirrored,
    pub(super) altered: Option<&'a Altered>,
    /// When everybody was brought together, and in all.
    pub(super) seconds: (f64, f64),
    pub(super) dir: Option<&'a Path>,
}

pub(super) fn print(out: &Out, report: &Report<'_>) -> anyhow::Result<()> {
    if out.json {
        return out.object(&report.json());
    }
    report.tables(out)?;
    report.judgement(out)
}

impl Report<'_> {
    fn counts(&self) -> Value {
        let of = |side| {
            self.town
                .villages
                .iter()
                .map(|office| office.story.recorded(side))
                .sum::<u64>()
        };
        json!({
            "events": self.judged.replay.ledger().len(),
            "village_events": of(Side::Village),
            "hub_events": of(Side::Hub),
            "journal_records": self.judged.verified.checked.records,
            "receipts": self.judged.verified.checked.receipts,
            "mirrored_records": self.mirrored.records,
            "mirrored_entries": self.mirrored.entries,
        })
    }

    fn json(&self) -> Value {
        let plan = &self.town.plan;
        let judged = self.judged;
        let mut parties: Vec<Value> = judged.parties.iter().map(|party| json!(party)).collect();
        parties.push(json!({
            "party": "auditor", "unit": self.town.town.unit, "name": "", "digests": judged.digests,
            "differences": [], "findings": judged.findings(), "checked": judged.verified.checked,
        }));
        json!({
            "agree": judged.agree(),
            "plan": {
                "seed": plan.seed, "villages": plan.villages, "days": plan.days, "first_day": plan.first_day,
                "households_per_village": plan.households_per_village
            },
            "seconds": { "story": self.seconds.0, "all": self.seconds.1 },
            "counts": self.counts(),
            "as_of": judged.as_of,
            "before_gathering": self.before,
            "township": {
                "requests": self.figures.requests, "coverage": self.figures.coverage, "sync": self.figures.sync
            },
            "sabotage": self.altered,
            "parties": parties,
        })
    }

    fn name(&self, unit: &Value) -> String {
        let unit = unit.as_str().and_then(|unit| unit.parse().ok());
        unit.map_or_else(String::new, |unit| self.judged.replay.book().name_of(unit).to_owned())
    }

    fn tables(&self, out: &Out) -> anyhow::Result<()> {
        let w = &out.words;
        out.line(w.demo_before(&self.town.plan.end().plus(-1).to_string()))?;
        let rows = self.before.iter().map(|one| {
            let heard = one.heard_on.map_or_else(|| "—".to_owned(), |day| day.to_string());
            vec![
                one.name.clone(),
                w.clock(one.clock).to_owned(),
                heard,
                one.offline_days.to_string(),
                number(&json!(one.pending)),
            ]
        });
        out.table(&w.demo_before_head(), 3, &rows.collect::<Vec<_>>())?;

        out.line(w.demo_after())?;
        let mut rows = Vec::new();
        for unit in self.figures.sync["units"].as_array().into_iter().flatten() {
            let sum = |column: &str| {
                let all = unit["rows"].as_array().into_iter().flatten();
                json!(all.filter_map(|row| row[column].as_u64()).sum::<u64>())
            };
            let last = unit["rows"].as_array().into_iter().flatten();
            let last = last.filter_map(|row| row["last_received_at_ms"].as_u64()).max();
            rows.push(vec![
                self.name(&unit["unit"]),
                instant(last),
                number(&sum("entries")),
                number(&sum("counted")),
                number(&sum("conflicts")),
                number(&sum("not_understood")),
                number(&sum("held")),
                number(&sum("no_effect")),
            ]);
        }
        out.table(&w.demo_after_head(), 2, &rows)?;

        out.line(w.requests_title())?;
        let rows = self.figures.requests["units"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|unit| {
                let figures = &unit["figures"];
                let mut row = vec![self.name(&unit["unit"])];
                row.extend(["raised", "closed", "open", "overdue"].map(|column| number(&figures[column])));
                row.extend(["on_time", "first_round", "satisfied", "solved"].map(|column| ratio(&figures[column])));
                row
            });
        out.table(&w.requests_head(), 1, &rows.collect::<Vec<_>>())?;

        out.line(w.coverage_title())?;
        let rows = self.figures.coverage["units"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|unit| {
                let row = &unit["row"];
                let columns = ["households", "met_at_home", "contacted", "knocked_only", "unvisited"];
                let mut cells = vec![self.name(&unit["unit"])];
                cells.extend(columns.map(|column| number(&row[column])));
                let pair = json!({ "numerator": row["met_at_home"], "denominator": row["households"] });
                cells.push(ratio(&pair));
                cells
            });
        out.table(&w.coverage_head(), 1, &rows.collect::<Vec<_>>())?;
        let cut = self.judged.digests.cut;
        let position = cut
            .position
            .map_or_else(|| "—".to_owned(), |position| position.to_string());
        out.line(w.cut(&position, cut.rule_version))
    }

    fn judgement(&self, out: &Out) -> anyhow::Result<()> {
        let w = &out.words;
        let judged = self.judged;
        let checked = &judged.verified.checked;
        out.line("")?;
        out.line(w.checked(checked.records, checked.signatures, checked.entries, checked.roots))?;
        if let Some(altered) = self.altered {
            out.line(w.altered(altered.what, &altered.name))?;
        }
        for finding in judged.findings() {
            out.line(w.finding(finding))?;
        }
        for party in &judged.parties {
            for difference in &party.differences {
                out.line(disagreement(out, party, difference))?;
            }
        }
        if let Some(dir) = self.dir {
            out.line(w.kept_in(&dir.display().to_string()))?;
        }
        let events = number(&json!(judged.replay.ledger().len()));
        out.line(w.seconds(&events, self.seconds.0, self.seconds.1))?;
        let villages = self.town.villages.len();
        if judged.agree() {
            return out.line(w.agree(villages));
        }
        let mut units: Vec<String> = judged
            .findings()
            .iter()
            .filter_map(|finding| finding.name.clone())
            .collect();
        let differing = judged.parties.iter().flat_map(|party| &party.differences);
        units.extend(differing.map(|difference| difference.name.clone()));
        units.sort();
        units.dedup();
        out.line(w.disagree(&units.join("、")))
    }
}

fn disagreement(out: &Out, party: &Compared, difference: &Difference) -> String {
    let w = &out.words;
    let party = match party.party {
        "hub" => w.hub_of(&party.name),
        _ => w.village_itself().to_owned(),
    };
    let mut text = match &difference.verdict {
        Verdict::Equal => String::new(),
        Verdict::NotComparable { ours, theirs } => {
            let position = |at: &Option<event::Position>| at.map_or_else(|| "—".to_owned(), |at| at.to_string());
            w.not_comparable(&party, &difference.name, &position(ours), &position(theirs))
        }
        Verdict::Missing => w.missing(&party, &difference.name),
        Verdict::Differs { view, ours, theirs } => {
            let short = |digest: &str| digest.get(..8).unwrap_or(digest).to_owned();
            w.differs(&party, &difference.name, view, &short(ours), &short(theirs))
        }
    };
    if let Some(row) = &difference.row {
        let key = ["request", "household", "origin", "cadre"];
        let key = key.iter().find_map(|key| row.row().get(*key)?.as_str()).unwrap_or("—");
        let columns: Vec<String> = row
            .columns
            .iter()
            .map(|column| {
                let of = |side: &Option<Value>| side.as_ref().map_or(Value::Null, |row| row[column].clone());
                format!("{column}: {} ≠ {}", of(&row.ours), of(&row.theirs))
            })
            .collect();
        text.push_str(&w.first_row(key, &columns.join(", ")));
    }
    for event in &difference.altered {
        let text_of = |key: &str| event[key].as_str().unwrap_or("—").to_owned();
        text.push_str(&w.altered_event(
            &text_of("event"),
            &event["signed"].to_string(),
            &event["here"].to_string(),
        ));
    }
    if difference.altered.is_empty() && !difference.events.is_empty() {
        let events = difference.events.iter().filter_map(|event| event["event"].as_str());
        text.push_str(&w.events_behind(&events.take(5).collect::<Vec<_>>().join(" "), difference.events.len()));
    }
    text
}
