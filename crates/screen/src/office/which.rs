//! Which household: a search that is posted, at most a few matches as radios, or one that is chosen.

use event::Day;
use maud::{Markup, html};

use crate::field::described;
use crate::office::form::{Sheet, told};
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

/// How far the choice of a household has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Which {
    /// What was typed to find it.
    pub query: String,
    /// What was found, where there is more than one.
    pub found: Vec<Candidate>,
    /// Whether more were found than are listed.
    pub more: bool,
    /// The one that was chosen.
    pub chosen: Option<Candidate>,
}

/// A household by its head, where a name is kept here.
pub(crate) fn named(candidate: &Candidate, w: Words) -> String {
    let head = if candidate.head.is_empty() {
        w.household_nameless().to_owned()
    } else {
        w.house_of(&candidate.head)
    };
    text::visible(&head).into_owned()
}

/// The field, `hh`: the search, what it found, or the household that was chosen.
pub(crate) fn which(page: &Which, sheet: &Sheet, w: Words, today: Day) -> Markup {
    let error = sheet.wrong_at("hh");
    if let Some(chosen) = &page.chosen {
        return html! {
            div.f.e[error.is_some()] #hh role="group" aria-label=(w.visit_which()) aria-describedby=[described("hh", false, error.is_some())] { p { b { (w.visit_which()) } }
                (told(w, "hh", error))
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
            (told(w, "hh", error))
            div.find {
                input #hh name="q" value=(page.query) autocomplete="off" spellcheck="false" maxlength="64" autofocus[sheet.wrong.is_empty() && page.found.is_empty()]
                    aria-invalid=[error.map(|_| "true")] aria-describedby=[described("hh", true, error.is_some())];
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
