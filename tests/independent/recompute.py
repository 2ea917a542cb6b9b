#!/usr/bin/env python3
"""Recomputes the request ledger (L3) and the household and coverage ledgers (L1/L4) from receipted events.

Written from protocol/views.md alone; it shares no code with the ledgers that it checks and needs only Python 3.

    recompute.py [--period FROM TO]... < entries.ndjson > rows.json

Each input line: {"position":N,"received_at_ms":M,"origin":"<26 chars>","hub":bool,"sequence":N,"bytes":"<hex>"}.
FROM and TO are days since 1970-01-01. The lines may come in any order, and more than once.
"""
import hashlib
import json
import sys

RULE_VERSION = 1
# kind -> (subject, {key: (type, required)}); a tuple of numbers is a coded value
CODES = lambda n: tuple(range(1, n + 1))
HOUSEHOLD, REQUEST, PAIRING, PERSON, ORIGIN, JOURNAL, OCCASION = 1, 2, 3, 4, 5, 6, 7
KINDS = {
    3: (HOUSEHOLD, {"g": ("u16", 1), "n": ("u16", 0)}),
    4: (HOUSEHOLD, {"k": (CODES(6), 1), "s": ("day", 0), "u": ("day", 0), "i": ("id", 0)}),
    8: (PAIRING, {"c": ("id", 1), "h": ("id", 0), "f": ("day", 1), "u": ("day", 0)}),
    9: (PAIRING, {"o": ("day", 1), "r": (CODES(5), 1)}),
    10: (HOUSEHOLD, {"m": (CODES(4), 1), "o": (CODES(4), 1), "d": ("u16", 0), "q": ("ids", 0)}),
    11: (PAIRING, {"f": ("bool", 1), "d": ("u16", 0)}),
    12: (PERSON, {"d": ("day", 1), "v": ("ids", 0), "q": ("ids", 0)}),
    13: (OCCASION, {"k": (CODES(4), 1), "n": ("u16", 1), "d": ("u16", 0), "q": ("ids", 0)}),
    14: (HOUSEHOLD, {"t": ("id", 1), "m": (CODES(3), 1), "s": ("id", 0), "r": (CODES(5), 1)}),
    16: (OCCASION, {"p": (CODES(4), 1), "u": ("when", 1), "n": ("u16", 1), "q": ("ids", 0)}),
    17: (REQUEST, {"h": ("id", 0), "c": (CODES(9), 1), "k": (CODES(6), 1), "u": (CODES(3), 1), "n": ("u16", 1)}),
    19: (REQUEST, {"l": (CODES(5), 1), "c": (CODES(5), 1), "a": ("day", 1), "d": ("when", 0)}),
    21: (REQUEST, {"u": ("unit", 1), "h": ("id", 1), "d": ("when", 0)}),
    23: (REQUEST, {"b": ("bool", 1)}),
    26: (REQUEST, {"o": (CODES(5), 1), "w": ("bool", 1)}),
    27: (REQUEST, {"r": ("bool", 1), "s": (CODES(3), 0), "t": (CODES(4), 0)}),
    28: (REQUEST, {"u": ("unit", 1), "h": ("id", 1), "d": ("when", 0)}),
    29: (REQUEST, {"k": (CODES(7), 1)}),
    44: (None, {"t": ("id", 1), "k": (CODES(2), 1), "f": ("new", 0), "w": ("when", 0)}),
    64: (ORIGIN, {"o": ("id", 1), "f": ("seq", 1), "t": ("seq", 1), "d": ("int", 1)}),
}
RAISED, ACCEPTED, ASSIGNED, PROGRESSED, REPLIED, FOLLOWED, REASSIGNED, CLOSED = 17, 19, 21, 23, 26, 27, 28, 29
STATES = ["", "registered", "accepted", "assigned", "handling", "replied", "satisfied", "unsatisfied", "closed"]
CREATES = (RAISED, 3, 8)


class Unreadable(Exception):
    pass


