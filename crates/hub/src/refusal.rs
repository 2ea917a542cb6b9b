//! Why the hub does not do what it was asked. Each says whether data is safe and what to do; the
//! program turns it into a problem document.

use event_log::StoreError;
use sync::frame::FrameError;
use sync::message::MessageError;

/// A refusal. The hub refuses a push, never an entry inside a proven one.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No client certificate.
    #[error("a client certificate is needed")]
    Unauthenticated,
    /// The key is not enrolled.
    #[error("this key is not enrolled here")]
    NotEnrolled,
    /// The key was revoked.
    #[error("this key was revoked; ask the township")]
    Revoked,
    /// The party may not do this.
    #[error("not allowed: {0}")]
    Forbidden(&'static str),
    /// The enrolment secret is wrong or was used.
    #[error("the enrolment secret is unknown or was used; ask the township for a new file")]
    EnrolmentSecret,
    /// The offer behind the secret has ended.
    #[error("the enrolment file is older than 72 hours; ask the township for a new one")]
    EnrolmentExpired,
    /// A successor has taken over this origin.
    #[error("this origin was closed at size {size}; go on under its successor")]
    Closed {
        /// Size at which it ends.
        size: u64,
    },
    /// The entries do not follow on what the hub has.
    #[error("entries are missing before these; send from sequence {expected} on")]
    Gap {
        /// The sequence that the hub needs next.
        expected: u64,
    },
    /// Other content stands under a sequence that is receipted.
    #[error("sequence {sequence} is receipted here with other content: two logs share this origin")]
    Fork {
        /// First sequence that differs.
        sequence: u64,
    },
    /// The checkpoint's signature does not verify.
    #[error("the checkpoint's signature does not verify")]
    Signature,
    /// The checkpoint's root is not the root of the entries.
    #[error(
        "the root of the entries is not the checkpoint's; what was staged is dropped, send again from sequence {expected}"
    )]
    RootMismatch {
        /// The sequence that the hub needs next.
        expected: u64,
    },
    /// The body cannot be read.
    #[error("the body cannot be read: {0}")]
    Malformed(String),
    /// Something exceeds a bound.
    #[error("too large: {0}")]
    TooLarge(String),
    /// The cursor is of a journal that this hub never had, or beyond its end: the hub was restored.
    #[error("the cursor does not fit: {0}; say hello again")]
    OtherJournal(&'static str),
    /// What was asked for is not here.
    #[error("not here: {0}")]
    NotFound(&'static str),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record or body could not be written.
    #[error("could not be written: {0}")]
    Encode(String),
}

impl From<proof::ProveError<StoreError>> for Refusal {
    fn from(error: proof::ProveError<StoreError>) -> Self {
        match error {
            proof::ProveError::Node(error) => Self::Store(error),
            proof::ProveError::Index { .. } | proof::ProveError::Sizes { .. } => Self::NotFound("no such entry"),
        }
    }
}

impl From<FrameError> for Refusal {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Bomb | FrameError::ItemTooLong { .. } => Self::TooLarge(error.to_string()),
            other => Self::Malformed(other.to_string()),
        }
    }
}

impl From<MessageError> for Refusal {
    fn from(error: MessageError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<sync::record::RecordError> for Refusal {
    fn from(error: sync::record::RecordError) -> Self {
        Self::Encode(error.to_string())
    }
}

impl From<sync::frame::WriteError> for Refusal {
    fn from(error: sync::frame::WriteError) -> Self {
        Self::Encode(error.to_string())
    }
}
