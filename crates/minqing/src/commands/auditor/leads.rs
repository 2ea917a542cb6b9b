//! `minqing audit leads`: what calls for a human look. A lead names its events and its ordinary explanation; nothing is
//! added up per person, and the events of one lead are the only way to look at what a cadre did.

use audit::{Archive, History, Led, Trace, lead_events};
use clap::Args;
use event::{Day, UnitCode};
use leads::{Asked, Lead, Measured, Parameters, Rule, figure_words};
use screen::reports::{Lead as Shown, Leads as Given, Unasked, leads as report};
use screen::{Block, Section, text};
use serde_json::{Value, json};

use super::report::{check, cut, lang, made, place, present, township, words};
use super::{At, at_work, trace};
use crate::exit::Exit;
use crate::out::Out;
use crate::words::Lang;

#[derive(Args, Debug)]
pub(crate) struct LeadsArgs {
    #[command(flatten)]
    at: At,
    /// 只问一条规则，例如 R05；默认关闭的也可以 / ask one rule, such as R05, also one that is off by default
    #[arg(long, value_name = "RULE", conflicts_with = "all", value_parser = rule)]
    rule: Option<Rule>,
    /// 所有规则，默认关闭的也问 / ask all rules, also those that are off by default
    #[arg(long)]
    all: bool,
    /// 只看一个单位 / one unit alone
    #[arg(long, value_name = "CODE")]
    unit: Option<UnitCode>,
    /// 只看所称日期不早于这一天的 / only leads that speak of this day or a later one
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// 只看所称日期不晚于这一天的 / only leads that speak of this day or an earlier one
    #[arg(long, value_name = "DAY")]
    to: Option<Day>,
    /// 看第几条线索的事件经过 / the events of this lead, as a story; the number is that of the list
    #[arg(long, value_name = "NUMBER")]
    show: Option<usize>,
}

fn rule(key: &str) -> Result<Rule, String> {
    Rule::from_key(&key.to_ascii_uppercase()).ok_or_else(|| {
        let known: Vec<&str> = Rule::ALL.iter().map(|rule| rule.key()).collect();
        format!("no such rule; there are {}", known.join(", "))
    })
}

impl LeadsArgs {
    fn asked(&self) -> Asked {
        match (self.rule, self.all) {
            (Some(rule), _) => Asked::One(rule),
            (None, true) => Asked::All,
            (None, false) => Asked::On,
        }
    }

    fn is_wanted(&self, lead: &Lead) -> bool {
        let (first, last) = lead.period;
        self.unit.is_none_or(|unit| unit == lead.unit)
            && self.from.is_none_or(|from| last >= from)
            && self.to.is_none_or(|to| first <= to)
    }
}

/// What was found, and the story of the lead that was asked for.
struct Found {
    led: Led,
    leads: Vec<Lead>,
    story: Option<Trace>,
}

pub(super) async fn run(args: &LeadsArgs, out: &Out) -> anyhow::Result<Exit> {
    check(args.at.html.as_deref())?;
    let (config, asked, show) = (args.at.config(), args.asked(), args.show);
    let work = at_work(out.words.replaying(), out, move |progress| {
        let archive = Archive::open(&config)?;
        let led = Led::read(&archive, progress)?;
        let leads = leads::leads(&led.history, &Parameters::default(), asked);
        Ok((archive, led, leads))
    });
    let (archive, led, mut leads) = work.await?;
    leads.retain(|lead| args.is_wanted(lead));
    let story = match show {
        None => None,
        Some(number) => {
            let lead = number.checked_sub(1).and_then(|at| leads.get(at));
            let count = leads.len();
            let lead = lead.ok_or_else(|| anyhow::anyhow!(out.words.no_such_lead(number, count)))?;
            let mut history = History::looking_for(lead.events.iter().copied());
            archive.each(&led.known.book, &mut |standing, bytes| {
                history.add(standing, bytes);
                true
            })?;
            Some(lead_events(&led.known, &history, &archive)?)
        }
    };
    archive.close()?;
    let found = Found { led, leads, story };
    match (&found.story, show) {
        (Some(story), Some(number)) => shown(args, &found, story, number, out)?,
        _ => listed(args, &found, out)?,
    }
    Ok(Exit::Ok)
}

