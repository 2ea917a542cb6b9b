//! Asking witnesses outside the township for their cosignatures, every few minutes (c2sp.org/tlog-witness).
//!
//! A witness that has a larger tree of this journal than the hub itself, or another root at the same size, tells what
//! the hub cannot know: that it was put back, or that somebody else writes under its key. That is never passed over.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use event_log::{Commit, Store};
use link::{WitnessReply, add_checkpoint};
use proof::{SignedCheckpoint, consistency_proof};
use serde::Serialize;
use tokio::sync::watch;

use crate::admin::TOWNSHIP;
use crate::config::WitnessConfig;
use crate::core::stored_note;
use crate::office::{Office, Shared};
use crate::{Desk, Hub, Refusal};

/// Questions in one asking: the witness may say once from where on it wants the proof.
const QUESTIONS_MAX: usize = 2;

/// How a witness was doing when it was last asked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Asked {
    /// When, by the hub's wall clock, in milliseconds.
    at_ms: u64,
    /// Size that it has cosigned, if it did.
    size: Option<u64>,
    /// What stands in the way, if anything does.
    trouble: Option<String>,
    /// Whether it knows this journal otherwise than the hub: a person must look at once.
    alarm: bool,
}

/// How every witness was doing, by its name.
#[derive(Debug, Default)]
pub(crate) struct Askings(Mutex<BTreeMap<String, Asked>>);

impl Askings {
    fn note(&self, witness: &str, asked: Asked) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(witness.to_owned(), asked);
    }

    /// For the status.
    pub(crate) fn all(&self) -> BTreeMap<String, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Asks one witness until the hub closes.
pub(crate) async fn attend(office: Shared, witness: WitnessConfig, mut stopping: watch::Receiver<bool>) {
    let pause = Duration::from_secs(60 * u64::from(witness.every_minutes.max(1)));
    loop {
        let at_ms = office.surroundings.now().wall_ms;
        let asked = match ask(&office, &witness).await {
            Ok(size) => Asked {
                at_ms,
                size: Some(size),
                trouble: None,
                alarm: false,
            },
            Err(Trouble { words, alarm }) => {
                if alarm {
                    tracing::error!(
                        witness = witness.key.name,
                        words,
                        "a witness knows this journal otherwise"
                    );
                } else {
                    tracing::warn!(witness = witness.key.name, words, "a witness did not cosign");
                }
                Asked {
                    at_ms,
                    size: None,
                    trouble: Some(words),
                    alarm,
                }
            }
        };
        office.askings.note(&witness.key.name, asked);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // An error means that the hub is gone.
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

struct Trouble {
    words: String,
    alarm: bool,
}

impl Trouble {
    fn new(words: impl ToString) -> Self {
        Self {
            words: words.to_string(),
            alarm: false,
        }
    }

    fn alarm(words: String) -> Self {
        Self { words, alarm: true }
    }
}

/// The newest checkpoint and the proof from what the witness is believed to have.
struct Question {
    note: String,
    size: u64,
    old: u64,
    proof: Vec<proof::Hash>,
}

fn question(desk: &Desk, witness: &str, old: Option<u64>) -> Result<Question, Refusal> {
    let note = stored_note(&*desk.log)?;
    let parsed = SignedCheckpoint::parse(&note).map_err(|error| Refusal::Encode(error.to_string()))?;
    let size = parsed.claim().size;
    let old = old.unwrap_or_else(|| desk.cosigned().size_of(witness, &parsed.claim().name));
    let journal = desk.registry().journal;
    let nodes = event_log::LogNodes::new(&*desk.log, journal.into());
    let proof = if old == 0 {
        Vec::new()
    } else {
        consistency_proof(&nodes, old, size)?
    };
    Ok(Question { note, size, old, proof })
}

/// Asks once. Returns the size that the witness has cosigned.
async fn ask(office: &Office, witness: &WitnessConfig) -> Result<u64, Trouble> {
    let name = witness.key.name.clone();
    let mut old = None;
    for _ in 0..QUESTIONS_MAX {
        let name = name.clone();
        let asked = office.read(TOWNSHIP, move |desk| question(desk, &name, old)).await;
        let asked = asked.map_err(Trouble::new)?;
        match add_checkpoint(&witness.url, &asked.note, asked.old, &asked.proof).await {
            Ok(WitnessReply::Cosigned(lines)) => return keep(office, witness, asked, lines).await,
            Ok(WitnessReply::Has(size)) if size > asked.size => {
                // Somebody else may have shown it what was signed since the question was written.
                let present = office.read(TOWNSHIP, |desk| stored_note(&*desk.log)).await;
                let present = present.map_err(Trouble::new)?;
                let present = SignedCheckpoint::parse(&present).map_err(Trouble::new)?.claim().size;
                if size > present {
                    return Err(Trouble::alarm(format!(
                        "it says that it has cosigned {size} records of this journal, of which the hub has {present}: \
                         the hub was put back, or the witness is not to be trusted"
                    )));
                }
                old = Some(size);
            }
            Ok(WitnessReply::Has(size)) if size == asked.old => {
                return Err(Trouble::alarm(format!(
                    "it has cosigned another root at {size} records of this journal"
                )));
            }
            Ok(WitnessReply::Has(size)) => old = Some(size),
            Ok(WitnessReply::Refused { status: 422, words }) => {
                return Err(Trouble::alarm(format!(
                    "it does not take the proof that this journal goes on: {words}"
                )));
            }
            Ok(WitnessReply::Refused { status, words }) => return Err(Trouble::new(format!("{status}: {words}"))),
            Err(error) => return Err(Trouble::new(error)),
        }
    }
    Err(Trouble::new("it asks for a proof from another size each time"))
}

/// Keeps the line of this witness among those that came.
async fn keep(office: &Office, witness: &WitnessConfig, asked: Question, lines: String) -> Result<u64, Trouble> {
    let (key, size) = (witness.key.clone(), asked.size);
    let kept = office.writer.ask(move |hub, _| {
        // Lines of keys that are not this witness's are nobody's.
        let own = lines.lines().map(|line| format!("{line}\n"));
        let kept = own
            .filter(|line| hub.hear_witness(&asked.note, line, &key).is_ok())
            .count();
        if kept == 0 {
            return Err(Refusal::Signature);
        }
        hub.keep_statements()
    });
    kept.await.map_err(Trouble::new)?;
    Ok(size)
}

impl<S: Store> Hub<S> {
    /// Puts what witnesses said onto the disk now.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub(crate) fn keep_statements(&mut self) -> Result<(), Refusal> {
        let mut commit = Commit::new();
        self.put_statements(&mut commit);
        if !commit.is_empty() {
            self.store.commit(commit)?;
            self.heard.clear();
        }
        Ok(())
    }

    /// Adds what witnesses said to a commit.
    pub(crate) fn put_statements(&self, commit: &mut Commit) {
        for (witness, statement) in &self.heard {
            commit.put_meta(crate::cosigned::key_of(witness), sync::message::encode(statement));
        }
    }
}
