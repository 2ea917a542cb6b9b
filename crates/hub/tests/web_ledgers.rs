//! The township's ledgers against a real hub: figures with their cut, what changed and why, the entries behind them, files
//! that read back as what stands on the page, and the auditor's figures beside them.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use audit::{Archive, AuditConfig, Between, DiffView, History, Knowledge, Moments};
use event::form::Form;
use event::{BootId, ClockQuality, Day, EntityId, Entry, EventId, PersonId, Sequence, Stamp, UnitCode};
use ledger::{Period, Query};
use serde_json::{Value, json};
use support::desk::browser::Browser;
use support::desk::{desk, read_up, sign_in};
use support::machine::Machine;
use support::{OTHER, START_MS, Town, VILLAGE, unit};

const DAY_MS: u64 = 86_400_000;
/// START_MS is 2026-09-21 22:13 in the office.
const FROM: &str = "2026-09-22";
const UNTIL: &str = "2026-08-31";

fn id(sort: u8, n: u64) -> EntityId {
    let mut bytes = [sort; 16];
    bytes[8..].copy_from_slice(&(n + 1).to_be_bytes());
    EntityId::from_bytes(bytes)
}

fn household(n: u64) -> EntityId {
    id(0x22, n)
}

fn person(n: u64) -> PersonId {
    PersonId::from_bytes(id(0x33, n).to_bytes())
}

/// A machine records a form on a day of the story.
fn record(machine: &mut Machine, day: u64, mut form: Value) -> EventId {
    if form["recorder"].is_null() {
        form["recorder"] = json!(person(1));
    }
    let at = machine.entries.len() as u64;
    let own = u128::from(machine.key.public().0[0]);
    let id = EventId::from_parts(START_MS + day * DAY_MS + at, own).unwrap();
    let form: Form<Value> = serde_json::from_value(form).unwrap();
    let stamp = Stamp {
        origin: machine.origin(),
        sequence: Sequence::after_size(at),
        id,
        clock: ClockQuality::Ntp,
        wall_ms: START_MS + day * DAY_MS,
        mono_ms: at,
        boot: BootId([2; 8]),
        seen: None,
    };
    let draft = form.into_draft(machine.unit).unwrap();
    machine.entries.push(Entry::write(&draft, &stamp, [9; 16]).unwrap());
    id
}

fn registered(n: u64) -> Value {
    json!({
        "kind": "household_registered", "household": household(n), "occurred": "2026-07-01",
        "facts": { "group": 1, "size": 3 },
        "personal": { "head": format!("乔满仓{n}"), "phone": "00000000009", "address": format!("三组{n}号") }
    })
}

fn visit(n: u64, on: &str, outcome: &str) -> Value {
    json!({
        "kind": "visit_recorded", "household": household(n), "occurred": on, "actors": [person(7), person(8)],
        "facts": { "mode": "home", "outcome": outcome }, "personal": { "text": "=HYPERLINK(\"x\") 问了医保缴费" }
    })
}

struct Told {
    town: Town,
    browser: Browser,
}

