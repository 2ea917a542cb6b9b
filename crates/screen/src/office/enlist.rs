//! The form that puts a household on the books. Households that are like it are shown before it is saved.

use event::Day;
use maud::{Markup, html};

use crate::field::described;
use crate::office::Frame;
use crate::office::form::{self, Sheet, WhenTyped, told};
use crate::office::which::{Candidate, named};
use crate::{Words, text};

/// A household that is like the one that is registered, and how, by the words of likeness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alike {
    /// The household.
    pub household: Candidate,
    /// Its status' word; empty where it is unknown.
    pub status: String,
    /// `name`, `sound`, `place`, `phone`.
    pub how: Vec<&'static str>,
}

/// The form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enlist {
    /// Its key, its draft, what is wrong with it.
    pub sheet: Sheet,
    /// The head's name.
    pub head: String,
    /// The address.
    pub address: String,
    /// The group, as typed.
    pub group: String,
    /// Members, as typed.
    pub size: String,
    /// Telephone.
    pub phone: String,
    /// From which day.
    pub when: WhenTyped,
    /// Households that are like it.
    pub alike: Vec<Alike>,
    /// Whether they must be looked at before it is saved.
    pub look_first: bool,
    /// What was shown of them.
    pub seen: String,
}

/// A field of one line: its name is its identity too.
fn line(name: &str, class: &str, (label, hint): (&str, &str), typed: &str, page: &Enlist, w: Words) -> Markup {
    let error = page.sheet.wrong_at(name);
    let focus = name == "head" && page.sheet.wrong.is_empty() && !page.look_first;
    html! { div.f.e[error.is_some()] {
        label for=(name) { (label) } @if !hint.is_empty() { span.hint id={ (name) "-h" } { (hint) } }
        (told(w, name, error))
        div { input class=(class) id=(name) name=(name) value=(typed) autocomplete="off" spellcheck="false" maxlength="64" autofocus[focus]
            aria-invalid=[error.map(|_| "true")] aria-describedby=[described(name, !hint.is_empty(), error.is_some())]; }
    } }
}

/// Households that are like another one, with what is like.
fn alike(found: &[Alike], w: Words) -> Markup {
    html! { ul.rows.two { @for one in found { li {
        span { a href={ "/household/" (one.household.household) } { (named(&one.household, w)) } " · " (text::visible(&one.household.address))
            @if let Some(size) = one.household.size { " · " (w.people(size)) }
            @if !one.status.is_empty() { " · " (w.value(&one.status)) } }
        span.m { @for (at, how) in one.how.iter().enumerate() { @if at > 0 { " · " } (w.alike(how)) } }
    } } } }
}

/// The page.
#[must_use]
pub fn enlist(frame: &Frame, page: &Enlist) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let save = if page.look_first {
        w.enlist_another()
    } else {
        w.visit_save()
    };
    let body = html! {
        (page.sheet.over(w))
        div.head.tight { div { p.crumb.noprint { a href="/households" { (w.office_households()) } } h1 { (w.enlist()) } }
            (page.sheet.note.line(w, frame.now_ms)) }
        form.cols method="post" action="/households/new" autocomplete="off" {
            div {
                (form::first_button(("keep", w.visit_keep())))
                (page.sheet.stamp.fields())
                (line("head", "wf", (w.enlist_head(), ""), &page.head, page, w))
                (line("address", "wf", (w.enlist_address(), w.enlist_address_hint()), &page.address, page, w))
                (line("group", "w2", (w.enlist_group(), w.enlist_group_hint()), &page.group, page, w))
                (line("size", "w2", (w.enlist_size(), w.enlist_size_hint()), &page.size, page, w))
                (line("phone", "w8", (w.enlist_phone(), ""), &page.phone, page, w))
                (form::when(w, today, &page.when, &page.sheet, (false, false)))
                @if page.look_first { div.say role="status" #alike { p { b { (w.enlist_alike()) } } (alike(&page.alike, w)) } }
                input type="hidden" name="seen" value=(page.seen);
                (form::save_row(w, save, &html! {}))
            }
            aside.side.noprint aria-label=(w.enlist_beside()) {
                section aria-labelledby="s1" { div.sh { h2 #s1 { (w.enlist_beside()) } } p.m { (w.enlist_beside_text()) } }
                section aria-labelledby="s2" { div.sh { h2 #s2 { (w.visit_after()) } } p.m { (w.visit_after_text()) } }
            }
        }
    };
    frame.around(w.enlist(), page.sheet.is_refused(), &body)
}