# --- MessagePack -------------------------------------------------------------------------------
def unpack(b, i=0):
    def take(n):
        if i + n > len(b):
            raise Unreadable
        return b[i : i + n]

    m = take(1)[0]
    i += 1
    if m <= 0x7F:
        return m, i
    if m >= 0xE0:
        return m - 256, i
    if m in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[m], i
    if 0xCC <= m <= 0xD3:
        n = 1 << (m & 3)
        return int.from_bytes(take(n), "big", signed=m >= 0xD0), i + n
    if m <= 0x9F or 0xDC <= m <= 0xDF:
        is_map = m <= 0x8F or m >= 0xDE
        n, w = (m & 15, 0) if m <= 0x9F else (None, 2 if m in (0xDC, 0xDE) else 4)
        if n is None:
            n = int.from_bytes(take(w), "big")
            i += w
        out = []
        for _ in range(n * (2 if is_map else 1)):
            v, i = unpack(b, i)
            out.append(v)
        return (dict(zip(out[0::2], out[1::2])) if is_map else out), i
    if m <= 0xBF:
        n, w = m & 31, 0
    else:
        w = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}.get(m)
        if w is None:
            raise Unreadable
        n = int.from_bytes(take(w), "big")
        i += w
    raw = take(n)
    return (raw.decode() if m <= 0xBF or m >= 0xD9 else raw), i + n


def pack(v):
    if v is None or isinstance(v, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[v]
    if isinstance(v, int):
        if -32 <= v <= 127:
            return v.to_bytes(1, "big", signed=v < 0)
        for marker, n in ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)) if v > 0 else ((0xD0, 1), (0xD1, 2), (0xD2, 4), (0xD3, 8)):
            try:
                return bytes([marker]) + v.to_bytes(n, "big", signed=v < 0)
            except OverflowError:
                pass
    if isinstance(v, bytes):
        return (b"\xc4" + bytes([len(v)]) if len(v) < 256 else b"\xc5" + len(v).to_bytes(2, "big")) + v
    n = len(v)
    head = bytes([0x90 + n]) if n < 16 else (b"\xdc" + n.to_bytes(2, "big") if n < 65536 else b"\xdd" + n.to_bytes(4, "big"))
    return head + b"".join(map(pack, v))


# --- one event ---------------------------------------------------------------------------------
def fits(v, kind):
    number = isinstance(v, int) and not isinstance(v, bool)
    if isinstance(kind, tuple):
        return number and v in kind
    if kind == "when":
        return isinstance(v, list) and len(v) == 2 and v[0] in (0, 1, 2, 3)
    if kind == "ids":
        return isinstance(v, list) and len(v) <= 32 and all(fits(x, "id") for x in v)
    if kind == "new":
        return isinstance(v, list) and len(v) == 3 and v[0] != 44 and known_facts(v[0], v[1], unpack(v[2])[0]) is not None
    ranges = {"u16": (0, 65535), "day": (-(2**31), 2**31 - 1), "unit": (0, 10**12 - 1), "seq": (1, 2**64 - 1), "int": (-(2**63), 2**63 - 1)}
    if kind in ranges:
        return number and ranges[kind][0] <= v <= ranges[kind][1]
    return isinstance(v, bool) if kind == "bool" else isinstance(v, bytes) and len(v) == 16


def known_facts(kind, schema, facts):
    """The facts by their keys, or None where this version does not understand them."""
    if schema != 1 or kind not in KINDS:
        return None
    out = {}
    for key, (shape, required) in KINDS[kind][1].items():
        v = facts.get(key)
        if (v is None and required) or (v is not None and not fits(v, shape)):
            return None
        out[key] = v
    if out.get("f") and kind == 44:
        out["f"] = (out["f"][0], known_facts(*out["f"][:2], unpack(out["f"][2])[0]))
    return out


class Entry:
    def __init__(self, line):
        raw = bytes.fromhex(line["bytes"])
        h, end = unpack(raw)
        if end != len(raw) or not isinstance(h, list) or len(h) != 23 or h[0] != 1 or not isinstance(h[22], dict):
            raise Unreadable
        self.rank = (line["position"], h[1], line["sequence"])
        if base32(h[1]) != line["origin"] or h[12] != line["sequence"]:
            raise Unreadable
        self.hub, self.received = line["hub"], line["received_at_ms"]
        self.unit, self.recorder, self.kind, self.id = h[2], h[3], h[8], h[13]
        self.subject, self.occurred, self.actors = (h[10], h[11]), h[16], h[17]
        self.carried, self.source, self.text = h[19], h[20], h[21] and h[21][0]
        self.facts = known_facts(h[8], h[9], h[22])
        ulid_ms = int.from_bytes(self.id[:6], "big")
        if self.source:
            self.story = (0, self.source[0], self.source[1], self.id)
        else:
            self.story = (1, min(ulid_ms, self.received), 0, self.id)


