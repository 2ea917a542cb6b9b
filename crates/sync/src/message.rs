//! Messages: MessagePack maps with named fields. Unknown fields are ignored, so that either side may
//! be newer; nothing in them is believed that a signature or a root does not bear out.

use std::io;

use event::{JournalId, Origin, Position, UnitCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::HashBytes;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::record::{HubOriginName, Role};

/// Why a message cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Too long.
    #[error("the message has {0} bytes; at most {MESSAGE_BYTES_MAX} are read")]
    TooLong(usize),
    /// Not the map that it should be.
    #[error("the message cannot be read: {0}")]
    Content(String),
}

/// Writes a message.
#[must_use]
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    // Writing these plain structs into memory cannot fail.
    rmp_serde::to_vec_named(message).unwrap_or_default()
}

/// Reads a message.
///
/// # Errors
/// [`MessageError`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, MessageError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(MessageError::TooLong(bytes.len()));
    }
    whole(bytes).map_err(MessageError::Content)
}

/// Most maps and arrays inside one another; what a newer version adds may nest no deeper.
const DEPTH_MAX: usize = 16;

/// Reads exactly one value: what is cut short or has bytes behind it is none.
pub(crate) fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut reader = rmp_serde::Deserializer::new(io::Cursor::new(bytes));
    reader.set_max_depth(DEPTH_MAX);
    let value = T::deserialize(&mut reader).map_err(|e| e.to_string())?;
    let read = reader.get_ref().position();
    if read == bytes.len() as u64 {
        Ok(value)
    } else {
        Err(format!("{} bytes follow it", bytes.len() as u64 - read))
    }
}

/// Where a reader stands in the journal. Never a ULID, never a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// Which journal.
    pub journal: JournalId,
    /// The record that comes next.
    pub position: Position,
    /// How many entries of that record's range have been taken already.
    pub offset: u64,
}

/// What a party has of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    /// The log.
    pub origin: Origin,
    /// Its size here.
    pub size: u64,
    /// Its root at that size.
    pub root: HashBytes,
}

/// A log of somebody else that a node holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What the node has of it.
    pub log: LogState,
    /// For a hub origin, what its key is derived from: the hub knows it again by that.
    pub hub: Option<HubOriginName>,
}

/// A node's greeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Protocol version of the sender.
    pub version: u16,
    /// Program and version, at most 64 bytes, for the operator's eyes.
    pub software: String,
    /// The sender's wall clock, uncorrected, in milliseconds.
    pub wall_ms: u64,
    /// Whether its operating system follows a time server.
    pub ntp: bool,
    /// The sender's own logs: the current one and those it still closes.
    pub logs: Vec<LogState>,
    /// Logs of others that the sender holds; sent when the hub's journal is not the one known.
    #[serde(default)]
    pub holds: Vec<Held>,
    /// The last journal checkpoint that the sender verified, as the hub signed it.
    pub seen: Option<String>,
    /// Where the sender stands in the journal.
    pub cursor: Option<Cursor>,
    /// Entries not yet receipted; for the township's list of who needs help.
    pub pending: u64,
    /// The hub's own statements that the origins of this machine are enrolled, oldest first; sent to a
    /// hub that does not know them any more.
    #[serde(default)]
    pub enrolments: Vec<KeyProof>,
    /// The sender's cosignature over `seen` (a signature line, c2sp.org/tlog-cosignature), where it has a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosignature: Option<String>,
}

/// What the hub signed when it enrolled a node. A hub restored from a backup older than that takes the node back on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentProof {
    /// The node's unit.
    pub unit: UnitCode,
    /// What it may do.
    pub role: Role,
    /// Name, for people.
    pub name: String,
    /// Signature of the journal's key over domain [`ENROLMENT_DOMAIN`] and [`EnrolmentProof::statement`].
    pub signature: ByteBuf,
}

/// A key and the hub's statement over it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyProof {
    /// The key.
    pub key: HashBytes,
    /// The statement.
    pub proof: EnrolmentProof,
}

/// Domain under which an enrolment is signed.
pub const ENROLMENT_DOMAIN: &str = "minqing/enrolment/v1";

impl EnrolmentProof {
    /// The bytes that are signed: `key ‖ unit (8, big endian) ‖ role (1: village, 2: auditor) ‖ name`.
    #[must_use]
    pub fn statement(key: &[u8; 32], unit: UnitCode, role: Role, name: &str) -> Vec<u8> {
        let role = match role {
            Role::Village => 1,
            Role::Auditor => 2,
        };
        [&key[..], &unit.get().to_be_bytes(), &[role], name.as_bytes()].concat()
    }
}

/// What the hub has of one log that a hello named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubLog {
    /// The log.
    pub origin: Origin,
    /// Receipted size.
    pub size: u64,
    /// Root at that size.
    pub root: HashBytes,
    /// Size with the entries that are staged behind it.
    pub staged: u64,
    /// Root at the staged size.
    pub staged_root: HashBytes,
    /// The hub's root at the size that the hello gave, where the hub has as much.
    pub root_at_yours: Option<HashBytes>,
    /// Whether a successor has taken over.
    pub closed: bool,
}

