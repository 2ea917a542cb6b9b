//! What was asked of a ledger: the bar of questions, and the addresses that ask them again. Dates and codes stand in an
//! address, never a name.

use event::Day;
use maud::{Markup, html};

use crate::field::described;
use crate::{Lang, Place, Words, dates, text};

/// Which ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ledger {
    /// L4: visits.
    #[default]
    Coverage,
    /// L3: requests.
    Requests,
    /// L1: households.
    Households,
    /// L2: diaries.
    Diary,
}

impl Ledger {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Coverage, Self::Requests, Self::Households, Self::Diary];

    /// The word in addresses and file names.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Coverage => "coverage",
            Self::Requests => "requests",
            Self::Households => "households",
            Self::Diary => "diary",
        }
    }

    /// The ledger with this word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ledger| ledger.key() == key)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self, w: Words) -> &'static str {
        match self {
            Self::Coverage => w.ledger_coverage(),
            Self::Requests => w.ledger_requests(),
            Self::Households => w.ledger_households(),
            Self::Diary => w.ledger_diary(),
        }
    }

    pub(crate) const fn about(self, w: Words) -> &'static str {
        match self {
            Self::Coverage => w.ledger_coverage_is(),
            Self::Requests => w.ledger_requests_is(),
            Self::Households => w.ledger_households_is(),
            Self::Diary => w.ledger_diary_is(),
        }
    }
}

/// A quarter of a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    /// The year.
    pub year: i16,
    /// From 1 to 4.
    pub quarter: u8,
}

impl Quarter {
    /// The quarter of a day.
    #[must_use]
    pub fn of(day: Day) -> Self {
        let (year, month, _) = dates::civil(day).unwrap_or((1970, 1, 1));
        let quarter = month.saturating_sub(1) / 3 + 1;
        Self { year, quarter }
    }

    /// The one before it.
    #[must_use]
    pub const fn before(self) -> Self {
        match self.quarter {
            0 | 1 => Self {
                year: self.year.saturating_sub(1),
                quarter: 4,
            },
            later => Self {
                year: self.year,
                quarter: later - 1,
            },
        }
    }

    /// `2026-Q3`.
    #[must_use]
    pub fn key(self) -> String {
        format!("{:04}-Q{}", self.year, self.quarter)
    }

    /// The quarter with this word; years from 1970 to 2199.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        let (year, quarter) = key.split_once("-Q")?;
        let (year, quarter) = (year.parse().ok()?, quarter.parse().ok()?);
        ((1970..2200).contains(&year) && (1..=4).contains(&quarter)).then_some(Self { year, quarter })
    }

    fn digit(self, lang: Lang) -> &'static str {
        let at = usize::from(self.quarter.clamp(1, 4)) - 1;
        match lang {
            Lang::Zh => ["一", "二", "三", "四"][at],
            Lang::En => ["1", "2", "3", "4"][at],
        }
    }

    /// 「2026 年第三季度」
    #[must_use]
    pub fn name(self, w: Words) -> String {
        w.ledgers_quarter(self.year, self.digit(w.lang()))
    }

    /// 「第三季度」 in its own year, else with the year.
    pub(crate) fn short(self, today: Day, w: Words) -> String {
        if Self::of(today).year == self.year {
            w.ledgers_quarter_short(self.digit(w.lang()))
        } else {
            self.name(w)
        }
    }
}

/// A field of the bar that cannot be used as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The quarter.
    Period,
    /// "Happened up to".
    Until(WrongDay),
    /// "Received up to".
    Known(WrongDay),
    /// "Compare with".
    Against(WrongDay),
    /// The village.
    Unit,
}

/// What is wrong with a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongDay {
    /// It is no day.
    NoDay,
    /// It has not come yet.
    Ahead,
    /// It does not lie before the day that it is compared with.
    Turned,
}

impl WrongDay {
    const fn say(self, w: Words) -> &'static str {
        match self {
            Self::NoDay => w.ledgers_bad_day(),
            Self::Ahead => w.ledgers_ahead(),
            Self::Turned => w.ledgers_turned(),
        }
    }
}

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Which ledger.
    pub ledger: Ledger,
    /// The period.
    pub quarter: Quarter,
    /// The quarters to choose from, newest first.
    pub quarters: Vec<Quarter>,
    /// "Happened up to", as it was typed; empty for everything in the period.
    pub until: String,
    /// "Received up to", as it was typed; empty for everything up to now.
    pub known: String,
    /// "Compare with received up to", as it was typed; empty for no comparison.
    pub against: String,
    /// The village, where one was chosen.
    pub unit: Option<Place>,
    /// The villages to choose from, by code.
    pub units: Vec<Place>,
    /// What cannot be used.
    pub wrong: Vec<Wrong>,
}

