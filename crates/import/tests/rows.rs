//! Rows that cannot be read are refused as a whole, with row, line, column and reason, and stop nobody else.

#![expect(clippy::unwrap_used, reason = "tests")]

use event::PersonId;
use import::{FileError, Imported, Mapping, Office, RowError};

const MAPPING: &str = r#"
format = 1
id = "trial"
skip = ["noise"]

[row]
case = "case"
case_without = ["L_"]
label = "step"
key = "row"
at = "done"

[time]
format = "%Y-%m-%d %H:%M"
precision = "minute"
offset = "absent"
local = "CET-1CEST,M3.5.0,M10.5.0/3"

[moments]
done = { column = "time" }
begun = { column = "begun" }

[words.people]
column = "people"
number = true

[[rule]]
labels = ["looked at"]
kind = "request_progressed"
facts = { blocked = false }

[[rule]]
labels = ["came in"]
kind = "request_progressed"
facts = { blocked = true }

[[derived]]
labels = ["came in"]
kind = "request_raised"
at = "begun"
place = "before"
facts = { channel = "online", kind = "errand", urgency = "ordinary" }
from = { people = "people" }
"#;
const HEAD: &str = "row,case,step,time,begun,people\n";

fn office() -> Office {
    Office {
        unit: "990000103009".parse().unwrap(),
        recorder: PersonId::from_bytes([7; 16]),
    }
}

/// One line for each event or refused row.
fn told(table: &[u8]) -> Vec<String> {
    let mapping = Mapping::parse(MAPPING).unwrap();
    let rows = mapping.read(table, office()).unwrap();
    let line = |row: Result<Imported, RowError>| match row {
        Ok(Imported { draft, row, .. }) => format!("row {row}: {} {}", draft.facts.kind(), draft.occurred),
        Err(error) => error.to_string(),
    };
    rows.map(line).collect()
}

#[test]
fn a_bad_row_is_refused_as_a_whole_and_stops_nobody() {
    let table = [
        HEAD,
        "1,L_a,came in,2019-05-02 09:00,2019-05-01 08:00,3\n",
        "2,a,looked at,2019-05-02 25:00,,\n",
        "3,a,came in,2019-05-02 09:00,2019-05-01 08:00,three\n",
        "4,a,came in,2019-05-02 09:00,,3\n",
        "5,a,came in,2019-05-02 09:00,2019-05-01 08:00,\n",
        "6,a,went out,2019-05-02 09:00,,\n",
        "7,a,noise,whenever,,\n",
        "8,a,looked at,2019-10-27 02:30,,\n",
        "9,a,looked at,2019-03-31 02:30,,\n",
        "10,,looked at,2019-05-02 09:00,,\n",
        "1,L_a,looked at,2019-05-02 09:00,,\n",
        "12,a,looked at\n",
        "13,\"a\n\nb\",looked at,,,\n",
        "14,a,looked at,2019-05-02 09:00,,\n",
    ]
    .concat();
    let told = told(table.as_bytes());
    let wanted = [
        "row 1: request_raised 2019-05-01 14:00",
        "row 1: request_progressed 2019-05-02 15:00",
        "row 2 (line 3), column `time`: \"2019-05-02 25:00\" is not a moment of the form \"%Y-%m-%d %H:%M\": ",
        "row 3 (line 4), column `people`: \"three\" is not a whole number",
        "row 4 (line 5), column `begun`: empty",
        "row 5 (line 6): request_raised: missing field `people`",
        "row 6 (line 7), column `step`: no rule for \"went out\"",
        "row 8 (line 9), column `time`: \"2019-10-27 02:30\" was shown twice that night",
        "row 9 (line 10), column `time`: \"2019-03-31 02:30\" was never shown",
        "row 10 (line 11), column `case`: empty",
        "row 11 (line 12), column `row`: the same key as row 1",
        "row 12 (line 13): ",
        "row 13 (line 14), column `time`: empty",
        "row 14: request_progressed 2019-05-02 15:00",
    ];
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    for (told, wanted) in told.iter().zip(wanted) {
        assert!(told.starts_with(wanted), "{told}\n{wanted}");
    }
}

