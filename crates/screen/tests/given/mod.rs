//! Every report there is, filled with one text in all its places.

use screen::block::{Cell, Change, Entry, Facts, Finding, Story, Table, Tag};
use screen::chart::{Bar, Bars, Chart, Line, Lines, Mark, Share, Shares, Strip};
use screen::reports::*;
use screen::{Block, Cut, Figure, Lang, Place, Report, Section};

const DAY_MS: i64 = 86_400_000;

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

pub(crate) fn charts(text: &str) -> Vec<Chart> {
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

pub(crate) fn ledger(text: &str, rows: usize) -> Table {
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
pub(crate) fn all(text: &str, lang: Lang) -> Vec<(&'static str, Report)> {
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
