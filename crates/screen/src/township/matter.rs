//! One request: what can I do, why not that?

use event::{Day, When};
use maud::{Markup, html};

use super::act::ActForm;
use super::board::title;
use super::why::{Refused, WhyNot};
use crate::office::{Effect, Frame};
use crate::{Words, dates, text};

/// How much of a wording the heading shows, in characters.
const HEADING_CHARS: usize = 60;

/// A text that stands in a personal part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wording {
    /// There never was one.
    #[default]
    None,
    /// It is here.
    Here(String),
    /// The record names one, and it is not here (yet), or no more.
    Missing,
}

/// One step of the course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatterStep {
    /// The kind's word.
    pub kind: String,
    /// What it says beside that, by its word: an outcome, a satisfaction, a closing.
    pub said: Vec<String>,
    /// Which attempt in vain, or which round, where the kind counts.
    pub number: Option<u16>,
    /// When it happened, as claimed.
    pub occurred: When,
    /// Who did it.
    pub actors: String,
    /// Who typed it.
    pub recorder: String,
    /// To which unit and whom it was given.
    pub to: Option<(String, String)>,
    /// Until when it is due.
    pub due: Option<Day>,
    /// Its text.
    pub text: Wording,
    /// Whether the township recorded it.
    pub by_township: bool,
    /// Its receipt.
    pub receipt: u64,
    /// Of the township's own: whether it has come to a machine of the village, where that is known.
    pub has_come: Option<bool>,
    /// When the township received it, in milliseconds.
    pub received_ms: i64,
    /// What it came to.
    pub effect: Effect,
}

/// Something that might be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The act's word.
    pub act: String,
    /// For a closing its kind, by its word.
    pub closing: Option<String>,
    /// For an assignment anew, the round that it would begin.
    pub round: Option<u16>,
    /// The page with its form.
    pub address: String,
    /// Why not now.
    pub not: Option<WhyNot>,
}

/// What was just done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The kind's word.
    pub kind: String,
    /// Its receipt, where the ledgers have come that far.
    pub receipt: Option<u64>,
    /// Whether it counts, where that is known.
    pub counted: Option<bool>,
    /// Whether it had been recorded before this form was sent again.
    pub known: bool,
}

/// The page of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matter {
    /// Village and end of its identity.
    pub number: String,
    /// Its wording.
    pub text: Wording,
    /// The village's name.
    pub village: String,
    /// How it came in, by its word.
    pub channel: String,
    /// Its sort, by its word.
    pub kind: String,
    /// How soon, by its word.
    pub urgency: String,
    /// How many people ask for it.
    pub people: u16,
    /// Name, telephone and address as they were given with it.
    pub requester: Vec<String>,
    /// Whether a household on the village's books asks: its name and telephone stand there.
    pub from_household: bool,
    /// Where it stands, by its word.
    pub state: String,
    /// Round, from 1; 0 before the first assignment.
    pub round: u16,
    /// Unit and person that handle it.
    pub handling: Option<(String, String)>,
    /// Day of first acceptance, and the legal path and the rule behind the due date by their words.
    pub accepted: Option<(Day, String, String)>,
    /// Day of registration.
    pub registered_on: Option<Day>,
    /// Due in this round.
    pub due: Option<Day>,
    /// Day of the answer in this round.
    pub replied_on: Option<Day>,
    /// Days past the due day.
    pub overdue_days: u32,
    /// What was answered, by its word, and the text.
    pub reply: Option<(String, Wording)>,
    /// Days since first acceptance, or since registration; while it is open.
    pub age_days: Option<u32>,
    /// 「截至 …」
    pub cut: String,
    /// The course, newest first.
    pub steps: Vec<MatterStep>,
    /// Steps of the course that are not listed.
    pub more_steps: usize,
    /// How many records its row is computed from.
    pub counted: usize,
    /// The act that comes next, by its word, where it is the township's.
    pub next: Option<String>,
    /// What might be done.
    pub offers: Vec<Offer>,
    /// Said of who looks: the handler does not act here. Their name.
    pub handler_looks: Option<String>,
    /// The form of the act that was chosen, or that comes next.
    pub form: Option<ActForm>,
    /// What was refused.
    pub refused: Option<Refused>,
    /// What was typed with it, where the page has no form for it any more.
    pub kept: String,
    /// What was just done.
    pub said: Option<Said>,
    /// What went wrong below, in a sentence.
    pub trouble: Option<String>,
    /// Whether the ledgers have not read everything that was received.
    pub is_behind: bool,
}

