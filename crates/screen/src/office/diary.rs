//! The form for a diary's day: one person, one day, with the visits of that day to be linked.

use event::Day;
use maud::{Markup, html};

use crate::field::described;
use crate::office::form::{self, Sheet, WhenTyped, told};
use crate::office::talk::{others, saved};
use crate::office::{EntryLine, Frame};
use crate::{Words, dates, text};

/// A visit that may be linked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VisitOfDay {
    /// Its identity, as the form sends it.
    pub event: String,
    /// Head of the household.
    pub head: String,
    /// What came of it, by its word.
    pub outcome: String,
    /// Whether it is ticked.
    pub on: bool,
}

/// The entry that is there already for that day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// Its identity, which shows that it was seen.
    pub event: String,
    /// Its text; empty where it is not here.
    pub text: String,
    /// Its states.
    pub line: EntryLine,
}

/// The form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diary {
    /// Its key, its draft, what is wrong with it.
    pub sheet: Sheet,
    /// Whose it may be: identity, name, whether chosen.
    pub who: Vec<(String, String, bool)>,
    /// The day; its time is not asked for.
    pub when: WhenTyped,
    /// That day, where it could be read.
    pub day: Option<Day>,
    /// The text.
    pub text: String,
    /// Visits of that day.
    pub visits: Vec<VisitOfDay>,
    /// What is there already for that day.
    pub earlier: Option<Earlier>,
    /// What was saved just now, and whether it had been before.
    pub saved: Option<(EntryLine, bool)>,
}

fn visits(page: &Diary, w: Words) -> Markup {
    html! {
        fieldset.f.e[page.sheet.wrong_at("visits").is_some()] #visits aria-describedby=[described("visits", false, page.sheet.wrong_at("visits").is_some())] {
            legend { (w.diary_visits()) " " span.hint { (w.diary_visits_hint()) } }
            (told(w, "visits", page.sheet.wrong_at("visits")))
            @if page.visits.is_empty() { p.m { (w.diary_no_visits()) } }
            div.opts { @for one in &page.visits { label {
                input type="checkbox" name="v" value=(one.event) checked[one.on];
                @if one.head.is_empty() { (w.household_nameless()) } @else { (text::visible(&w.house_of(&one.head))) }
                " · " (w.value(&one.outcome))
            } } }
        }
    }
}

fn earlier(page: &Diary, w: Words, now_ms: i64) -> Markup {
    html! { @if let Some(earlier) = &page.earlier {
        section aria-labelledby="earlier" {
            div.sh { h2 #earlier { (w.diary_earlier()) } }
            input type="hidden" name="seen" value=(earlier.event);
            @if earlier.text.is_empty() { p.m { (w.diary_gone_text()) } } @else { p.entry { (text::visible(&earlier.text)) } }
            (earlier.line.receipt_line(w, now_ms))
            p { (w.diary_replaces()) }
            @if !earlier.text.is_empty() { button.gap-s name="do" value="take" formnovalidate { (w.diary_take()) } }
        }
    } }
}

/// The page.
#[must_use]
pub fn diary(frame: &Frame, page: &Diary) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let wrong = page.sheet.wrong_at("t");
    let body = html! {
        (page.sheet.over(w))
        (saved(w, page.saved.as_ref()))
        div.head.tight { h1 { (w.diary_write()) } (page.sheet.note.line(w, frame.now_ms)) }
        form.cols method="post" action="/diary" autocomplete="off" data-keep {
            div {
                (form::first_button(("find", w.diary_look())))
                (page.sheet.stamp.fields())
                @if page.who.len() > 1 {
                    div.f { label for="whose" { (w.diary_whose()) } select.sel #whose name="whose" {
                        @for (id, name, on) in &page.who { option value=(id) selected[*on] { (text::visible(name)) } }
                    } }
                }
                (form::when(w, today, &page.when, &page.sheet, (false, false)))
                p.f { button name="do" value="find" formnovalidate { (w.diary_look()) }
                    @if let Some(day) = page.day { "　" span.m { (dates::day(day, today, w.lang())) } } }
                div.f.e[wrong.is_some()] {
                    label for="t" { (w.diary_text()) } p.hint #t-h { (w.diary_text_hint()) }
                    (told(w, "t", wrong))
                    (form::text_box("t", &page.text, 8, wrong.is_some()))
                }
                (visits(page, w))
                (form::save_row(w, w.visit_save(), &html! {}))
            }
            aside.side.noprint aria-label=(w.visit_after()) {
                (earlier(page, w, frame.now_ms))
                section aria-labelledby="s1" { div.sh { h2 #s1 { (w.visit_after()) } } p.m { (w.visit_after_text()) } }
                (others(w, "/diary"))
            }
        }
        (form::script())
    };
    frame.around(w.diary_write(), page.sheet.is_refused(), &body)
}
