//! The API: what its document says is what a real hub does, example by example.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[allow(dead_code, reason = "each test program uses a part of this")]
#[path = "../../pages/tests/support/browser.rs"]
mod browser;
#[allow(dead_code, reason = "each test program uses a part of this")]
#[path = "support/desk.rs"]
mod desk;
#[path = "support/schema.rs"]
mod schema;
mod support;

use std::collections::BTreeSet;

use browser::{Browser, Page};
use desk::{desk, read_up};
use schema::faults;
use serde_json::{Value, json};
use support::{START_MS, Town, VILLAGE};

/// The request that the document's examples name.
const REQUEST: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// A hub whose records have something for every example and every column: households, visits, diaries, a request in its
/// second stage, and entries that do not count.
async fn lived() -> (Town, Browser) {
    let (town, browser) = desk().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record(4);
    village.push(0).await.unwrap();
    village.hello().await.unwrap();
    let id = |n: u64| event::EventId::from_parts(START_MS + n, 7).unwrap().to_string();
    let own = u128::from(village.key.public().0[0]);
    let household = event::EventId::from_parts(START_MS, own).unwrap().to_string();
    let cadre = id(1);
    let form = |kind: &str, subject: (&str, &str), facts: Value| {
        json!({
            "kind": kind, subject.0: subject.1, "occurred": "2026-09-01", "recorder": cadre, "actors": [cadre], "facts": facts
        })
    };
    let forms = [
        form(
            "request_raised",
            ("request", REQUEST),
            json!({ "household": household, "channel": "visit", "kind": "help", "urgency": "ordinary", "people": 4 }),
        ),
        form(
            "request_accepted",
            ("request", REQUEST),
            json!({ "path": "petition", "rule": "township", "accepted_on": "2026-09-02", "due": "2026-09-10" }),
        ),
        form(
            "visit_recorded",
            ("household", &household),
            json!({ "mode": "home", "outcome": "met", "requests": [] }),
        ),
        form(
            "diary_written",
            ("person", &cadre),
            json!({ "day": "2026-09-01", "visits": [], "requests": [REQUEST] }),
        ),
        // Nobody raised this one: received, and not counted.
        form(
            "request_assigned",
            ("request", &id(9)),
            json!({ "unit": VILLAGE, "handler": cadre }),
        ),
    ];
    for one in forms {
        let ask = json!({ "audience": VILLAGE, "forms": [one] });
        let done = town.ask("POST", "/record", Some(&ask)).await;
        done.unwrap_or_else(|error| panic!("{error}: {ask}"));
    }
    read_up(&town).await;
    (town, browser)
}

fn value(page: &Page) -> Value {
    serde_json::from_str(&page.body).unwrap_or_else(|error| panic!("{error}: {}", page.body))
}

async fn document(browser: &mut Browser) -> Value {
    let page = browser.get("/api/v1/openapi.json").await;
    assert_eq!((page.status, &*page.headers["content-type"]), (200, "application/json"));
    value(&page)
}

fn operations(document: &Value) -> Vec<(String, Value)> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert_eq!(method, "get", "{path}: nothing is written here");
            operations.push((path.clone(), operation.clone()));
        }
    }
    operations
}

/// The address with the examples of the parameters, but for those that `without` names.
fn address(path: &str, operation: &Value, without: &[&str]) -> String {
    let (mut address, mut query) = (path.to_owned(), Vec::new());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        let example = match &parameter["example"] {
            Value::String(text) => text.clone(),
            Value::Null => panic!("{path}: {name} has no example"),
            other => other.to_string(),
        };
        match parameter["in"].as_str().unwrap() {
            "path" => address = address.replace(&format!("{{{name}}}"), &example),
            "query" if !without.contains(&name) => query.push(format!("{name}={example}")),
            _ => {}
        }
    }
    format!("{address}?{}", query.join("&"))
}

