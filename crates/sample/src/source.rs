//! An invented log of an office, in the shape of a well-known public one (the receipt phase of a
//! permit office): the columns, the two offsets of a place with summer time, cases without an end,
//! one that ends before it starts, late ones, ties. For tests of the importer.
//!
//! The reference figures of such a file are computed by `tests/independent/source_figures.py`, which
//! knows nothing of this generator.

use std::fmt::Write as _;

use event::Day;

use crate::dice::{Dice, Stream};

const COLUMNS: &str = "case:channel,case:concept:name,case:deadline,case:department,case:enddate,\
case:enddate_planned,case:group,case:responsible,case:startdate,concept:instance,concept:name,\
lifecycle:transition,org:group,org:resource,time:timestamp\n";

/// The steps; which of the two systems keeps a step follows from its place in this list.
const STEPS: [&str; 9] = [
    "Application entered",
    "C01 Check application",
    "C02 Decide on receipt",
    "C03 Send receipt",
    "C04 Decide on hold",
    "C05 Decide on report",
    "C06 Adjust application",
    "C07 Ask for advice",
    "C08 Process advice",
];
const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// 2018-10-01T00:00:00Z.
const FIRST_MS: i64 = 1_538_352_000_000;
/// Days over which cases start; four changes of the clock lie between the first start and the last step.
const DAYS: u64 = 430;

/// The log as one file and as the two systems kept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLog {
    /// Every case whole, with true offsets.
    pub whole: String,
    /// The steps that the left system kept, cases named `LEFT_…`. Its offset of `+00:00` is false: the times are local.
    pub left: String,
    /// The steps that the right system kept, cases named `RIGHT_…`, with the same false offset.
    pub right: String,
    /// Which case of the left is which of the right.
    pub relations: String,
}

struct Case {
    name: String,
    channel: &'static str,
    department: &'static str,
    group: String,
    responsible: String,
    start: i64,
    planned: i64,
    end: Option<i64>,
    steps: Vec<(usize, String, String, i64)>,
}

