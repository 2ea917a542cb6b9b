//! The form for a visit: household, day, outcome, one line. What was typed comes back as it was typed.

use event::Day;
use maud::{Markup, PreEscaped, html};

use crate::office::request::RequestLine;
use crate::office::{EntryLine, Frame};
use crate::{Words, dates, text};

/// A household that the search found, or that was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// Its identity, as the form sends it.
    pub household: String,
    /// Its head; empty where no name is kept here.
    pub head: String,
    /// Its address.
    pub address: String,
    /// Its members.
    pub size: Option<u16>,
    /// When somebody of it was met last.
    pub last_met: Option<Day>,
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

/// How the visit was made, by the word of the event.
pub type How = String;

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says itself")]
pub enum Field {
    Household,
    Day,
    Clock,
    Outcome,
    Text,
    Who,
}

impl Field {
    /// The first control of the field.
    const fn anchor(self) -> &'static str {
        match self {
            Self::Household => "hh",
            Self::Day => "month",
            Self::Clock => "hour",
            Self::Outcome => "met",
            Self::Text => "t",
            Self::Who => "who",
        }
    }
}

/// What is wrong with a field, as a sentence with a way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitError {
    /// Which field.
    pub field: Field,
    /// The sentence.
    pub words: String,
}

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
    /// Known again by this when it is sent twice.
    pub key: String,
    /// What was typed to find the household.
    pub query: String,
    /// What was found, where there is more than one.
    pub found: Vec<Candidate>,
    /// Whether more were found than are listed.
    pub more: bool,
    /// The household that was chosen.
    pub chosen: Option<Candidate>,
    /// The day.
    pub day: ChosenDay,
    /// Month and day of another day, as typed.
    pub other: [String; 2],
    /// How exactly.
    pub precision: Precision,
    /// Hour and minute, as typed.
    pub clock: [String; 2],
    /// The outcome's word, once chosen.
    pub outcome: Option<String>,
    /// The line.
    pub text: String,
    /// Who may have gone: identity, name, whether chosen.
    pub who: Vec<(String, String, bool)>,
    /// How, by its word.
    pub how: How,
    /// What is wrong.
    pub errors: Vec<VisitError>,
    /// What happened to the whole: not saved, disk full.
    pub trouble: Option<String>,
    /// What was saved just now, and whether it had been before.
    pub saved: Option<(EntryLine, bool)>,
    /// What stands beside the form.
    pub beside: Option<Beside>,
    /// Whether the focus goes to the day: a household was found.
    pub go_on: bool,
}

impl Visit {
    fn error(&self, field: Field) -> Option<&VisitError> {
        self.errors.iter().find(|error| error.field == field)
    }
}

fn named(candidate: &Candidate, w: Words) -> String {
    let head = if candidate.head.is_empty() {
        w.household_nameless().to_owned()
    } else {
        w.house_of(&candidate.head)
    };
    text::visible(&head).into_owned()
}

fn told(error: Option<&VisitError>, w: Words) -> Markup {
    html! { @if let Some(error) = error {
        p.em id={ (error.field.anchor()) "-e" } { span.vh { (w.office_error_prefix()) } (text::visible(&error.words)) }
    } }
}

fn which(page: &Visit, w: Words, today: Day) -> Markup {
    let error = page.error(Field::Household);
    if let Some(chosen) = &page.chosen {
        return html! {
            div.f { p { b { (w.visit_which()) } }
                div.chosen {
                    span { b { (named(chosen, w)) } " · " (text::visible(&chosen.address))
                        @if let Some(size) = chosen.size { " · " (w.people(size)) } }
                    button.lnk name="do" value="other" formnovalidate { (w.visit_other()) }
                }
                input type="hidden" name="h" value=(chosen.household);
                input type="hidden" name="q" value=(page.query);
            }
        };
    }
    html! {
        fieldset.f.e[error.is_some()] {
            legend { label for="hh" { (w.visit_which()) } " " span.hint #hh-h { (w.visit_which_hint()) } }
            (told(error, w))
            div.find {
                input #hh name="q" value=(page.query) autocomplete="off" spellcheck="false" maxlength="64" autofocus[page.errors.is_empty() && page.found.is_empty()]
                    aria-invalid=[error.map(|_| "true")] aria-describedby="hh-h hh-e";
                button name="do" value="find" formnovalidate { (w.visit_find()) }
            }
            @if !page.found.is_empty() {
                input type="hidden" name="fq" value=(page.query);
                div.who { @for (at, one) in page.found.iter().enumerate() { label {
                    input type="radio" name="h" value=(one.household) autofocus[at == 0];
                    span { b { (named(one, w)) " · " (text::visible(&one.address)) }
                        small {
                            @if let Some(size) = one.size { (w.people(size)) " · " }
                            (w.visit_last_met()) " "
                            @match one.last_met { Some(day) => (dates::day(day, today, w.lang())), None => (w.visit_never()) }
                        } }
                } } }
                @if page.more { p.hint { (w.found_more(page.found.len())) } }
            }
        }
    }
}

fn radio(name: &str, value: &str, id: Option<&str>, checked: bool, focus: bool) -> Markup {
    html! { input type="radio" name=(name) value=(value) id=[id] checked[checked] autofocus[focus]; }
}

fn when(page: &Visit, w: Words, today: Day) -> Markup {
    let (day_error, clock_error) = (page.error(Field::Day), page.error(Field::Clock));
    let number = |id: &str, value: &str, label: &str, error: Option<&VisitError>| {
        html! { input.w2 id=(id) name=(id) value=(value) inputmode="numeric" maxlength="4" aria-label=(label)
        aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|error| format!("{}-e", error.field.anchor()))]; }
    };
    let lang = w.lang();
    let is = |day| page.day == day;
    let at = |precision| page.precision == precision;
    html! {
        fieldset.f.e[day_error.is_some() || clock_error.is_some()] {
            legend { (w.visit_day()) " " span.hint { (w.visit_day_hint()) } }
            (told(day_error, w))
            div.opts {
                label { (radio("d", "today", None, is(ChosenDay::Today), page.go_on && is(ChosenDay::Today)))
                    (w.visit_today()) " " (dates::day(today, today, lang)) }
                label { (radio("d", "yesterday", None, is(ChosenDay::Yesterday), page.go_on && is(ChosenDay::Yesterday)))
                    (w.visit_yesterday()) " " (dates::day(today.plus(-1), today, lang)) }
                span.nb {
                    label { (radio("d", "other", None, is(ChosenDay::Other), page.go_on && is(ChosenDay::Other))) (w.visit_other_day()) }
                    " " span.nb.boxes { (number("month", &page.other[0], w.visit_month(), day_error)) " " (w.visit_month()) " "
                        (number("date", &page.other[1], w.visit_day_of_month(), day_error)) " " (w.visit_day_of_month()) }
                }
            }
            (told(clock_error, w))
            div.opts role="radiogroup" aria-label=(w.visit_when()) {
                label { (radio("p", "day", None, at(Precision::Day), false)) (w.visit_day_only()) }
                label { (radio("p", "am", None, at(Precision::Morning), false)) (w.visit_morning()) }
                label { (radio("p", "pm", None, at(Precision::Afternoon), false)) (w.visit_afternoon()) }
                span.nb {
                    label { (radio("p", "clock", None, at(Precision::Clock), false)) (w.visit_clock()) }
                    " " span.nb.boxes { (number("hour", &page.clock[0], w.visit_hour(), clock_error)) " : "
                        (number("minute", &page.clock[1], w.visit_minute(), clock_error)) }
                }
            }
        }
    }
}