fn listed(args: &LeadsArgs, found: &Found, out: &Out) -> anyhow::Result<()> {
    let (asked, known, parameters) = (args.asked(), &found.led.known, Parameters::default());
    let off: Vec<Rule> = match asked {
        Asked::On => Rule::ALL
            .iter()
            .copied()
            .filter(|rule| !parameters.is_on(*rule))
            .collect(),
        Asked::All | Asked::One(_) => Vec::new(),
    };
    let document = json!({
        "cut": known.cut(), "parameters": parameters.version, "heading": leads::Words::heading(tongue(out)),
        "leads": (1..).zip(&found.leads).map(|(number, lead)| document(number, lead, found, out)).collect::<Vec<_>>(),
        "off": off.iter().map(|rule| unasked(*rule, out)).collect::<Vec<_>>()
    });
    let given = Given {
        place: township(&known.book),
        cut: cut(known.cut(), ""),
        leads: (1..)
            .zip(&found.leads)
            .map(|(number, lead)| of_lead(number, lead, found, out))
            .collect(),
        unasked: off
            .iter()
            .map(|rule| Unasked {
                rule: rule.key().to_owned(),
                title: leads::Words::of(*rule, tongue(out)).title.to_owned(),
                measured: measured(*rule, out),
            })
            .collect(),
        made: made(out),
    };
    present(out, &args.at, &report(given, lang(out)), &document)
}

/// The events of one lead, beside what was seen and its ordinary explanation.
fn shown(args: &LeadsArgs, found: &Found, story: &Trace, number: usize, out: &Out) -> anyhow::Result<()> {
    let lead = &found.leads[number - 1];
    let one = Given {
        leads: vec![of_lead(number, lead, found, out)],
        ..Given::default()
    };
    // The chart of one lead says nothing.
    let told: Vec<Section> = report(one, lang(out))
        .sections
        .into_iter()
        .filter(has_findings)
        .collect();
    let given = trace::given(story, &found.led.known.book, words(out), made(out));
    let mut page = screen::reports::lead_events(given, lang(out));
    page.sections.splice(0..0, told);
    page.limits.push(words(out).limit_lead().to_owned());
    let document = json!({ "lead": document(number, lead, found, out), "story": story });
    present(out, &args.at, &page, &document)
}

fn has_findings(section: &Section) -> bool {
    let full = |block: &Block| matches!(block, Block::Findings(found) if !found.is_empty());
    section.blocks.iter().any(full)
}

fn tongue(out: &Out) -> leads::Lang {
    match out.words.lang() {
        Lang::Zh => leads::Lang::Zh,
        Lang::En => leads::Lang::En,
    }
}

/// How often a rule was right, as people read it.
fn measured(rule: Rule, out: &Out) -> String {
    let measured = Measured::of(rule);
    let permille = measured.permille();
    let precision = format!("{}.{:03}", permille / 1_000, permille % 1_000);
    out.words
        .lead_measured(&measured.right.to_string(), &measured.of.to_string(), &precision)
}

fn unasked(rule: Rule, out: &Out) -> Value {
    let (measured, words) = (Measured::of(rule), leads::Words::of(rule, tongue(out)));
    json!({
        "rule": rule, "title": words.title, "right": measured.right, "of": measured.of,
        "precision_permille": measured.permille(), "why": leads::Words::off(tongue(out))
    })
}

fn document(number: usize, lead: &Lead, found: &Found, out: &Out) -> Value {
    let (known, words) = (&found.led.known, leads::Words::of(lead.rule, tongue(out)));
    let events = lead.events.iter().map(|event| {
        let place = known.ledger.place_of(*event);
        json!({
            "event": event, "origin": place.map(|(origin, _)| origin), "sequence": place.map(|(_, sequence)| sequence)
        })
    });
    let mut document = json!(lead);
    document["number"] = json!(number);
    document["on"] = json!(Parameters::default().is_on(lead.rule));
    document["name"] = json!(known.book.name_of(lead.unit));
    document["subject"] = json!({ "kind": lead.subject.kind, "id": lead.subject.id });
    document["events"] = json!(events.collect::<Vec<_>>());
    document["title"] = json!(words.title);
    document["seen"] = json!(words.seen);
    document["benign"] = json!(words.benign);
    document
}

fn of_lead(number: usize, lead: &Lead, found: &Found, out: &Out) -> Shown {
    let (known, told) = (&found.led.known, leads::Words::of(lead.rule, tongue(out)));
    let figures = lead.figures.iter().map(|figure| {
        let value = u64::try_from(figure.value).map_or_else(|_| figure.value.to_string(), text::number);
        (figure_words(figure.name, tongue(out)).to_owned(), value)
    });
    let (first, last) = lead.period;
    let period = (out.words.lead_period().to_owned(), format!("{first} – {last}"));
    let number = (out.words.lead_number().to_owned(), number.to_string());
    let event = |event: &event::EventId| match known.ledger.place_of(*event) {
        Some((origin, sequence)) => format!("{event} ({origin}:{})", sequence.get()),
        None => event.to_string(),
    };
    Shown {
        rule: lead.rule.key().to_owned(),
        title: format!("{} — {}", told.title, told.seen),
        unit: place(&known.book, lead.unit),
        subject: lead.subject.id.to_string(),
        figures: [number, period].into_iter().chain(figures).collect(),
        events: lead.events.iter().map(event).collect(),
        benign: told.benign.to_owned(),
        on: Parameters::default().is_on(lead.rule),
    }
}
