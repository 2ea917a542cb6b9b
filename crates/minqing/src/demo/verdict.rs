//! Does everybody agree? Digests are read over HTTP from the hub and from every village, and compared with those of
//! the auditor's replay; where they differ, the first row and the events behind it are named.

use anyhow::Context as _;
use audit::{Digests, Entries as _, Finding, Replay, RowDifference, Verdict, Verified};
use axum::http::Method;
use event::{Day, Event, UnitCode};
use indicatif::ProgressBar;
use ledger::View;
use serde::Serialize;
use serde_json::{Value, json};

use super::run::{Office, Town};
use crate::out::Out;

/// One party that was compared with the auditor's replay.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Compared {
    /// `hub` or `village`.
    pub(super) party: &'static str,
    /// Its unit.
    pub(super) unit: UnitCode,
    /// Its name.
    pub(super) name: String,
    /// Its digests, as it serves them.
    pub(super) digests: Digests,
    /// What does not agree.
    pub(super) differences: Vec<Difference>,
}

/// A difference between what a party serves and what the auditor's replay gives.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Difference {
    /// The unit whose figures differ.
    pub(super) unit: UnitCode,
    /// Its name.
    pub(super) name: String,
    /// What the comparison came to.
    #[serde(flatten)]
    pub(super) verdict: Verdict,
    /// The first row that differs.
    pub(super) row: Option<RowDifference>,
    /// The events behind that row.
    pub(super) events: Vec<Value>,
    /// Events that the party holds with other bytes.
    pub(super) altered: Vec<Value>,
}

/// The verdict.
pub(super) struct Judged {
    pub(super) verified: Verified,
    pub(super) replay: Replay,
    pub(super) digests: Digests,
    pub(super) parties: Vec<Compared>,
    pub(super) as_of: Day,
}

impl Judged {
    /// Whether everything verifies, and every digest of every party is the one of the replay.
    pub(super) fn agree(&self) -> bool {
        let served = self.parties.iter().all(|party| party.differences.is_empty());
        served && self.verified.holds() && !self.digests.units.is_empty()
    }

    /// What the auditor found in its mirror.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.verified.findings
    }

    pub(super) fn close(self) -> anyhow::Result<()> {
        Ok(self.replay.close()?)
    }
}

