//! The forms of the township's acts on a request: accept, assign, follow up, assign again, close.

use event::Day;
use maud::{Markup, PreEscaped, html};

use super::why::WhyNot;
use crate::field::described;
use crate::{Words, dates, text};

/// Where something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is a field")]
pub enum WrongField {
    Path,
    Rule,
    Due,
    Who,
    Day,
    Reached,
    Word,
    Closing,
    Note,
}

impl WrongField {
    /// The identifier of its control.
    pub(crate) const fn anchor(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Rule => "rule",
            Self::Due => "due",
            Self::Who => "who",
            Self::Day => "day",
            Self::Reached => "reached",
            Self::Word => "word",
            Self::Closing => "closing",
            Self::Note => "note",
        }
    }
}

/// The day of a call, as it was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallDay {
    /// Just now: with the minute.
    #[default]
    Now,
    /// Today, and no more exactly.
    Today,
    /// Yesterday.
    Yesterday,
    /// The day that was typed.
    Other,
}

impl CallDay {
    const ALL: [Self; 4] = [Self::Now, Self::Today, Self::Yesterday, Self::Other];

    /// The word that the form sends.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Today => "today",
            Self::Yesterday => "yesterday",
            Self::Other => "other",
        }
    }

    /// The day with this word; just now for any other.
    #[must_use]
    pub fn from_key(key: &str) -> Self {
        Self::ALL.into_iter().find(|day| day.key() == key).unwrap_or_default()
    }
}

/// What was typed and chosen, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a field of the form")]
pub struct Typed {
    pub path: String,
    pub rule: String,
    pub due: String,
    pub who: String,
    pub note: String,
    pub day: CallDay,
    pub other_day: String,
    pub reached: String,
    pub satisfaction: String,
    pub solved: String,
    pub closing: String,
}

/// Somebody to whom a matter can be given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// What the form sends.
    pub value: String,
    /// Their name, or the end of their identity.
    pub name: String,
    /// What they did in this matter, by the event kinds' words and `handler` for its last handler.
    pub did: Vec<String>,
}

/// People of one unit, in the order of their identities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The unit's name.
    pub name: String,
    /// Them.
    pub people: Vec<Person>,
}

/// A way of closing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// By its word.
    pub kind: String,
    /// Why it cannot be chosen now.
    pub not: Option<WhyNot>,
}

/// The form of one act on one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActForm {
    /// The act's word: `accept`, `assign`, `follow`, `reassign`, `close`.
    pub act: String,
    /// Where it is sent.
    pub address: String,
    /// Names this form once.
    pub key: String,
    /// The moment that it was made from.
    pub seen: String,
    /// As it was typed.
    pub typed: Typed,
    /// What is wrong, in the order of the fields.
    pub errors: Vec<(WrongField, String)>,
    /// To whom it can be given.
    pub people: Vec<Group>,
    /// How it can be closed.
    pub closings: Vec<Closing>,
}

impl Person {
    /// 「…1A2B（登记、承办）」
    pub(crate) fn label(&self, w: Words) -> String {
        let did: Vec<String> = (self.did.iter())
            .map(|did| match did.as_str() {
                "handler" => w.column("handler"),
                kind => w.kind(kind).unwrap_or(kind).to_owned(),
            })
            .collect();
        let name = text::visible(&self.name);
        match (did.is_empty(), w.lang()) {
            (true, _) => name.into_owned(),
            (false, crate::Lang::Zh) => format!("{name}（{}）", did.join("、")),
            (false, crate::Lang::En) => format!("{name} ({})", did.join(", ")),
        }
    }
}

/// The choice of a person, grouped by unit.
pub(crate) fn choice(id: &str, groups: &[Group], chosen: &str, has_hint: bool, wrong: bool, w: Words) -> Markup {
    html! {
        select id=(id) name=(id) aria-describedby=[described(id, has_hint, wrong)] aria-invalid=[wrong.then_some("true")] {
            option value="" selected[chosen.is_empty()] { (w.act_who_choose()) }
            @for group in groups { optgroup label=(text::visible(&group.name)) {
                @for person in &group.people {
                    option value=(person.value) selected[person.value == chosen] { (person.label(w)) }
                }
            } }
        }
    }
}

impl ActForm {
    fn error(&self, field: WrongField) -> Option<&str> {
        let found = self.errors.iter().find(|(at, _)| *at == field);
        found.map(|(_, words)| words.as_str())
    }

    /// What describes a set of choices: what is wrong with it, where something is.
    fn said(&self, field: WrongField) -> Option<String> {
        described(field.anchor(), false, self.error(field).is_some())
    }

