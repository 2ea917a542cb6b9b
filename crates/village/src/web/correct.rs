//! `/correct/{origin}/{sequence}`: mends a record by a new one. Old and new stand side by side, with what will change, before
//! anything is recorded; a void asks for the second person who has looked.

use std::collections::BTreeMap;

use accounts::Act;
use axum::extract::{Path, Query as UrlQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use event::bounds::TEXT_BYTES_MAX;
use event::{
    CorrectionKind, Day, Draft, EntryMode, EventId, Facts, Kind, Mode, Origin, Outcome, PersonId, PersonalContent,
    RecordCorrected, Replacement, Sequence, Subject, SubjectKind, When,
};
use link::{Problem, ProblemKind};
use pages::{Fields, Visitor};
use screen::office::{Amended, Changed, Correct, EntryLine, Here, Mend, Sheet, correct as correct_page, message};
use screen::{Words, dates};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Web;
use super::corrections::{Standing, amendments, changes, seen, story_of};
use super::desk::signed;
use super::drafts::{Asked, FormKind, Opened, Trouble, form_page, said};
use super::lines::Lines;
use super::records::who_may;
use super::when::{claimed, day_of, typed_of, when_typed};

const FORM: FormKind = FormKind {
    word: "correct",
    says: &["t", "second"],
};

/// What the address of the page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    void: Option<String>,
    draft: Option<String>,
    new: Option<String>,
}

/// The record that is to be mended, and what is around it.
struct Record {
    id: EventId,
    subject: Subject,
    /// Who went, by the record itself.
    stands: Standing,
    /// Every record about the same subject, as it stands.
    others: BTreeMap<EventId, Standing>,
    text: String,
    line: EntryLine,
    before: Vec<Amended>,
    leave: String,
}

/// Whether records of this kind can be mended here.
pub(super) fn is_mendable(kind: Kind) -> bool {
    matches!(kind, Kind::VISIT_RECORDED | Kind::TALK_RECORDED | Kind::DIARY_WRITTEN)
}

/// Looks the record up.
///
/// # Errors
/// `not-found`; the words say why a record that is there cannot be mended here.
async fn record(web: &Web, w: Words, at: (Origin, Sequence)) -> Result<Result<Record, &'static str>, Problem> {
    let looked = web.look(move |web, bulletin, ledger, directory| {
        let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
        let gone = || Problem::new(ProblemKind::NotFound, "");
        let entry = lines.read(at.0, at.1)?.ok_or_else(gone)?;
        let event = event::Event::decode(&entry.bytes).map_err(|_| gone())?;
        let (id, subject, kind) = (event.header.id, event.header.subject, event.header.kind);
        if kind == Kind::RECORD_CORRECTED {
            return Ok(Err(w.correct_cannot_correction()));
        }
        let story = story_of(web, &lines, &[subject])?;
        let told = story.iter().find(|told| told.header.id == id).ok_or_else(gone)?;
        if told.by_hub {
            return Ok(Err(w.correct_cannot_hub()));
        }
        let (standing, amended) = amendments(&lines, w, &story);
        let Some(stands) = standing.get(&id).cloned().filter(|_| is_mendable(kind)) else {
            return Ok(Err(w.correct_cannot()));
        };
        if stands.is_void {
            return Ok(Err(w.correct_cannot_voided()));
        }
        let before = amended.into_values().filter(|(target, _)| *target == id);
        let mut line = lines.line(at.0, at.1, &entry);
        line.mend = None;
        Ok(Ok(Record {
            id,
            subject,
            text: told.text(),
            before: before.map(|(_, amended)| amended).collect(),
            leave: line.subject.clone().unwrap_or_else(|| "/".to_owned()),
            line,
            stands,
            others: standing,
        }))
    });
    looked.await
}

fn here_of((origin, sequence): (Origin, Sequence)) -> String {
    format!("/correct/{origin}/{sequence}")
}

fn place((origin, sequence): (String, u64)) -> Result<(Origin, Sequence), Problem> {
    match (origin.parse::<Origin>(), Sequence::new(sequence)) {
        (Ok(origin), Ok(sequence)) => Ok((origin, sequence)),
        _ => Err(Problem::new(ProblemKind::NotFound, "")),
    }
}

