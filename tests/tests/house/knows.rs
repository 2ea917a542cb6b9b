//! Who knows whom, and what the pure crates stand on, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// The floors of the house. A crate may know crates of lower floors only; those of one floor do not
/// know one another.
const FLOORS: [&[&str]; 7] = [
    &["event"],
    &["proof"],
    &[
        "accounts",
        "sync",
        "ledger",
        "event-log",
        "link",
        "sample",
        "import",
        "screen",
    ],
    &["follower", "leads", "diff", "pages"],
    &["archive"],
    &["village", "hub", "audit", "witness"],
    &["minqing"],
];

/// Crates outside the floors, with what they may know: chores know nobody, the bench and the suite know everybody.
const APART: [(&str, bool); 3] = [("xtask", false), ("bench", true), ("tests", true)];

/// Made-up histories, which tests on the same floor may use.
const SAMPLE: &str = "sample";

/// What may stand below a pure crate, however deep: arithmetic, encodings, hashes, signatures,
/// derives, the log facade. No runtime, no socket, no disk, no clock, no source of randomness.
const BELOW_EVENT: &[&str] = &[
    "block-buffer",
    "cfg-if",
    // Comparison in constant time, which `digest` has once some crate of the workspace uses HMAC.
    "cmov",
    "const-oid",
    "cpufeatures",
    "crypto-common",
    "ctutils",
    "digest",
    "hybrid-array",
    "jiff",
    "jiff-core",
    "log",
    "num-traits",
    "autocfg",
    "proc-macro2",
    "quote",
    "rmp",
    "rmp-serde",
    "serde",
    "serde_bytes",
    "serde_core",
    "serde_derive",
    "sha2",
    "syn",
    "thiserror",
    "thiserror-impl",
    "typenum",
    "ulid",
    "unicode-ident",
];
const BELOW_PROOF: &[&str] = &[
    "base64",
    "base64ct",
    "curve25519-dalek",
    "curve25519-dalek-derive",
    "der",
    "ed25519",
    "ed25519-dalek",
    "fiat-crypto",
    "pem-rfc7468",
    "pkcs8",
    "rand_core",
    "rustc_version",
    "semver",
    "signature",
    "spki",
    "subtle",
    "zeroize",
];
const BELOW_JSON: &[&str] = &["itoa", "memchr", "serde_json", "zmij"];
const PURE: [(&str, &[&[&str]]); 8] = [
    ("event", &[BELOW_EVENT]),
    ("proof", &[BELOW_EVENT, BELOW_PROOF]),
    (
        "sync",
        &[BELOW_EVENT, BELOW_PROOF, &["crc32c", "zstd", "zstd-safe", "zstd-sys"]],
    ),
    ("ledger", &[BELOW_EVENT, BELOW_PROOF]),
    ("leads", &[BELOW_EVENT, BELOW_PROOF]),
    // Rows are compared column by column, as JSON values.
    ("diff", &[BELOW_EVENT, BELOW_PROOF, BELOW_JSON]),
    // Templates are checked at compile time; `itoa` writes numbers.
    (
        "screen",
        &[
            BELOW_EVENT,
            &[
                "base64",
                "itoa",
                "maud",
                "maud_macros",
                "maud_macros_impl",
                "proc-macro2-diagnostics",
                "version_check",
            ],
        ],
    ),
    (
        "sample",
        &[
            BELOW_EVENT,
            BELOW_PROOF,
            &["ppv-lite86", "rand", "rand_chacha", "zerocopy", "zerocopy-derive"],
        ],
    ),
];

