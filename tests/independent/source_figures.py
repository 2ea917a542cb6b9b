#!/usr/bin/env python3
"""Reference figures of an office's event log, computed from the CSV file alone.

Independent of the Rust code on purpose: it shares no definition with the importer, the ledger or the
generator of the synthetic log, only the columns of the file. Standard library only.

    python3 source_figures.py LOG.csv            print the figures as JSON
    python3 source_figures.py LOG.csv WANT.json  compare; exit status 1 and a list if a figure differs
    ... WANT.json KEY                            the same, with the figures under KEY of that file

Definitions. Instants are compared in UTC. A case has the attributes of its first row. Nearest rank is the
element ceil(p * n) of the sorted values, linear the usual interpolation at p * (n - 1). A snapshot at T counts
what has an instant <= T; overdue is open with a deadline < T; "in flight by events" is a case with its first
event <= T and its last one after T. The digest is SHA-256 over the lines
`case|n|first|last|last_activity|last_resource` (UTC, milliseconds, Z), sorted by case, joined by a line feed;
of steps at the same instant the one later in the file is the last.

Everything is computed in whole microseconds and fractions and rounded at the end. In a comparison a number with
decimals may differ by one in its last place: floating-point programs round an exact half either way.
"""

import csv
import hashlib
import json
import math
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from fractions import Fraction

ATTRIBUTES = ["channel", "deadline", "department", "enddate", "enddate_planned", "group", "responsible", "startdate"]


def instant(text):
    return datetime.fromisoformat(text).astimezone(timezone.utc) if text else None


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def microseconds(delta):
    return delta // timedelta(microseconds=1)


def nearest_rank(ordered, p):
    return ordered[max(0, math.ceil(p * len(ordered)) - 1)]


def linear(ordered, p):
    at = p * (len(ordered) - 1)
    below = at.numerator // at.denominator
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def spread(deltas):
    ordered = sorted(microseconds(delta) for delta in deltas)
    if not ordered:
        return {"n": 0}
    seconds = lambda us: round(float(Fraction(us) / 1_000_000), 3)
    days = lambda us: round(float(Fraction(us) / 86_400_000_000), 4)
    half, most = Fraction(1, 2), Fraction(9, 10)
    return {
        "n": len(ordered),
        "min_s": seconds(ordered[0]),
        "median_s_linear": seconds(linear(ordered, half)),
        "p90_s_linear": seconds(linear(ordered, most)),
        "median_s_nearest_rank": seconds(nearest_rank(ordered, half)),
        "p90_s_nearest_rank": seconds(nearest_rank(ordered, most)),
        "max_s": seconds(ordered[-1]),
        "mean_s": seconds(Fraction(sum(ordered), len(ordered))),
        "median_days_linear": days(linear(ordered, half)),
        "p90_days_linear": days(linear(ordered, most)),
    }


def quarter_starts(first, last):
    year, month = first.year, 1
    while year <= last.year:
        start = datetime(year, month, 1, tzinfo=timezone.utc)
        if first < start <= last:
            yield start
        month += 3
        if month > 12:
            year, month = year + 1, 1


def snapshot(at, attributes, cases, times):
    started = [c for c, a in attributes.items() if a["startdate"] <= at]
    closed = [c for c in started if attributes[c]["enddate"] and attributes[c]["enddate"] <= at]
    still_open = set(started) - set(closed)
    return {
        "started": len(started),
        "closed": len(closed),
        "open": len(still_open),
        "open_overdue_deadline_lt_date": sum(attributes[c]["deadline"] < at for c in still_open),
        "events_recorded_so_far": sum(t <= at for t in times),
        "cases_with_an_event_so_far": sum(events[0][0] <= at for events in cases.values()),
        "cases_in_flight_by_events": sum(events[0][0] <= at < events[-1][0] for events in cases.values()),
    }


