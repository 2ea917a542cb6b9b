//! Bodies: one zstd frame around a list of items, each with a tag, a length and a CRC32C.
//!
//! `tag (1) ‖ length (4, big endian) ‖ payload ‖ CRC32C of tag, length and payload (4, big endian)`, behind
//! the eight bytes `MQBODY1\n`. The compressor is flushed every [`FLUSH_EVERY_ENTRIES`] entries, so
//! the whole entries of a body that was cut short can be kept. The same bytes travel over HTTP and on a USB stick.

use std::io::{Read, Write};

use event::{Event, Origin, Position, Sequence};
use sha2::{Digest, Sha256};

use crate::limits::{
    BODY_RAW_BYTES_MAX, BODY_RAW_BYTES_TARGET, FLUSH_EVERY_ENTRIES, ITEM_BYTES_MAX, MESSAGE_BYTES_MAX, WINDOW_LOG_MAX,
};
use crate::message::PageEnd;

const MAGIC: &[u8; 8] = b"MQBODY1\n";
const LEVEL: i32 = 3;

const TAG_RANGE: u8 = 1;
const TAG_ENTRY: u8 = 2;
const TAG_CHECKPOINT: u8 = 3;
const TAG_RECORD: u8 = 4;
const TAG_END: u8 = 5;

/// Why a body, or the rest of it, cannot be read. What was read before stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Not a body of this protocol.
    #[error("not a body of this protocol: the first bytes are wrong")]
    Magic,
    /// The body ends inside an item.
    #[error("the body is cut short")]
    Truncated,
    /// A length is beyond its bound.
    #[error("an item of {len} bytes: at most {max} are allowed")]
    ItemTooLong {
        /// The length.
        len: usize,
        /// The bound.
        max: usize,
    },
    /// The body unfolds to too many bytes.
    #[error("the body unfolds to more than {BODY_RAW_BYTES_MAX} bytes")]
    Bomb,
    /// A checksum does not match.
    #[error("an item's checksum is wrong")]
    Checksum,
    /// An item that makes no sense.
    #[error("an item cannot be read: {0}")]
    Item(&'static str),
    /// The compressed bytes are damaged.
    #[error("the compressed bytes are damaged: {0}")]
    Zstd(String),
}

/// One item of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The entries that follow belong to this origin's log, from this sequence on.
    Range {
        /// The log.
        origin: Origin,
        /// Sequence of the next entry.
        first: Sequence,
    },
    /// An entry.
    Entry {
        /// The event's exact bytes.
        bytes: Vec<u8>,
        /// Its personal part, where the sender has it and may give it.
        personal: Option<Vec<u8>>,
    },
    /// A signed note over the log named last.
    Checkpoint(String),
    /// A record of the hub's journal.
    Record {
        /// Its position.
        position: Position,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The end of a page.
    End(PageEnd),
}

/// Writes a body.
pub struct BodyWriter {
    encoder: zstd::stream::write::Encoder<'static, Vec<u8>>,
    raw: usize,
    unflushed: usize,
    scratch: Vec<u8>,
}

