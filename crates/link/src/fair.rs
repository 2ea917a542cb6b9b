//! Admission of pushes: one machine cannot take the hub from the others.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Problem, ProblemKind};

/// Buffered bytes are counted in units of this many.
const UNIT_BYTES: u64 = 1_024;

/// How much a [`Gate`] lets in.
#[derive(Clone, Debug)]
pub struct GateLimits {
    /// Pushes worked on at once.
    pub running_max: usize,
    /// Pushes inside the gate at once, worked on or waiting. Beyond it: `busy`.
    pub inside_max: usize,
    /// Pushes of one origin inside the gate at once: one worked on, the rest waiting behind it. Beyond it: `rate-limited`.
    pub inside_per_origin_max: usize,
    /// Bytes of pushes that are worked on at once.
    pub bytes_max: u64,
    /// Shortest wait that a refusal asks for, in seconds.
    pub retry_after_s: u32,
    /// By how much the wait is spread, in seconds, so that those refused together do not return together.
    pub retry_spread_s: u32,
}

impl Default for GateLimits {
    fn default() -> Self {
        Self {
            running_max: 8,
            inside_max: 256,
            inside_per_origin_max: 2,
            bytes_max: 32 * 1024 * 1024,
            retry_after_s: 5,
            retry_spread_s: 25,
        }
    }
}

/// Lets pushes in, first come first served across origins and one at a time per origin.
///
/// An origin's further pushes wait behind its own first and take no place in the common queue
/// meanwhile, so a heavy origin gets its turn as often as a light one and no oftener.
#[derive(Debug)]
pub struct Gate<K> {
    limits: GateLimits,
    inside: Arc<Semaphore>,
    running: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    lanes: Lanes<K>,
}

type Lanes<K> = Arc<Mutex<HashMap<K, Lane>>>;

#[derive(Debug)]
struct Lane {
    turn: Arc<Semaphore>,
    inside: usize,
}

/// A push that was let in; its room is free again when this is dropped.
#[derive(Debug)]
pub struct Pass<K: Eq + Hash> {
    _bytes: OwnedSemaphorePermit,
    _running: OwnedSemaphorePermit,
    _turn: OwnedSemaphorePermit,
    _place: Place<K>,
    _inside: OwnedSemaphorePermit,
}

impl<K: Clone + Eq + Hash> Gate<K> {
    /// A gate with these limits.
    #[must_use]
    pub fn new(limits: GateLimits) -> Self {
        let units = usize::try_from(limits.bytes_max.div_ceil(UNIT_BYTES)).unwrap_or(usize::MAX);
        Self {
            inside: Arc::new(Semaphore::new(limits.inside_max)),
            running: Arc::new(Semaphore::new(limits.running_max)),
            bytes: Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))),
            lanes: Arc::default(),
            limits,
        }
    }

    /// Waits for this origin's turn and for room for a body of this many bytes. `entropy` spreads the
    /// waits that refusals ask for. Dropping the future gives up the place.
    ///
    /// # Errors
    /// A [`Problem`], at once and never after waiting: `rate-limited` when the origin has too much
    /// inside already, `busy` when everybody together has, `too-large` when the body can never fit.
    pub async fn admit(&self, origin: K, bytes: u64, entropy: u32) -> Result<Pass<K>, Problem> {
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        if bytes > self.limits.bytes_max {
            let detail = format!("at most {} bytes", self.limits.bytes_max);
            return Err(Problem::new(ProblemKind::TooLarge, detail).at_most_bytes(self.limits.bytes_max));
        }
        let refused = |kind, detail: &str| Problem::new(kind, detail).after_s(self.wait_s(entropy));
        let (place, turn) = Place::take(&self.lanes, origin, self.limits.inside_per_origin_max).ok_or_else(|| {
            refused(
                ProblemKind::RateLimited,
                "earlier pushes of this origin are not finished",
            )
        })?;
        let full = |_| refused(ProblemKind::Busy, "too many pushes are waiting");
        let inside = self.inside.clone().try_acquire_owned().map_err(full)?;
        // The semaphores below are never closed: their errors cannot occur, and would mean "busy".
        let closed = |_| refused(ProblemKind::Busy, "the hub is closing");
        let turn = turn.acquire_owned().await.map_err(closed)?;
        let running = self.running.clone().acquire_owned().await.map_err(closed)?;
        let bytes = self.bytes.clone().acquire_many_owned(units).await.map_err(closed)?;
        Ok(Pass {
            _bytes: bytes,
            _running: running,
            _turn: turn,
            _place: place,
            _inside: inside,
        })
    }

    /// Pushes inside the gate now, worked on or waiting.
    #[must_use]
    pub fn inside(&self) -> usize {
        self.limits.inside_max - self.inside.available_permits()
    }

    /// Origins with a push inside the gate now.
    #[must_use]
    pub fn origins(&self) -> usize {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn wait_s(&self, entropy: u32) -> u32 {
        let spread = self.limits.retry_spread_s.saturating_add(1);
        self.limits.retry_after_s.saturating_add(entropy % spread)
    }
}

