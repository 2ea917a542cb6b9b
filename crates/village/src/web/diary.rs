//! `/diary`: one person, one day. A later entry takes the place of the earlier one, which is shown before that.

use std::collections::BTreeMap;

use accounts::Act;
use axum::extract::{Query as UrlQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use event::bounds::{REFERENCES_MAX, TEXT_BYTES_MAX};
use event::{
    Day, DiaryWritten, Draft, EntryMode, Event, EventId, Facts, Kind, Origin, PersonId, Personal, PersonalContent,
    Sequence, Subject, When,
};
use event_log::LogEntry;
use ledger::Query;
use link::{Problem, ProblemKind};
use pages::{Fields, Visitor};
use screen::Words;
use screen::office::{Diary, Earlier, Here, VisitOfDay, diary as diary_page};
use serde::Deserialize;

use super::Web;
use super::drafts::{Asked, FormKind, Opened, Trouble, form_page, said};
use super::lines::Lines;
use super::records::{place_of, who_may};
use super::when::{day_of, when_typed};
use crate::views;

const FORM: FormKind = FormKind {
    word: "diary",
    says: &["t", "month", "date"],
};
const BACK: &str = "/diary";
/// How many of the newest entries of this machine are looked through for visits of a day.
const LOOKED_THROUGH_MAX: u64 = 2_000;

/// What the address of the form says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    saved: Option<String>,
    known: Option<String>,
    draft: Option<String>,
    new: Option<String>,
}

fn typed(web: &Web, visitor: &Visitor, fields: &Fields) -> Diary {
    let mut who = who_may(web, visitor);
    let whose = fields.get("whose");
    if who.iter().any(|(id, ..)| id == whose) {
        for (id, _, on) in &mut who {
            *on = id == whose;
        }
    }
    Diary {
        who,
        when: when_typed(fields),
        text: fields.get("t").replace("\r\n", "\n"),
        ..Diary::default()
    }
}

impl Web {
    /// The day's visits and what is there already for it.
    async fn day_of_diary(&self, visitor: &Visitor, mut page: Diary, linked: Vec<String>) -> Result<Diary, Problem> {
        let w = visitor.words();
        let whose: Option<PersonId> = page
            .who
            .iter()
            .find(|(.., on)| *on)
            .and_then(|(id, ..)| id.parse().ok());
        let whose = whose.unwrap_or(visitor.signed.account.person);
        page.day = day_of(&page.when, self.office.today(), w).ok();
        let Some(day) = page.day else { return Ok(page) };
        let looked = self.look(move |web, bulletin, ledger, directory| {
            let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
            page.visits = visits(&lines, day, whose, &linked)?;
            page.earlier = earlier(web, &mut lines, day, whose)?;
            Ok(page)
        });
        looked.await
    }
}

/// Visits of one day that this person was at, oldest first.
fn visits(lines: &Lines<'_>, day: Day, whose: PersonId, linked: &[String]) -> Result<Vec<VisitOfDay>, Problem> {
    let mut found: BTreeMap<EventId, VisitOfDay> = BTreeMap::new();
    let Some(own) = lines.bulletin.own.last() else {
        return Ok(Vec::new());
    };
    let size = lines.bulletin.log.head(own.log).size;
    let from = size.saturating_sub(LOOKED_THROUGH_MAX);
    let mut take = |entry: &[u8]| {
        let Ok(event) = Event::decode(entry) else { return };
        let header = &event.header;
        let is_of_day = header.occurred.day() == day && header.actors.contains(&whose);
        if header.kind != Kind::VISIT_RECORDED || !is_of_day {
            return;
        }
        if let Ok(Some(Facts::VisitRecorded(visit))) = Facts::decode(header.kind, header.schema, event.facts) {
            let id = header.id.to_string();
            let person = lines.directory.person(header.subject.id);
            let one = VisitOfDay {
                head: person.map(|person| person.head.clone()).unwrap_or_default(),
                outcome: visit.outcome.key().to_owned(),
                on: linked.contains(&id),
                event: id,
            };
            found.insert(header.id, one);
        }
    };
    let scanned = lines
        .bulletin
        .log
        .scan(own.log, Sequence::after_size(from), &mut |_, bytes, _| {
            take(bytes);
            std::ops::ControlFlow::Continue(())
        });
    scanned.map_err(|error| Problem::new(ProblemKind::StoreUnavailable, error.to_string()))?;
    Ok(found.into_values().collect())
}

