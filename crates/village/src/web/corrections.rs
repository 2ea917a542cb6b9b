//! What corrections did to records: as they stand now, and each correction as it is told.

use std::collections::{BTreeMap, BTreeSet};

use event::{CorrectionKind, Event, EventId, Facts, Header, Origin, Personal, Sequence, Subject, When};
use event_log::LogEntry;
use ledger::Effect;
use link::Problem;
use screen::office::{Amended, Changed};
use screen::{Words, dates, text};

use super::Web;
use super::lines::Lines;
use crate::views;

/// One entry of a story.
pub(super) struct Told {
    pub(super) origin: Origin,
    pub(super) sequence: Sequence,
    pub(super) header: Header,
    /// What it states, where this version understands it.
    pub(super) facts: Option<Facts>,
    pub(super) by_hub: bool,
    pub(super) entry: LogEntry,
}

impl Told {
    pub(super) fn text(&self) -> String {
        let content = self
            .entry
            .personal
            .as_deref()
            .and_then(|blob| Personal::open(blob).ok());
        content.and_then(|content| content.text).unwrap_or_default()
    }
}

/// A record as it stands after its corrections.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) facts: Facts,
    pub(super) occurred: When,
    pub(super) is_void: bool,
    pub(super) is_corrected: bool,
}

/// Every entry about these subjects, received and waiting, by identity.
pub(super) fn story_of(web: &Web, lines: &Lines<'_>, subjects: &[Subject]) -> Result<Vec<Told>, Problem> {
    let mut places = BTreeSet::new();
    let mut by_hub = BTreeSet::new();
    for subject in subjects {
        for step in lines.ledger.story(*subject) {
            places.insert((step.origin, step.sequence));
            if step.by_hub {
                by_hub.insert((step.origin, step.sequence));
            }
        }
    }
    let caught_up = web.office.books.reached().at_end;
    for entry in views::uncounted(lines.bulletin, lines.ledger, caught_up)? {
        let subject = Event::decode(entry.over().bytes).map(|event| event.header.subject);
        if subject.is_ok_and(|subject| subjects.contains(&subject)) {
            places.insert((entry.origin, entry.sequence));
        }
    }
    let mut story = Vec::new();
    for (origin, sequence) in places {
        let Some(entry) = lines.read(origin, sequence)? else {
            continue;
        };
        let Ok(event) = Event::decode(&entry.bytes) else {
            continue;
        };
        let facts = Facts::decode(event.header.kind, event.header.schema, event.facts);
        story.push(Told {
            origin,
            sequence,
            facts: facts.ok().flatten(),
            header: event.header.clone(),
            by_hub: by_hub.contains(&(origin, sequence)),
            entry,
        });
    }
    story.sort_by_key(|told| told.header.id);
    Ok(story)
}

/// Walks through a story: how each record stands at its end, and what each correction changed.
pub(super) fn amendments(
    lines: &Lines<'_>,
    w: Words,
    story: &[Told],
) -> (BTreeMap<EventId, Standing>, BTreeMap<EventId, (EventId, Amended)>) {
    let mut standing: BTreeMap<EventId, Standing> = BTreeMap::new();
    for told in story {
        if let Some(facts) = &told.facts
            && !matches!(facts, Facts::RecordCorrected(_))
        {
            let one = Standing {
                facts: facts.clone(),
                occurred: told.header.occurred,
                is_void: false,
                is_corrected: false,
            };
            standing.insert(told.header.id, one);
        }
    }
    let mut amended = BTreeMap::new();
    for told in story {
        let Some(Facts::RecordCorrected(correction)) = &told.facts else {
            continue;
        };
        let Some(record) = standing.get_mut(&correction.target) else {
            continue;
        };
        let before = record.clone();
        let mut after = record.clone();
        match correction.correction {
            CorrectionKind::Void => after.is_void = true,
            CorrectionKind::Correct => {
                after.is_void = false;
                after.is_corrected = true;
                if let Some(new) = &correction.replacement {
                    after.facts = (*new.0).clone();
                }
                after.occurred = correction.occurred.unwrap_or(after.occurred);
            }
        }
        let header = &told.header;
        let others = header.actors.iter().filter(|actor| **actor != header.recorder);
        let one = Amended {
            of: named(w, lines.today, &before),
            changes: changes(w, lines.today, &before, &after),
            reason: told.text(),
            asked: lines.name(header.recorder),
            checked: others.map(|actor| lines.name(*actor)).collect(),
            is_void: correction.correction == CorrectionKind::Void,
        };
        amended.insert(header.id, (correction.target, one));
        // What has no effect at the township has none here; what waits will have one.
        let effect = lines.ledger.effect_at(told.origin, told.sequence);
        if effect.is_none_or(|effect| effect == Effect::Counted) {
            *record = after;
        }
    }
    (standing, amended)
}

/// A record in a sentence: 「 8 月 19 日那次走访」.
fn named(w: Words, today: event::Day, record: &Standing) -> String {
    match &record.facts {
        Facts::DiaryWritten(diary) => w.diary_of(&dates::day(diary.day, today, w.lang())),
        facts => w.that_of(
            &dates::day(record.occurred.day(), today, w.lang()),
            &kind_word(w, facts),
        ),
    }
}

pub(super) fn kind_word(w: Words, facts: &Facts) -> String {
    let key = facts.kind().to_string();
    w.kind(&key).map_or(key, str::to_owned)
}

/// A time as it is said: 8 月 19 日 下午.
pub(super) fn said_when(w: Words, today: event::Day, when: When) -> String {
    let (day, precision) = dates::claim(when, today, w.lang());
    if precision.is_empty() {
        day
    } else {
        format!("{day} {precision}")
    }
}

/// What can be seen of a record: name and value of each thing, the time first.
pub(super) fn seen(w: Words, today: event::Day, record: &Standing) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    let mut put = |what: &str, value: String| seen.push((what.to_owned(), value));
    match &record.facts {
        Facts::VisitRecorded(visit) => {
            put(w.correct_time(), said_when(w, today, record.occurred));
            put(w.correct_outcome(), w.value(visit.outcome.key()));
            put(w.correct_how(), w.value(visit.mode.key()));
        }
        Facts::TalkRecorded(talk) => {
            put(w.correct_time(), said_when(w, today, record.occurred));
            let word = if talk.follow_up { w.yes() } else { w.no() };
            put(w.correct_follow_up(), word.to_owned());
        }
        Facts::DiaryWritten(diary) => {
            put(w.correct_day(), dates::day(diary.day, today, w.lang()));
            put(w.correct_visits(), w.count_of(diary.visits.len()));
        }
        _ => put(w.correct_time(), said_when(w, today, record.occurred)),
    }
    seen
}

/// What differs between two states of one record.
pub(super) fn changes(w: Words, today: event::Day, before: &Standing, after: &Standing) -> Vec<Changed> {
    let pairs = seen(w, today, before).into_iter().zip(seen(w, today, after));
    let mut changes: Vec<Changed> = pairs
        .filter(|((_, old), (_, new))| old != new)
        .map(|((what, old), (_, new))| Changed { what, old, new })
        .collect();
    if after.is_void && !before.is_void {
        let what = text::visible(&kind_word(w, &before.facts)).into_owned();
        let old = said_when(w, today, before.occurred);
        changes.push(Changed {
            what,
            old,
            new: w.became_void().to_owned(),
        });
    }
    changes
}
