//! A hash of what an event says, wherever it stands: two entries under one identity are the same fact or they are not.

use event::{Event, Header};
use sha2::{Digest, Sha256};

/// First 16 bytes of a SHA-256.
pub(crate) type Print = [u8; 16];

/// The print of bytes that are no event.
pub(crate) fn print_of_bytes(bytes: &[u8]) -> Print {
    short(Sha256::digest(bytes).into())
}

fn short(hash: [u8; 32]) -> Print {
    let mut print = [0; 16];
    print.copy_from_slice(&hash[..16]);
    print
}

/// A hash of what an event says: everything but origin, sequence and `carried_from`, in fixed widths.
pub(crate) fn print_of(event: &Event<'_>, fixed: &mut Vec<u8>) -> Print {
    let Header {
        origin: _,
        sequence: _,
        carried_from: _,
        unit,
        recorder,
        boot,
        clock,
        mode,
        seen,
        kind,
        schema,
        subject,
        id,
        wall_ms,
        mono_ms,
        occurred,
        actors,
        causes,
        source,
        personal,
    } = &event.header;
    fixed.clear();
    let (precision, when) = occurred.to_parts();
    let count = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
    fixed.extend_from_slice(&[
        clock.code(),
        mode.code(),
        subject.kind.code(),
        precision,
        count(actors.len()),
        count(causes.len()),
    ]);
    for number in [unit.get(), *wall_ms, *mono_ms, when.cast_unsigned()] {
        fixed.extend_from_slice(&number.to_be_bytes());
    }
    fixed.extend_from_slice(&kind.0.to_be_bytes());
    fixed.extend_from_slice(&schema.to_be_bytes());
    fixed.extend_from_slice(&boot.0);
    for id in [recorder.to_bytes(), subject.id.to_bytes(), id.to_bytes()] {
        fixed.extend_from_slice(&id);
    }
    actors
        .iter()
        .for_each(|actor| fixed.extend_from_slice(&actor.to_bytes()));
    causes
        .iter()
        .for_each(|cause| fixed.extend_from_slice(&cause.to_bytes()));
    fixed.push(u8::from(seen.is_some()) | u8::from(source.is_some()) << 1 | u8::from(personal.is_some()) << 2);
    if let Some(seen) = seen {
        fixed.extend_from_slice(&seen.journal.to_bytes());
        fixed.extend_from_slice(&seen.size.0.to_be_bytes());
        fixed.extend_from_slice(&seen.root);
    }
    if let Some(source) = source {
        fixed.extend_from_slice(&source.instant_ms.to_be_bytes());
        fixed.extend_from_slice(&source.row.to_be_bytes());
        fixed.push(count(source.label.len()));
        fixed.extend_from_slice(source.label.as_bytes());
    }
    if let Some(personal) = personal {
        fixed.extend_from_slice(&personal.sha256);
        fixed.extend_from_slice(&personal.len.to_be_bytes());
    }
    fixed.extend_from_slice(event.facts);
    short(Sha256::digest(fixed).into())
}
