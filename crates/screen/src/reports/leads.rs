//! Leads for a human check. None is a verdict, none counts people.

use std::collections::BTreeMap;

use super::limits;
use crate::block::{Cell, Facts, Finding, Table, Tag};
use crate::chart::{Bar, Bars, Chart};
use crate::{Block, Cut, Lang, Lead as Answer, Place, Report, Section, Tone, Words};

/// One lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    /// The rule's identifier, such as R05.
    pub rule: String,
    /// The rule's name.
    pub title: String,
    /// The unit.
    pub unit: Place,
    /// Whom or what it is about, by its identifier.
    pub subject: String,
    /// The figures behind it: what, and how much.
    pub figures: Vec<(String, String)>,
    /// The events behind it.
    pub events: Vec<String>,
    /// How it comes about without fault.
    pub benign: String,
    /// Whether the rule is on by default.
    pub on: bool,
}

/// A rule that is off, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unasked {
    /// Its identifier.
    pub rule: String,
    /// Its name.
    pub title: String,
    /// Right leads of all leads, as measured.
    pub measured: String,
}

/// Leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leads {
    /// Whose.
    pub place: Place,
    /// Up to where.
    pub cut: Cut,
    /// The leads.
    pub leads: Vec<Lead>,
    /// Rules that were not asked because they are too often wrong.
    pub unasked: Vec<Unasked>,
    /// When and by what it was made.
    pub made: String,
}

/// Most events of one lead that a page names; all of them stand in `--json`.
const EVENTS_SHOWN_MAX: usize = 20;

/// The report.
#[must_use]
pub fn leads(given: Leads, lang: Lang) -> Report {
    let words = Words::new(lang);
    let mut by_rule: BTreeMap<(String, String), u64> = BTreeMap::new();
    for lead in &given.leads {
        *by_rule.entry((lead.rule.clone(), lead.title.clone())).or_default() += 1;
    }
    let rules = by_rule.len();
    let bars = Bars {
        title: words.leads_by_rule().to_owned(),
        unit: words.leads_title().to_owned(),
        rows: by_rule
            .into_iter()
            .map(|((rule, title), value)| Bar {
                label: format!("{rule} {title}"),
                value,
                of: None,
            })
            .collect(),
    };
    let count = given.leads.len();
    let (on, off): (Vec<Lead>, Vec<Lead>) = given.leads.into_iter().partition(|lead| lead.on);
    let findings = |leads: Vec<Lead>| leads.into_iter().map(|lead| finding(lead, words)).collect::<Vec<_>>();
    let mut sections = Vec::new();
    if count > 0 {
        sections.push(Section::new(words.leads_by_rule()).with(Block::Chart(Chart::Bars(bars))));
    }
    let section = Section::new(words.leads_title()).noted(words.leads_each());
    sections.push(section.with(Block::Findings(findings(on))));
    if !off.is_empty() {
        sections.push(Section::new(words.leads_off()).with(Block::Findings(findings(off))));
    }
    if !given.unasked.is_empty() {
        let head = [words.rule(), words.leads_what(), words.leads_measured()];
        let mut table = Table::new(head, 2);
        let row = |one: Unasked| vec![Cell::text(one.rule), Cell::text(one.title), Cell::text(one.measured)];
        table.rows = given.unasked.into_iter().map(row).collect();
        let section = Section::new(words.leads_off()).noted(words.leads_why_off());
        sections.push(section.with(Block::Table(table)));
    }
    Report {
        lang,
        title: words.leads_title().to_owned(),
        place: given.place,
        cuts: vec![given.cut],
        lead: Answer {
            tone: if count > 0 { Tone::Unsure } else { Tone::Plain },
            sentence: words.leads_answer(count, rules),
            meaning: words.leads_each().to_owned(),
        },
        sections,
        limits: limits(words, &[words.limit_lead()]),
        made: given.made,
        ..Report::default()
    }
}

fn finding(lead: Lead, words: Words) -> Finding {
    let mut facts = Facts::default()
        .with(words.unit(), format!("{} {}", lead.unit.name, lead.unit.code).trim())
        .with(words.subject(), lead.subject);
    facts.0.extend(lead.figures);
    let mut events = lead
        .events
        .iter()
        .take(EVENTS_SHOWN_MAX)
        .cloned()
        .collect::<Vec<_>>()
        .join(" ");
    if lead.events.len() > EVENTS_SHOWN_MAX {
        events.push_str(&format!(" +{}", lead.events.len() - EVENTS_SHOWN_MAX));
    }
    Finding {
        rule: lead.rule,
        what: lead.title,
        facts: facts.with(words.events(), events),
        benign: lead.benign,
        tags: vec![if lead.on { Tag::On } else { Tag::Off }],
    }
}
