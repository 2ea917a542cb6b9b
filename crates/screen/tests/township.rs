//! The township's board and one request's page: what stands on them, in both languages.
#![allow(clippy::unwrap_used, reason = "tests")]

use event::{Day, When};
use screen::Lang;
use screen::office::{Effect, Frame};
use screen::township::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn frame(lang: Lang) -> Frame {
    Frame {
        lang,
        place: "禾渡镇".to_owned(),
        person: Some("沈安".to_owned()),
        now_ms: day("2026-09-18").start_ms() + 14 * 3_600_000 + 30 * 60_000,
        ..Frame::default()
    }
}

fn line(number: &str, state: &str) -> BoardLine {
    BoardLine {
        pick: format!("{number}~{state}"),
        number: number.to_owned(),
        address: format!("/request/{number}"),
        text: "桥头护栏断了一截<b>\n第二行".to_owned(),
        village: "枫台".to_owned(),
        channel: "visit".to_owned(),
        kind: "help".to_owned(),
        urgency: "ordinary".to_owned(),
        round: 1,
        age_days: 42,
        due_at: Some(30),
        due: Some(day("2026-09-06")),
        replied_on: None,
        overdue_days: 12,
        state: state.to_owned(),
        attempts: 0,
        with: "枫台村".to_owned(),
        has_come: None,
    }
}

fn a_board() -> Board {
    let states = [
        "registered",
        "accepted",
        "assigned",
        "handling",
        "replied",
        "unsatisfied",
        "satisfied",
    ];
    let stages = states.iter().enumerate().map(|(count, state)| Stage {
        state: (*state).to_owned(),
        count,
        overdue: usize::from(*state == "handling"),
        oldest_days: (count > 0).then_some(31),
        address: format!("/requests?stage={state}"),
    });
    let mut replied = line("枫台-0002", "replied");
    (replied.attempts, replied.replied_on, replied.overdue_days) = (2, Some(day("2026-09-14")), 0);
    let mut given = line("枫台-0004", "assigned");
    given.has_come = Some(false);
    Board {
        stages: stages.collect(),
        open: 21,
        ours: 15,
        cut: "截至 第 1,291 号收据 · 摘要 e92d…".to_owned(),
        villages: vec![("990000103001".to_owned(), "枫台".to_owned())],
        our_lines: vec![line("枫台-0001", "registered"), replied],
        their_lines: vec![line("枫台-0003", "handling"), given],
        pages: Pages {
            page: 1,
            of: 3,
            before: None,
            after: Some("/requests?page=2".to_owned()),
        },
        key: "k1".to_owned(),
        bulk_max: 20,
        ..Board::default()
    }
}

