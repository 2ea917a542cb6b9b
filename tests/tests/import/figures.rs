//! A source's figures out of a ledger, in the form of `tests/independent/source_figures.py`, and the comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use event::{Channel, Day, EntityId, PersonId, SubjectKind, When};
use import::Mapping;
use ledger::{Ledger, Query, SourceStep};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// What the source calls its cases and people: identifiers are hashes, and only who has the table can invert them.
pub(crate) struct Source {
    cases: BTreeMap<EntityId, String>,
    people: BTreeMap<PersonId, String>,
}

impl Source {
    pub(crate) fn new(mapping: &Mapping, table: &str) -> Self {
        let (mut cases, mut people) = (BTreeMap::new(), BTreeMap::new());
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        for row in reader.deserialize::<BTreeMap<String, String>>() {
            let row = row.unwrap();
            let (case, person) = (&row["case:concept:name"], &row["org:resource"]);
            cases.insert(mapping.entity(SubjectKind::Request, case), case.clone());
            people.insert(mapping.person(person), person.clone());
        }
        Self { cases, people }
    }

    fn person(&self, step: &SourceStep) -> &str {
        &self.people[&step.actor.expect("every row names one")]
    }

    /// Every figure that the wanted ones name and a ledger can have, at the instants of the wanted snapshots.
    pub(crate) fn figures(&self, ledger: &Ledger, wanted: &Value) -> Value {
        let instants: Vec<&String> = wanted["snapshots"].as_object().unwrap().keys().collect();
        let instants_ms: Vec<i64> = instants.iter().map(|text| ms(text)).collect();
        let figures = ledger.source_figures(None, &instants_ms);
        let by_request: Vec<(&str, Vec<SourceStep>)> = figures
            .by_case
            .iter()
            .map(|case| (self.cases[&case.request].as_str(), ledger.source_steps(case.request)))
            .collect();
        let cases: BTreeMap<&str, Vec<SourceStep>> = by_request.into_iter().collect();
        let steps = || cases.values().flatten();
        let pairs = || cases.values().flat_map(|steps| steps.windows(2));
        let unit = ledger.units().next().expect("a unit");
        let requests = ledger.requests(unit, Query::as_of(Day(0)));
        let lasted: Vec<i64> = requests
            .iter()
            .filter_map(|row| Some(row.request.closed_ms? - row.request.raised_ms))
            .collect();

        let mut all = Map::new();
        let mut put = |name: &str, value: Value| all.insert(name.to_owned(), value);
        put("cases", json!(figures.cases));
        put("events", json!(figures.events));
        put("activities", json!(figures.by_label.len()));
        put("resources", json!(figures.by_actor.len()));
        put("events_by_activity", json!(figures.by_label));
        let by_person: BTreeMap<&str, u64> = figures
            .by_actor
            .iter()
            .map(|(id, n)| (self.people[id].as_str(), *n))
            .collect();
        put("events_by_resource", json!(by_person));
        put("first_event", json!(steps().map(|step| iso(step.instant_ms)).min()));
        put("last_event", json!(steps().map(|step| iso(step.instant_ms)).max()));
        put(
            "events_by_utc_month",
            json!(count(steps().map(|step| iso(step.instant_ms)[..7].to_owned()))),
        );
        let mut sizes: Vec<i64> = figures.by_case.iter().map(|case| case.steps.cast_signed()).collect();
        sizes.sort_unstable();
        let middle = (sizes[(sizes.len() - 1) / 2] + sizes[sizes.len() / 2]) as f64 / 2.0;
        put(
            "events_per_case",
            json!({"min": sizes[0], "median": middle, "p90_nearest_rank": nearest_rank(&sizes, 90), "max": sizes.last()}),
        );
        let handovers = pairs().filter(|pair| pair[0].actor != pair[1].actor).count();
        put("handovers_between_consecutive_events", json!(handovers));
        let repeats = pairs().filter(|pair| pair[0].label == pair[1].label).count();
        put("immediate_repeats_of_activity", json!(repeats));
        let ties = pairs().filter(|pair| pair[0].instant_ms == pair[1].instant_ms).count();
        put("ties_same_case_same_instant", json!(ties));
        let variant = |steps: &Vec<SourceStep>| {
            let labels: Vec<&str> = steps.iter().map(|step| step.label.as_str()).collect();
            labels.join(">")
        };
        let variants = count(cases.values().map(variant));
        put("variants", json!(variants.len()));
        let mut top: Vec<(String, u64)> = variants.into_iter().collect();
        top.sort_by_key(|(_, cases)| std::cmp::Reverse(*cases));
        let top = top.iter().take(3);
        put(
            "top_variants",
            top.map(|(variant, cases)| json!({"variant": variant, "cases": cases}))
                .collect(),
        );
        let through = figures
            .by_case
            .iter()
            .filter_map(|case| Some(case.last_ms? - case.first_ms?));
        put("throughput_first_to_last", spread(through.collect()));

        // The ledger's own percentiles; the others beside them are taken from its rows.
        let mut resolution = spread(lasted.clone());
        for (name, own) in [
            ("median_s_linear", figures.median_ms),
            ("p90_s_linear", figures.p90_ms),
            ("median_s_nearest_rank", figures.median_nearest_rank_ms),
            ("p90_s_nearest_rank", figures.p90_nearest_rank_ms),
        ] {
            resolution[name] = json!(own.map(seconds));
        }
        put("resolution_startdate_to_enddate_closed_cases", resolution);
        put("cases_with_enddate", json!(figures.closed));
        put("cases_without_enddate", json!(figures.cases - figures.closed));
        put(
            "enddate_before_startdate",
            json!(lasted.iter().filter(|lasted| **lasted < 0).count()),
        );
        put("closed_late_enddate_gt_deadline", json!(figures.closed_late));
        let channel = |row: &ledger::RequestRow| row.request.channel.key().to_owned();
        put("cases_by_channel", json!(count(requests.iter().map(channel))));
        put("final_state_digest_sha256", json!(self.final_state(&cases)));

        let mut snapshots = Map::new();
        for ((text, at), moment) in instants.into_iter().zip(&instants_ms).zip(&figures.moments) {
            let begun = |steps: &&Vec<SourceStep>| steps[0].instant_ms <= *at;
            let under_way = cases
                .values()
                .filter(begun)
                .filter(|steps| steps[steps.len() - 1].instant_ms > *at);
            snapshots.insert(
                text.clone(),
                json!({
                    "started": moment.raised,
                    "closed": moment.raised - moment.open,
                    "open": moment.open,
                    "open_overdue_deadline_lt_date": moment.overdue,
                    "events_recorded_so_far": steps().filter(|step| step.instant_ms <= *at).count(),
                    "cases_with_an_event_so_far": cases.values().filter(begun).count(),
                    "cases_in_flight_by_events": under_way.count(),
                }),
            );
        }
        put("snapshots", Value::Object(snapshots));
        Value::Object(all)
    }

