//! What forms are made of: what is wrong, in the summary and beside its field; a text box that keeps what was typed; the day
//! with its precision; the row of buttons.

use event::Day;
use maud::{Markup, PreEscaped, html};

use crate::field::described;
use crate::office::draft::{DraftNote, Stamp};
use crate::{Words, dates, text};

/// What is wrong with a field, as a sentence with a way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The first control of the field.
    pub anchor: &'static str,
    /// The sentence.
    pub words: String,
}

/// What every form that records has beside its own fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// What the form is known again by.
    pub stamp: Stamp,
    /// What is said of its draft.
    pub note: DraftNote,
    /// What is wrong, in the order of the fields.
    pub wrong: Vec<Wrong>,
    /// What happened to the whole: not saved, disk full.
    pub trouble: Option<String>,
}

impl Sheet {
    /// Notes what is wrong with a field.
    pub fn refuse(&mut self, anchor: &'static str, words: impl Into<String>) {
        self.wrong.push(Wrong {
            anchor,
            words: words.into(),
        });
    }

    /// Whether the form was refused.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        !self.wrong.is_empty() || self.trouble.is_some()
    }

    pub(crate) fn wrong_at(&self, anchor: &str) -> Option<&str> {
        let found = self.wrong.iter().find(|wrong| wrong.anchor == anchor);
        found.map(|wrong| wrong.words.as_str())
    }

    /// What stands over the form: what is wrong, the fact and the number first, with the way to each field; then its draft.
    pub(crate) fn over(&self, w: Words) -> Markup {
        html! {
            @if let Some(trouble) = &self.trouble { div.err-sum role="alert" { h2 { (text::visible(trouble)) } } }
            @if !self.wrong.is_empty() {
                div.err-sum role="alert" aria-labelledby="es" {
                    h2 #es { (w.errors(self.wrong.len())) } p { (w.office_as_typed()) }
                    ul { @for wrong in &self.wrong { li { a href={ "#" (wrong.anchor) } { (text::visible(&wrong.words)) } } } }
                }
            }
            (self.note.over(w))
        }
    }
}

/// What is wrong, beside its field.
pub(crate) fn told(w: Words, anchor: &str, words: Option<&str>) -> Markup {
    html! { @if let Some(words) = words {
        p.em id={ (anchor) "-e" } { span.vh { (w.office_error_prefix()) } (text::visible(words)) }
    } }
}

/// A box for text, with what was typed in it.
pub(crate) fn text_box(name: &str, typed: &str, rows: u8, is_wrong: bool) -> Markup {
    html! {
        textarea id=(name) name=(name) rows=(rows) aria-describedby=[described(name, true, is_wrong)] aria-invalid=[is_wrong.then_some("true")] {
            // A browser drops the first line break of a text box.
            (PreEscaped("\n")) (typed) }
    }
}

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

/// A day, perhaps with a time, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhenTyped {
    /// The day.
    pub day: ChosenDay,
    /// Month and day of another day.
    pub other: [String; 2],
    /// How exactly.
    pub precision: Precision,
    /// Hour and minute.
    pub clock: [String; 2],
}

pub(crate) fn radio(name: &str, value: &str, id: Option<&str>, checked: bool, focus: bool) -> Markup {
    html! { input type="radio" name=(name) value=(value) id=[id] checked[checked] autofocus[focus]; }
}

/// The day, in the fields `d`, `month`, `date`; with `time` also how exactly, in `p`, `hour`, `minute`.
pub(crate) fn when(w: Words, today: Day, typed: &WhenTyped, sheet: &Sheet, (focus, time): (bool, bool)) -> Markup {
    let number = |id: &str, value: &str, label: &str, anchor: &str, is_wrong: bool| {
        html! { input.w2 id=(id) name=(id) value=(value) inputmode="numeric" maxlength="4" aria-label=(label)
        aria-invalid=[is_wrong.then_some("true")] aria-describedby=[is_wrong.then(|| format!("{anchor}-e"))]; }
    };
    let (day_wrong, clock_wrong) = (sheet.wrong_at("month"), sheet.wrong_at("hour"));
    let lang = w.lang();
    let is = |day| typed.day == day;
    let at = |precision| typed.precision == precision;
    let chosen = |word, day| radio("d", word, None, is(day), focus && is(day));
    html! {
        fieldset.f.e[day_wrong.is_some() || clock_wrong.is_some()] {
            legend { (w.visit_day()) " " @if time { span.hint { (w.visit_day_hint()) } } }
            (told(w, "month", day_wrong))
            div.opts {
                label { (chosen("today", ChosenDay::Today)) (w.visit_today()) " " (dates::day(today, today, lang)) }
                label { (chosen("yesterday", ChosenDay::Yesterday)) (w.visit_yesterday()) " " (dates::day(today.plus(-1), today, lang)) }
                span.nb {
                    label { (chosen("other", ChosenDay::Other)) (w.visit_other_day()) }
                    " " span.nb.boxes { (number("month", &typed.other[0], w.visit_month(), "month", day_wrong.is_some())) " " (w.visit_month()) " "
                        (number("date", &typed.other[1], w.visit_day_of_month(), "month", day_wrong.is_some())) " " (w.visit_day_of_month()) }
                }
            }
            @if time {
                (told(w, "hour", clock_wrong))
                div.opts role="radiogroup" aria-label=(w.visit_when()) {
                    label { (radio("p", "day", None, at(Precision::Day), false)) (w.visit_day_only()) }
                    label { (radio("p", "am", None, at(Precision::Morning), false)) (w.visit_morning()) }
                    label { (radio("p", "pm", None, at(Precision::Afternoon), false)) (w.visit_afternoon()) }
                    span.nb {
                        label { (radio("p", "clock", None, at(Precision::Clock), false)) (w.visit_clock()) }
                        " " span.nb.boxes { (number("hour", &typed.clock[0], w.visit_hour(), "hour", clock_wrong.is_some())) " : "
                            (number("minute", &typed.clock[1], w.visit_minute(), "hour", clock_wrong.is_some())) }
                    }
                }
            }
        }
    }
}

/// The row of buttons: 存好, another button of the form's own, 先不记, which keeps the draft.
pub(crate) fn save_row(w: Words, save: &str, more: &Markup) -> Markup {
    html! {
        div.acts {
            button.pri name="do" value="save" accesskey="s" { (save) kbd { "Alt S" } }
            (more)
            button.asl name="do" value="leave" formnovalidate { (w.visit_not_now()) }
        }
    }
}

/// What keeps the form while somebody types; it works without.
pub(crate) fn script() -> Markup {
    html! { script src={ "/office.js?" (env!("CARGO_PKG_VERSION")) } defer {} }
}

/// The first button of a form, unseen: whatever Enter does in a field, it records nothing and drops nothing.
pub(crate) fn first_button((act, words): (&str, &str)) -> Markup {
    html! { button.vh tabindex="-1" name="do" value=(act) formnovalidate { (words) } }
}