/// The entry that counts for a day so far: the last one, received or waiting.
fn earlier(web: &Web, lines: &mut Lines<'_>, day: Day, whose: PersonId) -> Result<Option<Earlier>, Problem> {
    let (unit, today) = (lines.bulletin.unit, web.office.today());
    let rows = lines.ledger.diary(unit, Query::as_of(today));
    let received = rows.iter().find(|row| row.entry.cadre == whose && row.entry.day == day);
    let mut last: Option<(EventId, Origin, Sequence)> =
        received.map(|row| (row.entry.event, row.entry.origin, row.entry.sequence));
    let caught_up = web.office.books.reached().at_end;
    for entry in views::uncounted(lines.bulletin, lines.ledger, caught_up)? {
        let Ok(event) = Event::decode(entry.over().bytes) else {
            continue;
        };
        let header = &event.header;
        if header.kind != Kind::DIARY_WRITTEN || header.subject != Subject::person(whose) {
            continue;
        }
        let facts = Facts::decode(header.kind, header.schema, event.facts);
        let is_of_day = matches!(facts, Ok(Some(Facts::DiaryWritten(diary))) if diary.day == day);
        if is_of_day && last.is_none_or(|(id, ..)| id < header.id) {
            last = Some((header.id, entry.origin, entry.sequence));
        }
    }
    let Some((id, origin, sequence)) = last else {
        return Ok(None);
    };
    let Some(entry) = lines.read(origin, sequence)? else {
        return Ok(None);
    };
    Ok(Some(Earlier {
        event: id.to_string(),
        text: text_of(&entry),
        line: lines.line(origin, sequence, &entry),
    }))
}

fn text_of(entry: &LogEntry) -> String {
    let content = entry.personal.as_deref().and_then(|blob| Personal::open(blob).ok());
    content.and_then(|content| content.text).unwrap_or_default()
}

