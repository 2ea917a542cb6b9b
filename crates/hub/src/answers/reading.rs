//! Answers that take their time: one is worked out at a time, a few wait, and the newest ones are kept for a while.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};

use super::answer::{Answer, work_out};
use super::question::Question;
use crate::office::Shared;

/// Answers that are kept.
const ANSWERS_MAX: usize = 16;
/// Rows of all answers that are kept, together: what they take stays below some 100 MB.
const ROWS_MAX: usize = 400_000;
/// Questions that are being worked out or wait for it.
const QUEUE_MAX: usize = 8;
/// How long a page waits before it says that the answer is being worked out.
const PATIENCE: Duration = Duration::from_millis(1_200);
/// How long an answer about "now" may be shown again, in milliseconds. It says its own cut.
const FRESH_MS: u64 = 60_000;

/// The answers, shared by everybody who asks.
#[derive(Clone, Default)]
pub(crate) struct Reading(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    changed: Notify,
    /// One at a time: each holds copies of the ledger.
    turn: Semaphore,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            changed: Notify::new(),
            turn: Semaphore::new(1),
        }
    }
}

#[derive(Default)]
struct State {
    /// Oldest first.
    done: VecDeque<Done>,
    waiting: Vec<Question>,
}

struct Done {
    question: Question,
    at_ms: u64,
    /// `None` where it failed; the reason is in the log.
    answer: Option<Arc<Answer>>,
}

/// What became of a question.
pub(crate) enum Found {
    /// Its answer.
    Here(Arc<Answer>),
    /// It is being worked out.
    Working,
    /// Too many others wait.
    Busy,
    /// It could not be worked out.
    Failed,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The answer, if it is here. A failure is told once.
    fn take(&mut self, question: &Question, now_ms: u64) -> Option<Found> {
        self.done.retain(|done| {
            // What was known up to a day that is over stays true.
            done.question.known.is_some() || now_ms.saturating_sub(done.at_ms) <= FRESH_MS
        });
        let at = self.done.iter().position(|done| done.question == *question)?;
        match self.done[at].answer.clone() {
            Some(answer) => Some(Found::Here(answer)),
            None => {
                self.done.remove(at);
                Some(Found::Failed)
            }
        }
    }

    fn keep(&mut self, done: Done) {
        self.waiting.retain(|waiting| *waiting != done.question);
        self.done.retain(|known| known.question != done.question);
        self.done.push_back(done);
        let rows = |done: &Done| done.answer.as_deref().map_or(0, Answer::len);
        while self.done.len() > 1
            && (self.done.len() > ANSWERS_MAX || self.done.iter().map(rows).sum::<usize>() > ROWS_MAX)
        {
            self.done.pop_front();
        }
    }
}

impl Reading {
    /// The answer to a question: at once where it is kept, after a moment where it is quick, else later.
    pub(crate) async fn ask(&self, office: &Shared, question: Question) -> Found {
        let now_ms = office.now_ms();
        {
            let mut state = self.0.state();
            if let Some(found) = state.take(&question, now_ms) {
                return found;
            }
            if !state.waiting.contains(&question) {
                if state.waiting.len() >= QUEUE_MAX {
                    return Found::Busy;
                }
                state.waiting.push(question.clone());
                tokio::spawn(work(Arc::clone(&self.0), office.clone(), question.clone()));
            }
        }
        let there = async {
            loop {
                let changed = self.0.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if let Some(found) = self.0.state().take(&question, now_ms) {
                    return found;
                }
                changed.await;
            }
        };
        tokio::time::timeout(PATIENCE, there).await.unwrap_or(Found::Working)
    }
}

async fn work(inner: Arc<Inner>, office: Shared, question: Question) {
    let pass = inner.turn.acquire().await;
    let (views, desk, now_ms) = (office.views.clone(), office.desks.get(), office.now_ms());
    let asked = question.clone();
    let signed = i64::try_from(now_ms).unwrap_or(i64::MAX);
    let done = tokio::task::spawn_blocking(move || work_out(&views, &desk, &asked, signed)).await;
    let answer = match done {
        Ok(Ok(answer)) => Some(Arc::new(answer)),
        Ok(Err(error)) => {
            tracing::warn!(%error, "a ledger's question could not be answered");
            None
        }
        Err(error) => {
            tracing::error!(%error, "a ledger's question could not be answered");
            None
        }
    };
    drop(pass);
    inner.state().keep(Done {
        question,
        at_ms: office.now_ms(),
        answer,
    });
    inner.changed.notify_waiters();
}

#[cfg(test)]
mod tests {
    use ledger::LiveDigest;
    use screen::township::ledgers::{Ledger, Quarter, Received};

    use super::super::answer::{Answered, CutAt};
    use super::super::question::Wanted;
    use super::*;

    fn question(known: Option<&str>, year: i16) -> Question {
        Question {
            ledger: Ledger::Coverage,
            wanted: Wanted::Ledger,
            quarter: Quarter { year, quarter: 1 },
            until: None,
            known: known.and_then(|day| day.parse().ok()),
            against: None,
            unit: None,
            today: "2026-09-18".parse().unwrap(),
        }
    }

    fn done(question: Question, at_ms: u64, is_answered: bool) -> Done {
        let answer = is_answered.then(|| {
            Arc::new(Answer {
                cut: CutAt {
                    received: Received::Now(0),
                    position: None,
                    rules: 1,
                    digest: LiveDigest::default(),
                },
                rows: Answered::Coverage(Vec::new()),
                weeks: Vec::new(),
                before: None,
                reading: false,
            })
        });
        Done {
            question,
            at_ms,
            answer,
        }
    }

    #[test]
    fn what_was_known_stays_true_and_now_goes_by() {
        let mut state = State::default();
        let (now, then) = (question(None, 2026), question(Some("2026-09-01"), 2026));
        state.keep(done(now.clone(), 1_000, true));
        state.keep(done(then.clone(), 1_000, true));
        assert!(matches!(state.take(&now, 1_000 + FRESH_MS), Some(Found::Here(_))));
        assert!(state.take(&now, 1_001 + FRESH_MS).is_none());
        assert!(matches!(state.take(&then, u64::MAX), Some(Found::Here(_))));
    }

    #[test]
    fn a_failure_is_told_once_and_only_the_newest_answers_are_kept() {
        let mut state = State::default();
        let failed = question(None, 2025);
        state.waiting.push(failed.clone());
        state.keep(done(failed.clone(), 0, false));
        assert!(state.waiting.is_empty());
        assert!(matches!(state.take(&failed, 0), Some(Found::Failed)));
        assert!(state.take(&failed, 0).is_none());
        for year in 0..20 {
            state.keep(done(question(None, 2_000 + year), 0, true));
        }
        assert_eq!(state.done.len(), ANSWERS_MAX);
        assert!(state.take(&question(None, 2_003), 0).is_none() && state.take(&question(None, 2_004), 0).is_some());
    }
}