impl Asked {
    /// The question as it stands in an address, without the path.
    #[must_use]
    pub fn query(&self) -> String {
        let unit = self.unit.as_ref().map_or("", |unit| &unit.code);
        let mut query = format!("period={}", self.quarter.key());
        for (name, value) in [
            ("until", &*self.until),
            ("known", &*self.known),
            ("against", &*self.against),
            ("unit", unit),
        ] {
            // What was typed and is no date or code does not go into an address again.
            if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                query.push_str(&format!("&{name}={value}"));
            }
        }
        query
    }

    /// The address of this question.
    #[must_use]
    pub fn address(&self) -> String {
        format!("/ledgers/{}?{}", self.ledger.key(), self.query())
    }

    /// The address of the same figures as a file.
    #[must_use]
    pub fn csv(&self) -> String {
        format!("/ledgers/{}.csv?{}", self.ledger.key(), self.query())
    }

    /// The same question of one village, perhaps of another ledger.
    #[must_use]
    pub fn of_unit(&self, ledger: Ledger, unit: &Place) -> Self {
        Self {
            ledger,
            unit: Some(unit.clone()),
            ..self.clone()
        }
    }

    /// The entries behind a figure of a village.
    #[must_use]
    pub fn behind(&self, unit: &Place, figure: &str) -> String {
        let asked = self.of_unit(self.ledger, unit);
        format!("/entries?view={}&figure={figure}&{}", self.ledger.key(), asked.query())
    }

    /// A day that was typed, as it is said.
    pub(crate) fn said(typed: &str, today: Day, lang: Lang) -> String {
        match typed.parse::<Day>() {
            Ok(day) => dates::day(day, today, lang),
            Err(_) => text::visible(typed).into_owned(),
        }
    }

    /// The bar.
    pub(crate) fn bar(&self, w: Words) -> Markup {
        let wrong = |find: &dyn Fn(&Wrong) -> Option<&'static str>| self.wrong.iter().find_map(find);
        let days = [
            (
                "until",
                w.ledgers_until(),
                &self.until,
                wrong(&|one| {
                    if let Wrong::Until(day) = one {
                        Some(day.say(w))
                    } else {
                        None
                    }
                }),
            ),
            (
                "known",
                w.ledgers_known(),
                &self.known,
                wrong(&|one| {
                    if let Wrong::Known(day) = one {
                        Some(day.say(w))
                    } else {
                        None
                    }
                }),
            ),
            (
                "against",
                w.ledgers_against(),
                &self.against,
                wrong(&|one| {
                    if let Wrong::Against(day) = one {
                        Some(day.say(w))
                    } else {
                        None
                    }
                }),
            ),
        ];
        html! {
            form.bar-f method="get" action=(format!("/ledgers/{}", self.ledger.key())) {
                div { label for="period" { (w.ledgers_period()) }
                    select #period name="period" aria-describedby=[described("period", false, self.wrong.contains(&Wrong::Period))] { @for quarter in &self.quarters {
                        option value=(quarter.key()) selected[*quarter == self.quarter] { (quarter.name(w)) } } }
                    @if self.wrong.contains(&Wrong::Period) { p.em #period-e { (w.ledgers_bad_period()) } } }
                div { label for="unit" { (w.ledgers_unit()) }
                    select #unit name="unit" aria-describedby=[described("unit", false, self.wrong.contains(&Wrong::Unit))] {
                        option value="" { (w.ledgers_every_unit()) }
                        @for unit in &self.units {
                            option value=(unit.code) selected[self.unit.as_ref().is_some_and(|own| own.code == unit.code)] { (name(unit)) } } }
                    @if self.wrong.contains(&Wrong::Unit) { p.em #unit-e { (w.ledgers_bad_unit()) } } }
                @for (field, label, value, wrong) in days {
                    div class=[wrong.map(|_| "e")] { label for=(field) { (label) }
                        @if let Some(why) = wrong { p.em id=(format!("{field}-e")) { (why) } }
                        input.w8 id=(field) name=(field) value=(text::visible(value)) inputmode="numeric" maxlength="10"
                            aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("{field}-e"))]; }
                }
                button.pri { (w.ledgers_look()) }
            }
        }
    }
}

/// A village's name, or its code where it has none.
pub(crate) fn name(place: &Place) -> String {
    let name = if place.name.is_empty() {
        &place.code
    } else {
        &place.name
    };
    text::visible(name).into_owned()
}