/// Names of the workspace's own packages by package id.
fn own(metadata: &Value) -> BTreeMap<&str, &str> {
    let members: BTreeSet<&str> = list(&metadata["workspace_members"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    names(metadata)
        .into_iter()
        .filter(|(id, _)| members.contains(id))
        .collect()
}

fn names(metadata: &Value) -> BTreeMap<&str, &str> {
    let packages = list(&metadata["packages"]).iter();
    packages
        .filter_map(|p| Some((p["id"].as_str()?, p["name"].as_str()?)))
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What each package uses, and for what.
fn uses(metadata: &Value) -> BTreeMap<&str, Vec<Use<'_>>> {
    let nodes = list(&metadata["resolve"]["nodes"]).iter();
    nodes
        .filter_map(|node| {
            Some((
                node["id"].as_str()?,
                list(&node["deps"]).iter().filter_map(Use::read).collect(),
            ))
        })
        .collect()
}

/// One dependency.
struct Use<'a> {
    id: &'a str,
    /// It becomes a part of the program.
    in_program: bool,
    /// It is used in tests and nowhere else.
    only_in_tests: bool,
}

impl<'a> Use<'a> {
    fn read(dep: &'a Value) -> Option<Self> {
        let has = |kind: Value| list(&dep["dep_kinds"]).iter().any(|found| found["kind"] == kind);
        let (in_program, in_build) = (has(Value::Null), has(json!("build")));
        let only_in_tests = !in_program && !in_build;
        Some(Self {
            id: dep["pkg"].as_str()?,
            in_program,
            only_in_tests,
        })
    }
}

pub(crate) fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&name))
}

pub(crate) fn arrows(metadata: &Value) -> Vec<String> {
    let (own, uses) = (own(metadata), uses(metadata));
    let mut complaints = Vec::new();
    for (id, name) in &own {
        let apart = APART.iter().find(|(apart, _)| apart == name);
        if apart.is_none() && floor(name).is_none() {
            complaints.push(format!(
                "{name} has no floor: give it one in tests/tests/house/knows.rs and crates/README.md"
            ));
        }
        for dependency in uses.get(id).into_iter().flatten() {
            let Some(used) = own.get(dependency.id) else { continue };
            let allowed = match (apart, floor(name), floor(used)) {
                (Some((_, knows_all)), ..) => *knows_all,
                (None, Some(here), Some(there)) if !dependency.only_in_tests => there < here,
                // In its tests a program may talk to another one: a village's need a real hub.
                (None, Some(here), Some(there)) => {
                    there < here || (there == here && (*used == SAMPLE || Some(there) == floor("hub")))
                }
                _ => false,
            };
            if !allowed {
                complaints.push(format!("{name} must not know {used}"));
            }
        }
    }
    complaints
}

pub(crate) fn impurities(metadata: &Value) -> Vec<String> {
    let (own, names, uses) = (own(metadata), names(metadata), uses(metadata));
    let mut complaints = Vec::new();
    for (pure, allowed) in PURE {
        let Some((start, _)) = own.iter().find(|(_, name)| **name == pure) else {
            complaints.push(format!("there is no crate {pure}"));
            continue;
        };
        let (mut seen, mut todo) = (BTreeSet::from([*start]), vec![*start]);
        while let Some(id) = todo.pop() {
            let below = uses
                .get(id)
                .into_iter()
                .flatten()
                .filter(|dependency| dependency.in_program);
            todo.extend(below.map(|dependency| dependency.id).filter(|used| seen.insert(used)));
        }
        let foreign = seen.iter().filter(|id| !own.contains_key(*id)).map(|id| names[id]);
        let unexpected = foreign.filter(|name| !allowed.iter().any(|names| names.contains(name)));
        complaints.extend(unexpected.map(|name| format!("{pure} is pure; {name} must not stand below it")));
    }
    complaints
}

