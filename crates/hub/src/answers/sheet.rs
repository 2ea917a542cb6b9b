//! The same figures as a file that an office program opens: UTF-8 with its mark, CRLF, one head row and nothing but rows.
//!
//! The cut stands in columns of every row and not in a line of its own: a line below the table would be summed, sorted and
//! filtered with it, and a file that was renamed would have lost the cut of its name. Ratios are two columns. What begins
//! like a formula gets an apostrophe; unit codes are written in their three parts, so that no program makes a number of
//! them.

use std::collections::BTreeMap;
use std::io;

use event::UnitCode;
use ledger::{CoverageRow, DiaryRow, HouseholdRow, Ratio, RequestFigures};
use screen::Words;
use screen::township::ledgers::{Ledger, Received};
use serde_json::{Value, json};

use super::answer::{Answer, Answered, CutAt};
use super::columns::{columns_of, plain};
use super::question::Question;

/// UTF-8's byte order mark: without it a Chinese office program takes the file for GBK.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Shares of fewer than these are not shown (domain.md, L9).
pub(crate) const SHARE_MIN: u64 = 5;

/// Text that no office program takes for a formula. A negative number is one.
fn guarded(text: &str) -> String {
    let is_number = text
        .strip_prefix('-')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_number && text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A unit's code in its three parts: county, township, village.
fn code_of(unit: UnitCode) -> String {
    let code = unit.to_string();
    match (code.get(..6), code.get(6..9), code.get(9..)) {
        (Some(county), Some(township), Some(village)) => format!("{county}-{township}-{village}"),
        _ => code,
    }
}

struct Sheet {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    fn new(head: impl IntoIterator<Item = String>) -> Self {
        Self {
            head: head.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    /// Adds the cut to every row, and writes.
    fn write(self, cuts: &[(String, &CutAt)], w: Words) -> io::Result<Vec<u8>> {
        let mut out = BYTE_ORDER_MARK.to_vec();
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(&mut out);
        let mut head = self.head;
        let mut tail = Vec::new();
        for (whose, cut) in cuts {
            for (name, value) in [
                (w.ledgers_received(), received(cut)),
                (
                    w.ledgers_receipt(),
                    cut.position.map_or_else(String::new, |position| position.0.to_string()),
                ),
                (w.csv_digest(), cut.digest.to_string()),
                (w.csv_rules(), cut.rules.to_string()),
            ] {
                head.push(if whose.is_empty() {
                    name.to_owned()
                } else {
                    format!("{whose}{name}")
                });
                tail.push(value);
            }
        }
        let record = |cells: &[String]| cells.iter().map(|cell| guarded(cell)).collect::<Vec<_>>();
        writer.write_record(record(&head)).map_err(io::Error::other)?;
        for mut row in self.rows {
            row.extend(tail.iter().cloned());
            writer.write_record(record(&row)).map_err(io::Error::other)?;
        }
        writer.flush()?;
        drop(writer);
        Ok(out)
    }
}

/// The day, or the instant in UTC+8.
fn received(cut: &CutAt) -> String {
    match cut.received {
        Received::Now(ms) => screen::text::instant(ms),
        Received::By(day) => day.to_string(),
    }
}

/// The file's name: which ledger, which question, which cut.
pub(crate) fn file_name(question: &Question, answer: &Answer, w: Words) -> String {
    let mut parts = vec![question.ledger.name(w).to_owned(), question.quarter.key()];
    parts.extend(question.unit.map(|unit| unit.to_string()));
    parts.extend(question.until.map(|day| w.csv_until(&day.to_string())));
    parts.extend(question.known.map(|day| w.csv_known(&day.to_string())));
    parts.extend(question.against.map(|day| w.csv_against(&day.to_string())));
    parts.extend(
        answer
            .cut
            .position
            .map(|position| w.csv_receipt(&position.0.to_string())),
    );
    format!("{}.csv", parts.join("_"))
}

/// The figures of an answer as a file. Of two cuts a ledger with rows gives every changed cell with its reasons, and
/// coverage both counts.
///
/// # Errors
/// None that a person could mend; the writer's own.
pub(crate) fn sheet(
    question: &Question,
    answer: &Answer,
    names: &BTreeMap<UnitCode, String>,
    w: Words,
) -> io::Result<Vec<u8>> {
    let place = |unit: UnitCode| vec![code_of(unit), names.get(&unit).cloned().unwrap_or_default()];
    let own = [(String::new(), &answer.cut)];
    let Some(before) = &answer.before else {
        return rows(question.ledger, &answer.rows, &place, w).write(&own, w);
    };
    let cuts = [
        (w.ledgers_was().to_owned(), &before.cut),
        (w.ledgers_is().to_owned(), &answer.cut),
    ];
    if let (Answered::Coverage(now), Answered::Coverage(then)) = (&answer.rows, &before.rows) {
        return compared(now, then, &place, w).write(&cuts, w);
    }
    changed(question.ledger, before, &place, w).write(&cuts, w)
}

fn rows(ledger: Ledger, answered: &Answered, place: &dyn Fn(UnitCode) -> Vec<String>, w: Words) -> Sheet {
    match answered {
        Answered::Coverage(rows) => coverage(rows, place, w),
        Answered::RequestFigures(rows) => figures(rows, place, w),
        Answered::Requests(_, rows) => table(ledger, rows.iter().map(|row| (row.request.unit, json!(row))), place, w),
        Answered::Households(rows) => table(ledger, rows.iter().map(household), place, w),
        Answered::Diary(rows) => table(ledger, rows.iter().map(diary), place, w),
        Answered::Covered(_) => Sheet::new([]),
    }
}

fn household(row: &HouseholdRow) -> (UnitCode, Value) {
    (row.unit, json!(row))
}

fn diary(row: &DiaryRow) -> (UnitCode, Value) {
    (row.entry.unit, json!(row))
}

fn unit_head(w: Words) -> Vec<String> {
    vec![w.csv_code().to_owned(), w.village().to_owned()]
}

/// Rows by the ledger's columns. Identifiers stand whole.
fn table(
    ledger: Ledger,
    rows: impl Iterator<Item = (UnitCode, Value)>,
    place: &dyn Fn(UnitCode) -> Vec<String>,
    w: Words,
) -> Sheet {
    let (columns, _) = columns_of(ledger);
    let mut sheet = Sheet::new(
        unit_head(w)
            .into_iter()
            .chain(columns.iter().map(|name| w.column(name))),
    );
    for (unit, row) in rows {
        let mut cells = place(unit);
        cells.extend(columns.iter().map(|name| plain(name, &row[*name], w)));
        sheet.rows.push(cells);
    }
    sheet
}

fn counts(row: &CoverageRow) -> [u64; 6] {
    [
        row.households,
        row.met_at_home,
        row.contacted,
        row.knocked_only,
        row.unvisited,
        row.visits_off_books,
    ]
}

fn coverage(rows: &[CoverageRow], place: &dyn Fn(UnitCode) -> Vec<String>, w: Words) -> Sheet {
    let (columns, _) = columns_of(Ledger::Coverage);
    let head = columns.iter().map(|name| w.column(name));
    let pair = [
        w.csv_part(w.ledgers_col_coverage()),
        w.csv_whole(w.ledgers_col_coverage()),
    ];
    let mut sheet = Sheet::new(unit_head(w).into_iter().chain(head).chain(pair));
    for row in rows {
        let mut cells = place(row.unit);
        cells.extend(counts(row).map(|count| count.to_string()));
        cells.extend([row.coverage.numerator, row.coverage.denominator].map(|count| count.to_string()));
        sheet.rows.push(cells);
    }
    sheet
}

fn compared(now: &[CoverageRow], then: &[CoverageRow], place: &dyn Fn(UnitCode) -> Vec<String>, w: Words) -> Sheet {
    let (columns, _) = columns_of(Ledger::Coverage);
    let head = columns.iter().flat_map(|name| {
        let name = w.column(name);
        [w.ledgers_was(), w.ledgers_is()].map(|side| format!("{side}{name}"))
    });
    let mut sheet = Sheet::new(unit_head(w).into_iter().chain(head));
    for row in now {
        let was = then.iter().find(|then| then.unit == row.unit).map_or([0; 6], counts);
        let mut cells = place(row.unit);
        for (was, is) in was.into_iter().zip(counts(row)) {
            cells.extend([was.to_string(), is.to_string()]);
        }
        sheet.rows.push(cells);
    }
    sheet
}

fn figures(rows: &[RequestFigures], place: &dyn Fn(UnitCode) -> Vec<String>, w: Words) -> Sheet {
    const COUNTS: [&str; 4] = ["raised", "closed", "open", "overdue"];
    const SHARES: [&str; 5] = ["on_time", "first_round", "reassigned", "satisfied", "solved"];
    let shares = SHARES.iter().flat_map(|name| {
        let name = w.column(name);
        [w.csv_part(&name), w.csv_whole(&name)]
    });
    let counts = COUNTS.iter().map(|name| w.column(name));
    let mut sheet = Sheet::new(unit_head(w).into_iter().chain(counts).chain(shares));
    for row in rows {
        let mut cells = place(row.unit);
        cells.extend([row.raised, row.closed, row.open, row.overdue].map(|count| count.to_string()));
        for (share, is_word) in [
            (row.on_time, false),
            (row.first_round, false),
            (row.reassigned, false),
            (row.satisfied, true),
            (row.solved, true),
        ] {
            cells.extend(shown(share, is_word, w));
        }
        sheet.rows.push(cells);
    }
    sheet
}

/// Both parts of a share; of what few people said neither.
fn shown(share: Ratio, is_word: bool, w: Words) -> [String; 2] {
    if is_word && hides(share) {
        [w.ledgers_few().to_owned(), w.ledgers_few().to_owned()]
    } else {
        [share.numerator.to_string(), share.denominator.to_string()]
    }
}

/// Whether so few people said something that one would know who said what.
pub(crate) const fn hides(share: Ratio) -> bool {
    share.denominator > 0 && share.denominator < SHARE_MIN
}

/// Every cell that changed, with its reasons.
fn changed(ledger: Ledger, before: &super::answer::Before, place: &dyn Fn(UnitCode) -> Vec<String>, w: Words) -> Sheet {
    let (columns, _) = columns_of(ledger);
    let mut sheet = Sheet::new(
        unit_head(w).into_iter().chain(
            [
                w.subject(),
                w.ledgers_column(),
                w.ledgers_was(),
                w.ledgers_is(),
                w.ledgers_because(),
                w.ledgers_receipt(),
            ]
            .map(str::to_owned),
        ),
    );
    for row in &before.changed {
        let key = row.key.values().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
        for cell in row.cells.iter().filter(|cell| columns.contains(&&*cell.column)) {
            let reasons: Vec<_> = cell
                .because
                .iter()
                .filter_map(|event| row.events.iter().find(|reason| reason.event == *event))
                .collect();
            let mut ways: Vec<String> = reasons
                .iter()
                .map(|reason| way(reason.why).word(w).to_owned())
                .collect();
            ways.dedup();
            if !row.explained {
                ways.push(w.ledgers_unexplained_row().to_owned());
            }
            let receipts = reasons.iter().map(|reason| reason.position.0.to_string());
            let mut cells = place(row.unit);
            cells.extend([
                key.clone(),
                w.column(&cell.column),
                plain(&cell.column, &cell.before, w),
                plain(&cell.column, &cell.after, w),
                ways.join(" "),
                receipts.collect::<Vec<_>>().join(" "),
            ]);
            sheet.rows.push(cells);
        }
    }
    sheet
}

/// The word for a way of changing.
pub(crate) const fn way(why: diff::Why) -> screen::reports::Why {
    use screen::reports::Why as Word;
    match why {
        diff::Why::New => Word::New,
        diff::Why::Late => Word::Late,
        diff::Why::Corrected => Word::Corrected,
        diff::Why::Voided => Word::Voided,
        diff::Why::Merged => Word::Merged,
        diff::Why::Clock => Word::Clock,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_a_negative_number_stays_one() {
        let cells = ["=1+1", "+86", "-3", "--3", "-", "@SUM(A1)", "\t=1", "砚渡村", "＝1", ""];
        assert_eq!(
            cells.map(guarded),
            [
                "'=1+1",
                "'+86",
                "-3",
                "'--3",
                "'-",
                "'@SUM(A1)",
                "'\t=1",
                "砚渡村",
                "'＝1",
                ""
            ]
        );
    }

    #[test]
    fn a_code_is_no_number_for_anybody() {
        let code = code_of("990000103201".parse().unwrap());
        assert_eq!(code, "990000-103-201");
        assert!(code.parse::<f64>().is_err());
    }

    #[test]
    fn what_few_people_said_is_not_shown() {
        let w = Words::new(screen::Lang::En);
        assert_eq!(shown(Ratio::new(4, 4), true, w), [w.ledgers_few(), w.ledgers_few()]);
        assert_eq!(shown(Ratio::new(4, 4), false, w), ["4", "4"]);
        assert_eq!(shown(Ratio::new(4, 5), true, w), ["4", "5"]);
        assert_eq!(shown(Ratio::new(0, 0), true, w), ["0", "0"], "nobody said anything");
    }
}