def base32(b):
    n = int.from_bytes(b, "big")
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[n >> 5 * i & 31] for i in range(25, -1, -1))


def day_of(ms):
    return (ms + 8 * 3600000) // 86400000


def start_ms(when):
    p, v = when
    return v if p == 3 else v * 60000 if p == 2 else v * 43200000 - 8 * 3600000 if p == 1 else v * 86400000 - 8 * 3600000


def when_day(when):
    p, v = when
    return v if p == 0 else v // 2 if p == 1 else day_of(start_ms(when))


# --- an entity's story -------------------------------------------------------------------------
class Told:
    """An event after corrections."""

    def __init__(self, e):
        self.e, self.kind, self.facts, self.occurred, self.voided = e, e.kind, e.facts, None, False

    def finish(self):
        e = self.e
        self.ms = e.source[0] if e.source and not self.occurred else start_ms(self.occurred or e.occurred)
        self.day = day_of(self.ms) if e.source else when_day(self.occurred or e.occurred)


def resolve(history):
    history.sort(key=lambda e: e.story)
    usable = [e for e in history if KINDS[e.kind][0] in (None, e.subject[0])]
    present = {e.id: e for e in history}
    told = {e.id: Told(e) for e in usable if e.kind != 44}
    for c in (e for e in usable if e.kind == 44):
        target, new = present.get(c.facts["t"]), c.facts["f"]
        if target is None or target.kind == 44 or (target.hub and not c.hub):
            continue
        t = told.get(target.id)
        if c.facts["k"] == 2:
            if t and any(a != c.recorder for a in c.actors):
                t.voided = True
        elif t and (new or c.facts["w"]) and (not new or new[0] == target.kind):
            t.voided = False
            t.facts = new[1] if new else t.facts
            t.occurred = c.facts["w"] or t.occurred
    out = [t for e in usable if e.kind != 44 for t in [told[e.id]] if not t.voided]
    creators = [t for t in out if t.kind in CREATES]
    if creators and not min(creators, key=lambda t: t.e.rank).e.source:
        out = [t for t in out if not t.e.source]
    for t in out:
        t.finish()
    return out


# --- L3 ----------------------------------------------------------------------------------------
COLUMNS = """unit household channel kind urgency people registered_on raised_ms accepted_on assigned_on due replied_on
followed_up_on closed_on closed_ms handling_unit handler round outcome solved satisfaction closing state attempts
attempt_days imported text_sha256""".split()


def legal(r, t, days):
    """Whether a live step may be taken where the request stands."""
    f, s, people = t.facts, STATES[r["state"]], [t.e.recorder] + t.e.actors
    if t.kind in (FOLLOWED, REASSIGNED, CLOSED) and not t.e.hub:
        return False
    if t.kind in (FOLLOWED, CLOSED) and r["handler"] in people:
        return False
    if t.kind == ACCEPTED:
        return s == "registered"
    if t.kind == ASSIGNED:
        return s == "accepted" and (t.e.hub or f["u"] == t.e.unit)
    if t.kind in (PROGRESSED, REPLIED):
        return s in ("assigned", "handling")
    if t.kind == FOLLOWED:
        return s == "replied"
    if t.kind == REASSIGNED:
        return s == "unsatisfied"
    if t.kind != CLOSED or s == "closed":
        return False
    why = f["k"]
    return (
        why in (4, 5, 6)
        or (why == 1 and s == "satisfied")
        or (why == 2 and s == "unsatisfied" and r["round"] >= 2 and r["outcome"] in (3, 4))
        or (why == 3 and s == "replied" and r["attempts"] >= 3 and len(days) >= 2)
    )


