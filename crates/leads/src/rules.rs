//! One file for each rule, and the question that is put to all of them.

mod r01;
mod r02;
mod r03;
mod r04;
mod r05;
mod r06;
mod r07;
mod r08;
mod r13;
mod r14;
mod r15;
mod r16;
mod r20;
mod r23;
mod r24;
mod r28;
mod r31;

use std::collections::{BTreeMap, BTreeSet};

use event::{Day, PersonId, Subject, UnitCode};

use crate::lead::Named;
use crate::month::Month;
use crate::visit::Visit;
use crate::{History, Lead, Parameters, Rule};

/// Which rules are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Those that the parameters have on.
    On,
    /// All of them, also those that are too often wrong.
    All,
    /// One.
    One(Rule),
}

/// The leads of a history, by rule, subject, period and events.
#[must_use]
pub fn leads(history: &History, parameters: &Parameters, asked: Asked) -> Vec<Lead> {
    let mut found = Vec::new();
    for rule in Rule::ALL {
        let is_asked = match asked {
            Asked::On => parameters.is_on(*rule),
            Asked::All => true,
            Asked::One(one) => one == *rule,
        };
        if is_asked {
            ask(*rule, history, parameters, &mut found);
        }
    }
    found.sort();
    found
}

fn ask(rule: Rule, history: &History, parameters: &Parameters, found: &mut Vec<Lead>) {
    let find = match rule {
        Rule::R01 => r01::find,
        Rule::R02 => r02::find,
        Rule::R03 => r03::find,
        Rule::R04 => r04::find,
        Rule::R05 => r05::find,
        Rule::R06 => r06::find,
        Rule::R07 => r07::find,
        Rule::R08 => r08::find,
        Rule::R13 => r13::find,
        Rule::R14 => r14::find,
        Rule::R15 => r15::find,
        Rule::R16 => r16::find,
        Rule::R20 => r20::find,
        Rule::R23 => r23::find,
        Rule::R24 => r24::find,
        Rule::R28 => r28::find,
        Rule::R31 => r31::find,
    };
    let mut sink = Sink {
        rule,
        version: parameters.version,
        found,
    };
    find(history, parameters, &mut sink);
}

/// Where a rule puts its leads.
pub(crate) struct Sink<'a> {
    rule: Rule,
    version: u16,
    found: &'a mut Vec<Lead>,
}

impl Sink<'_> {
    pub(crate) fn cadre(&mut self, cadre: PersonId, named: Vec<Named>, figures: &[(&'static str, i64)]) {
        self.about(Subject::person(cadre), named, figures);
    }

    pub(crate) fn about(&mut self, subject: Subject, named: Vec<Named>, figures: &[(&'static str, i64)]) {
        self.found
            .extend(Lead::about((self.rule, self.version), subject, named, figures));
    }

    /// A lead without events: about a log of which nothing can be named.
    pub(crate) fn bare(&mut self, lead: Lead) {
        self.found.push(Lead {
            rule: self.rule,
            version: self.version,
            ..lead
        });
    }
}

/// Visits by cadre and the month that they claim, each list by claimed time.
pub(crate) fn by_cadre_and_month<'a>(
    visits: impl IntoIterator<Item = &'a Visit>,
) -> BTreeMap<(PersonId, Month), Vec<&'a Visit>> {
    let mut groups: BTreeMap<(PersonId, Month), Vec<&Visit>> = BTreeMap::new();
    for visit in visits {
        if let Some(month) = Month::of(visit.entered.occurred.day()) {
            for cadre in &visit.visitors {
                groups.entry((*cadre, month)).or_default().push(visit);
            }
        }
    }
    for list in groups.values_mut() {
        list.sort_by_key(|visit| (visit.entered.occurred.start_ms(), visit.entered.id));
    }
    groups
}

/// Days on which a whole village goes out: enough of its cadres met enough households at home.
pub(crate) fn campaigns<'a>(
    visits: impl IntoIterator<Item = &'a Visit>,
    (cadres_min, households_min): (u16, u16),
) -> BTreeSet<(UnitCode, Day)> {
    let mut met: BTreeMap<(UnitCode, Day), BTreeMap<PersonId, usize>> = BTreeMap::new();
    for visit in visits {
        let day = (visit.entered.unit, visit.entered.occurred.day());
        for cadre in &visit.visitors {
            *met.entry(day).or_default().entry(*cadre).or_default() += 1;
        }
    }
    let many = |cadres: &BTreeMap<PersonId, usize>| {
        let out = cadres.values().filter(|visits| **visits >= usize::from(households_min));
        out.count() >= usize::from(cadres_min.max(1))
    };
    let days = met.into_iter().filter(|(_, cadres)| many(cadres));
    days.map(|(day, _)| day).collect()
}

/// The events of visits, as a lead names them.
pub(crate) fn named<'a>(visits: impl IntoIterator<Item = &'a Visit>) -> Vec<Named> {
    visits.into_iter().map(|visit| visit.entered.named()).collect()
}
