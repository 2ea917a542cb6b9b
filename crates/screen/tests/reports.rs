//! Every report in both languages: it holds, whatever it is given, and it needs nothing but itself.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod given;

use std::collections::BTreeSet;

use given::{all, charts, ledger};
use screen::block::Cell;
use screen::reports::*;
use screen::{Block, Lang, Report, STYLE, Section};

/// What somebody might write into a name, a note or a field, to do something with the reader's browser.
const HOSTILE: [&str; 9] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "'><a href='javascript:alert(1)'>x</a>",
    "</style><link rel=stylesheet href=//evil.example/x.css>",
    "</title><meta http-equiv=refresh content=0;url=//evil.example>",
    "url(//evil.example/x) @import '//evil.example'",
    "&lt;b&gt; &#60;i&#62; <!-- --> ]]>",
    "\u{202e}gnp.exe\u{0}\u{1b}[2J",
];

/// The tags of a page with the names of their attributes. Text between them is passed over.
fn tags(page: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let (mut quoted, mut end) = (false, rest.len());
        for (at, c) in rest.char_indices() {
            match c {
                '"' => quoted = !quoted,
                '>' if !quoted => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let tag = &rest[..end];
        rest = &rest[end..];
        let name: String = tag.chars().take_while(|c| !c.is_whitespace() && *c != '>').collect();
        let outside: String = tag.split('"').step_by(2).collect();
        let attributes = outside
            .split_whitespace()
            .skip(1)
            .map(|word| word.trim_end_matches('=').to_owned());
        found.push((name, attributes.collect()));
    }
    found
}

const TAGS: [&str; 50] = [
    "!DOCTYPE",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "footer",
    "section",
    "div",
    "span",
    "p",
    "b",
    "br",
    "h1",
    "h2",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "small",
    "code",
    "pre",
    "del",
    "ins",
    "table",
    "caption",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
    "svg",
    "rect",
    "line",
    "circle",
    "polyline",
    "details",
    "summary",
    "a",
    "strong",
    "em",
    "nav",
];
const ATTRIBUTES: [&str; 36] = [
    "html",
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "role",
    "tabindex",
    "aria-label",
    "aria-hidden",
    "scope",
    "data-head",
    "viewBox",
    "preserveAspectRatio",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
    "width",
    "height",
    "points",
    "open",
    "id",
    "title",
    "colspan",
    "rowspan",
    "datetime",
    "dir",
    "start",
    "value",
];

/// What is strange about a page: tags or attributes that reports do not have.
fn strange(page: &str) -> Vec<String> {
    let mut complaints = BTreeSet::new();
    for (name, attributes) in tags(page) {
        let bare = name.trim_start_matches('/');
        if !TAGS.contains(&bare) {
            complaints.insert(format!("<{name}>"));
        }
        for attribute in attributes {
            if !ATTRIBUTES.contains(&&*attribute) {
                complaints.insert(format!("{bare} {attribute}"));
            }
        }
    }
    complaints.into_iter().collect()
}

#[test]
fn a_strange_tag_or_attribute_would_be_seen() {
    assert_eq!(strange("<p class=\"a>b\">x &lt;script&gt;</p>"), [""; 0]);
    assert_eq!(strange("<script>x</script>"), ["</script>", "<script>"]);
    assert_eq!(strange("<p onclick=\"x\" style=\"y\">"), ["p onclick", "p style"]);
    assert_eq!(strange("<svg onload=alert(1)>"), ["svg onload=alert(1)"]);
}

#[test]
fn nothing_outside_of_itself_is_named_by_any_report() {
    for lang in Lang::ALL {
        for (name, report) in all("", lang) {
            let page = report.html();
            if let Some(folder) = std::env::var_os("MINQING_SHOW") {
                let file = std::path::Path::new(&folder).join(format!("{name}.{}.html", lang.tag()));
                std::fs::write(file, &page).unwrap();
            }
            for outside in [
                "http://", "https://", "src=", "href", "url(", "@import", "//", "<script", "style=",
            ] {
                // The hash of the sheet is letters by chance.
                let (before, after) = page.split_once("'sha256-").unwrap();
                let after = after.split_once('\'').unwrap().1;
                assert!(
                    !before.contains(outside) && !after.contains(outside),
                    "{name} has {outside}"
                );
            }
            assert_eq!(strange(&page), [""; 0], "{name}");
            assert!(
                page.contains(STYLE),
                "{name}: the sheet stands as it is, or its hash would not fit"
            );
            assert!(page.contains("default-src 'none'; style-src 'sha256-"), "{name}");
            assert!(page.starts_with("<!DOCTYPE html>") && page.contains(&format!("lang=\"{}\"", lang.tag())));
        }
    }
}

#[test]
fn no_text_from_outside_becomes_a_part_of_a_page() {
    for lang in Lang::ALL {
        for hostile in HOSTILE {
            for (name, report) in all(hostile, lang) {
                let page = report.html();
                assert_eq!(strange(&page), [""; 0], "{name}: {hostile:?}");
                assert!(
                    !page.contains(hostile) || !hostile.contains(['<', '>', '"', '&']),
                    "{name}: {hostile:?}"
                );
                assert!(!page.contains(['\u{202e}', '\u{0}', '\u{1b}']), "{name}: {hostile:?}");
                assert_eq!(page.matches("</style>").count(), 1, "{name}: {hostile:?}");
            }
        }
    }
}

#[test]
fn the_languages_differ_and_each_speaks_its_own() {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for report in [
        trace(Trace::default(), Lang::En),
        leads(Leads::default(), Lang::En),
        verify(Verify::default(), Lang::En),
        replay(Replay::default(), Lang::En),
        sample(Sample::default(), Lang::En),
        diff(Diff::default(), Lang::En),
    ] {
        let page = report.html();
        let text = page.replace(STYLE, "");
        assert!(!text.contains(is_han), "{text}");
    }
}

#[test]
fn a_long_table_says_what_it_leaves_out() {
    let mut table = ledger("", 0);
    table.rows = vec![vec![Cell::Number(1)]; screen::block::ROWS_SHOWN_MAX + 7];
    let report = Report {
        sections: vec![Section::new("x").with(Block::Table(table))],
        ..Report::default()
    };
    let page = report.html();
    assert!(page.contains("还有 7 行没有列出"));
    assert_eq!(page.matches("<tr>").count(), screen::block::ROWS_SHOWN_MAX + 1);
}

#[test]
fn zero_of_zero_is_none_and_unknown_is_no_zero() {
    let words = screen::Words::new(Lang::Zh);
    assert_eq!(Cell::Ratio(0, 0).plain(words), "无");
    assert_eq!(Cell::Ratio(0, 7).plain(words), "0／7 0.0%");
    assert_eq!(
        (Cell::Unknown.plain(words), Cell::Empty.plain(words)),
        ("不知道".to_owned(), "—".to_owned())
    );
    for chart in charts("") {
        let rows = chart.table(words).rows;
        assert!(rows.iter().all(|row| !row.is_empty()));
    }
}
