#!/usr/bin/env python3
"""Finds the leads and draws the samples anew, from protocol/leads.md alone.

It shares no code with the rules that it checks, and needs only Python 3 and the reader of recompute.py.

    leads.py < input.ndjson > leads.json

The first line holds the parameters: {"version":N,"clock_skew_ms":N,"journal":"<26 chars>","r01":{...},...}. Then one line for each entry:
{"position":N,"received_at_ms":M,"origin":"<26 chars>","sequence":N,"bytes":"<hex>","presence":null or "away" or "returned",
"effect":"counted"...,"reason":...,"state":...} (what it came to is the ledger's word, protocol/views.md), and one for each note of
the journal: {"note":"reached","origin":...,"size":N}, "fork" with "at_ms", "broken", "restored".
"""
import hashlib
import json
import sys
from datetime import date, timedelta
from fractions import Fraction

from recompute import base32, day_of, start_ms, unpack, when_day

EPOCH = date(1970, 1, 1)
HOUR, DAY = 3600000, 86400000
NEVER = -(2**200)


def month_of(day):
    """(first day, last day) of the calendar month, or None."""
    if not 0 <= day <= 2932896:
        return None
    d = EPOCH + timedelta(days=day)
    first = (d.replace(day=1) - EPOCH).days
    last = ((d.replace(day=28) + timedelta(days=4)).replace(day=1) - EPOCH).days - 1 if (d.year, d.month) != (9999, 12) else 2932896
    return first, last


class Entry:
    def __init__(self, line):
        self.h, _ = unpack(bytes.fromhex(line["bytes"]))
        h = self.h
        self.origin, self.sequence, self.id, self.unit, self.recorder = h[1], h[12], h[13], h[2], h[3]
        self.subject, self.kind, self.occurred, self.actors = (h[10], h[11]), h[8], h[16], sorted(set(h[17]))
        self.facts, self.mode, self.boot, self.mono = h[22], h[6], h[4], h[15]
        self.recorded, self.floor, self.foreign = h[14], h[5] == 1, bool(h[19] or h[20])
        self.seen = h[7]
        self.received, self.position = line["received_at_ms"], line["position"]
        self.effect, self.reason, self.state = line["effect"], line["reason"], line["state"]
        self.presence = line["presence"]
        ulid = int.from_bytes(h[13][:6], "big")
        self.story = (0, h[20][0], h[20][1], h[13]) if h[20] else (1, min(ulid, self.received), 0, h[13])

    def day(self):
        return when_day(self.occurred)

    def start(self):
        return start_ms(self.occurred)

    def exact(self):
        return self.start() if self.occurred[0] in (2, 3) else None

    def holds(self, p):
        return not self.floor and self.recorded <= self.received + p["clock_skew_ms"]


class Visit:
    """A visit, as first recorded or as corrected."""

    def __init__(self, e):
        self.e, self.way, self.outcome, self.minutes, self.occurred = e, e.facts["m"], e.facts["o"], e.facts.get("d"), e.occurred

    def set(self, facts, occurred):
        if facts is not None:
            self.way, self.outcome, self.minutes = facts["m"], facts["o"], facts.get("d")
        self.occurred = occurred or self.occurred

    day = property(lambda self: when_day(self.occurred))
    start = property(lambda self: start_ms(self.occurred))
    exact = property(lambda self: self.start if self.occurred[0] in (2, 3) else None)
    at_home = property(lambda self: self.way == 1 and self.outcome == 1)
    on_foot = property(lambda self: self.way in (1, 4))
    house = property(lambda self: self.e.subject[1])
    named = property(lambda self: (self.start, self.e.id, self.day, self.e.unit))

    def span(self):
        return None if self.exact is None or self.minutes is None else (self.start, self.start + self.minutes * 60000)


def named(e):
    return (e.start(), e.id, e.day(), e.unit)


