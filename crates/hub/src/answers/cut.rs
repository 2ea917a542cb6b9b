//! Up to which record of the journals something was known.

use event::{Position, Sequence};
use event_log::{LogId, LogRead, StoreError};
use sync::record::JournalRecord;

use crate::Desk;

/// Records looked back over at most where one cannot be read: those of a later version are as old as the one before.
const LOOK_BACK_MAX: u64 = 1_024;

/// The last record that the hub had written by an instant, in milliseconds; counted over all journals. The times of a
/// journal's records never go back, so few are read.
///
/// # Errors
/// The store's own.
pub(crate) fn last_by(desk: &Desk, until_ms: u64) -> Result<Option<Position>, StoreError> {
    let journals: Vec<(LogId, u64)> = {
        let registry = desk.registry();
        let frozen = registry
            .frozen
            .iter()
            .map(|frozen| (frozen.journal.into(), frozen.size.0));
        let current: LogId = registry.journal.into();
        frozen.chain([(current, desk.log.head(current).size)]).collect()
    };
    let (mut base, mut last) = (0, None);
    for (journal, size) in journals {
        let (mut low, mut high) = (0, size);
        while low < high {
            let middle = low + (high - low) / 2;
            if at_ms(&*desk.log, journal, middle)? <= until_ms {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if low > 0 {
            last = Some(Position(base + low - 1));
        }
        base += size;
    }
    Ok(last)
}

/// The time of a record; of one that cannot be read that of the one before it.
fn at_ms(log: &dyn LogRead, journal: LogId, index: u64) -> Result<u64, StoreError> {
    for back in 0..LOOK_BACK_MAX.min(index + 1) {
        let entry = log.read(journal, Sequence::after_size(index - back), 1, usize::MAX)?;
        let record = entry.first().and_then(|entry| JournalRecord::decode(&entry.bytes).ok());
        if let Some(record) = record {
            return Ok(record.at_ms());
        }
    }
    Ok(0)
}