impl Wording {
    fn draw(&self, w: Words) -> Markup {
        html! { @match self {
            Self::None => {},
            Self::Here(text) => p { (text::visible(text)) },
            Self::Missing => p.m { (w.matter_text_missing()) },
        } }
    }
}

impl MatterStep {
    fn head(&self, w: Words) -> String {
        let word = w.kind(&self.kind).unwrap_or(&self.kind);
        let mut head = match (self.kind.as_str(), self.number, w.lang()) {
            ("request_reassigned" | "request_assigned", Some(round), crate::Lang::Zh) => {
                format!("{word}，{}", w.round(round))
            }
            ("request_reassigned" | "request_assigned", Some(round), crate::Lang::En) => {
                format!("{word}, {}", w.round(round))
            }
            (_, Some(times), crate::Lang::Zh) => format!("{word}{}", w.matter_attempt(times)),
            (_, Some(times), crate::Lang::En) => format!("{word} {}", w.matter_attempt(times)),
            (_, None, _) => word.to_owned(),
        };
        for said in &self.said {
            head.push_str(" · ");
            head.push_str(&match said.as_str() {
                "reached_no" => w.act_reached_no().to_owned(),
                "solved_yes" => w.matter_solved_yes().to_owned(),
                "solved_no" => w.matter_solved_no().to_owned(),
                "solved_partly" => w.matter_solved_partly().to_owned(),
                code => w.path_known(code).map_or_else(|| w.value(code), str::to_owned),
            });
        }
        head
    }

    fn people(&self, w: Words) -> String {
        let said = if self.actors.is_empty() || self.actors == self.recorder {
            self.recorder.clone()
        } else {
            w.matter_by(&self.actors, &self.recorder)
        };
        text::visible(&said).into_owned()
    }

    fn draw(&self, w: Words, today: Day, now_ms: i64) -> Markup {
        let lang = w.lang();
        let (day, precision) = dates::claim(self.occurred, today, lang);
        let is_decision = matches!(
            self.kind.as_str(),
            "request_accepted" | "request_assigned" | "request_reassigned" | "request_closed" | "record_corrected"
        );
        let comma = if lang == crate::Lang::Zh { "，" } else { ", " };
        html! {
            li class=[is_decision.then_some("k")] {
                time datetime=(self.occurred.day()) { (day) @if !precision.is_empty() { small { (precision) } } }
                p { b { (self.head(w)) } "　" (self.people(w))
                    @if let Some((unit, person)) = &self.to { " " (text::visible(&w.matter_to(unit, person))) }
                    @if let Some(due) = self.due { (comma) (w.matter_answer_by(&dates::day(due, today, lang))) } }
                (self.text.draw(w))
                p.rc {
                    @if !self.by_township { span.tag.t-recv { (w.received()) } " " }
                    (self.effect.draw(w))
                    @if self.effect.word != "counted" { " " span { (self.effect.why(w)) } }
                    " "
                    @if self.by_township {
                        (w.matter_by_township(&text::number(self.receipt)))
                        @match self.has_come { Some(true) => { " · " (w.matter_has_come()) }, Some(false) => { " · " (w.matter_not_come()) }, None => {} }
                    }
                    @else { (w.received_line(&text::number(self.receipt), &dates::moment(self.received_ms, now_ms, lang))) }
                }
            }
        }
    }
}

impl Offer {
    fn word(&self, w: Words) -> String {
        match (&self.closing, self.round) {
            (Some(kind), _) => w.matter_close_as(&w.value(kind)),
            (None, Some(round)) => w.matter_reassign_round(round),
            (None, None) => w.act(&self.act).to_owned(),
        }
    }