#[test]
fn the_summary_counts_every_row_once() {
    let table = format!("{HEAD}1,a,came in,2019-05-02 09:00,2019-05-01 08:00,3\n2,a,noise,,,\n3,a,went out,,,\n");
    let mapping = Mapping::parse(MAPPING).unwrap();
    let mut rows = mapping.read(table.as_bytes(), office()).unwrap();
    assert_eq!(rows.by_ref().count(), 3);
    let summary = rows.summary();
    assert_eq!((summary.rows, summary.skipped, summary.refused), (3, 1, 1));
    assert_eq!((summary.events, summary.derived), (1, 1));
    assert_eq!(summary.rows, summary.skipped + summary.refused + summary.events);
}

#[test]
fn ties_go_by_the_row_of_the_file_or_by_the_sources_own_number() {
    let table = format!("{HEAD}t-0030,a,looked at,2019-05-02 09:00,,\nt-29,a,looked at,2019-05-02 09:00,,\n");
    let rows = |mapping: &str, table: &str| -> Vec<String> {
        let mapping = Mapping::parse(mapping).unwrap();
        let rows = mapping.read(table.as_bytes(), office()).unwrap();
        let row = |row: Result<Imported, RowError>| match row {
            Ok(event) => event.draft.source.unwrap().row.to_string(),
            Err(error) => error.to_string(),
        };
        rows.map(row).collect()
    };
    assert_eq!(rows(MAPPING, &table), ["1", "2"]);
    let numbered = MAPPING.replace("key = \"row\"", "key = \"row\"\nnumber = \"row\"");
    assert_eq!(rows(&numbered, &table), ["30", "29"]);
    let odd = format!("{HEAD}t,a,looked at,2019-05-02 09:00,,\nt-0,a,looked at,2019-05-02 09:00,,\n");
    let told = rows(&numbered, &odd);
    assert_eq!(
        told[0],
        "row 1 (line 2), column `row`: \"t\" does not end with a number from 1"
    );
    assert!(told[1].ends_with("\"t-0\" does not end with a number from 1"));
}

#[test]
fn another_encoding_is_named() {
    let mut table = HEAD.as_bytes().to_vec();
    table.extend_from_slice(b"1,a,\xb5\xc7\xbc\xc7,2019-05-02 09:00,,\n2,a,looked at,2019-05-02 09:00,,\n");
    let told = told(&table);
    assert_eq!(told[0], "row 1 (line 2): not UTF-8: save the table as UTF-8 first");
    assert_eq!(told.len(), 2);
}

#[test]
fn a_table_without_its_columns_is_refused_at_once() {
    let mapping = Mapping::parse(MAPPING).unwrap();
    let error = |table: &[u8]| mapping.read(table, office()).map(drop).unwrap_err();
    let missing = error(b"row,case,step,begun,persons\n").to_string();
    assert!(
        missing.contains("no column `people`, `time`") || missing.contains("no column `time`, `people`"),
        "{missing}"
    );
    assert!(missing.contains("it has `row`, `case`"), "{missing}");
    assert!(matches!(
        error(b"row,case,case,step,time,begun,people\n"),
        FileError::Twice(name) if name == "case"
    ));
    assert!(matches!(error(b"\xb5\xc7,case\n"), FileError::HeadEncoding));
}

#[test]
fn a_label_that_no_event_can_keep_is_refused() {
    let open = MAPPING.replace("[[rule]]\nlabels = [\"looked at\"]", "[default]");
    let mapping = Mapping::parse(&open).unwrap();
    let table = format!(
        "{HEAD}1,a,{},2019-05-02 09:00,,\n2,a,,2019-05-02 09:00,,\n",
        "步".repeat(43)
    );
    let rows = mapping.read(table.as_bytes(), office()).unwrap();
    let told: Vec<_> = rows.map(|row| row.unwrap_err().to_string()).collect();
    assert_eq!(
        told[0],
        "row 1 (line 2), column `step`: the label has 129 bytes; 128 fit"
    );
    assert_eq!(told[1], "row 2 (line 3), column `step`: empty");
}
