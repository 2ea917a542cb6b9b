//! Measures the rules against a story whose truth is known. Shared by the test that holds the table and the example that prints it.

use std::collections::{BTreeMap, BTreeSet};

use event::{Day, Subject, SubjectKind};
use leads::{Asked, History, Lead, LogNote, Parameters, Record, Rule, leads};
use ledger::{Author, Receipt};
use sample::conduct::{self, Conduct, ConductPlan, Fabrication};

/// What a rule is made for: recall is measured on these.
pub(crate) const fn made_for(rule: Rule) -> &'static [Fabrication] {
    use Fabrication::{
        AbsentMet, BackDated, ClockTurnedBack, Desk, EditedBeforeCheck, FalseFinish, InstantClosing, KeyedForOthers,
        LogCut, LogForked, PerfectFollowUps, SelfChecked, Stuffed, TermBulk, TwoPlaces,
    };
    match rule {
        Rule::R01 | Rule::R02 => &[Desk, Stuffed],
        Rule::R03 => &[TwoPlaces],
        Rule::R04 => &[Stuffed],
        Rule::R05 | Rule::R06 => &[BackDated, TermBulk],
        Rule::R07 | Rule::R08 => &[ClockTurnedBack],
        Rule::R13 => &[PerfectFollowUps],
        Rule::R14 => &[AbsentMet],
        Rule::R15 => &[KeyedForOthers],
        Rule::R16 => INVENTED,
        Rule::R20 => &[Desk, Stuffed, BackDated, ClockTurnedBack, TermBulk, KeyedForOthers],
        Rule::R23 => &[SelfChecked, InstantClosing],
        Rule::R24 => &[FalseFinish],
        Rule::R28 => &[EditedBeforeCheck],
        Rule::R31 => &[LogForked, LogCut],
    }
}

/// Whatever invents visits.
const INVENTED: &[Fabrication] = &[
    Fabrication::Desk,
    Fabrication::Stuffed,
    Fabrication::BackDated,
    Fabrication::ClockTurnedBack,
    Fabrication::TermBulk,
    Fabrication::AbsentMet,
    Fabrication::KeyedForOthers,
    Fabrication::TwoPlaces,
    Fabrication::EditedBeforeCheck,
];

/// What makes a lead right. An impossible time or an absent household is the mark of an invented visit, whatever it was invented for; the other rules are
/// right only about what they are made for.
pub(crate) const fn right_about(rule: Rule) -> &'static [Fabrication] {
    match rule {
        Rule::R01 | Rule::R02 | Rule::R03 | Rule::R04 | Rule::R14 | Rule::R20 => INVENTED,
        _ => made_for(rule),
    }
}

/// The leads of a told story, every rule asked.
pub(crate) fn leads_of(conduct: &Conduct, parameters: &Parameters) -> Vec<Lead> {
    leads(&history_of(conduct), parameters, Asked::All)
}

pub(crate) fn history_of(conduct: &Conduct) -> History {
    History::rebuild(&records_of(conduct), notes_of(conduct), conduct::JOURNAL)
}

pub(crate) fn records_of(conduct: &Conduct) -> Vec<Record<'_>> {
    fn record(one: &conduct::Receipted) -> Record<'_> {
        Record {
            bytes: &one.entry.bytes,
            personal: one.entry.personal.as_deref(),
            origin: one.origin,
            sequence: one.sequence,
            author: if one.by_hub { Author::Hub } else { Author::Village },
            receipt: Receipt {
                position: one.position,
                received_at_ms: one.received_at_ms,
            },
        }
    }
    conduct.records.iter().map(record).collect()
}

pub(crate) fn notes_of(conduct: &Conduct) -> Vec<LogNote> {
    let note = |note: &conduct::LogNote| match *note {
        conduct::LogNote::Reached { origin, size } => LogNote::Reached { origin, size },
        conduct::LogNote::Fork {
            origin,
            hub_size,
            at_ms,
        } => LogNote::Fork {
            origin,
            hub_size,
            at_ms,
        },
        conduct::LogNote::Restored { origin } => LogNote::Restored { origin },
    };
    conduct.notes.iter().map(note).collect()
}

/// What was counted of one rule.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Leads.
    pub(crate) leads: u64,
    /// Of these, about somebody who planted what the rule is about, in a month that the lead speaks of.
    pub(crate) right: u64,
    /// Of these, about somebody who planted anything then.
    pub(crate) any: u64,
    /// Planted months of what the rule is about.
    pub(crate) planted: u64,
    /// Of these, those that a right lead speaks of.
    pub(crate) found: u64,
    /// Months of cadres (whether they have leads or not) who planted nothing at all in the story.
    pub(crate) honest_months: u64,
    /// Leads that are about somebody who planted nothing then.
    pub(crate) wrong: u64,
}