/// Metadata of packages that use others: `(name, uses, uses in tests only)`; a name with a star is foreign.
fn made_up(packages: &[(&str, &[&str], &[&str])]) -> Value {
    let plain = |name: &str| name.trim_end_matches('*').to_owned();
    let dep = |name: &&str, kind: Value| json!({ "pkg": plain(name), "dep_kinds": [{ "kind": kind, "target": null }] });
    let node = |(name, uses, in_tests): &(&str, &[&str], &[&str])| {
        let uses = uses.iter().map(|name| dep(name, Value::Null));
        let all: Vec<Value> = uses
            .chain(in_tests.iter().map(|name| dep(name, json!("dev"))))
            .collect();
        json!({ "id": plain(name), "deps": all })
    };
    json!({
        "workspace_members": packages.iter().filter(|(n, ..)| !n.ends_with('*')).map(|(n, ..)| n).collect::<Vec<_>>(),
        "packages": packages.iter().map(|(n, ..)| json!({ "id": plain(n), "name": plain(n) })).collect::<Vec<_>>(),
        "resolve": { "nodes": packages.iter().map(node).collect::<Vec<_>>() },
    })
}

#[test]
fn an_arrow_that_points_up_or_sideways_is_found() {
    let sound = made_up(&[
        ("event", &[], &[]),
        ("proof", &["event"], &[]),
        ("sample", &["event"], &[]),
        ("sync", &["proof", "event"], &["sample"]),
        ("hub", &["sync"], &["sample"]),
        ("village", &["sync"], &["hub"]),
        ("xtask", &[], &[]),
        ("tests", &[], &["hub", "event"]),
    ]);
    assert_eq!(arrows(&sound), [""; 0]);
    for (name, uses, in_tests, complaint) in [
        ("event", &["proof"][..], &[][..], "event must not know proof"),
        ("event", &[], &["proof"], "event must not know proof"),
        ("event", &[], &["sample"], "event must not know sample"),
        ("sync", &["ledger"], &[], "sync must not know ledger"),
        ("sync", &["sample"], &[], "sync must not know sample"),
        ("sync", &[], &["ledger"], "sync must not know ledger"),
        ("village", &["hub"], &[], "village must not know hub"),
        ("hub", &["minqing"], &[], "hub must not know minqing"),
        ("xtask", &["event"], &[], "xtask must not know event"),
        ("event", &["tests"], &[], "event must not know tests"),
        (
            "attic",
            &[],
            &[],
            "attic has no floor: give it one in tests/tests/house/knows.rs and crates/README.md",
        ),
    ] {
        let all = ["event", "proof", "ledger", "sample", "hub", "minqing", "tests"];
        let mut packages: Vec<(&str, &[&str], &[&str])> = all.iter().map(|name| (*name, &[][..], &[][..])).collect();
        packages.retain(|(other, ..)| *other != name);
        packages.push((name, uses, in_tests));
        assert_eq!(arrows(&made_up(&packages)), [complaint]);
    }
}

#[test]
fn an_impure_dependency_is_found_however_deep() {
    let house = |below_sha2: &'static [&'static str], in_tests: &'static [&'static str]| {
        made_up(&[
            ("event", &["sha2*"], in_tests),
            ("proof", &["event"], &[]),
            ("sync", &["event", "zstd*"], &[]),
            ("ledger", &["event"], &[]),
            ("sample", &["event"], &[]),
            ("leads", &["ledger"], &[]),
            ("diff", &["ledger"], &[]),
            ("screen", &["event"], &[]),
            ("hub", &["tokio*", "event"], &[]),
            ("sha2*", &["digest*"], &[]),
            ("digest*", below_sha2, &[]),
            ("zstd*", &[], &[]),
            ("tokio*", &["libc*"], &[]),
            ("libc*", &[], &[]),
        ])
    };
    assert_eq!(impurities(&house(&[], &["tokio*"])), [""; 0]);
    let complaints = impurities(&house(&["tokio*"], &[]));
    assert_eq!(
        complaints.len(),
        16,
        "tokio and libc below each of eight: {complaints:?}"
    );
    assert!(complaints.contains(&"event is pure; libc must not stand below it".to_owned()));
    let without_event = made_up(&[
        ("proof", &[], &[]),
        ("sync", &[], &[]),
        ("ledger", &[], &[]),
        ("sample", &[], &[]),
        ("leads", &[], &[]),
        ("diff", &[], &[]),
        ("screen", &[], &[]),
    ]);
    assert_eq!(impurities(&without_event), ["there is no crate event"]);
}
