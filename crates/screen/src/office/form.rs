//! What forms share: what is wrong is said in a summary and beside its field, and what was typed stays.

use maud::{Markup, PreEscaped, html};

use crate::{Words, text};

/// What is wrong with a field, as a sentence with a way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Identity of the field's first control, which the summary leads to.
    pub field: &'static str,
    /// The sentence.
    pub words: String,
}

impl FieldError {
    /// This sentence, beside that control.
    #[must_use]
    pub fn new(field: &'static str, words: &str) -> Self {
        Self {
            field,
            words: words.to_owned(),
        }
    }
}

/// The errors of a form, in the order of its fields.
#[derive(Clone, Copy)]
pub(crate) struct Errors<'a>(pub(crate) &'a [FieldError]);

impl Errors<'_> {
    pub(crate) fn is_wrong(self, field: &str) -> bool {
        self.0.iter().any(|error| error.field == field)
    }

    /// `aria-invalid` of a control.
    pub(crate) fn invalid(self, field: &str) -> Option<&'static str> {
        self.is_wrong(field).then_some("true")
    }

    /// The error of a field, between its hint and its control; the control is described by `{field}-e`.
    pub(crate) fn beside(self, field: &str, w: Words) -> Markup {
        let error = self.0.iter().find(|error| error.field == field);
        html! { @if let Some(error) = error {
            p.em id={ (field) "-e" } { span.vh { (w.office_error_prefix()) } (text::visible(&error.words)) }
        } }
    }
}

/// First thing on a page that was refused: what happened to the whole, and every error with the way to its control.
pub(crate) fn summary(trouble: Option<&str>, errors: &[FieldError], w: Words) -> Markup {
    html! {
        @if let Some(trouble) = trouble {
            div.err-sum role="alert" { h2 { (text::visible(trouble)) } }
        }
        @if !errors.is_empty() {
            div.err-sum role="alert" aria-labelledby="es" {
                h2 #es { (w.errors(errors.len())) } p { (w.office_as_typed()) }
                ul { @for error in errors { li { a href={ "#" (error.field) } { (text::visible(&error.words)) } } } }
            }
        }
    }
}

pub(crate) fn radio(name: &str, value: &str, id: Option<&str>, checked: bool, focus: bool) -> Markup {
    html! { input type="radio" name=(name) value=(value) id=[id] checked[checked] autofocus[focus]; }
}

/// The one box of text that a form has; its field is `t`.
pub(crate) fn lines(label: &str, hint: &str, typed: &str, errors: Errors<'_>, w: Words) -> Markup {
    html! {
        div.f.e[errors.is_wrong("t")] {
            label for="t" { (label) } p.hint #t-h { (hint) }
            (errors.beside("t", w))
            textarea #t name="t" rows="2" aria-describedby="t-h t-e" aria-invalid=[errors.invalid("t")] {
                // A browser drops the first line break of a text box.
                (PreEscaped("\n")) (typed) }
        }
    }
}

/// The unseen first button of a form: what Enter does in a field. It neither records nor drops a choice.
pub(crate) fn first_button(has_household: bool, w: Words) -> Markup {
    let (value, word) = if has_household {
        ("keep", w.visit_keep())
    } else {
        ("find", w.visit_find())
    };
    html! { button.vh tabindex="-1" name="do" value=(value) formnovalidate { (word) } }
}
