//! One entry in a line: what it is, and its two states, delivery and effect, which are never one word.

use maud::{Markup, html};

use crate::{Words, dates, text};

/// What an entry came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// `counted`, `conflict`, `held`, `not_understood`, `no_effect`.
    pub word: String,
    /// Why, by the ledger's word.
    pub reason: Option<String>,
    /// Why, as a whole sentence, where the page that it is shown on knows more than the ledger's word.
    pub told: Option<String>,
    /// What to do about it, where that is more than the effect alone says.
    pub todo: Option<String>,
}

/// Whether an entry has reached the township.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Came {
    /// It is on this machine alone.
    #[default]
    Waiting,
    /// It has a receipt.
    Received {
        /// The receipt's position in the journal, where it has come here.
        receipt: Option<u64>,
        /// When the township received it, in milliseconds, where that is known here.
        at_ms: Option<i64>,
    },
}

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryLine {
    /// The kind's name.
    pub kind: String,
    /// Head of the household it is about, or the matter.
    pub about: Option<String>,
    /// A further word: the outcome of a visit.
    pub outcome: Option<String>,
    /// The page about its subject.
    pub subject: Option<String>,
    /// The page with its proof.
    pub proof: String,
    /// The page that mends it, where it can be mended here.
    pub mend: Option<String>,
    /// What corrections made of it.
    pub amended: AmendedTo,
    /// Who recorded it.
    pub recorder: String,
    /// When it was recorded, in milliseconds.
    pub recorded_ms: i64,
    /// Its delivery.
    pub came: Came,
    /// Its effect, where it is known. Of a waiting entry nobody knows it.
    pub effect: Option<Effect>,
}

/// What corrections made of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AmendedTo {
    /// Nothing: it stands as it was written.
    #[default]
    Nothing,
    /// Something else.
    Corrected,
    /// It is void.
    Voided,
}

impl Effect {
    pub(crate) fn draw(&self, w: Words) -> Markup {
        let (class, word) = match self.word.as_str() {
            "counted" => ("tag t-in", w.counted()),
            "conflict" => ("tag t-conf", w.conflict()),
            "held" => ("tag t-hold", w.held()),
            "not_understood" => ("tag t-unk", w.not_understood()),
            _ => ("tag t-st", w.no_effect()),
        };
        html! { span class=(class) { (word) } }
    }

    /// Why it is not counted, as a sentence.
    pub(crate) fn why(&self, w: Words) -> String {
        if let Some(told) = &self.told {
            return told.clone();
        }
        match (self.word.as_str(), &self.reason) {
            ("held", _) => w.why_held().to_owned(),
            ("not_understood", _) => w.why_not_understood().to_owned(),
            (_, Some(reason)) => w.conflict_why(&w.reason(reason)),
            (_, None) => String::new(),
        }
    }
}

impl Effect {
    /// What to do about it.
    pub(crate) fn todo(&self, w: Words) -> String {
        self.todo.clone().unwrap_or_else(|| w.what_to_do(&self.word).to_owned())
    }
}

impl Came {
    pub(crate) fn draw(self, w: Words) -> Markup {
        match self {
            Self::Waiting => html! { span.tag.t-wait { (w.waiting()) } },
            Self::Received { .. } => html! { span.tag.t-recv { (w.received()) } },
        }
    }

    pub(crate) fn receipt(self, w: Words) -> String {
        match self {
            Self::Received {
                receipt: Some(number), ..
            } => w.receipt(&text::number(number)),
            _ => text::DASH.to_owned(),
        }
    }

    pub(crate) fn at(self, w: Words, now_ms: i64) -> String {
        match self {
            Self::Received { at_ms: Some(at), .. } => dates::moment(at, now_ms, w.lang()),
            _ => text::DASH.to_owned(),
        }
    }
}

impl EntryLine {
    /// 「走访 · 鲁长庚 户，见到」
    pub(crate) fn title(&self, w: Words) -> String {
        let mut title = w.kind(&self.kind).unwrap_or(&self.kind).to_owned();
        if let Some(about) = &self.about {
            title = format!("{title} · {about}");
        }
        if let Some(outcome) = &self.outcome {
            let comma = match (&self.about, w.lang()) {
                (None, _) => " · ",
                (Some(_), crate::Lang::Zh) => "，",
                (Some(_), crate::Lang::En) => ", ",
            };
            title = format!("{title}{comma}{}", w.value(outcome));
        }
        text::visible(&title).into_owned()
    }

    pub(crate) fn link(&self, w: Words) -> Markup {
        html! {
            @match &self.subject {
                Some(address) => a href=(address) { (self.title(w)) },
                None => span { (self.title(w)) },
            }
        }
    }

    /// The one tag that matters most: waiting, or what it came to, or that it was received.
    pub(crate) fn tag(&self, w: Words) -> Markup {
        match (self.came, &self.effect) {
            (Came::Received { .. }, Some(effect)) => effect.draw(w),
            (came, _) => came.draw(w),
        }
    }

    /// Both states and the receipt in a line, with the way to the proof.
    pub(crate) fn receipt_line(&self, w: Words, now_ms: i64) -> Markup {
        let line = match self.came {
            Came::Waiting => w.waiting_line(&dates::moment(self.recorded_ms, now_ms, w.lang())),
            Came::Received {
                receipt: Some(number),
                at_ms: Some(at),
            } => w.received_line(&text::number(number), &dates::moment(at, now_ms, w.lang())),
            Came::Received { .. } => String::new(),
        };
        html! {
            p.rc {
                (self.came.draw(w))
                @if let (Came::Received { .. }, Some(effect)) = (self.came, &self.effect) {
                    " " (effect.draw(w))
                    @if effect.word != "counted" { " " span { (effect.why(w)) } }
                }
                " " (line) " "
                a.noprint href=(self.proof) { (w.see_proof()) }
                (self.mend(w))
            }
        }
    }

    /// The way to the page that mends it.
    pub(crate) fn mend(&self, w: Words) -> Markup {
        html! { @if let Some(mend) = &self.mend { " " a.noprint href=(mend) { (w.correct()) } } }
    }
}
