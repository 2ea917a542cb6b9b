//! Forms whose text is kept: at every sending, after a session has ended, until they are recorded.
//!
//! Every form that records goes through three calls. [`Web::opened`] says what stands in it when it is opened: nothing, or
//! what was left in it. [`Web::sent`] takes what was sent; where the session had ended meanwhile it keeps that for the
//! form's owner and asks them to sign in, and it does what every form's buttons 先不记 does by itself. [`Web::record`] records
//! and removes the draft. Whoever shows a form again instead calls [`Web::keep`] first.

use axum::Extension;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::{Day, Draft, EntityId, Hash256, Origin, Sequence};
use link::{Problem, ProblemKind};
use pages::{Fields, Visitor, WithScript};
use screen::office::{DraftBack, DraftNote, Stamp};
use screen::{Words, dates};
use sha2::{Digest as _, Sha256};

use super::Web;
use super::desk::signed;
use crate::drafts::{DRAFTS_MAX, DraftError, DraftId, Kept};
use crate::lines::{Line, Outcome, recorded_as};

/// Longest key of a form, in characters; ours have 64.
const KEY_CHARS_MAX: usize = 64;

/// A sort of form.
#[derive(Debug)]
pub(super) struct FormKind {
    /// Its word, which names it in a draft and in the words of pages.
    pub(super) word: &'static str,
    /// Fields that somebody writes or chooses. A form with nothing in them is not kept.
    pub(super) says: &'static [&'static str],
}

/// A form that was sent by somebody who is signed in.
pub(super) struct Sent {
    pub(super) visitor: Visitor,
    /// What was sent; 今天 and 昨天 in it are those of the day on which they were chosen.
    pub(super) fields: Fields,
    kind: &'static FormKind,
    back: String,
    key: String,
}

/// What stands in a form that is opened.
#[derive(Debug)]
pub(super) enum Opened {
    /// Nothing yet.
    Empty(Stamp),
    /// What was left in it.
    Left(Fields, Stamp, DraftNote),
    /// It was recorded just before the node stopped, and its draft stood there still.
    Recorded(Origin, Sequence),
}

/// Which form is asked for, as it stands in an address.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// This draft.
    pub(super) draft: Option<String>,
    /// An empty one, whatever was left.
    pub(super) is_fresh: bool,
}

/// Why nothing was recorded.
pub(super) enum Trouble {
    /// What was written cannot be recorded; the words are for whoever wrote it.
    Refused(String),
    /// The store.
    Problem(Problem),
}

/// One entry, as it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) origin: Origin,
    pub(super) sequence: Sequence,
    /// Whether it had been recorded before.
    pub(super) known: bool,
}

impl Sent {
    /// An identity for something new that this form records, the same each time that it is sent.
    pub(super) fn fresh_id(&self, number: u8) -> EntityId {
        let hash = Sha256::new_with_prefix(b"minqing form entity\0")
            .chain_update([number])
            .chain_update(&self.key)
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        EntityId::from_bytes(id)
    }

    /// What the entry that this form records, the one with this number, is known by when it comes again.
    fn known_by(&self, number: usize, draft: &Draft) -> Result<[u8; 32], Trouble> {
        let what = serde_json::to_vec(&(
            (&self.key, number),
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

    fn id(&self) -> DraftId {
        DraftId::new(self.kind.word, &self.key)
    }

    fn says_something(&self) -> bool {
        self.kind
            .says
            .iter()
            .any(|name| self.fields.all(name).any(|value| !value.trim().is_empty()))
    }

    fn kept(&self, web: &Web, saving: Option<[u8; 32]>) -> Kept {
        kept(
            self.visitor.signed.account.person,
            self.kind,
            &self.back,
            &self.key,
            &self.fields,
            (web, saving),
        )
    }
}

fn kept(
    person: event::PersonId,
    kind: &FormKind,
    back: &str,
    key: &str,
    fields: &Fields,
    (web, saving): (&Web, Option<[u8; 32]>),
) -> Kept {
    let own = fields
        .pairs()
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "do" | "key" | "mark"));
    Kept {
        person,
        form: kind.word.to_owned(),
        back: back.to_owned(),
        key: key.to_owned(),
        kept_ms: web.office.trusted_ms(),
        until_ms: None,
        saving: saving.map(Hash256),
        fields: own.cloned().collect(),
    }
}

impl Web {
    /// What a form is known again by: the key that it has, or a new one.
    pub(super) fn stamp(&self, visitor: &Visitor, key: Option<&str>) -> Stamp {
        let key = key.map_or_else(
            || Hash256(Sha256::digest(self.office.surroundings.random::<32>()).into()).to_string(),
            |key| key.chars().take(KEY_CHARS_MAX).collect(),
        );
        Stamp {
            mark: self.office.drafts.mark(visitor.signed.account.person, &key),
            key,
            on: Some(self.office.today()),
        }
    }