/// Why a body cannot be written: the compressor has no memory.
#[derive(Debug, thiserror::Error)]
#[error("the compressor failed: {0}")]
pub struct WriteError(#[from] std::io::Error);

impl BodyWriter {
    /// An empty body.
    ///
    /// # Errors
    /// [`WriteError`] if the compressor cannot be set up.
    pub fn new() -> Result<Self, WriteError> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::with_capacity(16 * 1_024), LEVEL)?;
        encoder.window_log(WINDOW_LOG_MAX)?;
        encoder.write_all(MAGIC)?;
        Ok(Self {
            encoder,
            raw: MAGIC.len(),
            unflushed: 0,
            scratch: Vec::new(),
        })
    }

    fn item(&mut self, tag: u8, payload: &[&[u8]]) -> Result<(), WriteError> {
        let len: usize = payload.iter().map(|part| part.len()).sum();
        self.scratch.clear();
        self.scratch.push(tag);
        self.scratch
            .extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
        payload.iter().for_each(|part| self.scratch.extend_from_slice(part));
        let crc = crc32c::crc32c(&self.scratch);
        self.scratch.extend_from_slice(&crc.to_be_bytes());
        self.raw += self.scratch.len();
        self.encoder.write_all(&self.scratch)?;
        Ok(())
    }

    /// Names the log that the next entries belong to.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn range(&mut self, origin: Origin, first: Sequence) -> Result<(), WriteError> {
        self.item(TAG_RANGE, &[&origin.to_bytes(), &first.get().to_be_bytes()])
    }

    /// Adds an entry. Where the blob is sent, the 32 bytes of its hash are left out of the event: the
    /// receiver computes them from the blob and puts them back.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn entry(&mut self, bytes: &[u8], personal: Option<&[u8]>) -> Result<(), WriteError> {
        let hash_at = personal.and_then(|blob| elidable(bytes, blob));
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
        match (personal, hash_at) {
            (Some(blob), Some(at)) => {
                let at_bytes = u16::try_from(at).unwrap_or(u16::MAX).to_be_bytes();
                self.item(
                    TAG_ENTRY,
                    &[&[2], &len, &at_bytes, &bytes[..at], &bytes[at + 32..], blob],
                )?;
            }
            (Some(blob), None) => self.item(TAG_ENTRY, &[&[1], &len, bytes, blob])?,
            (None, _) => self.item(TAG_ENTRY, &[&[0], &len, bytes])?,
        }
        self.unflushed += 1;
        if self.unflushed >= FLUSH_EVERY_ENTRIES {
            self.encoder.flush()?;
            self.unflushed = 0;
        }
        Ok(())
    }

    /// Adds a signed note.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn checkpoint(&mut self, note: &str) -> Result<(), WriteError> {
        self.item(TAG_CHECKPOINT, &[note.as_bytes()])
    }

    /// Adds a journal record.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn record(&mut self, position: Position, bytes: &[u8]) -> Result<(), WriteError> {
        self.item(TAG_RECORD, &[&position.0.to_be_bytes(), bytes])
    }

    /// Compressed bytes that have left the compressor so far.
    #[must_use]
    pub fn compressed_bytes(&self) -> usize {
        self.encoder.get_ref().len()
    }

    /// Whether the body has unfolded far enough that no entry should be added.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.raw >= BODY_RAW_BYTES_TARGET
    }

    /// Ends a page.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn end(mut self, end: &PageEnd) -> Result<Vec<u8>, WriteError> {
        let bytes = crate::message::encode(end);
        self.item(TAG_END, &[&bytes])?;
        self.finish()
    }

    /// Ends the body.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn finish(self) -> Result<Vec<u8>, WriteError> {
        Ok(self.encoder.finish()?)
    }
}

/// Where the personal hash stands in the event, if it really is this blob's.
fn elidable(bytes: &[u8], blob: &[u8]) -> Option<usize> {
    let event = Event::decode(bytes).ok()?;
    let at = event.personal_hash_at?;
    (event.header.personal?.sha256 == <[u8; 32]>::from(Sha256::digest(blob))).then_some(at)
}

/// Reads the items of a body one after another and hands each to `take`.
///
/// Returns `Ok(())` at a proper end. Items before an error have been handed over; a body that was cut
/// short ends in [`FrameError::Truncated`].
///
/// # Errors
/// [`FrameError`]; or whatever `take` returns.
pub fn read<E: From<FrameError>>(body: &[u8], mut take: impl FnMut(Item) -> Result<(), E>) -> Result<(), E> {
    let mut items = Items::new(body)?;
    while let Some(item) = items.next()? {
        take(item)?;
    }
    Ok(())
}

struct Items<'a> {
    decoder: std::io::Take<zstd::stream::read::Decoder<'static, &'a [u8]>>,
    payload: Vec<u8>,
}

impl<'a> Items<'a> {
    fn new(body: &'a [u8]) -> Result<Self, FrameError> {
        let broken = |e: std::io::Error| FrameError::Zstd(e.to_string());
        let mut decoder = zstd::stream::read::Decoder::with_buffer(body)
            .map_err(broken)?
            .single_frame();
        decoder.window_log_max(WINDOW_LOG_MAX).map_err(broken)?;
        let mut items = Self {
            decoder: decoder.take(BODY_RAW_BYTES_MAX as u64 + 1),
            payload: Vec::new(),
        };
        let mut magic = [0; 8];
        if items.fill(&mut magic)? < magic.len() {
            return Err(FrameError::Truncated);
        }
        if magic == *MAGIC {
            Ok(items)
        } else {
            Err(FrameError::Magic)
        }
    }

