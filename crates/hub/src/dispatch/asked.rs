//! What a form asks for: fields become facts, or a sentence beside the field that is wrong.

use event::bounds::TEXT_BYTES_MAX;
use event::{
    ClockRule, ClosingKind, Day, EntryMode, Facts, LegalPath, PersonalContent, RequestAccepted, RequestAssigned,
    RequestClosed, RequestFollowedUp, RequestReassigned, Satisfaction, Solved, When,
};
use ledger::Move;
use pages::Fields;
use screen::township::{ActForm, CallDay, Typed, WrongField};
use screen::{Words, dates};

use super::people::chosen;

/// A day and month lie in the year before, or in the next one, where they would else be farther than this, in days.
const HALF_YEAR_DAYS: i32 = 183;
/// Longest time ahead that a due day may lie, in days: a slip of the pen in the year is no due day.
const DUE_DAYS_MAX: i32 = 730;

/// The time of one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    pub(crate) now_ms: i64,
    pub(crate) today: Day,
}

impl Clock {
    pub(crate) const fn minute(self) -> When {
        When::Minute(self.now_ms.div_euclid(60_000))
    }
}

/// What is to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The step that the guard is asked about; `None` for a registration.
    pub(crate) step: Option<Move>,
    pub(crate) facts: Facts,
    pub(crate) occurred: When,
    pub(crate) mode: EntryMode,
    pub(crate) personal: Option<PersonalContent>,
}

/// The form's fields as they came.
pub(crate) fn typed(fields: &Fields) -> Typed {
    let get = |name: &str| fields.get(name).to_owned();
    Typed {
        path: get("path"),
        rule: get("rule"),
        due: get("due"),
        who: get("who"),
        note: get("note").replace("\r\n", "\n"),
        day: CallDay::from_key(fields.get("day")),
        other_day: get("other_day"),
        reached: get("reached"),
        satisfaction: get("satisfaction"),
        solved: get("solved"),
        closing: get("closing"),
    }
}

/// What the form asks for of a request that was answered on that day, if it was; `None` where something is wrong, which then stands in the form.
pub(crate) fn asked(form: &mut ActForm, replied_on: Option<Day>, clock: Clock, w: Words) -> Option<Asked> {
    let (facts, step, occurred) = match form.act.as_str() {
        "accept" => (accept(form, clock.today, w), Some(Move::Accept), Some(clock.minute())),
        "assign" | "reassign" => {
            let (facts, step) = assign(form, clock.today, w).unzip();
            (facts, step, Some(clock.minute()))
        }
        "follow" => (
            follow(form, w),
            Some(Move::FollowUp),
            call_day(form, replied_on, clock, w),
        ),
        _ => {
            let closing = close(form, w);
            let facts = closing.map(|closing| Facts::RequestClosed(RequestClosed { closing }));
            (facts, closing.map(Move::Close), Some(clock.minute()))
        }
    };
    let text = form.typed.note.trim().to_owned();
    if let Some(over) = text.len().checked_sub(TEXT_BYTES_MAX).filter(|over| *over > 0) {
        form.errors.push((WrongField::Note, w.too_long(over)));
    }
    form.errors.sort_by_key(|(field, _)| *field);
    if !form.errors.is_empty() {
        return None;
    }
    let is_of_today = form.act == "follow" && form.typed.day == CallDay::Today;
    Some(Asked {
        step,
        facts: facts?,
        occurred: occurred?,
        mode: if is_of_today {
            EntryMode::LaterSameDay
        } else {
            EntryMode::Live
        },
        personal: (!text.is_empty()).then(|| PersonalContent {
            text: Some(text),
            ..PersonalContent::default()
        }),
    })
}

fn wrong(form: &mut ActForm, field: WrongField, words: &str) {
    form.errors.push((field, words.to_owned()));
}

