//! Recording what a form says: on the disk before it is said, and once however often it is sent.

use event::bounds::TEXT_BYTES_MAX;
use event::{Draft, Hash256, Origin, Sequence};
use link::{Problem, ProblemKind};
use pages::Fields;
use screen::Words;
use screen::office::FieldError;
use sha2::{Digest as _, Sha256};

use super::Web;
use crate::lines::{Line, Outcome, known_line};

/// Longest key that a form brings, in characters: the length of those that are given out.
const KEY_CHARS_MAX: usize = 64;

/// What a form was saved as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saved {
    pub(super) origin: Origin,
    pub(super) sequence: Sequence,
    /// Whether it had been saved before.
    pub(super) known: bool,
}

/// Why a form was not saved.
pub(super) enum Trouble {
    /// It is no record; the words are for the person who wrote it.
    Refused(String),
    /// Nothing can be recorded now.
    Problem(Problem),
}

/// What the saving failed with, in the words of the design: nothing is called saved that is not.
pub(super) fn said(w: Words, problem: &Problem) -> &'static str {
    match ProblemKind::all()
        .iter()
        .find(|kind| problem.type_.ends_with(kind.slug()))
    {
        Some(ProblemKind::DiskFull) => w.visit_full(),
        Some(ProblemKind::StoreUnavailable) => w.visit_unsure(),
        _ => w.visit_not_saved(),
    }
}

/// What is wrong with a text that does not fit into one event, beside `t`.
pub(super) fn too_long(text: &str, w: Words) -> Option<FieldError> {
    let over = text.len().checked_sub(TEXT_BYTES_MAX).filter(|over| *over > 0);
    over.map(|over| FieldError::new("t", &w.too_long(over)))
}

/// The key of a form: the one that it brings, or a new one.
pub(super) fn form_key(web: &Web, fields: &Fields) -> String {
    if let Some(key) = fields.some("key") {
        return key.chars().take(KEY_CHARS_MAX).collect();
    }
    let random: [u8; 16] = web.office.surroundings.random();
    Hash256(Sha256::digest(random).into()).to_string()
}

/// What a draft from a form is known by: the form has a key of its own, and whoever changes something and sends it again
/// records something else.
fn key_of(form_key: &str, draft: &Draft) -> Result<[u8; 32], Trouble> {
    let what = serde_json::to_vec(&(
        form_key,
        &draft.facts,
        draft.occurred,
        draft.subject.id,
        &draft.actors,
        &draft.personal,
    ));
    let what = what.map_err(|error| Trouble::Refused(error.to_string()))?;
    let key = Sha256::new_with_prefix(b"minqing web form\0").chain_update(what);
    Ok(key.finalize().into())
}

/// Whether this draft was recorded before from the same form.
///
/// # Errors
/// [`Trouble`] if that cannot be found out.
pub(super) async fn was_saved(web: &Web, form_key: &str, draft: &Draft) -> Result<bool, Trouble> {
    let key = key_of(form_key, draft)?;
    let found = web.office.read(move |office| {
        let log = office.bulletin.borrow().log.clone();
        let known = known_line(&*log, &key);
        known.map_err(|error| Problem::new(ProblemKind::StoreUnavailable, error.to_string()))
    });
    Ok(found.await.map_err(Trouble::Problem)?.is_some())
}

/// Records the draft. It is on the disk when this returns. Sent twice it is recorded once.
///
/// # Errors
/// [`Trouble`]; then nothing counts as recorded.
pub(super) async fn save(web: &Web, form_key: &str, draft: Draft) -> Result<Saved, Trouble> {
    let key = key_of(form_key, &draft)?;
    let line = Line { draft, key: Some(key) };
    let outcome = web
        .office
        .writer
        .record(vec![line])
        .await
        .map_err(Trouble::Problem)?
        .pop();
    match outcome {
        Some(Outcome::Recorded(one)) => Ok(saved(one.origin, one.sequence, false)),
        Some(Outcome::Known(one)) => Ok(saved(one.origin, one.sequence, true)),
        Some(Outcome::Refused(error)) => Err(Trouble::Refused(error.to_string())),
        None => Err(Trouble::Problem(Problem::new(
            ProblemKind::Internal,
            "the writer gave no answer",
        ))),
    }
}

const fn saved(origin: Origin, sequence: Sequence, known: bool) -> Saved {
    Saved {
        origin,
        sequence,
        known,
    }
}
