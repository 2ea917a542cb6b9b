//! What was recorded under which form: a form that is sent twice records once, and is told so.
//!
//! This is only the friendly half. It forgets when the hub restarts, and the oldest forms when there are many; what a form
//! asks for after that is refused because the request no longer stands as the form says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use event::{EntityId, EventId, PersonId};
use sha2::{Digest as _, Sha256};

/// Most forms that are remembered.
const FORMS_MAX: usize = 4_096;

/// The forms that recorded something.
#[derive(Debug, Default)]
pub(crate) struct Once(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    events: BTreeMap<[u8; 32], EventId>,
    order: VecDeque<[u8; 32]>,
}

/// What a form did about one request, for one person.
pub(crate) fn key(form: &str, request: EntityId, person: PersonId) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(request.to_bytes());
    hash.update(person.to_bytes());
    hash.update(form.as_bytes());
    hash.finalize().into()
}

impl Once {
    /// What was recorded under a key.
    pub(crate) fn get(&self, key: &[u8; 32]) -> Option<EventId> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.events.get(key).copied()
    }

    /// Remembers it; the oldest goes where there are too many.
    pub(crate) fn put(&self, key: [u8; 32], event: EventId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.events.insert(key, event).is_none() {
            known.order.push_back(key);
        }
        while known.order.len() > FORMS_MAX {
            if let Some(oldest) = known.order.pop_front() {
                known.events.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_remembers_the_newest_forms_and_tells_people_and_requests_apart() {
        let once = Once::default();
        let (request, person) = (EntityId::from_bytes([1; 16]), PersonId::from_bytes([2; 16]));
        let event = EventId::from_bytes([3; 16]);
        let first = key("0", request, person);
        assert_ne!(first, key("0", EntityId::from_bytes([9; 16]), person));
        assert_ne!(first, key("0", request, PersonId::from_bytes([9; 16])));
        for number in 0..=FORMS_MAX {
            once.put(key(&number.to_string(), request, person), event);
        }
        assert_eq!(once.get(&first), None);
        assert_eq!(once.get(&key("1", request, person)), Some(event));
    }
}
