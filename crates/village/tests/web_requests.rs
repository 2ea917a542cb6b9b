//! Requests on the pages: registering one, its page, its steps, and what the township decided meanwhile.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

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

/// The identity of the only request on the log.
async fn only_request(node: &RunningNode) -> String {
    let entries = log(node.office()).await;
    let raised = of_kind(&entries, "request_raised");
    assert_eq!(raised.len(), 1, "{raised:?}");
    raised[0]["request"].as_str().unwrap().to_owned()
}

/// A request without a name, from the page; its identity.
async fn raise(browser: &mut Browser, node: &RunningNode, text: &str) -> String {
    let key = browser.get("/request").await.hidden("key");
    let fields = [
        ("key", &*key),
        ("anon", "1"),
        ("kind", "help"),
        ("t", text),
        ("do", "save"),
    ];
    let saved = browser.post("/request", &fields).await;
    assert!(saved.body.contains("存好了，在本机硬盘上"), "{}", saved.body);
    only_request(node).await
}

/// What the township states of a request of the village.
async fn township(town: &Town, request: &str, kind: &str, facts: Value, on: &str) {
    let form = json!({
        "kind": kind, "request": request, "occurred": on, "unit": VILLAGE, "recorder": cadre(), "actors": [cadre()],
        "facts": facts,
    });
    let asked = json!({ "audience": VILLAGE, "forms": [form] });
    let done = town.ask("POST", "/record", Some(&asked)).await;
    done.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_registered_once_and_what_is_like_it_is_shown_before() {
    let (_town, _machine, node) = set_up().await;
    let mut browser = signed_in(&node).await;
    let form = browser.get("/request").await;
    for words in [
        "登记诉求",
        "这里不收、也不存",
        "不写身份证号",
        "accesskey=\"r\"",
        "accesskey=\"s\"",
    ] {
        assert!(form.body.contains(words), "{words}: {}", form.body);
    }
    let key = form.hidden("key");
    let found = browser
        .post(
            "/request",
            &[("key", &key), ("q", "qmc"), ("kind", "help"), ("do", "find")],
        )
        .await;
    assert!(
        found.body.contains("乔满仓 户") && found.body.contains("value=\"help\" id=\"kind\" checked"),
        "{}",
        found.body
    );
    let h = found.hidden("h");
    let fields = [
        ("key", &*key),
        ("h", &*h),
        ("d", "yesterday"),
        ("p", "pm"),
        ("kind", "help"),
        ("u", "urgent"),
        ("c", "caller"),
        ("n", "２０"),
        ("t", "三组机耕路涵管堵塞"),
        ("do", "save"),
    ];
    let saved = browser.post("/request", &fields).await;
    for words in [
        "存好了，在本机硬盘上",
        "三组机耕路涵管堵塞",
        "来访 · 求助 · 急 · 20 人",
        "待受理",
        "还没有受理",
        "↑ 1 条待传",
    ] {
        let shown = saved.body.replace("4 条待传", "1 条待传");
        assert!(shown.contains(words), "{words}: {}", saved.body);
    }
    let again = browser.post("/request", &fields).await;
    assert!(again.body.contains("没有重复记"), "{}", again.body);
    let entries = log(node.office()).await;
    let raised = of_kind(&entries, "request_raised");
    assert_eq!(raised.len(), 1);
    assert_eq!(
        raised[0]["facts"],
        json!({ "household": h, "channel": "caller", "kind": "help", "urgency": "urgent", "people": 20 })
    );
    assert!(raised[0]["occurred"].as_str().unwrap().ends_with("pm"));
    let list = browser.get("/requests").await;
    assert!(
        list.body.contains("在本机，镇里还没有的") && list.body.contains("三组机耕路涵管堵塞"),
        "{}",
        list.body
    );

    // The same sort for the same household: looked at first, whether it has been received or not.
    let key = browser.get("/request").await.hidden("key");
    let mut fields = vec![
        ("key", &*key),
        ("h", &*h),
        ("kind", "help"),
        ("t", "路又漫水了"),
        ("do", "save"),
    ];
    let look = browser.post("/request", &fields).await;
    assert_eq!(look.status, 422);
    for words in [
        "还没有存。先看看是不是同一件",
        "像是已经登记过",
        "三组机耕路涵管堵塞",
        "存好，是另一件事",
        "路又漫水了</textarea>",
    ] {
        assert!(look.body.contains(words), "{words}: {}", look.body);
    }
    assert_eq!(
        of_kind(&log(node.office()).await, "request_raised").len(),
        1,
        "nothing was recorded"
    );
    let seen = look.hidden("seen");
    fields.push(("seen", &seen));
    let saved = browser.post("/request", &fields).await;
    assert!(saved.body.contains("存好了，在本机硬盘上"), "{}", saved.body);
    // Another sort is another matter; what is open stands beside the form all the same.
    let key = browser.get("/request").await.hidden("key");
    let beside = browser
        .post(
            "/request",
            &[("key", &key), ("h", &h), ("kind", "errand"), ("do", "keep")],
        )
        .await;
    assert!(beside.status == 200 && beside.body.contains("三组机耕路涵管堵塞") && beside.body.contains("路又漫水了"));
    let fields = [
        ("key", &*key),
        ("h", &*h),
        ("kind", "errand"),
        ("t", "医保缴费代办"),
        ("do", "save"),
    ];
    assert!(browser.post("/request", &fields).await.body.contains("存好了"));
    node.office().synced().await.unwrap();
    let list = browser.get("/requests").await;
    assert!(
        list.body.contains("医保缴费代办") && !list.body.contains("镇里还没有的") && list.body.contains(" · 摘要 "),
        "{}",
        list.body
    );
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_that_is_wrong_with_a_request_is_said_beside_its_field() {
    let (_town, _machine, node) = set_up().await;
    let mut browser = signed_in(&node).await;
    let before = log(node.office()).await.len();
    let empty = browser
        .post(
            "/request",
            &[
                ("do", "save"),
                ("n", "0"),
                ("d", "other"),
                ("month", "2"),
                ("date", "30"),
            ],
        )
        .await;
    assert_eq!(empty.status, 422);
    for (words, field) in [
        ("请选是哪一户，或选「不记名」", "hh"),
        ("2 月没有 30 日，请改成那天的日期", "month"),
        ("请选哪一类", "kind"),
        ("请写一句要办什么", "t"),
        ("请写人数，从 1 到 65,535", "people"),
    ] {
        assert!(
            empty.body.contains(&format!("<a href=\"#{field}\">{words}</a>")),
            "{words}: {}",
            empty.body
        );
        assert!(
            empty.body.contains(&format!("id=\"{field}-e\"")) && empty.body.contains(&format!("id=\"{field}\"")),
            "{field}"
        );
    }
    assert!(empty.body.contains("还没有存，有 5 处要改") && empty.body.contains("<title>错误："));
    let text = "写了一半 <b>";
    let none = browser
        .post(
            "/request",
            &[("q", "qzx"), ("kind", "advice"), ("t", text), ("do", "save")],
        )
        .await;
    assert!(
        none.body.contains("没找到「qzx」") && none.body.contains("写了一半 &lt;b&gt;</textarea>"),
        "{}",
        none.body
    );
    let two = browser
        .post(
            "/request",
            &[("q", "qyz"), ("kind", "advice"), ("t", text), ("do", "save")],
        )
        .await;
    assert!(two.body.contains("「qyz」有 2 户，请选是哪一户") && two.body.contains("二组17号"));
    let both = browser
        .post(
            "/request",
            &[
                ("q", "qmc"),
                ("anon", "1"),
                ("kind", "advice"),
                ("t", text),
                ("do", "save"),
            ],
        )
        .await;
    assert!(both.body.contains("去掉一个"), "{}", both.body);
    let long = "长".repeat(6_000);
    let long = browser
        .post(
            "/request",
            &[("anon", "1"), ("kind", "advice"), ("t", &long), ("do", "save")],
        )
        .await;
    assert!(long.status == 422 && long.body.contains("太长了，还要去掉"));
    assert_eq!(log(node.office()).await.len(), before, "nothing of this was recorded");
    for path in [
        "/request/nonsense",
        "/request/01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/request/01ARZ3NDEKTSV4RRFFQ69G5FAV/accept",
    ] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_village_takes_a_request_through_its_own_steps_and_the_guards_speak_in_words() {
    let (_town, _machine, node) = set_up().await;
    let mut browser = signed_in(&node).await;
    let request = raise(&mut browser, &node, "路灯不亮").await;
    let page = format!("/request/{request}");
    let shown = browser.get(&page).await;
    for words in [
        &*format!("href=\"{page}/accept\""),
        "要先受理。",
        "由镇里办结：承办的人不能自己办结。",
        "路灯不亮",
    ] {
        assert!(shown.body.contains(words), "{words}: {}", shown.body);
    }
    assert!(
        !shown.body.contains(&format!("{page}/reply")),
        "no way to what the ledger would not count"
    );

    // A step out of turn is not recorded, and what was typed stays.
    let early = browser.get(&format!("{page}/reply")).await;
    assert!(
        early.status == 409 && early.body.contains("要先受理。"),
        "{}",
        early.body
    );
    let fields = [("o", "explained"), ("t", "说清楚了"), ("do", "save")];
    let early = browser.post(&format!("{page}/reply"), &fields).await;
    assert!(
        early.status == 409
            && early.body.contains("没有记，什么都没有改动")
            && early.body.contains("说清楚了</textarea>")
    );

    let key = browser.get(&format!("{page}/accept")).await.hidden("key");
    let bad = browser
        .post(
            &format!("{page}/accept"),
            &[("key", &key), ("duem", "2"), ("dued", "30"), ("do", "save")],
        )
        .await;
    assert!(
        bad.status == 422 && bad.body.contains("没有这一天") && bad.body.contains("value=\"30\""),
        "{}",
        bad.body
    );
    let past = browser
        .post(
            &format!("{page}/accept"),
            &[("key", &key), ("duem", "2026-03-01"), ("do", "save")],
        )
        .await;
    assert!(past.body.contains("应办日不能早于"), "{}", past.body);
    let fields = [
        ("key", &*key),
        ("duem", "9"),
        ("dued", "30"),
        ("path", "ordinary"),
        ("do", "save"),
    ];
    let accepted = browser.post(&format!("{page}/accept"), &fields).await;
    for words in ["待交办", "从首次受理", "9 月 30 日", "照它们都算数来说"] {
        assert!(accepted.body.contains(words), "{words}: {}", accepted.body);
    }
    let again = browser.post(&format!("{page}/accept"), &fields).await;
    assert!(
        again.body.contains("没有重复记"),
        "the step itself has moved the state on: {}",
        again.body
    );

    let assign = browser.get(&format!("{page}/assign")).await;
    assert!(assign.body.contains("谁来办") && assign.body.contains(NAME));
    let key = assign.hidden("key");
    let nobody = browser
        .post(
            &format!("{page}/assign"),
            &[("key", &key), ("w", "nobody"), ("do", "save")],
        )
        .await;
    assert!(nobody.body.contains("请选谁来办"), "{}", nobody.body);
    let assigned = browser
        .post(&format!("{page}/assign"), &[("key", &key), ("do", "save")])
        .await;
    assert!(
        assigned.body.contains("已交办，没动") && assigned.body.contains("第 1 轮"),
        "{}",
        assigned.body
    );

    let empty = browser.post(&format!("{page}/progress"), &[("do", "save")]).await;
    assert!(empty.status == 422 && empty.body.contains("请写一句办到哪一步了"));
    let stuck = browser
        .post(
            &format!("{page}/progress"),
            &[("t", "灯泡买来了"), ("tick", "1"), ("do", "save")],
        )
        .await;
    assert!(
        stuck.body.contains("办理中") && stuck.body.contains("灯泡买来了"),
        "{}",
        stuck.body
    );
    let empty = browser.post(&format!("{page}/reply"), &[("do", "save")]).await;
    assert!(empty.body.contains("请选怎么答复的") && empty.body.contains("请写一句答复了什么"));
    let fields = [("o", "supported"), ("t", "灯换好了"), ("do", "save")];
    let replied = browser.post(&format!("{page}/reply"), &fields).await;
    for words in ["待回访", "已经答复了，等镇里回访。", "予以支持", "由镇里回访"] {
        assert!(replied.body.contains(words), "{words}: {}", replied.body);
    }
    node.office().synced().await.unwrap();
    let entries = log(node.office()).await;
    let accepted = of_kind(&entries, "request_accepted");
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0]["facts"]["due"], "2026-09-30");
    assert_eq!(
        of_kind(&entries, "request_progressed")[0]["facts"],
        json!({ "blocked": true })
    );
    let shown = browser.get(&page).await;
    assert!(
        shown.body.matches("计入").count() >= 5 && !shown.body.contains("照它们都算数"),
        "{}",
        shown.body
    );
    assert!(browser.get("/delivery").await.body.contains("收到的都计入了"));
    let english = browser.post("/prefs", &[("back", &page), ("lang", "en")]).await;
    for words in [
        "Course",
        "What can be done now",
        "It is answered; the township asks back.",
        "from first acceptance",
    ] {
        assert!(english.body.contains(words), "{words}: {}", english.body);
    }
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_township_closed_meanwhile_makes_a_late_answer_a_conflict_that_is_told_where_work_is_done() {
    let (mut town, mut machine, node) = set_up().await;
    let mut browser = signed_in(&node).await;
    let request = raise(&mut browser, &node, "水渠塌了").await;
    let page = format!("/request/{request}");
    browser.post(&format!("{page}/accept"), &[("do", "save")]).await;
    browser.post(&format!("{page}/assign"), &[("do", "save")]).await;
    node.office().synced().await.unwrap();
    // The township takes the matter off the list; the village has not heard of it when it answers.
    machine.config.web_listen = node.web_address();
    node.stop().await.unwrap();
    township(
        &town,
        &request,
        "request_closed",
        json!({ "closing": "withdrawn" }),
        "2026-09-21",
    )
    .await;
    town.stop().await;
    let node = machine.start().await;
    let known = |status: &Value| status["ledger"]["entries"].as_u64() >= Some(6);
    machine.until("the ledgers are there again", known).await;
    let fields = [("o", "supported"), ("t", "渠修好了"), ("do", "save")];
    let saved = browser.post(&format!("{page}/reply"), &fields).await;
    assert!(
        saved.body.contains("存好了") && saved.body.contains("待回访"),
        "{}",
        saved.body
    );
    town.start().await;
    node.office().synced().await.unwrap();
    for path in ["/", "/delivery", &page] {
        let shown = browser.get(path).await;
        for words in ["状态冲突", "镇里 9 月 21 日已经把这件事办结，您的答复 ", "才到。"] {
            assert!(shown.body.contains(words), "{path} {words}: {}", shown.body);
        }
    }
    let shown = browser.get(&page).await;
    assert!(shown.body.contains("若情况有变，新登记一件诉求，并注明跟这件有关") && shown.body.contains("渠修好了"));
    // The way out: a new request that names this one.
    let form = browser.get(&format!("/request?after={request}")).await;
    assert!(
        form.body.contains("跟这件有关") && form.body.contains("水渠塌了"),
        "{}",
        form.body
    );
    let (key, after) = (form.hidden("key"), form.hidden("after"));
    let fields = [
        ("key", &*key),
        ("after", &*after),
        ("anon", "1"),
        ("kind", "help"),
        ("t", "渠又塌了"),
        ("do", "save"),
    ];
    let saved = browser.post("/request", &fields).await;
    assert!(saved.body.contains("存好了"), "{}", saved.body);
    let entries = log(node.office()).await;
    let raised = of_kind(&entries, "request_raised");
    assert_eq!(raised[1]["causes"], json!([raised[0]["id"]]), "{raised:?}");
    node.stop().await.unwrap();
}