pub(super) async fn ask(State(web): State<Web>, visitor: Visitor, UrlQuery(coming): UrlQuery<Coming>) -> Response {
    let asked = Asked {
        is_fresh: coming.new.is_some() || coming.saved.is_some(),
        draft: coming.draft.clone(),
    };
    let opened = match web.opened(&visitor, (&FORM, BACK), &asked, |_| true).await {
        Ok(opened) => opened,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let (mut page, linked) = match opened {
        Opened::Recorded(origin, sequence) => {
            return Redirect::to(&format!("{BACK}?saved={origin}:{sequence}&known=1")).into_response();
        }
        Opened::Left(fields, stamp, note) => {
            let mut page = typed(&web, &visitor, &fields);
            (page.sheet.stamp, page.sheet.note) = (stamp, note);
            (page, fields.all("v").map(str::to_owned).collect())
        }
        Opened::Empty(stamp) => {
            let mut page = typed(&web, &visitor, &Fields::default());
            page.sheet.stamp = stamp;
            (page, Vec::new())
        }
    };
    let (w, saved, known) = (visitor.words(), coming.saved, coming.known.is_some());
    if let Some((origin, sequence)) = saved.as_deref().and_then(place_of) {
        let line = web.look(move |web, bulletin, ledger, directory| {
            let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
            let entry = lines.read(origin, sequence)?;
            Ok(entry.map(|entry| lines.line(origin, sequence, &entry)))
        });
        page.saved = line.await.ok().flatten().map(|line| (line, known));
    }
    match web.day_of_diary(&visitor, page, linked).await {
        Ok(page) => shown(&web, &visitor, &page),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

fn shown(web: &Web, visitor: &Visitor, page: &Diary) -> Response {
    let frame = visitor.frame(web, Here::Visits, BACK);
    form_page(page.sheet.is_refused(), diary_page(&frame, page))
}

pub(super) async fn diary(State(web): State<Web>, visitor: Result<Visitor, Response>, fields: Fields) -> Response {
    let sent = match web.sent((&FORM, BACK), visitor, fields).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let (visitor, fields) = (&sent.visitor, &sent.fields);
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let w = visitor.words();
    let mut page = typed(&web, visitor, fields);
    page.sheet.stamp = web.stamp_of(&sent);
    let linked = fields.all("v").map(str::to_owned).collect();
    let mut page = match web.day_of_diary(visitor, page, linked).await {
        Ok(page) => page,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    match fields.get("do") {
        "take" => {
            if let Some(earlier) = &page.earlier {
                let own = page.text.trim();
                let gap = if own.is_empty() { "" } else { "\n" };
                page.text = format!("{}{gap}{own}", earlier.text);
            }
        }
        "save" => {
            if let Some(draft) = draft(&mut page, fields, w, &web, visitor.signed.account.person) {
                match web.record(&sent, vec![draft]).await {
                    Ok(all) => {
                        if let Some(one) = all.first() {
                            let known = if one.known { "&known=1" } else { "" };
                            let to = format!("{BACK}?saved={}:{}{known}", one.origin, one.sequence);
                            return Redirect::to(&to).into_response();
                        }
                    }
                    Err(Trouble::Refused(words)) => page.sheet.refuse("t", words),
                    Err(Trouble::Problem(problem)) => page.sheet.trouble = Some(said(w, &problem).to_owned()),
                }
            }
        }
        _ => {
            if page.day.is_none() {
                page.sheet.refuse(
                    "month",
                    day_of(&page.when, web.office.today(), w).err().unwrap_or_default(),
                );
            }
        }
    }
    page.sheet.note = web.keep(&sent).await;
    shown(&web, visitor, &page)
}

fn draft(page: &mut Diary, fields: &Fields, w: Words, web: &Web, recorder: PersonId) -> Option<Draft> {
    let today = web.office.today();
    match (page.day, day_of(&page.when, today, w)) {
        (None, Err(words)) => page.sheet.refuse("month", words),
        (Some(day), _) if day > today => page.sheet.refuse("month", w.diary_future()),
        _ => {}
    }
    let text = page.text.trim().to_owned();
    if text.is_empty() {
        page.sheet.refuse("t", w.diary_no_text());
    }
    if let Some(over) = text.len().checked_sub(TEXT_BYTES_MAX).filter(|over| *over > 0) {
        page.sheet.refuse("t", w.too_long(over));
    }
    // Nothing is replaced that nobody has seen. The same form again is known by its key, and is the entry itself.
    let unseen = page
        .earlier
        .as_ref()
        .filter(|earlier| fields.get("seen") != earlier.event);
    if unseen.is_some_and(|earlier| earlier.text != text) {
        page.sheet.refuse("t", w.diary_seen_first());
    }
    let visits: Vec<EventId> = page
        .visits
        .iter()
        .filter(|visit| visit.on)
        .filter_map(|visit| visit.event.parse().ok())
        .collect();
    if visits.len() > REFERENCES_MAX {
        page.sheet.refuse("visits", w.diary_too_many(REFERENCES_MAX));
    }
    if !page.sheet.wrong.is_empty() {
        return None;
    }
    let whose: Option<PersonId> = page
        .who
        .iter()
        .find(|(.., on)| *on)
        .and_then(|(id, ..)| id.parse().ok());
    let (whose, day) = (whose.unwrap_or(recorder), page.day?);
    Some(Draft {
        subject: Subject::person(whose),
        facts: Facts::DiaryWritten(DiaryWritten {
            day,
            visits,
            requests: Vec::new(),
        }),
        occurred: When::Day(day),
        unit: web.office.bulletin.borrow().unit,
        recorder,
        actors: vec![whose],
        causes: Vec::new(),
        mode: EntryMode::Live,
        source: None,
        personal: Some(PersonalContent {
            text: Some(text),
            ..PersonalContent::default()
        }),
    })
}
