//! One entry as the township has it.

use event::{Day, When};
use maud::html;

use crate::office::{Effect, Frame, Shown};
use crate::{Place, dates, text};

/// What is known of its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Text {
    /// It has none.
    #[default]
    None,
    /// It is not here.
    Gone,
    /// It is of a sort that this page does not show.
    Held,
    /// Its words.
    Here(String),
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its kind, by its word; empty where nobody can read it.
    pub kind: String,
    /// Its identity.
    pub identity: String,
    /// The log and the place in it.
    pub place: (String, u64),
    /// The machine's name.
    pub machine: String,
    /// The unit.
    pub unit: Place,
    /// What it is about: sort and identifier.
    pub about: (String, String),
    /// When it happened, as claimed.
    pub occurred: Option<When>,
    /// When it was recorded by that machine's clock, in milliseconds.
    pub recorded_ms: Option<i64>,
    /// Who recorded it.
    pub recorder: String,
    /// Who did it.
    pub actors: Vec<String>,
    /// Fields of its facts, by name.
    pub facts: Vec<(String, String)>,
    /// Its text.
    pub text: Text,
    /// Its receipt and when the township received it, in milliseconds.
    pub received: Option<(u64, i64)>,
    /// What it came to.
    pub effect: Option<Effect>,
    /// Its proof.
    pub proof: Shown,
    /// The page with everything about the same thing.
    pub story: Option<String>,
}

/// The page of one entry.
#[must_use]
pub fn entry(frame: &Frame, page: &Entry) -> String {
    let (w, lang, today) = (frame.words(), frame.lang, Day::of_instant(frame.now_ms));
    let kind = w.kind(&page.kind).unwrap_or(&page.kind);
    let kind = if kind.is_empty() { w.not_understood() } else { kind };
    let occurred = page.occurred.map(|when| {
        let (day, precision) = dates::claim(when, today, lang);
        format!("{day} {precision}").trim().to_owned()
    });
    let (origin, sequence) = &page.place;
    let body = html! {
        div.head { div {
            h1 { (w.entry_title()) }
            p.lead.gap-s { @match &occurred { Some(day) => (w.entry_lead(kind, day)), None => (kind) } }
        } }
        @if page.identity.is_empty() { div.say.soft { p { (w.entry_unreadable()) } } }
        div.cols {
            div {
                section aria-labelledby="t" { div.sh { h2 #t { (w.entry_text()) } }
                    @match &page.text {
                        Text::None => p.m.gap-s { (w.entry_text_none()) },
                        Text::Gone => p.m.gap-s { (w.entry_text_gone()) },
                        Text::Held => p.m.gap-s { (w.entry_text_held()) },
                        Text::Here(words) => p.words.gap-s { (text::visible(words)) },
                    }
                    p.cut.gap-s { (w.entry_text_none_shown()) }
                }
                @if !page.facts.is_empty() { section aria-labelledby="f" { div.sh { h2 #f { (w.entry_facts()) } }
                    dl.sl { @for (field, value) in &page.facts {
                        div { dt { (w.column(field)) } dd { (text::visible(value)) } } } } } }
                section aria-labelledby="r" { div.sh { h2 #r { (w.entry_delivery()) } }
                    p.rc {
                        @if let Some((position, at)) = page.received {
                            span.tag.t-recv { (w.received()) } " "
                            @if let Some(effect) = &page.effect { (effect.draw(w)) " "
                                @if effect.word != "counted" { span { (effect.why(w)) } " " } }
                            (w.entry_received(&text::number(position), &dates::moment(at, frame.now_ms, lang)))
                        } @else { (w.entry_missing()) }
                    }
                    @match &page.proof {
                        Shown::Waiting => p.m { (w.entry_no_receipt()) },
                        Shown::Unavailable(why) => p.m { (w.proof_unavailable()) (text::visible(why)) },
                        Shown::Checked { log_size, journal_size, cosigned } => dl.sl.gap-s {
                            div { dt { (w.proof()) } dd { (w.entry_proved()) } }
                            div { dt { (w.proof_log_size()) } dd { (text::number(*log_size)) } }
                            div { dt { (w.proof_journal()) } dd {
                                @match journal_size { Some(size) => (text::number(*size)), None => (w.proof_no_journal()) } } }
                            div { dt { (w.proof_witnesses()) } dd {
                                @if cosigned.is_empty() { (w.proof_no_witness()) }
                                @for (name, at) in cosigned { p { (text::visible(&w.proof_witness(name, &dates::moment(*at, frame.now_ms, lang)))) } }
                            } }
                        },
                    }
                    p.cut.gap-s { (w.entry_export()) }
                }
            }
            div.side { section aria-labelledby="w" { div.sh { h2 #w { (w.entry_where()) } }
                dl.sl {
                    div { dt { (w.entry_unit()) } dd { (text::visible(w.entry_unit_of(&page.unit.name, &page.unit.code).trim())) } }
                    div { dt { (w.entry_machine()) } dd { (text::visible(&page.machine)) } }
                    div { dt { (w.entry_log()) } dd { code { (w.entry_place(origin, &text::number(*sequence))) } } }
                    @if !page.identity.is_empty() {
                        div { dt { (w.entry_identity()) } dd { code { (page.identity) } } }
                        div { dt { (w.entry_subject()) } dd { (w.column(&page.about.0)) " " code { (page.about.1) } } }
                        div { dt { (w.entry_recorder()) } dd { (text::visible(&page.recorder)) } }
                        div { dt { (w.actors()) } dd { @if page.actors.is_empty() { (text::DASH) } @else { (text::visible(&page.actors.join(" "))) } } }
                        @if let Some(at) = page.recorded_ms { div { dt { (w.entry_recorded()) } dd { (dates::moment(at, frame.now_ms, lang)) } } }
                    }
                }
                @if let Some(address) = &page.story { p.acts.gap-s { a href=(address) { (w.entry_story()) } } }
            } }
        }
    };
    frame.around(w.entry_title(), false, &body)
}