/// The page of a record as it stands, with nothing changed yet.
fn page_of(web: &Web, visitor: &Visitor, at: (Origin, Sequence), record: &Record, is_void: bool) -> Correct {
    let (w, today) = (visitor.words(), web.office.today());
    let own = visitor.signed.account.person.to_string();
    let second = || {
        let others = who_may(web, visitor).into_iter().filter(|(id, ..)| *id != own);
        others.map(|(id, name, _)| (id, name, false)).collect()
    };
    let when = match &record.stands.facts {
        Facts::DiaryWritten(diary) => When::Day(diary.day),
        _ => record.stands.occurred,
    };
    Correct {
        sheet: Sheet::default(),
        here: here_of(at),
        leave: record.leave.clone(),
        line: record.line.clone(),
        stands: seen(w, today, &record.stands),
        text: record.text.clone(),
        mend: match &record.stands.facts {
            Facts::VisitRecorded(visit) => Mend::Visit {
                outcome: visit.outcome.key().to_owned(),
                how: visit.mode.key().to_owned(),
            },
            Facts::TalkRecorded(talk) => Mend::Talk {
                follow_up: talk.follow_up,
            },
            _ => Mend::Diary,
        },
        when: typed_of(when, today),
        reason: String::new(),
        void: is_void.then(second),
        looked: None,
        before: record.before.clone(),
    }
}

/// The page as it was typed.
fn typed(page: &mut Correct, fields: &Fields) {
    page.reason = fields.get("t").replace("\r\n", "\n");
    if let Some(second) = &mut page.void {
        for (id, _, on) in second {
            *on = fields.get("second") == id;
        }
        return;
    }
    page.when = when_typed(fields);
    match &mut page.mend {
        Mend::Visit { outcome, how } => {
            if let Some(word) = fields.some("o").filter(|word| Outcome::from_key(word).is_some()) {
                word.clone_into(outcome);
            }
            if let Some(word) = fields.some("how").filter(|word| Mode::from_key(word).is_some()) {
                word.clone_into(how);
            }
        }
        Mend::Talk { follow_up } => *follow_up = fields.some("f").is_some(),
        Mend::Diary => {}
    }
}