    /// Reads until `buffer` is full or the body ends; returns how much was read.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FrameError> {
        let mut at = 0;
        while at < buffer.len() {
            match self.decoder.read(&mut buffer[at..]) {
                Ok(0) if self.decoder.limit() == 0 => return Err(FrameError::Bomb),
                Ok(0) => break,
                Ok(n) => at += n,
                Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Err(FrameError::Truncated),
                Err(e) => return Err(FrameError::Zstd(e.to_string())),
            }
        }
        Ok(at)
    }

    fn next(&mut self) -> Result<Option<Item>, FrameError> {
        let mut head = [0; 5];
        match self.fill(&mut head)? {
            0 => return Ok(None),
            5 => {}
            _ => return Err(FrameError::Truncated),
        }
        let len = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let max = if head[0] == TAG_END {
            MESSAGE_BYTES_MAX
        } else {
            ITEM_BYTES_MAX
        };
        if len > max {
            return Err(FrameError::ItemTooLong { len, max });
        }
        let mut payload = std::mem::take(&mut self.payload);
        payload.resize(len + 4, 0);
        let read = self.fill(&mut payload)?;
        if read < payload.len() {
            return Err(FrameError::Truncated);
        }
        let (body, crc) = payload.split_at(len);
        if crc32c::crc32c_append(crc32c::crc32c(&head), body).to_be_bytes() != crc {
            return Err(FrameError::Checksum);
        }
        let item = parse(head[0], body)?;
        self.payload = payload;
        Ok(Some(item))
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().map(u64::from_be_bytes).ok()
}

fn parse(tag: u8, payload: &[u8]) -> Result<Item, FrameError> {
    match tag {
        TAG_RANGE if payload.len() == 24 => {
            let origin = Origin::from_slice(&payload[..16]).map_err(|_| FrameError::Item("range"))?;
            let first = number(&payload[16..])
                .and_then(|n| Sequence::new(n).ok())
                .ok_or(FrameError::Item("range"))?;
            Ok(Item::Range { origin, first })
        }
        TAG_ENTRY => entry(payload).ok_or(FrameError::Item("entry")),
        TAG_CHECKPOINT => match std::str::from_utf8(payload) {
            Ok(note) => Ok(Item::Checkpoint(note.to_owned())),
            Err(_) => Err(FrameError::Item("checkpoint")),
        },
        TAG_RECORD if payload.len() >= 8 => {
            let position = number(&payload[..8]).map(Position).ok_or(FrameError::Item("record"))?;
            Ok(Item::Record {
                position,
                bytes: payload[8..].to_vec(),
            })
        }
        TAG_END => crate::message::decode(payload)
            .map(Item::End)
            .map_err(|_| FrameError::Item("end of page")),
        _ => Err(FrameError::Item("unknown tag")),
    }
}

fn entry(payload: &[u8]) -> Option<Item> {
    let (form, rest) = payload.split_first()?;
    let (len, rest) = rest.split_first_chunk::<2>()?;
    let len = usize::from(u16::from_be_bytes(*len));
    if len > event::bounds::EVENT_BYTES_MAX {
        return None;
    }
    match form {
        0 => (rest.len() == len).then(|| Item::Entry {
            bytes: rest.to_vec(),
            personal: None,
        }),
        1 => {
            let (bytes, blob) = rest.split_at_checked(len)?;
            blob_fits(blob).then(|| Item::Entry {
                bytes: bytes.to_vec(),
                personal: Some(blob.to_vec()),
            })
        }
        2 => {
            let (at, rest) = rest.split_first_chunk::<2>()?;
            let at = usize::from(u16::from_be_bytes(*at));
            let without = len.checked_sub(32).filter(|without| at <= *without)?;
            let (cut, blob) = rest.split_at_checked(without)?;
            let mut bytes = Vec::with_capacity(len);
            bytes.extend_from_slice(&cut[..at]);
            bytes.extend_from_slice(&Sha256::digest(blob));
            bytes.extend_from_slice(&cut[at..]);
            blob_fits(blob).then(|| Item::Entry {
                bytes,
                personal: Some(blob.to_vec()),
            })
        }
        _ => None,
    }
}

const fn blob_fits(blob: &[u8]) -> bool {
    blob.len() <= event::bounds::PERSONAL_BYTES_MAX
}
