//! The township's pages about its villages, as they are drawn.
#![allow(clippy::unwrap_used, reason = "tests")]

use screen::Lang;
use screen::chart::{SPARK_DAYS, Spark};
use screen::office::{Effect, Frame};
use screen::township::{
    Clock, Help, MachineLine, Need, NeedGroup, PendingThere, Trouble, UncountedLine, Village, VillageLine, Villages,
    help_list, village, villages,
};

/// 2026-09-18 14:30 in UTC+8.
const NOW: i64 = 1_789_713_000_000;
const DAY: i64 = 86_400_000;

fn frame(lang: Lang) -> Frame {
    Frame {
        lang,
        place: "禾渡镇".to_owned(),
        person: Some("沈安".to_owned()),
        now_ms: NOW,
        sheet: "/office.css".to_owned(),
        ..Frame::default()
    }
}

fn usual(n: u64) -> VillageLine {
    VillageLine {
        unit: format!("{}", 990_000_103_000 + n),
        name: format!("第{n}村"),
        heard_ms: Some(NOW - 3_600_000),
        pending: PendingThere::Exactly(0),
        received: Spark([Some(n); SPARK_DAYS]),
        met: 104,
        of: 124,
        open: 1,
        clock: Clock::Right,
        ..VillageLine::default()
    }
}

fn silent() -> VillageLine {
    let mut received = Spark([Some(7); SPARK_DAYS]);
    received.0[5..].fill(None);
    VillageLine {
        name: "苇塘村".to_owned(),
        group: NeedGroup::First,
        needs: vec![
            Need {
                help: Help::Silent,
                since_ms: NOW - 9 * DAY,
                first: true,
            },
            Need {
                help: Help::Overdue { requests: 2 },
                since_ms: NOW - 3 * DAY,
                first: false,
            },
        ],
        heard_ms: Some(NOW - 9 * DAY),
        pending: PendingThere::AtLeast(41),
        received,
        overdue: 2,
        open: 3,
        clock: Clock::Off {
            lead_ms: -3 * 365 * DAY,
        },
        trouble: Trouble {
            held: 2,
            forks: 1,
            ..Trouble::default()
        },
        ..usual(2)
    }
}

fn page() -> Villages {
    Villages {
        lines: vec![silent(), usual(1), usual(3)],
        quarter: 3,
        position: "第 1,291 号收据".to_owned(),
        digest: "c05e…".to_owned(),
    }
}

#[test]
fn a_village_that_needs_help_stands_first_and_its_line_says_what_and_since_when() {
    let html = villages(&frame(Lang::Zh), &page());
    for said in [
        "3 个村，先帮谁",
        "第三季度 · 看到 9 月 18 日 · 截至 第 1,291 号收据 · 摘要 c05e…",
        "先帮 1 个村",
        "平常 2 个村",
        "没有消息，先打电话；要不要带 U 盘去；2 件诉求超期，问问卡在哪里",
        "<td>9 天</td>",
        "9 月 9 日 14:30",
        "至少 41",
        "送到 35 条，9 天没有消息",
        "104／124</a> 83.8%",
        "慢 3 年",
        "分叉 1 · 暂扣 2",
        "今天 13:30",
    ] {
        assert!(html.contains(said), "{said}");
    }
    let (first, usual) = (html.find("苇塘村").unwrap(), html.find("第1村").unwrap());
    assert!(first < usual);
    assert!(!html.contains("留意"), "an empty group is not shown");
    assert!(!html.contains("style=") && !html.contains("<script"));
}

#[test]
fn what_is_not_known_is_no_zero() {
    let line = VillageLine {
        unit: "990000103009".to_owned(),
        ..VillageLine::default()
    };
    let html = villages(
        &frame(Lang::Zh),
        &Villages {
            lines: vec![line],
            ..page()
        },
    );
    for said in [
        "990000103009</a>",
        "还没有过",
        "<span class=\"m\">不知道</span>",
        "<td>不知道</td>",
        "<td>无</td>",
    ] {
        assert!(html.contains(said), "{said}");
    }
    let none = villages(&frame(Lang::En), &Villages::default());
    assert!(none.contains("There is no village yet") && !none.contains("<table"));
}

