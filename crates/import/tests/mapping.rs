//! Mapping files: the ones that are shipped can be used, and what is wrong in one is named with its line.

#![expect(clippy::unwrap_used, reason = "tests")]

use event::{Facts, Kind, PersonId, Subject, SubjectKind, When};
use import::{Imported, Mapping, MappingError, Office};

const OLD_LEDGER: &str = include_str!("../../../deploy/mappings/old-ledger.toml");
const TABLE: &str = "\u{feff}编号,登记日期,来源,类别,户号,户主,电话,诉求内容,经办人,应办结日期,答复日期,答复情况,办结日期\n\
    2019-017,2019年3月5日,来访,求助,3-12,周无名,000-1234,\"屋顶漏水,\n怕再下雨\",李某,2019年4月5日,2019年3月5日,已解决,2019年3月5日\n\
    2019-018,2019年3月6日,热线,咨询,,,,问低保办理,,,,,\n";

fn office() -> Office {
    Office {
        unit: "990000103009".parse().unwrap(),
        recorder: PersonId::from_bytes([7; 16]),
    }
}

fn read(mapping: &Mapping, table: &str) -> Vec<Imported> {
    let rows = mapping.read(table.as_bytes(), office()).unwrap();
    rows.map(|row| row.unwrap_or_else(|e| panic!("{e}"))).collect()
}

#[test]
fn the_shipped_example_reads_an_old_ledger() {
    let mapping = Mapping::parse(OLD_LEDGER).unwrap();
    let events = read(&mapping, TABLE);
    let kinds: Vec<_> = events.iter().map(|event| event.draft.facts.kind()).collect();
    let (raised, accepted) = (Kind::REQUEST_RAISED, Kind::REQUEST_ACCEPTED);
    let whole = [raised, accepted, Kind::REQUEST_REPLIED, Kind::REQUEST_CLOSED];
    assert_eq!(kinds, [&whole[..], &[raised, accepted]].concat());
    let first = &events[0].draft;
    assert_eq!(
        first.subject,
        Subject::request(mapping.entity(SubjectKind::Request, "2019-017"))
    );
    assert_eq!(
        first.unit.to_string(),
        "990000103001",
        "the mapping's unit goes before the office's"
    );
    assert_eq!(first.actors, [mapping.person("李某")]);
    assert_eq!(first.occurred.to_string(), "2019-03-05", "no minutes are invented");
    assert_eq!(
        first.personal.as_ref().unwrap().text.as_deref(),
        Some("屋顶漏水,\n怕再下雨")
    );
    let Facts::RequestRaised(facts) = &first.facts else {
        panic!("not raised")
    };
    assert_eq!(facts.household, Some(mapping.entity(SubjectKind::Household, "3-12")));
    let Facts::RequestAccepted(facts) = &events[1].draft.facts else {
        panic!("not accepted")
    };
    assert_eq!(facts.due, Some(When::Day("2019-04-05".parse().unwrap())));
    assert!(
        events[1].draft.actors.is_empty(),
        "nobody is said to have done what no row states"
    );
    let places: Vec<_> = events[..4].iter().map(|e| e.draft.source.clone().unwrap()).collect();
    assert_eq!((places[0].row, places[0].label.as_str()), (1, "登记"));
    assert!(
        places[1..]
            .iter()
            .all(|place| place.row == u64::MAX && place.label.is_empty())
    );
    let Facts::RequestRaised(anonymous) = &events[4].draft.facts else {
        panic!("not raised")
    };
    assert_eq!((anonymous.household, events[4].draft.actors.len()), (None, 0));
}

#[test]
fn a_second_reading_gives_the_same_keys_and_each_key_once() {
    let mapping = Mapping::parse(OLD_LEDGER).unwrap();
    let events = read(&mapping, TABLE);
    assert_eq!(events, read(&mapping, TABLE));
    // A row that came in later, above the others, changes nobody's key.
    let (head, rows) = TABLE.split_once('\n').unwrap();
    let longer = format!("{head}\n2019-016,2019年3月4日,走访,建议,,,,路灯,,,,,\n{rows}");
    let keys: std::collections::BTreeSet<_> = read(&mapping, &longer).iter().map(|event| event.key).collect();
    assert_eq!(keys.len(), events.len() + 2);
    assert!(events.iter().all(|event| keys.contains(&event.key)));
}

