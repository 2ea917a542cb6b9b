//! The township's pages about its villages, over real HTTP, from a real hub with real records.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[allow(dead_code, reason = "each test program uses a part of this")]
#[path = "../../pages/tests/support/browser.rs"]
mod browser;
#[allow(dead_code, reason = "each test program uses a part of this")]
#[path = "support/desk.rs"]
mod desk;
mod support;

use desk::{again, desk, read_up, sign_in};
use serde_json::json;
use support::{OTHER, START_MS, VILLAGE};

const DAY_MS: u64 = 86_400_000;

fn row<'a>(page: &'a str, unit: &str) -> &'a str {
    let at = page.find(&format!("/village/{unit}\"")).expect("the village");
    page[at..].split("</tr>").next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn villages_are_listed_with_what_the_journal_the_ledgers_and_the_machines_say() {
    let (town, mut browser) = desk().await;
    let empty = browser.get("/").await;
    assert_eq!(empty.status, 200);
    assert!(empty.body.contains("还没有村") && empty.body.contains("还没有收到过村里的记录"));
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    town.enrolled(2, OTHER, "village").await;
    town.enrolled(3, VILLAGE, "auditor").await;
    village.record(4);
    village.push(0).await.unwrap();
    village.record(2);
    village.hello().await.unwrap();
    read_up(&town).await;
    let page = browser.get("/").await.body;
    let one = row(&page, VILLAGE);
    assert!(page.contains("2 个村，先帮谁"), "the auditor is no village: {page}");
    // Six wait by its own word, for a hello names all that it has; four were received today.
    for said in ["<td>6</td>", "送到 4 条，13 天没有消息", "0／4</a> 0.0%", "正常"] {
        assert!(one.contains(said), "{said}: {one}");
    }
    let other = row(&page, OTHER);
    for said in ["还没有过", "不知道", "送到 0 条，14 天没有消息", "<td>无</td>"] {
        assert!(other.contains(said), "{said}: {other}");
    }
    assert!(
        page.contains("第 3 号收据</b>") || page.contains("号收据</b>"),
        "the strip: {page}"
    );
    assert!(page.contains("4 条。"));

    let one = browser.get(&format!("/village/{VILLAGE}")).await;
    assert_eq!(one.status, 200);
    for said in [
        "一号机",
        "在用",
        "没有要帮的",
        "收到的都计入了",
        "打电话前看这个",
        "第三季度",
    ] {
        assert!(one.body.contains(said), "{said}: {}", one.body);
    }
    for unknown in ["/village/990000109999", "/village/x", "/village/%3Cbdo%3E"] {
        let page = browser.get(unknown).await;
        assert_eq!(page.status, 404, "{unknown}");
        assert!(!page.body.contains("<bdo>") && page.body.contains("没有这个村的机器登记过"));
    }
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_that_falls_silent_moves_up_day_by_day_and_a_restart_changes_nothing() {
    let (town, mut browser) = desk().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record(4);
    village.push(0).await.unwrap();
    village.hello().await.unwrap();
    let mut other = town.enrolled(2, OTHER, "village").await;
    other.record(1);
    other.push(0).await.unwrap();
    read_up(&town).await;
    assert!(browser.get("/").await.body.contains("平常 2 个村"));

    town.world.pass(2 * DAY_MS);
    other.hello().await.unwrap();
    // Two days later nobody who was signed in still is.
    sign_in(&mut browser).await;
    let page = browser.get("/").await.body;
    assert!(page.contains("留意 1 个村") && row(&page, VILLAGE).contains("<td>没有消息</td><td>2 天</td>"));
    assert!(row(&page, VILLAGE).contains("至少 4"), "{}", row(&page, VILLAGE));

    town.world.pass(7 * DAY_MS);
    other.hello().await.unwrap();
    let town = again(town).await;
    read_up(&town).await;
    sign_in(&mut browser).await;
    let page = browser.get("/").await.body;
    // The other one speaks, and its clock stands where it stood when it began.
    assert!(page.contains("先帮 2 个村"), "{page}");
    assert!(row(&page, OTHER).contains("钟慢 9 天") && row(&page, OTHER).contains("<td>7 天</td>"));
    let silent = row(&page, VILLAGE);
    for said in ["要不要带 U 盘去", "<td>9 天</td>", "至少 4", "送到 4 条"] {
        assert!(silent.contains(said), "{said}: {silent}");
    }
    // What it said before the restart is still known, and so are the days on which the other one was heard.
    assert!(
        row(&page, OTHER).contains("送到 1 条，11 天没有消息"),
        "{}",
        row(&page, OTHER)
    );
    assert!(page.contains("一号机 9 天没有消息。"), "the strip: {page}");
    let first = page.find(&format!("/village/{VILLAGE}")).unwrap();
    assert!(first < page.find(&format!("/village/{OTHER}")).unwrap());

    let list = browser.get("/villages/help").await;
    assert_eq!(list.status, 200);
    assert!(list.body.contains("今天的帮扶清单") && list.body.contains("要不要带 U 盘去"));
    let one = browser.get(&format!("/village/{VILLAGE}")).await.body;
    assert!(one.contains("先问机器开着没有") && one.contains("至少 4"), "{one}");

    browser.post("/prefs", &[("lang", "en"), ("back", "/")]).await;
    let english = browser.get("/").await.body;
    assert!(
        english.contains("Help first: 2") && english.contains("No word. Call first"),
        "{}",
        row(&english, VILLAGE)
    );
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_townships_own_acts_show_in_the_village_that_they_are_about() {
    let (town, mut browser) = desk().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record(2);
    village.push(0).await.unwrap();
    village.hello().await.unwrap();
    let id = event::EventId::from_parts(START_MS, 5).unwrap().to_string();
    // An assignment of a request that nobody raised: a conflict, and nothing is lost.
    let form = json!({
        "kind": "request_assigned", "request": id, "occurred": "2026-09-01 09:30", "recorder": id,
        "facts": { "unit": VILLAGE, "handler": id }
    });
    let ask = json!({ "audience": VILLAGE, "forms": [form] });
    town.ask("POST", "/record", Some(&ask)).await.unwrap();
    let raised = json!({
        "kind": "request_raised", "request": event::EventId::from_parts(START_MS, 6).unwrap().to_string(),
        "occurred": "2026-09-01", "recorder": id,
        "facts": { "channel": "visit", "kind": "help", "urgency": "ordinary", "people": 1 }
    });
    let ask = json!({ "audience": VILLAGE, "forms": [raised] });
    town.ask("POST", "/record", Some(&ask)).await.unwrap();
    read_up(&town).await;
    let page = browser.get("/").await.body;
    let one = row(&page, VILLAGE);
    assert!(
        one.contains("1 条状态冲突，教一教怎么看") && one.contains("冲突 1"),
        "{one}"
    );
    let one = browser.get(&format!("/village/{VILLAGE}")).await.body;
    for said in ["交办", "这件事还没有建立，所以没有算数。", "求助", "待受理"] {
        assert!(one.contains(said), "{said}: {one}");
    }
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_a_moment_ago_is_on_the_page_whatever_was_kept_before() {
    let (town, mut browser) = desk().await;
    let (mut villages, mut own) = (Vec::new(), std::collections::BTreeSet::new());
    for n in 1..=6_u8 {
        let code = format!("9900001030{n:02}");
        let mut village = town.enrolled(30 + n, &code, "village").await;
        // The households' identifiers of these machines have the first byte of the key in them.
        own.insert(village.key.public().0[0]);
        village.record(20);
        village.push(0).await.unwrap();
        villages.push((code, village));
    }
    assert_eq!(own.len(), villages.len(), "no two villages share a household");
    for round in 1..=2_usize {
        for (code, village) in &mut villages {
            let from = village.entries.len();
            village.record(1);
            village.push(from).await.unwrap();
            read_up(&town).await;
            let page = browser.get("/").await;
            let count = format!("送到 {} 条", 20 + round);
            assert!(row(&page.body, code).contains(&count), "{}", row(&page.body, code));
            let scope = format!("0／{}</a>", 20 + round);
            assert!(
                row(&page.body, code).contains(&scope),
                "{scope}: {}",
                row(&page.body, code)
            );
            assert_eq!(browser.get("/").await.body, page.body, "the same cut, the same page");
        }
    }
    town.stop().await;
}
