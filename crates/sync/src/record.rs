//! Records of the hub's journal: one MessagePack map each, `{"<kind>": {…}}`. Every record carries the
//! time at which the hub wrote it; that time is strictly increasing along the journal.

use event::{JournalId, Origin, Position, Sequence, UnitCode};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::HashBytes;
use crate::limits::RECORD_BYTES_MAX;
use crate::message::SuccessorReason;

/// What a party may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Records for one unit; sees that unit and what is for everyone.
    Village,
    /// Reads everything.
    Auditor,
}

/// Who reads a hub origin's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// One village.
    Unit(UnitCode),
    /// All villages.
    All,
    /// The hub and auditors alone.
    Internal,
}

/// What a hub origin's key is derived from, beside the hub's sealed seed.
///
/// The generation is drawn at each start of the hub. A hub that was restored from a backup and does
/// not know it yet therefore writes under other origins than it did before: its own logs never fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubOriginName {
    /// The journal in which it was opened.
    pub journal: JournalId,
    /// Who reads it.
    pub audience: Audience,
    /// The start of the hub in which it was opened.
    pub generation: u64,
}

impl HubOriginName {
    /// Label under which the key is derived: `hub/<journal>/<unit, all or internal>/<generation, 16 hex digits>`.
    #[must_use]
    pub fn label(&self) -> String {
        let Self {
            journal, generation, ..
        } = self;
        match self.audience {
            Audience::Unit(unit) => format!("hub/{journal}/{unit}/{generation:016x}"),
            Audience::All => format!("hub/{journal}/all/{generation:016x}"),
            Audience::Internal => format!("hub/{journal}/internal/{generation:016x}"),
        }
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalRecord {
    /// The first record of every journal.
    Opened {
        /// The journal.
        journal: JournalId,
        /// Key that signs its checkpoints.
        key: HashBytes,
        /// The township.
        unit: UnitCode,
        /// Name, for people.
        name: String,
        /// The journal before it, frozen where the hub found that it had been restored.
        previous: Option<Previous>,
        /// Hub time, in milliseconds.
        at_ms: u64,
    },
    /// A party was enrolled.
    Enrolled {
        /// Its origin.
        origin: Origin,
        /// Its key.
        key: HashBytes,
        /// Its unit.
        unit: UnitCode,
        /// What it may do.
        role: Role,
        /// Name, for people.
        name: String,
        /// Hub time, in milliseconds.
        at_ms: u64,
    },
    /// The hub itself writes events under a new origin.
    HubOrigin {
        /// The origin.
        origin: Origin,
        /// Its key.
        key: HashBytes,
        /// What the key is derived from, and who reads it.
        name: HubOriginName,
        /// Hub time, in milliseconds.
        at_ms: u64,
    },
    /// An origin's log has reached a size under a checkpoint that it signed.
    Receipt {
        /// The log.
        origin: Origin,
        /// Unit of the origin; absent for a hub origin that is not one village's.
        unit: Option<UnitCode>,
        /// First entry that this receipt covers.
        first: Sequence,
        /// Size of the log, which is the sequence of the last entry covered.
        size: u64,
        /// The signed checkpoint.
        note: String,
        /// Hub time at which the entries were received, in milliseconds.
        received_at_ms: u64,
    },
    /// An origin goes on under another key.
    Successor {
        /// The origin that ends.
        old: Origin,
        /// Receipted size at which it ends.
        size: u64,
        /// The origin that goes on.
        new: Origin,
        /// Its key.
        key: HashBytes,
        /// Unit of both.
        unit: UnitCode,
        /// Why.
        reason: SuccessorReason,
        /// Signature of the old key.
        signature: ByteBuf,
        /// Whether the old origin had a successor already: two machines hold its key.
        second: bool,
        /// Hub time, in milliseconds.
        at_ms: u64,
    },
    /// Two checkpoints of one log that cannot both be true.
    Fork {
        /// The log.
        origin: Origin,
        /// Its unit.
        unit: UnitCode,
        /// Size of the hub's log.
        hub_size: u64,
        /// The checkpoint that the hub had receipted.
        hub_note: String,
        /// The one that was shown to it.
        shown_note: String,
        /// Hub time, in milliseconds.
        at_ms: u64,
    },
    /// A key counts no more from here on.
    Revoked {
        /// The origin.
        origin: Origin,
        /// Its unit.
        unit: UnitCode,
        /// Why, for people.
        reason: String,
        /// Hub time, in milliseconds.
        at_ms: u64,
    },
}

/// The journal before a restored hub's new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// The journal.
    pub journal: JournalId,
    /// Size at which it was frozen.
    pub size: Position,
    /// Root at that size.
    pub root: HashBytes,
    /// The later checkpoint of it that a node had kept: evidence of the restore.
    pub evidence: String,
}

/// Who may see a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everyone who is enrolled.
    Everyone,
    /// The unit's villages, and auditors.
    Unit(UnitCode),
    /// Auditors.
    Internal,
}

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a journal record cannot be read: {0}")]
pub struct RecordError(pub String);