    /// The stamp of a form that was sent, to be shown again.
    pub(super) fn stamp_of(&self, sent: &Sent) -> Stamp {
        self.stamp(&sent.visitor, Some(&sent.key))
    }

    /// Takes a form that was sent.
    ///
    /// # Errors
    /// The answer, where that is all: to sign in first, after which what was typed is there again; to the page of today,
    /// where somebody leaves it for now; or that the draft is kept, to a script that asked for nothing else.
    pub(super) async fn sent(
        &self,
        (kind, back): (&'static FormKind, &str),
        visitor: Result<Visitor, Response>,
        fields: Fields,
    ) -> Result<Sent, Response> {
        let key: String = fields.get("key").chars().take(KEY_CHARS_MAX).collect();
        let fields = on_its_day(fields, self.office.today());
        let visitor = match visitor {
            Ok(visitor) => visitor,
            Err(answer) => return Err(self.keep_for_owner((kind, back), &key, &fields, answer).await),
        };
        let key = if key.is_empty() {
            self.stamp(&visitor, None).key
        } else {
            key
        };
        let sent = Sent {
            visitor,
            fields,
            kind,
            back: back.to_owned(),
            key,
        };
        match sent.fields.get("do") {
            "leave" => {
                let note = self.keep(&sent).await;
                match note.trouble {
                    None if note.kept_ms.is_some() => Err(Redirect::to("/?kept=1").into_response()),
                    None => Err(Redirect::to("/").into_response()),
                    // The form comes back with what was typed, and says why it cannot be left.
                    Some(_) => Ok(sent),
                }
            }
            // What the script sends while somebody types. Sent at the same time as 存好 it may come after it.
            "note" if self.office.drafts.is_finished(&sent.id(), self.office.now_for_drafts()) => {
                Err(StatusCode::NO_CONTENT.into_response())
            }
            "note" => {
                let note = self.keep(&sent).await;
                let said = note.trouble.clone().unwrap_or_else(|| {
                    let at = note.kept_ms.map(dates::clock);
                    at.map_or_else(String::new, |at| sent.visitor.words().draft_kept(&at))
                });
                let status = if note.trouble.is_none() {
                    StatusCode::OK
                } else {
                    StatusCode::INSUFFICIENT_STORAGE
                };
                Err((status, said).into_response())
            }
            _ => Ok(sent),
        }
    }

    /// Keeps what came after the session had ended, for whoever the form was handed out to. Nobody else gets to see it.
    async fn keep_for_owner(
        &self,
        (kind, back): (&FormKind, &str),
        key: &str,
        fields: &Fields,
        answer: Response,
    ) -> Response {
        let Some(person) = self.office.drafts.owner(fields.get("mark"), key) else {
            return answer;
        };
        if self
            .office
            .accounts
            .ask(|accounts| accounts.of(person).is_none())
            .unwrap_or(true)
        {
            return answer;
        }
        let kept = kept(person, kind, back, key, fields, (self, None));
        match self.office.drafts.keep(kept, self.office.now_for_drafts()).await {
            Ok(id) if answer.status().is_redirection() => {
                Redirect::to(&format!("/sign-in?next={back}?draft={id}&ended=kept")).into_response()
            }
            Ok(_) => answer,
            Err(error) => {
                tracing::warn!(%error, "what came after a session had ended was not kept");
                answer
            }
        }
    }

    /// Keeps what stands in a form. It is on the disk when the note says so.
    pub(super) async fn keep(&self, sent: &Sent) -> DraftNote {
        let w = sent.visitor.words();
        let now = self.office.now_for_drafts();
        if !sent.says_something() {
            self.forget(sent).await;
            return DraftNote::default();
        }
        match self.office.drafts.keep(sent.kept(self, None), now).await {
            Ok(_) => DraftNote {
                kept_ms: Some(signed(now.ms)),
                ..DraftNote::default()
            },
            Err(error) => {
                tracing::warn!(%error, "a draft was not kept");
                DraftNote {
                    trouble: Some(said_of(w, &error)),
                    ..DraftNote::default()
                }
            }
        }
    }

    /// Whether this form was recorded just now.
    pub(super) fn is_finished(&self, sent: &Sent) -> bool {
        let now = self.office.now_for_drafts();
        self.office.drafts.is_finished(&sent.id(), now)
    }

    async fn forget(&self, sent: &Sent) {
        let removed = self.office.drafts.remove(sent.visitor.signed.account.person, sent.id());
        if let Err(problem) = removed.await {
            // What it was to become is noted in it: it is not recorded twice.
            tracing::warn!(%problem, "a draft was not removed");
        }
    }

    /// What stands in a form that is opened: what was left in it, the draft that was asked for or the newest one that `fits`.
    ///
    /// # Errors
    /// `store-unavailable` if the store cannot be read. Drafts that cannot be had stop nobody from writing.
    pub(super) async fn opened(
        &self,
        visitor: &Visitor,
        (kind, back): (&FormKind, &str),
        asked: &Asked,
        fits: impl Fn(&Kept) -> bool,
    ) -> Result<Opened, Problem> {
        let person = visitor.signed.account.person;
        let own = self.office.drafts.of(person, self.office.now_for_drafts()).await;
        let own = own.unwrap_or_else(|problem| {
            tracing::warn!(%problem, "drafts cannot be had");
            crate::drafts::OfPerson::default()
        });
        let asked_for: Option<DraftId> = asked.draft.as_deref().and_then(|id| id.parse().ok());
        let found = own.drafts.into_iter().find(|kept| {
            let is_this_form = kept.form == kind.word && kept.back == back;
            is_this_form && asked_for.map_or_else(|| !asked.is_fresh && fits(kept), |id| kept.id() == id)
        });
        let Some(kept) = found else {
            return Ok(Opened::Empty(self.stamp(visitor, None)));
        };
        if let Some(saved) = self.became(&kept)? {
            self.office.drafts.remove(person, kept.id()).await?;
            return Ok(Opened::Recorded(saved.origin, saved.sequence));
        }
        let id = kept.id();
        let stamp = self.stamp(visitor, Some(&kept.key));
        let note = DraftNote {
            kept_ms: Some(signed(kept.kept_ms)),
            back: Some(DraftBack {
                fresh: format!("{back}?new=1"),
                drop: format!("/draft/{id}"),
            }),
            trouble: None,
        };
        let fields = on_its_day(Fields::new(kept.fields), self.office.today());
        Ok(Opened::Left(fields, stamp, note))
    }

    /// What a draft that was about to be recorded became, if it was.
    pub(super) fn became(&self, kept: &Kept) -> Result<Option<Saved>, Problem> {
        let Some(key) = kept.saving else { return Ok(None) };
        let log = self.office.bulletin.borrow().log.clone();
        let found = recorded_as(&*log, &key.0)
            .map_err(|error| Problem::new(ProblemKind::StoreUnavailable, error.to_string()))?;
        Ok(found.map(|one| Saved {
            origin: one.origin,
            sequence: one.sequence,
            known: true,
        }))
    }

    /// Records what a form says, in one commit. It is on the disk when this returns, and the draft is gone. Sent twice it is
    /// recorded once: the form has a key of its own, and whoever changes something and sends it again records something else.
    ///
    /// # Errors
    /// [`Trouble`]; then nothing was recorded, or, where the store does not know, the draft knows by what to ask.
    pub(super) async fn record(&self, sent: &Sent, drafts: Vec<Draft>) -> Result<Vec<Saved>, Trouble> {
        let mut lines = Vec::with_capacity(drafts.len());
        for (number, draft) in drafts.into_iter().enumerate() {
            let key = Some(sent.known_by(number, &draft)?);
            lines.push(Line { draft, key });
        }
        let saving = lines.first().and_then(|line| line.key);
        // Before anything is recorded the draft says what that will be known by.
        let kept = self
            .office
            .drafts
            .keep(sent.kept(self, saving), self.office.now_for_drafts());
        if let Err(error) = kept.await {
            tracing::warn!(%error, "a form is recorded without a draft behind it");
        }
        let outcomes = self.office.writer.record(lines).await.map_err(Trouble::Problem)?;
        let mut saved = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            let (one, known) = match outcome {
                Outcome::Recorded(one) => (one, false),
                Outcome::Known(one) => (one, true),
                Outcome::Refused(error) => return Err(Trouble::Refused(error.to_string())),
            };
            saved.push(Saved {
                origin: one.origin,
                sequence: one.sequence,
                known,
            });
        }
        if saved.is_empty() {
            let words = "the writer gave no answer";
            return Err(Trouble::Problem(Problem::new(ProblemKind::Internal, words)));
        }
        self.office.drafts.finish(sent.id(), self.office.now_for_drafts());
        self.forget(sent).await;
        Ok(saved)
    }

