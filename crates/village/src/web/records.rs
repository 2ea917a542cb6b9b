//! Recording a visit. The answer comes when it is on the disk; what is wrong is said beside its field.

use accounts::Act;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::bounds::TEXT_BYTES_MAX;
use event::{
    Day, Draft, EntityId, EntryMode, Facts, Mode, Origin, Outcome as VisitOutcome, PersonId, PersonalContent, Sequence,
    Subject, VisitRecorded, When,
};
use ledger::Query as LedgerQuery;
use link::{Problem, ProblemKind};
use pages::{Fields, Visitor};
use screen::office::{Beside, Candidate, ChosenDay, Field, Here, Precision, Visit, VisitError, visit as visit_page};
use screen::{Words, dates};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Web;
use super::directory::FOUND_MAX;
use super::lines::Lines;
use super::reading::candidates;
use super::today::open_lines;
use crate::lines::{Line, Outcome};

/// A day and month that lie ahead this year are last year's, if that is no longer ago than this, in days.
const LAST_YEAR_DAYS_MAX: i32 = 183;

/// What the address of the form says: what was just saved, and what the next visit takes over. No name, no text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    h: Option<String>,
    saved: Option<String>,
    known: Option<String>,
    d: Option<String>,
    month: Option<String>,
    date: Option<String>,
    p: Option<String>,
}

/// What was asked for with a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    Find,
    Other,
    Keep,
    Save,
    Next,
}

fn day_chosen(word: &str) -> ChosenDay {
    match word {
        "yesterday" => ChosenDay::Yesterday,
        "other" => ChosenDay::Other,
        _ => ChosenDay::Today,
    }
}

fn precision_chosen(word: &str) -> Precision {
    match word {
        "am" => Precision::Morning,
        "pm" => Precision::Afternoon,
        "clock" => Precision::Clock,
        _ => Precision::Day,
    }
}

