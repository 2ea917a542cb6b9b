//! What this crate asks of a key-value engine: little enough that another can take its place.

use std::collections::BTreeMap;

use crate::StoreError;

/// Changes of one commit by key; `None` removes. Sorted, so that both engines see the same order.
pub(crate) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A key and its value, as the engine holds them.
pub(crate) type Pair<S> = (S, S);

/// The engine failed: after this nothing it says is relied upon until it is opened again.
#[derive(Clone, Debug)]
pub(crate) struct EngineError {
    pub(crate) cause: String,
}

/// What can be read: an engine, or an engine with a commit laid over it.
pub(crate) trait Source {
    type Slice: AsRef<[u8]>;

    fn get(&self, key: &[u8]) -> Result<Option<Self::Slice>, EngineError>;

    /// Pairs with `from <= key < to`, ascending.
    fn range<'s>(
        &'s self,
        from: &[u8],
        to: &[u8],
    ) -> impl Iterator<Item = Result<Pair<Self::Slice>, EngineError>> + use<'s, Self>;

    /// The last pair with `from <= key < to`.
    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair<Self::Slice>>, EngineError>;
}

pub(crate) trait Engine: Source + Send + Sync + 'static {
    /// Writes everything or nothing; on the disk when it returns `Ok`.
    fn apply(&self, writes: Writes) -> Result<(), EngineError>;

    fn free_bytes(&self) -> u64;

    /// Bytes that the store takes on its disk.
    fn disk_bytes(&self) -> u64;

    /// Bytes that must be free before `batch` bytes are written.
    fn needed(&self, batch: u64) -> u64;
}

impl From<EngineError> for StoreError {
    fn from(error: EngineError) -> Self {
        Self::Unknown { cause: error.cause }
    }
}