    /// Whether the first entry of this form was recorded before: then it may come again whatever stands now.
    ///
    /// # Errors
    /// [`Trouble`] if that cannot be found out.
    pub(super) async fn was_recorded(&self, sent: &Sent, draft: &Draft) -> Result<bool, Trouble> {
        let key = sent.known_by(0, draft)?;
        let found = self.office.read(move |office| {
            let log = office.bulletin.borrow().log.clone();
            let found = recorded_as(&*log, &key);
            found.map_err(|error| Problem::new(ProblemKind::StoreUnavailable, error.to_string()))
        });
        Ok(found.await.map_err(Trouble::Problem)?.is_some())
    }
}

/// A form as a page: with the script that keeps it while somebody types.
pub(super) fn form_page(is_refused: bool, page: String) -> Response {
    let status = if is_refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    (status, Extension(WithScript), Html(page)).into_response()
}

/// Why a draft was not kept, as a sentence.
fn said_of(w: Words, error: &DraftError) -> String {
    match error {
        DraftError::Full => w.drafts_full(DRAFTS_MAX),
        DraftError::TooLong => w.draft_too_long().to_owned(),
        DraftError::System(_) => w.draft_not_kept().to_owned(),
    }
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

/// A form that is read on another day than it was written on: 今天 and 昨天 stay the days that they were.
fn on_its_day(fields: Fields, today: Day) -> Fields {
    let written: Option<Day> = fields.get("on").parse().ok();
    let chosen = match (fields.get("d"), written) {
        ("today", Some(on)) if on < today => on,
        ("yesterday", Some(on)) if on < today => on.plus(-1),
        _ => return fields,
    };
    let (word, month, date) = match (today.0.saturating_sub(chosen.0), dates::civil(chosen)) {
        (1, _) => ("yesterday", String::new(), String::new()),
        (_, Some((_, month, date))) => ("other", month.to_string(), date.to_string()),
        (_, None) => return fields,
    };
    let others = fields.pairs().iter();
    let others = others.filter(|(name, _)| !matches!(name.as_str(), "on" | "d" | "month" | "date"));
    let mut pairs: Vec<(String, String)> = others.cloned().collect();
    let own = [
        ("on", today.to_string()),
        ("d", word.to_owned()),
        ("month", month),
        ("date", date),
    ];
    pairs.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Fields::new(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_stays_the_day_on_which_it_was_chosen() {
        let fields = |on: &str, d: &str| {
            let pairs = [("on", on), ("d", d), ("month", ""), ("t", "字")];
            Fields::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec())
        };
        let read = |on: &str, d: &str, today: &str| {
            let read = on_its_day(fields(on, d), today.parse().unwrap());
            assert_eq!(read.get("t"), "字");
            format!("{} {} {}", read.get("d"), read.get("month"), read.get("date"))
        };
        assert_eq!(read("2026-09-18", "today", "2026-09-18"), "today  ");
        assert_eq!(read("2026-09-18", "today", "2026-09-19"), "yesterday  ");
        assert_eq!(read("2026-09-18", "today", "2026-09-20"), "other 9 18");
        assert_eq!(read("2026-09-18", "yesterday", "2026-09-19"), "other 9 17");
        assert_eq!(read("2026-09-18", "other", "2026-09-20"), "other  ");
        assert_eq!(
            read("2026-09-20", "today", "2026-09-18"),
            "today  ",
            "the clock was set back"
        );
        assert_eq!(read("nonsense", "today", "2026-09-18"), "today  ");
    }
}