impl Tally {
    /// Adds what was counted elsewhere.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.leads += other.leads;
        self.right += other.right;
        self.any += other.any;
        self.planted += other.planted;
        self.found += other.found;
        self.honest_months += other.honest_months;
        self.wrong += other.wrong;
    }

    /// Right leads of a thousand; `None` without leads.
    pub(crate) fn precision(&self) -> Option<u64> {
        (self.leads > 0).then(|| self.right * 1_000 / self.leads)
    }

    /// Found months of a thousand planted ones.
    pub(crate) fn recall(&self) -> Option<u64> {
        (self.planted > 0).then(|| self.found * 1_000 / self.planted)
    }

    /// Wrong leads in a million months of honest cadres.
    pub(crate) fn wrong_in_a_million(&self) -> u64 {
        (self.wrong * 1_000_000).checked_div(self.honest_months).unwrap_or(0)
    }
}

type Truth = BTreeMap<(Subject, Fabrication), BTreeSet<Day>>;

/// Adds one story to the tallies.
pub(crate) fn tally(conduct: &Conduct, found: &[Lead], tallies: &mut BTreeMap<Rule, Tally>) {
    let mut truth = Truth::new();
    for planted in &conduct.planted {
        truth
            .entry((planted.subject, planted.fabrication))
            .or_default()
            .insert(planted.month);
    }
    let liars: BTreeSet<Subject> = conduct.planted.iter().map(|planted| planted.subject).collect();
    let honest = conduct
        .cadres
        .iter()
        .filter(|cadre| !liars.contains(&Subject::person(**cadre)))
        .count();
    for rule in Rule::ALL {
        let tally = tallies.entry(*rule).or_default();
        tally.honest_months += 3 * honest as u64;
        let mut spoken: BTreeSet<(Subject, Fabrication, Day)> = BTreeSet::new();
        for lead in found.iter().filter(|lead| lead.rule == *rule) {
            let planted = |what: &Fabrication| months_hit(&truth, lead, *what);
            let is_right = right_about(*rule).iter().any(|what| !planted(what).is_empty());
            let any = Fabrication::ALL.iter().any(|what| !planted(what).is_empty());
            tally.leads += 1;
            tally.right += u64::from(is_right);
            tally.any += u64::from(any);
            tally.wrong += u64::from(!any);
            spoken.extend(made_for(*rule).iter().flat_map(planted));
        }
        for ((subject, what), months) in &truth {
            if made_for(*rule).contains(what) && speaks_of(*rule, *subject) {
                tally.planted += months.len() as u64;
            }
        }
        tally.found += spoken.len() as u64;
    }
}

/// Rules about logs are measured on logs, the others on cadres.
fn speaks_of(rule: Rule, subject: Subject) -> bool {
    let of_logs = matches!(rule, Rule::R07 | Rule::R08 | Rule::R31);
    of_logs == (subject.kind == SubjectKind::Origin)
}

fn months_hit(truth: &Truth, lead: &Lead, what: Fabrication) -> Vec<(Subject, Fabrication, Day)> {
    let (from, to) = lead.period;
    let months = truth.get(&(lead.subject, what)).into_iter().flatten();
    let last = |first: Day| first.plus(30);
    let hit = months.filter(|first| **first <= to && last(**first) >= from);
    hit.map(|first| (lead.subject, what, *first)).collect()
}

/// Tells and measures stories of these seeds at one prevalence.
pub(crate) fn measure(seeds: &[u64], permille: u16, parameters: &Parameters) -> BTreeMap<Rule, Tally> {
    let mut tallies = BTreeMap::new();
    for seed in seeds {
        let conduct = ConductPlan::new(*seed, permille).tell();
        tally(&conduct, &leads_of(&conduct, parameters), &mut tallies);
    }
    tallies
}

/// Fewest leads at 5 % from which something is said of a rule.
pub(crate) const LEADS_MIN: u64 = 10;
/// Least precision of a rule that is on, in thousandths.
pub(crate) const PRECISION_MIN: u64 = 800;

/// Whether a rule has earned to be on, by its tally at 5 %.
pub(crate) fn earns_on(tally: &Tally) -> bool {
    tally.leads >= LEADS_MIN && tally.precision() >= Some(PRECISION_MIN)
}

fn thousandths(value: Option<u64>) -> String {
    value.map_or_else(
        || "–".to_owned(),
        |value| format!("{}.{:03}", value / 1_000, value % 1_000),
    )
}

/// What the table says of a rule at one prevalence.
pub(crate) fn cells(tally: &Tally) -> String {
    let (wrong, precision) = (tally.wrong_in_a_million(), thousandths(tally.precision()));
    let right = format!("| {} of {} = {precision} ", tally.right, tally.leads);
    let recall = thousandths(tally.recall());
    format!(
        "{right}| {recall} | {}.{:04} ",
        wrong / 1_000_000,
        wrong % 1_000_000 / 100
    )
}

/// The table of the page: one row for each rule, three columns for each prevalence.
pub(crate) fn table(parameters: &Parameters, measured: &[BTreeMap<Rule, Tally>]) -> String {
    let mut text = "| rule | default | 1 %: right leads | recall | false | 5 %: right leads | recall | false | 20 %: right leads | recall | false |\n|---|---|---|---|---|---|---|---|---|---|---|\n".to_owned();
    for rule in Rule::ALL {
        text += &format!("| {rule} | {} ", if parameters.is_on(*rule) { "on" } else { "off" });
        for tally in measured.iter().map(|tallies| tallies[rule]) {
            text += &cells(&tally);
        }
        text += "|\n";
    }
    text
}
