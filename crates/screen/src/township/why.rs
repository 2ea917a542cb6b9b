//! Why something was not done: what happened to the work, why, what is missing, what can be done now.

use event::Day;
use maud::{Markup, html};

use crate::{Words, dates, text};

/// Why a step cannot be taken now. The rules themselves stand in the ledger; this is what they came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// The matter does not stand where this step is due; the state's word, and the act's or closing's.
    Standing {
        /// Where it stands.
        state: String,
        /// What was wanted: an act's word, or for a closing its kind's.
        wanted: String,
    },
    /// The handler may not follow up.
    HandlerAsks,
    /// The handler may not close.
    HandlerCloses,
    /// Too few attempts to reach the requester.
    Attempts {
        /// So many are needed.
        need: u16,
        /// So many there are.
        have: u16,
        /// So many are missing.
        more: u16,
        /// At least one of these on another day.
        not_on: Option<Day>,
    },
    /// A final explanation needs this round, and an answer in it that explains or refuses.
    Round(u16),
    /// Live records have no such closing.
    NoSuchClosing,
    /// Somebody at the township was first.
    SomebodyFirst {
        /// Who.
        who: String,
        /// When, in milliseconds.
        at_ms: i64,
        /// What was done, by the event kind's word.
        kind: String,
    },
    /// A record of a village has arrived meanwhile.
    Arrived {
        /// Which village.
        unit: String,
        /// When, in milliseconds.
        at_ms: i64,
        /// What it says, by the event kind's word.
        kind: String,
    },
    /// The page was of another moment, and what came between is no step of the course.
    Moved,
    /// The request is not in the ledger.
    Gone,
    /// No machine of that village was ever enrolled.
    NoMachine,
    /// The ledgers are behind the journal.
    Behind,
}

/// A refusal: nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The act's word: `accept`, `assign`, `follow`, `reassign`, `close`, `register`.
    pub act: String,
    /// Why.
    pub why: WhyNot,
}

impl WhyNot {
    /// Why, in a sentence.
    #[must_use]
    pub fn sentence(&self, w: Words, today: Day) -> String {
        let lang = w.lang();
        match self {
            Self::Standing { state, wanted } => standing(w, state, wanted),
            Self::HandlerAsks => w.why_handler_asks().to_owned(),
            Self::HandlerCloses => w.why_handler_closes().to_owned(),
            Self::Attempts { need, have, not_on, .. } => match not_on {
                Some(day) => w.why_attempts_on(*need, *have, &dates::day(*day, today, lang)),
                None => w.why_attempts(*need, *have),
            },
            Self::Round(round) => w.why_round(*round),
            Self::NoSuchClosing => w.why_source().to_owned(),
            Self::SomebodyFirst { who, at_ms, kind } => {
                w.why_somebody_first(&text::visible(who), &dates::clock(*at_ms), &kind_word(w, kind))
            }
            Self::Arrived { unit, at_ms, kind } => {
                w.why_arrived(&text::visible(unit), &dates::clock(*at_ms), &kind_word(w, kind))
            }
            Self::Moved => w.why_look_again().to_owned(),
            Self::Gone => w.why_gone().to_owned(),
            Self::NoMachine => w.why_no_machine().to_owned(),
            Self::Behind => w.why_behind().to_owned(),
        }
    }

    /// What is missing and what can be done now.
    fn ways_out(&self, w: Words, today: Day) -> Vec<String> {
        match self {
            Self::Attempts { more, not_on, .. } => {
                let more = match not_on {
                    Some(day) => w.why_more_not_on(*more, &dates::day(*day, today, w.lang())),
                    None => w.why_more(*more),
                };
                vec![more, w.why_reached_is_enough().to_owned()]
            }
            Self::Round(_) => vec![w.why_explained_other().to_owned()],
            Self::HandlerAsks | Self::HandlerCloses => vec![w.why_handler_other().to_owned()],
            Self::SomebodyFirst { .. } | Self::Arrived { .. } => vec![w.why_look_again().to_owned()],
            Self::Standing { state, .. } if state == "closed" => vec![w.matter_closed().to_owned()],
            _ => Vec::new(),
        }
    }

    /// Whether it can come yet; else it is for somebody else to do, or for nobody.
    #[must_use]
    pub fn is_for_later(&self) -> bool {
        match self {
            Self::HandlerAsks | Self::HandlerCloses | Self::NoSuchClosing | Self::Gone => false,
            Self::Standing { state, .. } => state != "closed",
            _ => true,
        }
    }
}

fn kind_word(w: Words, kind: &str) -> String {
    let word = w.kind(kind).unwrap_or(kind);
    match w.lang() {
        crate::Lang::Zh => word.to_owned(),
        crate::Lang::En => word.to_lowercase(),
    }
}

/// What would have to come first, where the matter does not stand where the step is due.
fn standing(w: Words, state: &str, wanted: &str) -> String {
    let first = match (wanted, state) {
        (_, "closed") => w.why_closed(),
        ("accept", _) => w.why_done_already(),
        ("satisfied", _) => w.why_first_satisfied(),
        ("explained_final", _) => w.why_first_unsatisfied_final(),
        ("unreachable", _) => w.why_after_reply_unreached(),
        (_, "registered") => w.why_first_accept(),
        ("assign", _) => w.why_done_already(),
        ("reassign", _) => w.why_first_unsatisfied(),
        (_, "accepted") => w.why_first_assign(),
        ("follow", "satisfied" | "unsatisfied") => w.why_done_already(),
        ("follow", _) => w.why_first_reply(),
        _ => return w.why_state(&w.standing(state)),
    };
    first.to_owned()
}

impl Refused {
    /// The first thing on the page, where something was refused.
    pub(crate) fn draw(&self, w: Words, today: Day) -> Markup {
        let ways = self.why.ways_out(w, today);
        html! {
            div.say.stop role="alert" {
                p.lead { (w.refused(&self.act)) }
                p { (self.why.sentence(w, today)) }
                @if !ways.is_empty() { ul { @for way in &ways { li { (way) } } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    #[test]
    fn a_refusal_says_what_happened_why_and_what_is_missing() {
        let day: Day = "2026-09-17".parse().unwrap();
        let refused = Refused {
            act: "close".to_owned(),
            why: WhyNot::Attempts {
                need: 3,
                have: 2,
                more: 1,
                not_on: Some(day),
            },
        };
        let zh = refused.draw(Words::new(Lang::Zh), day.plus(1)).into_string();
        for part in [
            "没有办结，什么都没有改动",
            "现在是 2 次，都在 9 月 17 日",
            "再回访 1 次，日子不是 9 月 17 日",
            "不用凑次数",
        ] {
            assert!(zh.contains(part), "{part}: {zh}");
        }
        let en = refused.draw(Words::new(Lang::En), day.plus(1)).into_string();
        assert!(
            en.contains("Not closed. Nothing was changed") && en.contains("17 Sep"),
            "{en}"
        );
    }

    #[test]
    fn every_step_in_every_state_has_a_sentence_of_what_comes_first() {
        let states = [
            "registered",
            "accepted",
            "assigned",
            "handling",
            "replied",
            "satisfied",
            "unsatisfied",
            "closed",
        ];
        let wanted = [
            "accept",
            "assign",
            "follow",
            "reassign",
            "satisfied",
            "explained_final",
            "unreachable",
        ];
        for lang in [Lang::Zh, Lang::En] {
            for state in states {
                for wanted in wanted {
                    let said = standing(Words::new(lang), state, wanted);
                    assert!(!said.is_empty() && !said.contains('_'), "{state} {wanted}: {said}");
                }
            }
        }
    }
}
