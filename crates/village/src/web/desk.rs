//! What every page says of the node: the strip, and the cut of figures.

use event::{Event, Sequence, UnitCode};
use event_log::State;
use ledger::{Ledger, View};
use screen::office::{Store, Strip};
use screen::{Words, text};

use crate::Office;
use crate::bulletin::Bulletin;

/// The strip, from the node as it stands.
pub(super) fn strip(office: &Office) -> Strip {
    let bulletin = office.bulletin.borrow().clone();
    let uncounted = office.books.follower().ledger().exceptions(bulletin.unit).len();
    let now = office.now();
    let trusted = bulletin.trusted_ms(&now);
    let heard = bulletin.link.last_heard_ms.map(|at| {
        let ago = now.mono_ms.saturating_sub(at);
        signed(trusted.saturating_sub(ago))
    });
    let store = match (&bulletin.closed, office.health().state) {
        (Some(_), _) | (None, State::Poisoned) => Store::Closed,
        (None, State::Ready) => Store::Ready,
        (None, State::Verifying) => Store::Verifying,
        (None, State::Full { .. }) => Store::Full,
        (None, State::Damaged) => Store::Damaged,
    };
    Strip {
        pending: bulletin.pending,
        oldest_ms: oldest_pending(&bulletin),
        all_sent: bulletin.all_sent(),
        uncounted: uncounted as u64,
        trouble: bulletin.link.trouble.clone(),
        restored: bulletin.link.hub_restored,
        heard_ms: heard,
        store,
    }
}

/// When the oldest entry without a receipt was recorded, by its identity's time.
fn oldest_pending(bulletin: &Bulletin) -> Option<i64> {
    let open = bulletin.own.iter().filter(|own| !own.closed);
    let first = open.filter_map(|own| {
        let entry = bulletin
            .log
            .read(own.log, Sequence::after_size(own.received), 1, usize::MAX);
        let entry = entry.ok()?.pop()?;
        Some(signed(Event::decode(&entry.bytes).ok()?.header.id.ms()))
    });
    first.min()
}

/// Milliseconds as pages count them.
pub(super) fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

/// Digits of a digest that are shown beside a figure; all of them stand in the exports.
const DIGITS: usize = 4;

/// 「截至 第 1,284 号收据 · 规则第 1 版 · 摘要 7f3a…」: the digest is that of the ledger behind the figure.
pub(super) fn cut(w: Words, ledger: &Ledger, unit: UnitCode, view: View) -> String {
    let cut = ledger.cut();
    let position = cut.position.map_or_else(
        || w.before_first_receipt().to_owned(),
        |position| w.receipt(&text::number(position.0)),
    );
    let digest = ledger.live_digest(view, unit).to_string();
    let digits = digest.get(..DIGITS).unwrap_or_default();
    format!("{} · {}", w.cut(&position, cut.rule_version), w.digest(digits))
}
