//! One step of a request, as a form: acceptance, assignment to the village itself, progress, the answer.

use event::Day;
use maud::{Markup, html};

use crate::field::described;
use crate::office::form::{self, Sheet, WhenTyped, radio, told};
use crate::office::{Frame, RequestLink};
use crate::{Words, text};

/// Legal paths that a village accepts by, by their words.
const PATHS: [&str; 3] = ["ordinary", "mediation", "petition"];
/// Answers, by their words.
const OUTCOMES: [&str; 5] = ["supported", "partly", "explained", "not_supported", "no_longer_needed"];

/// The form. Each step uses a part of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepForm {
    /// Its key, its draft, what is wrong with it.
    pub sheet: Sheet,
    /// The step's name in addresses.
    pub step: &'static str,
    /// The request.
    pub request: RequestLink,
    /// Where it stands, by its word.
    pub state: String,
    /// The day and time of the step.
    pub when: WhenTyped,
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
}

impl StepForm {
    fn due(&self, w: Words) -> Markup {
        let error = self.sheet.wrong_at("duem");
        let number = |id: &str, value: &str, label: &str| {
            html! { input.w2 id=(id) name=(id) value=(value) inputmode="numeric" maxlength="4" aria-label=(label)
            aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| "duem-e")]; }
        };
        html! { fieldset.f.e[error.is_some()] {
            legend { (w.step_due()) " " span.hint { (w.step_due_hint()) } }
            (told(w, "duem", error))
            div.opts { span.nb { (number("duem", &self.due[0], w.visit_month())) " " (w.visit_month()) " "
                (number("dued", &self.due[1], w.visit_day_of_month())) " " (w.visit_day_of_month()) } }
        } }
    }

    /// The box of text, `t`.
    fn line(&self, label: &str, hint: &str, w: Words) -> Markup {
        let error = self.sheet.wrong_at("t");
        html! { div.f.e[error.is_some()] {
            label for="t" { (label) } p.hint #t-h { (hint) }
            (told(w, "t", error))
            (form::text_box("t", &self.text, 2, error.is_some()))
        } }
    }

    fn fields(&self, w: Words) -> Markup {
        let (who, outcome) = (self.sheet.wrong_at("who"), self.sheet.wrong_at("outcome"));
        let tick = |word: &str| {
            html! { div.f.opts { label { input type="checkbox" name="tick" value="1" checked[self.ticked]; (word) } } }
        };
        html! { @match self.step {
            "accept" => {
                fieldset.f { legend { (w.step_path()) } div.opts { @for key in PATHS { label {
                    (radio("path", key, None, self.path == key, false)) (w.value(key)) } } } }
                (self.due(w))
            },
            "assign" => {
                fieldset.f.e[who.is_some()] aria-describedby=[described("who", false, who.is_some())] { legend { (w.step_handler()) } (told(w, "who", who))
                    div.opts { @for (at, (id, name, on)) in self.who.iter().enumerate() { label {
                        (radio("w", id, (at == 0).then_some("who"), *on, false)) (text::visible(name)) } } } }
                (self.due(w))
            },
            "reply" => {
                fieldset.f.e[outcome.is_some()] aria-describedby=[described("outcome", false, outcome.is_some())] { legend { (w.step_outcome()) } (told(w, "outcome", outcome))
                    div.opts { @for (at, key) in OUTCOMES.into_iter().enumerate() { label {
                        (radio("o", key, (at == 0).then_some("outcome"), self.outcome.as_deref() == Some(key), false)) (w.value(key)) } } } }
                (self.line(w.step_answer(), w.step_answer_hint(), w))
                (tick(w.step_in_writing()))
            },
            _ => {
                (self.line(w.step_note(), w.step_note_hint(), w))
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
    let action = format!("{}/{}", page.request.address, page.step);
    let body = html! {
        (page.sheet.over(w))
        div.head.tight { div {
            p.crumb.noprint { a href=(page.request.address) { (text::visible(&page.request.title)) } } h1 { (w.step(page.step)) }
            p.m { (w.request_now()) " " span.tag.t-st { (w.value(&page.state)) } }
        } (page.sheet.note.line(w, frame.now_ms)) }
        form.one method="post" action=(action) autocomplete="off" {
            (form::first_button(("keep", w.visit_keep())))
            (page.sheet.stamp.fields())
            (page.fields(w))
            (form::when(w, today, &page.when, &page.sheet, (false, true)))
            (form::save_row(w, w.visit_save(), &html! {}))
        }
    };
    frame.around(w.step(page.step), page.sheet.is_refused(), &body)
}
