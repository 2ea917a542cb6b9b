//! The form for a visit: household, day, outcome, one line. What was typed comes back as it was typed.

use event::Day;
use maud::{Markup, html};

use crate::field::described;
use crate::office::form::{self, Sheet, WhenTyped, radio, told};
use crate::office::request::RequestLine;
use crate::office::talk::{others, saved};
use crate::office::which::{Which, which};
use crate::office::{EntryLine, Frame};
use crate::{Words, dates, text};

/// How the visit was made, by the word of the event.
pub type How = String;

/// What is shown beside the form of the household that was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The page about it.
    pub address: String,
    /// Last visit: its day and outcome's word.
    pub last: Option<(Day, String)>,
    /// Last time that somebody was met.
    pub last_met: Option<Day>,
    /// Its open requests.
    pub open: Vec<RequestLine>,
}

/// The form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// Its key, its draft, what is wrong with it.
    pub sheet: Sheet,
    /// The household.
    pub which: Which,
    /// The day, perhaps with a time.
    pub when: WhenTyped,
    /// The outcome's word, once chosen.
    pub outcome: Option<String>,
    /// The line.
    pub text: String,
    /// Who may have gone: identity, name, whether chosen.
    pub who: Vec<(String, String, bool)>,
    /// How, by its word.
    pub how: How,
    /// What was saved just now, and whether it had been before.
    pub saved: Option<(EntryLine, bool)>,
    /// What stands beside the form.
    pub beside: Option<Beside>,
    /// Whether the focus goes to the day: a household was found.
    pub go_on: bool,
}

fn outcome(page: &Visit, w: Words) -> Markup {
    let error = page.sheet.wrong_at("met");
    let cards = [
        ("met", w.visit_met(), w.visit_met_hint()),
        ("not_home", w.visit_not_home(), w.visit_not_home_hint()),
        ("declined", w.visit_declined(), w.visit_declined_hint()),
        ("moved", w.visit_moved(), w.visit_moved_hint()),
    ];
    html! {
        fieldset.f.e[error.is_some()] aria-describedby=[described("met", false, error.is_some())] {
            legend { (w.visit_outcome()) " " span.hint { (w.visit_outcome_hint()) } }
            (told(w, "met", error))
            div.pick { @for (value, word, hint) in cards { label {
                (radio("o", value, Some(value), page.outcome.as_deref() == Some(value), false))
                span { b { (word) } small { (hint) } }
            } } }
        }
    }
}

fn who(page: &Visit, w: Words) -> Markup {
    let error = page.sheet.wrong_at("who");
    let chosen: Vec<&str> = page
        .who
        .iter()
        .filter(|(.., on)| *on)
        .map(|(_, name, _)| name.as_str())
        .collect();
    let ways = [
        ("home", w.visit_by_home()),
        ("phone", w.visit_by_phone()),
        ("video", w.visit_by_video()),
        ("elsewhere", w.visit_by_elsewhere()),
    ];
    let way = ways
        .iter()
        .find(|(key, _)| *key == page.how)
        .map_or("", |(_, word)| *word);
    let comma = if w.lang() == crate::Lang::Zh { "、" } else { ", " };
    html! {
        details.f.e[error.is_some()] open[error.is_some()] {
            summary #who-s { (w.who_went(&text::visible(&chosen.join(comma)))) " · " (way) }
            (told(w, "who", error))
            div.opts #who role="group" aria-labelledby="who-s" aria-describedby=[described("who", false, error.is_some())] { @for (id, name, on) in &page.who { label {
                input type="checkbox" name="w" value=(id) checked[*on]; (text::visible(name))
            } } }
            div.opts { label for="how" { (w.visit_how()) "　" } select.sel #how name="how" {
                @for (key, word) in ways { option value=(key) selected[key == page.how] { (word) } }
            } }
        }
    }
}

fn aside(page: &Visit, w: Words, today: Day) -> Markup {
    let lang = w.lang();
    html! {
        aside.side.noprint aria-label=(w.visit_this_household()) {
            section aria-labelledby="s1" {
                div.sh { h2 #s1 { (w.visit_this_household()) }
                    @if let Some(beside) = &page.beside { a href=(beside.address) { (w.visit_see_all()) } } }
                @match &page.beside {
                    None => p.m { (w.visit_this_household_hint()) },
                    Some(beside) => ul.rows.two {
                        li { span { (w.visit_last_met()) } span {
                            @match beside.last_met { Some(day) => (dates::day(day, today, lang)), None => (w.visit_never()) } } }
                        li { span { (w.visit_last()) } span {
                            @match &beside.last {
                                Some((day, outcome)) => { (dates::day(*day, today, lang)) " · " (w.value(outcome)) },
                                None => (w.visit_never()),
                            } } }
                    },
                }
            }
            @if let Some(beside) = page.beside.as_ref().filter(|beside| !beside.open.is_empty()) {
                section aria-labelledby="s2" { div.sh { h2 #s2 { (w.visit_open_matters()) } }
                    ul.rows.two { @for one in &beside.open { li {
                        span { (one.title(w)) } span.m { (w.value(&one.state)) }
                    } } } }
            }
            section aria-labelledby="s3" { div.sh { h2 #s3 { (w.visit_after()) } } p.m { (w.visit_after_text()) } }
            (others(w, "/visit"))
        }
    }
}

/// The page.
#[must_use]
pub fn visit(frame: &Frame, page: &Visit) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let text_error = page.sheet.wrong_at("t");
    // Whatever Enter does in a field, it neither records nor drops a choice: the first button of the form is unseen.
    let first = if page.which.chosen.is_some() {
        ("keep", w.visit_keep())
    } else {
        ("find", w.visit_find())
    };
    let body = html! {
        (page.sheet.over(w))
        (saved(w, page.saved.as_ref()))
        div.head.tight { h1 { (w.visit()) } (page.sheet.note.line(w, frame.now_ms)) }
        form.cols method="post" action="/visit" autocomplete="off" data-keep {
            div {
                (form::first_button(first))
                (page.sheet.stamp.fields())
                (which(&page.which, &page.sheet, w, today))
                (form::when(w, today, &page.when, &page.sheet, (page.go_on, true)))
                (outcome(page, w))
                div.f.e[text_error.is_some()] {
                    label for="t" { (w.visit_said()) } p.hint #t-h { (w.visit_said_hint()) }
                    (told(w, "t", text_error))
                    (form::text_box("t", &page.text, 2, text_error.is_some()))
                }
                (who(page, w))
                (form::save_row(w, w.visit_save(), &html! {
                    button name="do" value="next" accesskey="x" { (w.visit_save_next()) kbd { "Alt X" } }
                }))
            }
            (aside(page, w, today))
        }
        (form::script())
    };
    frame.around(w.visit(), page.sheet.is_refused(), &body)
}
