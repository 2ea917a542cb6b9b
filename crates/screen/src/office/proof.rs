//! What proves that the township has received one entry.

use maud::html;

use crate::office::{EntryLine, Frame};
use crate::{dates, text};

/// What the proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// There is none yet.
    Waiting,
    /// It was checked on this machine.
    Checked {
        /// The receipt covers entries of the log up to this one.
        log_size: u64,
        /// Records of the journal under the checkpoint that the receipt is proved to stand in.
        journal_size: Option<u64>,
        /// Who cosigned that checkpoint, and when, in milliseconds.
        cosigned: Vec<(String, i64)>,
    },
    /// It cannot be had now; why, as the node says it.
    Unavailable(String),
}

/// One entry and its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The entry.
    pub line: EntryLine,
    /// The log and the place in it.
    pub place: (String, u64),
    /// Its proof.
    pub shown: Shown,
}

/// The page.
#[must_use]
pub fn proof(frame: &Frame, page: &Proof) -> String {
    let w = frame.words();
    let (origin, sequence) = &page.place;
    let body = html! {
        div.head { div { h1 { (w.proof_title()) } p.lead.gap-s { (page.line.title(w)) } } }
        @match &page.shown {
            Shown::Waiting => div.say role="status" { p { (w.proof_pending()) } },
            Shown::Unavailable(why) => div.say.stop role="status" { p { (w.proof_unavailable()) (text::visible(why)) } },
            Shown::Checked { .. } => div.say role="status" { p { b { (w.proof_good()) } } },
        }
        section.one aria-labelledby="a" {
            div.sh { h2 #a { (w.proof_entry()) } }
            (page.line.receipt_line(w, frame.now_ms))
            dl.sl {
                div { dt { (w.proof_log()) } dd { code { (w.entry_place(origin, &text::number(*sequence))) } } }
                @if let Shown::Checked { log_size, journal_size, cosigned } = &page.shown {
                    div { dt { (w.proof_log_size()) } dd { (text::number(*log_size)) } }
                    div { dt { (w.proof_journal()) } dd {
                        @match journal_size { Some(size) => (text::number(*size)), None => (w.proof_no_journal()) } } }
                    div { dt { (w.proof_witnesses()) } dd {
                        @if cosigned.is_empty() { (w.proof_no_witness()) }
                        @for (name, at) in cosigned { p { (text::visible(&w.proof_witness(name, &dates::moment(*at, frame.now_ms, frame.lang)))) } }
                    } }
                }
            }
            p.m { (w.proof_export()) }
        }
    };
    frame.around(w.proof_title(), false, &body)
}