pub(super) async fn ask(State(web): State<Web>, visitor: Visitor, Query(coming): Query<Coming>) -> Response {
    let mut page = blank(&web, &visitor);
    page.day = day_chosen(coming.d.as_deref().unwrap_or_default());
    page.precision = precision_chosen(coming.p.as_deref().unwrap_or_default());
    page.other = [coming.month.unwrap_or_default(), coming.date.unwrap_or_default()];
    let w = visitor.words();
    let (chosen, saved, known) = (coming.h, coming.saved, coming.known.is_some());
    let looked = web.look(move |web, bulletin, ledger, directory| {
        if let Some((origin, sequence)) = saved.as_deref().and_then(place_of) {
            let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
            if let Some(entry) = lines.read(origin, sequence)? {
                page.saved = Some((lines.line(origin, sequence, &entry), known));
            }
        }
        Ok(page)
    });
    let page = match looked.await {
        Ok(page) => page,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    show(&web, &visitor, page, chosen, Do::Keep).await
}

fn place_of(text: &str) -> Option<(Origin, Sequence)> {
    let (origin, sequence) = text.split_once(':')?;
    Some((origin.parse().ok()?, Sequence::new(sequence.parse().ok()?).ok()?))
}

/// An empty form: who is signed in went themselves, at the home, unless they say otherwise; both stand on the form.
fn blank(web: &Web, visitor: &Visitor) -> Visit {
    let random: [u8; 16] = web.office.surroundings.random();
    let own = visitor.signed.account.person;
    let who = web.office.accounts.ask(|accounts| {
        let all = accounts.all().iter();
        all.map(|one| (one.person.to_string(), one.name.clone(), one.person == own))
            .collect()
    });
    Visit {
        key: event::Hash256(Sha256::digest(random).into()).to_string(),
        how: Mode::Home.key().to_owned(),
        // Where the accounts cannot be read nobody is signed in either.
        who: who.unwrap_or_default(),
        ..Visit::default()
    }
}

/// The form as it was typed.
fn typed(web: &Web, visitor: &Visitor, fields: &Fields) -> Visit {
    let mut page = blank(web, visitor);
    if let Some(key) = fields.some("key") {
        page.key = key.chars().take(64).collect();
    }
    fields.get("q").clone_into(&mut page.query);
    page.day = day_chosen(fields.get("d"));
    page.other = [fields.get("month").to_owned(), fields.get("date").to_owned()];
    page.precision = precision_chosen(fields.get("p"));
    page.clock = [fields.get("hour").to_owned(), fields.get("minute").to_owned()];
    page.outcome = fields.some("o").map(str::to_owned);
    page.text = fields.get("t").replace("\r\n", "\n");
    for (id, _, on) in &mut page.who {
        *on = fields.all("w").any(|chosen| chosen == id);
    }
    if let Some(how) = fields.some("how").filter(|how| Mode::from_key(how).is_some()) {
        how.clone_into(&mut page.how);
    }
    page
}

pub(super) async fn visit(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let page = typed(&web, &visitor, &fields);
    let act = match fields.get("do") {
        "save" => Do::Save,
        "next" => Do::Next,
        "other" => Do::Other,
        "keep" => Do::Keep,
        _ => Do::Find,
    };
    // A choice among what was found counts as long as the search is the same.
    let is_stale = act == Do::Find && fields.some("fq").is_some_and(|of| of != fields.get("q"));
    let chosen = fields.some("h").filter(|_| act != Do::Other && !is_stale);
    show(&web, &visitor, page, chosen.map(str::to_owned), act).await
}

/// Finds the household, saves where that is asked for and nothing is wrong, and shows the form else.
async fn show(web: &Web, visitor: &Visitor, mut page: Visit, chosen: Option<String>, act: Do) -> Response {
    let (w, today) = (visitor.words(), web.office.today());
    let looked = web.look(move |web, bulletin, ledger, directory| {
        let rows = ledger.households(bulletin.unit, LedgerQuery::as_of(today));
        if let Some(id) = chosen.as_deref().and_then(|id| id.parse::<EntityId>().ok()) {
            let row = rows.iter().find(|row| row.household == id);
            let person = directory.person(id);
            if row.is_some() || person.is_some() {
                page.chosen = Some(Candidate {
                    household: id.to_string(),
                    head: person.map(|person| person.head.clone()).unwrap_or_default(),
                    address: person.map(|person| person.address.clone()).unwrap_or_default(),
                    size: row.and_then(|row| row.size),
                    last_met: row.and_then(|row| row.last_met_on),
                });
                page.go_on = act == Do::Find;
            } else {
                page.errors.push(error(Field::Household, w.visit_gone()));
            }
        } else if matches!(act, Do::Find | Do::Save | Do::Next) {
            let caught_up = web.office.books.reached().at_end;
            let mut found = candidates(bulletin, ledger, directory, caught_up, &page.query, today)?;
            let (query, count) = (page.query.trim().to_owned(), found.len());
            match (count, query.is_empty()) {
                (1, _) => {
                    page.chosen = found.pop();
                    page.go_on = act == Do::Find;
                }
                (0, true) => page.errors.push(error(Field::Household, w.visit_choose())),
                (0, false) => page.errors.push(error(Field::Household, &w.found_none(&query))),
                (_, _) => {
                    if act != Do::Find {
                        page.errors
                            .push(error(Field::Household, &w.found_several(&query, count)));
                    }
                    page.more = count > FOUND_MAX;
                    found.truncate(FOUND_MAX);
                    page.found = found;
                }
            }
        }
        if let Some(id) = page
            .chosen
            .as_ref()
            .and_then(|one| one.household.parse::<EntityId>().ok())
        {
            let row = rows.iter().find(|row| row.household == id);
            let requests = ledger.requests(bulletin.unit, LedgerQuery::as_of(today));
            let own: Vec<_> = requests
                .into_iter()
                .filter(|row| row.request.household == Some(id))
                .collect();
            page.beside = Some(Beside {
                address: format!("/household/{id}"),
                last: row
                    .and_then(|row| row.last_visit)
                    .map(|visit| (visit.day, visit.outcome.key().to_owned())),
                last_met: row.and_then(|row| row.last_met_on),
                open: open_lines(&own, directory),
            });
        }
        Ok(page)
    });
    let mut page = match looked.await {
        Ok(page) => page,
        Err(problem) => return visitor.trouble(web, &problem),
    };
    if matches!(act, Do::Save | Do::Next) {
        let now_ms = super::desk::signed(web.office.trusted_ms());
        match draft(&mut page, w, today, now_ms, visitor.signed.account.person, web) {
            None => page.errors.sort_by_key(|error| error.field as u8),
            Some(draft) => match save(web, &page, draft).await {
                Ok((origin, sequence, known)) => return saved(&page, act, origin, sequence, known),
                Err(Trouble::Refused(words)) => page.errors.push(error(Field::Text, &words)),
                Err(Trouble::Problem(problem)) => page.trouble = Some(said(w, &problem).to_owned()),
            },
        }
    }
    let frame = visitor.frame(web, Here::Visits, "/visit");
    let refused = !page.errors.is_empty() || page.trouble.is_some();
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    (status, Html(visit_page(&frame, &page))).into_response()
}

fn error(field: Field, words: &str) -> VisitError {
    VisitError {
        field,
        words: words.to_owned(),
    }
}

/// What the saving failed with, in the words of the design: nothing is called saved that is not.
fn said(w: Words, problem: &Problem) -> &'static str {
    match ProblemKind::all()
        .iter()
        .find(|kind| problem.type_.ends_with(kind.slug()))
    {
        Some(ProblemKind::DiskFull) => w.visit_full(),
        Some(ProblemKind::StoreUnavailable) => w.visit_unsure(),
        _ => w.visit_not_saved(),
    }
}