class Book:
    def __init__(self, lines):
        self.p = lines[0]
        entries, self.notes, self.held, self.doubled, self.times = {}, [], {}, set(), {}
        for line in lines[1:]:
            if "note" in line:
                self.notes.append(line)
                continue
            place = (line["origin"], line["sequence"])
            self.held.setdefault(line["origin"], set()).add(line["sequence"])
            self.times[line["position"]] = line["received_at_ms"]
            if place in entries and entries[place].h != unpack(bytes.fromhex(line["bytes"]))[0]:
                self.doubled.add(place)
            else:
                entries[place] = Entry(line)
        self.positions = sorted(self.times)
        self.all = sorted(entries.values(), key=lambda e: (e.story, e.origin, e.sequence))
        self.counted = [e for e in self.all if e.effect == "counted"]
        offsets = [e for e in self.counted if e.kind == 64]
        for e in self.all:
            for c in offsets:
                f = c.facts
                if f["o"] == e.origin and f["f"] <= e.sequence <= f["t"]:
                    e.offset = f["d"]
            if hasattr(e, "offset"):
                e.recorded, e.floor = e.recorded + e.offset, False
        self.first = {e.id: Visit(e) for e in self.all if e.kind == 10 and (e.effect == "counted" or e.reason == "voided")}
        self.corrections = [e for e in self.counted if e.kind == 44]
        self.visits = self.known(None)
        self.leads = []

    def known(self, size):
        inside = lambda e: size is None or e.position < size
        out, void = {i: Visit(v.e) for i, v in self.first.items() if inside(v.e)}, set()
        for c in filter(inside, self.corrections):
            target, new = c.facts["t"], c.facts.get("f")
            if target not in out:
                continue
            if c.facts["k"] == 2:
                void.add(target)
                continue
            void.discard(target)
            out[target].set(unpack(new[2])[0] if new and new[0] == 10 else None, c.facts.get("w"))
        return {i: v for i, v in out.items() if i not in void}

    def lead(self, rule, subject, events, figures):
        events = sorted(set(events))
        if events:
            days = [e[2] for e in events]
            self.leads.append([rule, events[0][3], subject[0], subject[1].hex(), min(days), max(days), [e[1].hex() for e in events[:32]], figures])

    def grouped(self, visits):
        groups = {}
        for v in visits:
            if month_of(v.day):
                for cadre in v.e.actors:
                    groups.setdefault((cadre, month_of(v.day)), []).append(v)
        return [(cadre, month, sorted(vs, key=lambda v: (v.start, v.e.id))) for (cadre, month), vs in groups.items()]


def cadre(who):
    return (4, who)


def usual(b, r):
    met = {}
    for v in b.visits.values():
        if v.at_home:
            for c in v.e.actors:
                day = met.setdefault((v.e.unit, v.day), {})
                day[c] = day.get(c, 0) + 1
    out = {d for d, cs in met.items() if sum(n >= r["campaign_households_min"] for n in cs.values()) >= r["campaign_cadres_min"]}
    return [v for v in b.visits.values() if v.at_home and (v.e.unit, v.day) not in out]


def r01(b, r):
    for c, _, vs in b.grouped(v for v in usual(b, r) if v.exact is not None):
        windows = [[w for w in vs[i:] if w.start < v.start + r["window_minutes"] * 60000] for i, v in enumerate(vs)]
        best = max(windows, key=lambda w: len({v.house for v in w}))
        if (n := len({v.house for v in best})) > r["households_max"]:
            b.lead("R01", cadre(c), [v.named for v in best], {"households": n, "window_minutes": r["window_minutes"]})


