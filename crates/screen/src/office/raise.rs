//! The form for a request: whose it is, of what sort, one line. What is like it and still open is shown before it is saved.

use event::Day;
use maud::{Markup, html};

use crate::Words;
use crate::field::described;
use crate::office::form::{self, Sheet, WhenTyped, radio, told};
use crate::office::request::RequestLine;
use crate::office::which::{Which, which};
use crate::office::{Frame, RequestLink};
use crate::{dates, text};

/// Sorts of request, by their words, in the order of the form.
const KINDS: [&str; 6] = ["help", "errand", "advice", "dispute", "complaint", "suggestion"];
/// How soon, by its words.
const URGENCIES: [&str; 3] = ["ordinary", "urgent", "emergency"];
/// Ways in which a request comes to a village, by their words.
const CHANNELS: [&str; 6] = ["visit", "caller", "reception", "meeting", "letter", "online"];

/// The form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raise {
    /// Its key, its draft, what is wrong with it.
    pub sheet: Sheet,
    /// The household.
    pub which: Which,
    /// Whether it is raised without a name.
    pub anonymous: bool,
    /// The day and time.
    pub when: WhenTyped,
    /// Its sort's word, once chosen.
    pub kind: Option<String>,
    /// How soon, by its word.
    pub urgency: String,
    /// The way it came in, by its word.
    pub channel: String,
    /// How many people, as typed.
    pub people: String,
    /// The line.
    pub text: String,
    /// The request that this one follows on.
    pub after: Option<RequestLink>,
    /// Open requests that are like it, the same sort first.
    pub similar: Vec<RequestLine>,
    /// Whether they must be looked at before it is saved.
    pub look_first: bool,
    /// What was shown of them, so that it is known what has been looked at.
    pub seen: String,
    /// Whether the focus goes to the day: a household was found.
    pub go_on: bool,
}

fn whose(page: &Raise, w: Words, today: Day) -> Markup {
    let error = page.sheet.wrong_at("anon");
    html! {
        (which(&page.which, &page.sheet, w, today))
        (told(w, "anon", error))
        div.f.opts { label {
            input #anon type="checkbox" name="anon" value="1" checked[page.anonymous] aria-describedby=[described("anon", true, error.is_some())];
            (w.raise_anonymous())
        } span.hint #anon-h { (w.raise_anonymous_hint()) } }
    }
}

fn kind(page: &Raise, w: Words) -> Markup {
    let error = page.sheet.wrong_at("kind");
    html! {
        fieldset.f.e[error.is_some()] aria-describedby=[described("kind", false, error.is_some())] {
            legend { (w.raise_kind()) }
            (told(w, "kind", error))
            div.opts { @for (at, key) in KINDS.into_iter().enumerate() { label {
                (radio("kind", key, (at == 0).then_some("kind"), page.kind.as_deref() == Some(key), false)) (w.value(key))
            } } }
        }
        fieldset.f {
            legend { (w.raise_urgency()) }
            div.opts { @for key in URGENCIES { label {
                (radio("u", key, None, page.urgency == key, false)) (w.value(key))
            } } }
        }
    }
}

fn folded(page: &Raise, w: Words) -> Markup {
    let error = page.sheet.wrong_at("people");
    let is_wrong = error.is_some();
    html! {
        details.f.e[is_wrong] open[is_wrong] {
            summary { (text::visible(&w.raise_folded(&w.value(&page.channel), &page.people))) }
            div.opts { label for="channel" { (w.raise_channel()) "　" } select.sel #channel name="c" {
                @for key in CHANNELS { option value=(key) selected[key == page.channel] { (w.value(key)) } }
            } }
            (told(w, "people", error))
            div.opts { label for="people" { (w.raise_people()) "　" }
                input.w2 #people name="n" value=(page.people) inputmode="numeric" maxlength="5"
                    aria-invalid=[is_wrong.then_some("true")] aria-describedby=[is_wrong.then_some("people-e")]; }
        }
    }
}

/// Requests as links, with sort, day and state.
fn links(requests: &[RequestLine], w: Words, today: Day) -> Markup {
    html! { ul.rows.two { @for one in requests { li {
        span { a href=(one.address) { (one.title(w)) } " " span.m { (w.value(&one.kind)) " · " (dates::day(one.since, today, w.lang())) } }
        span.m { (w.value(&one.state)) }
    } } } }
}

fn aside(page: &Raise, w: Words, today: Day) -> Markup {
    html! {
        aside.side.noprint aria-label=(w.raise_similar()) {
            section aria-labelledby="s1" { div.sh { h2 #s1 { (w.raise_similar()) } }
                @if page.similar.is_empty() { p.m { (w.raise_similar_hint()) } }
                @else if page.look_first { p.m { (w.raise_another()) } }
                @else { (links(&page.similar, w, today)) }
            }
            section aria-labelledby="s2" { div.sh { h2 #s2 { (w.sign_in_complaint()) } } p.m { (w.sign_in_complaint_text()) } }
            section aria-labelledby="s3" { div.sh { h2 #s3 { (w.visit_after()) } } p.m { (w.visit_after_text()) } }
        }
    }
}

/// The page.
#[must_use]
pub fn raise(frame: &Frame, page: &Raise) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let text_error = page.sheet.wrong_at("t");
    let first = if page.which.chosen.is_some() || page.anonymous {
        ("keep", w.visit_keep())
    } else {
        ("find", w.visit_find())
    };
    let save = if page.look_first {
        w.raise_another()
    } else {
        w.visit_save()
    };
    let body = html! {
        (page.sheet.over(w))
        div.head.tight { h1 { (w.raise()) } (page.sheet.note.line(w, frame.now_ms)) }
        form.cols method="post" action="/request" autocomplete="off" {
            div {
                (form::first_button(first))
                (page.sheet.stamp.fields())
                @if let Some(after) = &page.after {
                    p.f { (w.raise_after()) " " a href=(after.address) { (text::visible(&after.title)) } }
                    input type="hidden" name="after" value=(after.request);
                }
                (whose(page, w, today))
                (form::when(w, today, &page.when, &page.sheet, (page.go_on, true)))
                (kind(page, w))
                div.f.e[text_error.is_some()] {
                    label for="t" { (w.raise_text()) } p.hint #t-h { (w.raise_text_hint()) }
                    (told(w, "t", text_error))
                    (form::text_box("t", &page.text, 2, text_error.is_some()))
                }
                (folded(page, w))
                @if page.look_first {
                    div.say role="status" #similar { p { b { (w.similar_found(page.similar.len())) } } (links(&page.similar, w, today)) }
                }
                input type="hidden" name="seen" value=(page.seen);
                (form::save_row(w, save, &html! {}))
            }
            (aside(page, w, today))
        }
    };
    frame.around(w.raise(), page.sheet.is_refused(), &body)
}
