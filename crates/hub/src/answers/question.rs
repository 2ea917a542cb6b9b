//! A question to a ledger, as it was read from an address and found to be one that can be answered.

use event::{Day, UnitCode};
use ledger::{Period, Query};
use screen::Place;
use screen::township::ledgers::{Asked, Ledger, Quarter, Wrong, WrongDay};
use serde::Deserialize;

/// Quarters that the bar offers.
const QUARTERS: usize = 9;

/// The fields of an address. What is empty is not asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    period: String,
    until: String,
    known: String,
    against: String,
    unit: String,
    /// Page of a long table, from 1.
    pub(crate) page: Option<u64>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wanted {
    /// Figures of every village, or the rows of one.
    Ledger,
    /// The households behind a village's coverage.
    Covered,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Question {
    pub(crate) ledger: Ledger,
    pub(crate) wanted: Wanted,
    pub(crate) quarter: Quarter,
    /// "Happened up to".
    pub(crate) until: Option<Day>,
    /// "Received up to the end of"; `None` for everything up to now.
    pub(crate) known: Option<Day>,
    /// The same of what it is compared with; before `known`.
    pub(crate) against: Option<Day>,
    pub(crate) unit: Option<UnitCode>,
    /// The day on which it is asked: ages count up to it where no other day is named.
    pub(crate) today: Day,
}

impl Question {
    /// The period.
    pub(crate) fn period(&self) -> Period {
        // A quarter that was read is one of the calendar; the fallback keeps this total.
        Period::quarter(self.quarter.year, self.quarter.quarter).unwrap_or(Period {
            from: self.today,
            to: self.today,
        })
    }

    /// What is asked of a ledger that holds what was known.
    pub(crate) fn query(&self) -> Query {
        Query {
            as_of: self.until.or(self.known).unwrap_or(self.today),
            known_at_ms: None,
            occurred_until: self.until,
        }
    }

    /// Whether the rows that stand folded in memory answer it.
    pub(crate) const fn is_quick(&self) -> bool {
        self.until.is_none() && self.known.is_none() && self.against.is_none()
    }
}

impl Typed {
    /// The question of a ledger; beside it the bar with what was typed. `Err` where something cannot be used.
    pub(crate) fn read(&self, ledger: Ledger, today: Day, units: Vec<Place>) -> Result<(Question, Asked), Box<Asked>> {
        let mut wrong = Vec::new();
        let this = Quarter::of(today);
        let quarter = match self.period.trim() {
            "" => this,
            typed => Quarter::from_key(typed)
                .filter(|quarter| *quarter <= this)
                .unwrap_or_else(|| {
                    wrong.push(Wrong::Period);
                    this
                }),
        };
        let mut day = |typed: &str, of: fn(WrongDay) -> Wrong| match typed.trim() {
            "" => None,
            typed => match typed.parse::<Day>() {
                Ok(day) if day <= today => Some(day),
                Ok(_) => {
                    wrong.push(of(WrongDay::Ahead));
                    None
                }
                Err(_) => {
                    wrong.push(of(WrongDay::NoDay));
                    None
                }
            },
        };
        let until = day(&self.until, Wrong::Until);
        // What was received up to today is what was received up to now.
        let known = day(&self.known, Wrong::Known).filter(|known| *known < today);
        let against = day(&self.against, Wrong::Against);
        if against.is_some_and(|against| against >= known.unwrap_or(today)) {
            wrong.push(Wrong::Against(WrongDay::Turned));
        }
        let unit = Some(self.unit.trim()).filter(|unit| !unit.is_empty());
        let place = unit
            .and_then(|unit| units.iter().find(|place| place.code == unit))
            .cloned();
        if unit.is_some() && place.is_none() {
            wrong.push(Wrong::Unit);
        }
        let mut quarters: Vec<Quarter> = std::iter::successors(Some(this), |quarter| Some(quarter.before()))
            .take(QUARTERS)
            .collect();
        if !quarters.contains(&quarter) {
            quarters.push(quarter);
        }
        let asked = Asked {
            ledger,
            quarter,
            quarters,
            until: self.until.trim().to_owned(),
            known: self.known.trim().to_owned(),
            against: self.against.trim().to_owned(),
            unit: place,
            units,
            wrong,
        };
        if !asked.wrong.is_empty() {
            return Err(Box::new(asked));
        }
        let question = Question {
            ledger,
            wanted: Wanted::Ledger,
            quarter,
            until,
            known,
            against,
            unit: asked.unit.as_ref().and_then(|unit| unit.code.parse().ok()),
            today,
        };
        Ok((question, asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(until: &str, known: &str, against: &str) -> Typed {
        Typed {
            period: "2026-Q3".to_owned(),
            until: until.to_owned(),
            known: known.to_owned(),
            against: against.to_owned(),
            ..Typed::default()
        }
    }

    fn read(typed: &Typed) -> Result<Question, Vec<Wrong>> {
        let today = "2026-09-18".parse().unwrap();
        let read = typed.read(Ledger::Coverage, today, Vec::new());
        read.map(|(question, _)| question).map_err(|asked| asked.wrong)
    }

    #[test]
    fn days_are_read_and_a_comparison_looks_back() {
        let day = |text: &str| text.parse::<Day>().ok();
        let question = read(&typed("2026-08-31", " 2026-09-10 ", "2026-09-05")).unwrap();
        assert_eq!(
            (question.until, question.known, question.against),
            (day("2026-08-31"), day("2026-09-10"), day("2026-09-05"))
        );
        assert_eq!(question.query().as_of.to_string(), "2026-08-31");
        assert!(!question.is_quick() && read(&typed("", "2026-09-18", "")).unwrap().is_quick());
        assert_eq!(read(&typed("x", "", "")), Err(vec![Wrong::Until(WrongDay::NoDay)]));
        assert_eq!(
            read(&typed("", "2026-09-19", "")),
            Err(vec![Wrong::Known(WrongDay::Ahead)])
        );
        for (known, against) in [("2026-09-05", "2026-09-05"), ("", "2026-09-18")] {
            let wrong = read(&typed("", known, against));
            assert_eq!(wrong, Err(vec![Wrong::Against(WrongDay::Turned)]));
        }
        let mut other = typed("", "", "");
        (other.period, other.unit) = ("2026-Q4".to_owned(), "990000103001".to_owned());
        assert_eq!(read(&other), Err(vec![Wrong::Period, Wrong::Unit]));
    }
}
