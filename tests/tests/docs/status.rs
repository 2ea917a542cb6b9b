//! What the runbook says of a status, and of the hub's own door.

/// Fields in the first column of the table below the line that names `what`.
pub(crate) fn fields(page: &str, what: &str) -> Vec<String> {
    let lines = page
        .lines()
        .skip_while(|line| !(line.contains(what) && line.ends_with(':')));
    let table = lines.skip(1).skip_while(|line| line.is_empty());
    let rows = table.take_while(|line| line.starts_with('|'));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    first
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// Fields of which a part is nowhere in the source that writes the status.
pub(crate) fn unknown<'a>(fields: &'a [String], source: &str) -> Vec<&'a str> {
    let is_written = |part: &str| {
        let part = part.trim_end_matches("[]");
        source.contains(&format!("\"{part}\""))
    };
    let unknown = fields.iter().filter(|field| !field.split('.').all(is_written));
    unknown.map(String::as_str).collect()
}

/// Paths that requests in code ask for at the hub's own door.
pub(crate) fn asked_for(page: &str) -> Vec<String> {
    let requests = page.lines().filter(|line| line.contains("--unix-socket"));
    let paths = requests.filter_map(|line| line.split_once(" http://hub/"));
    paths.map(|(_, path)| format!("/{}", path.trim())).collect()
}

#[test]
fn a_field_that_nobody_writes_is_found() {
    let page = "see `x status`:\n\nin `hub status --json`:\n\n| field | alarm when |\n|---|---|\n| `log.state`, `forks` | `no` |\n| `a[].b` | |\n\n| `c` |\n";
    let fields = fields(page, "`hub status --json`");
    assert_eq!(fields, ["log.state", "forks", "a[].b"]);
    assert_eq!(unknown(&fields, "\"log\" \"state\" \"forks\" \"a\""), ["a[].b"]);
    assert_eq!(
        asked_for("$ curl --unix-socket a.sock http://hub/revoke\ncurl http://hub/x\n"),
        ["/revoke"]
    );
}