pub(super) async fn judge(town: &Town, out: &Out) -> anyhow::Result<Judged> {
    let bar = out.bar(out.words.verifying(), 0);
    let told = |bar: &ProgressBar| {
        let bar = bar.clone();
        move |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        }
    };
    let (config, mut tell) = (town.auditor.clone(), told(&bar));
    let mut verified = tokio::task::spawn_blocking(move || audit::verify(&config, &mut tell)).await??;
    if verified
        .findings
        .iter()
        .any(|finding| finding.rule == Finding::JOURNAL_ROOT)
    {
        verified.findings.extend(audit::locate(&town.auditor).await?);
    }
    let (config, mut tell) = (town.auditor.clone(), told(&bar));
    let replay = tokio::task::spawn_blocking(move || Replay::run(&config, &mut tell)).await??;
    let digests = replay.digests();
    bar.finish_and_clear();
    let as_of = town.today;
    let mut judged = Judged {
        verified,
        replay,
        digests,
        parties: Vec::new(),
        as_of,
    };
    judged.parties.push(hub(town, &judged).await?);
    let bar = out.bar(out.words.comparing(), town.villages.len() as u64);
    for office in &town.villages {
        judged.parties.push(village(office, &judged).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(judged)
}

async fn hub(town: &Town, judged: &Judged) -> anyhow::Result<Compared> {
    let client = audit::client(&town.auditor)?;
    let at_least = judged.digests.cut.position;
    let at_least = at_least.map_or_else(String::new, |position| format!("&at_least={position}"));
    let served = audit::ask(&client, &format!("/v1/digests?roots=true{at_least}")).await?;
    let digests: Digests = serde_json::from_value(served)?;
    let mut differences = Vec::new();
    for unit in disagreements(&judged.digests, &digests) {
        let mut difference = Difference::new(unit, judged);
        if let Some(view) = difference.view() {
            let path = format!(
                "/v1/views/{}?unit={}&as_of={}",
                word(view),
                difference.unit,
                judged.as_of
            );
            let answer = audit::ask(&client, &path).await?;
            difference.explain(judged, view, rows(&answer["units"][0]["rows"]));
        }
        differences.push(difference);
    }
    Ok(Compared {
        party: "hub",
        unit: town.town.unit,
        name: town.town.name.clone(),
        digests,
        differences,
    })
}

async fn village(office: &Office, judged: &Judged) -> anyhow::Result<Compared> {
    let party = &office.party;
    let own = |digests: &Digests| Digests {
        cut: digests.cut,
        units: digests.of(party.unit).cloned().into_iter().collect(),
    };
    let ours = own(&judged.digests);
    let scope = ours.units.first().and_then(|unit| unit.scope_position);
    let digests = party.digests(scope).await?;
    let mut differences = Vec::new();
    for unit in disagreements(&ours, &digests) {
        let mut difference = Difference::new(unit, judged);
        if let Some(view) = difference.view() {
            let path = format!("/ledger/{}?as_of={}", word(view), judged.as_of);
            let answer = party.ask(Method::GET, &path, Vec::new()).await?;
            difference.explain(judged, view, rows(&answer["confirmed"]["rows"]));
            difference.altered = altered(office, judged, &difference.events).await?;
        }
        differences.push(difference);
    }
    Ok(Compared {
        party: "village",
        unit: party.unit,
        name: party.name.clone(),
        digests,
        differences,
    })
}

fn disagreements(ours: &Digests, theirs: &Digests) -> Vec<audit::Comparison> {
    let all = audit::compare(ours, theirs).into_iter();
    all.filter(|one| one.verdict != Verdict::Equal).collect()
}

/// The word of a view in an address.
const fn word(view: View) -> &'static str {
    match view {
        View::SyncHealth => "sync",
        other => other.key(),
    }
}

fn rows(rows: &Value) -> &[Value] {
    rows.as_array().map_or(&[], Vec::as_slice)
}

impl Difference {
    fn new(comparison: audit::Comparison, judged: &Judged) -> Self {
        Self {
            unit: comparison.unit,
            name: judged.replay.book().name_of(comparison.unit).to_owned(),
            verdict: comparison.verdict,
            row: None,
            events: Vec::new(),
            altered: Vec::new(),
        }
    }

    fn view(&self) -> Option<View> {
        match &self.verdict {
            Verdict::Differs { view, .. } => View::from_key(view),
            _ => None,
        }
    }

    fn explain(&mut self, judged: &Judged, view: View, theirs: &[Value]) {
        let ours = audit::rows(judged.replay.ledger(), view, self.unit, judged.as_of);
        self.row = audit::row_difference(&ours, theirs);
        let story = self.row.as_ref().map(|row| judged.replay.story(row.row()));
        self.events = story.into_iter().flatten().map(|step| json!(step)).collect();
    }
}

/// Which of these events a village holds with other bytes than the auditor.
async fn altered(office: &Office, judged: &Judged, events: &[Value]) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    for event in events {
        let (Some(origin), Some(sequence)) = (event["origin"].as_str(), event["sequence"].as_u64()) else {
            continue;
        };
        let entry = judged.replay.entry(origin.parse()?, event::Sequence::new(sequence)?)?;
        let entry = entry.context("an event of the story without its entry")?;
        let path = format!("/log?from={origin}:{sequence}&limit=1");
        let line = office.party.ask(Method::GET, &path, Vec::new()).await?;
        let ours = crate::out::hex(&entry.bytes);
        if line["bytes"] != json!(ours) {
            let facts = |bytes: &[u8]| {
                let event = Event::decode(bytes).ok()?;
                let facts = event::Facts::decode(event.header.kind, event.header.schema, event.facts);
                facts.ok().flatten().map(|facts| json!(facts))
            };
            found.push(json!({
                "event": event["event"], "origin": origin, "sequence": sequence,
                "signed": facts(&entry.bytes), "here": line["facts"]
            }));
        }
    }
    Ok(found)
}
