//! The township's ledgers as pages: the sentence that answers, one number everywhere, differences that add up or are
//! said not to, and nothing in an address but dates and codes.
#![allow(clippy::unwrap_used, reason = "tests")]

use event::Day;
use screen::block::Cell;
use screen::office::{Effect, Frame, Shown, Side};
use screen::reports::Why as Way;
use screen::township::ledgers::{
    Asked, Changed, ChangedRow, Count, Counts, Coverage, CutLine, Entry, Grid, GridCell, Ledger, Quarter, Received,
    Rows, RowsLead, Text, VillageCounts, Wait, Why, WhyRow, Wrong, WrongDay, coverage, entry, index, refused, rows,
    waiting,
};
use screen::{Lang, Place, Words};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// 2026-09-18 14:30 in the office.
fn frame(lang: Lang) -> Frame {
    Frame {
        lang,
        side: Side::Township,
        place: "禾渡镇".to_owned(),
        person: Some("沈安".to_owned()),
        now_ms: day("2026-09-18").start_ms() + (14 * 60 + 30) * 60_000,
        ..Frame::default()
    }
}

fn place(code: &str, name: &str) -> Place {
    Place {
        code: code.to_owned(),
        name: name.to_owned(),
    }
}

fn villages() -> Vec<Place> {
    [
        ("990000103201", "苇塘村"),
        ("990000103202", "杏坡村"),
        ("990000103208", "菱湾村"),
    ]
    .into_iter()
    .map(|(code, name)| place(code, name))
    .collect()
}

fn asked() -> Asked {
    let quarter = Quarter { year: 2026, quarter: 3 };
    Asked {
        ledger: Ledger::Coverage,
        quarter,
        quarters: vec![quarter, quarter.before()],
        until: "2026-08-31".to_owned(),
        known: String::new(),
        against: "2026-09-05".to_owned(),
        unit: None,
        units: villages(),
        wrong: Vec::new(),
    }
}

fn counts(households: u64, met: u64) -> Counts {
    Counts {
        households,
        met,
        contacted: 5,
        knocked: 5,
        unvisited: households - met - 10,
        off_books: 0,
    }
}

fn cut(received: Received, receipt: u64) -> CutLine {
    CutLine {
        received,
        receipt: Some(receipt),
        digest: "41b7c0ffee".to_owned(),
        rules: 3,
    }
}

fn why_row(unit: usize, way: Way, counts: &[(Count, i64)], was: (u64, u64)) -> WhyRow {
    WhyRow {
        unit: villages()[unit].clone(),
        way,
        counts: counts.to_vec(),
        entries: 9,
        address: "/entries?view=coverage&why=late".to_owned(),
        received: (day("2026-09-09"), day("2026-09-09")),
        receipts: (1_267, 1_267),
        was,
    }
}

fn page() -> Coverage {
    Coverage {
        asked: asked(),
        cut: cut(Received::Now(frame(Lang::Zh).now_ms), 1_291),
        rows: villages()
            .into_iter()
            .zip([
                (counts(228, 154), counts(228, 145)),
                (counts(164, 97), counts(164, 98)),
                (counts(211, 130), counts(212, 130)),
            ])
            .map(|(unit, (now, then))| VillageCounts {
                unit,
                now,
                then: Some(then),
            })
            .collect(),
        why: Some(Why {
            from: cut(Received::By(day("2026-09-05")), 1_262),
            rows: vec![
                why_row(0, Way::Late, &[(Count::Met, 9), (Count::Unvisited, -9)], (145, 228)),
                why_row(1, Way::Voided, &[(Count::Met, -1), (Count::Unvisited, 1)], (98, 164)),
                why_row(
                    2,
                    Way::Merged,
                    &[(Count::Households, -1), (Count::Unvisited, -1)],
                    (130, 212),
                ),
            ],
            unexplained: Vec::new(),
        }),
        weeks: Vec::new(),
        reading: false,
    }
}

fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "「{part}」 is not in {page}");
    }
}

#[test]
fn one_sentence_answers_and_the_cut_stands_beside_the_figures() {
    let said = coverage(&frame(Lang::Zh), &page());
    has(
        &said,
        &[
            "同样是 8 月 31 日前的走访，9 月 5 日看是 61.7%，现在看是 63.1%。",
            "多出 8 户见到，少 1 户应访，都在下面写明是哪几条、为什么。",
            "9 月 18 日 14:30 为止收到的 · 截至 第 1,291 号收据 · 摘要 41b7… · 规则第 3 版",
            "第 1,262 号收据（9 月 5 日） → 第 1,291 号收据（9 月 18 日 14:30）",
            "见到 +9，还没去 −9",
            "应访 −1，还没去 −1",
            "373／604",
            "381／603",
            "9 条记录 9 月 9 日才送到镇里；说的都是 9 月 5 日为止的事。",
        ],
    );
    assert!(!said.contains("说不清依据"), "the rows add up");
    let english = coverage(&frame(Lang::En), &page());
    has(
        &english,
        &[
            "61.7% as known on 5 Sep, 63.1% as known now",
            "Arrived late",
            "As known on 5 Sep",
        ],
    );
}

