//! The township's side of a request: the board, one request's course, and the acts by which the township moves it on.
//!
//! What is shown follows from the ledgers and the log alone. What is done goes through the writer: in its turn the guard is
//! asked once more, on a ledger that has read every receipt of the request's village, and the step is recorded only where
//! the request still stands as it stood on the page. So two dispatchers never both record one step, and a village's step
//! that came meanwhile is seen before the township's. The fold asks the same guard again.

mod act;
mod asked;
mod board;
mod matter;
mod names;
mod once;
mod people;
mod texts;
mod why;

pub(crate) use act::{From, Order, Told, carry_out};
pub(crate) use asked::{Asked, Clock, asked, typed};
pub(crate) use board::{Filter, board, lines};
pub(crate) use matter::{Ask, Known, act_shown, form, matter, may, people};
pub(crate) use names::Names;
pub(crate) use once::{Once, key};
pub(crate) use texts::{entry, raised_at, wordings};
pub(crate) use why::move_of;

use std::fmt;
use std::str::FromStr;

use event::{EntityId, EventId};
use ledger::{EntityKey, Ledger, Request, State};

/// Most requests that one act takes.
pub(crate) const SEVERAL_MAX: usize = 20;
/// Requests on one page of the board.
pub(crate) const PAGE_LINES: usize = 50;
/// Most steps of a course that are listed, newest first.
pub(crate) const STEPS_MAX: usize = 60;
/// Most people of a village among whom a handler is chosen: those of the newest entries, and whoever acted in the matter.
pub(crate) const PEOPLE_MAX: usize = 12;

/// The moment that a page shows: the state, the round, and the last step that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) state: State,
    pub(crate) round: u16,
    pub(crate) last: EventId,
}

impl Seen {
    /// How a request stands now.
    pub(crate) fn of(ledger: &Ledger, row: &Request) -> Option<Self> {
        Some(Self {
            state: row.state,
            round: row.round,
            last: ledger.last_counted(EntityKey::request(row.request))?,
        })
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.state.key(), self.round, self.last)
    }
}

impl FromStr for Seen {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let (Some(state), Some(round), Some(last), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        let state = State::ALL.into_iter().find(|known| known.key() == state);
        Ok(Self {
            state: state.ok_or(())?,
            round: round.parse().map_err(|_| ())?,
            last: last.parse().map_err(|_| ())?,
        })
    }
}

/// A request and the moment that a line of the board shows, as its box sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pick {
    pub(crate) request: EntityId,
    pub(crate) seen: Seen,
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.request, self.seen)
    }
}

impl FromStr for Pick {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (request, seen) = text.split_once('~').ok_or(())?;
        Ok(Self {
            request: request.parse().map_err(|_| ())?,
            seen: seen.parse()?,
        })
    }
}

/// The page about a request.
pub(crate) fn address(request: EntityId) -> String {
    format!("/request/{request}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pick_survives_the_form_and_anything_else_is_refused() {
        let pick = Pick {
            request: EntityId::from_bytes([7; 16]),
            seen: Seen {
                state: State::Replied,
                round: 2,
                last: EventId::from_bytes([9; 16]),
            },
        };
        assert_eq!(pick.to_string().parse(), Ok(pick));
        for wrong in [
            "",
            "~",
            "x~replied.2.x",
            &format!("{}~replied.2", pick.request),
            &format!("{pick}.1"),
        ] {
            assert_eq!(wrong.parse::<Pick>(), Err(()), "{wrong}");
        }
    }
}
