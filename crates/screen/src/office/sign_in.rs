//! Signing in, and the first time with a one-time code.

use maud::{Markup, html};

use crate::field::described;
use crate::office::Frame;
use crate::{Words, text};

/// The page for signing in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignIn {
    /// The name as it was typed.
    pub name: String,
    /// Why it did not work, in a sentence.
    pub refusal: Option<String>,
    /// A sentence that is no error, such as that the session ended.
    pub note: Option<String>,
    /// Where to go then.
    pub next: String,
    /// What the hint says of too many tries.
    pub limit: String,
}

/// The page for the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstCode {
    /// The code as it was typed.
    pub code: String,
    /// The name as it was typed.
    pub name: String,
    /// What is wrong with the code, the name, the password.
    pub errors: [Option<String>; 3],
    /// Whether a code can be used at all.
    pub has_code: bool,
}

fn beside(w: Words) -> Markup {
    html! {
        aside.side {
            section { div.sh { h2 { (w.sign_in_first()) } }
                p { (w.sign_in_first_text()) " " a href="/first" { (w.sign_in_with_code()) } } }
            section { div.sh { h2 { (w.sign_in_complaint()) } } p { (w.sign_in_complaint_text()) } }
        }
    }
}

/// The page for signing in.
#[must_use]
pub fn sign_in(frame: &Frame, page: &SignIn) -> String {
    let w = frame.words();
    let refusal = page.refusal.as_deref();
    let body = html! {
        div.head { div { h1 { (w.sign_in()) } p.m { (text::visible(&w.sign_in_place(&frame.place))) } } }
        @if let Some(refusal) = refusal { div.err-sum role="alert" { p { b { (text::visible(refusal)) } } } }
        @if let Some(note) = &page.note { div.say role="status" { p { (text::visible(note)) } } }
        div.cols {
            form.narrow method="post" action="/sign-in" {
                input type="hidden" name="next" value=(page.next);
                div.f { label for="u" { (w.sign_in_name()) } p.hint #uh { (w.sign_in_name_hint()) }
                    input.wf #u name="name" autocomplete="username" aria-describedby="uh" value=(page.name) autofocus required maxlength="64"; }
                div.f { label for="p" { (w.sign_in_password()) } p.hint #ph { (page.limit) }
                    input.wf #p name="password" type="password" autocomplete="current-password" aria-describedby="ph" required maxlength="256"; }
                div.acts { button.pri { (w.sign_in()) } }
            }
            (beside(w))
        }
    };
    frame.around(w.sign_in(), refusal.is_some(), &body)
}

fn field(w: Words, error: Option<&String>, (id, label, hint): (&str, &str, &str), input: &Markup) -> Markup {
    html! {
        div.f.e[error.is_some()] { label for=(id) { (label) }
            @if !hint.is_empty() { p.hint id={ (id) "-h" } { (hint) } }
            @if let Some(error) = error {
                p.em id={ (id) "-e" } { span.vh { (w.office_error_prefix()) } (text::visible(error)) } }
            (input) }
    }
}

/// The page for the first time.
#[must_use]
pub fn first_code(frame: &Frame, page: &FirstCode) -> String {
    let w = frame.words();
    let [code, name, password] = &page.errors;
    let refused = page.errors.iter().any(Option::is_some);
    let invalid = |error: &Option<String>| error.as_ref().map(|_| "true");
    let body = html! {
        div.head { div { h1 { (w.sign_in_with_code()) } p.m { (text::visible(&w.sign_in_place(&frame.place))) } } }
        @if refused { div.err-sum role="alert" { ul {
            @for (id, error) in ["code", "name", "password"].iter().zip(&page.errors) {
                @if let Some(error) = error { li { a href={ "#" (id) } { (text::visible(error)) } } }
            } } } }
        @if !page.has_code && !refused { div.say role="status" { p { (w.sign_in_no_code()) } } }
        form.narrow method="post" action="/first" autocomplete="off" {
            (field(w, code.as_ref(), ("code", w.sign_in_code(), w.sign_in_code_hint()), &html! {
                input.wf #code name="code" value=(page.code) spellcheck="false" autocapitalize="characters" autofocus required maxlength="40"
                    aria-invalid=[invalid(code)] aria-describedby=[described("code", true, code.is_some())]; }))
            (field(w, name.as_ref(), ("name", w.sign_in_new_name(), ""), &html! {
                input.wf #name name="name" value=(page.name) autocomplete="username" maxlength="64"
                    aria-invalid=[invalid(name)] aria-describedby=[described("name", false, name.is_some())]; }))
            (field(w, password.as_ref(), ("password", w.sign_in_new_password(), w.sign_in_new_password_hint()), &html! {
                input.wf #password name="password" type="password" autocomplete="new-password" required maxlength="256"
                    aria-invalid=[invalid(password)] aria-describedby=[described("password", true, password.is_some())]; }))
            div.acts { button.pri { (w.sign_in_with_code()) } a href="/sign-in" { (w.sign_in_back()) } }
        }
    };
    frame.around(w.sign_in_with_code(), refused, &body)
}
