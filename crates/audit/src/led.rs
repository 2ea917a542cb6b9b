//! The leads of a mirror: the rules of the crate `leads`, asked of everything that is here.

use diff::Standing;
use leads::{Gathered, Record};

use crate::AuditError;
use crate::opened::{Archive, Entries as _, Knowledge, Known};

/// What the rules read, and the ledgers beside it.
#[derive(Debug)]
pub struct Led {
    /// The ledgers.
    pub known: Known,
    /// What the rules look at.
    pub history: leads::History,
}

impl Led {
    /// Reads a mirror once. Personal parts are looked into for who is away, where they are here; no word of them is kept.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub fn read(archive: &Archive, progress: &mut dyn FnMut(u64, u64)) -> Result<Self, AuditError> {
        let mut gathered = Gathered::new();
        let mut visit = |standing: &Standing, bytes: &[u8]| add(&mut gathered, standing, bytes);
        let known = archive.known(Knowledge::Everything, &mut visit, progress)?;
        gathered.fetch_personal(|origin, sequence| {
            let entry = archive.entry(origin, sequence)?;
            Ok::<_, AuditError>(entry.and_then(|entry| entry.personal))
        })?;
        let notes = archive.log_notes(&known.book)?;
        let records: Vec<Record<'_>> = gathered.records().collect();
        let history = leads::History::read(&known.ledger, records, notes, archive.journals());
        Ok(Self { known, history })
    }
}

pub(crate) fn add(gathered: &mut Gathered, standing: &Standing, bytes: &[u8]) {
    let place = (standing.origin, standing.sequence);
    gathered.add(bytes, place, standing.author(), standing.receipt);
}