/// One push's place in its origin's lane, given back when dropped.
#[derive(Debug)]
struct Place<K: Eq + Hash> {
    lanes: Lanes<K>,
    origin: K,
}

impl<K: Clone + Eq + Hash> Place<K> {
    fn take(lanes: &Lanes<K>, origin: K, most: usize) -> Option<(Self, Arc<Semaphore>)> {
        let mut open = lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let new_lane = || Lane {
            turn: Arc::new(Semaphore::new(1)),
            inside: 0,
        };
        let lane = open.entry(origin.clone()).or_insert_with(new_lane);
        if lane.inside >= most.max(1) {
            return None;
        }
        lane.inside += 1;
        let turn = lane.turn.clone();
        drop(open);
        Some((
            Self {
                lanes: lanes.clone(),
                origin,
            },
            turn,
        ))
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut open = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = open.get_mut(&self.origin) {
            lane.inside -= 1;
            if lane.inside == 0 {
                open.remove(&self.origin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    type Admitted = Result<Pass<u8>, Problem>;

    /// One look at a future, without waiting.
    fn look(future: Pin<&mut impl Future<Output = Admitted>>) -> Option<Admitted> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        }
    }

    fn gate(running_max: usize, inside_max: usize) -> Gate<u8> {
        Gate::new(GateLimits {
            running_max,
            inside_max,
            bytes_max: 4 * UNIT_BYTES,
            ..GateLimits::default()
        })
    }

    #[test]
    fn an_origin_has_one_push_running_one_waiting_and_no_third() {
        let gate = gate(8, 8);
        let first = look(pin!(gate.admit(1, 10, 0))).unwrap().unwrap();
        let mut second = pin!(gate.admit(1, 10, 0));
        assert!(look(second.as_mut()).is_none(), "one at a time");
        let third = look(pin!(gate.admit(1, 10, 7))).unwrap().unwrap_err();
        assert_eq!(
            (third.kind(), third.retry_after_s),
            (Some(ProblemKind::RateLimited), Some(5 + 7))
        );
        assert!(
            look(pin!(gate.admit(2, 10, 0))).unwrap().is_ok(),
            "others are not kept waiting"
        );
        drop(first);
        assert!(look(second.as_mut()).unwrap().is_ok());
    }

    #[test]
    fn a_heavy_origin_waits_for_its_own_and_not_before_the_others() {
        let gate = gate(1, 8);
        let first = look(pin!(gate.admit(1, 10, 0))).unwrap().unwrap();
        let mut again = pin!(gate.admit(1, 10, 0));
        let mut light = pin!(gate.admit(2, 10, 0));
        assert!(look(again.as_mut()).is_none() && look(light.as_mut()).is_none());
        drop(first);
        assert!(
            look(again.as_mut()).is_none(),
            "its turn comes behind the light one, though it asked first"
        );
        let light = look(light.as_mut()).unwrap().unwrap();
        drop(light);
        assert!(look(again.as_mut()).unwrap().is_ok());
    }

    #[test]
    fn bytes_are_bounded_together_and_alone() {
        let gate = gate(8, 8);
        let big = look(pin!(gate.admit(1, 3 * UNIT_BYTES, 0))).unwrap().unwrap();
        let mut other = pin!(gate.admit(2, 2 * UNIT_BYTES, 0));
        assert!(look(other.as_mut()).is_none());
        let never = look(pin!(gate.admit(3, 4 * UNIT_BYTES + 1, 0))).unwrap().unwrap_err();
        assert_eq!(
            (never.kind(), never.fields.max_bytes),
            (Some(ProblemKind::TooLarge), Some(4 * UNIT_BYTES))
        );
        drop(big);
        assert!(look(other.as_mut()).unwrap().is_ok());
    }

    #[test]
    fn a_full_gate_says_busy_and_whoever_leaves_gives_the_place_up() {
        let gate = gate(1, 2);
        let first = look(pin!(gate.admit(1, 10, 0))).unwrap().unwrap();
        {
            let mut second = pin!(gate.admit(2, 10, 0));
            assert!(look(second.as_mut()).is_none());
            let third = look(pin!(gate.admit(3, 10, u32::MAX))).unwrap().unwrap_err();
            assert_eq!(third.kind(), Some(ProblemKind::Busy));
            assert!(third.retry_after_s.is_some_and(|seconds| (5..=30).contains(&seconds)));
            assert_eq!((gate.inside(), gate.origins()), (2, 2));
        }
        assert_eq!((gate.inside(), gate.origins()), (1, 1), "the second went away");
        drop(first);
        assert_eq!((gate.inside(), gate.origins()), (0, 0));
    }
}
