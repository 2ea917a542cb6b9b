//! One request at the township's desk, over real HTTP against a real hub, with a village's own records.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "support/dispatch.rs"]
mod dispatch;
mod support;

use dispatch::*;
use support::desk::browser;
use support::{OTHER, TOWNSHIP, Town, VILLAGE};

const DAY_MS: u64 = 86_400_000;

/// A village with one request, registered and received.
async fn one_request(town: &Town) -> (support::machine::Machine, String) {
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let request = village.raise(1, "三组机耕路涵管堵塞，雨天漫路", town.now_ms());
    village.send(town, 0).await;
    (village, request)
}

fn handler() -> String {
    format!("{VILLAGE}:{}", villager(CADRE))
}

const PETITION: [(&str, &str); 2] = [("path", "ordinary"), ("rule", "petition_60_days")];

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_its_whole_course_and_every_refusal_says_what_is_missing() {
    let (town, address) = town().await;
    let mut shen = at_desk(&town, &address, "沈安", None).await;
    let (mut village, request) = one_request(&town).await;
    let path = format!("/request/{request}");

    let page = shen.get("/requests").await;
    assert!(
        page.body.contains("未结 1 件，其中 1 件轮到镇里动手") && page.body.contains("三组机耕路涵管堵塞，雨天漫路"),
        "{}",
        page.body
    );
    let page = shen.get(&path).await;
    for words in [
        "待受理",
        "还没有受理",
        "走访登记 · 求助 · 涉及 3 人",
        "要先受理。",
        "办结：本人撤回",
        "已收",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }

    // What is wrong stands beside its field, and what was typed stays.
    let page = act(&mut shen, &request, "accept", &[("path", "petition"), ("due", "2.30")]).await;
    assert_eq!(page.status, 422);
    for words in [
        "没有受理，有 2 处要改",
        "请选期限依据",
        "应办日看不懂",
        "value=\"2.30\"",
        "value=\"petition\" checked",
        "<title>错误：",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let page = act(&mut shen, &request, "accept", &PETITION).await;
    for words in [
        "受理，已计入",
        "11 月 20 日",
        "普通诉求，信访 60 天办结",
        "沈安",
        "第 2 号",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }

    // People of the village are known by what they did; nobody else is on the list.
    let page = shen.get(&format!("{path}?do=assign")).await;
    let end = |number| villager(number)[22..].to_owned();
    assert!(
        page.body.contains(&format!("…{}（登记诉求）", end(CADRE))),
        "{}",
        page.body
    );
    let page = act(
        &mut shen,
        &request,
        "assign",
        &[("who", &format!("{VILLAGE}:{}", villager(99)))],
    )
    .await;
    assert!(
        page.status == 422 && page.body.contains("这个人不在名单上"),
        "{}",
        page.body
    );
    let page = act(
        &mut shen,
        &request,
        "assign",
        &[("who", &handler()), ("due", "9.28"), ("note", "先清一头")],
    )
    .await;
    for words in ["交办，已计入", "9 月 28 日", "先清一头", "第 1 轮 · 等承办的人动手"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    // It is delivered when a machine of the village says that it holds the journal so far.
    let page = shen.get(&path).await;
    assert!(!page.body.contains("送到村里"), "nothing was said: {}", page.body);
    village.hello_holding(None).await.unwrap();
    let (_, end) = village.pages().await.unwrap();
    let mut behind = end.next;
    behind.position.0 -= 1;
    village.hello_holding(Some(behind)).await.unwrap();
    assert!(shen.get("/requests").await.body.contains("一号机 · 还没送到"));
    village.hello_holding(Some(end.next)).await.unwrap();
    let page = shen.get(&path).await;
    assert!(
        page.body.contains("已送到村里") && !page.body.contains("还没送到"),
        "{}",
        page.body
    );
    let page = shen.get("/requests").await;
    assert!(
        page.body.contains("一号机 · 已送到")
            && page.body.contains("未结 1 件，其中 0 件轮到镇里动手")
            && page.body.contains("轮到村里、部门 1 件"),
        "{}",
        page.body
    );

    village.reply(&request, "explained", "换大管等冬闲项目", town.now_ms());
    village.send(&town, 1).await;
    let page = shen.get(&path).await;
    for words in [
        "等镇里回访",
        "换大管等冬闲项目",
        "记一次回访",
        "accesskey=\"h\"",
        "要先有一次联系上的回访",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    for _ in 0..2 {
        let page = act(
            &mut shen,
            &request,
            "follow",
            &[("day", "today"), ("reached", "no"), ("note", "电话响了没人接。")],
        )
        .await;
        assert!(page.body.contains("回访，已计入"), "{}", page.body);
    }
    let page = act(&mut shen, &request, "close", &[("closing", "unreachable")]).await;
    assert_eq!(page.status, 409);
    for words in [
        "没有办结，什么都没有改动",
        "现在是 2 次，都在 9 月 21 日",
        "再回访 1 次，日子不是 9 月 21 日",
        "不用凑次数",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let page = act(
        &mut shen,
        &request,
        "follow",
        &[("day", "now"), ("reached", "yes"), ("satisfaction", "unsatisfied")],
    )
    .await;
    for words in ["回访，已计入", "等再交办", "再交办，第 2 轮"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let page = act(&mut shen, &request, "reassign", &[("who", &handler())]).await;
    assert!(
        page.status == 422 && page.body.contains("新的一轮要有新的应办日"),
        "{}",
        page.body
    );
    act(&mut shen, &request, "reassign", &[("who", &handler()), ("due", "10.9")]).await;
    village.reply(&request, "supported", "换了大管", town.now_ms());
    village.send(&town, 2).await;

    // The night goes by: the age runs on, and the session has ended.
    town.world.pass(3 * DAY_MS);
    sign_in(&mut shen, "沈安").await;
    let page = act(&mut shen, &request, "follow", &[("reached", "yes"), ("solved", "yes")]).await;
    assert!(
        page.body.contains("等镇里办结") && page.body.contains("3<span> 天，从首次受理 9 月 21 日算起"),
        "{}",
        page.body
    );
    let page = act(&mut shen, &request, "close", &[("closing", "satisfied")]).await;
    assert!(
        page.body.contains("办结，已计入") && page.body.contains("已经办结"),
        "{}",
        page.body
    );
    let page = shen.get("/requests").await;
    assert!(page.body.contains("没有未结的诉求。"), "{}", page.body);
    // The fold and a village see the same.
    let row = &town.ask("GET", "/views/requests?as_of=2026-09-24", None).await.unwrap()["units"][0]["rows"][0];
    assert_eq!(
        (row["state"].as_str(), row["round"].as_u64(), row["solved"].as_str()),
        (Some("closed"), Some(2), Some("yes"))
    );
    let exceptions = &town.ask("GET", "/views/sync", None).await.unwrap()["units"][0]["exceptions"];
    assert_eq!(exceptions.as_array().unwrap().len(), 0, "{exceptions}");
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_dispatchers_one_records_and_the_other_is_told_who_was_first() {
    let (town, address) = town().await;
    let mut shen = at_desk(&town, &address, "沈安", None).await;
    let mut lu = at_desk(&town, &address, "陆平", None).await;
    let (_, request) = one_request(&town).await;
    let path = format!("/request/{request}");
    let (hers, his) = (
        hidden(&shen.get(&format!("{path}?do=accept")).await),
        hidden(&lu.get(&format!("{path}?do=accept")).await),
    );
    let before = journal_size(&town).await;
    let more = [("do", "go"), PETITION[0], PETITION[1]];
    let (hers, his) = (with(&hers, &more), with(&his, &more));
    let (one, other) = tokio::join!(shen.post(&path, &hers), lu.post(&path, &his));
    let (won, lost, name) = if one.status == 200 {
        (one, other, "沈安")
    } else {
        (other, one, "陆平")
    };
    assert!(won.body.contains("受理，已计入"), "{}", won.body);
    assert_eq!(lost.status, 409, "{}", lost.body);
    for words in [
        "没有受理，什么都没有改动",
        &format!("刚才有人先办了：{name} 22:1"),
        "已受理",
        "页面已换成最新的，请再看一眼。",
    ] {
        assert!(lost.body.contains(words), "{words}: {}", lost.body);
    }
    let records = journal_size(&town).await - before;
    assert_eq!(records, 2, "the township's log for the village, and one receipt");
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_twice_records_once_even_at_the_same_moment() {
    let (town, address) = town().await;
    let mut shen = at_desk(&town, &address, "沈安", None).await;
    let (mut village, request) = one_request(&town).await;
    let path = format!("/request/{request}");
    act(&mut shen, &request, "accept", &PETITION).await;
    act(&mut shen, &request, "assign", &[("who", &handler())]).await;
    village.reply(&request, "supported", "好了", town.now_ms());
    village.send(&town, 1).await;
    let page = shen.get(&format!("{path}?do=follow")).await;
    let hidden = hidden(&page);
    let call = with(&hidden, &[("do", "go"), ("day", "today"), ("reached", "no")]);
    let before = journal_size(&town).await;
    let mut again = at_desk(&town, &address, "沈安二", None).await;
    // The same person in two windows: the cookie is what counts, so the second one signs in as her.
    sign_in(&mut again, "沈安").await;
    let (one, two) = tokio::join!(shen.post(&path, &call), again.post(&path, &call));
    for page in [&one, &two] {
        assert!(
            page.status == 200 && page.body.contains("回访，已计入"),
            "{}",
            page.body
        );
    }
    assert_eq!(
        one.body.contains("没有重复记") as u8 + two.body.contains("没有重复记") as u8,
        1
    );
    let third = shen.post(&path, &call).await;
    assert!(
        third.body.contains("这一步刚才已经记过了，没有重复记。"),
        "{}",
        third.body
    );
    assert_eq!(journal_size(&town).await - before, 1);

    // After a restart the form is forgotten, and the moment that it names has passed: nothing is recorded either.
    let mut town = town;
    town.config.web_listen = address.parse().ok();
    let town = town.again().await;
    caught_up(&town).await;
    let page = shen.post(&path, &call).await;
    assert!(
        page.status == 409 && page.body.contains("刚才有人先办了：沈安"),
        "{}",
        page.body
    );
    assert_eq!(journal_size(&town).await - before, 1);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_villages_step_that_came_meanwhile_is_seen_before_the_townships() {
    let (town, address) = town().await;
    let mut shen = at_desk(&town, &address, "沈安", None).await;
    let (mut village, request) = one_request(&town).await;
    act(&mut shen, &request, "accept", &PETITION).await;
    act(&mut shen, &request, "assign", &[("who", &handler())]).await;
    let path = format!("/request/{request}");
    let page = shen.get(&format!("{path}?do=close&closing=withdrawn")).await;
    assert!(page.body.contains("value=\"withdrawn\" checked"), "{}", page.body);
    let hidden = hidden(&page);
    village.reply(&request, "supported", "已经修好", town.now_ms());
    // Received, and the page does not wait for the ledgers: the act does.
    village.push(1).await.unwrap();
    let close = with(
        &hidden,
        &[("do", "go"), ("closing", "withdrawn"), ("note", "他说不用了")],
    );
    let page = shen.post(&path, &close).await;
    assert_eq!(page.status, 409, "{}", page.body);
    for words in [
        "没有办结，什么都没有改动",
        "的记录刚送到（22:1",
        "答复",
        "已经修好",
        "他说不用了",
        "等镇里回访",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_neither_follows_up_nor_closes() {
    let (town, address) = town().await;
    let own = villager(50);
    let mut shen = at_desk(&town, &address, "沈安", Some(&own)).await;
    let mut lu = at_desk(&town, &address, "陆平", None).await;
    let (_, request) = one_request(&town).await;
    act(&mut shen, &request, "accept", &PETITION).await;
    // Given to herself, at the township.
    let page = act(&mut shen, &request, "assign", &[("who", &format!("{TOWNSHIP}:{own}"))]).await;
    assert!(page.body.contains("→ 示范镇，沈安"), "{}", page.body);
    let page = shen.get(&format!("/request/{request}")).await;
    assert!(
        page.body.contains("沈安 来办结、回访") && page.body.contains("承办的人不能自己办结，也不能自己回访。"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("name=\"act\""), "no form for what would not count");
    let theirs = lu.get(&format!("/request/{request}?do=close&closing=withdrawn")).await;
    let hidden = hidden(&theirs);
    let close = with(&hidden, &[("do", "go"), ("closing", "withdrawn"), ("note", "不用了")]);
    let before = journal_size(&town).await;
    let page = shen.post(&format!("/request/{request}"), &close).await;
    assert!(
        page.status == 409 && page.body.contains("承办的人不能自己办结。"),
        "{}",
        page.body
    );
    assert_eq!(journal_size(&town).await, before);
    let page = lu.post(&format!("/request/{request}"), &close).await;
    assert!(
        page.status == 200 && page.body.contains("办结，已计入"),
        "{}",
        page.body
    );
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_and_nobody_acts_without_signing_in() {
    let (town, address) = town().await;
    let (_, request) = one_request(&town).await;
    let mut nobody = support::desk::browser::Browser::new(&address);
    let page = nobody
        .ask(
            "POST",
            &format!("/request/{request}"),
            "act=accept&do=go",
            "Sec-Fetch-Site: same-origin\r\n",
        )
        .await;
    assert_eq!(
        (page.status, page.headers["location"].starts_with("/sign-in")),
        (303, true)
    );
    let mut shen = at_desk(&town, &address, "沈安", None).await;
    for path in ["/request/x", &format!("/request/{}", villager(5))] {
        let page = shen.get(path).await;
        assert!(
            page.status == 404 && page.body.contains("没有这一页"),
            "{path}: {}",
            page.body
        );
    }
    // An act that nobody offers, and a moment that nobody saw.
    let path = format!("/request/{request}");
    assert_eq!(shen.post(&path, &[("act", "reply"), ("do", "go")]).await.status, 404);
    let page = shen
        .post(&path, &[("act", "accept"), ("do", "go"), ("seen", "registered.0.x")])
        .await;
    assert!(page.status == 200 && page.body.contains("待受理"), "{}", page.body);
    // Another village's clerk is no concern of this page; an unknown village has no machine.
    assert!(!page.body.contains(OTHER));
    town.stop().await;
}
