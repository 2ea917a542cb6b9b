//! Links of a page in Markdown.

/// Complaints about links of `page` that lead nowhere; `read` gives the text of a file below the root, or the empty
/// text for one that is no text, or nothing where there is no such file.
pub(crate) fn broken(page: &str, text: &str, read: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for target in targets(text) {
        if target.contains("://") {
            continue;
        }
        let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
        let there = if file.is_empty() {
            Some(text.to_owned())
        } else {
            read(&beside(page, file))
        };
        match there {
            None => complaints.push(format!("{page}: {target}: there is no such file")),
            Some(there) if !anchor.is_empty() && !headings(&there).iter().any(|heading| heading == anchor) => {
                complaints.push(format!("{page}: {target}: there is no such heading"));
            }
            Some(_) => {}
        }
    }
    complaints
}

/// The lines of a page that are no code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

fn targets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        let links = line.split("](").skip(1);
        found.extend(links.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
    }
    found
}

/// The path of a target that stands in `page`; a folder means the page in it.
fn beside(page: &str, file: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if file.ends_with('/') {
        parts.push("README.md");
    }
    parts.join("/")
}

/// Anchors of a page's headings: lower case, blanks as hyphens, marks left out.
fn headings(text: &str) -> Vec<String> {
    let titles = prose(text).filter(|line| line.starts_with('#'));
    let titles = titles.map(|line| line.trim_start_matches('#').trim());
    let anchor = |title: &str| {
        let kept = title
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.flat_map(char::to_lowercase)
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    };
    titles.map(anchor).collect()
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let read = |file: &str| match file {
        "deploy/README.md" => Some("# Runbook\n## 4. Enrolling a village\n## 机器坏了怎么办\n".to_owned()),
        "LICENSE" => Some(String::new()),
        _ => None,
    };
    let page = |target: &str| broken("deploy/trouble.md", &format!("## Here\nsee [it]({target})."), &read).len();
    for fine in [
        "README.md",
        "./",
        "../deploy/README.md#4-enrolling-a-village",
        "README.md#机器坏了怎么办",
        "#here",
        "../LICENSE",
        "https://example.org/x",
    ] {
        assert_eq!(page(fine), 0, "{fine}");
    }
    for bad in [
        "readme.md",
        "../README.md",
        "README.md#5-enrolling",
        "#there",
        "deploy/README.md",
    ] {
        assert_eq!(page(bad), 1, "{bad}");
    }
    assert_eq!(broken("x.md", "```\n[code](nowhere)\n```\n", &read), [""; 0]);
}