/// The draft that the form describes; `None` where something is wrong, which then stands in the form.
fn draft(page: &mut Visit, w: Words, today: Day, now_ms: i64, recorder: PersonId, web: &Web) -> Option<Draft> {
    let day = match day_of(page, today, w) {
        Ok(day) => Some(day),
        Err(words) => {
            page.errors.push(error(Field::Day, &words));
            None
        }
    };
    let occurred = day.and_then(|day| match when(page, day) {
        None => {
            page.errors.push(error(Field::Clock, w.visit_no_clock()));
            None
        }
        Some(when) if when.start_ms() > now_ms => {
            let field = if day > today { Field::Day } else { Field::Clock };
            page.errors.push(error(field, w.visit_future()));
            None
        }
        Some(when) => Some(when),
    });
    let outcome = page.outcome.as_deref().and_then(VisitOutcome::from_key);
    if outcome.is_none() {
        page.errors.push(error(Field::Outcome, w.visit_no_outcome()));
    }
    let text = page.text.trim().to_owned();
    if outcome == Some(VisitOutcome::Met) && text.is_empty() {
        page.errors.push(error(Field::Text, w.visit_no_text()));
    }
    if let Some(over) = text.len().checked_sub(TEXT_BYTES_MAX).filter(|over| *over > 0) {
        page.errors.push(error(Field::Text, &w.too_long(over)));
    }
    let who = page.who.iter().filter(|(.., on)| *on);
    let actors: Vec<PersonId> = who.filter_map(|(id, ..)| id.parse().ok()).collect();
    if actors.is_empty() {
        page.errors.push(error(Field::Who, w.visit_nobody()));
    }
    if !page.errors.is_empty() {
        return None;
    }
    let household = page.chosen.as_ref()?.household.parse().ok()?;
    Some(Draft {
        subject: Subject::household(household),
        facts: Facts::VisitRecorded(VisitRecorded {
            mode: Mode::from_key(&page.how).unwrap_or(Mode::Home),
            outcome: outcome?,
            minutes: None,
            requests: Vec::new(),
        }),
        occurred: occurred?,
        unit: web.office.bulletin.borrow().unit,
        recorder,
        actors,
        causes: Vec::new(),
        mode: EntryMode::Live,
        source: None,
        personal: (!text.is_empty()).then(|| PersonalContent {
            text: Some(text),
            ..PersonalContent::default()
        }),
    })
}