def take(r, t, days):
    f = t.facts
    if t.kind == ACCEPTED:
        r.update(state=2, accepted_on=f["a"], due=f["d"] or r["due"])
    elif t.kind in (ASSIGNED, REASSIGNED):
        r.update(state=3, round=r["round"] + 1, assigned_on=t.day, handling_unit=f["u"], handler=f["h"])
        r.update(due=f["d"] or r["due"], replied_on=None, outcome=None, attempts=0)
        days.clear()
    elif t.kind == PROGRESSED:
        r["state"] = 4
    elif t.kind == REPLIED:
        r.update(state=5, replied_on=t.day, outcome=f["o"], attempts=0)
        days.clear()
    elif t.kind == FOLLOWED:
        r["followed_up_on"] = t.day
        if not f["r"]:
            r["attempts"] += 1
            days.add(t.day)
        else:
            r.update(attempts=0, solved=f["s"], satisfaction=f["t"])
            days.clear()
            if f["t"] == 3:
                r["state"] = 7
            elif f["t"] in (1, 2) or f["s"] == 1:
                r["state"] = 6
            elif f["s"] == 2:
                r["state"] = 7
    elif t.kind == CLOSED:
        r.update(state=8, closing=f["k"], closed_on=t.day, closed_ms=t.ms)


def request_row(told):
    raised = [t for t in told if t.kind == RAISED]
    if not raised:
        return None
    t = raised[0]
    f, r, days = t.facts, dict.fromkeys(COLUMNS), set()
    r.update(unit=t.e.unit, household=f["h"], channel=f["c"], kind=f["k"], urgency=f["u"], people=f["n"], registered_on=t.day)
    r.update(raised_ms=t.ms, round=0, state=1, attempts=0, imported=bool(t.e.source), text_sha256=t.e.text)
    seen = bool(t.e.source)  # an imported raising counts from the start, wherever it stands among the imports
    for step in told:
        if step is t:
            seen = True
        elif step.e.source and seen:
            was_closed = r["state"] == 8
            take(r, step, days)
            r["state"] = 8 if was_closed else r["state"]
        elif not step.e.source and seen and step.kind != RAISED and legal(r, step, days):
            take(r, step, days)
    r["attempt_days"] = len(days)
    return r


# --- L1/L4 -------------------------------------------------------------------------------------
OPEN, OUT, MERGED, GONE = 1, 2, 3, 4


def household_row(me, told):
    told = [t for t in told if t.kind != 14]  # a check makes no row and changes none
    if not told:
        return None
    r = dict(unit=told[0].e.unit, registered_on=None, group=None, size=None, text_sha256=None)
    turns, parts, visits = [], [], []
    for t in told:
        f = t.facts
        if t.kind == 3 and r["registered_on"] is None:
            r.update(unit=t.e.unit, registered_on=t.day, group=f["g"], size=f["n"], text_sha256=t.e.text)
            turns.append((t.day, OPEN, None))
        elif t.kind == 4:
            since = t.day if f["s"] is None else f["s"]
            until = f["u"] if f["u"] is not None and f["u"] >= since else None
            other = None if f["i"] == me else f["i"]
            if f["k"] in (1, 2):
                now, then = (OPEN, OUT) if f["k"] == 1 else (OUT, OPEN)
                turns.append((since, now, None))
                if until is not None:
                    turns.append((until + 1, then, None))
            elif f["k"] == 3:
                turns.append((since, MERGED if other else GONE, other))
            elif f["k"] == 4 and other:
                parts.append([other, since, t.e.unit])
            elif f["k"] == 5:
                turns.append((since, GONE, None))
        elif t.kind == 10:
            visits.append([t.day, f["m"], f["o"], t.e.id])
    r["turns"] = sorted({turn[0]: turn for turn in sorted(turns, key=lambda x: x[0])}.values(), key=lambda x: x[0])
    r["parts"], r["visits"] = parts, sorted(visits, key=lambda v: v[0])
    return r


def status(turns, day):
    past = [t for t in turns if t[0] <= day]
    return past[-1][1:] if past else (None, None)


def books_of(rows):
    """Household -> (unit, turns), for every household that is or was on the books; splits of others included."""
    books = {h: (r["unit"], r["turns"]) for h, r in rows.items() if r["registered_on"] is not None}
    named = {}
    for r in rows.values():
        for other, since, unit in r["parts"]:
            if other not in books:
                named.setdefault(other, []).append((unit, since))
    for h, splits in named.items():
        turns = {since: (since, OPEN, None) for _, since in splits}
        turns.update({t[0]: t for t in rows[h]["turns"]} if h in rows else {})
        books[h] = (min(u for u, _ in splits), [turns[d] for d in sorted(turns)])
    return books


