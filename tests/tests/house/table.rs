//! The table of scenarios in `tests/README.md`.

use std::collections::BTreeSet;

/// The scenarios of failure that the suite answers for so far.
const SCENARIOS: [u32; 25] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 19, 21, 22, 23, 24, 25, 27, 28, 29, 30, 32, 36,
];

/// Complaints about `tests/README.md`; `has_test` says whether a file has a test of that name.
pub(crate) fn table_of_tests(page: &str, has_test: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut mapped = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some(number) = cells[0].parse::<u32>().ok() else {
            continue;
        };
        let tests: Vec<&str> = cells
            .last()
            .into_iter()
            .flat_map(|cell| cell.split('`').skip(1).step_by(2))
            .collect();
        if !mapped.insert(number) {
            complaints.push(format!("scenario {number} stands twice"));
        }
        if tests.is_empty() {
            complaints.push(format!("scenario {number} stands in the table without a test"));
        }
        for test in tests {
            match test.split_once('#') {
                Some((file, name)) if has_test(file, name) => {}
                _ => complaints.push(format!("scenario {number}: there is no test {test}")),
            }
        }
    }
    let numbers = |start: &str| -> BTreeSet<u32> {
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix(start))
            .unwrap_or_default();
        let line = line.split('.').next().unwrap_or_default();
        line.split(',')
            .filter_map(|number| number.trim().parse().ok())
            .collect()
    };
    let (not_yet, in_part) = (numbers("Not yet:"), numbers("In part:"));
    let all: BTreeSet<u32> = mapped.union(&not_yet).copied().collect();
    let twice: Vec<_> = mapped.intersection(&not_yet).collect();
    let lost: Vec<_> = SCENARIOS.iter().filter(|number| !all.contains(*number)).collect();
    let strange: Vec<_> = all.iter().filter(|number| !SCENARIOS.contains(*number)).collect();
    let unmapped: Vec<_> = in_part.difference(&mapped).collect();
    let lists = [
        (twice, "are both in the table and not yet tested"),
        (lost, "are neither in the table nor among the not yet tested"),
        (strange, "are no scenarios that the suite answers for"),
        (unmapped, "are said to be tested in part and are not in the table"),
    ];
    complaints.extend(
        lists
            .into_iter()
            .filter(|(n, _)| !n.is_empty())
            .map(|(n, what)| format!("scenarios {n:?} {what}")),
    );
    complaints
}

/// Whether `text` has a function of that name marked as a test.
pub(crate) fn has_test(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_fn = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    lines.iter().enumerate().filter(|(_, line)| is_fn(line)).any(|(at, _)| {
        let above = lines[..at]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        above
            .into_iter()
            .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    })
}

#[test]
fn a_table_that_claims_too_much_is_found() {
    let rest = SCENARIOS
        .iter()
        .skip(1)
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let page =
        |row: &str, not_yet: &str| format!("| # | scenario | tests |\n|---|---|---|\n{row}\nNot yet: {not_yet}.\n");
    let exists = |file: &str, name: &str| (file, name) == ("a.rs", "b");
    assert_eq!(table_of_tests(&page("| 1 | lost | `a.rs#b` |", &rest), exists), [""; 0]);
    for (row, not_yet) in [
        ("| 1 | lost | `a.rs#c` |", &*rest),
        ("| 1 | lost | `b` |", &rest),
        ("| 1 | lost | |", &rest),
        ("| 2 | twice | `a.rs#b` |", &format!("1, {rest}")),
        ("", &rest),
        ("| 99 | strange | `a.rs#b` |", &format!("1, {rest}")),
        ("| 1 | lost | `a.rs#b` |\nIn part: 2", &rest),
    ] {
        assert_eq!(
            table_of_tests(&page(row, not_yet), exists).len(),
            1,
            "{row:?} {not_yet:?}"
        );
    }
    let source = "#[test]\nfn plain() {}\n#[tokio::test(flavor = \"multi_thread\")]\n// why\nasync fn waits() {}\nfn none() {}\n";
    assert!(has_test(source, "plain") && has_test(source, "waits"));
    assert!(!has_test(source, "none") && !has_test(source, "pla"));
}
