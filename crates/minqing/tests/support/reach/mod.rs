//! Whether everybody can use a page: the checklist of design/screens.md (g) as rules that are computed in the page itself,
//! by scripts which the driver puts in from outside, past the policy of the page.
//!
//! | file | asks |
//! |---|---|
//! | `structure.js` | names, groups, headings, landmarks, tables, references, title, alerts, nothing inline, nothing outside |
//! | `look.js` | contrast of text and edges, size of targets, sideways scrolling; at each width |
//! | `clip.js` | whether words are cut off, also with the spacing of WCAG 1.4.12 |
//! | `order.js`, `focus.js` | where Tab goes, in which order, and whether the focus can be seen |
//! | `bare.js`, `paper.js` | the page without its sheet, and printed |
//!
//! What a reader hears is asked of the browser's own tree. Every rule has a page in `tests/reach.rs` that breaks it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

use super::browser::{Browser, TAB};

const COMMON: &str = include_str!("common.js");
const STRUCTURE: &str = include_str!("structure.js");
const LOOK: &str = include_str!("look.js");
const CLIP: &str = include_str!("clip.js");
const BARE: &str = include_str!("bare.js");
const PAPER: &str = include_str!("paper.js");
const ORDER: &str = include_str!("order.js");
const FOCUS: &str = include_str!("focus.js");

/// Widths of a window, in CSS pixels: a small phone, a phone, 200 % of a clerk's screen, a tablet, two screens.
pub(crate) const WIDTHS: [u32; 6] = [320, 390, 683, 1024, 1366, 1440];
/// The spacing that a reader may set, WCAG 1.4.12.
const SPACING: &str = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } \
     p { margin-bottom: 2em !important; }";
/// Most stops of Tab on one page; a page beyond it is no page for a keyboard.
const STOPS_MAX: u64 = 250;
/// Most pages of one shape (`/household/…`) that a crawl opens, and most in all.
const PAGES_OF_A_SHAPE_MAX: usize = 2;
const PAGES_MAX: usize = 60;

/// How a page is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Walks through it by keyboard. Not where scripts are off: there the walk cannot be begun anew.
    pub(crate) walk: bool,
}

/// What is wrong with the page that stands in the browser: `rule: where`, each once, with the widths at which it is.
pub(crate) fn findings(browser: &mut Browser, look: Look) -> BTreeSet<String> {
    let mut found = Found::default();
    found.add("", &ask(browser, STRUCTURE));
    for width in WIDTHS {
        browser.screen(width, 768);
        let at = format!("at {width}");
        found.add(&at, &ask(browser, LOOK));
        found.add(&at, &ask(browser, CLIP));
    }
    spacing(browser, true);
    for width in [320, 1366] {
        browser.screen(width, 768);
        found.add(&format!("at {width} spaced"), &ask(browser, CLIP));
    }
    spacing(browser, false);
    browser.media("print");
    found.add("", &ask(browser, PAPER));
    browser.media("");
    if look.walk {
        walk(browser, &mut found);
    }
    heard(browser, &mut found);
    // Last: it takes the sheet away.
    found.add("", &ask(browser, BARE));
    found
        .0
        .into_iter()
        .map(|(what, at)| format!("{what} {}", at.join(", ")))
        .collect()
}

/// What was found, and where each.
#[derive(Default)]
struct Found(BTreeMap<String, Vec<String>>);

impl Found {
    fn add(&mut self, at: &str, said: &Value) {
        for one in said.as_array().unwrap_or_else(|| panic!("no list: {said}")) {
            self.one(at, one.as_str().unwrap());
        }
    }

    fn one(&mut self, at: &str, what: &str) {
        let places = self.0.entry(what.to_owned()).or_default();
        if !at.is_empty() && places.last().is_none_or(|last| last != at) {
            places.push(at.to_owned());
        }
    }
}

/// Fails with every finding, said by page.
pub(crate) fn sound(browser: &mut Browser, name: &str) {
    let found = findings(browser, Look { walk: true });
    assert!(found.is_empty(), "{name}:\n{}", list(&found));
}

pub(crate) fn list(found: &BTreeSet<String>) -> String {
    found.iter().map(|one| format!("  {one}\n")).collect()
}

fn ask(browser: &Browser, rules: &str) -> Value {
    browser.script(&format!("{COMMON}\n{rules}"))
}

/// Raises the spacing, through a sheet of the test's own: the policy of the page has no say in it.
fn spacing(browser: &Browser, on: bool) {
    let script = if on {
        format!(
            "const sheet = new CSSStyleSheet(); sheet.replaceSync(`{SPACING}`); document.adoptedStyleSheets = [sheet];"
        )
    } else {
        "document.adoptedStyleSheets = [];".to_owned()
    };
    browser.script(&script);
}

/// Goes through the page with Tab: every stop is reached, in the order of reading, and can be seen when it is.
fn walk(browser: &mut Browser, found: &mut Found) {
    let stops = ask(browser, ORDER).as_u64().unwrap();
    if stops > STOPS_MAX {
        found.one("", &format!("tab-order: {stops} stops"));
        return;
    }
    for stop in 0..stops {
        // These keys are not the person's whose keys are counted.
        let keys = browser.keys;
        browser.keys(&TAB.to_string());
        browser.keys = keys;
        let said = ask(browser, FOCUS);
        found.add("", &said["found"]);
        if said["at"].as_u64() != Some(stop) {
            let names = browser.script("return window.reached.names");
            found.one(
                "",
                &format!(
                    "tab-order: {} is not the stop after {} others, but number {}",
                    names[stop_index(stop)],
                    stop,
                    said["at"]
                ),
            );
            return;
        }
    }
}

