//! Every report in both languages: it holds, whatever it is given, and it needs nothing but itself.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeSet;

use screen::block::{Cell, Change, Entry, Facts, Finding, Story, Table, Tag};
use screen::chart::{Bar, Bars, Chart, Line, Lines, Mark, Share, Shares, Strip};
use screen::reports::*;
use screen::{Block, Cut, Figure, Lang, Place, Report, STYLE, Section};

const DAY_MS: i64 = 86_400_000;

/// What somebody might write into a name, a note or a field, to do something with the reader's browser.
const HOSTILE: [&str; 9] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "'><a href='javascript:alert(1)'>x</a>",
    "</style><link rel=stylesheet href=//evil.example/x.css>",
    "</title><meta http-equiv=refresh content=0;url=//evil.example>",
    "url(//evil.example/x) @import '//evil.example'",
    "&lt;b&gt; &#60;i&#62; <!-- --> ]]>",
    "\u{202e}gnp.exe\u{0}\u{1b}[2J",
];

fn place(text: &str) -> Place {
    Place {
        name: format!("禾渡镇{text}"),
        code: format!("990000103000{text}"),
    }
}

fn cut(text: &str) -> Cut {
    Cut {
        label: text.to_owned(),
        position: Some(1_284),
        rule_version: 1,
        digest: format!("7f3a09c1d2e4b5a6{text}"),
    }
}

fn story(text: &str) -> Story {
    let entry = |day: &str, what: &str, tag, is_decision| Entry {
        day: day.to_owned(),
        precision: "下午".to_owned(),
        what: format!("{what}{text}"),
        who: format!("01ARZ3ND 做，01ARZ3NE 记{text}"),
        facts: Facts::default()
            .with("方式", format!("上门{text}"))
            .with("结果", "见到"),
        tags: vec![Tag::Received, tag],
        why: if tag == Tag::Counted {
            String::new()
        } else {
            format!("跟当时的状态对不上{text}")
        },
        record: Facts::default()
            .with("记录（本机钟）", "2026-08-19 14:22")
            .with("镇里收到", "2026-08-20 09:31")
            .with("账本位置", format!("1,240{text}"))
            .with("机器", format!("01J5Y9ZK4Q8W0V7N3M2T6R1ABC 第 17 条{text}")),
        changes: if is_decision {
            Vec::new()
        } else {
            vec![Change {
                what: format!("发生时间{text}"),
                before: "2026-08-19 09:00".to_owned(),
                after: "2026-08-19 下午".to_owned(),
                by: format!("01J5… 更正{text}"),
            }]
        },
        proof: format!("c2sp.org/tlog-proof@v1{text}"),
        is_decision,
    };
    Story {
        entries: vec![
            entry("2026-08-19", "走访 · 见到", Tag::Counted, false),
            entry("2026-09-02", "办结", Tag::Conflict, true),
            entry("2026-09-03", "办结", Tag::Held, true),
            entry("2026-09-04", "走访", Tag::NotUnderstood, false),
            entry("2026-09-05", "走访", Tag::NoEffect, false),
        ],
    }
}

fn finding(text: &str) -> Finding {
    Finding {
        rule: format!("journal-root{text}"),
        what: format!("账本记录跟总台签过名的树根对不上{text}"),
        facts: Facts::default()
            .with("单位", format!("砚渡村{text}"))
            .with("账本位置", "17"),
        benign: format!("恢复过备份{text}"),
        tags: vec![Tag::Off],
    }
}

