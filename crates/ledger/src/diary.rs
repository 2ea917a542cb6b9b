//! L2 民情日记, pairings and clock corrections: the folds of people, pairings and origins.

use event::{Day, EntityId, EventId, Origin, PersonId, Sequence, UnitCode};
use serde::Serialize;

use crate::bytes::RowWriter;
use crate::digest::RowBytes;
use crate::fact::Fact;
use crate::names::Names;
use crate::request::hex_or_null;
use crate::resolve::Told;
use crate::{Author, Conflict, Effect};

/// What one cadre wrote for one day; a later entry for the same day has replaced earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiaryEntry {
    /// The cadre.
    pub cadre: PersonId,
    /// 日期.
    pub day: Day,
    /// Unit of the record.
    pub unit: UnitCode,
    /// Its event.
    pub event: EventId,
    /// Who carried the record that counts.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
    /// Raw wall clock of its recording, in milliseconds.
    pub wall_ms: u64,
    /// 关联走访.
    pub visits: Vec<EventId>,
    /// 关联诉求.
    pub requests: Vec<EntityId>,
    /// SHA-256 of the personal part with its text.
    #[serde(serialize_with = "hex_or_null")]
    pub text_sha256: Option<[u8; 32]>,
    /// Whether it is imported history; then nobody knows how late it was written.
    pub imported: bool,
}

impl DiaryEntry {
    /// Key and value as hashed.
    #[must_use]
    pub fn row_bytes(&self) -> RowBytes {
        let mut row = RowWriter::array(9);
        row.put(self.unit)
            .put(self.event)
            .put(self.origin)
            .put(self.sequence.get())
            .put(self.wall_ms);
        row.nested(self.visits.len());
        self.visits.iter().for_each(|visit| {
            row.put(*visit);
        });
        row.nested(self.requests.len());
        self.requests.iter().for_each(|request| {
            row.put(*request);
        });
        row.put(self.text_sha256.as_ref().map(<[u8; 32]>::as_slice))
            .put(self.imported);
        let mut key = self.cadre.to_bytes().to_vec();
        // Days before 1970 sort before later ones.
        key.extend_from_slice(&(self.day.0.cast_unsigned() ^ (1 << 31)).to_be_bytes());
        RowBytes { key, value: row.0 }
    }
}

/// Folds a cadre's diary: by day, the last entry for each.
pub(crate) fn fold(cadre: PersonId, told: &[Told<'_>], names: &Names) -> Vec<DiaryEntry> {
    let mut days: Vec<DiaryEntry> = Vec::new();
    for one in told {
        let Fact::DiaryWritten(facts) = one.facts else {
            continue;
        };
        let entry = DiaryEntry {
            cadre,
            day: facts.day,
            unit: one.kept.unit,
            event: one.kept.id,
            origin: names.origins.get(one.kept.origin),
            sequence: one.kept.sequence,
            wall_ms: one.kept.wall_ms,
            visits: facts.visits.clone(),
            requests: facts.requests.clone(),
            text_sha256: one.kept.personal(),
            imported: one.is_import(),
        };
        let at = days.partition_point(|known| known.day < entry.day);
        match days.get_mut(at) {
            Some(known) if known.day == entry.day => *known = entry,
            _ => days.insert(at, entry),
        }
    }
    days.shrink_to_fit();
    days
}

/// Folds a pairing: none, active, ended, perhaps active again.
pub(crate) fn fold_pairing(told: &[Told<'_>], effects: &mut [Effect]) {
    let mut is_active = false;
    for one in told {
        let conflict = match one.facts {
            Fact::PairingEstablished if is_active => Some(Conflict::AlreadyCreated),
            Fact::PairingEnded if !is_active => Some(Conflict::PairingNotActive),
            _ => None,
        };
        match conflict {
            Some(conflict) if !one.is_import() => effects[one.index] = Effect::Conflict(conflict),
            _ => match one.facts {
                Fact::PairingEstablished => is_active = true,
                Fact::PairingEnded => is_active = false,
                _ => {}
            },
        }
    }
}

/// By how much a machine's clock was wrong, for a range of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClockSpan {
    /// First sequence concerned.
    pub first: Sequence,
    /// Last sequence concerned.
    pub last: Sequence,
    /// To be added to its recorded times, in milliseconds.
    pub offset_ms: i64,
}

/// Folds the corrections of a machine's clock, in story order. Only the township states them.
pub(crate) fn fold_clock(origin: Origin, told: &[Told<'_>], effects: &mut [Effect]) -> Vec<ClockSpan> {
    let mut spans = Vec::new();
    for one in told {
        let Fact::ClockCorrected(facts) = one.facts else {
            continue;
        };
        if one.kept.author == Author::Village {
            effects[one.index] = Effect::Conflict(Conflict::HubOnly);
        } else if facts.origin != origin {
            effects[one.index] = Effect::Conflict(Conflict::WrongSubject);
        } else {
            spans.push(ClockSpan {
                first: facts.first,
                last: facts.last,
                offset_ms: facts.offset_ms,
            });
        }
    }
    spans
}

/// A recorded time after clock corrections: the last one that covers the sequence decides.
pub(crate) fn corrected_ms(spans: &[ClockSpan], sequence: Sequence, wall_ms: u64) -> i64 {
    let covering = spans
        .iter()
        .rev()
        .find(|span| (span.first..=span.last).contains(&sequence));
    wall_ms
        .cast_signed()
        .saturating_add(covering.map_or(0, |span| span.offset_ms))
}
