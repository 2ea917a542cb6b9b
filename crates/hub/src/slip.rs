//! The proof of one entry, for whoever asks at the township's own door.

use event::{EventId, Origin, Position, Sequence};
use event_log::LogNodes;
use follower::{ReceiptAt, Shown, Slip, SlipError};
use link::{Problem, ProblemKind};
use proof::{VerifierKey, inclusion_proof};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use crate::hello::cosigner;
use crate::office::Office;
use crate::prove::size_of;
use crate::{Desk, Refusal};

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

/// A slip with what it shows.
#[derive(Debug, Serialize)]
pub(crate) struct Proved {
    slip: Slip,
    shown: Shown,
    /// Who witnesses are, by the names in their cosignatures.
    witnesses: Vec<(String, String)>,
}

impl Proved {
    /// What the proof shows, as a page says it; witnesses by the names of their machines.
    pub(crate) fn shown(self) -> screen::office::Shown {
        let named = |key: String| {
            let own = self.witnesses.iter().find(|(by, _)| *by == key);
            own.map_or_else(|| key.clone(), |(_, name)| name.clone())
        };
        let at_ms = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
        screen::office::Shown::Checked {
            log_size: self.shown.log_size,
            journal_size: self.shown.journal_size,
            cosigned: self
                .shown
                .cosigned
                .iter()
                .map(|(key, seconds)| (named(key.clone()), at_ms(*seconds)))
                .collect(),
        }
    }
}

/// The proof of an entry.
pub(crate) async fn prove(office: &Office, which: Which) -> Result<Proved, Problem> {
    office.views.all_of(&office.desks.get()).await?;
    let views = office.views.clone();
    let place = match (which.event, which.origin, which.sequence) {
        (Some(event), None, None) => views.with_ledger(|ledger| ledger.place_of(event)),
        (None, Some(origin), Some(sequence)) => Some((origin, sequence)),
        _ => {
            let words = "name the entry by `event`, or by `origin` and `sequence`";
            return Err(Problem::new(ProblemKind::Malformed, words));
        }
    };
    let (origin, sequence) =
        place.ok_or_else(|| Problem::new(ProblemKind::NotFound, "the township has not received that entry"))?;
    let external = office.config.witness_keys();
    office
        .read(crate::admin::TOWNSHIP, move |desk| {
            slip(desk, origin, sequence, external)
        })
        .await
}

fn slip(desk: &Desk, origin: Origin, sequence: Sequence, mut keys: Vec<VerifierKey>) -> Result<Proved, Problem> {
    let registry = desk.registry().clone();
    let missing = || Problem::from(Refusal::NotFound("the township has not received that entry"));
    let party = registry.party(origin).ok_or_else(missing)?;
    let (journal, position) = party.receipt_for(sequence.get()).ok_or_else(missing)?;
    let receipt = receipt_at(desk, journal, position)?;
    let hub_key = desk.hub_key;
    let slip = Slip::make(&*desk.log, origin.into(), origin, sequence, receipt).map_err(problem)?;
    let mut witnesses = Vec::new();
    for (of, party) in registry.parties().filter(|(_, party)| party.role.is_some()) {
        let key = cosigner(of, party.key);
        witnesses.push((key.name.clone(), party.name.clone()));
        keys.push(key);
    }
    let shown = slip.check(&party.key, &hub_key, &keys).map_err(problem)?;
    witnesses.retain(|(name, _)| shown.cosigned.iter().any(|(by, _)| by == name));
    Ok(Proved { slip, shown, witnesses })
}

/// A record with its proof under the checkpoint that most have cosigned.
pub(crate) fn receipt_at(desk: &Desk, journal: event::JournalId, position: Position) -> Result<ReceiptAt, Refusal> {
    let record = desk
        .log
        .read(journal.into(), Sequence::after_size(position.0), 1, usize::MAX)?;
    let record = record.into_iter().next().ok_or(Refusal::NotFound("its receipt"))?.bytes;
    // A frozen journal may have no checkpoint that is still true of it: then the receipt stands without a proof.
    let proof = match desk.note_over(journal, position) {
        Ok(note) => {
            let nodes = LogNodes::new(&*desk.log, journal.into());
            let path: Vec<_> = inclusion_proof(&nodes, position.0, size_of(&note)?)?
                .into_iter()
                .map(ByteArray::new)
                .collect();
            Some(follower::tlog_proof(position.0, &path, &note))
        }
        Err(Refusal::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    Ok(ReceiptAt {
        journal,
        position,
        record,
        proof,
    })
}

fn problem(error: SlipError) -> Problem {
    match error {
        SlipError::Store(error) => Refusal::Store(error).into(),
        other => Problem::new(ProblemKind::Internal, other.to_string()),
    }
}
