//! The frame of a page: one sheet in it, a policy that allows nothing else, and what every page says of itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::report::{Report, Tone};
use crate::{Lang, Words, block, text};

/// The one style sheet. It stands in every page.
pub const STYLE: &str = include_str!("style.css");

/// A page that needs nothing but itself.
#[derive(Clone, Debug)]
pub struct Page {
    lang: Lang,
    title: String,
    /// What stands in the bar at the top.
    place: String,
    body: Markup,
}

impl Page {
    /// A page with this title, place and content.
    #[must_use]
    pub fn new(lang: Lang, title: &str, place: &str, body: Markup) -> Self {
        Self {
            lang,
            title: title.to_owned(),
            place: place.to_owned(),
            body,
        }
    }

    /// A report's page.
    #[must_use]
    pub fn of_report(report: &Report) -> Self {
        let words = report.words();
        let place = format!("{} {}", report.place.name, report.place.code);
        Self::new(report.lang, &report.title, place.trim(), of_report(report, words))
    }

    /// What a browser may take into the page: its one sheet, by its hash, and nothing else.
    fn policy() -> String {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
    }

    /// The page as text.
    #[must_use]
    pub fn render(&self) -> String {
        let words = Words::new(self.lang);
        let page = html! {
            (DOCTYPE)
            html lang=(self.lang.tag()) {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(Self::policy());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    title { (text::visible(&self.title)) " · " (words.brand()) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header.top { div.w {
                        span.brand { (words.brand()) }
                        span.place { (text::visible(&self.place)) }
                        span { (words.audit()) }
                    } }
                    (self.body)
                }
            }
        };
        page.into_string()
    }
}

fn of_report(report: &Report, words: Words) -> Markup {
    let tone = match report.lead.tone {
        Tone::Plain => "say",
        Tone::Good => "say good",
        Tone::Bad => "say bad",
        Tone::Unsure => "say unsure",
    };
    html! {
        main.w {
            h1 { (text::visible(&report.title)) }
            @if !report.question.is_empty() { p.m { (text::visible(&report.question)) } }
            @for cut in &report.cuts { p.cut { (text::visible(&cut.line(words))) } }
            @if !report.lead.sentence.is_empty() {
                div class=(tone) {
                    p.lead { (text::visible(&report.lead.sentence)) }
                    @if !report.lead.meaning.is_empty() { p { (text::visible(&report.lead.meaning)) } }
                }
            }
            @if !report.figures.is_empty() {
                dl.figures { @for figure in &report.figures {
                    div { dt { (text::visible(&figure.of)) } dd { (text::visible(&figure.value)) }
                        @if !figure.note.is_empty() { dd.m { (text::visible(&figure.note)) } } }
                } }
            }
            @for section in &report.sections {
                section {
                    div.sh { h2 { (text::visible(&section.title)) }
                        @if !section.note.is_empty() { span.m { (text::visible(&section.note)) } } }
                    @for piece in &section.blocks { (block::draw(piece, words)) }
                }
            }
        }
        footer { div.w {
            @if !report.limits.is_empty() {
                h2 { (words.limits()) }
                ul { @for limit in &report.limits { li { (text::visible(limit)) } } }
            }
            @if !report.made.is_empty() { p.m { (text::visible(&report.made)) } }
        } }
    }
}
