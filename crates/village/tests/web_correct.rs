//! Corrections and voids in the pages: old and new before anything is recorded, why, who checked, and what came of it.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use axum::http::Method;
use serde_json::{Value, json};
use support::pages::*;
use support::*;

const REASON: &str = "当时随手点错了，本人说没见到";

fn corrections(log: &[Value]) -> Vec<&Value> {
    log.iter().filter(|line| line["kind"] == "record_corrected").collect()
}

/// A visit of today, and the page that mends it.
async fn a_visit(browser: &mut Browser) -> String {
    let form = Form::of(&browser.get("/visit").await);
    let h = household(1).to_string();
    let fields = [
        ("h", &*h),
        ("t", "问起涵管"),
        ("o", "met"),
        ("how", "home"),
        ("d", "today"),
        ("do", "save"),
    ];
    let saved = browser.post("/visit", &form.with(&fields)).await;
    link(&saved, "/correct/")
}

/// The first address on a page that begins so.
fn link(page: &Page, begins: &str) -> String {
    let rest = page.body.split(&format!("href=\"{begins}")).nth(1);
    let rest = rest.unwrap_or_else(|| panic!("{begins}: {}", page.body));
    format!("{begins}{}", rest.split('"').next().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_corrected_after_old_and_new_were_looked_at() {
    let (_town, machine, node) = set_up().await;
    let mut browser = signed_in(&node).await;
    let here = a_visit(&mut browser).await;
    let page = browser.get(&here).await;
    for words in [
        "现在记的是",
        "见到",
        "上门",
        "问起涵管",
        "正文改不了",
        "留着不动",
        "看看会改成什么",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let form = Form::of(&page);
    let same = [("d", "today"), ("p", "day"), ("o", "met"), ("how", "home")];
    let other = [("d", "today"), ("p", "day"), ("o", "not_home"), ("how", "home")];
    let with = |own: &[(&'static str, &'static str)], more: &[(&'static str, &'static str)]| [own, more].concat();

    let nothing = browser
        .post(&here, &form.with(&with(&same, &[("t", REASON), ("do", "look")])))
        .await;
    assert!(
        nothing.status == 422 && nothing.body.contains("跟原来一样，没有要改的"),
        "{}",
        nothing.body
    );
    let silent = browser.post(&here, &form.with(&with(&other, &[("do", "look")]))).await;
    assert!(
        silent.status == 422 && silent.body.contains("请写一句为什么"),
        "{}",
        silent.body
    );
    let never = [
        ("d", "other"),
        ("month", "2"),
        ("date", "30"),
        ("t", REASON),
        ("do", "look"),
    ];
    let never = browser.post(&here, &form.with(&never)).await;
    assert!(
        never.status == 422 && never.body.contains("2 月没有 30 日"),
        "{}",
        never.body
    );
    let blind = browser
        .post(&here, &form.with(&with(&other, &[("t", REASON), ("do", "save")])))
        .await;
    assert!(
        blind.status == 422 && blind.body.contains("请再看一眼"),
        "{}",
        blind.body
    );
    assert_eq!(
        corrections(&log(node.office()).await).len(),
        0,
        "nothing was recorded yet"
    );

    let looked = browser
        .post(&here, &form.with(&with(&other, &[("t", REASON), ("do", "look")])))
        .await;
    for words in [
        "会这样改",
        "<del>见到</del>",
        "<ins>不在家</ins>",
        "会少 1 户",
        "存好更正",
        "草稿已存在本机，",
    ] {
        assert!(looked.body.contains(words), "{words}: {}", looked.body);
    }
    let seen = looked.hidden("looked");
    let mut fields = form.with(&other);
    fields.extend([("t", REASON), ("looked", &*seen), ("do", "save")]);
    let saved = browser.post(&here, &fields).await;
    for words in [
        "存好了，在本机硬盘上",
        "那次走访，原来那条还留着",
        "<del>见到</del>",
        REASON,
        &format!("（{NAME} 提）"),
        "（更正过）",
    ] {
        assert!(saved.body.contains(words), "{words}: {}", saved.body);
    }
    assert!(browser.post(&here, &fields).await.body.contains("没有重复记"));
    let entries = log(node.office()).await;
    let recorded = corrections(&entries);
    assert_eq!(recorded.len(), 1);
    let visit = visits(&entries)[0];
    let facts = json!({
        "target": visit["id"], "correction": "correct",
        "replacement": { "visit_recorded": { "mode": "home", "outcome": "not_home" } }
    });
    assert_eq!(recorded[0]["facts"], facts);
    assert_eq!(recorded[0]["personal"]["text"], REASON);
    machine.settle().await;
    let delivery = browser.get("/delivery").await;
    assert!(delivery.body.contains("收到的都计入了"), "{}", delivery.body);
    let households = get(node.office(), "/ledger/households").await;
    let rows = households["confirmed"]["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["household"] == json!(household(1))).unwrap();
    assert_eq!(
        (&row["last_met_on"], &row["visits"]),
        (&Value::Null, &json!(1)),
        "{row}"
    );
    let again = browser.get(&here).await;
    assert!(
        again.body.contains("改过的") && again.body.contains("不在家"),
        "{}",
        again.body
    );

    // A correction is not corrected: its target is, once more.
    let correction = format!(
        "/correct/{}/{}",
        recorded[0]["origin"].as_str().unwrap(),
        recorded[0]["sequence"]
    );
    let refused = browser.get(&correction).await;
    assert!(
        refused.status == 409 && refused.body.contains("这一条本身是更正"),
        "{}",
        refused.body
    );
    assert_eq!(browser.get("/correct/01ARZ3NDEKTSV4RRFFQ69G5FAV/1").await.status, 404);
    assert_eq!(browser.get("/correct/nonsense/0").await.status, 404);
    let registered = format!("/correct/{}/1", recorded[0]["origin"].as_str().unwrap());
    assert_eq!(browser.get(&registered).await.status, 409);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_nobody_touched_stays_and_one_that_was_touched_changes_alone() {
    let (_town, machine, node) = set_up().await;
    machine
        .ask(Method::POST, "/record", visited(1, 20).to_string().into_bytes())
        .await;
    let mut browser = signed_in(&node).await;
    let here = link(&browser.get(&format!("/household/{}", household(1))).await, "/correct/");
    let page = browser.get(&here).await;
    assert!(
        page.body.contains("14:05") && page.body.contains("value=\"14\""),
        "{}",
        page.body
    );
    let form = Form::of(&page);
    let moved = [
        ("d", "other"),
        ("month", "6"),
        ("date", "30"),
        ("p", "pm"),
        ("o", "met"),
        ("how", "home"),
    ];
    let mut fields = form.with(&moved);
    fields.extend([("t", "是上个季度的事"), ("do", "look")]);
    let looked = browser.post(&here, &fields).await;
    for words in [
        "14:05</del>",
        "6 月 30 日 下午</ins>",
        "从 2026 年第 3 季度改算到 2026 年第 2 季度",
        "会少 1 户",
        "会多 1 户",
    ] {
        assert!(looked.body.contains(words), "{words}: {}", looked.body);
    }
    let seen = looked.hidden("looked");
    fields.retain(|(name, _)| *name != "do");
    fields.extend([("looked", &*seen), ("do", "save")]);
    browser.post(&here, &fields).await;
    let entries = log(node.office()).await;
    let facts = &corrections(&entries)[0]["facts"];
    assert_eq!(facts["occurred"], "2026-06-30 pm");
    assert!(
        facts["replacement"].is_null(),
        "the minutes that the page does not show are not lost: {facts}"
    );
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_asks_for_the_second_person_and_takes_the_record_out_of_the_figures() {
    let (_town, machine, node) = set_up().await;
    let mut browser = signed_in(&node).await;
    let here = a_visit(&mut browser).await;
    let void = format!("{here}?void=1");
    let alone = browser.get(&void).await;
    for words in [
        "这台机器上只有您一个人有账号",
        "这次走访不再算进走访次数",
        "会少 1 户",
        "留着不动",
    ] {
        assert!(alone.body.contains(words), "{words}: {}", alone.body);
    }
    let code = machine.ask(Method::POST, "/code", Vec::new()).await["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut second = Browser::at(&node);
    let fields = [("code", &*code), ("name", "柏志远"), ("password", "二组的路灯又不亮")];
    second.post("/first", &fields).await;
    let page = browser.get(&void).await;
    let (form, person) = (Form::of(&page), page.hidden("second"));
    let nobody = browser
        .post(&here, &form.with(&[("void", "1"), ("t", "记错了户"), ("do", "save")]))
        .await;
    assert!(
        nobody.status == 422 && nobody.body.contains("请选第二个看过的人"),
        "{}",
        nobody.body
    );
    let silent = browser
        .post(&here, &form.with(&[("void", "1"), ("second", &person), ("do", "save")]))
        .await;
    assert!(
        silent.status == 422 && silent.body.contains("请写一句为什么"),
        "{}",
        silent.body
    );
    assert_eq!(corrections(&log(node.office()).await).len(), 0);
    let fields = form.with(&[("void", "1"), ("second", &person), ("t", "记错了户"), ("do", "save")]);
    let saved = browser.post(&here, &fields).await;
    for words in ["存好了", "作废的是", &format!("（{NAME} 提，柏志远 核）"), "（已作废）"] {
        assert!(saved.body.contains(words), "{words}: {}", saved.body);
    }
    assert!(!saved.body.contains(&here), "what is void cannot be mended again");
    browser.post(&here, &fields).await;
    let entries = log(node.office()).await;
    let recorded = corrections(&entries);
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0]["actors"], json!([visits(&entries)[0]["recorder"], person]));
    machine.settle().await;
    let households = get(node.office(), "/ledger/households").await;
    let rows = households["confirmed"]["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["household"] == json!(household(1))).unwrap();
    assert_eq!(row["visits"], 0, "{row}");
    let again = browser.get(&here).await;
    assert!(
        again.status == 409 && again.body.contains("这一条已经作废了"),
        "{}",
        again.body
    );
    let today = browser.get("/").await;
    assert!(
        today.body.contains("摘要 "),
        "a figure's cut has the digest's first digits"
    );
    node.stop().await.unwrap();
}
