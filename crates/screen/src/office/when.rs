//! Which day, and how exactly the time is known: as it is remembered, and no more exactly.

use event::Day;
use maud::{Markup, html};

use crate::office::form::{Errors, radio};
use crate::{Words, dates};

/// Which day was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says itself")]
pub enum ChosenDay {
    #[default]
    Today,
    Yesterday,
    Other,
}

/// How exactly the time is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says itself")]
pub enum Precision {
    #[default]
    Day,
    Morning,
    Afternoon,
    Clock,
}

/// A day and time as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The day.
    pub day: ChosenDay,
    /// Month and day of another day.
    pub other: [String; 2],
    /// How exactly.
    pub precision: Precision,
    /// Hour and minute.
    pub clock: [String; 2],
}

/// The fields `month` (the day) and `hour` (the time); `go_on` puts the focus here.
pub(crate) fn when(page: &Moment, go_on: bool, errors: Errors<'_>, w: Words, today: Day) -> Markup {
    let number = |id: &str, value: &str, label: &str, field: &str| {
        html! { input.w2 id=(id) name=(id) value=(value) inputmode="numeric" maxlength="4" aria-label=(label)
        aria-invalid=[errors.invalid(field)] aria-describedby=[errors.is_wrong(field).then(|| format!("{field}-e"))]; }
    };
    let lang = w.lang();
    let is = |day| page.day == day;
    let at = |precision| page.precision == precision;
    html! {
        fieldset.f.e[errors.is_wrong("month") || errors.is_wrong("hour")] {
            legend { (w.visit_day()) " " span.hint { (w.visit_day_hint()) } }
            (errors.beside("month", w))
            div.opts {
                label { (radio("d", "today", None, is(ChosenDay::Today), go_on && is(ChosenDay::Today)))
                    (w.visit_today()) " " (dates::day(today, today, lang)) }
                label { (radio("d", "yesterday", None, is(ChosenDay::Yesterday), go_on && is(ChosenDay::Yesterday)))
                    (w.visit_yesterday()) " " (dates::day(today.plus(-1), today, lang)) }
                span.nb {
                    label { (radio("d", "other", None, is(ChosenDay::Other), go_on && is(ChosenDay::Other))) (w.visit_other_day()) }
                    " " span.nb.boxes { (number("month", &page.other[0], w.visit_month(), "month")) " " (w.visit_month()) " "
                        (number("date", &page.other[1], w.visit_day_of_month(), "month")) " " (w.visit_day_of_month()) }
                }
            }
            (errors.beside("hour", w))
            div.opts role="radiogroup" aria-label=(w.visit_when()) {
                label { (radio("p", "day", None, at(Precision::Day), false)) (w.visit_day_only()) }
                label { (radio("p", "am", None, at(Precision::Morning), false)) (w.visit_morning()) }
                label { (radio("p", "pm", None, at(Precision::Afternoon), false)) (w.visit_afternoon()) }
                span.nb {
                    label { (radio("p", "clock", None, at(Precision::Clock), false)) (w.visit_clock()) }
                    " " span.nb.boxes { (number("hour", &page.clock[0], w.visit_hour(), "hour")) " : "
                        (number("minute", &page.clock[1], w.visit_minute(), "hour")) }
                }
            }
        }
    }
}
