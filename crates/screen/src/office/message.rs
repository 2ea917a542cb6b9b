//! A page that says one thing.

use maud::html;

use crate::office::Frame;
use crate::text;

/// A page with a heading, a sentence and a way back.
#[must_use]
pub fn message(frame: &Frame, heading: &str, sentence: &str) -> String {
    let w = frame.words();
    let body = html! {
        div.say.stop role="alert" { h1 { (text::visible(heading)) } @if !sentence.is_empty() { p { (text::visible(sentence)) } } }
        p { a.btn href="/" { (w.back_to_today()) } }
    };
    frame.around(heading, true, &body)
}