fn accept(form: &mut ActForm, today: Day, w: Words) -> Option<Facts> {
    let path = LegalPath::from_key(&form.typed.path);
    if path.is_none() {
        wrong(form, WrongField::Path, w.act_path_missing());
    }
    // Only imported history has its due date from its source.
    let rule = ClockRule::from_key(&form.typed.rule).filter(|rule| *rule != ClockRule::Source);
    if rule.is_none() {
        wrong(form, WrongField::Rule, w.act_rule_missing());
    }
    let due = match (due(form, today, w)?, rule) {
        (Some(day), _) => Some(day),
        (None, Some(ClockRule::Petition60Days)) => Some(today.plus(60)),
        (None, Some(ClockRule::Petition15Days)) => Some(today.plus(15)),
        (None, Some(ClockRule::Hotline5WorkingDays)) => Some(weekdays_on(today, 5)),
        (None, _) => {
            wrong(form, WrongField::Due, w.act_due_missing());
            None
        }
    };
    Some(Facts::RequestAccepted(RequestAccepted {
        path: path?,
        rule: rule?,
        accepted_on: today,
        due: Some(When::Day(due?)),
    }))
}

/// So many days on that are no Saturday or Sunday. Holidays are not known here, and the form says so.
fn weekdays_on(from: Day, count: u8) -> Day {
    let (mut day, mut left) = (from, count);
    while left > 0 {
        day = day.plus(1);
        left -= u8::from(dates::weekday(day) < 5);
    }
    day
}

fn assign(form: &mut ActForm, today: Day, w: Words) -> Option<(Facts, Move)> {
    let whom = chosen(&form.people, &form.typed.who);
    if whom.is_none() {
        let words = if form.typed.who.is_empty() {
            w.act_who_missing()
        } else {
            w.act_who_gone()
        };
        wrong(form, WrongField::Who, words);
    }
    let due = due(form, today, w)?;
    let is_new_round = form.act == "reassign";
    if is_new_round && due.is_none() {
        wrong(form, WrongField::Due, w.act_due_round_missing());
    }
    let ((unit, handler), due) = (whom?, due.map(When::Day));
    Some(if is_new_round {
        (
            Facts::RequestReassigned(RequestReassigned { unit, handler, due }),
            Move::Reassign,
        )
    } else {
        (
            Facts::RequestAssigned(RequestAssigned { unit, handler, due }),
            Move::Assign(unit),
        )
    })
}

fn follow(form: &mut ActForm, w: Words) -> Option<Facts> {
    let satisfaction = Satisfaction::from_key(&form.typed.satisfaction);
    let solved = Solved::from_key(&form.typed.solved);
    let has_word = satisfaction.is_some() || solved.is_some();
    let reached = match form.typed.reached.as_str() {
        "yes" if !has_word => {
            wrong(form, WrongField::Word, w.act_word_missing());
            return None;
        }
        "no" if has_word => {
            wrong(form, WrongField::Word, w.act_word_without());
            return None;
        }
        "yes" => true,
        "no" => false,
        _ => {
            wrong(form, WrongField::Reached, w.act_reached_missing());
            return None;
        }
    };
    Some(Facts::RequestFollowedUp(RequestFollowedUp {
        reached,
        solved,
        satisfaction,
    }))
}

/// When the call was made, as exactly as it was said. An answer is asked back about after it was given.
fn call_day(form: &mut ActForm, replied_on: Option<Day>, clock: Clock, w: Words) -> Option<When> {
    let day = match form.typed.day {
        CallDay::Now => return Some(clock.minute()),
        CallDay::Today => clock.today,
        CallDay::Yesterday => clock.today.plus(-1),
        CallDay::Other => match day_of(&form.typed.other_day, clock.today, false) {
            Some(day) => day,
            None => {
                wrong(form, WrongField::Day, w.act_day_wrong());
                return None;
            }
        },
    };
    if day > clock.today {
        wrong(form, WrongField::Day, w.act_day_future());
        return None;
    }
    if replied_on.is_some_and(|replied| day < replied) {
        wrong(form, WrongField::Day, w.act_day_old());
        return None;
    }
    Some(When::Day(day))
}

fn close(form: &mut ActForm, w: Words) -> Option<ClosingKind> {
    let closing = ClosingKind::from_key(&form.typed.closing);
    let Some(closing) = closing else {
        wrong(form, WrongField::Closing, w.act_closing_missing());
        return None;
    };
    let needs_reason = matches!(
        closing,
        ClosingKind::Withdrawn | ClosingKind::Duplicate | ClosingKind::StatutoryEnd
    );
    if needs_reason && form.typed.note.trim().is_empty() {
        wrong(form, WrongField::Note, w.act_note_missing());
    }
    Some(closing)
}

