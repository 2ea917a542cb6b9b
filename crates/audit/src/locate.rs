//! Which record was altered, where the mirror's journal no longer has the root that was signed: the hub is asked for its
//! records again. They prove nothing by themselves; they must have the signed root.

use event::{Position, Sequence};
use event_log::{LogRead as _, Store as _};
use follower::{Mirror, split};
use proof::{Frontier, PublicKey, journal_log_name, journal_of_log_name, leaf_hash};
use sync::frame::Item;
use sync::limits::{BODY_BYTES_MAX, HELLO_LOGS_MAX, PUSH_BYTES_MAX};
use sync::message::Cursor;
use sync::record::JournalRecord;

use crate::mirror::{accepted, client};
use crate::{AuditConfig, AuditError, Book, Finding, folder};
use archive::concerned;

/// Most altered records that are named.
const NAMED_MAX: usize = 20;

/// Names the records of the mirror that differ from those that the hub's signature covers.
///
/// # Errors
/// [`AuditError::Link`] if the hub cannot be asked; [`AuditError::Store`].
pub async fn locate(config: &AuditConfig) -> Result<Vec<Finding>, AuditError> {
    let hub_key = PublicKey(*folder::enrolled(&config.data_dir)?.hub_key);
    let client = client(config)?;
    let store = config.open()?;
    let mirror = Mirror::open(&store, hub_key)?;
    let book = Book::read(&store, &mirror)?;
    let mut found = Vec::new();
    let signed = mirror.checkpoint().cloned();
    let journal = signed.as_ref().and_then(|signed| journal_of_log_name(&signed.name));
    if let (Some(signed), Some(journal)) = (signed, journal) {
        debug_assert_eq!(journal_log_name(journal), signed.name);
        let copy = mirror.journals().find(|(id, ..)| *id == journal).map(|(_, log, _)| log);
        let skip: Vec<String> = book.logs.keys().take(HELLO_LOGS_MAX).map(ToString::to_string).collect();
        let skip = skip.join(",");
        let mut frontier = Frontier::new();
        let mut next = Cursor {
            journal,
            ..Cursor::default()
        };
        while frontier.size() < signed.size {
            let path = format!(
                "/v1/journal?journal={journal}&position={}&offset={}&bytes={PUSH_BYTES_MAX}&skip={skip}",
                next.position, next.offset
            );
            let body = accepted(client.get(&path, BODY_BYTES_MAX).await?)?.body;
            let before = next;
            sync::frame::read(&body, |item| {
                match item {
                    Item::Record { position, bytes } if position.0 == frontier.size() && position.0 < signed.size => {
                        frontier.push(leaf_hash(&bytes));
                        let held = copy.map(|log| store.read(log, Sequence::after_size(position.0), 1, usize::MAX));
                        let held = held.transpose()?.and_then(|mut entries| entries.pop());
                        let held = held.as_ref().and_then(|entry| split(&entry.bytes));
                        if held != Some((position, &bytes[..])) && found.len() < NAMED_MAX {
                            found.push(altered(&bytes, held.map(|(_, bytes)| bytes), &book).at(journal, position));
                        }
                    }
                    Item::End(end) => next = end.next,
                    _ => {}
                }
                Ok::<_, AuditError>(())
            })?;
            if next == before || next.journal != journal {
                break;
            }
        }
        if frontier.size() != signed.size || frontier.root() != signed.root {
            let words = "the records that the hub serves do not have the root either that it signed";
            found = vec![Finding::new(Finding::JOURNAL_ROOT, words).at(journal, Position(signed.size))];
        }
    }
    Box::new(store).close()?;
    Ok(found)
}

fn altered(signed: &[u8], held: Option<&[u8]>, book: &Book) -> Finding {
    let (signed, held) = (
        JournalRecord::decode(signed).ok(),
        held.and_then(|bytes| JournalRecord::decode(bytes).ok()),
    );
    let at = |record: &Option<JournalRecord>| record.as_ref().map(JournalRecord::at_ms);
    let words = match (at(&signed), at(&held)) {
        (Some(signed), Some(held)) if signed != held => {
            format!("the record was altered: received at {signed} ms as signed, at {held} ms here")
        }
        _ => "the record was altered".to_owned(),
    };
    let (unit, origin) = signed.as_ref().map_or((None, None), concerned);
    let mut finding = Finding::new(Finding::JOURNAL_ROOT, words);
    finding.origin = origin;
    finding.of(unit, unit.map_or("", |unit| book.name_of(unit)))
}