def figures(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cases, attributes, constant = defaultdict(list), {}, {f"case:{a}": True for a in ATTRIBUTES}
    seen = {}
    for number, row in enumerate(rows):
        case = row["case:concept:name"]
        raw = {a: row[f"case:{a}"] for a in ATTRIBUTES}
        for a in ATTRIBUTES:
            constant[f"case:{a}"] &= seen.setdefault(case, raw)[a] == raw[a]
        if case not in attributes:
            dates = {a: instant(raw[a]) for a in ("deadline", "enddate", "startdate")}
            attributes[case] = raw | dates
        cases[case].append((instant(row["time:timestamp"]), number, row["concept:name"], row["org:resource"]))
    for events in cases.values():
        events.sort(key=lambda event: event[:2])
    times = sorted(event[0] for events in cases.values() for event in events)
    sizes = sorted(len(events) for events in cases.values())
    pairs = [(a, b) for events in cases.values() for a, b in zip(events, events[1:])]
    variants = Counter(">".join(event[2] for event in events) for events in cases.values())
    ended = [a for a in attributes.values() if a["enddate"]]
    lines = [
        f"{case}|{len(events)}|{iso(events[0][0])}|{iso(events[-1][0])}|{events[-1][2]}|{events[-1][3]}"
        for case, events in sorted(cases.items())
    ]
    count = lambda values: dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))
    return {
        "cases": len(cases),
        "events": len(rows),
        "activities": len({row["concept:name"] for row in rows}),
        "resources": len({row["org:resource"] for row in rows}),
        "first_event": iso(times[0]),
        "last_event": iso(times[-1]),
        "events_per_case": {
            "min": sizes[0],
            "median": float(linear(sizes, Fraction(1, 2))),
            "p90_nearest_rank": nearest_rank(sizes, Fraction(9, 10)),
            "max": sizes[-1],
        },
        "events_by_activity": count(row["concept:name"] for row in rows),
        "events_by_resource": count(row["org:resource"] for row in rows),
        "events_by_utc_month": dict(sorted(Counter(f"{t:%Y-%m}" for t in times).items())),
        "handovers_between_consecutive_events": sum(a[3] != b[3] for a, b in pairs),
        "immediate_repeats_of_activity": sum(a[2] == b[2] for a, b in pairs),
        "variants": len(variants),
        "throughput_first_to_last": spread(events[-1][0] - events[0][0] for events in cases.values()),
        "final_state_digest_sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        "ties_same_case_same_instant": sum(a[0] == b[0] for a, b in pairs),
        "resolution_startdate_to_enddate_closed_cases": spread(a["enddate"] - a["startdate"] for a in ended),
        "cases_with_enddate": len(ended),
        "cases_without_enddate": len(attributes) - len(ended),
        "enddate_before_startdate": sum(a["enddate"] < a["startdate"] for a in ended),
        "closed_late_enddate_gt_deadline": sum(a["enddate"] > a["deadline"] for a in ended),
        "snapshots": {
            f"{at:%Y-%m-%dT%H:%M:%SZ}": snapshot(at, attributes, cases, times)
            for at in quarter_starts(times[0], times[-1])
        },
        "cases_by_channel": count(a["channel"] for a in attributes.values()),
        "cases_by_department": count(a["department"] for a in attributes.values()),
        "case_attributes_constant_within_case": constant,
    }


def agree(got, want):
    if isinstance(got, dict) and isinstance(want, dict):
        return got.keys() == want.keys() and all(agree(got[key], want[key]) for key in got)
    if isinstance(got, float) and isinstance(want, float):
        places = max(len(repr(number).partition(".")[2]) for number in (got, want))
        return abs(Fraction(repr(got)) - Fraction(repr(want))) <= Fraction(1, 10**places)
    return type(got) is type(want) and got == want


def main(arguments):
    if not 1 <= len(arguments) <= 3:
        sys.exit(__doc__)
    got = figures(arguments[0])
    if len(arguments) == 1:
        print(json.dumps(got, indent=1, ensure_ascii=False))
        return
    with open(arguments[1], encoding="utf-8") as file:
        want = json.load(file)
    if len(arguments) == 3:
        want = want[arguments[2]]
    shared = [key for key in got if key in want]
    different = [key for key in shared if not agree(got[key], want[key])]
    for key in different:
        print(f"{key}: computed {got[key]}, wanted {want[key]}")
    missing = sorted(set(want) - set(got))
    print(f"{len(shared) - len(different)} of {len(shared)} figures agree; not computed here: {missing}")
    if different or not shared:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
