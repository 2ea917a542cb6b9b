//! Reading a push: unfolded, its blobs matched with what the events name, before the writer's turn.

use event::{Event, Origin, Personal};
use event_log::LogEntry;
use sync::frame::{FrameError, Item};
use sync::limits::PUSH_EVENTS_MAX;

use crate::Refusal;

/// The body of a push, read as far as it goes. Nothing of it is believed yet.
pub struct Push {
    pub(crate) origin: Origin,
    /// Sequence of the first entry; at least 1.
    pub(crate) first: u64,
    pub(crate) entries: Vec<LogEntry>,
    /// The origin's checkpoint, if the body came that far.
    pub(crate) note: Option<String>,
    /// Size of the journal's checkpoint that the sender knows; 0 if it knows none.
    pub(crate) seen: u64,
}

enum ReadError {
    Frame(FrameError),
    Refused(Refusal),
}

impl From<FrameError> for ReadError {
    fn from(error: FrameError) -> Self {
        Self::Frame(error)
    }
}

impl Push {
    /// Reads a push to the log of `origin`. `body` may be the beginning of a body whose connection was cut.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] and [`Refusal::TooLarge`] for what is no push, or a beginning too short to name its range.
    pub fn read(origin: Origin, body: &[u8]) -> Result<Self, Refusal> {
        let mut push = Self {
            origin,
            first: 0,
            entries: Vec::new(),
            note: None,
            seen: 0,
        };
        let end = sync::frame::read(body, |item| push.take(item).map_err(ReadError::Refused));
        match end {
            Err(ReadError::Refused(refusal)) => Err(refusal),
            Err(ReadError::Frame(error)) if push.first == 0 => Err(error.into()),
            Ok(()) if push.first == 0 => Err(Refusal::Malformed("an empty push".to_owned())),
            Ok(()) | Err(ReadError::Frame(_)) => Ok(push),
        }
    }

    /// The push of a sender that knows the journal's checkpoint of this size: the answer proves that the journal
    /// goes on from there.
    #[must_use]
    pub fn seen_at(self, seen: u64) -> Self {
        Self { seen, ..self }
    }

    fn take(&mut self, item: Item) -> Result<(), Refusal> {
        match item {
            Item::Range { origin: named, first } if self.first == 0 && named == self.origin => {
                self.first = first.get();
                Ok(())
            }
            Item::Entry { bytes, personal } if self.first > 0 && self.note.is_none() => {
                if self.entries.len() == PUSH_EVENTS_MAX {
                    return Err(Refusal::TooLarge(format!(
                        "a push ends at most {PUSH_EVENTS_MAX} events after the last"
                    )));
                }
                let personal = personal.filter(|blob| names(&bytes, blob));
                self.entries.push(LogEntry { bytes, personal });
                Ok(())
            }
            Item::Checkpoint(note) if self.first > 0 && self.note.is_none() => {
                self.note = Some(note);
                Ok(())
            }
            _ => Err(Refusal::Malformed(
                "a push is one range, its entries, and a checkpoint".to_owned(),
            )),
        }
    }

    /// Sequence of the last entry; `first` less one if there is none.
    pub(crate) fn last(&self) -> u64 {
        self.first + self.entries.len() as u64 - 1
    }
}

/// Whether the event names this very blob. A blob that it does not name is left out; the entry counts without it.
fn names(bytes: &[u8], blob: &[u8]) -> bool {
    let named = Event::decode(bytes).ok().and_then(|event| event.header.personal);
    named == Some(Personal::reference_of(blob))
}
