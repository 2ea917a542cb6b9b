//! A village as a witness: what it saw of the hub's journal, it signs (c2sp.org/tlog-cosignature).
//!
//! It cosigns nothing but the checkpoint that it keeps, and keeps only what was proved to go on from the one before.

use event::ClockReading;
use event_log::Store;
use proof::{cosign, origin_log_name};

use crate::node::{Node, NodeError};

/// After how long the same checkpoint is cosigned again, in milliseconds: a witness that is asked for fresh
/// statements by a policy has one from the last hour.
const AGAIN_MS: u64 = 3_600_000;

/// What was cosigned, and whether the hub has it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cosigning {
    under_way: Option<Signed>,
    delivered: Option<Signed>,
}

/// A statement: the size of the tree, and the monotonic time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Signed {
    size: u64,
    mono_ms: u64,
}

impl Cosigning {
    /// The hello that carried the statement was answered.
    pub(crate) const fn delivered(&mut self) {
        if let Some(signed) = self.under_way.take() {
            self.delivered = Some(signed);
        }
    }

    fn is_due(&self, size: u64, mono_ms: u64) -> bool {
        self.delivered
            .is_none_or(|last| last.size != size || mono_ms.saturating_sub(last.mono_ms) >= AGAIN_MS)
    }
}

impl<S: Store> Node<S> {
    /// The line under the checkpoint that is kept, where the hub does not have it yet. Its time is the one that this
    /// machine trusts: without a time server that is the hub's, so that only the order is this village's own word.
    pub(crate) fn cosign(&mut self, now: &ClockReading) -> Result<Option<String>, NodeError> {
        self.sync.cosigning.under_way = None;
        let Some(note) = self.mirror.note() else {
            return Ok(None);
        };
        let size = self.mirror.seen();
        if !self.sync.cosigning.is_due(size, now.mono_ms) {
            return Ok(None);
        }
        let (time_ms, _) = self.mint.trusted_now(now);
        let line = cosign(note, &origin_log_name(self.origin()), &self.key()?, time_ms / 1_000);
        self.sync.cosigning.under_way = Some(Signed {
            size,
            mono_ms: now.mono_ms,
        });
        Ok(Some(line))
    }
}
