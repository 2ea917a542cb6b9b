//! Talks and the diary in the pages: what is recorded, what is refused beside its field, what is shown before it is replaced.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use serde_json::{Value, json};
use support::pages::*;
use support::*;

fn of_kind<'a>(log: &'a [Value], kind: &str) -> Vec<&'a Value> {
    log.iter().filter(|line| line["kind"] == kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_talk_is_recorded_with_the_pairing_that_it_needs_and_the_next_one_within_it() {
    let (_town, machine, node) = set_up().await;
    let mut browser = signed_in(&node).await;
    let form = Form::of(&browser.get("/talk").await);
    let found = browser.post("/talk", &form.with(&[("q", "qmc"), ("do", "find")])).await;
    assert!(
        found.body.contains("乔满仓 户") && found.body.contains("还没有结对。存好的时候"),
        "{}",
        found.body
    );
    let with = found.hidden("c");
    let fields = [
        ("c", &*with),
        ("t", "孩子上学的事"),
        ("f", "1"),
        ("d", "today"),
        ("p", "day"),
        ("do", "save"),
    ];
    let saved = browser.post("/talk", &form.with(&fields)).await;
    assert!(
        saved.body.contains("存好了，在本机硬盘上") && saved.body.contains("谈心 · 乔满仓"),
        "{}",
        saved.body
    );
    let again = browser.post("/talk", &form.with(&fields)).await;
    assert!(again.body.contains("没有重复记"), "{}", again.body);
    let entries = log(node.office()).await;
    let (talks, pairings) = (
        of_kind(&entries, "talk_recorded"),
        of_kind(&entries, "pairing_established"),
    );
    assert_eq!((talks.len(), pairings.len()), (1, 1));
    assert_eq!(talks[0]["facts"], json!({ "follow_up": true }));
    assert_eq!(talks[0]["personal"]["text"], "孩子上学的事");
    assert!(talks[0]["pairing"].is_string(), "{}", talks[0]);
    assert_eq!(talks[0]["pairing"], pairings[0]["pairing"]);
    assert_eq!(pairings[0]["facts"]["household"], json!(household(1)));
    assert_eq!(pairings[0]["facts"]["cadre"], json!(form.hidden[3].1));
    assert_eq!(pairings[0]["personal"]["contact"], "乔满仓");

    // The household's page leads into the pairing that stands now.
    let next = browser.get(&format!("/talk?h={}", household(1))).await;
    assert!(
        next.hidden("c").starts_with("p:") && !next.body.contains("还没有结对"),
        "{}",
        next.body
    );
    let form = Form::of(&next);
    let with = next.hidden("c");
    let fields = form.with(&[("c", &*with), ("t", "学费减免办好了"), ("d", "today"), ("do", "save")]);
    browser.post("/talk", &fields).await;
    machine.settle().await;
    let entries = log(node.office()).await;
    assert_eq!(of_kind(&entries, "pairing_established").len(), 1);
    assert_eq!(of_kind(&entries, "talk_recorded").len(), 2);
    let delivery = browser.get("/delivery").await;
    assert!(delivery.body.contains("收到的都计入了"), "{}", delivery.body);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_talk_is_said_beside_its_field() {
    let (_town, machine, node) = set_up().await;
    let mut browser = signed_in(&node).await;
    let form = Form::of(&browser.get("/talk").await);
    let key = [
        ("key", &*form.hidden[0].1),
        ("mark", &form.hidden[1].1),
        ("on", &form.hidden[2].1),
    ];
    let mut fields = key.to_vec();
    fields.extend([
        ("q", "qyz"),
        ("d", "other"),
        ("month", "2"),
        ("date", "30"),
        ("do", "save"),
    ]);
    let page = browser.post("/talk", &fields).await;
    assert_eq!(page.status, 422);
    for words in [
        "还没有存，有 4 处要改",
        "「qyz」有 2 个，请选是跟谁",
        "2 月没有 30 日",
        "请写几句谈了什么",
        "请选谁谈的",
        "<title>错误：",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    for (query, words) in [("", "请选是跟谁谈的"), ("qzx", "没找到「qzx」")] {
        let page = browser.post("/talk", &form.with(&[("q", query), ("do", "find")])).await;
        assert!(
            page.status == 422 && page.body.contains(words),
            "{words}: {}",
            page.body
        );
    }
    let gone = [("c", "p:01ARZ3NDEKTSV4RRFFQ69G5FAV"), ("t", "谈过"), ("do", "save")];
    let page = browser.post("/talk", &form.with(&gone)).await;
    assert!(page.body.contains("找不到这个结对了"));
    let long = "长".repeat(4_001);
    let page = browser
        .post("/talk", &form.with(&[("q", "qmc"), ("t", &long), ("do", "save")]))
        .await;
    assert!(page.body.contains("太长了，还要去掉 3 个字节"));
    assert_eq!(of_kind(&log(node.office()).await, "talk_recorded").len(), 0);
    drop(machine);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diary_is_one_day_with_its_visits_and_replaces_only_what_was_seen() {
    let (_town, machine, node) = set_up().await;
    let mut browser = signed_in(&node).await;
    let visit = Form::of(&browser.get("/visit").await);
    let h = household(1).to_string();
    browser
        .post(
            "/visit",
            &visit.with(&[
                ("h", &h),
                ("t", "问起涵管"),
                ("o", "met"),
                ("d", "today"),
                ("do", "save"),
            ]),
        )
        .await;
    let page = browser.get("/diary").await;
    assert!(page.body.contains("乔满仓 户 · 见到"), "{}", page.body);
    let (form, visit) = (Form::of(&page), page.hidden("v"));
    let empty = browser
        .post("/diary", &form.with(&[("d", "today"), ("do", "save")]))
        .await;
    assert!(empty.status == 422 && empty.body.contains("请写几句这天的事"));
    let other = form.with(&[
        ("d", "other"),
        ("month", "13"),
        ("date", "1"),
        ("t", "事"),
        ("do", "find"),
    ]);
    assert!(browser.post("/diary", &other).await.body.contains("请写那天的月和日"));
    let fields = form.with(&[("d", "today"), ("t", "上午去了三组。"), ("v", &visit), ("do", "save")]);
    let saved = browser.post("/diary", &fields).await;
    assert!(
        saved.body.contains("存好了，在本机硬盘上") && saved.body.contains(&format!("民情日记 · {NAME}")),
        "{}",
        saved.body
    );
    assert!(browser.post("/diary", &fields).await.body.contains("没有重复记"));
    let entries = log(node.office()).await;
    let diaries = of_kind(&entries, "diary_written");
    assert_eq!(diaries.len(), 1);
    let visits = visits(&entries);
    assert_eq!(diaries[0]["facts"]["visits"], json!([visits[0]["id"]]));
    assert_eq!(diaries[0]["person"], visits[0]["recorder"]);
    machine.settle().await;

    // Another one for the same day: not before the first was seen.
    let page = browser.get("/diary").await;
    assert!(
        page.body.contains("这天已经写过一篇") && page.body.contains("上午去了三组。"),
        "{}",
        page.body
    );
    let form = Form::of(&page);
    let blind = browser
        .post("/diary", &form.with(&[("d", "today"), ("t", "换一篇"), ("do", "save")]))
        .await;
    assert!(
        blind.status == 422 && blind.body.contains("先看一眼下面那篇"),
        "{}",
        blind.body
    );
    let seen = page.hidden("seen");
    let taken = browser
        .post(
            "/diary",
            &form.with(&[("d", "today"), ("t", "下午又去。"), ("seen", &seen), ("do", "take")]),
        )
        .await;
    assert!(
        taken.body.contains("上午去了三组。\n下午又去。</textarea>"),
        "{}",
        taken.body
    );
    let second = form.with(&[
        ("d", "today"),
        ("t", "上午去了三组。\n下午又去。"),
        ("seen", &seen),
        ("do", "save"),
    ]);
    assert!(browser.post("/diary", &second).await.body.contains("存好了"));
    machine.settle().await;
    assert_eq!(of_kind(&log(node.office()).await, "diary_written").len(), 2);
    let rows = get(node.office(), "/ledger/diary").await;
    assert_eq!(
        rows["confirmed"]["rows"].as_array().unwrap().len(),
        1,
        "one person, one day: {rows}"
    );
    node.stop().await.unwrap();
}