/// An invented log of `cases` cases (at most 10,000). From 40 cases on, one of them ends before it starts,
/// one has two steps at the same instant, and one has steps on both sides of the repeated hour of 2019-10-27.
#[must_use]
pub fn source_log(seed: u64, cases: u16) -> SourceLog {
    let mut dice = Dice::new(seed, Stream::Source);
    let mut all: Vec<Case> = (0..cases.min(10_000)).map(|n| case(&mut dice, n)).collect();
    if cases >= 40 {
        let start = all[7].start;
        all[7].end = Some(start - 4_000_000);
        let mut long = all.iter_mut().skip(8).filter(|case| case.steps.len() >= 3);
        if let Some(case) = long.next() {
            case.steps[1].3 = case.steps[0].3;
        }
        if let Some(case) = long.next() {
            // 02:41 summer time comes before 02:12 winter time.
            let repeated = utc_of(2019, 10, 27) + 41 * 60_000 + 305;
            case.start = repeated - 2 * DAY_MS;
            case.planned = repeated + 54 * DAY_MS;
            case.end = Some(repeated + 20 * DAY_MS);
            for (step, k) in case.steps.iter_mut().zip(0_i64..) {
                step.3 = repeated + k * 31 * 60_000;
            }
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    write(&all)
}

fn case(dice: &mut Dice, n: u16) -> Case {
    let start = FIRST_MS + i64::try_from(dice.below(DAYS)).unwrap_or(0) * DAY_MS + office_time(dice);
    let planned = start + 56 * DAY_MS;
    let late = dice.permille(280);
    let days = if late {
        dice.between(57, 190)
    } else {
        dice.between(2, 55)
    };
    let end = (!dice.permille(80)).then(|| start + i64::from(days) * DAY_MS + i64::from(dice.between(0, 9_000)) * 977);
    let mut case = Case {
        name: format!("case-{}", 500 + u32::from(n) * 7),
        channel: dice.weighted(&[(80, "Internet"), (9, "Desk"), (6, "Post"), (4, "e-mail"), (1, "Intern")]),
        department: dice.weighted(&[(95, "General"), (3, "Customer contact"), (2, "Experts")]),
        group: if dice.permille(550) {
            String::new()
        } else {
            format!("Group {}", dice.between(1, 8))
        },
        responsible: clerk(dice),
        start,
        planned,
        end,
        steps: Vec::new(),
    };
    let mut path = match dice.below(10) {
        0 => vec![0],
        1 | 2 => vec![0, 4, 5, 1, 2, 3],
        _ => vec![0, 1, 2, 3, 4, 5],
    };
    if path.len() > 1 && dice.permille(90) {
        path.extend([6, 1, 2]);
    }
    if path.len() > 1 && dice.permille(70) {
        path.extend([7, 8]);
    }
    if path.len() == 1 {
        path.extend(dice.permille(300).then_some(1));
    }
    let mut time = start + i64::from(dice.between(30, 40_000)) * 1_009;
    for (k, step) in path.into_iter().enumerate() {
        let instance = format!("task-{}", 40_000 + u32::from(n) * 16 + u32::try_from(k).unwrap_or(0));
        case.steps.push((step, instance, clerk(dice), time));
        time += match dice.below(4) {
            0 => i64::from(dice.between(1, 12)) * DAY_MS + i64::from(dice.between(1, 60_000)) * 131,
            1 => i64::from(dice.between(1, 50_000)) * 83,
            _ => i64::from(dice.between(1, 50_000)) * 7 + 1,
        };
    }
    case
}

fn clerk(dice: &mut Dice) -> String {
    // The square makes the first clerks the busiest.
    let number = 1 + dice.below(24) * dice.below(24) / 24;
    format!("Clerk{number:02}")
}

fn office_time(dice: &mut Dice) -> i64 {
    6 * HOUR_MS + i64::try_from(dice.below(10 * 3_600_000)).unwrap_or(0)
}

fn write(cases: &[Case]) -> SourceLog {
    let mut log = SourceLog {
        whole: COLUMNS.to_owned(),
        left: COLUMNS.to_owned(),
        right: COLUMNS.to_owned(),
        relations: "case:concept:name_LEFT,case:concept:name_RIGHT\n".to_owned(),
    };
    for case in cases {
        let mut in_right = false;
        for (step, instance, clerk, time) in &case.steps {
            let row = |prefix: &str, text: fn(i64) -> String| {
                format!(
                    "{},{prefix}{},{},{},{},{},{},{},{},{instance},{},complete,Group {},{clerk},{}\n",
                    case.channel,
                    case.name,
                    text(case.planned / 1_000 * 1_000),
                    case.department,
                    case.end.map(text).unwrap_or_default(),
                    text(case.planned),
                    case.group,
                    case.responsible,
                    text(case.start),
                    STEPS[*step],
                    step % 5 + 1,
                    text(*time),
                )
            };
            log.whole.push_str(&row("", local));
            if step % 2 == 0 {
                log.left.push_str(&row("LEFT_", local_with_false_offset));
            } else {
                log.right.push_str(&row("RIGHT_", local_with_false_offset));
                in_right = true;
            }
        }
        if in_right {
            let _ = writeln!(log.relations, "LEFT_{0},RIGHT_{0}", case.name);
        }
    }
    log
}

/// Offset of central Europe in hours: 2 from 01:00Z of the last Sunday of March to 01:00Z of the last of October.
fn offset_hours(ms: i64) -> i64 {
    let year: i64 = civil(ms)[..4].parse().unwrap_or(1970);
    let last_sunday = |month: i64| {
        let month_end = utc_of(year, month, 31);
        // 1970-01-01 was a Thursday, four days after a Sunday.
        month_end - (month_end.div_euclid(DAY_MS) + 4).rem_euclid(7) * DAY_MS + HOUR_MS
    };
    if (last_sunday(3)..last_sunday(10)).contains(&ms) {
        2
    } else {
        1
    }
}

/// `2011-10-11 13:42:22.688000+02:00`, without a fraction where it is zero.
fn local(ms: i64) -> String {
    let hours = offset_hours(ms);
    format!("{}+{hours:02}:00", civil(ms + hours * HOUR_MS))
}

fn local_with_false_offset(ms: i64) -> String {
    format!("{}+00:00", civil(ms + offset_hours(ms) * HOUR_MS))
}

fn civil(ms: i64) -> String {
    let day = Day(i32::try_from(ms.div_euclid(DAY_MS)).unwrap_or(0));
    let rest = ms.rem_euclid(DAY_MS);
    let (seconds, fraction) = (rest / 1_000, rest % 1_000);
    let mut text = format!(
        "{day} {:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    );
    if fraction > 0 {
        let _ = write!(text, ".{fraction:03}000");
    }
    text
}

/// Midnight in UTC of a civil date.
fn utc_of(year: i64, month: i64, day: i64) -> i64 {
    let date: Result<Day, _> = format!("{year:04}-{month:02}-{day:02}").parse();
    date.map_or(0, |day| i64::from(day.0) * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_time_begins_and_ends_at_one_in_utc() {
        let before_autumn = utc_of(2019, 10, 27) + HOUR_MS - 1;
        assert_eq!(local(before_autumn), "2019-10-27 02:59:59.999000+02:00");
        assert_eq!(local(before_autumn + 1), "2019-10-27 02:00:00+01:00");
        assert_eq!(local(utc_of(2019, 3, 31) + HOUR_MS), "2019-03-31 03:00:00+02:00");
        assert_eq!(
            local(utc_of(2019, 3, 31) + HOUR_MS - 1),
            "2019-03-31 01:59:59.999000+01:00"
        );
        assert_eq!(
            local_with_false_offset(before_autumn),
            "2019-10-27 02:59:59.999000+00:00"
        );
    }
}