fn charts(text: &str) -> Vec<Chart> {
    let bar = |label: &str, value, of| Bar {
        label: format!("{label}{text}"),
        value,
        of,
    };
    let share = |label: &str, parts: &[u64]| Share {
        label: format!("{label}{text}"),
        parts: parts.to_vec(),
    };
    vec![
        Chart::Bars(Bars {
            title: format!("诉求{text}"),
            unit: format!("件{text}"),
            rows: vec![
                bar("苇塘村", 7, Some(12)),
                bar("杏坡村", 0, Some(0)),
                bar("东浦村", 12, None),
            ],
        }),
        Chart::Lines(Lines {
            title: format!("每天收到{text}"),
            points: (1..=14).map(|day| format!("9 月 {day} 日{text}")).collect(),
            lines: vec![
                Line {
                    name: format!("收到{text}"),
                    values: (0..14).map(|day| (day != 6).then_some(day * 7 % 11)).collect(),
                },
                Line {
                    name: "发生".to_owned(),
                    values: (0..14).map(|day| Some(day * 5 % 9)).collect(),
                },
            ],
        }),
        Chart::Shares(Shares {
            title: format!("走访覆盖{text}"),
            parts: ["见到", "电话联系", "仅敲门未遇", "未访"]
                .map(|part| format!("{part}{text}"))
                .to_vec(),
            rows: vec![
                share("苇塘村", &[154, 5, 5, 53]),
                share("杏坡村", &[0, 0, 0, 0]),
                share("东浦村", &[1, 0, 0, 1]),
            ],
        }),
        Chart::Strip(Strip {
            title: text.to_owned(),
            marks: (0..6)
                .map(|n| Mark {
                    claimed_ms: 1_787_000_000_000 + n * 9 * DAY_MS,
                    received_ms: (n != 5).then_some(1_787_000_000_000 + n * 9 * DAY_MS + (n % 3) * 8 * DAY_MS),
                    is_decision: n % 2 == 1,
                })
                .collect(),
        }),
        // Nothing at all.
        Chart::Bars(Bars::default()),
        Chart::Lines(Lines::default()),
        Chart::Shares(Shares::default()),
        Chart::Strip(Strip::default()),
    ]
}

fn ledger(text: &str, rows: usize) -> Table {
    let mut table = Table::new(
        ["户", "组", "人口", "走访", "最近走访", "未结诉求", "满意率", "状态"],
        1,
    )
    .captioned(text);
    table.rows = (0..rows)
        .map(|n| {
            vec![
                Cell::Code(format!("01J5Y9ZK4Q8W0V7N3M2T6R{n:04}{text}")),
                Cell::Number(3),
                Cell::Unknown,
                Cell::Number(n as u64),
                Cell::text("2026-08-19"),
                Cell::Empty,
                Cell::Ratio(0, n as u64 % 2),
                Cell::Tag(Tag::Counted),
            ]
        })
        .collect();
    table
}

fn diffed(text: &str, lang: Lang) -> Report {
    let event = |why| Because::Event {
        id: format!("01J5Y9ZK4Q8W0V7N3M2T6R1ABC{text}"),
        kind: "request_replied".to_owned(),
        position: 1_290,
        why,
    };
    let cell = |column: &str, because| ChangedCell {
        column: column.to_owned(),
        before: format!("待回访{text}"),
        after: format!("办结{text}"),
        because,
    };
    let row = |change, explained, cells| ChangedRow {
        unit: place(text),
        key: format!("01J5Y9ZK4Q8W0V7N3M2T6R1ABC{text}"),
        change,
        cells,
        explained,
    };
    diff(
        Diff {
            place: place(text),
            view: "requests".to_owned(),
            meant: format!("按镇里收到的时间{text}"),
            from: "2026-09-05".to_owned(),
            to: "2026-09-18".to_owned(),
            cuts: vec![cut(text), cut(text)],
            rows: vec![
                row(
                    RowChange::Changed,
                    true,
                    vec![
                        cell("state", vec![event(Why::Late), event(Why::Corrected)]),
                        cell("overdue_days", vec![Because::TimePassed]),
                    ],
                ),
                row(RowChange::New, true, vec![cell("round", vec![event(Why::New)])]),
                row(RowChange::Gone, false, vec![cell("due", vec![])]),
            ],
            reasons: vec![(Why::Late, 9), (Why::Voided, 1), (Why::Merged, 1), (Why::Clock, 1)],
            made: text.to_owned(),
        },
        lang,
    )
}