    fn told(&self, field: WrongField, w: Words) -> Markup {
        html! { @if let Some(words) = self.error(field) {
            p.em id={ (field.anchor()) "-e" } { span.vh { (w.office_error_prefix()) } (text::visible(words)) }
        } }
    }

    /// What is wrong, first of all on the page.
    pub(crate) fn summary(&self, w: Words) -> Markup {
        html! { @if !self.errors.is_empty() {
            div.err-sum role="alert" aria-labelledby="es" {
                h2 #es { (w.act_errors(w.refused(&self.act).split(['，', '.']).next().unwrap_or_default(), self.errors.len())) }
                p { (w.act_as_typed()) }
                ul { @for (field, words) in &self.errors { li { a href={ "#" (field.anchor()) } { (text::visible(words)) } } } }
            }
        } }
    }

    pub(crate) fn line(&self, field: WrongField, label: &str, hint: &str, value: &str, w: Words) -> Markup {
        let (anchor, wrong) = (field.anchor(), self.error(field).is_some());
        html! {
            div.f.e[wrong] {
                label for=(anchor) { (label) } p.hint id={ (anchor) "-h" } { (hint) }
                (self.told(field, w))
                input.w8.b id=(anchor) name=(anchor) value=(value) autocomplete="off" maxlength="16" aria-invalid=[wrong.then_some("true")]
                    aria-describedby=[described(anchor, true, wrong)];
            }
        }
    }

