//! The raw entries as text, for programs that share no code with this one.

use std::io::Write;
use std::ops::ControlFlow;

use event::Sequence;
use event_log::{LogRead as _, Store as _};
use follower::Mirror;
use proof::PublicKey;
use serde_json::json;

use crate::{AuditConfig, AuditError, Book, folder};

/// Writes every receipted entry as one JSON object a line: `position` (counted over all journals),
/// `received_at_ms`, `origin`, `hub` (whether the township wrote it), `sequence`, `bytes` and, with `personal`,
/// `personal`, both in hexadecimal digits. Returns how many.
///
/// # Errors
/// [`AuditError::Store`], [`AuditError::Write`].
pub fn export(config: &AuditConfig, personal: bool, out: &mut dyn Write) -> Result<u64, AuditError> {
    let hub_key = PublicKey(*folder::enrolled(&config.data_dir)?.hub_key);
    let store = config.open()?;
    let mirror = Mirror::open(&store, hub_key)?;
    let book = Book::read(&store, &mirror)?;
    let (mut written, mut failed) = (0, None);
    for (origin, log) in &book.logs {
        for receipt in &log.receipts {
            store.scan(log.id, receipt.first, &mut |sequence: Sequence, bytes, blob| {
                if sequence.get() > receipt.size {
                    return ControlFlow::Break(());
                }
                let mut line = json!({
                    "position": receipt.global, "received_at_ms": receipt.received_at_ms, "origin": origin,
                    "hub": log.audience.is_some(), "sequence": sequence, "bytes": hex(bytes)
                });
                if let Some(blob) = blob.filter(|_| personal) {
                    line["personal"] = json!(hex(blob));
                }
                if let Err(error) = writeln!(out, "{line}") {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
                written += 1;
                ControlFlow::Continue(())
            })?;
        }
    }
    Box::new(store).close()?;
    match failed {
        Some(error) => Err(AuditError::Write(error)),
        None => out.flush().map(|()| written).map_err(AuditError::Write),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
