//! What a node must do about one of its logs after the hub's answer to its hello. Pure: it looks at
//! sizes and roots, never at times.

use crate::message::{HubLog, LogState};

/// The hub's log and ours, compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The hub has nothing of it, or a beginning of ours: push from here on.
    Extends {
        /// Receipted size at the hub.
        received: u64,
        /// Size from which to push: behind what is staged, where the stage is a beginning of ours too.
        push_from: u64,
    },
    /// Ours is a beginning of the hub's: this node came back from a backup.
    HubAhead {
        /// Size at the hub.
        hub_size: u64,
    },
    /// Both begin alike and part somewhere.
    Diverged {
        /// Size at the hub.
        hub_size: u64,
    },
}

/// Compares our log with the hub's. `root_at` gives our own root at a size that is not beyond ours.
///
/// # Errors
/// Whatever `root_at` returns.
pub fn compare<E>(
    ours: &LogState,
    hub: Option<&HubLog>,
    mut root_at: impl FnMut(u64) -> Result<[u8; 32], E>,
) -> Result<Relation, E> {
    let Some(hub) = hub else {
        return Ok(Relation::Extends {
            received: 0,
            push_from: 0,
        });
    };
    if hub.size > ours.size {
        let same = hub.root_at_yours.is_some_and(|root| root == ours.root);
        return Ok(if same {
            Relation::HubAhead { hub_size: hub.size }
        } else {
            Relation::Diverged { hub_size: hub.size }
        });
    }
    if root_at(hub.size)? != *hub.root {
        return Ok(Relation::Diverged { hub_size: hub.size });
    }
    let stage_is_ours = hub.staged > hub.size && hub.staged <= ours.size && root_at(hub.staged)? == *hub.staged_root;
    Ok(Relation::Extends {
        received: hub.size,
        push_from: if stage_is_ours { hub.staged } else { hub.size },
    })
}

/// A search for the greatest size at which two logs still agree, one question at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bisect {
    agreed: u64,
    differs: u64,
}

impl Bisect {
    /// Both logs agree at size 0; they differ at `min(ours, hub)`, which a comparison has shown.
    #[must_use]
    pub const fn between(ours: u64, hub: u64) -> Self {
        Self {
            agreed: 0,
            differs: if ours < hub { ours } else { hub },
        }
    }

    /// A search whose answer is known already.
    #[must_use]
    pub const fn settled(agreed: u64) -> Self {
        Self {
            agreed,
            differs: agreed + 1,
        }
    }

    /// The size to compare next, or `None` when [`Bisect::agreed`] is the answer.
    #[must_use]
    pub const fn ask(&self) -> Option<u64> {
        if self.differs - self.agreed <= 1 {
            None
        } else {
            Some(self.agreed + (self.differs - self.agreed) / 2)
        }
    }

    /// Takes an answer to the size asked for last.
    pub const fn answer(&mut self, size: u64, equal: bool) {
        if equal {
            self.agreed = size;
        } else {
            self.differs = size;
        }
    }

    /// Greatest size known to agree.
    #[must_use]
    pub const fn agreed(&self) -> u64 {
        self.agreed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bisect_finds_every_parting_point() {
        for size in 1..70_u64 {
            for parts_at in 0..size {
                let mut bisect = Bisect::between(size, size + 3);
                let mut questions = 0;
                while let Some(ask) = bisect.ask() {
                    bisect.answer(ask, ask <= parts_at);
                    questions += 1;
                }
                assert_eq!(bisect.agreed(), parts_at);
                assert!(questions <= 7);
            }
        }
    }
}
