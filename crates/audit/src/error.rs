//! Why an audit cannot be carried out. What it found is no error; see [`crate::Finding`].

use std::io;
use std::path::{Path, PathBuf};

use archive::{ArchiveError, SourceError};
use event::UnitCode;
use event_log::StoreError;
use follower::{FollowError, MirrorError};
use link::{IdentityError, LinkError, Problem};
use sync::frame::FrameError;
use sync::limits::PAGE_UNITS_MAX;
use sync::message::MessageError;

/// Why an audit cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file of the folder.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that does not hold what its name says.
    #[error("{}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The folder holds an auditor already.
    #[error("{} holds an auditor already; choose an empty folder, or leave the enrolment file out", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// The enrolment file is not for an auditor.
    #[error("this enrolment file is for a village; ask the township for one for an auditor")]
    Role,
    /// Too many villages for a mirror of some.
    #[error(
        "{named} villages are named, and a mirror is of at most {PAGE_UNITS_MAX}: name fewer, or mirror the whole \
         township by naming none"
    )]
    Units {
        /// How many.
        named: usize,
    },
    /// What cannot be answered out of the entries of some villages alone.
    #[error(
        "this mirror holds the entries of {held} villages alone, and this needs every village's: mirror the whole \
         township into an empty folder"
    )]
    Partial {
        /// Villages whose entries are held.
        held: usize,
    },
    /// No usable answer from the hub. Nothing that was mirrored is lost.
    #[error("{0}")]
    Link(#[from] LinkError),
    /// The hub refused.
    #[error("the hub refused: {0}")]
    Refused(Box<Problem>),
    /// The hub's answer cannot be read.
    #[error("the hub's answer cannot be used: {0}")]
    Answer(String),
    /// The hub shows less than it showed before. What was mirrored is the evidence: keep this folder.
    #[error(
        "the hub went backwards: it shows {shown} records of a journal of which this mirror holds a signed checkpoint \
         over {kept}; keep this folder as evidence and ask the township"
    )]
    Backwards {
        /// Records that the hub shows.
        shown: u64,
        /// Records under the checkpoint that was kept.
        kept: u64,
    },
    /// The hub keeps a journal that this mirror does not know: it was restored from a backup.
    #[error(
        "the hub keeps another journal than this mirror ({0}): it was restored from a backup; keep this folder as \
         evidence, and mirror the new journal into an empty one"
    )]
    OtherJournal(String),
    /// An exported folder cannot be written or read.
    #[error(transparent)]
    Archive(ArchiveError),
    /// An export that does not hold is not opened.
    #[error("the export does not hold ({findings} findings): verify it first; the first of them is {first}")]
    Unsound {
        /// Findings.
        findings: usize,
        /// The first of them.
        first: String,
    },
    /// Two checkpoints of the hub that do not go on from one another; both are kept.
    #[error("{problem}; both checkpoints are kept at {}.kept and .shown: ask the township", path.display())]
    Parted {
        /// What is wrong with them.
        problem: String,
        /// Where they are kept, without the endings.
        path: PathBuf,
    },
    /// The certificate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A page that does not hold.
    #[error(transparent)]
    Mirror(MirrorError),
    /// The mirror's records cannot be followed.
    #[error(transparent)]
    Follow(FollowError),
    /// Only households and requests have a story here.
    #[error("only a household or a request can be traced; a cadre only from the events of a lead")]
    NotTraced,
    /// The journal does not have that size here.
    #[error("the mirror's journal has no size of {size} records: choose one of a checkpoint that is held here")]
    NoSuchSize {
        /// The size asked for.
        size: event::Position,
    },
    /// A seed that was known before the period was over.
    #[error(
        "the last of the {size} records was received on {day}, and the period ends on {to}: whoever recorded then could \
         have steered the draw; choose a size that was reached after the period"
    )]
    SeedInside {
        /// The size asked for.
        size: event::Position,
        /// Day of the last record under it, in UTC+8.
        day: event::Day,
        /// The period's last day.
        to: event::Day,
    },
    /// Writing the export failed.
    #[error("the export cannot be written: {0}")]
    Write(io::Error),
}

impl AuditError {
    /// Refuses where `units`, to which a mirror is limited, are not every one.
    pub(crate) const fn unless_whole(units: &[UnitCode]) -> Result<(), Self> {
        match units.len() {
            0 => Ok(()),
            held => Err(Self::Partial { held }),
        }
    }

    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_path_buf(),
            source,
        }
    }

    pub(crate) fn content(path: &Path, problem: impl ToString) -> Self {
        Self::Content {
            path: path.to_path_buf(),
            problem: problem.to_string(),
        }
    }

    /// What a source said: where it was the store, its own words.
    pub(crate) fn from_source(error: SourceError) -> Self {
        match error.downcast::<StoreError>() {
            Ok(store) => Self::Store(*store),
            Err(other) => Self::from(ArchiveError::from(other)),
        }
    }
}

impl From<ArchiveError> for AuditError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Source(error) => match error.downcast::<StoreError>() {
                Ok(store) => Self::Store(*store),
                Err(other) => Self::Archive(ArchiveError::Source(other)),
            },
            other => Self::Archive(other),
        }
    }
}

impl From<MirrorError> for AuditError {
    fn from(error: MirrorError) -> Self {
        match error {
            MirrorError::Store(error) => Self::Store(error),
            other => Self::Mirror(other),
        }
    }
}

impl From<FollowError> for AuditError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Store(error) => Self::Store(error),
            other @ FollowError::Record(_) => Self::Follow(other),
        }
    }
}

impl From<FrameError> for AuditError {
    fn from(error: FrameError) -> Self {
        Self::Mirror(error.into())
    }
}

impl From<MessageError> for AuditError {
    fn from(error: MessageError) -> Self {
        Self::Answer(error.to_string())
    }
}