def coverage(rows, first, last):
    books = books_of(rows)

    def by_then(h, day):
        trail = [h]
        while True:
            turns = books[h][1] if h in books else rows[h]["turns"] if h in rows else []
            what, into = status(turns, day)
            if what != MERGED or into in trail:
                return h
            trail.append(into)
            h = into

    def is_open(turns):
        return status(turns, first)[0] == OPEN or any(first < t[0] <= last and t[1] == OPEN for t in turns)

    due = {h: 0 for h, (_, turns) in books.items() if first <= last and is_open(turns)}
    counts = {}
    for h, r in rows.items():
        for day, mode, outcome, _ in r["visits"]:
            if first <= day <= last:
                reach, now = (3 if mode == 1 else 2) if outcome == 1 else 1, by_then(h, day)
                if now in due:
                    due[now] = max(due[now], reach)
                else:
                    counts.setdefault(r["unit"], [0] * 6)[5] += 1
    for h, reach in due.items():
        c = counts.setdefault(books[h][0], [0] * 6)
        c[0] += 1
        c[4 - reach] += 1
    return counts


# --- all ---------------------------------------------------------------------------------------
def summary(view, unit, rows):
    """Rows as (key, value) bytes, with both digests."""
    rows = sorted(rows)
    live = sum(int.from_bytes(hashlib.sha256(k + v).digest(), "big") for k, v in rows) % 2**256
    root = hashlib.sha256(f"minqing/view/{view}/{RULE_VERSION}/{unit:012}\n".encode())
    for part in (p for row in rows for p in row):
        root.update(len(part).to_bytes(4, "big") + part)
    return {"live": f"{live:064x}", "root": root.hexdigest(), "rows": {k.hex(): v.hex() for k, v in rows}}


def main():
    periods = [(int(sys.argv[i + 1]), int(sys.argv[i + 2])) for i, a in enumerate(sys.argv) if a == "--period"]
    first, logs = {}, {}
    for line in map(json.loads, filter(str.strip, sys.stdin)):
        try:
            e = Entry(line)
        except (Unreadable, UnicodeDecodeError, TypeError):
            continue
        logs[e.rank[1:]] = e
        if e.id not in first or e.rank < first[e.id].rank:
            first[e.id] = e
    for (origin, sequence), e in logs.items():
        before = logs.get((origin, sequence - 1))
        if before and not e.carried and not before.carried and e.id <= before.id and first[e.id].rank == e.rank:
            first[e.id].facts = None  # the ULID does not increase: not understood
    entities = {}
    for e in first.values():
        if e.facts is not None:
            entities.setdefault(e.subject, []).append(e)
    requests, households = {}, {}
    for (kind, me), history in entities.items():
        told = resolve(history)
        if kind == REQUEST:
            requests[me] = request_row(told)
        elif kind == HOUSEHOLD:
            households[me] = household_row(me, told)
    requests = {k: r for k, r in requests.items() if r}
    households = {k: r for k, r in households.items() if r}
    units = {}
    for me, r in requests.items():
        units.setdefault(r["unit"], ([], []))[0].append((me, pack([r[c] for c in COLUMNS])))
    for me, r in households.items():
        columns = ("unit", "registered_on", "group", "size", "text_sha256", "turns", "parts", "visits")
        units.setdefault(r["unit"], ([], []))[1].append((me, pack([r[c] for c in columns])))
    out = {"rule_version": RULE_VERSION, "units": {}, "coverage": []}
    for unit, (asked, homes) in sorted(units.items()):
        out["units"][f"{unit:012}"] = {"requests": summary("requests", unit, asked), "households": summary("households", unit, homes)}
    for a, b in periods:
        for unit, counts in sorted(coverage(households, a, b).items()):
            out["coverage"].append({"unit": f"{unit:012}", "from": a, "to": b, "counts": counts, "value": pack(counts).hex()})
    plain = lambda v: v.hex() if isinstance(v, bytes) else v
    out["requests"] = {base32(me): {c: STATES[v] if c == "state" else plain(v) for c, v in r.items()} for me, r in sorted(requests.items())}
    json.dump(out, sys.stdout, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