    fn final_state(&self, cases: &BTreeMap<&str, Vec<SourceStep>>) -> String {
        let line = |(case, steps): (&&str, &Vec<SourceStep>)| {
            let (first, last) = (&steps[0], &steps[steps.len() - 1]);
            let (from, to) = (iso(first.instant_ms), iso(last.instant_ms));
            format!(
                "{case}|{}|{from}|{to}|{}|{}",
                steps.len(),
                last.label,
                self.person(last)
            )
        };
        let lines: Vec<String> = cases.iter().map(line).collect();
        let mut hex = String::new();
        for byte in Sha256::digest(lines.join("\n").as_bytes()) {
            write!(hex, "{byte:02x}").unwrap();
        }
        hex
    }
}

/// Figures over what a mapping does not take over.
const NOT_TAKEN_OVER: [&str; 4] = [
    "cases_by_department",
    "cases_by_responsible_top10",
    "case_attributes_constant_within_case",
    "pm4py_crosscheck",
];

/// The wanted figures that a ledger can have.
pub(crate) fn comparable(wanted: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let all = wanted.as_object().into_iter().flatten();
    all.filter(|(name, _)| !NOT_TAKEN_OVER.contains(&name.as_str()))
}

/// Every difference. A wanted figure that was not computed is one, unless the mapping leaves its column out.
pub(crate) fn complaints(computed: &Value, wanted: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, wanted) in comparable(wanted) {
        let wanted = match name.as_str() {
            "cases_by_channel" => &by_our_channels(wanted),
            _ => wanted,
        };
        let Some(computed) = computed.get(name) else {
            complaints.push(format!("{name}: not computed"));
            continue;
        };
        differences(name, computed, wanted, &mut complaints);
    }
    complaints
}