/// Every report, with `text` in every place that takes text.
fn all(text: &str, lang: Lang) -> Vec<(&'static str, Report)> {
    let traced = Trace {
        place: place(text),
        cut: cut(text),
        subject: format!("户 01J5Y9ZK4Q8W0V7N3M2T6R1ABC{text}"),
        related: Facts::default().with("这一户的诉求", format!("01J5Y9ZK4Q8W0V7N3M2T6R1ABD{text}")),
        story: story(text),
        exceptions: 2,
        strip: match charts(text).swap_remove(3) {
            Chart::Strip(strip) => strip,
            _ => Strip::default(),
        },
        span: Some(("2026-08-19".to_owned(), format!("2026-09-05{text}"))),
        made: text.to_owned(),
    };
    let unit = UnitLedger {
        unit: place(text),
        position: Some(1_240),
        table: ledger(text, 7),
        charts: charts(text),
    };
    let of_lead = Lead {
        rule: format!("R05{text}"),
        title: format!("补录晚{text}"),
        unit: place(text),
        subject: format!("01J5Y9ZK4Q8W0V7N3M2T6R1ABE{text}"),
        figures: vec![(format!("最晚{text}"), format!("9 天{text}"))],
        events: (0..25).map(|n| format!("01J5Y9ZK4Q8W0V7N3M2T6R{n:04}{text}")).collect(),
        benign: format!("先写在纸上{text}"),
        on: true,
    };
    let off = Lead {
        on: false,
        rule: "R16".to_owned(),
        ..of_lead.clone()
    };
    vec![
        (
            "verify-good",
            verify(
                Verify {
                    place: place(text),
                    checked: vec![(format!("账本记录{text}"), 1_291), ("签名".to_owned(), 884)],
                    rules: vec![Rule {
                        key: format!("root{text}"),
                        demands: format!("树根对得上{text}"),
                        holds: true,
                    }],
                    checkpoint: Some(format!("minqing/journal/01J5\n1291\nq83vEjRWeJA=\n\n— minqing{text}\n")),
                    further: vec![Section::new(text).noted(text).with(Block::Text(text.to_owned()))],
                    made: text.to_owned(),
                    findings: Vec::new(),
                },
                lang,
            ),
        ),
        (
            "verify-bad",
            verify(
                Verify {
                    place: place(text),
                    rules: vec![Rule {
                        key: "root".to_owned(),
                        demands: text.to_owned(),
                        holds: false,
                    }],
                    findings: vec![finding(text), finding(text)],
                    ..Verify::default()
                },
                lang,
            ),
        ),
        (
            "replay",
            replay(
                Replay {
                    place: place(text),
                    cut: cut(text),
                    party: format!("禾渡镇总台{text}"),
                    entries: 26_000,
                    units: [
                        Verdict::Equal,
                        Verdict::Differs,
                        Verdict::Missing,
                        Verdict::NotComparable(None),
                        Verdict::None,
                    ]
                    .map(|verdict| UnitDigests {
                        unit: place(text),
                        position: Some(17),
                        digests: ["requests", "households", "diary", "sync_health"]
                            .map(|view| (view.to_owned(), format!("9c1d2e4b5a6f7f3a{text}")))
                            .to_vec(),
                        verdict,
                    })
                    .to_vec(),
                    differences: vec![
                        Difference {
                            unit: place(text),
                            view: "households".to_owned(),
                            key: format!("01J5Y9ZK4Q8W0V7N3M2T6R1ABC{text}"),
                            columns: vec![("size".to_owned(), format!("4{text}"), format!("5{text}"))],
                            story: story(text),
                        },
                        Difference {
                            unit: place(text),
                            view: format!("diary{text}"),
                            ..Difference::default()
                        },
                    ],
                    made: text.to_owned(),
                },
                lang,
            ),
        ),
        (
            "ledgers",
            ledgers(
                Ledgers {
                    place: place(text),
                    asked: Asked::AsKnown {
                        known: format!("2026-09-18{text}"),
                        day: Some(text.to_owned()),
                    },
                    view: "households".to_owned(),
                    period: text.to_owned(),
                    cut: cut(text),
                    figures: vec![Figure {
                        value: "121／164".to_owned(),
                        of: format!("见到{text}"),
                        note: text.to_owned(),
                    }],
                    summary: charts(text).into_iter().map(Block::Chart).collect(),
                    units: vec![
                        unit.clone(),
                        UnitLedger {
                            table: ledger(text, 0),
                            charts: Vec::new(),
                            ..unit
                        },
                    ],
                    made: text.to_owned(),
                },
                lang,
            ),
        ),
        ("diff", diffed(text, lang)),
        ("trace", trace(traced.clone(), lang)),
        ("lead-events", lead_events(traced, lang)),
        ("trace-nothing", trace(Trace::default(), lang)),
        (
            "leads",
            leads(
                Leads {
                    place: place(text),
                    cut: cut(text),
                    leads: vec![of_lead, off],
                    unasked: vec![Unasked {
                        rule: format!("R05{text}"),
                        title: text.to_owned(),
                        measured: format!("150／1,729{text}"),
                    }],
                    made: text.to_owned(),
                },
                lang,
            ),
        ),
        ("leads-none", leads(Leads::default(), lang)),
        (
            "sample",
            sample(
                Sample {
                    place: place(text),
                    cut: cut(text),
                    seed: format!("9c1d2e4b5a6f7f3a{text}"),
                    rule: text.to_owned(),
                    strata: vec![Stratum {
                        name: format!("砚渡村{text}"),
                        of: 312,
                        drawn: 16,
                    }],
                    drawn: vec![Drawn {
                        stratum: format!("砚渡村{text}"),
                        unit: place(text),
                        subject: format!("01J5Y9ZK4Q8W0V7N3M2T6R1ABC{text}"),
                        day: format!("2026-08-19{text}"),
                        event: format!("01J5Y9ZK4Q8W0V7N3M2T6R1ABD{text}"),
                    }],
                    made: text.to_owned(),
                },
                lang,
            ),
        ),
    ]
}