fn schema<'a>(operation: &'a Value, status: &str, content: &str) -> &'a Value {
    let response = &operation["responses"][status];
    assert!(response.is_object(), "{status} is not described: {operation}");
    &response["content"][content]["schema"]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_answered_as_the_document_says() {
    let (town, mut browser) = lived().await;
    let document = document(&mut browser).await;
    for (path, operation) in operations(&document) {
        for without in [&[][..], &["after", "limit", "known_at", "occurred_until", "stage"]] {
            let address = address(&path, &operation, without);
            let page = browser.get(&address).await;
            assert_eq!(page.status, 200, "{address}: {}", page.body);
            let answer = value(&page);
            let schema = schema(&operation, "200", "application/json");
            let faults = faults(&document, schema, &answer);
            assert!(faults.is_empty(), "{address}: {faults:#?}");
            assert_eq!(answer["cut"]["position"], 8, "{address}: {answer}");
            let lists = ["rows", "entries", "villages"];
            let listed = lists.iter().find_map(|name| answer[*name].as_array());
            assert!(
                listed.is_none_or(|listed| !listed.is_empty()),
                "{address} shows nothing: {answer}"
            );
        }
    }
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_problem_documents_as_described() {
    let (town, mut browser) = lived().await;
    let document = document(&mut browser).await;
    let mut stranger = Browser::new(desk::address(&town).await);
    for (path, operation) in operations(&document) {
        let good = address(&path, &operation, &[]);
        let bad_field = format!("{good}&nonsense=1");
        let bad_path = path.replace("{unit}", "x").replace("{id}", "x");
        let mut asked = vec![(401, stranger.get(&good).await, good.clone())];
        if path.contains('{') {
            asked.push((400, browser.get(&bad_path).await, bad_path));
        }
        if operation["parameters"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["in"] == "query"))
        {
            asked.push((400, browser.get(&bad_field).await, bad_field));
        }
        let unknown = path
            .replace("{unit}", "990000109999")
            .replace("{id}", "01ARZ3NDEKTSV4RRFFQ69G5FAW");
        if operation["responses"]["404"].is_object() {
            asked.push((404, browser.get(&unknown).await, unknown));
        }
        for (status, page, address) in asked {
            assert_eq!(page.status, status, "{address}: {}", page.body);
            assert_eq!(page.headers["content-type"], "application/problem+json", "{address}");
            let schema = schema(&operation, &status.to_string(), "application/problem+json");
            let faults = faults(&document, schema, &value(&page));
            assert!(faults.is_empty(), "{address}: {faults:#?}");
        }
    }
    for (address, status) in [
        ("/api/v1/nothing", 404),
        ("/api/v1/requests?stage=nowhere", 400),
        ("/api/v1/requests?limit=0", 400),
        ("/api/v1/requests?limit=501", 400),
        ("/api/v1/ledgers/coverage?from=2026-09-30&to=2026-07-01", 400),
        ("/api/v1/ledgers/diary?as_of=2026-09-31&unit=990000103001", 400),
    ] {
        let page = browser.get(address).await;
        assert_eq!(page.status, status, "{address}: {}", page.body);
        assert_eq!(value(&page)["status"], status);
    }
    let page = browser
        .ask("POST", "/api/v1/villages", "", "Sec-Fetch-Site: same-origin\r\n")
        .await;
    assert_eq!(page.status, 405, "nothing is written here");
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_openapi_3_1_and_its_references_hold() {
    let (town, mut browser) = desk().await;
    let document = document(&mut browser).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    for name in ["title", "version", "description"] {
        assert!(
            document["info"][name].as_str().is_some_and(|text| !text.is_empty()),
            "{name}"
        );
    }
    let scheme = &document["components"]["securitySchemes"]["session"];
    assert_eq!((&scheme["type"], &scheme["in"]), (&json!("apiKey"), &json!("cookie")));
    assert_eq!(document["security"], json!([{ "session": [] }]));
    let mut names = BTreeSet::new();
    for (path, operation) in operations(&document) {
        assert!(
            names.insert(operation["operationId"].as_str().unwrap().to_owned()),
            "{path}: one name twice"
        );
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{path}");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let in_path: BTreeSet<&str> = path
            .split('{')
            .skip(1)
            .map(|rest| rest.split('}').next().unwrap())
            .collect();
        let described = parameters.iter().filter(|one| one["in"] == "path");
        let described: BTreeSet<&str> = described.map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(in_path, described, "{path}");
        for one in &parameters {
            assert!(
                !one["description"].as_str().unwrap_or_default().is_empty(),
                "{path}: {one}"
            );
            assert!(one["in"] != "path" || one["required"] == true, "{path}: {one}");
        }
        for status in ["200", "401"] {
            assert!(operation["responses"][status].is_object(), "{path}: {status}");
        }
    }
    // Every reference leads somewhere, and nothing is described that nobody refers to.
    let text = document.to_string();
    let mut referred = BTreeSet::new();
    for rest in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        referred.insert(rest.split('"').next().unwrap().to_owned());
    }
    let described: BTreeSet<String> = document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(referred, described);
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (field, of) in schema["properties"].as_object().into_iter().flatten() {
            let is_told = of["description"].is_string() || of.to_string().contains("$ref");
            assert!(is_told, "{name}.{field} says nothing of itself: {of}");
        }
    }
    town.stop().await;
}