fn differences(name: &str, computed: &Value, wanted: &Value, complaints: &mut Vec<String>) {
    match (computed, wanted) {
        (Value::Object(own), Value::Object(theirs)) => {
            let names: BTreeSet<&String> = own.keys().chain(theirs.keys()).collect();
            for part in names {
                let path = format!("{name}: {part}");
                let nothing = Value::Null;
                // Days are the same figure as the seconds beside them.
                if !part.contains("_days_") {
                    let of = |all: &Map<String, Value>| all.get(part).unwrap_or(&nothing).clone();
                    differences(&path, &of(own), &of(theirs), complaints);
                }
            }
        }
        (Value::Array(own), Value::Array(theirs)) if own.len() == theirs.len() => {
            let both = own.iter().zip(theirs);
            both.for_each(|(own, theirs)| differences(name, own, theirs, complaints));
        }
        _ if same(computed, wanted) => {}
        _ => complaints.push(format!("{name}: computed {computed}, wanted {wanted}")),
    }
}

/// Seconds are floored to milliseconds here and rounded there.
fn same(computed: &Value, wanted: &Value) -> bool {
    let thousandths = |value: &Value| value.as_f64().filter(|_| value.is_f64()).map(|n| (n * 1_000.0).round());
    match (thousandths(computed), thousandths(wanted)) {
        (Some(own), Some(theirs)) => theirs == own || theirs == own + 1.0,
        _ => computed == wanted,
    }
}

/// The mapping's words for the source's channels.
fn by_our_channels(theirs: &Value) -> Value {
    let mut ours: BTreeMap<&str, u64> = BTreeMap::new();
    for (word, cases) in theirs.as_object().unwrap() {
        let channel = match word.as_str() {
            "Internet" | "e-mail" => Channel::Online,
            "Desk" => Channel::Reception,
            "Post" => Channel::Letter,
            "Intern" => Channel::Internal,
            other => panic!("{other:?} is a new channel"),
        };
        *ours.entry(channel.key()).or_default() += cases.as_u64().unwrap();
    }
    json!(ours)
}

fn spread(mut all: Vec<i64>) -> Value {
    all.sort_unstable();
    let sum: i64 = all.iter().sum();
    let count = i64::try_from(all.len()).unwrap();
    json!({
        "n": count,
        "min_s": seconds(all[0]),
        "median_s_linear": seconds(linear(&all, 50)),
        "p90_s_linear": seconds(linear(&all, 90)),
        "median_s_nearest_rank": seconds(nearest_rank(&all, 50)),
        "p90_s_nearest_rank": seconds(nearest_rank(&all, 90)),
        "max_s": seconds(all[all.len() - 1]),
        "mean_s": seconds(sum.div_euclid(count)),
    })
}

fn nearest_rank(sorted: &[i64], percent: usize) -> i64 {
    sorted[(sorted.len() * percent).div_ceil(100) - 1]
}

fn linear(sorted: &[i64], percent: usize) -> i64 {
    let at = (sorted.len() - 1) * percent;
    let (low, high) = (sorted[at / 100], sorted[(at / 100 + 1).min(sorted.len() - 1)]);
    low + ((high - low) * i64::try_from(at % 100).unwrap()).div_euclid(100)
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

fn count(words: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

fn iso(ms: i64) -> String {
    When::Instant(ms).to_string()
}

fn ms(text: &str) -> i64 {
    text.parse::<When>().unwrap().start_ms()
}