/// The tags of a page with the names of their attributes. Text between them is passed over.
fn tags(page: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let (mut quoted, mut end) = (false, rest.len());
        for (at, c) in rest.char_indices() {
            match c {
                '"' => quoted = !quoted,
                '>' if !quoted => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let tag = &rest[..end];
        rest = &rest[end..];
        let name: String = tag.chars().take_while(|c| !c.is_whitespace() && *c != '>').collect();
        let outside: String = tag.split('"').step_by(2).collect();
        let attributes = outside
            .split_whitespace()
            .skip(1)
            .map(|word| word.trim_end_matches('=').to_owned());
        found.push((name, attributes.collect()));
    }
    found
}

const TAGS: [&str; 50] = [
    "!DOCTYPE",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "footer",
    "section",
    "div",
    "span",
    "p",
    "b",
    "br",
    "h1",
    "h2",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "small",
    "code",
    "pre",
    "del",
    "ins",
    "table",
    "caption",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
    "svg",
    "rect",
    "line",
    "circle",
    "polyline",
    "details",
    "summary",
    "a",
    "strong",
    "em",
    "nav",
];
const ATTRIBUTES: [&str; 36] = [
    "html",
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "role",
    "tabindex",
    "aria-label",
    "aria-hidden",
    "scope",
    "data-head",
    "viewBox",
    "preserveAspectRatio",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
    "width",
    "height",
    "points",
    "open",
    "id",
    "title",
    "colspan",
    "rowspan",
    "datetime",
    "dir",
    "start",
    "value",
];

/// What is strange about a page: tags or attributes that reports do not have.
fn strange(page: &str) -> Vec<String> {
    let mut complaints = BTreeSet::new();
    for (name, attributes) in tags(page) {
        let bare = name.trim_start_matches('/');
        if !TAGS.contains(&bare) {
            complaints.insert(format!("<{name}>"));
        }
        for attribute in attributes {
            if !ATTRIBUTES.contains(&&*attribute) {
                complaints.insert(format!("{bare} {attribute}"));
            }
        }
    }
    complaints.into_iter().collect()
}

#[test]
fn a_strange_tag_or_attribute_would_be_seen() {
    assert_eq!(strange("<p class=\"a>b\">x &lt;script&gt;</p>"), [""; 0]);
    assert_eq!(strange("<script>x</script>"), ["</script>", "<script>"]);
    assert_eq!(strange("<p onclick=\"x\" style=\"y\">"), ["p onclick", "p style"]);
    assert_eq!(strange("<svg onload=alert(1)>"), ["svg onload=alert(1)"]);
}

#[test]
fn nothing_outside_of_itself_is_named_by_any_report() {
    for lang in Lang::ALL {
        for (name, report) in all("", lang) {
            let page = report.html();
            if let Some(folder) = std::env::var_os("MINQING_SHOW") {
                let file = std::path::Path::new(&folder).join(format!("{name}.{}.html", lang.tag()));
                std::fs::write(file, &page).unwrap();
            }
            for outside in [
                "http://", "https://", "src=", "href", "url(", "@import", "//", "<script", "style=",
            ] {
                // The hash of the sheet is letters by chance.
                let (before, after) = page.split_once("'sha256-").unwrap();
                let after = after.split_once('\'').unwrap().1;
                assert!(
                    !before.contains(outside) && !after.contains(outside),
                    "{name} has {outside}"
                );
            }
            assert_eq!(strange(&page), [""; 0], "{name}");
            assert!(
                page.contains(STYLE),
                "{name}: the sheet stands as it is, or its hash would not fit"
            );
            assert!(page.contains("default-src 'none'; style-src 'sha256-"), "{name}");
            assert!(page.starts_with("<!DOCTYPE html>") && page.contains(&format!("lang=\"{}\"", lang.tag())));
        }
    }
}

#[test]
fn no_text_from_outside_becomes_a_part_of_a_page() {
    for lang in Lang::ALL {
        for hostile in HOSTILE {
            for (name, report) in all(hostile, lang) {
                let page = report.html();
                assert_eq!(strange(&page), [""; 0], "{name}: {hostile:?}");
                assert!(
                    !page.contains(hostile) || !hostile.contains(['<', '>', '"', '&']),
                    "{name}: {hostile:?}"
                );
                assert!(!page.contains(['\u{202e}', '\u{0}', '\u{1b}']), "{name}: {hostile:?}");
                assert_eq!(page.matches("</style>").count(), 1, "{name}: {hostile:?}");
            }
        }
    }
}

#[test]
fn the_languages_differ_and_each_speaks_its_own() {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for report in [
        trace(Trace::default(), Lang::En),
        leads(Leads::default(), Lang::En),
        verify(Verify::default(), Lang::En),
        replay(Replay::default(), Lang::En),
        sample(Sample::default(), Lang::En),
        diff(Diff::default(), Lang::En),
    ] {
        let page = report.html();
        let text = page.replace(STYLE, "");
        assert!(!text.contains(is_han), "{text}");
    }
}

#[test]
fn a_long_table_says_what_it_leaves_out() {
    let mut table = ledger("", 0);
    table.rows = vec![vec![Cell::Number(1)]; screen::block::ROWS_SHOWN_MAX + 7];
    let report = Report {
        sections: vec![Section::new("x").with(Block::Table(table))],
        ..Report::default()
    };
    let page = report.html();
    assert!(page.contains("还有 7 行没有列出"));
    assert_eq!(page.matches("<tr>").count(), screen::block::ROWS_SHOWN_MAX + 1);
}

#[test]
fn zero_of_zero_is_none_and_unknown_is_no_zero() {
    let words = screen::Words::new(Lang::Zh);
    assert_eq!(Cell::Ratio(0, 0).plain(words), "无");
    assert_eq!(Cell::Ratio(0, 7).plain(words), "0／7 0.0%");
    assert_eq!(
        (Cell::Unknown.plain(words), Cell::Empty.plain(words)),
        ("不知道".to_owned(), "—".to_owned())
    );
    for chart in charts("") {
        let rows = chart.table(words).rows;
        assert!(rows.iter().all(|row| !row.is_empty()));
    }
}