impl JournalRecord {
    /// Writes the record.
    ///
    /// # Errors
    /// [`RecordError`] if it would be longer than [`RECORD_BYTES_MAX`].
    pub fn encode(&self) -> Result<Vec<u8>, RecordError> {
        let bytes = rmp_serde::to_vec_named(self).map_err(|e| RecordError(e.to_string()))?;
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(RecordError(format!(
                "{} bytes, at most {RECORD_BYTES_MAX} are kept",
                bytes.len()
            )));
        }
        Ok(bytes)
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`RecordError`], also for a kind of record that this version does not know; the bytes are kept.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        crate::message::whole(bytes).map_err(RecordError)
    }

    /// When the hub wrote it, in milliseconds.
    #[must_use]
    pub const fn at_ms(&self) -> u64 {
        match self {
            Self::Opened { at_ms, .. }
            | Self::Enrolled { at_ms, .. }
            | Self::HubOrigin { at_ms, .. }
            | Self::Successor { at_ms, .. }
            | Self::Fork { at_ms, .. }
            | Self::Revoked { at_ms, .. } => *at_ms,
            Self::Receipt { received_at_ms, .. } => *received_at_ms,
        }
    }

    /// Who may see it. A receipt of a hub origin follows the origin's audience, which the caller knows.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        match self {
            Self::Opened { .. } => Scope::Everyone,
            Self::Enrolled {
                role: Role::Auditor, ..
            } => Scope::Internal,
            Self::Enrolled { unit, .. }
            | Self::Successor { unit, .. }
            | Self::Fork { unit, .. }
            | Self::Revoked { unit, .. } => Scope::Unit(*unit),
            Self::HubOrigin { name, .. } => name.audience.scope(),
            Self::Receipt { unit: Some(unit), .. } => Scope::Unit(*unit),
            Self::Receipt { unit: None, .. } => Scope::Internal,
        }
    }
}

impl Audience {
    /// The village that alone reads it; `None` for what the township writes for more than one, or for itself.
    #[must_use]
    pub const fn unit(&self) -> Option<UnitCode> {
        match self {
            Self::Unit(unit) => Some(*unit),
            Self::All | Self::Internal => None,
        }
    }

    /// The scope that this audience has.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        match self {
            Self::Unit(unit) => Scope::Unit(*unit),
            Self::All => Scope::Everyone,
            Self::Internal => Scope::Internal,
        }
    }
}

impl Scope {
    /// Whether a reader of this role and unit sees it.
    #[must_use]
    pub fn is_visible_to(&self, role: Role, unit: UnitCode) -> bool {
        match (role, self) {
            (Role::Auditor, _) | (_, Self::Everyone) => true,
            (Role::Village, Self::Unit(theirs)) => *theirs == unit,
            (Role::Village, Self::Internal) => false,
        }
    }
}