/// Numbers in a text, in half or full width, whatever stands between them.
fn numbers(text: &str) -> Option<Vec<i16>> {
    let digits = text.chars().map(|c| match c {
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10).unwrap_or(' '),
        c if c.is_ascii_digit() => c,
        _ => ' ',
    });
    let digits: String = digits.collect();
    digits.split_whitespace().map(|number| number.parse().ok()).collect()
}

/// The day that was chosen: today, yesterday, or month and day. 8.31 and 2026-08-31 in the first box are understood too.
fn day_of(page: &Visit, today: Day, w: Words) -> Result<Day, String> {
    match page.day {
        ChosenDay::Today => return Ok(today),
        ChosenDay::Yesterday => return Ok(today.plus(-1)),
        ChosenDay::Other => {}
    }
    let typed = numbers(&page.other.join(" ")).unwrap_or_default();
    let this_year = dates::civil(today).map_or(1970, |(year, ..)| year);
    let (year, month, of_month) = match typed[..] {
        [month, day] => (None, month, day),
        [year, month, day] => (Some(year), month, day),
        _ => return Err(w.visit_no_day().to_owned()),
    };
    let (Ok(month), Ok(of_month)) = (u8::try_from(month), u8::try_from(of_month)) else {
        return Err(w.visit_no_day().to_owned());
    };
    if !(1..=12).contains(&month) {
        return Err(w.visit_no_day().to_owned());
    }
    let day = dates::day_of(year.unwrap_or(this_year), month, of_month);
    let last = dates::day_of(this_year - 1, month, of_month).filter(|_| year.is_none());
    match (day, last) {
        (Some(day), _) if day <= today => Ok(day),
        (_, Some(last)) if last.plus(LAST_YEAR_DAYS_MAX) >= today => Ok(last),
        (Some(_), _) => Err(w.visit_future().to_owned()),
        (None, _) => Err(w.no_such_day(month, of_month)),
    }
}

/// The time as exactly as it was given, and no more exactly.
fn when(page: &Visit, day: Day) -> Option<When> {
    match page.precision {
        Precision::Day => Some(When::Day(day)),
        Precision::Morning => Some(When::HalfDay { day, afternoon: false }),
        Precision::Afternoon => Some(When::HalfDay { day, afternoon: true }),
        Precision::Clock => {
            let typed = numbers(&page.clock.join(" "))?;
            let [hour, minute] = typed[..] else { return None };
            let is_time = (0..24).contains(&hour) && (0..60).contains(&minute);
            is_time.then(|| When::Minute(day.start_ms() / 60_000 + i64::from(hour) * 60 + i64::from(minute)))
        }
    }
}

enum Trouble {
    Refused(String),
    Problem(Problem),
}

/// Records the draft. It is on the disk when this returns. Sent twice it is recorded once: the form has a key of its
/// own, and whoever changes something and sends it again records something else.
async fn save(web: &Web, page: &Visit, draft: Draft) -> Result<(Origin, Sequence, bool), Trouble> {
    let what = serde_json::to_vec(&(
        &page.key,
        &draft.facts,
        draft.occurred,
        draft.subject.id,
        &draft.actors,
        &draft.personal,
    ));
    let what = what.map_err(|error| Trouble::Refused(error.to_string()))?;
    let key = Sha256::new_with_prefix(b"minqing web form\0")
        .chain_update(what)
        .finalize();
    let line = Line {
        draft,
        key: Some(key.into()),
    };
    let outcome = web
        .office
        .writer
        .record(vec![line])
        .await
        .map_err(Trouble::Problem)?
        .pop();
    match outcome {
        Some(Outcome::Recorded(one)) => Ok((one.origin, one.sequence, false)),
        Some(Outcome::Known(one)) => Ok((one.origin, one.sequence, true)),
        Some(Outcome::Refused(error)) => Err(Trouble::Refused(error.to_string())),
        None => Err(Trouble::Problem(Problem::new(
            ProblemKind::Internal,
            "the writer gave no answer",
        ))),
    }
}

