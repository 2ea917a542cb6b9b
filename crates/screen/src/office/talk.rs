//! The form for a talk: with whom, when, what was said.

use event::Day;
use maud::{Markup, html};

use crate::field::described;
use crate::office::form::{self, Sheet, WhenTyped, told};
use crate::office::{EntryLine, Frame};
use crate::{Words, text};

/// Somebody to talk with, whom the search found or who was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TalkWith {
    /// What the form sends.
    pub value: String,
    /// The contact, or the household.
    pub title: String,
    /// The household's address.
    pub address: String,
    /// Whether no pairing stands yet: one is recorded with the talk.
    pub is_new: bool,
}

/// The form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Talk {
    /// Its key, its draft, what is wrong with it.
    pub sheet: Sheet,
    /// What was typed to find the contact.
    pub query: String,
    /// What was found, where there is more than one.
    pub found: Vec<TalkWith>,
    /// Whether more were found than are listed.
    pub more: bool,
    /// Who was chosen.
    pub chosen: Option<TalkWith>,
    /// When.
    pub when: WhenTyped,
    /// What was said.
    pub text: String,
    /// Whether something is to be followed up.
    pub follow_up: bool,
    /// Who may have talked: identity, name, whether chosen.
    pub who: Vec<(String, String, bool)>,
    /// What was saved just now, and whether it had been before.
    pub saved: Option<(EntryLine, bool)>,
    /// Whether the focus goes to the day: somebody was found.
    pub go_on: bool,
}

fn with(page: &Talk, w: Words) -> Markup {
    let wrong = page.sheet.wrong_at("q");
    if let Some(chosen) = &page.chosen {
        return html! {
            div.f { p { b { (w.talk_with()) } }
                div.chosen {
                    span { b { (text::visible(&chosen.title)) } @if !chosen.address.is_empty() { " · " (text::visible(&chosen.address)) } }
                    button.lnk name="do" value="other" formnovalidate { (w.talk_change()) }
                }
                @if chosen.is_new { p.hint { (w.talk_new_pairing()) } }
                input type="hidden" name="c" value=(chosen.value);
                input type="hidden" name="q" value=(page.query);
            }
        };
    }
    html! {
        fieldset.f.e[wrong.is_some()] {
            legend { label for="q" { (w.talk_with()) } " " span.hint #q-h { (w.talk_with_hint()) } }
            (told(w, "q", wrong))
            div.find {
                input #q name="q" value=(page.query) autocomplete="off" spellcheck="false" maxlength="64" autofocus[page.sheet.wrong.is_empty() && page.found.is_empty()]
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=[described("q", true, wrong.is_some())];
                button name="do" value="find" formnovalidate { (w.visit_find()) }
            }
            @if !page.found.is_empty() {
                input type="hidden" name="fq" value=(page.query);
                div.who { @for (at, one) in page.found.iter().enumerate() { label {
                    input type="radio" name="c" value=(one.value) autofocus[at == 0];
                    span { b { (text::visible(&one.title)) } @if !one.address.is_empty() { " · " (text::visible(&one.address)) }
                        small { @if one.is_new { (w.talk_unpaired()) } @else { (w.talk_paired()) } } }
                } } }
                @if page.more { p.hint { (w.found_more(page.found.len())) } }
            }
        }
    }
}

/// Who did it, folded, with everybody who has an account.
pub(crate) fn who(w: Words, page: &[(String, String, bool)], sheet: &Sheet, legend: &str) -> Markup {
    let wrong = sheet.wrong_at("who");
    let chosen: Vec<&str> = page
        .iter()
        .filter(|(.., on)| *on)
        .map(|(_, name, _)| name.as_str())
        .collect();
    let comma = if w.lang() == crate::Lang::Zh { "、" } else { ", " };
    let colon = if w.lang() == crate::Lang::Zh { "：" } else { ": " };
    html! {
        details.f.e[wrong.is_some()] open[wrong.is_some()] {
            summary #who-s { (legend) (colon) (text::visible(&chosen.join(comma))) }
            (told(w, "who", wrong))
            div.opts #who role="group" aria-labelledby="who-s" aria-describedby=[described("who", false, wrong.is_some())] { @for (id, name, on) in page { label {
                input type="checkbox" name="w" value=(id) checked[*on]; (text::visible(name))
            } } }
        }
    }
}

/// The ways to the other forms for what was done today.
pub(crate) fn others(w: Words, here: &str) -> Markup {
    let forms = [
        ("/visit", w.visit(), None),
        ("/talk", w.talk(), None),
        ("/diary", w.diary_write(), Some("j")),
    ];
    html! {
        section.noprint aria-labelledby="others" { div.sh { h2 #others { (w.record_another()) } }
            ul.rows.two { @for (address, words, key) in forms.into_iter().filter(|(address, ..)| *address != here) { li {
                a href=(address) accesskey=[key] { (words) @if key.is_some() { kbd { "Alt J" } } } span {} } } } }
    }
}

/// What was saved just now.
pub(crate) fn saved(w: Words, saved: Option<&(EntryLine, bool)>) -> Markup {
    html! { @if let Some((line, known)) = saved {
        div.say role="status" {
            p { b { (line.link(w)) } "　" (line.tag(w)) }
            p { @if *known { (w.visit_known()) } @else { (w.visit_saved()) } }
        }
    } }
}

/// The page.
#[must_use]
pub fn talk(frame: &Frame, page: &Talk) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let wrong = page.sheet.wrong_at("t");
    let first = if page.chosen.is_some() {
        ("keep", w.visit_keep())
    } else {
        ("find", w.visit_find())
    };
    let body = html! {
        (page.sheet.over(w))
        (saved(w, page.saved.as_ref()))
        div.head.tight { h1 { (w.talk()) } (page.sheet.note.line(w, frame.now_ms)) }
        form.cols method="post" action="/talk" autocomplete="off" data-keep {
            div {
                (form::first_button(first))
                (page.sheet.stamp.fields())
                (with(page, w))
                (form::when(w, today, &page.when, &page.sheet, (page.go_on, true)))
                div.f.e[wrong.is_some()] {
                    label for="t" { (w.talk_said()) } p.hint #t-h { (w.talk_said_hint()) }
                    (told(w, "t", wrong))
                    (form::text_box("t", &page.text, 5, wrong.is_some()))
                }
                div.f.opts { label { input type="checkbox" name="f" value="1" checked[page.follow_up]; (w.talk_follow_up()) } }
                (who(w, &page.who, &page.sheet, w.talk_who()))
                (form::save_row(w, w.visit_save(), &html! {}))
            }
            aside.side.noprint aria-label=(w.visit_after()) {
                section aria-labelledby="s1" { div.sh { h2 #s1 { (w.visit_after()) } } p.m { (w.talk_after_text()) } }
                (others(w, "/talk"))
            }
        }
        (form::script())
    };
    frame.around(w.talk(), page.sheet.is_refused(), &body)
}