#[test]
fn english_says_the_same() {
    let html = villages(&frame(Lang::En), &page());
    for said in [
        "3 villages: whom to help first",
        "Third quarter · up to 18 Sep",
        "No word. Call first; take a stick?; 2 requests are overdue",
        "9 d",
        "at least 41",
        "35 received; no word on 9 days",
        "3 y slow",
    ] {
        assert!(html.contains(said), "{said}");
    }
}

#[test]
fn a_townships_largest_list_stays_below_a_hundred_kilobytes() {
    let lines = (1..=199).map(|n| {
        let mut line = usual(n);
        line.name = "南汀社区村".to_owned();
        line.open = 12;
        line.met = 1_104;
        line.of = 1_324;
        for (at, day) in line.received.0.iter_mut().enumerate() {
            *day = Some((n * 7 + at as u64 * 13) % 29);
        }
        if n % 8 == 0 {
            line.needs = silent().needs;
            line.group = NeedGroup::Watch;
        }
        line
    });
    let page = Villages {
        lines: lines.collect(),
        ..page()
    };
    for lang in [Lang::Zh, Lang::En] {
        let bytes = villages(&frame(lang), &page).len();
        assert!(bytes < 100_000, "{bytes}");
        assert!(bytes > 60_000, "the test draws all of them: {bytes}");
    }
}

#[test]
fn the_list_for_paper_has_every_need_and_room_to_write() {
    let html = help_list(&frame(Lang::Zh), &page());
    for said in ["今天的帮扶清单", "苇塘村", "2 件诉求超期", "办了什么", "打印，沈安"] {
        assert!(html.contains(said), "{said}");
    }
    assert!(!html.contains("第1村"), "who needs no help is not on it");
    let none = help_list(&frame(Lang::Zh), &Villages::default());
    assert!(none.contains("现在没有哪个村要帮。"));
}

#[test]
fn one_village_says_what_to_say_and_how_each_machine_is_doing() {
    let machine = MachineLine {
        origin: "44e0…".to_owned(),
        name: "一号机 <b>".to_owned(),
        enrolled_ms: NOW - 100 * DAY,
        heard_ms: Some(NOW - 9 * DAY),
        clock: Clock::Off { lead_ms: 26 * 60_000 },
        pending: PendingThere::AtLeast(41),
        received: 1_204,
        forked: true,
        ..MachineLine::default()
    };
    let revoked = MachineLine {
        name: "旧机".to_owned(),
        revoked: true,
        ..MachineLine::default()
    };
    let uncounted = UncountedLine {
        kind: "request_replied".to_owned(),
        position: 1_284,
        received_ms: NOW - DAY,
        effect: Effect {
            word: "conflict".to_owned(),
            reason: Some("illegal_in_state".to_owned()),
            ..Effect::default()
        },
        address: None,
    };
    let page = Village {
        line: silent(),
        machines: vec![machine, revoked],
        uncounted: vec![uncounted],
        uncounted_in_all: 3,
        unvisited: 20,
        quarter: 3,
        cut: "截至 第 1,291 号收据 · 规则第 1 版".to_owned(),
        ..Village::default()
    };
    let html = village(&frame(Lang::Zh), &page);
    for said in [
        "苇塘村",
        "打电话前看这个",
        "先问机器开着没有",
        "问卡在哪一步",
        "一号机 &lt;b&gt;",
        "分了岔",
        "已停用",
        "快 26 分",
        "1,204",
        "跟当时的状态对不上，所以没有算数。",
        "第 1,284 号收据 · 昨天 14:30 到镇里",
        "列出最近 1 条，共 3 条。",
        "／124 户见到，83.8%",
        "没有没办完的诉求",
        "没有消息",
    ] {
        assert!(html.contains(said), "{said}");
    }
    assert!(!html.contains("style=") && !html.contains("<b>\""));
    let calm = village(&frame(Lang::En), &Village::default());
    assert!(calm.contains("This village needs no help now.") && calm.contains("No machine was ever enrolled."));
}
