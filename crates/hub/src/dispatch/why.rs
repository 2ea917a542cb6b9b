//! The guard's answer as it is said.

use event::{ClosingKind, UnitCode};
use ledger::{Conflict, Lacking, Move, Refusal, Request, UNREACHABLE_ATTEMPTS_MIN};
use screen::township::WhyNot;

/// The move that an act's word stands for.
pub(crate) fn move_of(act: &str, unit: UnitCode, closing: Option<ClosingKind>) -> Option<Move> {
    Some(match (act, closing) {
        ("accept", _) => Move::Accept,
        ("assign", _) => Move::Assign(unit),
        ("follow", _) => Move::FollowUp,
        ("reassign", _) => Move::Reassign,
        ("close", Some(closing)) => Move::Close(closing),
        _ => return None,
    })
}

/// The act's word of a move; for a closing the kind's.
const fn word(step: Move) -> &'static str {
    match step {
        Move::Accept => "accept",
        Move::Assign(_) => "assign",
        Move::Progress => "progress",
        Move::Reply => "reply",
        Move::FollowUp => "follow",
        Move::Reassign => "reassign",
        Move::Close(closing) => closing.key(),
    }
}

/// Why a step would not count, for whoever wanted it.
pub(crate) fn why(row: &Request, step: Move, refusal: Refusal) -> WhyNot {
    match (refusal.conflict, refusal.lacking) {
        (Conflict::AskerIsHandler, _) => WhyNot::HandlerAsks,
        (Conflict::CloserIsHandler, _) => WhyNot::HandlerCloses,
        (Conflict::TooFewAttempts, Some(Lacking::Attempts { more, not_on })) => WhyNot::Attempts {
            need: UNREACHABLE_ATTEMPTS_MIN,
            have: row.attempts,
            more,
            not_on,
        },
        (Conflict::NotFinal, Some(Lacking::Round { round })) => WhyNot::Round(round),
        (Conflict::ClosingKind, _) => WhyNot::NoSuchClosing,
        _ => WhyNot::Standing {
            state: row.state.key().to_owned(),
            wanted: word(step).to_owned(),
        },
    }
}
