//! Logs, receipts and deliveries, in memory: two installations write, a township receipts in random batches.

use event::{BootId, ClockQuality, Draft, Entry, EventId, Origin, Position, Sequence, Stamp};
use ledger::{Author, Ledger, Receipt};

/// Random numbers (SplitMix64): the same seed gives the same deliveries everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, usize::try_from(self.below(at as u64 + 1)).unwrap());
        }
    }
}

/// One entry of one log, and the journal record that covers it.
#[derive(Clone)]
pub(crate) struct Given {
    bytes: Vec<u8>,
    log: Origin,
    pub(crate) sequence: Sequence,
    pub(crate) receipt: Receipt,
}

/// 2026-11-01T00:00:00Z: when both installations import.
const IMPORTED_MS: u64 = 1_793_491_200_000;
/// The greatest push, in entries.
const BATCH_MAX: u64 = 900;

/// Writes drafts into a log, one a millisecond; both logs were written at the same time.
pub(crate) fn write(drafts: &[Draft], log: Origin) -> Vec<Given> {
    let entry = |(index, draft): (usize, &Draft)| {
        let (at, sequence) = (index as u64, Sequence::after_size(index as u64));
        let stamp = Stamp {
            origin: log,
            sequence,
            id: EventId::from_parts(IMPORTED_MS + at, u128::from(log.to_bytes()[0])).unwrap(),
            clock: ClockQuality::Ntp,
            wall_ms: IMPORTED_MS + at,
            mono_ms: at,
            boot: BootId([log.to_bytes()[0]; 8]),
            seen: None,
        };
        Given {
            bytes: Entry::write(draft, &stamp, [0; 16]).unwrap().bytes,
            log,
            sequence,
            receipt: Receipt {
                position: Position(0),
                received_at_ms: 0,
            },
        }
    };
    drafts.iter().enumerate().map(entry).collect()
}

/// The township receipts the logs in random batches; the logs take turns at random, each in its own order.
pub(crate) fn receipt(logs: &[Vec<Given>], dice: &mut Dice) -> Vec<Vec<Given>> {
    let mut rest: Vec<&[Given]> = logs.iter().map(Vec::as_slice).collect();
    let mut batches = Vec::new();
    while !rest.is_empty() {
        let at = usize::try_from(dice.below(rest.len() as u64)).unwrap();
        let size = usize::try_from(1 + dice.below(BATCH_MAX)).unwrap().min(rest[at].len());
        let (batch, left) = rest[at].split_at(size);
        let position = batches.len() as u64;
        let receipt = Receipt {
            position: Position(position),
            received_at_ms: IMPORTED_MS + 3_600_000 + position * 1_000,
        };
        batches.push(batch.iter().cloned().map(|given| Given { receipt, ..given }).collect());
        rest[at] = left;
        rest.retain(|log| !log.is_empty());
    }
    batches
}

pub(crate) fn deliver(ledger: &mut Ledger, batch: &[Given]) {
    for given in batch {
        ledger.apply(&given.bytes, given.log, given.sequence, Author::Village, given.receipt);
    }
}