    pub(crate) fn note_box(&self, hint: &str, w: Words) -> Markup {
        let wrong = self.error(WrongField::Note).is_some();
        html! {
            div.f.e[wrong] {
                label for="note" { (w.act_note()) } p.hint #note-h { (hint) }
                (self.told(WrongField::Note, w))
                textarea #note name="note" rows="2" aria-describedby=[described("note", true, wrong)] aria-invalid=[wrong.then_some("true")] {
                    // A browser drops the first line break of a text box.
                    (PreEscaped("\n")) (self.typed.note) }
            }
        }
    }

    fn accept(&self, w: Words) -> Markup {
        html! {
            (self.path_and_rule(w))
            (self.line(WrongField::Due, w.act_due(), w.act_due_accept_hint(), &self.typed.due, w))
        }
    }

    /// The legal path and the rule behind the due date.
    pub(crate) fn path_and_rule(&self, w: Words) -> Markup {
        let paths = ["ordinary", "petition", "hotline_12345", "mediation", "internal"];
        let rules = [
            "township",
            "petition_60_days",
            "petition_15_days",
            "hotline_5_working_days",
        ];
        html! {
            fieldset.f.e[self.error(WrongField::Path).is_some()] aria-describedby=[self.said(WrongField::Path)] {
                legend { (w.act_path()) }
                (self.told(WrongField::Path, w))
                div.opts #path { @for path in paths { label {
                    input type="radio" name="path" value=(path) checked[self.typed.path == path]; (w.path_known(path).unwrap_or_default())
                } } }
            }
            fieldset.f.e[self.error(WrongField::Rule).is_some()] aria-describedby=[self.said(WrongField::Rule)] {
                legend { (w.act_rule()) }
                (self.told(WrongField::Rule, w))
                div.opts #rule { @for rule in rules { label {
                    input type="radio" name="rule" value=(rule) checked[self.typed.rule == rule]; (w.rule_known(rule).unwrap_or_default())
                } } }
            }
        }
    }

    fn assign(&self, w: Words) -> Markup {
        let wrong = self.error(WrongField::Who).is_some();
        let due_hint = if self.act == "assign" {
            w.act_due_keep_hint()
        } else {
            w.act_due_hint()
        };
        html! {
            div.f.e[wrong] {
                label for="who" { (w.act_who()) } p.hint #who-h { (w.act_who_hint()) }
                (self.told(WrongField::Who, w))
                @if self.people.iter().all(|group| group.people.is_empty()) { p { (w.act_nobody()) } }
                (choice("who", &self.people, &self.typed.who, true, wrong, w))
            }
            (self.line(WrongField::Due, w.act_due(), due_hint, &self.typed.due, w))
            (self.note_box(w.act_note_assign_hint(), w))
        }
    }

    fn follow(&self, w: Words, today: Day) -> Markup {
        let typed = &self.typed;
        let reached = [
            ("yes", w.act_reached_yes(), w.act_reached_yes_hint()),
            ("no", w.act_reached_no(), w.act_reached_no_hint()),
        ];
        let radio = |name: &str, value: &str, chosen: &str, word: &str| {
            html! { label { input type="radio" name=(name) value=(value) checked[value == chosen]; (word) } }
        };
        html! {
            (self.day(w, today))
            fieldset.f.e[self.error(WrongField::Reached).is_some()] aria-describedby=[self.said(WrongField::Reached)] {
                legend { (w.act_reached()) }
                (self.told(WrongField::Reached, w))
                div.pick.pair #reached { @for (value, word, hint) in reached { label {
                    input type="radio" name="reached" value=(value) checked[typed.reached == value];
                    span { b { (word) } small { (hint) } }
                } } }
            }
            fieldset.f.e[self.error(WrongField::Word).is_some()] aria-describedby=[self.said(WrongField::Word)] {
                legend { (w.act_satisfied()) " " span.hint { (w.act_solved_hint()) } }
                (self.told(WrongField::Word, w))
                div.opts #word {
                    @for value in ["satisfied", "mostly", "unsatisfied", "no_opinion"] { (radio("satisfaction", value, &typed.satisfaction, &w.value(value))) }
                    (radio("satisfaction", "", &typed.satisfaction, w.act_no_word()))
                }
                div.opts role="radiogroup" aria-label=(w.act_solved()) {
                    b { (w.act_solved()) }
                    @for value in ["yes", "partly", "no"] { (radio("solved", value, &typed.solved, &w.value(value))) }
                    (radio("solved", "", &typed.solved, w.act_no_word()))
                }
            }
            (self.note_box(w.act_note_follow_hint(), w))
        }
    }

    /// The day of a call.
    pub(crate) fn day(&self, w: Words, today: Day) -> Markup {
        let wrong = self.error(WrongField::Day).is_some();
        let word = |day: CallDay| match day {
            CallDay::Now => w.act_now().to_owned(),
            CallDay::Today => format!("{} {}", w.act_today(), dates::day(today, today, w.lang())),
            CallDay::Yesterday => format!("{} {}", w.act_yesterday(), dates::day(today.plus(-1), today, w.lang())),
            CallDay::Other => w.act_other_day().to_owned(),
        };
        html! {
            fieldset.f.e[wrong] aria-describedby=[self.said(WrongField::Day)] {
                legend { (w.act_when()) " " span.hint { (w.act_when_hint()) } }
                (self.told(WrongField::Day, w))
                div.opts {
                    @for day in [CallDay::Now, CallDay::Today, CallDay::Yesterday] { label {
                        input type="radio" name="day" value=(day.key()) checked[self.typed.day == day]; (word(day))
                    } }
                    span.nb {
                        label { input type="radio" name="day" value=(CallDay::Other.key()) checked[self.typed.day == CallDay::Other]; (word(CallDay::Other)) }
                        " " span.nb.boxes {
                            input.w8 #day name="other_day" value=(self.typed.other_day) maxlength="16" autocomplete="off"
                                aria-label=(w.act_other_day()) aria-describedby=[described("day", true, wrong)] aria-invalid=[wrong.then_some("true")];
                            " " span.hint #day-h { (w.act_other_hint()) }
                        }
                    }
                }
            }
        }
    }

    fn close(&self, w: Words) -> Markup {
        html! {
            fieldset.f.e[self.error(WrongField::Closing).is_some()] aria-describedby=[self.said(WrongField::Closing)] {
                legend { (w.act_closing()) }
                (self.told(WrongField::Closing, w))
                // What cannot be chosen stands, with its reason, beside what can be done.
                div.opts #closing { @for one in self.closings.iter().filter(|one| one.not.is_none()) { label {
                    input type="radio" name="closing" value=(one.kind) checked[self.typed.closing == one.kind]; (w.value(&one.kind))
                } } }
            }
            (self.note_box(w.act_note_close_hint(), w))
        }
    }

    /// The form.
    pub(crate) fn draw(&self, w: Words, today: Day) -> Markup {
        html! {
            form.one method="post" action=(self.address) autocomplete="off" {
                // Whatever Enter does in a field, it records nothing: the first button of the form only looks.
                button.vh tabindex="-1" name="do" value="look" { (w.board_look()) }
                input type="hidden" name="act" value=(self.act);
                input type="hidden" name="key" value=(self.key);
                input type="hidden" name="seen" value=(self.seen);
                @match self.act.as_str() {
                    "accept" => (self.accept(w)),
                    "assign" | "reassign" => (self.assign(w)),
                    "follow" => (self.follow(w, today)),
                    _ => (self.close(w)),
                }
                div.acts {
                    button.pri name="do" value="go" accesskey="s" { (w.act(&self.act)) kbd { "Alt S" } }
                    a href=(self.address) { (w.act_not_now()) }
                }
            }
        }
    }
}
