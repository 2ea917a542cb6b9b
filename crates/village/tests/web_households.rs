//! Households on the pages: putting one on the books, changing one, coverage by visits and the ledgers as lists.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use axum::http::Method;
use serde_json::{Value, json};
use support::pages::*;
use support::*;
use village::RunningNode;

fn of_kind<'a>(log: &'a [Value], kind: &str) -> Vec<&'a Value> {
    log.iter().filter(|line| line["kind"] == kind).collect()
}

async fn signed_in(node: &RunningNode) -> Browser {
    let mut browser = Browser::at(node);
    let code = node.office().first_code().await.unwrap().unwrap();
    browser.first(&code).await;
    browser
}

fn says(page: &Page, words: &[&str]) {
    for words in words {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_is_put_on_the_books_after_those_that_are_like_it_were_shown() {
    let (_town, _machine, node) = set_up().await;
    let mut browser = signed_in(&node).await;
    let key = browser.get("/households/new").await.hidden("key");
    let empty = browser
        .post(
            "/households/new",
            &[
                ("key", &key),
                ("size", "0"),
                ("d", "other"),
                ("month", "x"),
                ("do", "save"),
            ],
        )
        .await;
    assert_eq!(empty.status, 422);
    for (words, field) in [
        ("请写户主的名字", "head"),
        ("请写哪一组，没有分组就写 0", "group"),
        ("请写人数，从 1 到 65,535，不清楚就空着", "size"),
        ("请写那天的月和日", "month"),
    ] {
        says(
            &empty,
            &[
                &format!("<a href=\"#{field}\">{words}</a>"),
                &format!("id=\"{field}-e\""),
                &format!("id=\"{field}\""),
            ],
        );
    }
    let before = log(node.office()).await.len();
    // 齐 sounds like 祁; the address is that of one of the two.
    let mut fields = vec![
        ("key", &*key),
        ("head", "齐玉珍"),
        ("address", "二组 17号"),
        ("size", "３"),
        ("phone", "000 0000 0199"),
    ];
    fields.push(("do", "save"));
    let look = browser.post("/households/new", &fields).await;
    assert_eq!(look.status, 422);
    says(
        &look,
        &[
            "像是已经有这一户了",
            "名字同音 · 门牌一样",
            "祁玉珍 户",
            "五组3号",
            "存好，是另一户",
            "value=\"齐玉珍\"",
        ],
    );
    assert_eq!(log(node.office()).await.len(), before, "nothing was recorded");
    let seen = look.hidden("seen");
    fields.push(("seen", &seen));
    let saved = browser.post("/households/new", &fields).await;
    says(&saved, &["存好了，在本机硬盘上", "齐玉珍 户", "二组 17号", "户号"]);
    let again = browser.post("/households/new", &fields).await;
    says(&again, &["没有重复记"]);
    let entries = log(node.office()).await;
    let registered = of_kind(&entries, "household_registered");
    assert_eq!(registered.len(), 4);
    assert_eq!(
        registered[3]["facts"],
        json!({ "group": 2, "size": 3 }),
        "the group stands in the address"
    );
    node.office().synced().await.unwrap();
    let found = browser.post("/households", &[("q", "齐玉珍")]).await;
    says(&found, &["齐玉珍 户", "3 口人"]);
    let english = browser
        .post("/prefs", &[("back", "/households/new"), ("lang", "en")])
        .await;
    says(&english, &["Register a household", "0 where there are no groups"]);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_says_what_it_does_to_the_figures_before_it_is_saved() {
    let (_town, _machine, node) = set_up().await;
    node.office().synced().await.unwrap();
    let mut browser = signed_in(&node).await;
    let home = format!("/household/{}", household(1));
    let path = format!("{home}/change");
    let key = browser.get(&path).await.hidden("key");
    let empty = browser.post(&path, &[("key", &key), ("do", "save")]).await;
    says(&empty, &["<a href=\"#kind\">请选变了什么</a>"]);
    let back = browser
        .post(&path, &[("key", &key), ("kind", "moved_in"), ("do", "save")])
        .await;
    says(&back, &["这一户现在已经是这样了"]);
    let alone = browser
        .post(&path, &[("key", &key), ("kind", "merged"), ("do", "save")])
        .await;
    says(&alone, &["<a href=\"#hh\">请选是哪一户</a>"]);
    let own = household(1).to_string();
    let itself = browser
        .post(&path, &[("key", &key), ("kind", "merged"), ("h", &own), ("do", "save")])
        .await;
    says(&itself, &["另外那一户不能是这一户自己"]);

    // A visit that found nobody there any more leads here.
    let who = browser.get("/visit").await.hidden("w");
    let moved = browser
        .post("/visit", &[("h", &own), ("o", "moved"), ("w", &who), ("do", "save")])
        .await;
    says(
        &moved,
        &["这次走访记了「已搬」", &format!("href=\"{path}?k=moved_out\"")],
    );
    let form = browser.get(&format!("{path}?k=moved_out")).await;
    says(&form, &["value=\"moved_out\" id=\"kind\" checked"]);

    let key = form.hidden("key");
    let mut fields = vec![
        ("key", &*key),
        ("kind", "moved_out"),
        ("t", "全家去了县城"),
        ("do", "save"),
    ];
    let look = browser.post(&path, &fields).await;
    assert_eq!(look.status, 422);
    says(
        &look,
        &[
            "还没有存。下面是存好以后会变的数",
            "在册的户数：3 → 2。",
            "这一季的走访覆盖里还算它",
            "全家去了县城</textarea>",
        ],
    );
    assert!(of_kind(&log(node.office()).await, "household_changed").is_empty());
    let seen = look.hidden("seen");
    fields.push(("seen", &seen));
    let saved = browser.post(&path, &fields).await;
    says(&saved, &["存好了", "刚记的，还没算进台账", "迁出"]);
    says(&browser.post(&path, &fields).await, &["没有重复记"]);
    node.office().synced().await.unwrap();
    says(&browser.get(&home).await, &["迁出", "户情变更"]);
    let already = browser.post(&path, &[("kind", "moved_out"), ("do", "save")]).await;
    says(&already, &["这一户现在已经是这样了"]);
    let presence = browser.get(&path).await.hidden("key");
    let mut fields = vec![("key", &*presence), ("kind", "away"), ("do", "save")];
    let look = browser.post(&path, &fields).await;
    says(&look, &["在册的户数不变。"]);
    let seen = look.hidden("seen");
    fields.push(("seen", &seen));
    says(&browser.post(&path, &fields).await, &["存好了"]);
    let entries = log(node.office()).await;
    let changed = of_kind(&entries, "household_changed");
    assert_eq!(changed.len(), 2);
    assert_eq!(
        (&changed[0]["facts"], &changed[1]["facts"]),
        (&json!({ "change": "moved_out" }), &json!({ "change": "presence" }))
    );
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_household_says_where_it_went_and_the_other_one_tells_both_stories() {
    let (_town, machine, node) = set_up().await;
    machine
        .ask(Method::POST, "/record", visited(2, 20).to_string().into_bytes())
        .await;
    node.office().synced().await.unwrap();
    let mut browser = signed_in(&node).await;
    let (from, into) = (format!("/household/{}", household(2)), household(1).to_string());
    let path = format!("{from}/change");
    let key = browser.get(&path).await.hidden("key");
    let found = browser
        .post(
            &path,
            &[("key", &key), ("kind", "merged"), ("q", "qmc"), ("do", "save")],
        )
        .await;
    says(
        &found,
        &["乔满仓 户", "在册的户数：3 → 2。", "以后的走访算在乔满仓 户名下。"],
    );
    let (h, seen) = (found.hidden("h"), found.hidden("seen"));
    let fields = [
        ("key", &*key),
        ("kind", "merged"),
        ("q", "qmc"),
        ("h", &*h),
        ("seen", &*seen),
        ("do", "save"),
    ];
    says(&browser.post(&path, &fields).await, &["存好了"]);
    node.office().synced().await.unwrap();
    let merged = browser.get(&from).await;
    says(
        &merged,
        &[
            "已并到",
            &format!("href=\"/household/{into}\""),
            "以后的走访、诉求记在那一户上。",
            "屋顶漏水",
        ],
    );
    let target = browser.get(&format!("/household/{into}")).await;
    says(&target, &["并进来的户", &format!("href=\"{from}\""), "屋顶漏水"]);
    let visit = browser.get(&format!("/visit?h={}", household(2))).await;
    says(&visit, &["已并到乔满仓 户，走访记在那一户上就行。"]);
    // The visit to it counts for the other one; the denominator lost one only from the next quarter on.
    let covered = browser.get("/ledgers").await;
    says(&covered, &["／3 户见到"]);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_is_a_floored_pair_with_its_cut_and_what_waits_stands_apart() {
    let (mut town, machine, node) = set_up().await;
    machine
        .ask(Method::POST, "/record", visited(1, 20).to_string().into_bytes())
        .await;
    node.office().synced().await.unwrap();
    let mut browser = signed_in(&node).await;
    let page = browser.get("/ledgers").await;
    says(
        &page,
        &[
            "2026 年第 3 季度",
            "／3 户见到，33.3%",
            " · 摘要 ",
            "1 组",
            "of=met",
            "aria-current=\"page\">台账",
        ],
    );
    let digits = page.body.split("摘要 ").nth(1).unwrap().split('…').next().unwrap();
    assert!(
        digits.len() == 4 && digits.chars().all(|c| c.is_ascii_hexdigit()),
        "{digits}"
    );
    assert!(!page.body.contains("还在本机待传，没有算进"));
    // Of those that were not met, all of group 1, No. 3 stands before No. 17; who was met is not among them.
    let (two, five) = (page.body.find("二组17号").unwrap(), page.body.find("五组3号").unwrap());
    assert!(five < two && !page.body.contains("三组14号"), "{}", page.body);
    let met = browser.get("/ledgers?q=2026-3&of=met").await;
    says(&met, &["乔满仓 户", "三组14号", "href=\"/proof/"]);
    says(
        &browser.get("/ledgers?q=2026-2").await,
        &["无（没有应访户）", "2026 年第 2 季度"],
    );
    says(&browser.get("/ledgers?q=2026-9").await, &["没有这一季"]);
    // What waits is no part of the figure, and who was met by it is not due.
    says(&browser.get("/").await, &["还没见到的户", "二组17号"]);
    town.stop().await;
    let who = browser.get("/visit").await.hidden("w");
    let h = household(2).to_string();
    let fields = [("h", &*h), ("o", "met"), ("t", "见到了"), ("w", &*who), ("do", "save")];
    says(&browser.post("/visit", &fields).await, &["存好了"]);
    let page = browser.get("/ledgers").await;
    says(&page, &["／3 户见到，33.3%", "1 条还在本机待传，没有算进上面的数。"]);
    let today = browser.get("/").await;
    let due = today
        .body
        .split("还没见到的户")
        .nth(1)
        .unwrap()
        .split("</section>")
        .next()
        .unwrap();
    assert!(due.contains("五组3号") && !due.contains("二组17号"), "{due}");
    town.start().await;
    node.office().synced().await.unwrap();
    says(&browser.get("/ledgers").await, &["／3 户见到，66.6%"]);
    let english = browser.post("/prefs", &[("back", "/ledgers"), ("lang", "en")]).await;
    says(
        &english,
        &[
            "Coverage by visits",
            "of 3 households met, 66.6%",
            "Households not met yet",
            "Q3 2026",
        ],
    );
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledgers_are_lists_of_pages() {
    let (_town, machine, node) = set_up().await;
    let mut lines = Vec::new();
    for number in 0..53_u8 {
        lines.push(json!({
            "kind": "request_raised", "request": household(100 + number), "occurred": "2026-09-20", "recorder": cadre(),
            "facts": { "channel": "visit", "kind": "help", "urgency": "ordinary", "people": 1 },
            "personal": { "text": format!("第{number}件") }
        }));
    }
    let day = |day: &str| {
        json!({
            "kind": "diary_written", "person": cadre(), "occurred": day, "recorder": cadre(), "actors": [cadre()],
            "facts": { "day": day }, "personal": { "text": "下雨" }
        })
    };
    lines.extend([day("2026-09-14"), day("2026-09-21")]);
    batch(node.office(), "format=ndjson", ndjson(lines)).await;
    node.office().synced().await.unwrap();
    let mut browser = signed_in(&node).await;
    let first = browser.get("/ledgers/requests").await;
    says(
        &first,
        &["诉求台账", "第 1 页，共 2 页，53 行", "?p=2", " · 摘要 ", "/request/"],
    );
    assert_eq!(first.body.matches("<th scope=\"row\">").count(), 50);
    let second = browser.get("/ledgers/requests?p=2").await;
    assert_eq!(second.body.matches("<th scope=\"row\">").count(), 3);
    says(&browser.get("/ledgers/requests?p=99").await, &["第 2 页，共 2 页"]);
    let diary = browser.get("/ledgers/diary").await;
    says(
        &diary,
        &["日记台账", "当天", "7 天", "第 1 页，共 1 页，2 行", "/proof/"],
    );
    let (late, early) = (
        diary.body.find("9 月 21 日").unwrap(),
        diary.body.find("9 月 14 日").unwrap(),
    );
    assert!(late < early, "the latest day first");
    machine.settle().await;
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_conflicts_or_is_without_effect_is_told_in_words_with_what_to_do() {
    let (_town, machine, node) = set_up().await;
    // Put on the books twice: a conflict. A void that nobody else looked at: without effect.
    machine
        .ask(Method::POST, "/record", registered(1).to_string().into_bytes())
        .await;
    machine
        .ask(Method::POST, "/record", visited(1, 20).to_string().into_bytes())
        .await;
    let entries = log(node.office()).await;
    let visit = of_kind(&entries, "visit_recorded")[0]["id"].clone();
    let void = json!({
        "kind": "record_corrected", "household": household(1), "occurred": "2026-09-21", "recorder": cadre(),
        "actors": [cadre()], "facts": { "target": visit, "correction": "void" }
    });
    machine
        .ask(Method::POST, "/record", void.to_string().into_bytes())
        .await;
    node.office().synced().await.unwrap();
    let mut browser = signed_in(&node).await;
    let delivery = browser.get("/delivery").await;
    says(
        &delivery,
        &[
            "镇里收了，但没有计入 2 条",
            "状态冲突",
            "以前建立过",
            "作废要第二个人看过",
            "怎么办：",
            "一条都没有丢",
        ],
    );
    let today = browser.get("/").await;
    says(
        &today,
        &["状态冲突", "以前建立过", "作废要第二个人看过", "有 2 条没有计入"],
    );
    assert!(
        !delivery.body.contains("strip good"),
        "no green where something is not counted"
    );
    node.stop().await.unwrap();
}
