//! From what went wrong to the exit code: in one place, so that a script can rely on it.

use std::io::ErrorKind;

use audit::AuditError;
use event_log::StoreError;
use hub::{AskError, HubError};
use link::{Problem, ProblemKind};
use village::VillageError;
use witness::WitnessError;

use crate::exit::Exit;
use crate::words::Words;

/// The exit code of a failure.
pub(crate) fn exit_of(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<StoreError>() {
            return of_store(error);
        }
        if let Some(problem) = cause.downcast_ref::<Problem>() {
            return of_problem(problem);
        }
        if let Some(error) = cause.downcast_ref::<VillageError>() {
            return of_village(error);
        }
        if let Some(error) = cause.downcast_ref::<HubError>() {
            return of_hub(error);
        }
        if let Some(error) = cause.downcast_ref::<AuditError>() {
            return of_audit(error);
        }
        if let Some(error) = cause.downcast_ref::<AskError>() {
            return of_ask(error);
        }
        if let Some(error) = cause.downcast_ref::<WitnessError>() {
            return of_witness(error);
        }
    }
    Exit::Differs
}

/// What is said before the failure's own words.
pub(crate) fn words_of(exit: Exit, words: Words) -> Option<&'static str> {
    match exit {
        Exit::Unreachable => Some(words.unreachable()),
        Exit::Damaged => Some(words.damaged()),
        Exit::Locked => Some(words.locked()),
        Exit::Full => Some(words.disk_full()),
        Exit::Ok | Exit::Differs | Exit::Usage => None,
    }
}

const fn of_store(error: &StoreError) -> Exit {
    match error {
        StoreError::Locked { .. } => Exit::Locked,
        StoreError::Full { .. } => Exit::Full,
        StoreError::Conflict { .. }
        | StoreError::Gap { .. }
        | StoreError::Staged { .. }
        | StoreError::TooLarge { .. } => Exit::Differs,
        StoreError::Version { .. }
        | StoreError::Directory { .. }
        | StoreError::Damaged(_)
        | StoreError::Unknown { .. }
        | StoreError::Poisoned { .. } => Exit::Damaged,
    }
}

/// The exit code of a refusal.
pub(crate) fn of_problem(problem: &Problem) -> Exit {
    match problem.kind() {
        Some(ProblemKind::DiskFull) => Exit::Full,
        Some(ProblemKind::StoreUnavailable | ProblemKind::Internal) => Exit::Damaged,
        Some(ProblemKind::Busy | ProblemKind::RateLimited) => Exit::Unreachable,
        _ => Exit::Differs,
    }
}

fn of_village(error: &VillageError) -> Exit {
    match error {
        VillageError::Store(error) => of_store(error),
        VillageError::Link(_) => Exit::Unreachable,
        VillageError::Refused(problem) => of_problem(problem),
        VillageError::Role | VillageError::Taken { .. } | VillageError::Answer(_) => Exit::Differs,
        _ => Exit::Damaged,
    }
}

const fn of_hub(error: &HubError) -> Exit {
    match error {
        HubError::Store(error) => of_store(error),
        HubError::Taken { .. } => Exit::Differs,
        _ => Exit::Damaged,
    }
}

fn of_audit(error: &AuditError) -> Exit {
    match error {
        AuditError::Store(error) => of_store(error),
        AuditError::Link(_) => Exit::Unreachable,
        AuditError::Refused(problem) => of_problem(problem),
        AuditError::Taken { .. }
        | AuditError::Role
        | AuditError::NotTraced
        | AuditError::NoSuchSize { .. }
        | AuditError::SeedInside { .. }
        | AuditError::Answer(_)
        | AuditError::Backwards { .. }
        | AuditError::OtherJournal(_)
        | AuditError::Parted { .. }
        | AuditError::Unsound { .. }
        | AuditError::Units { .. }
        | AuditError::Partial { .. }
        | AuditError::Archive(
            archive::ArchiveError::Untrue { .. }
            | archive::ArchiveError::Parted { .. }
            | archive::ArchiveError::NoEntry { .. },
        )
        | AuditError::Mirror(_) => Exit::Differs,
        _ => Exit::Damaged,
    }
}

fn of_ask(error: &AskError) -> Exit {
    match error {
        AskError::NotRunning { .. } | AskError::Broken(_) => Exit::Unreachable,
        AskError::Refused(problem) => of_problem(problem),
    }
}

fn of_witness(error: &WitnessError) -> Exit {
    match error {
        WitnessError::Locked { .. } => Exit::Locked,
        WitnessError::File { source, .. } if source.kind() == ErrorKind::StorageFull => Exit::Full,
        WitnessError::Taken { .. } | WitnessError::Config(_) => Exit::Differs,
        _ => Exit::Damaged,
    }
}