def r02(b, r):
    for c, _, vs in b.grouped(v for v in b.visits.values() if v.on_foot and v.span()):
        pairs, longest, events = 0, 0, []
        for i, v in enumerate(vs):
            for w in vs[i + 1 :]:
                overlap = min(v.span()[1], w.span()[1]) - max(v.span()[0], w.span()[0])
                if v.house != w.house and overlap > r["overlap_minutes_max"] * 60000:
                    pairs, longest = pairs + 1, max(longest, overlap)
                    events += [v.named, w.named]
        if pairs >= r["pairs_min"]:
            b.lead("R02", cadre(c), events, {"pairs": pairs, "longest_minutes": longest // 60000})


def r03(b, r):
    held = []
    for e in b.counted:
        end = None
        if e.kind == 16:
            end = start_ms(e.facts["u"]) if e.facts["u"][0] in (2, 3) else None
        elif e.kind == 13 and e.facts.get("d") is not None:
            end = e.start() + e.facts["d"] * 60000
        if e.kind in (13, 16) and e.exact() is not None and end is not None:
            held.append((e, e.start(), end))
    for c, _, vs in b.grouped(v for v in b.visits.values() if v.on_foot and v.span()):
        seen, longest, events = 0, 0, []
        for v in vs:
            overlaps = [(min(v.span()[1], end) - max(v.span()[0], start), e.id, e) for e, start, end in held if c in e.actors]
            if overlaps and max(overlaps)[0] >= r["overlap_minutes_min"] * 60000:
                seen, longest = seen + 1, max(longest, max(overlaps)[0])
                events += [v.named, named(max(overlaps)[2])]
        if seen >= r["visits_min"]:
            b.lead("R03", cadre(c), events, {"visits": seen, "longest_minutes": longest // 60000})


def r04(b, r):
    for c, _, vs in b.grouped(usual(b, r)):
        days = [[v for v in vs if v.day == d] for d in sorted({v.day for v in vs})]
        best = max(days, key=lambda day: len({v.house for v in day}))
        if (n := len({v.house for v in best})) > r["households_max"]:
            b.lead("R04", cadre(c), [v.named for v in best], {"households": n})


def delay(v):
    return day_of(v.e.recorded) - v.day


def r05(b, r):
    for c, _, vs in b.grouped(v for v in b.visits.values() if not v.e.foreign):
        late = [v for v in vs if v.e.holds(b.p) and delay(v) > r["paper_days_max" if v.e.mode == 2 else "days_max"]]
        if len(late) >= r["records_min"]:
            b.lead("R05", cadre(c), [v.named for v in late], {"late": len(late), "visits": len(vs), "longest_days": max(map(delay, late))})


def choose(n, k):
    out = 1
    for i in range(k):
        out = out * (n - i) // (i + 1)
    return out


def r06(b, r):
    for c, (first, last), vs in b.grouped(v for v in b.visits.values() if not v.e.foreign):
        days, begin = last - first + 1, last - r["last_days"] + 1
        early = [v for v in vs if v.day < begin and v.e.holds(b.p)]
        bulk = [v for v in early if delay(v) > r["delay_days_max"] and day_of(v.e.recorded) >= begin]
        n, x, w = len(early), len(bulk), Fraction(r["last_days"], days)
        if n >= r["records_min"] and x * 1000 > n * r["share_permille"]:
            if sum(choose(n, k) * w**k * (1 - w) ** (n - k) for k in range(x, n + 1)) < Fraction(1, r["one_in"]):
                b.lead("R06", cadre(c), [v.named for v in bulk], {"bulk": x, "records": n, "last_days": r["last_days"]})


def logs(b):
    out = {}
    for e in sorted(b.all, key=lambda e: (e.origin, e.sequence)):
        if not e.foreign:
            out.setdefault(e.origin, []).append(e)
    return out


def r07(b, r):
    def back(e):
        if not e.seen or base32(e.seen[0]) != b.p["journal"]:
            return None
        below = [p for p in b.positions if p < e.seen[1]]
        if not below:
            return None
        t = b.times[below[-1]]
        by = t - e.recorded
        return (t, by) if r["minutes_min"] * 60000 < by <= r["days_max"] * DAY else None

    for origin, log in logs(b).items():
        runs, groups = [], {}
        for e in log:
            found = back(e)
            if found and runs and runs[-1] is not None:
                runs[-1].append((e, *found))
            else:
                runs.append([(e, *found)] if found else None)
        for run in filter(None, runs):
            seen = [t for _, t, _ in run]
            if max(seen) - min(seen) <= r["run_hours_max"] * HOUR:
                for e, _, by in run:
                    if e.start() <= e.recorded and month_of(e.day()):
                        groups.setdefault(month_of(e.day()), []).append((e, by))
        for found in groups.values():
            if len(found) >= r["records_min"]:
                figures = {"records": len(found), "longest_hours": max(by for _, by in found) // HOUR}
                b.lead("R07", (5, origin), [named(e) for e, _ in found], figures)


def r08(b, r):
    for origin, log in logs(b).items():
        groups, least = {}, r["minutes_min"] * 60000
        for before, e in zip([None] + log, log):
            back = bool(before) and before.sequence + 1 == e.sequence and before.recorded - e.recorded > least
            ahead = e.recorded - e.received > least
            if (back or ahead) and month_of(day_of(e.received)):
                groups.setdefault(month_of(day_of(e.received)), []).append((e, back, ahead))
        for found in groups.values():
            figures = {"records": len(found), "backwards": sum(f[1] for f in found), "ahead": sum(f[2] for f in found)}
            b.lead("R08", (5, origin), [named(f[0]) for f in found], figures)


class Request:
    def __init__(self):
        self.raised = self.handler = self.accepted = self.closed = None
        self.answers, self.asked, self.after = [], [], []


def requests(b):
    out = {}
    for e in b.all:
        q = out.setdefault(e.subject[1], Request()) if e.subject[0] == 2 else None
        if q is None or e.mode == 3:
            continue
        by_self = e.kind == 27 and e.reason == "asker_is_handler"
        if e.kind == 27 and e.reason == "illegal_in_state" and e.state == "closed" and e.facts.get("t") == 3:
            q.after.append(e)
        if by_self or (e.kind == 27 and e.effect == "counted"):
            if q.handler:
                q.asked.append((q.handler, e, q.answers[-1][2].recorder if q.answers else None, by_self))
        elif e.effect != "counted":
            continue
        elif e.kind == 17:
            q.raised = e
        elif e.kind == 19:
            q.accepted = e
        elif e.kind in (21, 28):
            q.handler = e.facts["h"]
            q.accepted = None if e.kind == 28 else q.accepted
        elif e.kind == 26 and q.handler:
            q.answers.append((q.handler, q.accepted, e))
            q.accepted = None
        elif e.kind == 29 and q.handler:
            q.closed = (q.handler, e)
    return out


def r13(b, r):
    by = {}
    for q in requests(b).values():
        for handler, e, _, by_self in q.asked:
            if not by_self and e.facts["r"] and e.facts.get("t") is not None:
                by.setdefault(handler, []).append(e)
    top = lambda es: sum(e.facts["t"] == 1 for e in es)
    for handler, es in by.items():
        others = [e for h, other in by.items() if h != handler for e in other]
        if len(es) >= r["follow_ups_min"] and top(es) == len(es) and top(others) * 1000 < len(others) * r["others_permille_max"]:
            if Fraction(top(others), len(others)) ** len(es) < Fraction(1, r["one_in"]):
                figures = {"follow_ups": len(es), "others_satisfied": top(others), "others": len(others)}
                b.lead("R13", cadre(handler), [named(e) for e in es], figures)


def r14(b, r):
    turns = {}
    for e in b.counted:
        if e.kind != 4:
            continue
        k, since = e.facts["k"], e.day() if e.facts.get("s") is None else e.facts["s"]
        gone = k in (2, 5) or (k == 6 and e.presence == "away")
        if gone or k == 1 or (k == 6 and e.presence == "returned"):
            mine = turns.setdefault(e.subject[1], [])
            mine.append((since, gone))
            until = e.facts.get("u")
            if until is not None and until >= since and k != 5:
                mine.append((until + 1, not gone))
    for mine in turns.values():
        mine.sort(key=lambda t: t[0])

    def absent(house, day):
        past = [t for t in turns.get(house, []) if t[0] <= day]
        return bool(past) and past[-1][1]

    def is_absent(v):
        return all(absent(v.house, v.day + d) for d in range(-r["margin_days"], r["margin_days"] + 1))

    for c, _, vs in b.grouped(v for v in b.visits.values() if v.at_home and is_absent(v)):
        houses = {v.house for v in vs}
        if len(houses) >= r["households_min"]:
            b.lead("R14", cadre(c), [v.named for v in vs], {"visits": len(vs), "households": len(houses)})


def r15(b, r):
    own = [v for v in b.visits.values() if not v.e.foreign]
    for c, _, vs in b.grouped(own):
        typed = [v for v in vs if v.e.mode != 2 and v.e.recorder not in v.e.actors]
        if len(vs) >= r["visits_min"] and len(typed) * 1000 > len(vs) * r["share_permille"]:
            b.lead("R15", cadre(c), [v.named for v in typed], {"typed_by_others": len(typed), "visits": len(vs)})
    recorders = {}
    for v in own:
        if v.e.mode != 2 and month_of(v.day):
            recorders.setdefault((v.e.recorder, month_of(v.day)), []).append(v)
    for (recorder, _), vs in recorders.items():
        vs.sort(key=lambda v: (v.e.recorded, v.e.id))
        windows = [[w for w in vs[i:] if w.e.recorded < v.e.recorded + r["window_minutes"] * 60000] for i, v in enumerate(vs)]
        cadres = lambda w: len({c for v in w if recorder not in v.e.actors for c in v.e.actors})
        best = max(windows, key=cadres)
        if cadres(best) >= r["cadres_min"]:
            b.lead("R15", cadre(recorder), [v.named for v in best], {"cadres": cadres(best), "visits": len(best)})


def r16(b, r):
    by, t = {}, Fraction(r["share_permille"], 1000)
    for e in (e for e in b.counted if e.kind == 14 and e.facts["r"] in (1, 2, 3)):
        before = [c for c in b.corrections if c.facts["t"] == e.facts["t"] and c.position < e.position]
        visit = b.first.get(e.facts["t"])
        if visit and not (before and before[-1].facts["k"] == 2):
            for c in visit.e.actors:
                by.setdefault(c, []).append((e, visit))
    for c, found in by.items():
        failed = [(e, v) for e, v in found if e.facts["r"] != 1]
        f, n = len(failed), len(found)
        share = Fraction(f, n)
        if n >= r["answers_min"] and share > t and (share - t) ** 2 * n > Fraction(38416, 10000) * t * (1 - t):
            events = [x for e, v in failed for x in (v.named, (v.start, e.id, v.day, v.e.unit))]
            b.lead("R16", cadre(c), events, {"failed": f, "answers": n})


def r20(b, r):
    def passed(a, z):
        return z.mono - a.mono if a.boot == z.boot else z.recorded - a.recorded

    recorders = {}
    for v in b.visits.values():
        if not v.e.foreign:
            recorders.setdefault((v.e.origin, v.e.recorder), []).append(v)
    for (_, recorder), vs in recorders.items():
        vs.sort(key=lambda v: v.e.sequence)
        runs = []
        for v in vs:
            last = runs[-1][-1] if runs else None
            if last and 2 not in (last.e.mode, v.e.mode) and 0 <= passed(last.e, v.e) < r["gap_seconds"] * 1000:
                runs[-1].append(v)
            else:
                runs.append([v])
        months = {}
        for run in runs:
            month = month_of(run[0].day)
            if month and len(run) >= r["records_min"] and len(run) > len(months.get(month, [])):
                months[month] = run
        for run in months.values():
            b.lead("R20", cadre(recorder), [v.named for v in run], {"records": len(run), "seconds": passed(run[0].e, run[-1].e) // 1000})


def r23(b, r):
    groups = {}

    def note(handler, es, sort):
        if month_of(es[-1].day()):
            group = groups.setdefault((handler, month_of(es[-1].day())), {"instant": 0, "self_checked": 0, "events": []})
            group[sort] += 1
            group["events"] += [named(e) for e in es]

    for q in requests(b).values():
        for handler, accepted, e in q.answers:
            if q.raised and q.raised.facts["k"] != 1 and accepted and None not in (accepted.exact(), e.exact()):
                if 0 <= e.start() - accepted.start() < r["minutes"] * 60000:
                    note(handler, [accepted, e], "instant")
        for handler, e, answered_by, by_self in q.asked:
            if by_self or answered_by == e.recorder:
                note(handler, [e], "self_checked")
    for (handler, _), g in groups.items():
        if g["instant"] >= r["instant_min"] or g["self_checked"] >= r["self_checked_min"]:
            b.lead("R23", cadre(handler), g["events"], {"instant": g["instant"], "self_checked": g["self_checked"]})


def r24(b, r):
    groups, every = {}, requests(b)
    for q in every.values():
        if not q.closed or not q.raised:
            continue
        handler, close = q.closed
        again = list(q.after)
        for other in every.values():
            o = other.raised
            if o and o.id != q.raised.id and o.facts.get("h") is not None and o.facts.get("h") == q.raised.facts.get("h"):
                if o.facts["k"] == q.raised.facts["k"] and o.start() > close.start() and o.day() - close.day() <= r["days"]:
                    again.append(o)
        if again and month_of(close.day()):
            groups.setdefault((handler, month_of(close.day())), []).append([close] + again)
    for (handler, _), found in groups.items():
        if len(found) >= r["requests_min"]:
            b.lead("R24", cadre(handler), [named(e) for es in found for e in es], {"requests": len(found)})


def draw(b, facts):
    strata = {}
    for i, v in b.known(facts["z"]).items():
        if v.at_home and facts["f"] <= v.day <= facts["t"]:
            for c in v.e.actors:
                strata.setdefault(c, []).append(i)
    out = []
    for c in sorted(strata):
        order = sorted(strata[c], key=lambda i: (hashlib.sha256(facts["h"] + i).digest(), i))
        for i in order[: max(facts["m"], -(-len(order) * facts["p"] // 1000))]:
            if i not in out:
                out.append(i)
    return out


def r28(b, r):
    groups = {}
    for pub in (e for e in b.counted if e.kind == 65 and e.facts["r"] == 1):
        drawn = set(draw(b, pub.facts))
        for c in b.corrections:
            target = c.facts["t"]
            if target not in drawn or target not in b.first:
                continue
            first, new = b.first[target], c.facts.get("f")
            facts = unpack(new[2])[0] if new else None
            touches = c.facts["k"] == 2 or c.facts.get("w") or (facts and (facts["m"], facts["o"]) != (first.way, first.outcome))
            checks = [e.position for e in b.counted if e.kind == 14 and e.facts["t"] == target]
            early = c.position < min(checks) if checks else c.recorded <= pub.received + r["days_max"] * DAY
            if touches and early and c.recorded > pub.received and c.position > pub.position and month_of(first.day):
                for who in first.e.actors:
                    group = groups.setdefault((who, month_of(first.day)), (set(), []))
                    group[0].add(target)
                    group[1].extend([first.named, (first.start, c.id, first.day, first.e.unit)])
    for (who, _), (records, events) in groups.items():
        if len(records) >= r["records_min"]:
            b.lead("R28", cadre(who), events, {"records": len(records)})


def r31(b, r):
    origins = {n["origin"] for n in b.notes if n["note"] != "restored"} | {o for o, _ in b.doubled}
    for origin in sorted(origins):
        mine = [n for n in b.notes if n["origin"] == origin]
        of = lambda sort: [n for n in mine if n["note"] == sort]
        size = max([n["size"] for n in of("reached")], default=0)
        held = b.held.get(origin, set())
        missing = [s for s in range(1, size + 1) if s not in held]
        forks = 0 if of("restored") else len(of("fork")) + sum(o == origin for o, _ in b.doubled)
        if len(missing) >= r["missing_min"] or forks or of("broken"):
            first = missing[0] if missing else 0
            figures = {"missing": len(missing), "first_missing": first, "forks": forks, "broken": len(of("broken"))}
            b.leads.append(["R31", None, 5, origin, None, None, None, figures])


def main():
    b = Book([json.loads(line) for line in sys.stdin if line.strip()])
    for rule in (r01, r02, r03, r04, r05, r06, r07, r08, r13, r14, r15, r16, r20, r23, r24, r28, r31):
        rule(b, b.p[rule.__name__])
    samples = [[i.hex() for i in draw(b, e.facts)] for e in sorted(b.counted, key=lambda e: e.position) if e.kind == 65]
    json.dump({"leads": b.leads, "samples": samples}, sys.stdout)


if __name__ == "__main__":
    main()
