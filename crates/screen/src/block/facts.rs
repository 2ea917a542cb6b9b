//! Pairs of a word and a value.

use maud::{Markup, html};

use crate::text;

/// Pairs of a word and a value, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(pub Vec<(String, String)>);

impl Facts {
    /// Adds a pair, unless the value is empty.
    #[must_use]
    pub fn with(mut self, word: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.0.push((word.into(), value));
        }
        self
    }

    pub(crate) fn draw(&self) -> Markup {
        html! {
            dl.facts {
                @for (word, value) in &self.0 {
                    div { dt { (text::visible(word)) } dd { (text::visible(value)) } }
                }
            }
        }
    }
}