#[test]
fn villages_stand_by_code_and_numbers_lead_to_their_entries() {
    let said = coverage(&frame(Lang::Zh), &page());
    let at = |name: &str| said.find(&format!(">{name}</a>")).unwrap();
    assert!(at("苇塘村") < at("杏坡村") && at("杏坡村") < at("菱湾村"));
    has(
        &said,
        &[
            "/entries?view=coverage&amp;figure=met_at_home&amp;period=2026-Q3&amp;until=2026-08-31&amp;against=2026-09-05&amp;unit=990000103201",
        ],
    );
    for (at, _) in said.match_indices("href=\"") {
        let address = said[at + 6..].split('"').next().unwrap();
        assert!(address.is_ascii(), "no name stands in an address: {address}");
    }
}

#[test]
fn differences_that_do_not_add_up_are_said_not_to() {
    let mut page = page();
    if let Some(why) = &mut page.why {
        why.rows.pop();
    }
    has(
        &coverage(&frame(Lang::Zh), &page),
        &["各村的变化说不清依据，要有人看。"],
    );
    if let Some(why) = &mut page.why {
        why.unexplained.push(villages()[2].clone());
    }
    has(
        &coverage(&frame(Lang::Zh), &page),
        &["菱湾村的变化说不清依据，要有人看。"],
    );
}

#[test]
fn nothing_of_nothing_is_none_and_almost_all_is_not_all() {
    let mut page = page();
    page.why = None;
    page.asked.against = String::new();
    page.rows = vec![
        VillageCounts {
            unit: villages()[0].clone(),
            now: Counts {
                households: 40_000,
                met: 39_999,
                unvisited: 1,
                ..Counts::default()
            },
            then: None,
        },
        VillageCounts {
            unit: villages()[1].clone(),
            ..VillageCounts::default()
        },
    ];
    let said = coverage(&frame(Lang::Zh), &page);
    has(&said, &["40,000 户应访，见到 39,999 户，99.9%。", ">无</td>"]);
    assert!(!said.contains("100"), "{said}");
    page.rows.remove(0);
    has(&coverage(&frame(Lang::Zh), &page), &["无（没有应访户）"]);
    page.rows.clear();
    has(&coverage(&frame(Lang::Zh), &page), &["这个时段没有这本台账的记录。"]);
}

#[test]
fn one_village_sees_how_its_weeks_went_with_every_number_beside_its_bar() {
    let mut page = page();
    assert!(!coverage(&frame(Lang::Zh), &page).contains("每周末"));
    page.rows.truncate(1);
    page.weeks = vec![
        (day("2026-07-07"), 0),
        (day("2026-07-14"), 57),
        (day("2026-07-21"), 228),
    ];
    let said = coverage(&frame(Lang::Zh), &page);
    has(
        &said,
        &[
            "每周末",
            "7 月 14 日",
            ">57<",
            "25.0%",
            "width=\"60\"",
            "width=\"240\"",
            "width=\"0\"",
        ],
    );
    assert!(!said.contains("style="));
}

#[test]
fn what_was_typed_comes_back_with_what_is_wrong_and_goes_into_no_address() {
    let mut asked = asked();
    asked.until = "八月\"><script>".to_owned();
    asked.wrong = vec![Wrong::Until(WrongDay::NoDay), Wrong::Against(WrongDay::Turned)];
    let said = refused(&frame(Lang::Zh), &asked);
    has(
        &said,
        &[
            "<title>错误：",
            "请写成 2026-08-31 这样的日期",
            "要跟更早的一天比",
            "aria-invalid=\"true\"",
            "八月&quot;&gt;&lt;script&gt;",
        ],
    );
    assert!(!said.contains("<script"));
    assert_eq!(asked.query(), "period=2026-Q3&against=2026-09-05");
}

#[test]
fn a_page_that_waits_looks_again_by_itself_and_one_that_is_there_does_not() {
    let said = waiting(&frame(Lang::Zh), &asked(), "/ledgers/coverage?x", Wait::Working);
    has(&said, &["http-equiv=\"refresh\" content=\"2\"", "正在算，请等一下。"]);
    for wait in [Wait::Busy, Wait::Failed] {
        assert!(!waiting(&frame(Lang::Zh), &asked(), "/x", wait).contains("refresh"));
    }
    assert!(!coverage(&frame(Lang::Zh), &page()).contains("refresh"));
    has(
        &index(&frame(Lang::En), &asked()),
        &["/ledgers/diary?period=2026-Q3", "Coverage by visits"],
    );
}

