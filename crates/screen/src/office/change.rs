//! The form that changes a household: moved out or back, merged, split, closed, somebody away. What it does to the figures
//! stands in words before it is saved.

use event::Day;
use maud::{Markup, html};

use crate::field::described;
use crate::office::Frame;
use crate::office::form::{self, Sheet, WhenTyped, radio, told};
use crate::office::which::{Candidate, Which, named, which};
use crate::{Words, text};

/// Changes, by the form's words for them.
const KINDS: [&str; 7] = ["moved_out", "moved_in", "merged", "split", "closed", "away", "returned"];

/// What a change would do to the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeEffect {
    /// Households on the books today.
    pub before: u64,
    /// After the change.
    pub after: u64,
    /// Whether the household was on the books in this quarter and leaves them.
    pub leaves: bool,
}

/// The form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Its key, its draft, what is wrong with it.
    pub sheet: Sheet,
    /// The household.
    pub household: Candidate,
    /// Its status' word; empty where it is unknown.
    pub status: String,
    /// The change's word, once chosen.
    pub kind: Option<String>,
    /// From which day.
    pub when: WhenTyped,
    /// The other household of a merge or split.
    pub other: Which,
    /// A line of explanation.
    pub text: String,
    /// What the change would do; set where it is to be looked at before it is saved.
    pub effect: Option<ChangeEffect>,
    /// What was shown of it.
    pub seen: String,
}

impl Change {
    fn effect(&self, effect: ChangeEffect, w: Words) -> Markup {
        html! { div.say role="status" #effect {
            p { b { (w.change_effect()) } }
            ul {
                li { @if effect.before == effect.after { (w.change_none()) }
                    @else { (w.change_counts(&text::number(effect.before), &text::number(effect.after))) } }
                @if effect.leaves { li { (w.change_season()) } }
                @if let Some(other) = self.other.chosen.as_ref().filter(|_| self.kind.as_deref() == Some("merged")) {
                    li { (w.change_to(&named(other, w))) } }
                li { (w.change_kept()) }
            }
        } }
    }
}

/// The page.
#[must_use]
pub fn change(frame: &Frame, page: &Change) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let (kind_error, text_error) = (page.sheet.wrong_at("kind"), page.sheet.wrong_at("t"));
    let home = format!("/household/{}", page.household.household);
    let first = if page.other.query.is_empty() || page.other.chosen.is_some() {
        ("keep", w.visit_keep())
    } else {
        ("find", w.visit_find())
    };
    let body = html! {
        (page.sheet.over(w))
        div.head.tight { div {
            p.crumb.noprint { a href=(home) { (named(&page.household, w)) } } h1 { (w.change()) }
            p.m { (text::visible(&page.household.address)) @if !page.status.is_empty() { " · " (w.value(&page.status)) } }
        } (page.sheet.note.line(w, frame.now_ms)) }
        form.one method="post" action={ (home) "/change" } autocomplete="off" {
            (form::first_button(first))
            (page.sheet.stamp.fields())
            fieldset.f.e[kind_error.is_some()] aria-describedby=[described("kind", false, kind_error.is_some())] {
                legend { (w.change_what()) }
                (told(w, "kind", kind_error))
                div.opts { @for (at, key) in KINDS.into_iter().enumerate() { label {
                    (radio("kind", key, (at == 0).then_some("kind"), page.kind.as_deref() == Some(key), false)) (w.change_kind(key))
                } } }
            }
            (form::when(w, today, &page.when, &page.sheet, (false, false)))
            details.f open[page.sheet.wrong_at("hh").is_some() || page.other.chosen.is_some() || !page.other.found.is_empty()
                || matches!(page.kind.as_deref(), Some("merged" | "split"))] {
                summary { (w.change_other()) }
                p.hint { (w.change_other_hint()) }
                (which(&page.other, &page.sheet, w, today))
            }
            div.f.e[text_error.is_some()] {
                label for="t" { (w.change_note()) } p.hint #t-h { (w.change_note_hint()) }
                (told(w, "t", text_error))
                (form::text_box("t", &page.text, 2, text_error.is_some()))
            }
            @if let Some(effect) = page.effect { (page.effect(effect, w)) }
            input type="hidden" name="seen" value=(page.seen);
            (form::save_row(w, w.visit_save(), &html! {}))
        }
    };
    frame.around(w.change(), page.sheet.is_refused(), &body)
}