/// A journal that a hub froze when it found that it had been restored from a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// The journal.
    pub journal: JournalId,
    /// Its size; receipts at or behind this size are void.
    pub size: Position,
    /// Its root at that size.
    pub root: HashBytes,
}

/// The hub's answer to a hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloReply {
    /// Protocol version of the hub.
    pub version: u16,
    /// The current journal.
    pub journal: JournalId,
    /// Its newest signed checkpoint.
    pub note: String,
    /// Journals before it, oldest first.
    #[serde(default)]
    pub frozen: Vec<Frozen>,
    /// What the hub has of the logs that the hello named, in the same order; unknown ones are absent.
    pub logs: Vec<HubLog>,
    /// Logs of `holds` of which the hub lacks a tail: the size that it has.
    #[serde(default)]
    pub wants: Vec<LogState>,
    /// The hub's time, in milliseconds, if it trusts it.
    pub time_ms: Option<u64>,
    /// Largest body that the hub takes, compressed, in bytes.
    pub body_bytes_max: u64,
    /// How long the node should wait before its next hello when nothing is to do, in milliseconds.
    pub next_hello_ms: u64,
    /// Consistency proof from `seen` to `note`, where both are of the current journal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consistency: Vec<HashBytes>,
}

/// The hub's answer to a push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushReply {
    /// Receipted size.
    pub size: u64,
    /// Size with what is staged.
    pub staged: u64,
    /// The receipt that covers the last receipted entry: position and record bytes.
    pub receipt: Option<PushReceipt>,
    /// The journal's checkpoint that includes the receipt.
    pub note: String,
    /// Inclusion proof of the receipt under `note`, where both are of one journal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inclusion: Vec<HashBytes>,
    /// Consistency proof to `note` from the size that the push named as `seen`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consistency: Vec<HashBytes>,
}

/// A receipt as the reply to a push gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushReceipt {
    /// The journal that holds it.
    pub journal: JournalId,
    /// Position in that journal.
    pub position: Position,
    /// The record's bytes.
    pub record: ByteBuf,
}

/// The end of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageEnd {
    /// Where to go on. It advances even if the page held nothing for this reader.
    pub next: Cursor,
    /// Size of the journal.
    pub size: Position,
    /// The newest checkpoint of the current journal, also on a page of a frozen one.
    pub note: String,
    /// Consistency proof to `note` from the size that the request named as `seen`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consistency: Vec<HashBytes>,
}

/// A record of the current or a frozen journal, proved under the journal's newest checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofReply {
    /// The journal.
    pub journal: JournalId,
    /// Position in that journal.
    pub position: Position,
    /// The record's bytes.
    pub record: ByteBuf,
    /// A checkpoint of that journal that includes the record, with the cosignatures that the hub has of it.
    pub note: String,
    /// Inclusion proof of the record under `note`.
    pub inclusion: Vec<HashBytes>,
}

/// The checkpoints of the current journal that are worth keeping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoints {
    /// The journal.
    pub journal: JournalId,
    /// The newest one first, then for every witness the newest that it cosigned, with its line.
    pub notes: Vec<String>,
}

/// A node's request to be enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrol {
    /// The secret of the enrolment file.
    pub secret: ByteBuf,
    /// The node's public key; its certificate must be over the same one.
    pub key: HashBytes,
    /// Program and version.
    pub software: String,
}

/// The hub's answer to an enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// The current journal.
    pub journal: JournalId,
    /// Public key that signs the journal's checkpoints.
    pub hub_key: HashBytes,
    /// The journal's checkpoint.
    pub note: String,
    /// The hub's signed statement, which holds unit, role and name.
    pub proof: EnrolmentProof,
}

/// A node's statement that another origin goes on for its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Successor {
    /// The origin that ends.
    pub old: Origin,
    /// Public key of the one that goes on.
    pub key: HashBytes,
    /// Why: a word of [`SuccessorReason`].
    pub reason: SuccessorReason,
    /// Signature by the old key over domain [`SUCCESSOR_DOMAIN`] and `old ‖ key`.
    pub signature: ByteBuf,
    /// For a fork: the checkpoint that the node itself signed or would sign over its own log.
    pub evidence: Option<String>,
}

/// Domain under which a successor statement is signed.
pub const SUCCESSOR_DOMAIN: &str = "minqing/successor/v1";

/// Why an origin has a successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuccessorReason {
    /// The node came back from a backup that lacked its newest entries.
    Restored,
    /// Two logs share a beginning and differ after it.
    Forked,
    /// The identifiers had run ahead of the time.
    ClockRunaway,
}

/// One root, for finding where two logs part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootReply {
    /// Size asked for.
    pub size: u64,
    /// Root at that size.
    pub root: HashBytes,
}