#[test]
fn rows_turn_pages_and_say_what_changed() {
    let unit = villages()[0].clone();
    let page = Rows {
        asked: asked().of_unit(Ledger::Requests, &unit),
        cut: cut(Received::By(day("2026-09-10")), 1_270),
        lead: RowsLead::Requests(12, 7, 5),
        grid: Grid {
            head: vec!["诉求".to_owned(), "历时天数".to_owned()],
            left: 1,
            rows: vec![vec![
                GridCell::link(Cell::Code("…7HRA".to_owned()), "/entries?request=x".to_owned()),
                Cell::Number(1_234).into(),
            ]],
            foot: None,
        },
        all: 250,
        page: (2, 3),
        changed: Some(Changed {
            from: cut(Received::By(day("2026-09-05")), 1_262),
            rows: vec![ChangedRow {
                name: "…7HRA".to_owned(),
                address: "/entries?request=x".to_owned(),
                change: screen::reports::RowChange::Changed,
                cells: vec![("state".to_owned(), "办理中".to_owned(), "待回访".to_owned())],
                ways: vec![(Way::Late, 1, 1_267, 1_267)],
                explained: false,
            }],
            all: 3,
        }),
        reading: true,
        hides: false,
        choose: false,
    };
    let said = rows(&frame(Lang::Zh), &page);
    has(
        &said,
        &[
            "登记 12 件，办结 7 件，还有 5 件没办完。",
            "第 2／3 页，共 250 行",
            "page=1",
            "page=3",
            "1,234",
            "说不清依据，要有人看",
            "先列出 1 行，共 3 行；全部在 CSV 里。",
            "台账还在追读收件",
            "<del>办理中</del>",
        ],
    );
}

#[test]
fn an_entry_shows_its_text_where_that_is_meant_to_be_seen() {
    let mut page = Entry {
        kind: "visit_recorded".to_owned(),
        identity: "01KKSMRX40000FTRA8M87GDVFJ".to_owned(),
        place: ("248H248H248H20000000000000".to_owned(), 6),
        machine: "一号机".to_owned(),
        unit: villages()[0].clone(),
        about: ("household".to_owned(), "1248H248H248H0000000000001".to_owned()),
        occurred: "2026-08-19 pm".parse().ok(),
        recorded_ms: Some(frame(Lang::Zh).now_ms - 86_400_000),
        recorder: "…0001".to_owned(),
        actors: vec!["…0002".to_owned()],
        facts: vec![("outcome".to_owned(), "见到".to_owned())],
        text: Text::Here("水渠\u{202e}漏水".to_owned()),
        received: Some((1_267, frame(Lang::Zh).now_ms)),
        effect: Some(Effect {
            word: "conflict".to_owned(),
            reason: Some("already_created".to_owned()),
            ..Effect::default()
        }),
        proof: Shown::Checked {
            log_size: 9,
            journal_size: Some(1_291),
            cosigned: Vec::new(),
        },
        story: None,
    };
    let said = entry(&frame(Lang::Zh), &page);
    has(
        &said,
        &[
            "走访，8 月 19 日 下午",
            "第 1,267 号收据，今天 14:30 送到",
            "状态冲突",
            "以前建立过",
            "水渠\u{fffd}漏水",
            "1,291",
        ],
    );
    page.text = Text::Held;
    has(&entry(&frame(Lang::Zh), &page), &["受限内容，这一页不显示。"]);
    page.text = Text::Gone;
    page.received = None;
    has(
        &entry(&frame(Lang::En), &page),
        &["The text is not here", "The township has not received that entry."],
    );
}

#[test]
fn quarters_follow_the_calendar() {
    let quarter = Quarter::of(day("2026-01-01"));
    assert_eq!(
        (quarter.key(), quarter.before().key()),
        ("2026-Q1".to_owned(), "2025-Q4".to_owned())
    );
    assert_eq!(
        Quarter::of(day("2026-12-31")).name(Words::new(Lang::Zh)),
        "2026 年第四季度"
    );
    assert_eq!(Quarter::from_key("2026-Q3"), Some(Quarter { year: 2026, quarter: 3 }));
    for bad in ["2026-Q5", "2026", "1026-Q1", "2026-Q", "2026-Q3x", "-1-Q1"] {
        assert_eq!(Quarter::from_key(bad), None, "{bad}");
    }
}
