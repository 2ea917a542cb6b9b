//! Keys of the one tree, and the format's number.

use crate::LogId;

/// Format of the store on the disk, in `FORMAT` and in the state cell.
pub(crate) const FORMAT: u32 = 1;
/// Largest value in the engine, in bytes: larger ones would reach files that sled never syncs.
pub(crate) const VALUE_BYTES_MAX: usize = 4_096;
/// Largest value that holds personal parts, in bytes.
pub(crate) const PACK_BYTES_MAX: usize = 3_584;
/// Most entries in one frame.
pub(crate) const FRAME_ENTRIES_MAX: usize = 16;
/// Accepted entries between two stored tree edges.
pub(crate) const TREE_EVERY: u64 = 1_024;

pub(crate) const FRAMES: u8 = b'f';
pub(crate) const PACKS: u8 = b'p';
pub(crate) const TREES: u8 = b't';
pub(crate) const HEADS: u8 = b'h';
pub(crate) const META: u8 = b'm';
pub(crate) const STATE_KEY: &[u8] = b"s";

/// Prefix ‖ log ‖ number: the key of a frame, of the first pack of a frame less its index, or of a tree edge.
pub(crate) fn key(prefix: u8, log: LogId, number: u64) -> [u8; 25] {
    let mut key = [0; 25];
    key[0] = prefix;
    key[1..17].copy_from_slice(&log.0);
    key[17..].copy_from_slice(&number.to_be_bytes());
    key
}

/// Key of the `index`th pack of the frame that begins at `first`.
pub(crate) fn pack_key(log: LogId, first: u64, index: u8) -> [u8; 26] {
    let mut long = [index; 26];
    long[..25].copy_from_slice(&key(PACKS, log, first));
    long
}

pub(crate) fn head_key(log: LogId) -> [u8; 17] {
    let mut key = [HEADS; 17];
    key[1..].copy_from_slice(&log.0);
    key
}

pub(crate) fn meta_key(key: &[u8]) -> Vec<u8> {
    [&[META], key].concat()
}

/// The least key above every key that begins with `prefix`; a tree that ends in 0xff bytes is never asked for one.
pub(crate) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    end
}

/// The number at the end of a key made by [`key`], or before the index of a pack key.
pub(crate) fn number_of(key: &[u8]) -> Option<u64> {
    key.get(17..25)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u64::from_be_bytes)
}

pub(crate) fn log_of(key: &[u8]) -> Option<LogId> {
    key.get(1..17).and_then(|bytes| bytes.try_into().ok()).map(LogId)
}