/// The due day that was typed: `Some(None)` where nothing was.
fn due(form: &mut ActForm, today: Day, w: Words) -> Option<Option<Day>> {
    if form.typed.due.trim().is_empty() {
        return Some(None);
    }
    let words = match day_of(&form.typed.due, today, true) {
        Some(day) if day < today => w.act_due_past(),
        Some(day) if day <= today.plus(DUE_DAYS_MAX) => return Some(Some(day)),
        _ => w.act_due_wrong(),
    };
    wrong(form, WrongField::Due, words);
    None
}

/// The day in a text such as 9.25, 9 月 25 日 or 2026-09-25, in half or full width. Without a year it is the nearest such
/// day, ahead or back.
fn day_of(text: &str, today: Day, ahead: bool) -> Option<Day> {
    let digits = text.chars().map(|c| match c {
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10).unwrap_or(' '),
        c if c.is_ascii_digit() => c,
        _ => ' ',
    });
    let digits: String = digits.collect();
    let numbers: Option<Vec<i16>> = digits.split_whitespace().map(|number| number.parse().ok()).collect();
    let (year, month, of_month) = match numbers?[..] {
        [month, of_month] => (None, month, of_month),
        [year, month, of_month] => (Some(year), month, of_month),
        _ => return None,
    };
    let (month, of_month) = (u8::try_from(month).ok()?, u8::try_from(of_month).ok()?);
    let (this_year, ..) = dates::civil(today)?;
    let day = dates::day_of(year.unwrap_or(this_year), month, of_month)?;
    let other_year = if ahead { this_year + 1 } else { this_year - 1 };
    let is_far = if ahead {
        day < today.plus(-HALF_YEAR_DAYS)
    } else {
        day > today.plus(HALF_YEAR_DAYS)
    };
    match (year, is_far) {
        (None, true) => dates::day_of(other_year, month, of_month),
        _ => Some(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_read_as_they_are_written_and_lie_on_the_nearer_side_of_the_new_year() {
        let today = day("2026-12-20");
        for text in ["12.31", "12-31", "12 月 31 日", "１２．３１", "2026-12-31"] {
            assert_eq!(day_of(text, today, true), Some(day("2026-12-31")), "{text}");
        }
        assert_eq!(day_of("1.5", today, true), Some(day("2027-01-05")));
        assert_eq!(day_of("12.30", day("2027-01-03"), false), Some(day("2026-12-30")));
        for text in ["", "9", "2.30", "13.1", "明天", "2026-2-29"] {
            assert_eq!(day_of(text, today, true), None, "{text}");
        }
    }

    #[test]
    fn five_working_days_leave_weekends_out() {
        assert_eq!(weekdays_on(day("2026-09-18"), 5), day("2026-09-25"), "a Friday");
        assert_eq!(weekdays_on(day("2026-09-19"), 1), day("2026-09-21"), "a Saturday");
    }

    #[test]
    fn a_call_that_reached_nobody_says_nothing_of_satisfaction_and_one_that_did_says_something() {
        let w = Words::new(screen::Lang::Zh);
        let follow_with = |reached: &str, satisfaction: &str, solved: &str| {
            let mut form = ActForm::default();
            form.typed.reached = reached.to_owned();
            form.typed.satisfaction = satisfaction.to_owned();
            form.typed.solved = solved.to_owned();
            (
                follow(&mut form, w).is_some(),
                form.errors.first().map(|(field, _)| *field),
            )
        };
        assert_eq!(follow_with("", "satisfied", ""), (false, Some(WrongField::Reached)));
        assert_eq!(follow_with("yes", "", ""), (false, Some(WrongField::Word)));
        assert_eq!(follow_with("no", "satisfied", ""), (false, Some(WrongField::Word)));
        assert_eq!(follow_with("no", "", ""), (true, None));
        assert_eq!(follow_with("yes", "", "partly"), (true, None));
    }
}
