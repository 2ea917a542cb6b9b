//! The entries behind a figure, or behind a difference.

use event::{Day, When};
use maud::html;

use super::asked::{Asked, name};
use super::cut::CutLine;
use super::turn;
use crate::office::{Effect, Frame};
use crate::{dates, text};

/// One entry, or a household that has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BehindLine {
    /// The end of the identifier of what it is about.
    pub about: String,
    /// Its kind, by its word; empty where there is no entry.
    pub kind: String,
    /// A further word: the outcome of a visit, and how.
    pub outcome: Vec<String>,
    /// When it happened, as claimed.
    pub occurred: Option<When>,
    /// Who did it.
    pub actors: Vec<String>,
    /// When the township received it, in milliseconds.
    pub received_ms: Option<i64>,
    /// Its receipt.
    pub receipt: Option<u64>,
    /// What it came to.
    pub effect: Option<Effect>,
    /// The page of the entry.
    pub address: Option<String>,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// The figure's question; it has a unit.
    pub asked: Asked,
    /// What is counted, in words.
    pub what: String,
    /// Up to where.
    pub cut: CutLine,
    /// The whole digest, as it was shortened beside the figure.
    pub lines: Vec<BehindLine>,
    /// Rows in all.
    pub all: u64,
    /// Which page, from 1, and how many there are.
    pub page: (u64, u64),
    /// The address of this page, without its number.
    pub address: String,
}

/// The page of the entries behind a figure.
#[must_use]
pub fn entries(frame: &Frame, page: &Entries) -> String {
    let (w, lang, today) = (frame.words(), frame.lang, Day::of_instant(frame.now_ms));
    let place = page.asked.unit.as_ref().map(name).unwrap_or_default();
    let what = format!("{place} · {}", page.what);
    let body = html! {
        div.head { div {
            p.crumb { a href=(page.asked.address()) { (w.ledgers_back()) } }
            h1 { (w.ledgers_behind()) }
            p.m { (page.asked.ledger.name(w)) " · " (page.asked.quarter.name(w))
                @if !page.asked.until.is_empty() { " · " (w.ledgers_until()) " " (Asked::said(&page.asked.until, today, lang)) } }
        } }
        p.lead { (w.ledgers_behind_lead(&text::number(page.all), &text::visible(&what))) }
        section aria-labelledby="b" {
            div.sh { h2 #b { (w.entries()) } span.s { (page.cut.say(frame.now_ms, w)) } }
            div.scrollx tabindex="0" role="region" aria-label=(w.entries()) { table.led.dense {
                thead { tr { @for head in [w.subject(), w.ledgers_day(), w.ledgers_behind_of(), w.ledgers_who(), w.ledgers_received(), w.ledgers_receipt(), w.ledgers_effect()] {
                    th scope="col" { (head) } } } }
                tbody { @for line in &page.lines { tr {
                    th.nb scope="row" { code { (text::visible(&line.about)) } }
                    td.nb { @if let Some(when) = line.occurred {
                        @let (day, precision) = dates::claim(when, today, lang); (day) " " (precision) } @else { (text::DASH) } }
                    td {
                        @let kind = w.kind(&line.kind).unwrap_or(&line.kind);
                        @let words = line.outcome.iter().map(|code| w.value(code)).collect::<Vec<_>>().join(" · ");
                        @let title = [kind, &*words].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
                        @match &line.address {
                            Some(address) => a href=(address) { @if title.is_empty() { (w.entry_story()) } @else { (text::visible(&title)) } },
                            None => span.m { @if title.is_empty() { (w.ledgers_no_entry()) } @else { (text::visible(&title)) } },
                        } }
                    td { (text::visible(&line.actors.join(" "))) }
                    td.nb { @match line.received_ms { Some(at) => (dates::moment(at, frame.now_ms, lang)), None => (text::DASH) } }
                    td.nb { @match line.receipt { Some(position) => (w.ledgers_receipt_no(&text::number(position))), None => (text::DASH) } }
                    td { @if let Some(effect) = &line.effect { (effect.draw(w)) } }
                } } }
            } }
            (turn(&format!("{}&", page.address), page.page, page.all, w))
            @if !page.cut.digest.is_empty() { p.cut.gap-s { (w.ledgers_digest_of_unit()) " " code { (page.cut.digest) } } }
        }
    };
    frame.around(w.ledgers_behind(), false, &body)
}
