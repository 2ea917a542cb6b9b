//! One step of a request, as a form: acceptance, assignment to the village itself, progress, the answer.

use event::Day;
use maud::{Markup, html};

use crate::office::form::{Errors, FieldError, lines, radio, summary};
use crate::office::when::{Moment, when};
use crate::office::{Frame, RequestLink};
use crate::{Words, text};

/// Legal paths that a village accepts by, by their words.
const PATHS: [&str; 3] = ["ordinary", "mediation", "petition"];
/// Answers, by their words.
const OUTCOMES: [&str; 5] = ["supported", "partly", "explained", "not_supported", "no_longer_needed"];

/// The form. Each step uses a part of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepForm {
    /// Known again by this when it is sent twice.
    pub key: String,
    /// The step's name in addresses.
    pub step: &'static str,
    /// The request.
    pub request: RequestLink,
    /// Where it stands, by its word.
    pub state: String,
    /// The day and time of the step.
    pub when: Moment,
    /// Month and day of the due day, as typed.
    pub due: [String; 2],
    /// The path's word.
    pub path: String,
    /// Who may handle it: identity, name, whether chosen.
    pub who: Vec<(String, String, bool)>,
    /// The answer's word, once chosen.
    pub outcome: Option<String>,
    /// Whether it was given in writing; for progress whether it is stuck.
    pub ticked: bool,
    /// The line.
    pub text: String,
    /// What is wrong, in the order of the fields.
    pub errors: Vec<FieldError>,
    /// What happened to the whole.
    pub trouble: Option<String>,
}

impl StepForm {
    fn due(&self, errors: Errors<'_>, w: Words) -> Markup {
        let number = |id: &str, value: &str, label: &str| {
            html! { input.w2 id=(id) name=(id) value=(value) inputmode="numeric" maxlength="4" aria-label=(label)
            aria-invalid=[errors.invalid("duem")] aria-describedby=[errors.is_wrong("duem").then_some("duem-e")]; }
        };
        html! { fieldset.f.e[errors.is_wrong("duem")] {
            legend { (w.step_due()) " " span.hint { (w.step_due_hint()) } }
            (errors.beside("duem", w))
            div.opts { span.nb { (number("duem", &self.due[0], w.visit_month())) " " (w.visit_month()) " "
                (number("dued", &self.due[1], w.visit_day_of_month())) " " (w.visit_day_of_month()) } }
        } }
    }

    fn fields(&self, errors: Errors<'_>, w: Words) -> Markup {
        let tick = |word: &str| {
            html! { div.f.opts { label { input type="checkbox" name="tick" value="1" checked[self.ticked]; (word) } } }
        };
        html! { @match self.step {
            "accept" => {
                fieldset.f { legend { (w.step_path()) } div.opts { @for key in PATHS { label {
                    (radio("path", key, None, self.path == key, false)) (w.value(key)) } } } }
                (self.due(errors, w))
            },
            "assign" => {
                fieldset.f.e[errors.is_wrong("who")] { legend { (w.step_handler()) } (errors.beside("who", w))
                    div.opts { @for (at, (id, name, on)) in self.who.iter().enumerate() { label {
                        (radio("w", id, (at == 0).then_some("who"), *on, false)) (text::visible(name)) } } } }
                (self.due(errors, w))
            },
            "reply" => {
                fieldset.f.e[errors.is_wrong("outcome")] { legend { (w.step_outcome()) } (errors.beside("outcome", w))
                    div.opts { @for (at, key) in OUTCOMES.into_iter().enumerate() { label {
                        (radio("o", key, (at == 0).then_some("outcome"), self.outcome.as_deref() == Some(key), false)) (w.value(key)) } } } }
                (lines(w.step_answer(), w.step_answer_hint(), &self.text, errors, w))
                (tick(w.step_in_writing()))
            },
            _ => {
                (lines(w.step_note(), w.step_note_hint(), &self.text, errors, w))
                (tick(w.step_blocked()))
            },
        } }
    }
}

/// The page.
#[must_use]
pub fn step(frame: &Frame, page: &StepForm) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let errors = Errors(&page.errors);
    let refused = !page.errors.is_empty() || page.trouble.is_some();
    let action = format!("{}/{}", page.request.address, page.step);
    let body = html! {
        (summary(page.trouble.as_deref(), &page.errors, w))
        div.head.tight { div {
            p.crumb.noprint { a href=(page.request.address) { (text::visible(&page.request.title)) } } h1 { (w.step(page.step)) }
            p.m { (w.matter_now()) " " span.tag.t-st { (w.value(&page.state)) } }
        } }
        form.one method="post" action=(action) autocomplete="off" {
            // Enter in a field keeps what is typed and records nothing.
            button.vh tabindex="-1" name="do" value="keep" formnovalidate { (w.visit_keep()) }
            input type="hidden" name="key" value=(page.key);
            (page.fields(errors, w))
            (when(&page.when, false, errors, w, today))
            div.acts {
                button.pri name="do" value="save" accesskey="s" { (w.visit_save()) kbd { "Alt S" } }
                a href=(page.request.address) { (w.visit_not_now()) }
            }
        }
    };
    frame.around(w.step(page.step), refused, &body)
}
