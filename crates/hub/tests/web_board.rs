//! The request board at the township's desk: stages and turns, several at once, registering. Over real HTTP against a real
//! hub, with villages' own records.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "support/dispatch.rs"]
mod dispatch;
mod support;

use dispatch::*;
use serde_json::json;
use support::desk::browser;
use support::machine::entries_of;
use support::{OTHER, VILLAGE};
use sync::frame::Item;
use sync::record::{Audience, JournalRecord};

/// Longest page, in bytes.
const PAGE_BYTES_MAX: usize = 100_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_board_pages_filters_and_stays_small() {
    let (town, address) = town().await;
    let mut shen = at_desk(&town, &address, "沈安", None).await;
    let page = shen.get("/requests").await;
    assert!(page.body.contains("没有未结的诉求。"), "{}", page.body);
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let mut other = town.enrolled(2, OTHER, "village").await;
    for number in 0..60 {
        village.raise(
            number,
            &format!("第{number}件：村口路灯不亮，晚上走路看不见，请来看看好不好"),
            town.now_ms(),
        );
    }
    other.raise(1, "桥头护栏断了一截", town.now_ms());
    village.send(&town, 0).await;
    other.send(&town, 0).await;
    let page = shen.get("/requests").await;
    for words in [
        "未结 61 件，其中 61 件轮到镇里动手",
        "第 1 页，共 2 页",
        "href=\"/requests?page=2\"",
        "号收据 · 摘要 ",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert_eq!(picks(&page).len(), 50);
    assert!(page.body.len() < PAGE_BYTES_MAX, "{} bytes", page.body.len());
    let second = shen.get("/requests?page=2").await;
    assert_eq!(picks(&second).len(), 11);
    let all: std::collections::BTreeSet<_> = picks(&page).into_iter().chain(picks(&second)).collect();
    assert_eq!(all.len(), 61, "every request stands on one page");
    assert_eq!(
        picks(&shen.get("/requests?page=99").await).len(),
        11,
        "the last page stands for those that are not there"
    );
    let page = shen.get(&format!("/requests?village={OTHER}&stage=registered")).await;
    assert!(
        page.body.contains("未结 1 件") && page.body.contains("桥头护栏断了一截") && !page.body.contains("路灯"),
        "{}",
        page.body
    );
    let page = shen.get(&format!("/requests?village={OTHER}&stage=replied")).await;
    assert!(page.body.contains("没有未结的诉求。"), "{}", page.body);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_at_once_do_what_can_be_done_and_explain_the_rest() {
    let (town, address) = town().await;
    let mut shen = at_desk(&town, &address, "沈安", None).await;
    let mut lu = at_desk(&town, &address, "陆平", None).await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let mut other = town.enrolled(2, OTHER, "village").await;
    let requests: Vec<String> = (0..3)
        .map(|n| village.raise(n, &format!("事{n}"), town.now_ms()))
        .collect();
    let far = other.raise(9, "别村的事", town.now_ms());
    village.send(&town, 0).await;
    other.send(&town, 0).await;
    let board = shen.get("/requests").await;
    let boxes = picks(&board);
    assert_eq!(boxes.len(), 4);
    let page = shen.post("/requests", &[("do", "accept")]).await;
    assert!(
        page.status == 422 && page.body.contains("没有选中哪一件"),
        "{}",
        page.body
    );

    // Somebody else takes one of them away in between.
    act(
        &mut lu,
        &requests[0],
        "accept",
        &[("path", "ordinary"), ("rule", "petition_15_days")],
    )
    .await;
    let selected: Vec<(&str, &str)> = boxes.iter().map(|one| ("r", one.as_str())).collect();
    let page = shen
        .post("/requests", &[vec![("do", "accept")], selected.clone()].concat())
        .await;
    for words in ["受理选中的", "受理这 3 件", "这次办不了的", "这一步已经办过了。"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let key = page.hidden("key");
    let asked = picks(&page);
    // And another one while the form is open.
    act(
        &mut lu,
        &requests[1],
        "accept",
        &[("path", "ordinary"), ("rule", "petition_15_days")],
    )
    .await;
    let rows: Vec<(&str, &str)> = asked.iter().map(|one| ("r", one.as_str())).collect();
    let go = [
        vec![
            ("do", "go-accept"),
            ("key", &key),
            ("path", "ordinary"),
            ("rule", "township"),
        ],
        rows.clone(),
    ]
    .concat();
    let page = shen.post("/requests", &go).await;
    assert!(
        page.status == 422 && page.body.contains("请写应办日，或选一条有期限的依据"),
        "{}",
        page.body
    );
    let go = [go, vec![("due", "10.8")]].concat();
    let before = journal_size(&town).await;
    let page = shen.post("/requests", &go).await;
    for words in [
        "办好 2 件，没有办 1 件。",
        "刚才有人先办了：陆平 22:1",
        "计入",
        "没有办的，什么都没有改动",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let after = journal_size(&town).await;
    let again = shen.post("/requests", &go).await;
    assert!(
        again.body.contains("办好 2 件，没有办 1 件。") && again.body.contains("没有重复记。"),
        "{}",
        again.body
    );
    assert_eq!(
        (journal_size(&town).await, after - before),
        (after, 3),
        "one receipt for each village, one new log"
    );

    // Assigning: each to somebody of its own village.
    let board = shen.get("/requests?stage=accepted").await;
    let boxes = picks(&board);
    let selected: Vec<(&str, &str)> = boxes.iter().map(|one| ("r", one.as_str())).collect();
    let page = shen
        .post("/requests", &[vec![("do", "assign")], selected].concat())
        .await;
    assert!(page.body.contains("交办这 4 件"), "{}", page.body);
    let (key, asked) = (page.hidden("key"), picks(&page));
    let rows: Vec<(&str, &str)> = asked.iter().map(|one| ("r", one.as_str())).collect();
    let go = [vec![("do", "go-assign"), ("key", &key)], rows].concat();
    let page = shen.post("/requests", &go).await;
    assert_eq!(
        (page.status, page.body.matches("请选交给谁").count()),
        (422, 4),
        "{}",
        page.body
    );
    let whom = |code: &str| format!("{code}:{}", villager(CADRE));
    let choices: Vec<(String, String)> = (requests.iter().map(|request| (request, VILLAGE)))
        .chain([(&far, OTHER)])
        .map(|(request, code)| (format!("x.{request}"), whom(code)))
        .collect();
    let choices: Vec<(&str, &str)> = choices
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let page = shen.post("/requests", &[go, choices].concat()).await;
    assert!(page.body.contains("办好 4 件，没有办 0 件。"), "{}", page.body);

    // Calls: each has its own end; what was not called is not recorded.
    for request in &requests {
        village.reply(request, "supported", "好了", town.now_ms());
    }
    village.send(&town, 3).await;
    let boxes = picks(&shen.get("/requests?stage=replied").await);
    let selected: Vec<(&str, &str)> = boxes.iter().map(|one| ("r", one.as_str())).collect();
    let page = shen
        .post("/requests", &[vec![("do", "follow")], selected].concat())
        .await;
    let (key, asked) = (page.hidden("key"), picks(&page));
    let rows: Vec<(&str, &str)> = asked.iter().map(|one| ("r", one.as_str())).collect();
    let names: Vec<String> = requests.iter().map(|request| format!("x.{request}")).collect();
    let ends = vec![(names[0].as_str(), "satisfied"), (names[1].as_str(), "unreached")];
    let page = shen
        .post(
            "/requests",
            &[vec![("do", "go-follow"), ("key", &key), ("day", "now")], rows, ends].concat(),
        )
        .await;
    for words in ["办好 2 件，没有办 1 件。", "没有选结果，没有记。"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let rows = town
        .ask("GET", &format!("/views/requests?unit={VILLAGE}&as_of={TODAY}"), None)
        .await
        .unwrap();
    let states = rows["units"][0]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["state"].clone(), row["attempts"].clone()));
    let expected =
        [("satisfied", 0), ("replied", 1), ("replied", 0)].map(|(state, attempts)| (json!(state), json!(attempts)));
    assert_eq!(states.collect::<Vec<_>>(), expected);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_twenty_at_once_are_refused_and_said() {
    let (town, address) = town().await;
    let mut shen = at_desk(&town, &address, "沈安", None).await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    for number in 0..21 {
        village.raise(number, "事", town.now_ms());
    }
    village.send(&town, 0).await;
    let boxes = picks(&shen.get("/requests").await);
    let selected: Vec<(&str, &str)> = boxes.iter().map(|one| ("r", one.as_str())).collect();
    let page = shen
        .post("/requests", &[vec![("do", "accept")], selected].concat())
        .await;
    assert!(
        page.status == 422 && page.body.contains("选了 21 件，一次最多 20 件。请分几次。"),
        "{}",
        page.body
    );
    // Twenty that can be given to somebody are the longest form.
    let fields: Vec<(&str, &str)> = boxes[..20].iter().map(|one| ("r", one.as_str())).collect();
    let page = shen.post("/requests", &[vec![("do", "accept")], fields].concat()).await;
    let (key, asked) = (page.hidden("key"), picks(&page));
    let rows: Vec<(&str, &str)> = asked.iter().map(|one| ("r", one.as_str())).collect();
    let go = [
        vec![
            ("do", "go-accept"),
            ("key", &key),
            ("path", "ordinary"),
            ("rule", "petition_60_days"),
        ],
        rows,
    ]
    .concat();
    let page = shen.post("/requests", &go).await;
    assert!(page.body.contains("办好 20 件"), "{}", page.body);
    let boxes = picks(&shen.get("/requests?stage=accepted").await);
    let fields: Vec<(&str, &str)> = boxes.iter().map(|one| ("r", one.as_str())).collect();
    let page = shen.post("/requests", &[vec![("do", "assign")], fields].concat()).await;
    assert!(
        page.status == 200 && page.body.len() < PAGE_BYTES_MAX,
        "{} bytes",
        page.body.len()
    );
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_township_registers_for_a_village_once_and_that_village_reads_it() {
    let (town, address) = town().await;
    let mut shen = at_desk(&town, &address, "沈安", None).await;
    let page = shen.get("/requests/new").await;
    assert!(page.body.contains("还没有哪个村登记过机器"), "{}", page.body);
    let village = town.enrolled(1, VILLAGE, "village").await;
    let other = town.enrolled(2, OTHER, "village").await;
    let page = shen.get("/requests/new").await;
    let key = page.hidden("key");
    let page = shen
        .post(
            "/requests/new",
            &[("key", &key), ("do", "save"), ("people", "0"), ("phone", "00000000100")],
        )
        .await;
    assert_eq!(page.status, 422);
    for words in [
        "还没有存，有 5 处要改",
        "请选哪个村",
        "请写一句是什么事",
        "人数请写",
        "value=\"00000000100\"",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let fields = [
        ("key", key.as_str()),
        ("do", "save"),
        ("village", VILLAGE),
        ("t", "低保材料不知交到哪里"),
        ("channel", "hotline"),
        ("kind", "advice"),
        ("urgency", "urgent"),
        ("people", "1"),
        ("name", "乔满仓"),
        ("phone", "00000000100"),
    ];
    let page = shen.post("/requests/new", &fields).await;
    for words in [
        "登记诉求，已计入",
        "低保材料不知交到哪里",
        "热线登记 · 咨询 · 急",
        "乔满仓 · 00000000100",
        "待受理",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let before = journal_size(&town).await;
    let page = shen.post("/requests/new", &fields).await;
    assert!(page.body.contains("没有重复记"), "{}", page.body);
    // An unknown village is refused, and nothing is recorded.
    let key = shen.get("/requests/new").await.hidden("key");
    let mut elsewhere = fields.to_vec();
    (elsewhere[0].1, elsewhere[2].1) = (&key, "990000103009");
    let page = shen.post("/requests/new", &elsewhere).await;
    assert!(
        page.status == 409 && page.body.contains("从来没有") | page.body.contains("还没有登记过机器"),
        "{}",
        page.body
    );
    assert_eq!(journal_size(&town).await, before);
    // The same form after a restart.
    let mut town = town;
    town.config.web_listen = address.parse().ok();
    let town = town.again().await;
    let (village, other) = (village.moved_to(&town, 1), other.moved_to(&town, 2));
    let page = shen.post("/requests/new", &fields).await;
    assert!(page.body.contains("没有重复记"), "{}", page.body);
    assert_eq!(journal_size(&town).await, before);
    let (items, _) = village.pages().await.unwrap();
    let written = items.iter().find_map(|item| match item {
        Item::Record { bytes, .. } => match JournalRecord::decode(bytes) {
            Ok(JournalRecord::HubOrigin { origin, name, .. })
                if name.audience == Audience::Unit(support::unit(VILLAGE)) =>
            {
                Some(origin)
            }
            _ => None,
        },
        _ => None,
    });
    let entries = entries_of(&items, written.unwrap());
    assert_eq!(entries.len(), 1);
    assert!(entries[0].personal.is_some());
    let (items, _) = other.pages().await.unwrap();
    assert!(!items.iter().any(|item| matches!(item, Item::Entry { .. })));
    town.stop().await;
}
