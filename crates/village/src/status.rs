//! How the node is doing, in one object.

use event::ClockQuality;
use serde_json::{Value, json};

use crate::office::state_word;
use crate::{Office, repair};

/// Most entries that somebody should look at which the status lists.
const EXCEPTIONS_MAX: usize = 100;

pub(crate) fn status(office: &Office) -> Value {
    let bulletin = office.bulletin.borrow().clone();
    let health = office.health();
    let now = office.now();
    let reached = office.books.reached();
    let (exceptions, entries, cut) = {
        let follower = office.books.follower();
        let ledger = follower.ledger();
        (ledger.exceptions(bulletin.unit), ledger.len(), ledger.cut())
    };
    let state = match &bulletin.closed {
        Some(_) => "store-unavailable",
        None => state_word(&health.state),
    };
    let heard = bulletin.link.last_heard_ms.map(|at| now.mono_ms.saturating_sub(at));
    let origins = bulletin.own.iter().map(|own| {
        let size = bulletin.log.head(own.log).size;
        json!({ "origin": own.origin, "size": size, "received": own.received, "closed": own.closed })
    });
    let (_, quality, _) = bulletin.trusted;
    json!({
        "unit": bulletin.unit,
        "name": bulletin.name,
        "origins": origins.collect::<Vec<_>>(),
        "state": state,
        "problem": bulletin.closed,
        "syncs": office.syncs,
        "all_sent": bulletin.all_sent(),
        "pending": bulletin.pending,
        "link": {
            "hub": office.hub.hub,
            "heard_ms_ago": heard,
            "trouble": bulletin.link.trouble,
            "hub_restored": bulletin.link.hub_restored,
        },
        "journal": { "journal": bulletin.cursor.journal, "position": bulletin.cursor.position },
        "ledger": { "cut": cut, "entries": entries, "caught_up": reached.at_end, "snapshot": office.books.shelf() },
        "exceptions": { "count": exceptions.len(), "first": &exceptions[..exceptions.len().min(EXCEPTIONS_MAX)] },
        "clock": {
            "trusted_ms": bulletin.trusted_ms(&now),
            "from": quality.key(),
            "wall_ms": now.wall_ms,
            "in_doubt": quality == ClockQuality::Floor,
        },
        "disk": { "free_bytes": health.free_bytes, "log_bytes": health.disk_bytes },
        "repaired": repair::last(&office.config.data_dir),
    })
}