    /// The primary button, with the key of the township's desk where it has one.
    fn button(&self, w: Words) -> Markup {
        let (key, word) = match self.act.as_str() {
            "follow" => (Some("h"), w.matter_primary_follow().to_owned()),
            "assign" => (Some("a"), self.word(w)),
            _ => (None, self.word(w)),
        };
        html! {
            a.btn.pri href={ (self.address) "#act" } accesskey=[key] {
                (word) @if let Some(key) = key { kbd { "Alt " (key.to_uppercase()) } }
            }
        }
    }

    fn draw(&self, w: Words, today: Day) -> Markup {
        html! { li {
            @match &self.not {
                None => { span { a href={ (self.address) "#act" } { (self.word(w)) } } span.m { (w.matter_may()) } },
                Some(why) => {
                    span { (self.word(w)) }
                    span.m { @if why.is_for_later() { (w.matter_not_yet()) } @else { (w.matter_never()) } }
                    span.d { (why.sentence(w, today)) }
                },
            }
        } }
    }
}

impl Matter {
    fn title(&self, w: Words, chars: usize) -> String {
        let wording = match &self.text {
            Wording::Here(text) => text.as_str(),
            Wording::None | Wording::Missing => "",
        };
        title(wording, &self.kind, w, chars)
    }

    fn said(&self, w: Words) -> Markup {
        let Some(said) = &self.said else { return html! {} };
        let kind = w.kind(&said.kind).unwrap_or(&said.kind);
        html! {
            @match (said.counted, said.receipt) {
                (Some(false), _) => div.say.stop role="alert" { p.lead { (kind) } p { (w.act_not_counted()) } },
                (Some(true), Some(receipt)) => div.say role="status" {
                    p { b { (w.act_did(kind, &text::number(receipt))) } }
                    @if said.known { p { (w.act_again()) } }
                },
                _ => div.say role="status" { p { b { (kind) } } p { (w.act_recorded_pending()) } },
            }
        }
    }

    fn facts(&self, w: Words, today: Day) -> Markup {
        let lang = w.lang();
        let day = |day| dates::day(day, today, lang);
        let waits = w.waits_known(&self.state).unwrap_or_default();
        let comma = if lang == crate::Lang::Zh { "，" } else { ", " };
        html! {
            dl.sl {
                div { dt { (w.matter_now()) } dd { span.tag.t-st { (w.standing(&self.state)) } " "
                    @if self.round > 0 { (w.matter_round_waits(self.round, waits)) } @else { (waits) } } }
                div { dt { (w.matter_handling()) } dd { @match &self.handling {
                    Some((unit, person)) => { (text::visible(unit)) (comma) (text::visible(person)) },
                    None => (w.matter_not_assigned()),
                } } }
                div { dt { (w.matter_accepted()) } dd { @match &self.accepted {
                    Some((on, path, rule)) => { (day(*on)) (comma) (w.path_known(path).unwrap_or_default())
                        @if let Some(rule) = w.rule_known(rule) { (comma) (rule) } },
                    None => (w.matter_not_accepted()),
                } } }
                div { dt { (w.matter_due()) } dd {
                    @match self.due { Some(due) => (day(due)), None => (w.matter_no_due()) }
                    @match (self.replied_on, self.overdue_days) {
                        (Some(on), 0) if self.due.is_some() => { (comma) (w.matter_answered_in_time(&day(on))) },
                        (Some(on), late) if self.due.is_some() => { (comma) (w.matter_answered_late(&day(on), &text::number(late.into()))) },
                        (None, late) if late > 0 => { (comma) span.t-late { (w.overdue_by(&text::number(late.into()))) } },
                        _ => {},
                    }
                } }
                @if let Some((outcome, wording)) = &self.reply { div { dt { (w.matter_reply()) } dd {
                    (w.value(outcome)) (wording.draw(w)) } } }
                div { dt { (w.matter_requester()) } dd {
                    @if self.from_household { (w.matter_of_household()) } @else if self.requester.is_empty() { (w.matter_no_name()) }
                    @for (at, part) in self.requester.iter().enumerate() { @if at > 0 { " · " } (text::visible(part)) } } }
                @if let Wording::Here(wording) = &self.text { @if wording.chars().count() > HEADING_CHARS || wording.trim().contains('\n') {
                    div { dt { (w.matter_wording()) } dd { (self.text.draw(w)) } } } }
                @if self.text == Wording::Missing { div { dt { (w.matter_wording()) } dd { (self.text.draw(w)) } } }
            }
        }
    }