fn stop_index(stop: u64) -> usize {
    usize::try_from(stop).unwrap()
}

/// What the browser's own tree says: everything that takes the focus has a role and a name.
fn heard(browser: &Browser, found: &mut Found) {
    let tree = browser.command("Accessibility.getFullAXTree", &json!({}));
    let nodes = tree["nodes"].as_array().unwrap();
    assert!(nodes.len() > 3, "a tree: {tree}");
    for node in nodes.iter().filter(|node| node["ignored"] != json!(true)) {
        let property = |name: &str| {
            let all = node["properties"].as_array().into_iter().flatten();
            all.filter(|one| one["name"] == name)
                .any(|one| one["value"]["value"] == json!(true))
        };
        if !property("focusable") {
            continue;
        }
        let role = node["role"]["value"].as_str().unwrap_or_default();
        let name = node["name"]["value"].as_str().unwrap_or_default().trim();
        if name.is_empty() || ["", "generic", "none", "unknown"].contains(&role) {
            found.one("", &format!("heard: a {role:?} called {name:?}"));
        }
    }
}

/// The shape of an address: what tells one household from another is left out.
fn shape(path: &str) -> String {
    let part = |part: &str| {
        let is_id = part.len() > 12 || part.chars().any(|c| c.is_ascii_digit());
        if is_id { "…".to_owned() } else { part.to_owned() }
    };
    let (path, question) = path
        .split_once('?')
        .map_or((path, ""), |(path, question)| (path, question));
    let keys: BTreeSet<&str> = question.split('&').filter_map(|pair| pair.split('=').next()).collect();
    let path: Vec<String> = path.split('/').map(part).collect();
    format!("{}?{}", path.join("/"), keys.into_iter().collect::<Vec<_>>().join("&"))
}

/// Opens every page that links lead to from `/` of the signed-in browser, and asks every rule of each, as the browser is:
/// language, type and script stay what they are. Returns how many pages of each shape it looked at.
///
/// # Panics
/// With every finding of every page, if there is any.
pub(crate) fn crawl(browser: &mut Browser, origin: &str, look: Look) -> BTreeMap<String, usize> {
    let mut waiting = VecDeque::from(["/".to_owned()]);
    let (mut seen, mut shapes) = (BTreeSet::from(["/".to_owned()]), BTreeMap::<String, usize>::new());
    let mut wrong = BTreeMap::<String, Vec<String>>::new();
    let mut pages = 0;
    browser.asked();
    while let Some(path) = waiting.pop_front() {
        let count = shapes.entry(shape(&path)).or_default();
        if *count >= PAGES_OF_A_SHAPE_MAX {
            continue;
        }
        *count += 1;
        pages += 1;
        assert!(pages <= PAGES_MAX, "more than {PAGES_MAX} pages: {shapes:?}");
        browser.screen(1366, 768);
        browser.open(&format!("{origin}{path}"));
        assert!(!browser.address().contains("/sign-in"), "{path} asks who is there");
        let links =
            browser.script("return [...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href'))");
        for one in findings(browser, look) {
            wrong.entry(one).or_default().push(path.clone());
        }
        for link in links.as_array().unwrap().iter().filter_map(Value::as_str) {
            let link = link.split('#').next().unwrap_or_default();
            // A file is no page, nor is an answer for programs: `/ledgers/coverage.csv`, `/api/v1/villages`.
            let is_file = link.split('?').next().unwrap_or_default().contains('.') || link.starts_with("/api/v1/");
            if link.starts_with('/') && !is_file && seen.insert(link.to_owned()) {
                waiting.push_back(link.to_owned());
            }
        }
    }
    let asked = browser.asked();
    assert!(asked.len() >= pages, "the browser keeps a log of requests");
    let foreign: Vec<&String> = asked.iter().filter(|url| !url.starts_with(origin)).collect();
    assert!(foreign.is_empty(), "pages asked for {foreign:?}");
    let told: Vec<String> = wrong
        .iter()
        .map(|(what, pages)| format!("  {what}\n      on {}", pages.join(" ")))
        .collect();
    assert!(
        told.is_empty(),
        "{} findings on {pages} pages:\n{}",
        told.len(),
        told.join("\n")
    );
    shapes
}

/// The same in both languages and both sizes of type; the browser ends as it began, in Chinese and normal type.
pub(crate) fn crawl_all(browser: &mut Browser, origin: &str, look: Look) -> BTreeMap<String, usize> {
    let mut shapes = BTreeMap::new();
    for (press, lang, is_large) in [
        ("", "zh", false),
        ("large", "zh", true),
        ("lang", "en", true),
        ("large", "en", false),
    ] {
        if !press.is_empty() {
            turn(browser, origin, press);
        }
        assert_eq!(state(browser, origin), (lang.to_owned(), is_large));
        shapes = crawl(browser, origin, look);
    }
    turn(browser, origin, "lang");
    shapes
}

fn turn(browser: &Browser, origin: &str, name: &str) {
    browser.screen(1366, 768);
    browser.open(origin);
    let before = browser.script("return document.documentElement.lang + document.documentElement.className");
    browser.click(&format!("header button[name={name}]"));
    super::wait_for("the page in another way", || {
        let now = browser.script("return document.documentElement.lang + document.documentElement.className");
        (now != before).then_some(())
    });
}

fn state(browser: &Browser, origin: &str) -> (String, bool) {
    browser.open(origin);
    let lang = browser.script("return document.documentElement.lang");
    let lang = lang.as_str().unwrap().split('-').next().unwrap().to_owned();
    (
        lang,
        browser.script("return document.documentElement.classList.contains('large')") == json!(true),
    )
}