/// Where to after saving: to the household, or to the next form with day and precision taken over.
fn saved(page: &Visit, act: Do, origin: Origin, sequence: Sequence, known: bool) -> Response {
    let household = page.chosen.as_ref().map_or("", |one| one.household.as_str());
    if act == Do::Save {
        let word = if known { "known" } else { "new" };
        return Redirect::to(&format!("/household/{household}?saved={word}")).into_response();
    }
    let day = match page.day {
        ChosenDay::Today => String::new(),
        ChosenDay::Yesterday => "&d=yesterday".to_owned(),
        ChosenDay::Other => {
            let typed = numbers(&page.other.join(" ")).unwrap_or_default();
            let digits = |at: usize| typed.len().checked_sub(at).map_or(0, |from| typed[from]);
            format!("&d=other&month={}&date={}", digits(2), digits(1))
        }
    };
    let precision = match page.precision {
        Precision::Day | Precision::Clock => "",
        Precision::Morning => "&p=am",
        Precision::Afternoon => "&p=pm",
    };
    let known = if known { "&known=1" } else { "" };
    Redirect::to(&format!("/visit?saved={origin}:{sequence}{known}{day}{precision}")).into_response()
}

#[cfg(test)]
mod tests {
    use screen::Lang;

    use super::*;

    fn on(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn other(month: &str, date: &str, today: &str) -> Result<String, String> {
        let page = Visit {
            day: ChosenDay::Other,
            other: [month.to_owned(), date.to_owned()],
            ..Visit::default()
        };
        day_of(&page, on(today), Words::new(Lang::Zh)).map(|day| day.to_string())
    }

    #[test]
    fn a_day_is_read_as_people_write_it() {
        for (month, date) in [
            ("8", "31"),
            ("８", "３１"),
            ("8.31", ""),
            ("8-31", ""),
            ("2026-08-31", ""),
            ("8月31日", ""),
        ] {
            assert_eq!(
                other(month, date, "2026-09-18").as_deref(),
                Ok("2026-08-31"),
                "{month} {date}"
            );
        }
        assert_eq!(
            other("12", "30", "2027-01-04").as_deref(),
            Ok("2026-12-30"),
            "the year is clear"
        );
        assert_eq!(
            other("2", "29", "2025-03-01").unwrap_err(),
            "2 月没有 29 日，请改成那天的日期"
        );
        assert_eq!(
            other("9", "31", "2026-10-02").unwrap_err(),
            "9 月没有 31 日，请改成那天的日期"
        );
        assert!(other("9", "19", "2026-09-18").unwrap_err().contains("还没到"));
        for (month, date) in [("", ""), ("8", ""), ("13", "1"), ("8", "x"), ("99999999", "1")] {
            assert!(
                other(month, date, "2026-09-18").unwrap_err().contains("请写"),
                "{month} {date}"
            );
        }
    }

    #[test]
    fn a_time_is_as_exact_as_it_was_given() {
        let at = |precision, hour: &str, minute: &str| {
            let page = Visit {
                precision,
                clock: [hour.to_owned(), minute.to_owned()],
                ..Visit::default()
            };
            when(&page, on("2026-09-18")).map(|when| when.to_string())
        };
        assert_eq!(
            at(Precision::Day, "3", "4").as_deref(),
            Some("2026-09-18"),
            "boxes that are not used are ignored"
        );
        assert_eq!(at(Precision::Afternoon, "", "").as_deref(), Some("2026-09-18 pm"));
        assert_eq!(at(Precision::Clock, "14", "５").as_deref(), Some("2026-09-18 14:05"));
        for (hour, minute) in [("24", "0"), ("1", "60"), ("", ""), ("1", "")] {
            assert_eq!(at(Precision::Clock, hour, minute), None);
        }
    }
}
