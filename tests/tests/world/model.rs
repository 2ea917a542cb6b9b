//! What must be true in the end, computed from nothing but what the machines acknowledged. Shares no
//! code with the ledger or the protocol.

use std::collections::{BTreeMap, BTreeSet};

use event::{Event, EventId, Origin, Sequence, UnitCode};
use event_log::{LogRead, MemStore};
use hub::Hub;
use sync::record::JournalRecord;

/// What somebody was told had been saved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// Fact → (unit, what it was about).
    saved: BTreeMap<EventId, (UnitCode, [u8; 16])>,
}

impl Model {
    pub(crate) fn saved(&mut self, id: EventId, unit: UnitCode, subject: [u8; 16]) {
        let before = self.saved.insert(id, (unit, subject));
        assert!(
            before.is_none_or(|known| known == (unit, subject)),
            "one identity was given to two facts: {id} {unit} {subject:02x?}, before {before:02x?}"
        );
    }

    /// A disk went up in flames: what only it held is nobody's fault.
    pub(crate) fn lost_with_a_disk(&mut self, ids: &BTreeSet<EventId>) {
        self.saved.retain(|id, _| !ids.contains(id));
    }

    pub(crate) fn len(&self) -> usize {
        self.saved.len()
    }

    /// Everything saved is receipted at the hub, as what it was, and counted once.
    pub(crate) fn check(&self, hub: &Hub<MemStore>) {
        let receipted = receipted(hub);
        for (id, (unit, subject)) in &self.saved {
            let copies = receipted
                .get(id)
                .unwrap_or_else(|| panic!("{id} was saved and has disappeared"));
            for copy in copies {
                assert_eq!(
                    (copy.unit, copy.subject),
                    (*unit, *subject),
                    "{id} has become something else"
                );
            }
        }
        let known: BTreeSet<_> = self.saved.keys().copied().collect();
        let extra: Vec<_> = receipted.keys().filter(|id| !known.contains(id)).collect();
        // Facts that a machine wrote whose answer was lost (the commit's outcome was unknown) may be there; nothing else.
        assert!(
            extra.len() <= receipted.len() / 2 + 8,
            "{} facts at the hub that nobody saved",
            extra.len()
        );
    }
}

#[derive(Debug)]
#[expect(dead_code, reason = "read by Debug when a fact was written twice")]
pub(crate) struct Fact {
    pub(crate) unit: UnitCode,
    pub(crate) subject: [u8; 16],
    pub(crate) origin: Origin,
    pub(crate) carried: bool,
}

/// Every receipted fact, by identity, read from the hub's log by hand: journal, receipts, ranges.
pub(crate) fn receipted(hub: &Hub<MemStore>) -> BTreeMap<EventId, Vec<Fact>> {
    let registry = hub.registry();
    let mut sizes: BTreeMap<Origin, u64> = BTreeMap::new();
    let mut last_ms = 0;
    let frozen = registry.frozen.iter().map(|frozen| (frozen.journal, frozen.size.0));
    for (journal, end) in frozen.chain([(registry.journal, u64::MAX)]) {
        hub.store()
            .scan(journal.into(), Sequence::FIRST, &mut |at, bytes, _| {
                if at.leaf_index() >= end {
                    return std::ops::ControlFlow::Break(());
                }
                let record = JournalRecord::decode(bytes).expect("the hub reads its own journal");
                assert!(record.at_ms() > last_ms, "the journal's time does not move forward");
                last_ms = record.at_ms();
                if let JournalRecord::Receipt {
                    origin, first, size, ..
                } = record
                {
                    let before = sizes.entry(origin).or_default();
                    assert!(first.leaf_index() <= *before, "receipts of {origin} have a gap");
                    *before = (*before).max(size);
                }
                std::ops::ControlFlow::Continue(())
            })
            .expect("the journal can be read");
    }
    let mut facts: BTreeMap<EventId, Vec<Fact>> = BTreeMap::new();
    for (origin, size) in sizes {
        let mut last: Option<EventId> = None;
        hub.store()
            .scan(origin.into(), Sequence::FIRST, &mut |at, bytes, _| {
                if at.get() > size {
                    return std::ops::ControlFlow::Break(());
                }
                let event = Event::decode(bytes).expect("the world writes events that can be read");
                let header = event.header;
                assert_eq!(
                    (header.origin, header.sequence),
                    (origin, at),
                    "an entry stands in a wrong place"
                );
                if header.carried_from.is_none() {
                    assert!(
                        last.is_none_or(|last| header.id > last),
                        "identities of {origin} go backwards"
                    );
                    last = Some(header.id);
                }
                facts.entry(header.id).or_default().push(Fact {
                    unit: header.unit,
                    subject: header.subject.id.to_bytes(),
                    origin,
                    carried: header.carried_from.is_some(),
                });
                std::ops::ControlFlow::Continue(())
            })
            .expect("the log can be read");
    }
    // Counted once: a fact that stands in several logs was carried over, and says so in all but one.
    for (id, copies) in &facts {
        let first_written = copies.iter().filter(|copy| !copy.carried).count();
        assert!(first_written <= 1, "{id} was written twice: {copies:?}");
    }
    facts
}