#[test]
fn what_is_wrong_in_a_mapping_is_named_with_its_line() {
    let wrong = |old: &str, new: &str| {
        assert_eq!(OLD_LEDGER.matches(old).count(), 1, "{old}");
        let text = OLD_LEDGER.replace(old, new);
        let line = 1 + text[..text.find(new).unwrap()].matches('\n').count();
        let error = Mapping::parse(&text).unwrap_err();
        (error, line)
    };
    for (old, new, says) in [
        ("[row]\n", "[row]\ncolour = 1\n", "unknown field `colour`"),
        ("case = \"编号\"\n", "", "missing field `case`"),
        ("format = 1", "format = 2", "reads format 1"),
        (
            "id = \"invented-township/request-ledger-2019\"",
            "id = \"\"",
            "every identifier is made from it",
        ),
        ("unit = \"990000103001\"", "unit = \"99\"", "expected 12 digits"),
        (
            "at = \"registered\"\n\n# How",
            "at = \"registred\"\n\n# How",
            "no moment `registred`; there are: closed, due,",
        ),
        (
            "local = \"+08:00\"",
            "local = \"Asia/Shanghai\"",
            "neither an offset such as +08:00 nor a POSIX rule",
        ),
        ("precision = \"day\"", "precision = \"week\"", "unknown variant `week`"),
        (
            "format = \"%Y年%m月%d日\"",
            "format = \"%Y年%m月\"",
            "does not show what the precision claims",
        ),
        (
            "format = \"%Y年%m月%d日\"",
            "format = \"%Y年%m月%d日 %:z\"",
            "disagree on whether an offset is written",
        ),
        (
            "offset = \"absent\"",
            "offset = \"false\"",
            "disagree on whether an offset is written",
        ),
        (
            "\"走访\" = \"visit\"",
            "\"走访\" = \"walk\"",
            "\"walk\" is not one of visit, hotline",
        ),
        (
            "column = \"来源\"\nmap",
            "column = \"来源\"\nnumber = true\nmap",
            "either `number = true` or a `map`",
        ),
        (
            "kind = \"request_raised\"",
            "kind = \"request_risen\"",
            "\"request_risen\" is no kind",
        ),
        (
            "kind = \"request_raised\"",
            "kind = \"record_corrected\"",
            "no kind that can be imported",
        ),
        (
            "facts = { urgency = \"ordinary\", people = 1 }",
            "facts = { urgency = \"ordinary\" }",
            "missing field `people`",
        ),
        (
            "facts = { closing = \"source\" }",
            "facts = { closing = \"source\", why = 1 }",
            "unknown field `why`",
        ),
        ("due = \"due\" }", "due = \"deu\" }", "there is no `deu`"),
        ("due = \"due\" }", "rule = \"due\" }", "it has a fixed value already"),
        (
            "accepted_on = \"registered.day\"",
            "accepted_on = \"registered\"",
            "facts of request_accepted",
        ),
        (
            "personal = { text = ",
            "personal = { nickname = ",
            "unknown field `nickname`",
        ),
        (
            "labels = [\"登记\"]\nkind = \"request_closed\"",
            "labels = []\nkind = \"request_closed\"",
            "give the `labels`",
        ),
        ("[keys.household]", "[keys.channel]", "`channel` is taken"),
        (
            "sort = \"household\"",
            "sort = \"house\"",
            "household, request or pairing",
        ),
        (
            "label_text = \"登记\"",
            "label_text = \"登记\"\nlabel = \"类别\"",
            "not both",
        ),
    ] {
        let MappingError { line, reason } = match new {
            "" => Mapping::parse(&OLD_LEDGER.replace(old, "")).unwrap_err(),
            _ => wrong(old, new).0,
        };
        assert!(reason.contains(says), "{new}: {reason}");
        assert!(line > 1, "{new}: {reason}");
    }
    let (error, line) = wrong("due = \"due\" }", "due = \"deu\" }");
    assert_eq!(error.line, line);
}
