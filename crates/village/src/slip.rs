//! What a village can show of one entry: that it waits, or that it was received, with everything that proves it.

use std::ops::ControlFlow;

use event::{Event, EventId, JournalId, Origin, Position, Sequence};
use event_log::LogId;
use follower::{Mirror, ReceiptAt, Shown, Slip, SlipError, tlog_proof};
use link::{Client, Identity, Problem, ProblemKind};
use proof::PublicKey;
use serde::{Deserialize, Serialize};
use sync::limits::MESSAGE_BYTES_MAX;
use sync::message::{ProofReply, decode};

use crate::Office;
use crate::bulletin::Bulletin;
use crate::node::{NodeError, Own};
use crate::office::blocking;
use crate::post::problem_of;
use crate::proved::{Evidence, evidence, proved_receipt};

/// Which entry: by its identity, or by its place.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    event: Option<EventId>,
    origin: Option<Origin>,
    sequence: Option<Sequence>,
}

impl Which {
    /// The entry at a place.
    pub(crate) const fn at(origin: Origin, sequence: Sequence) -> Self {
        Self {
            event: None,
            origin: Some(origin),
            sequence: Some(sequence),
        }
    }
}

/// What can be shown of an entry.
#[derive(Debug, Serialize)]
#[serde(tag = "delivery", rename_all = "snake_case")]
pub(crate) enum Proved {
    /// It is on this machine's disk alone.
    Pending {
        /// The log.
        origin: Origin,
        /// Place in it.
        sequence: Sequence,
    },
    /// The township has it.
    Received {
        /// The proof.
        slip: Box<Slip>,
        /// What it shows.
        shown: Shown,
    },
}

/// The proof of an entry, from what is kept here; what is not is asked of the hub.
pub(crate) async fn prove(office: &Office, which: Which) -> Result<Proved, Problem> {
    let found = office.read(move |office| find(office, which)).await?;
    let Found {
        own,
        key,
        log,
        origin,
        sequence,
        receipt,
    } = match found {
        Ok(found) => found,
        Err(pending) => return Ok(pending),
    };
    let receipt = match receipt {
        ReceiptAt { proof: Some(_), .. } => receipt,
        bare => match ask(office, &own, bare.journal, bare.position).await {
            Ok(reply) if reply.record[..] == bare.record[..] => ReceiptAt {
                proof: Some(tlog_proof(reply.position.0, &reply.inclusion, &reply.note)),
                ..bare
            },
            Ok(_) => {
                return Err(Problem::new(
                    ProblemKind::Internal,
                    "the hub proves another record than it gave",
                ));
            }
            // Without a link the receipt is shown as it was given, and that its proof is not here.
            Err(problem) => {
                tracing::info!(%problem, "no proof of the receipt was to be had");
                bare
            }
        },
    };
    let reader = office.bulletin.borrow().log.clone();
    let made = blocking(move || {
        let slip = Slip::make(&*reader, log, origin, sequence, receipt)?;
        let shown = slip.check(&key, &PublicKey(*own.hub_key), &[])?;
        let slip = Box::new(slip);
        Ok::<_, SlipError>(Proved::Received { slip, shown })
    });
    let made = made
        .await
        .map_err(|error| Problem::new(ProblemKind::Internal, error.to_string()))?;
    made.map_err(|error| Problem::new(ProblemKind::Internal, error.to_string()))
}

/// An entry that was received, and where its parts stand.
struct Found {
    own: Own,
    key: PublicKey,
    log: LogId,
    origin: Origin,
    sequence: Sequence,
    receipt: ReceiptAt,
}