pub(super) async fn ask(
    State(web): State<Web>,
    visitor: Visitor,
    Path(at): Path<(String, u64)>,
    UrlQuery(coming): UrlQuery<Coming>,
) -> Response {
    let w = visitor.words();
    let found = match place(at) {
        Ok(at) => record(&web, w, at).await.map(|record| (at, record)),
        Err(problem) => Err(problem),
    };
    let (at, record) = match found {
        Ok((at, Ok(record))) => (at, record),
        Ok((_, Err(words))) => return cannot(&web, &visitor, words),
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let back = here_of(at);
    let asked = Asked {
        is_fresh: coming.new.is_some(),
        draft: coming.draft.clone(),
    };
    let is_void = coming.void.is_some();
    let fits = |kept: &crate::drafts::Kept| is_void != kept.get("void").is_empty();
    let page = match web.opened(&visitor, (&FORM, &back), &asked, fits).await {
        Ok(Opened::Recorded(..)) => return Redirect::to(&format!("{}?saved=known", record.leave)).into_response(),
        Ok(Opened::Left(fields, stamp, note)) => {
            let mut page = page_of(&web, &visitor, at, &record, fields.some("void").is_some());
            (page.sheet.stamp, page.sheet.note) = (stamp, note);
            typed(&mut page, &fields);
            page
        }
        Ok(Opened::Empty(stamp)) => {
            let mut page = page_of(&web, &visitor, at, &record, is_void);
            page.sheet.stamp = stamp;
            page
        }
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    shown(&web, &visitor, page, &record)
}

fn cannot(web: &Web, visitor: &Visitor, words: &str) -> Response {
    let frame = visitor.frame(web, Here::Nowhere, "/");
    let page = message(&frame, visitor.words().correct_cannot(), words);
    (axum::http::StatusCode::CONFLICT, axum::response::Html(page)).into_response()
}

fn shown(web: &Web, visitor: &Visitor, mut page: Correct, record: &Record) -> Response {
    let w = visitor.words();
    // What a void does is said before anybody asks.
    if page.void.is_some() && page.looked.is_none() {
        let after = Standing {
            is_void: true,
            ..record.stands.clone()
        };
        page.looked = Some((Vec::new(), effects(w, record, &after), String::new()));
    }
    let frame = visitor.frame(web, Here::Nowhere, &page.here);
    form_page(page.sheet.is_refused(), correct_page(&frame, &page))
}

pub(super) async fn correct(
    State(web): State<Web>,
    visitor: Result<Visitor, Response>,
    Path(at): Path<(String, u64)>,
    fields: Fields,
) -> Response {
    let at = match place(at) {
        Ok(at) => at,
        Err(problem) => return problem.into_response(),
    };
    let back = here_of(at);
    let sent = match web.sent((&FORM, &back), visitor, fields).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let (visitor, fields) = (&sent.visitor, &sent.fields);
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let w = visitor.words();
    let record = match record(&web, w, at).await {
        // Sent twice: it was saved just now, and the record stands as it was asked for.
        Ok(Ok(record)) if web.is_finished(&sent) => {
            return Redirect::to(&format!("{}?saved=known", record.leave)).into_response();
        }
        Ok(Err(_)) if web.is_finished(&sent) => return Redirect::to("/?saved=known").into_response(),
        Ok(Ok(record)) => record,
        Ok(Err(words)) => return cannot(&web, visitor, words),
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let mut page = page_of(&web, visitor, at, &record, fields.some("void").is_some());
    page.sheet.stamp = web.stamp_of(&sent);
    typed(&mut page, fields);
    if matches!(fields.get("do"), "look" | "save") {
        let saves = fields.get("do") == "save";
        if let Some((draft, after)) = mend(&mut page, &record, &web, visitor) {
            let changed = changes(w, web.office.today(), &record.stands, &after);
            let seen = digest_of(&changed);
            let is_agreed = page.void.is_some() || fields.get("looked") == seen;
            if saves && is_agreed {
                match web.record(&sent, vec![draft]).await {
                    Ok(all) => {
                        let known = all.first().is_some_and(|one| one.known);
                        let word = if known { "known" } else { "new" };
                        return Redirect::to(&format!("{}?saved={word}", record.leave)).into_response();
                    }
                    Err(Trouble::Refused(words)) => page.sheet.refuse("t", words),
                    Err(Trouble::Problem(problem)) => page.sheet.trouble = Some(said(w, &problem).to_owned()),
                }
            } else if saves {
                page.sheet.refuse("t", w.correct_look_again());
            }
            page.looked = Some((changed, effects(w, &record, &after), seen));
        }
    }
    page.sheet.note = web.keep(&sent).await;
    shown(&web, visitor, page, &record)
}

/// What shows that these changes were looked at.
fn digest_of(changed: &[Changed]) -> String {
    let mut hash = Sha256::new();
    for one in changed {
        for part in [&one.what, &one.old, &one.new] {
            hash.update(part);
            hash.update([0]);
        }
    }
    event::Hash256(hash.finalize().into()).to_string()
}

/// The correction that the page describes, and how the record will stand; `None` where something is wrong.
fn mend(page: &mut Correct, record: &Record, web: &Web, visitor: &Visitor) -> Option<(Draft, Standing)> {
    let (w, today) = (visitor.words(), web.office.today());
    let now_ms = signed(web.office.trusted_ms());
    let mut after = record.stands.clone();
    let mut actors = vec![visitor.signed.account.person];
    if let Some(second) = &page.void {
        after.is_void = true;
        let chosen: Option<PersonId> = second.iter().find(|(.., on)| *on).and_then(|(id, ..)| id.parse().ok());
        match chosen {
            Some(person) => actors.push(person),
            None => page.sheet.refuse("second", w.void_no_second()),
        }
    } else {
        match &page.mend {
            Mend::Diary => match day_of(&page.when, today, w) {
                Ok(day) => {
                    if let Facts::DiaryWritten(diary) = &mut after.facts {
                        diary.day = day;
                    }
                }
                Err(words) => page.sheet.refuse("month", words),
            },
            _ => {
                // A time that nobody touched stays as exactly as it was.
                let untouched = page.when == typed_of(record.stands.occurred, today);
                if !untouched && let Some(when) = claimed(&page.when, &mut page.sheet, w, today, now_ms) {
                    after.occurred = when;
                }
            }
        }
        match (&page.mend, &mut after.facts) {
            (Mend::Visit { outcome, how }, Facts::VisitRecorded(visit)) => {
                visit.outcome = Outcome::from_key(outcome).unwrap_or(visit.outcome);
                visit.mode = Mode::from_key(how).unwrap_or(visit.mode);
            }
            (Mend::Talk { follow_up }, Facts::TalkRecorded(talk)) => talk.follow_up = *follow_up,
            _ => {}
        }
    }
    let is_other = (
        after.facts != record.stands.facts,
        after.occurred != record.stands.occurred,
    );
    if page.void.is_none() && page.sheet.wrong.is_empty() && is_other == (false, false) {
        page.sheet.refuse("month", w.correct_nothing());
    }
    let reason = page.reason.trim().to_owned();
    if reason.is_empty() {
        page.sheet.refuse("t", w.correct_no_reason());
    }
    if let Some(over) = reason.len().checked_sub(TEXT_BYTES_MAX).filter(|over| *over > 0) {
        page.sheet.refuse("t", w.too_long(over));
    }
    if !page.sheet.wrong.is_empty() {
        return None;
    }
    let correction = if page.void.is_some() {
        CorrectionKind::Void
    } else {
        CorrectionKind::Correct
    };
    let draft = Draft {
        subject: record.subject,
        facts: Facts::RecordCorrected(RecordCorrected {
            target: record.id,
            correction,
            replacement: is_other.0.then(|| Replacement(Box::new(after.facts.clone()))),
            occurred: is_other.1.then_some(after.occurred),
        }),
        occurred: When::Day(today),
        unit: web.office.bulletin.borrow().unit,
        recorder: visitor.signed.account.person,
        actors,
        causes: vec![record.id],
        mode: EntryMode::Live,
        source: None,
        personal: Some(PersonalContent {
            text: Some(reason),
            ..PersonalContent::default()
        }),
    };
    Some((draft, after))
}

/// The calendar quarter of a day, as year and number.
fn quarter(day: Day) -> Option<(i16, u8)> {
    dates::civil(day).map(|(year, month, _)| (year, month.div_ceil(3)))
}

/// What will change in the figures, in words.
fn effects(w: Words, record: &Record, after: &Standing) -> Vec<String> {
    let mut said = Vec::new();
    if after.is_void {
        let words = match record.stands.facts {
            Facts::VisitRecorded(_) => w.void_effect_visit(),
            Facts::TalkRecorded(_) => w.void_effect_talk(),
            Facts::DiaryWritten(_) => w.void_effect_diary(),
            _ => w.void_effect_other(),
        };
        said.push(words.to_owned());
    }
    if record.subject.kind == SubjectKind::Household {
        let (old, new) = (quarter(record.stands.occurred.day()), quarter(after.occurred.day()));
        if let (Some(from), Some(to)) = (old, new)
            && from != to
        {
            let name = |(year, number)| w.quarter_of(year, number);
            said.push(w.moves_quarter(&name(from), &name(to)));
        }
        // The rule of the coverage: a household is met where somebody was met at the home in the period.
        let is_met = |one: &Standing, of| {
            let is_at_home = matches!(&one.facts, Facts::VisitRecorded(visit) if visit.outcome == Outcome::Met && visit.mode == Mode::Home);
            !one.is_void && is_at_home && quarter(one.occurred.day()) == of
        };
        let mut quarters = vec![old];
        quarters.extend(Some(new).filter(|new| *new != old));
        for of in quarters {
            let is_met_anyway = record
                .others
                .iter()
                .any(|(id, one)| *id != record.id && is_met(one, of));
            let (was, will) = (is_met(&record.stands, of), is_met(after, of));
            let words = match (is_met_anyway, was, will) {
                (false, true, false) => w.correct_met_less(),
                (false, false, true) => w.correct_met_more(),
                _ => w.correct_met_same(),
            };
            let prefix = of.filter(|_| old != new).map_or_else(String::new, |(year, number)| {
                format!("{} · ", w.quarter_of(year, number))
            });
            said.push(format!("{prefix}{words}"));
        }
    }
    said.push(w.void_pending().to_owned());
    said
}
