//! Refusals as problem documents: the one place that knows both.

use event_log::StoreError;
use link::{Problem, ProblemKind};

use crate::Refusal;

/// How long a sender waits while the disk is full, in seconds.
const DISK_FULL_AFTER_S: u32 = 60;
/// How long a sender waits while the store is being opened again, in seconds.
const STORE_AFTER_S: u32 = 15;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            Refusal::Unauthenticated => Self::new(ProblemKind::Unauthenticated, words),
            Refusal::NotEnrolled => Self::new(ProblemKind::NotEnrolled, words),
            Refusal::Revoked => Self::new(ProblemKind::Revoked, words),
            Refusal::Forbidden(_) => Self::new(ProblemKind::Forbidden, words),
            Refusal::EnrolmentSecret => Self::new(ProblemKind::SpentEnrolment, words),
            Refusal::EnrolmentExpired => Self::new(ProblemKind::ExpiredEnrolment, words),
            Refusal::Closed { size } => holding(ProblemKind::Forbidden, words, size),
            Refusal::Gap { expected } => {
                Self::new(ProblemKind::Gap, words).expecting(expected, expected.saturating_sub(1))
            }
            Refusal::RootMismatch { expected } => {
                Self::new(ProblemKind::RootMismatch, words).expecting(expected, expected.saturating_sub(1))
            }
            Refusal::Fork { sequence } => {
                let mut problem = Self::new(ProblemKind::Fork, words);
                problem.fields.expected_sequence = Some(sequence);
                problem
            }
            Refusal::Signature => Self::new(ProblemKind::BadSignature, words),
            Refusal::Malformed(_) => Self::new(ProblemKind::Malformed, words),
            Refusal::TooLarge(_) => Self::new(ProblemKind::TooLarge, words),
            Refusal::OtherJournal(_) => Self::new(ProblemKind::OtherJournal, words),
            Refusal::NotFound(_) => Self::new(ProblemKind::NotFound, words),
            Refusal::Store(error) => of_store(&error),
            Refusal::Encode(_) => Self::new(ProblemKind::Internal, words),
        }
    }
}

fn holding(kind: ProblemKind, words: String, hub_size: u64) -> Problem {
    let mut problem = Problem::new(kind, words);
    problem.fields.hub_size = Some(hub_size);
    problem
}

/// What a failure of the store means for whoever asked. Paths stay in the hub's own log.
fn of_store(error: &StoreError) -> Problem {
    match error {
        StoreError::Full { .. } => Problem::new(ProblemKind::DiskFull, error.to_string()).after_s(DISK_FULL_AFTER_S),
        StoreError::TooLarge { .. } => Problem::new(ProblemKind::TooLarge, error.to_string()),
        StoreError::Gap { expected, .. } => {
            let size = expected.leaf_index();
            Problem::new(ProblemKind::Gap, error.to_string()).expecting(expected.get(), size)
        }
        // The hub looks before it appends; these would be mistakes of its own.
        StoreError::Conflict { .. } | StoreError::Staged { .. } => {
            Problem::new(ProblemKind::Internal, error.to_string())
        }
        StoreError::Damaged(_) => Problem::new(
            ProblemKind::StoreUnavailable,
            "the hub's log is damaged; the township must look at it",
        )
        .after_s(STORE_AFTER_S * 20),
        StoreError::Unknown { .. }
        | StoreError::Poisoned { .. }
        | StoreError::Locked { .. }
        | StoreError::Version { .. }
        | StoreError::Directory { .. } => {
            Problem::new(ProblemKind::StoreUnavailable, "the hub is opening its log again").after_s(STORE_AFTER_S)
        }
    }
}

#[cfg(test)]
mod tests {
    use event::Sequence;
    use event_log::{Damage, LogId};

    use super::*;

    #[test]
    fn every_refusal_has_its_kind() {
        let log = LogId::default();
        let (expected, got) = (Sequence::after_size(4), Sequence::after_size(9));
        let cause = String::new;
        let table: [(Refusal, ProblemKind, Option<u64>, Option<u64>); 26] = [
            (Refusal::Unauthenticated, ProblemKind::Unauthenticated, None, None),
            (Refusal::NotEnrolled, ProblemKind::NotEnrolled, None, None),
            (Refusal::Revoked, ProblemKind::Revoked, None, None),
            (Refusal::Forbidden("x"), ProblemKind::Forbidden, None, None),
            (Refusal::EnrolmentSecret, ProblemKind::SpentEnrolment, None, None),
            (Refusal::EnrolmentExpired, ProblemKind::ExpiredEnrolment, None, None),
            (Refusal::Closed { size: 7 }, ProblemKind::Forbidden, None, Some(7)),
            (Refusal::Gap { expected: 5 }, ProblemKind::Gap, Some(5), Some(4)),
            (
                Refusal::RootMismatch { expected: 1 },
                ProblemKind::RootMismatch,
                Some(1),
                Some(0),
            ),
            (Refusal::Fork { sequence: 3 }, ProblemKind::Fork, Some(3), None),
            (Refusal::Signature, ProblemKind::BadSignature, None, None),
            (Refusal::Malformed(cause()), ProblemKind::Malformed, None, None),
            (Refusal::TooLarge(cause()), ProblemKind::TooLarge, None, None),
            (Refusal::NotFound("x"), ProblemKind::NotFound, None, None),
            (Refusal::OtherJournal("x"), ProblemKind::OtherJournal, None, None),
            (Refusal::Encode(cause()), ProblemKind::Internal, None, None),
            (
                StoreError::Full { free: 1, needed: 2 }.into(),
                ProblemKind::DiskFull,
                None,
                None,
            ),
            (
                StoreError::Gap { log, expected, got }.into(),
                ProblemKind::Gap,
                Some(5),
                Some(4),
            ),
            (
                StoreError::Conflict { log, sequence: got }.into(),
                ProblemKind::Internal,
                None,
                None,
            ),
            (StoreError::Staged { log }.into(), ProblemKind::Internal, None, None),
            (
                StoreError::TooLarge {
                    what: "x",
                    bytes: 2,
                    max: 1,
                }
                .into(),
                ProblemKind::TooLarge,
                None,
                None,
            ),
            (
                StoreError::Damaged(Damage::default()).into(),
                ProblemKind::StoreUnavailable,
                None,
                None,
            ),
            (
                StoreError::Unknown { cause: cause() }.into(),
                ProblemKind::StoreUnavailable,
                None,
                None,
            ),
            (
                StoreError::Poisoned { cause: cause() }.into(),
                ProblemKind::StoreUnavailable,
                None,
                None,
            ),
            (
                StoreError::Locked { dir: "/secret".into() }.into(),
                ProblemKind::StoreUnavailable,
                None,
                None,
            ),
            (
                StoreError::Version { found: 2, supported: 1 }.into(),
                ProblemKind::StoreUnavailable,
                None,
                None,
            ),
        ];
        for (refusal, kind, expected_sequence, hub_size) in table {
            let words = format!("{refusal:?}");
            let problem = Problem::from(refusal);
            assert_eq!(problem.kind(), Some(kind), "{words}");
            assert_eq!(
                (problem.fields.expected_sequence, problem.fields.hub_size),
                (expected_sequence, hub_size),
                "{words}"
            );
            assert!(!problem.detail.contains("/secret"));
        }
        assert!(Problem::from(Refusal::from(StoreError::Full { free: 1, needed: 2 })).data_safe);
    }
}