fn find(office: &Office, which: Which) -> Result<Result<Found, Proved>, Problem> {
    let bulletin = office.bulletin.borrow().clone();
    let (origin, sequence) = match (which.event, which.origin, which.sequence) {
        (Some(event), None, None) => {
            let received = office.books.follower().ledger().place_of(event);
            let waiting = || waiting(&bulletin, event);
            received.map_or_else(waiting, |place| Ok(Some(place)))?
        }
        (None, Some(origin), Some(sequence)) => Some((origin, sequence)),
        _ => {
            let words = "name the entry by `event`, or by `origin` and `sequence`";
            return Err(Problem::new(ProblemKind::Malformed, words));
        }
    }
    .ok_or_else(|| Problem::new(ProblemKind::NotFound, "no such entry on this machine"))?;
    let own_log = bulletin.own.iter().find(|own| own.origin == origin);
    if own_log.is_some_and(|own| !own.closed && sequence.get() > own.received) {
        return Ok(Err(Proved::Pending { origin, sequence }));
    }
    let failed = |error: NodeError| problem_of(&error);
    let own = Own::read(&*bulletin.log).map_err(failed)?;
    let kept = proved_receipt(&*bulletin.log, origin, sequence.get()).map_err(failed)?;
    let mirror = Mirror::open(&*bulletin.log, PublicKey(*own.hub_key)).map_err(|error| failed(error.into()))?;
    let receipt = match kept {
        Some(kept) => ReceiptAt {
            journal: kept.journal,
            position: kept.position,
            record: kept.record.into_vec(),
            proof: Some(kept.proof),
        },
        None => {
            let known = mirror.receipt_of(&*bulletin.log, origin, sequence);
            let (journal, position, record) = known
                .map_err(|error| failed(error.into()))?
                .ok_or_else(|| Problem::new(ProblemKind::NotFound, "its receipt has not come here yet; sync first"))?;
            ReceiptAt {
                journal,
                position,
                record,
                proof: None,
            }
        }
    };
    let key = mirror.key_of(origin).or_else(|| own.key_of(origin));
    let key = key.ok_or_else(|| Problem::new(ProblemKind::NotFound, "this machine does not know that origin"))?;
    let log = own_log.map_or_else(|| mirror.log_of(origin), |own| own.log);
    Ok(Ok(Found {
        own,
        key,
        log,
        origin,
        sequence,
        receipt,
    }))
}

/// Where an entry stands that is not in the ledgers: among this machine's own.
fn waiting(bulletin: &Bulletin, event: EventId) -> Result<Option<(Origin, Sequence)>, Problem> {
    let mut found = None;
    for own in &bulletin.own {
        let scanned = bulletin
            .log
            .scan(own.log, Sequence::after_size(own.received), &mut |at, bytes, _| {
                if Event::decode(bytes).is_ok_and(|known| known.header.id == event) {
                    found = Some((own.origin, at));
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            });
        scanned.map_err(|error| problem_of(&error.into()))?;
    }
    Ok(found)
}

/// Asks the hub for the proof of a record.
async fn ask(office: &Office, own: &Own, journal: JournalId, position: Position) -> Result<ProofReply, Problem> {
    let failed = |error: &dyn std::error::Error| Problem::new(ProblemKind::Busy, error.to_string());
    let key = own.newest_key().map_err(|error| problem_of(&error))?;
    let identity = Identity::new(&key).map_err(|error| failed(&error))?;
    let patience = office.config.patience.clone();
    let client = Client::new(&office.hub.hub, office.hub.ca_sha256, Some(&identity), patience);
    let client = client.map_err(|error| failed(&error))?;
    let path = format!("/v1/journal/proof?journal={journal}&position={}", position.0);
    let reply = client
        .get(&path, MESSAGE_BYTES_MAX)
        .await
        .map_err(|error| failed(&error))?;
    decode(&reply.accepted()?.body).map_err(|error| failed(&error))
}

/// What a hub signed and cannot both be true, as it was met here.
pub(crate) fn met(office: &Office) -> Result<Vec<Evidence>, Problem> {
    let log = office.bulletin.borrow().log.clone();
    evidence(&*log).map_err(|error| problem_of(&error))
}

/// The newest root of this machine's own log, for the village's signed day list.
#[derive(Debug, Serialize)]
pub(crate) struct DayRoot {
    origin: Origin,
    /// Entries of the log.
    size: u64,
    /// Root over them, in hexadecimal digits.
    root: String,
    /// The code to be written by hand.
    code: String,
}

/// The root and the code of this machine's log as it stands now.
pub(crate) fn day_root(office: &Office) -> Result<DayRoot, Problem> {
    let bulletin = office.bulletin.borrow().clone();
    let own = bulletin
        .own
        .last()
        .ok_or_else(|| Problem::new(ProblemKind::NotFound, "no log here"))?;
    let head = bulletin.log.head(own.log);
    let root = head.frontier.root();
    Ok(DayRoot {
        origin: own.origin,
        size: head.size,
        root: event::Hash256(root).to_string(),
        code: proof::day_code(head.size, &root),
    })
}