/// Routes of the API come into being through the document alone; a handler beside it would show here.
#[test]
fn no_route_of_the_api_is_outside_its_document() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web");
    let mut folders = vec![std::path::PathBuf::from(source)];
    let mut routes = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for rest in text.split(".route(\"/api").skip(1) {
                routes.insert(format!("/api{}", rest.split('"').next().unwrap()));
            }
        }
    }
    let known = ["/api", "/api/v1/openapi.json", "/api/v1/{*rest}"].map(str::to_owned);
    assert_eq!(routes, BTreeSet::from(known));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_every_operation_and_its_links_work() {
    let (town, mut browser) = lived().await;
    let document = document(&mut browser).await;
    let page = browser.get("/api").await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<script") && !page.body.contains("style="));
    assert!(page.headers["content-security-policy"].contains("default-src 'none'"));
    for (path, _) in operations(&document) {
        assert!(page.body.contains(&format!("<code>{path}</code>")), "{path}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.body.contains(&format!("id=\"schema-{name}\"")), "{name}");
    }
    let mut tried = 0;
    for rest in page.body.split("href=\"/api/v1/").skip(1) {
        let address = rest.split('"').next().unwrap().replace("&amp;", "&");
        assert_eq!(
            browser.get(&format!("/api/v1/{address}")).await.status,
            200,
            "{address}"
        );
        tried += 1;
    }
    assert_eq!(
        tried,
        operations(&document).len() + 1,
        "the document and each operation"
    );
    for (slug, word) in [("unauthenticated", "401"), ("not-found", "404"), ("malformed", "400")] {
        assert!(page.body.contains(&format!("<code>{slug}</code>")) && page.body.contains(word));
    }
    let mut stranger = Browser::new(desk::address(&town).await);
    assert_eq!(stranger.get("/api").await.status, 303, "nothing is open to strangers");
    assert_eq!(stranger.get("/api/v1/openapi.json").await.status, 401);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_rows_follow_one_another_and_the_figures_are_those_of_the_page() {
    let (town, mut browser) = lived().await;
    let query = format!("unit={VILLAGE}&as_of=2026-09-30&limit=3");
    let first = value(&browser.get(&format!("/api/v1/ledgers/households?{query}")).await);
    let next = first["next"].as_str().unwrap();
    let second = value(
        &browser
            .get(&format!("/api/v1/ledgers/households?{query}&after={next}"))
            .await,
    );
    assert_eq!(
        (first["rows"].as_array().unwrap().len(), &second["next"]),
        (3, &Value::Null)
    );
    assert_eq!(second["rows"].as_array().unwrap().len(), 1);
    // Before anything was received nothing was known.
    let then = value(
        &browser
            .get(&format!("/api/v1/ledgers/households?{query}&known_at=1"))
            .await,
    );
    assert_eq!(then["rows"], json!([]));
    assert_eq!(then["cut"], first["cut"], "the cut is that of the ledger");

    let villages = value(&browser.get("/api/v1/villages").await);
    let one = &villages["villages"][0];
    assert_eq!(
        (&one["unit"], &one["met"], &one["in_scope"]),
        (&json!(VILLAGE), &json!(1), &json!(4))
    );
    assert_eq!((&one["open_requests"], &one["conflicts"]), (&json!(1), &json!(1)));
    assert!(browser.get("/").await.body.contains("1／4</a> 25.0%"));
    let open = value(&browser.get("/api/v1/requests?stage=open").await);
    assert_eq!(open["rows"][0]["request"], REQUEST);
    let closed = value(&browser.get("/api/v1/requests?stage=closed").await);
    assert_eq!(closed["rows"], json!([]));
    town.stop().await;
}
