//! Entries held in one piece of memory, for a reader that sees each only for a moment.

use std::ops::Range;

use event::{Event, Kind, Origin, Sequence};
use ledger::{Author, Receipt};

use crate::Record;

/// Receipted entries, gathered one by one.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    bytes: Vec<u8>,
    kept: Vec<Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    at: Range<usize>,
    personal: Option<Range<usize>>,
    wants_personal: bool,
    origin: Origin,
    sequence: Sequence,
    author: Author,
    receipt: Receipt,
}

impl Gathered {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a copy of an entry.
    pub fn add(&mut self, bytes: &[u8], (origin, sequence): (Origin, Sequence), author: Author, receipt: Receipt) {
        // Only R14 looks into personal parts, for who is away.
        let is_wanted =
            |event: Event<'_>| event.header.kind == Kind::HOUSEHOLD_CHANGED && event.header.personal.is_some();
        let wants_personal = Event::decode(bytes).is_ok_and(is_wanted);
        let at = self.copy(bytes);
        self.kept.push(Kept {
            at,
            personal: None,
            wants_personal,
            origin,
            sequence,
            author,
            receipt,
        });
    }

    /// Fetches the personal parts that a rule looks into, where the reader has them.
    ///
    /// # Errors
    /// What `of` fails with.
    pub fn fetch_personal<E>(
        &mut self,
        mut of: impl FnMut(Origin, Sequence) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<(), E> {
        for at in 0..self.kept.len() {
            let one = &self.kept[at];
            if !one.wants_personal {
                continue;
            }
            if let Some(bytes) = of(one.origin, one.sequence)? {
                let personal = self.copy(&bytes);
                self.kept[at].personal = Some(personal);
            }
        }
        Ok(())
    }

    fn copy(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    /// The entries, as [`crate::History::read`] takes them.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.kept.iter().map(|one| Record {
            bytes: &self.bytes[one.at.clone()],
            personal: one.personal.clone().map(|at| &self.bytes[at]),
            origin: one.origin,
            sequence: one.sequence,
            author: one.author,
            receipt: one.receipt,
        })
    }
}