#[test]
fn the_board_has_seven_stages_ours_first_and_every_row_says_whose_turn_it_is() {
    let page = board(&frame(Lang::Zh), &a_board());
    for words in [
        "未结 21 件，其中 15 件轮到镇里动手",
        "待受理",
        "待交办",
        "已交办，没动",
        "办理中",
        "待回访",
        "不满意，待再交办",
        "满意，待办结",
        "超期 1 件",
        "最久 31 天",
        "轮到镇里 15 件",
        "轮到村里、部门 6 件",
        "回访第 3 次",
        "9 月 14 日已答复",
        "超 12 天",
        "<td class=\"nb\">枫台村</td>",
        "枫台村 · 还没送到",
        "第 1 页，共 3 页",
        "截至 第 1,291 号收据 · 摘要 e92d…",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let place = |words: &str| page.find(words).unwrap();
    assert!(place("轮到镇里 15 件") < place("轮到村里、部门 6 件"));
    assert!(page.contains("桥头护栏断了一截&lt;b&gt;") && !page.contains("第二行") && !page.contains("style="));
    for key in ["accesskey=\"r\"", "accesskey=\"a\"", "accesskey=\"h\""] {
        assert!(page.contains(key), "{key}");
    }
    // The first button of the form records nothing.
    let form = &page[place("method=\"post\" action=\"/requests\"")..];
    let first = &form[form.find("<button").unwrap()..];
    assert!(
        first.starts_with("<button class=\"vh\" tabindex=\"-1\" name=\"do\" value=\"look\""),
        "{}",
        &first[..80]
    );
}

#[test]
fn no_wording_and_no_name_stands_in_an_address_or_a_title() {
    let page = board(&frame(Lang::Zh), &a_board());
    let addresses = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    assert!(
        addresses.clone().all(|address| !address.contains('桥')),
        "{:?}",
        addresses.collect::<Vec<_>>()
    );
    let page = matter(&frame(Lang::Zh), &a_matter());
    let title = &page[page.find("<title>").unwrap()..page.find("</title>").unwrap()];
    assert!(title.contains("杏坡-0398") && !title.contains("机耕路"), "{title}");
}

#[test]
fn an_empty_board_is_a_sentence_and_no_table() {
    let page = board(&frame(Lang::Zh), &Board::default());
    assert!(page.contains("没有未结的诉求。") && !page.contains("<table"));
}

fn a_matter() -> Matter {
    let step = |kind: &str, said: &[&str], on: &str| MatterStep {
        kind: kind.to_owned(),
        said: said.iter().map(|said| (*said).to_owned()).collect(),
        number: None,
        occurred: When::Day(day(on)),
        actors: "…1A2B".to_owned(),
        recorder: "沈安".to_owned(),
        to: None,
        due: None,
        text: Wording::None,
        by_township: true,
        receipt: 1_280,
        has_come: Some(true),
        received_ms: day(on).start_ms(),
        effect: Effect {
            word: "counted".to_owned(),
            reason: None,
            ..Effect::default()
        },
    };
    let attempts = WhyNot::Attempts {
        need: 3,
        have: 2,
        more: 1,
        not_on: Some(day("2026-09-17")),
    };
    let offer = |act: &str, closing: Option<&str>, not: Option<WhyNot>| Offer {
        act: act.to_owned(),
        closing: closing.map(str::to_owned),
        round: None,
        address: format!("/request/X?do={act}"),
        not,
    };
    let standing = |wanted: &str| WhyNot::Standing {
        state: "replied".to_owned(),
        wanted: wanted.to_owned(),
    };
    Matter {
        number: "杏坡-0398".to_owned(),
        text: Wording::Here("三组机耕路涵管堵塞，雨天漫路".to_owned()),
        village: "杏坡村".to_owned(),
        channel: "visit".to_owned(),
        kind: "help".to_owned(),
        urgency: "ordinary".to_owned(),
        people: 20,
        state: "replied".to_owned(),
        round: 2,
        handling: Some(("杏坡村".to_owned(), "…9F3C".to_owned())),
        accepted: Some((day("2026-08-18"), "ordinary".to_owned(), "township".to_owned())),
        registered_on: Some(day("2026-08-17")),
        due: Some(day("2026-09-15")),
        replied_on: Some(day("2026-09-14")),
        reply: Some(("explained".to_owned(), Wording::Here("先开一道溢水沟".to_owned()))),
        age_days: Some(31),
        cut: "截至 第 1,291 号收据 · 摘要 e92d… · 规则第 1 版".to_owned(),
        steps: vec![
            MatterStep {
                number: Some(2),
                text: Wording::Missing,
                ..step("request_followed_up", &["reached_no"], "2026-09-17")
            },
            MatterStep {
                by_township: false,
                ..step("request_replied", &["explained"], "2026-09-14")
            },
            MatterStep {
                number: Some(2),
                to: Some(("杏坡村".to_owned(), "…9F3C".to_owned())),
                due: Some(day("2026-09-15")),
                ..step("request_reassigned", &[], "2026-09-01")
            },
        ],
        counted: 8,
        next: Some("follow".to_owned()),
        offers: vec![
            offer("follow", None, None),
            offer("close", Some("satisfied"), Some(standing("satisfied"))),
            offer("close", Some("unreachable"), Some(attempts.clone())),
            offer("reassign", None, Some(standing("reassign"))),
        ],
        handler_looks: Some("柏志远".to_owned()),
        form: Some(ActForm {
            act: "follow".to_owned(),
            address: "/request/X".to_owned(),
            key: "k".to_owned(),
            seen: "replied.2.X".to_owned(),
            ..ActForm::default()
        }),
        refused: Some(Refused {
            act: "close".to_owned(),
            why: attempts,
        }),
        ..Matter::default()
    }
}

#[test]
fn a_request_says_what_may_be_done_and_of_the_rest_why_not() {
    let page = matter(&frame(Lang::Zh), &a_matter());
    for words in [
        "没有办结，什么都没有改动",
        "还差：再回访 1 次，日子不是 9 月 17 日",
        "第 2 轮 · 等镇里回访",
        "8 月 18 日，普通诉求，镇里的规矩",
        "9 月 15 日，9 月 14 日答复，没有超期",
        "31<span> 天，从首次受理 8 月 18 日算起",
        "由 8 条记录算出",
        "要先有一次联系上的回访",
        "柏志远 来办结、回访",
        "承办的人不能自己办结，也不能自己回访。",
        "回访第 2 次 · 没联系上",
        "再交办，第 2 轮",
        "→ 杏坡村，…9F3C",
        "9 月 15 日前答复",
        "镇里记录，第 1,280 号 · 已送到村里",
        "第 1,280 号收据",
        "正文不在这里。",
        "…1A2B 办，沈安 记",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(page.contains("role=\"alert\"") && page.contains("<title>错误："));
    assert!(!page.contains("accesskey=\"h\""), "its form stands here already");
    let mut without = a_matter();
    without.form = None;
    let page = matter(&frame(Lang::Zh), &without);
    assert!(page.contains("href=\"/request/X?do=follow#act\" accesskey=\"h\""));
}

#[test]
fn an_error_stands_in_the_summary_and_beside_its_field_and_the_text_stays() {
    let mut page = a_matter();
    page.refused = None;
    let form = page.form.as_mut().unwrap();
    form.errors = vec![(WrongField::Reached, "请选联系上没有".to_owned())];
    form.typed.note = "电话响了没人接。".to_owned();
    form.typed.day = CallDay::Yesterday;
    let page = matter(&frame(Lang::Zh), &page);
    assert_eq!(page.matches("请选联系上没有").count(), 2);
    assert!(
        page.contains("没有记回访，有 1 处要改")
            && page.contains("href=\"#reached\"")
            && page.contains("电话响了没人接。")
    );
    assert!(page.contains("name=\"day\" value=\"yesterday\" checked"));
}

#[test]
fn pages_in_english_have_no_chinese_but_what_was_given() {
    let given = [
        "English",
        "中文",
        "禾渡镇",
        "沈安",
        "枫台村",
        "枫台",
        "杏坡村",
        "杏坡",
        "桥头护栏断了一截",
        "三组机耕路涵管堵塞，雨天漫路",
        "先开一道溢水沟",
        "柏志远",
        "截至 第 1,291 号收据 · 摘要 e92d…",
        " · 规则第 1 版",
        "　",
    ];
    let several_page = Several {
        form: ActForm {
            act: "follow".to_owned(),
            ..ActForm::default()
        },
        chosen: vec![
            Chosen {
                number: "枫台-0001".to_owned(),
                state: "replied".to_owned(),
                ..Chosen::default()
            },
            Chosen {
                number: "枫台-0002".to_owned(),
                kind: "help".to_owned(),
                not: Some(WhyNot::HandlerAsks),
                ..Chosen::default()
            },
        ],
        trouble: None,
    };
    let done = [Done {
        number: "枫台-0001".to_owned(),
        address: "/".to_owned(),
        text: String::new(),
        kind: "help".to_owned(),
        outcome: Outcome::Skipped,
    }];
    let registering = Register {
        villages: vec![("990000103001".to_owned(), "枫台".to_owned())],
        ..Register::default()
    };
    let en = frame(Lang::En);
    let pages = [
        board(&en, &a_board()),
        matter(&en, &a_matter()),
        several(&en, &several_page),
        outcome(&en, "follow", &done),
        register(&en, &registering),
    ];
    for page in pages {
        let rest = given.iter().fold(page, |page, words| page.replace(words, ""));
        let han: String = rest
            .chars()
            .filter(|c| {
                ('\u{4e00}'..='\u{9fff}').contains(c)
                    || ('\u{3000}'..='\u{303f}').contains(c)
                    || ('\u{ff00}'..='\u{ffef}').contains(c)
            })
            .collect();
        assert_eq!(han, "", "{rest}");
    }
}
