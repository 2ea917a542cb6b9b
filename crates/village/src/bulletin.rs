//! What the writer tells everybody else after each piece of work.

use event::{ClockQuality, ClockReading, Origin, UnitCode};
use event_log::{LogId, Reader, SledStore, Store as _};
use follower::Track;
use link::Problem;
use sync::message::Cursor;

use crate::{LinkState, Node};

/// One installation of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnLog {
    pub(crate) origin: Origin,
    /// Entries that the hub has receipted.
    pub(crate) received: u64,
    /// Whether a successor has taken over.
    pub(crate) closed: bool,
    /// Where its entries stand: as this machine wrote them or, once closed, as the hub receipted them.
    pub(crate) log: LogId,
}

/// The node as it stood after the last piece of work.
#[derive(Clone, Debug)]
pub(crate) struct Bulletin {
    pub(crate) log: Reader,
    pub(crate) track: Track,
    /// How far the hub's journal was taken in.
    pub(crate) cursor: Cursor,
    /// Counts how often records that were taken in have become void: then the ledger begins again.
    pub(crate) era: u64,
    pub(crate) unit: UnitCode,
    pub(crate) name: String,
    /// Installations of this machine, oldest first; the last one records.
    pub(crate) own: Vec<OwnLog>,
    /// Logs of others that this node holds, with the place where each is kept.
    pub(crate) others: Vec<(Origin, LogId)>,
    pub(crate) pending: u64,
    pub(crate) link: LinkState,
    /// Trusted time, where it comes from, and the monotonic time at which it was taken.
    pub(crate) trusted: (u64, ClockQuality, u64),
    /// Counts how often the journal, or where things stand, may have changed.
    pub(crate) edition: u64,
    /// Rounds of syncing that went through to their end since the node was started.
    pub(crate) rounds: u64,
    /// Why the log is not open, while it is not.
    pub(crate) closed: Option<Problem>,
}

impl Bulletin {
    pub(crate) fn of(node: &Node<SledStore>, era: u64, now: &ClockReading) -> Self {
        let own = node.own.origins.iter().map(|one| OwnLog {
            origin: one.origin,
            received: one.received,
            closed: one.closed,
            log: if one.closed {
                node.mirror().log_of(one.origin)
            } else {
                one.origin.into()
            },
        });
        let mut bulletin = Self {
            log: node.store().reader(),
            track: node.track(),
            cursor: node.mirror().cursor(),
            era,
            unit: node.unit(),
            name: node.name().to_owned(),
            own: own.collect(),
            others: Vec::new(),
            pending: 0,
            link: LinkState::default(),
            trusted: (0, ClockQuality::Unknown, 0),
            edition: 0,
            rounds: 0,
            closed: None,
        };
        bulletin.renew(node, now);
        bulletin.others = bulletin.others_of(node);
        bulletin
    }

    /// Takes over what a record changes: not the journal, not the installations.
    pub(crate) fn renew(&mut self, node: &Node<SledStore>, now: &ClockReading) {
        let (trusted_ms, quality) = node.trusted_now(now);
        self.trusted = (trusted_ms, quality, now.mono_ms);
        self.pending = node.pending();
        self.link = node.link().clone();
    }

    /// Whether records that this bulletin's reader may have folded in are void in the node as it is now.
    pub(crate) fn is_void_in(&self, node: &Node<SledStore>) -> bool {
        let now = node.mirror().cursor();
        let goes_back = now.journal == self.cursor.journal && now.position < self.cursor.position;
        // After a repair the copy of the journal begins anew.
        goes_back || (now == Cursor::default() && now != self.cursor)
    }

    fn others_of(&self, node: &Node<SledStore>) -> Vec<(Origin, LogId)> {
        let others = node.mirror().origins().filter(|origin| !self.is_own(*origin));
        others.map(|origin| (origin, node.mirror().log_of(origin))).collect()
    }

    /// Whether everything that was recorded here is delivered. Said only when the hub has spoken since this start:
    /// before that nobody knows what it has.
    pub(crate) fn all_sent(&self) -> bool {
        self.pending == 0 && self.link.last_heard_ms.is_some() && self.link.trouble.is_none()
    }

    pub(crate) fn is_own(&self, origin: Origin) -> bool {
        self.own.iter().any(|one| one.origin == origin)
    }

    /// Trusted time at a later reading, in milliseconds.
    pub(crate) const fn trusted_ms(&self, now: &ClockReading) -> u64 {
        let (ms, _, mono_ms) = self.trusted;
        ms.saturating_add(now.mono_ms.saturating_sub(mono_ms))
    }
}