fn outcome(page: &Visit, w: Words) -> Markup {
    let error = page.error(Field::Outcome);
    let cards = [
        ("met", w.visit_met(), w.visit_met_hint()),
        ("not_home", w.visit_not_home(), w.visit_not_home_hint()),
        ("declined", w.visit_declined(), w.visit_declined_hint()),
        ("moved", w.visit_moved(), w.visit_moved_hint()),
    ];
    html! {
        fieldset.f.e[error.is_some()] {
            legend { (w.visit_outcome()) " " span.hint { (w.visit_outcome_hint()) } }
            (told(error, w))
            div.pick { @for (value, word, hint) in cards { label {
                (radio("o", value, Some(value), page.outcome.as_deref() == Some(value), false))
                span { b { (word) } small { (hint) } }
            } } }
        }
    }
}

fn who(page: &Visit, w: Words) -> Markup {
    let error = page.error(Field::Who);
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
            summary { (w.who_went(&text::visible(&chosen.join(comma)))) " · " (way) }
            (told(error, w))
            div.opts #who { @for (id, name, on) in &page.who { label {
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
        }
    }
}

/// The page.
#[must_use]
pub fn visit(frame: &Frame, page: &Visit) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let text_error = page.error(Field::Text);
    let refused = !page.errors.is_empty() || page.trouble.is_some();
    // Whatever Enter does in a field, it neither records nor drops a choice: the first button of the form is unseen.
    let first = if page.chosen.is_some() {
        ("keep", w.visit_keep())
    } else {
        ("find", w.visit_find())
    };
    let body = html! {
        @if let Some(trouble) = &page.trouble {
            div.err-sum role="alert" { h2 { (text::visible(trouble)) } }
        }
        @if !page.errors.is_empty() {
            div.err-sum role="alert" aria-labelledby="es" {
                h2 #es { (w.errors(page.errors.len())) } p { (w.office_as_typed()) }
                ul { @for error in &page.errors { li { a href={ "#" (error.field.anchor()) } { (text::visible(&error.words)) } } } }
            }
        }
        @if let Some((line, known)) = &page.saved {
            div.say role="status" {
                p { b { (line.link(w)) } "　" (line.tag(w)) }
                p { @if *known { (w.visit_known()) } @else { (w.visit_saved()) } }
            }
        }
        div.head.tight { h1 { (w.visit()) } }
        form.cols method="post" action="/visit" autocomplete="off" {
            div {
                button.vh tabindex="-1" name="do" value=(first.0) formnovalidate { (first.1) }
                input type="hidden" name="key" value=(page.key);
                (which(page, w, today))
                (when(page, w, today))
                (outcome(page, w))
                div.f.e[text_error.is_some()] {
                    label for="t" { (w.visit_said()) } p.hint #t-h { (w.visit_said_hint()) }
                    (told(text_error, w))
                    textarea #t name="t" rows="2" aria-describedby="t-h t-e" aria-invalid=[text_error.map(|_| "true")] {
                        // A browser drops the first line break of a text box.
                        (PreEscaped("\n")) (page.text) }
                }
                (who(page, w))
                div.acts {
                    button.pri name="do" value="save" accesskey="s" { (w.visit_save()) kbd { "Alt S" } }
                    button name="do" value="next" accesskey="x" { (w.visit_save_next()) kbd { "Alt X" } }
                    a href="/" { (w.visit_not_now()) }
                }
            }
            (aside(page, w, today))
        }
    };
    frame.around(w.visit(), refused, &body)
}