/// Two villages. On the 21st most of it is received; from the 27th on a late visit, a corrected date, a void, a merge.
async fn told() -> Told {
    let (town, mut browser) = desk().await;
    let mut first = town.enrolled(3, VILLAGE, "village").await;
    let mut second = town.enrolled(4, OTHER, "village").await;
    for n in 0..6 {
        record(&mut first, 0, registered(n));
    }
    record(&mut first, 0, visit(0, "2026-08-19 pm", "met"));
    record(&mut first, 0, visit(1, "2026-08-20", "not_home"));
    let misdated = record(&mut first, 0, visit(2, "2026-09-01", "met"));
    let request = json!({
        "kind": "request_raised", "request": id(0x11, 0), "occurred": "2026-08-19",
        "facts": { "household": household(0), "channel": "visit", "kind": "help", "urgency": "ordinary", "people": 1 },
        "personal": { "text": "涵管堵了" }
    });
    record(&mut first, 0, request);
    let diary = json!({
        "kind": "diary_written", "person": person(7), "occurred": "2026-08-19",
        "facts": { "day": "2026-08-19" }, "personal": { "text": "跑了两户" }
    });
    record(&mut first, 0, diary);
    first.push(0).await.unwrap();
    for n in 10..13 {
        record(&mut second, 0, registered(n));
    }
    let voided = record(&mut second, 0, visit(10, "2026-07-02", "met"));
    second.push(0).await.unwrap();
    town.world.pass(6 * DAY_MS);
    let pushed = first.entries.len();
    record(&mut first, 1, visit(3, "2026-08-30", "met"));
    let correction = json!({
        "kind": "record_corrected", "household": household(2), "occurred": "2026-09-27", "actors": [person(7)],
        "facts": { "target": misdated, "correction": "correct", "occurred": "2026-08-31" },
        "personal": { "text": "日期写错了" }
    });
    record(&mut first, 6, correction);
    let merged = json!({
        "kind": "household_changed", "household": household(4), "occurred": "2026-08-28", "actors": [person(7)],
        "facts": { "change": "merged", "into": household(5), "since": "2026-07-01" }
    });
    record(&mut first, 6, merged);
    first.push(pushed).await.unwrap();
    let pushed = second.entries.len();
    let void = json!({
        "kind": "record_corrected", "household": household(10), "occurred": "2026-09-27",
        "actors": [person(7), person(8)], "facts": { "target": voided, "correction": "void" },
        "personal": { "text": "记错了户" }
    });
    record(&mut second, 6, void);
    second.push(pushed).await.unwrap();
    read_up(&town).await;
    // Six days have passed.
    sign_in(&mut browser).await;
    Told { town, browser }
}

impl Told {
    /// The page, once it has been worked out.
    async fn page(&mut self, address: &str) -> String {
        for _ in 0..200 {
            let page = self.browser.get(address).await;
            assert_eq!(page.status, 200, "{address}: {}", page.body);
            if !page.body.contains("http-equiv=\"refresh\"") {
                return page.body;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{address} was not worked out");
    }
}

fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "「{part}」 is not in {page}");
    }
}

/// The cells of a row of the first table whose head names this village.
fn cells(page: &str, code: &str) -> Vec<String> {
    let at = page
        .find(&format!("unit={code}\">一号机"))
        .unwrap_or_else(|| panic!("{code}: {page}"));
    let row = page[at..].split("</tr>").next().unwrap();
    let cells = row.split("<td").skip(1).map(|cell| {
        let cell = cell.split_once('>').unwrap().1;
        let mut text = String::new();
        let mut inside = false;
        for c in cell.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => text.push(c),
                _ => {}
            }
        }
        text
    });
    cells.collect()
}

