//! Registering a request at the township, for a village.

use maud::{Markup, PreEscaped, html};

use crate::field::described;
use crate::office::Frame;
use crate::{Words, text};

/// Where something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is a field")]
pub enum RegisterField {
    Village,
    Channel,
    Kind,
    People,
    Text,
    Who,
}

impl RegisterField {
    const fn anchor(self) -> &'static str {
        match self {
            Self::Village => "village",
            Self::Channel => "channel",
            Self::Kind => "kind",
            Self::People => "people",
            Self::Text => "t",
            Self::Who => "name",
        }
    }
}

/// The form, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a field of the form")]
pub struct Register {
    pub key: String,
    pub villages: Vec<(String, String)>,
    pub village: String,
    pub channel: String,
    pub kind: String,
    pub urgency: String,
    pub people: String,
    pub text: String,
    pub name: String,
    pub phone: String,
    pub address: String,
    /// What is wrong, in the order of the fields.
    pub errors: Vec<(RegisterField, String)>,
    /// What went wrong below, in a sentence.
    pub trouble: Option<String>,
}

impl Register {
    fn error(&self, field: RegisterField) -> Option<&str> {
        let found = self.errors.iter().find(|(at, _)| *at == field);
        found.map(|(_, words)| words.as_str())
    }

    fn told(&self, field: RegisterField, w: Words) -> Markup {
        html! { @if let Some(words) = self.error(field) {
            p.em id={ (field.anchor()) "-e" } { span.vh { (w.office_error_prefix()) } (text::visible(words)) }
        } }
    }

    fn choice(&self, field: RegisterField, label: &str, values: &[&str], chosen: &str, w: Words) -> Markup {
        html! {
            fieldset.f.e[self.error(field).is_some()] aria-describedby=[described(field.anchor(), false, self.error(field).is_some())] {
                legend { (label) }
                (self.told(field, w))
                div.opts id=(field.anchor()) { @for value in values { label {
                    input type="radio" name=(field.anchor()) value=(value) checked[*value == chosen]; (w.value(value))
                } } }
            }
        }
    }

    fn village(&self, w: Words) -> Markup {
        let wrong = self.error(RegisterField::Village).is_some();
        html! {
            div.f.e[wrong] {
                label for="village" { (w.register_village()) } p.hint #village-h { (w.register_village_hint()) }
                (self.told(RegisterField::Village, w))
                select.b #village name="village" aria-describedby=[described("village", true, wrong)] aria-invalid=[wrong.then_some("true")] autofocus[self.errors.is_empty()] {
                    option value="" selected[self.village.is_empty()] { (w.act_who_choose()) }
                    @for (code, name) in &self.villages { option value=(code) selected[*code == self.village] { (text::visible(name)) } }
                }
            }
        }
    }

    fn form(&self, w: Words) -> Markup {
        let (text_wrong, people_wrong) = (
            self.error(RegisterField::Text).is_some(),
            self.error(RegisterField::People).is_some(),
        );
        let channels = [
            "hotline",
            "caller",
            "reception",
            "letter",
            "online",
            "proposal",
            "meeting",
            "visit",
            "internal",
        ];
        let kinds = ["help", "advice", "complaint", "suggestion", "dispute", "errand"];
        html! {
            form.one method="post" action="/requests/new" autocomplete="off" {
                // Whatever Enter does in a field, it records nothing: the first button of the form only looks.
                button.vh tabindex="-1" name="do" value="look" { (w.board_look()) }
                input type="hidden" name="key" value=(self.key);
                (self.village(w))
                div.f.e[text_wrong] {
                    label for="t" { (w.register_text()) } p.hint #t-h { (w.register_text_hint()) }
                    (self.told(RegisterField::Text, w))
                    textarea #t name="t" rows="3" aria-describedby=[described("t", true, text_wrong)] aria-invalid=[text_wrong.then_some("true")] {
                        // A browser drops the first line break of a text box.
                        (PreEscaped("\n")) (self.text) }
                }
                (self.choice(RegisterField::Channel, w.register_channel(), &channels, &self.channel, w))
                (self.choice(RegisterField::Kind, w.register_kind(), &kinds, &self.kind, w))
                fieldset.f { legend { (w.register_urgency()) } div.opts { @for value in ["ordinary", "urgent", "emergency"] { label {
                    input type="radio" name="urgency" value=(value) checked[value == self.urgency]; (w.value(value))
                } } } }
                div.f.e[people_wrong] {
                    label for="people" { (w.register_people()) }
                    (self.told(RegisterField::People, w))
                    input.w2 #people name="people" value=(self.people) inputmode="numeric" maxlength="5" aria-invalid=[people_wrong.then_some("true")] aria-describedby=[described("people", false, people_wrong)];
                }
                fieldset.f.e[self.error(RegisterField::Who).is_some()] aria-describedby=[described(RegisterField::Who.anchor(), false, self.error(RegisterField::Who).is_some())] {
                    legend { (w.register_who()) " " span.hint { (w.register_who_hint()) } }
                    (self.told(RegisterField::Who, w))
                    div.opts {
                        label { (w.register_name()) "　" input.w8 #name name="name" value=(self.name) maxlength="64"; }
                        label { (w.register_phone()) "　" input.w8 name="phone" value=(self.phone) maxlength="64" inputmode="tel"; }
                        label { (w.register_address()) "　" input.w8 name="address" value=(self.address) maxlength="64"; }
                    }
                }
                div.acts {
                    button.pri name="do" value="save" accesskey="s" { (w.register_save()) kbd { "Alt S" } }
                    a href="/requests" { (w.visit_not_now()) }
                }
            }
        }
    }
}

/// The page.
#[must_use]
pub fn register(frame: &Frame, page: &Register) -> String {
    let w = frame.words();
    let refused = !page.errors.is_empty() || page.trouble.is_some();
    let body = html! {
        @if let Some(trouble) = &page.trouble { div.err-sum role="alert" { h2 { (text::visible(trouble)) } p { (w.act_as_typed()) } } }
        @if !page.errors.is_empty() {
            div.err-sum role="alert" aria-labelledby="es" {
                h2 #es { (w.errors(page.errors.len())) } p { (w.act_as_typed()) }
                ul { @for (field, words) in &page.errors { li { a href={ "#" (field.anchor()) } { (text::visible(words)) } } } }
            }
        }
        div.head.tight { div { p.crumb { a href="/requests" { (w.office_requests()) } } h1 { (w.register_title()) } } }
        @if page.villages.is_empty() { p { (w.register_no_villages()) } } @else {
            div.cols {
                (page.form(w))
                aside.side.noprint aria-label=(w.register_after()) { section { div.sh { h2 { (w.register_after()) } } p.m { (w.register_after_text()) } } }
            }
        }
    };
    frame.around(w.register_title(), refused, &body)
}