    fn aside(&self, w: Words, today: Day) -> Markup {
        let lang = w.lang();
        html! {
            aside.side aria-label=(w.matter_side()) {
                section { div.sh { h2 { (w.matter_age()) } } div.fig {
                    p { @match (self.age_days, &self.accepted, self.registered_on) {
                        (Some(days), Some((on, ..)), _) => { (text::number(days.into())) span { (w.matter_since(&dates::day(*on, today, lang))) } },
                        (Some(days), None, Some(on)) => { (text::number(days.into())) span { (w.matter_since_registered(&dates::day(on, today, lang))) } },
                        _ => span { (w.standing(&self.state)) },
                    } }
                    p.cut { (w.matter_computed(&text::number(self.counted as u64), &dates::day(today, today, lang))) br; (text::visible(&self.cut)) }
                } }
                section aria-labelledby="may" {
                    div.sh { h2 #may { (w.matter_what_now()) } }
                    @if self.state == "closed" { p { (w.matter_closed()) } } @else {
                        ul.rows.two {
                            @for offer in &self.offers { (offer.draw(w, today)) }
                            @if let Some(name) = &self.handler_looks { li {
                                span { (text::visible(&w.matter_you_handle(name))) } span.m { (w.matter_never()) } span.d { (w.why_handler()) }
                            } }
                        }
                    }
                }
            }
        }
    }
}

/// The page.
#[must_use]
pub fn matter(frame: &Frame, page: &Matter) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    // The one primary button: what comes next, where it may be done and its form does not stand here already.
    let is_here = |act: &str| page.form.as_ref().is_some_and(|form| form.act == act);
    let next = page.next.as_deref().filter(|act| !is_here(act));
    let primary = page
        .offers
        .iter()
        .find(|offer| offer.not.is_none() && Some(offer.act.as_str()) == next);
    let refused = page.refused.is_some()
        || page.form.as_ref().is_some_and(|form| !form.errors.is_empty())
        || page.trouble.is_some();
    let urgent = page.urgency != "ordinary" && !page.urgency.is_empty();
    let body = html! {
        @if let Some(trouble) = &page.trouble { div.err-sum role="alert" { h2 { (text::visible(trouble)) } p { (w.act_as_typed()) } } }
        @if let Some(refused) = &page.refused { (refused.draw(w, today)) }
        @if page.is_behind { div.say role="status" { p { (w.matter_behind()) } } }
        @if page.refused.is_some() && !page.kept.is_empty() { div.say role="status" { p { b { (w.matter_kept()) } } p { (text::visible(&page.kept)) } } }
        @if let Some(form) = &page.form { (form.summary(w)) }
        (page.said(w))
        div.head {
            div {
                p.crumb { a href="/requests" { (w.office_requests()) } " › " (text::visible(&page.number)) }
                h1 { (page.title(w, HEADING_CHARS)) }
                p.m { (text::visible(&page.village)) " · " (w.matter_raised_by_channel(&w.value(&page.channel))) " · " (w.value(&page.kind))
                    @if urgent { " · " (w.value(&page.urgency)) }
                    @if page.people > 1 { " · " (w.matter_people(page.people)) } }
            }
            @if let Some(offer) = primary { div.acts { (offer.button(w)) } }
        }
        div.cols {
            div {
                (page.facts(w, today))
                @if let Some(form) = &page.form {
                    section.noprint aria-labelledby="act" { div.sh { h2 #act { (w.act(&form.act)) } } div.gap-s { (form.draw(w, today)) } }
                }
                section aria-labelledby="course" {
                    div.sh { h2 #course { (w.matter_course()) } span.s { (w.matter_newest()) } }
                    ol.tl { @for step in &page.steps { (step.draw(w, today, frame.now_ms)) } }
                    @if page.more_steps > 0 { p.m { (w.matter_steps_more(&text::number(page.more_steps as u64))) } }
                }
            }
            (page.aside(w, today))
        }
    };
    frame.around(&page.number, refused, &body)
}