fn addresses(page: &str) -> Vec<String> {
    let found = page.match_indices("href=\"").map(|(at, _)| {
        let address = page[at + 6..].split('"').next().unwrap();
        address.replace("&amp;", "&")
    });
    found.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_say_what_changed_and_why_and_lead_to_their_entries() {
    let mut told = told().await;
    let index = told.page("/ledgers").await;
    has(&index, &["走访覆盖台账", "/ledgers/diary?period=2026-Q3"]);

    let compare = format!("/ledgers/coverage?period=2026-Q3&until={UNTIL}&against={FROM}");
    let page = told.page(&compare).await;
    // Then: two of nine met (0 and 10). Now: 0, 3 (late), 2 (corrected to 31 August) of eight; the void took 10 away.
    has(
        &page,
        &[
            "同样是 8 月 31 日前的走访，9 月 22 日看是 22.2%，现在看是 37.5%。",
            "多出 1 户见到，少 1 户应访",
            "晚到",
            "更正",
            "作废",
            "并户/拆户",
            "2／9",
            "3／8",
        ],
    );
    assert!(!page.contains("说不清依据"), "{page}");
    assert_eq!(
        cells(&page, VILLAGE),
        ["5", "3", "0", "1", "1", "60.0%", "16.6%", "+2 户，应访 −1"]
    );
    assert_eq!(cells(&page, OTHER), ["3", "0", "0", "0", "3", "0.0%", "33.3%", "−1 户"]);

    // A figure leads to its entries, and they to one another.
    let met = addresses(&page)
        .into_iter()
        .find(|address| address.contains("figure=met_at_home"))
        .unwrap();
    let behind = told.page(&met).await;
    has(&behind, &["见到：3 行", "走访 · 上门 · 见到", "8 月 31 日", "截至 第"]);
    assert_eq!(behind.matches("/entry/").count(), 3);
    let why = addresses(&page)
        .into_iter()
        .find(|address| address.ends_with("why=late") || address.contains("why=late"))
        .unwrap();
    has(&told.page(&why).await, &["晚到：1 行", "8 月 30 日"]);
    let one = addresses(&behind)
        .into_iter()
        .find(|address| address.starts_with("/entry/"))
        .unwrap();
    let entry = told.page(&one).await;
    has(
        &entry,
        &["一条记录", "问了医保缴费", "计入", "凭证刚刚在镇里的机器上验过"],
    );
    let unvisited = addresses(&page)
        .into_iter()
        .find(|address| address.contains("figure=unvisited"))
        .unwrap();
    let behind = told.page(&unvisited).await;
    let story = addresses(&behind)
        .into_iter()
        .find(|address| address.contains("of=household"))
        .unwrap();
    has(&told.page(&story).await, &["建档立户"]);

    // What was known then, by itself.
    let then = told
        .page(&format!("/ledgers/coverage?period=2026-Q3&until={UNTIL}&known={FROM}"))
        .await;
    has(&then, &["9 户应访，见到 2 户，22.2%。", "9 月 22 日为止收到的"]);

    // One village's weeks end with its figure.
    let own = told
        .page(&format!("/ledgers/coverage?period=2026-Q3&unit={VILLAGE}"))
        .await;
    let weeks = own.split("id=\"weeks\"").nth(1).unwrap();
    let last = weeks.split("</tbody>").next().unwrap().rsplit("<tr>").next().unwrap();
    has(last, &[&format!("<td class=\"n\">{}</td>", cells(&own, VILLAGE)[1])]);
    has(weeks, &["8 月 18 日"]);

    // The other ledgers, and what is no question.
    for (address, parts) in [
        (
            format!("/ledgers/requests?period=2026-Q3&unit={VILLAGE}"),
            vec!["登记 1 件，办结 0 件，还有 1 件没办完。", "待受理"],
        ),
        ("/ledgers/requests?period=2026-Q3".to_owned(), vec!["一号机"]),
        (
            format!("/ledgers/households?period=2026-Q3&unit={VILLAGE}&against={FROM}"),
            vec!["行不一样", "晚到", "在册"],
        ),
        ("/ledgers/households?period=2026-Q3".to_owned(), vec!["在册户"]),
        (
            format!("/ledgers/diary?period=2026-Q3&unit={VILLAGE}"),
            vec!["1 人写了 1 天日记。", "2026-08-19", "<a href=\"/entry/"],
        ),
        (
            "/ledgers/diary?period=2026-Q2".to_owned(),
            vec!["这个时段没有这本台账的记录。"],
        ),
    ] {
        let page = told.page(&address).await;
        has(&page, &parts);
        assert!(page.len() < 100_000);
        for word in ["乔满仓", "00000000009", "三组"] {
            assert!(!page.contains(word), "{word} stands in {address}");
        }
        for address in addresses(&page) {
            assert!(address.is_ascii(), "{address}");
        }
    }
    for (address, status) in [
        ("/ledgers/coverage?until=31.8.", 400),
        ("/ledgers/coverage?unit=990000103999", 400),
        ("/ledgers/nothing", 404),
        ("/entries?view=coverage&figure=met_at_home", 404),
        ("/entry/nobody/1", 404),
        // A cadre has no story.
        (&*format!("/entries?view=diary&of=cadre&id={}", person(7)), 404),
    ] {
        assert_eq!(told.browser.get(address).await.status, status, "{address}");
    }
    told.town.stop().await;
}

/// A file's rows, by head.
fn read_csv(page: &str) -> Vec<Vec<(String, String)>> {
    let text = page.strip_prefix('\u{feff}').expect("the mark");
    assert!(text.contains("\r\n"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        head.iter().cloned().zip(row.iter().map(str::to_owned)).collect()
    });
    rows.collect()
}

fn of<'a>(row: &'a [(String, String)], head: &str) -> &'a str {
    let found = row.iter().find(|(own, _)| own == head);
    &found.unwrap_or_else(|| panic!("{head}: {row:?}")).1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_reads_back_as_what_stands_on_the_page() {
    let mut told = told().await;
    let file = told.browser.get("/ledgers/coverage.csv?period=2026-Q3").await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8; header=present");
    let name = &file.headers["content-disposition"];
    assert!(
        name.starts_with("attachment; filename=\"coverage-2026-Q3.csv\"; filename*=UTF-8''%E8"),
        "{name}"
    );
    let page = told.page("/ledgers/coverage?period=2026-Q3").await;
    let rows = read_csv(&file.body);
    assert_eq!(rows.len(), 2);
    for (row, code) in rows.iter().zip([VILLAGE, OTHER]) {
        let shown = cells(&page, code);
        assert_eq!(of(row, "村编码").replace('-', ""), code);
        assert_eq!(of(row, "村"), "一号机");
        assert_eq!(of(row, "应访户"), shown[0]);
        assert_eq!(of(row, "见到"), shown[1]);
        assert_eq!(of(row, "覆盖率分子"), shown[1]);
        assert_eq!(of(row, "覆盖率分母"), shown[0]);
        assert!(page.contains(&format!("截至 第 {} 号收据", of(row, "收据"))));
        assert!(page.contains(&format!("摘要 {}…", &of(row, "摘要")[..4])));
    }
    let compare = format!("/ledgers/coverage.csv?period=2026-Q3&until={UNTIL}&against={FROM}");
    let _ = told
        .page(&format!(
            "/ledgers/coverage?period=2026-Q3&until={UNTIL}&against={FROM}"
        ))
        .await;
    let rows = read_csv(&told.browser.get(&compare).await.body);
    assert_eq!((of(&rows[0], "原来见到"), of(&rows[0], "现在见到")), ("1", "3"));
    assert_eq!((of(&rows[0], "原来应访户"), of(&rows[0], "现在应访户")), ("6", "5"));
    assert_eq!(of(&rows[0], "原来镇里收到"), FROM);

    let changed = format!("/ledgers/households?period=2026-Q3&unit={OTHER}&against={FROM}");
    let _ = told.page(&changed).await;
    let rows = read_csv(
        &told
            .browser
            .get(&changed.replace("households?", "households.csv?"))
            .await
            .body,
    );
    let visits = rows.iter().find(|row| of(row, "栏目") == "走访").unwrap();
    assert_eq!(
        (of(visits, "原来"), of(visits, "现在"), of(visits, "为什么")),
        ("1", "0", "作废")
    );
    assert_eq!(of(visits, "对象"), household(10).to_string());

    for view in ["requests", "households", "diary"] {
        let file = told
            .browser
            .get(&format!("/ledgers/{view}.csv?period=2026-Q3&unit={VILLAGE}"))
            .await;
        assert!(!read_csv(&file.body).is_empty(), "{view}");
        for word in ["乔满仓", "00000000009", "三组", "HYPERLINK", "涵管", "跑了"] {
            assert!(!file.body.contains(word), "{word} stands in {view}");
        }
    }
    told.town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_auditor_has_the_same_figures_and_the_same_reasons() {
    let mut told = told().await;
    let dir = tempfile::tempdir().unwrap();
    let mut config = AuditConfig::new(dir.path().join("audit"));
    (config.ballast_mib, config.min_free_mib, config.cache_mib) = (0, 1, 4);
    let enrolment = told.town.offer("990000103000", "auditor").await;
    audit::enrol(&config, &enrolment, &told.town.world.surroundings)
        .await
        .unwrap();
    audit::mirror(&config, None, &mut |_| ()).await.unwrap();
    let archive = Archive::open(&config).unwrap();
    let (from, to): (Day, Day) = (FROM.parse().unwrap(), "2026-09-27".parse().unwrap());
    let mut history = History::new();
    let mut add = |standing: &audit::Standing, bytes: &[u8]| history.add(standing, bytes);
    let after = archive.known(Knowledge::by_day(to), &mut add, &mut |_, _| ()).unwrap();
    let before = archive
        .known(Knowledge::by_day(from), &mut |_, _| (), &mut |_, _| ())
        .unwrap();
    let query = Query {
        occurred_until: UNTIL.parse().ok(),
        ..Query::as_of(UNTIL.parse().unwrap())
    };
    let period = Period::quarter(2026, 3).unwrap();
    let units: Vec<UnitCode> = [VILLAGE, OTHER].map(unit).to_vec();
    let moments = Moments {
        before: &before.ledger,
        after: &after.ledger,
        between: Between::Received { from, to, query },
    };
    let rows = audit::diff(DiffView::Coverage(period), &units, moments, &history, &archive).unwrap();
    assert!(rows.iter().all(|row| row.explained) && rows.len() == 2);

    let page = told
        .page(&format!(
            "/ledgers/coverage?period=2026-Q3&until={UNTIL}&against={FROM}"
        ))
        .await;
    for code in [VILLAGE, OTHER] {
        let (now, then) = (
            after.ledger.coverage(unit(code), period, query),
            before.ledger.coverage(unit(code), period, query),
        );
        let shown = cells(&page, code);
        let stated = [
            now.households,
            now.met_at_home,
            now.contacted,
            now.knocked_only,
            now.unvisited,
        ];
        assert_eq!(shown[..5], stated.map(|count| count.to_string()));
        assert_eq!(shown[5..7], [now.coverage.to_string(), then.coverage.to_string()]);
    }
    for (row, code) in rows.iter().zip([VILLAGE, OTHER]) {
        for (why, share) in &row.shares {
            let word = match why {
                audit::Why::Late => "late",
                audit::Why::Corrected => "corrected",
                audit::Why::Voided => "voided",
                audit::Why::Merged => "merged",
                audit::Why::New => "new",
                audit::Why::Clock => "clock",
            };
            let address = addresses(&page)
                .into_iter()
                .find(|address| address.contains(&format!("unit={code}")) && address.contains(&format!("why={word}")));
            let behind = told
                .page(&address.unwrap_or_else(|| panic!("{code} {word}: {page}")))
                .await;
            for event in &share.events {
                let reason = row.events.iter().find(|reason| reason.event == *event).unwrap();
                has(
                    &behind,
                    &[&format!("/entry/{}/{}", reason.origin, reason.sequence.get())],
                );
            }
        }
    }
    // The cuts are the same record of the journal.
    for (known, cut) in [(FROM, before.cut()), ("2026-09-27", after.cut())] {
        let page = told
            .page(&format!(
                "/ledgers/coverage?period=2026-Q3&known={known}&against=2026-09-20"
            ))
            .await;
        let position = cut.position.unwrap().0;
        // What is known up to today is what is known up to now.
        if known == FROM {
            has(&page, &[&format!("截至 第 {position} 号收据")]);
        }
    }
    archive.close().unwrap();
    told.town.stop().await;
}
