#!/usr/bin/env python3
"""Reads the good vectors of events.json as a stranger would: with the tables of ../events.md and nothing else.

It shares no line with the program. Where it disagrees with a vector it says so and ends with 1.
"""

import hashlib
import json
import pathlib
import re
import struct
import sys
from datetime import date, datetime, timedelta, timezone

HERE = pathlib.Path(__file__).resolve().parent
PAGE = (HERE.parent / "events.md").read_text(encoding="utf-8")
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Reader:
    """As much MessagePack as an event may hold."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        assert self.at + count <= len(self.data), "cut short"
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, width, signed=False):
        return int.from_bytes(self.take(width), "big", signed=signed)

    def value(self):
        marker = self.number(1)
        if marker <= 0x7F:
            return marker
        if marker <= 0x8F:
            return self.pairs(marker & 0x0F)
        if marker <= 0x9F:
            return self.items(marker & 0x0F)
        if marker <= 0xBF:
            return self.take(marker & 0x1F).decode()
        if marker >= 0xE0:
            return marker - 256
        if marker in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[marker]
        if 0xC4 <= marker <= 0xC6:
            return self.take(self.number(1 << (marker - 0xC4)))
        if marker == 0xCB:
            return struct.unpack(">d", self.take(8))[0]
        if 0xCC <= marker <= 0xCF:
            return self.number(1 << (marker - 0xCC))
        if 0xD0 <= marker <= 0xD3:
            return self.number(1 << (marker - 0xD0), signed=True)
        if 0xD4 <= marker <= 0xD8:
            return ("ext", self.take(1 + (1 << (marker - 0xD4))))
        if 0xD9 <= marker <= 0xDB:
            return self.take(self.number(1 << (marker - 0xD9))).decode()
        if marker in (0xDC, 0xDD):
            return self.items(self.number(2 if marker == 0xDC else 4))
        if marker in (0xDE, 0xDF):
            return self.pairs(self.number(2 if marker == 0xDE else 4))
        raise ValueError(f"marker {marker:02x}")

    def items(self, count):
        return [self.value() for _ in range(count)]

    def pairs(self, count):
        return {self.value(): self.value() for _ in range(count)}


def whole(data):
    reader = Reader(data)
    value = reader.value()
    assert reader.at == len(data), "bytes follow"
    return value


def base32(data):
    number = int.from_bytes(data, "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(25, -1, -1))


def day(number):
    try:
        return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
    except OverflowError:
        return f"day {number}"


def when(pair):
    precision, value = pair
    if precision == 0:
        return day(value)
    if precision == 1:
        return day(value // 2) + (" pm" if value % 2 else " am")
    start = datetime(1970, 1, 1, tzinfo=timezone.utc)
    try:
        if precision == 2:
            return (start + timedelta(minutes=value + 480)).strftime("%Y-%m-%d %H:%M")
        return (start + timedelta(milliseconds=value)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    except OverflowError:
        return f"{'minute' if precision == 2 else 'instant'} {value}"


def read_codes():
    """{"Mode": {1: "home", …}, …} from the lines that begin with **Mode**."""
    codes = {}
    for name, text in re.findall(r"^\*\*(\w+)\*\*[^:\n]*: ((?:`\d+` .*\n?)+(?:`\d+` .*\n?)*)", PAGE, re.M):
        codes[name] = {int(code): word.rstrip(".") for code, word in re.findall(r"`(\d+)` (\S+)", text)}
    return codes


def read_kinds():
    """{10: ("visit_recorded", {"m": ("mode", "Mode"), …}), …} from the headings and their tables."""
    kinds = {}
    for section in PAGE.split("\n### ")[1:]:
        section = re.split(r"\n## ", section)[0]
        number, key = re.match(r"(\d+) `(\w+)`", section).groups()
        rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")][2:]
        fields = {row[1].strip(): (row[0].strip().rstrip("?"), row[2].strip()) for row in rows}
        kinds[int(number)] = (key, fields)
    return kinds


CODES, KINDS = read_codes(), read_kinds()


def said(kind_of_value, value):
    if kind_of_value.startswith("array of 3"):
        kind, schema, data = value
        assert schema == 1
        return {KINDS[kind][0]: facts(kind, whole(data))}
    if kind_of_value.startswith("array of "):
        return [said(kind_of_value.removeprefix("array of ").split(",")[0], item) for item in value]
    if kind_of_value in CODES:
        return CODES[kind_of_value][value]
    if kind_of_value in ("EntityId", "EventId", "PersonId", "Origin", "JournalId"):
        return base32(value)
    if kind_of_value == "Hash256":
        return value.hex()
    if kind_of_value == "UnitCode":
        return f"{value:012}"
    if kind_of_value in ("Day", "When"):
        return day(value) if kind_of_value == "Day" else when(value)
    return value


def facts(kind, stored):
    _, fields = KINDS[kind]
    known = {key: value for key, value in stored.items() if key in fields and value is not None}
    return {fields[key][0]: said(fields[key][1], value) for key, value in known.items()}


def without_empty(told):
    """Absent fields may be told as absent, as null or as an empty list."""
    return None if told is None else {key: value for key, value in told.items() if value not in (None, [])}


def envelope(event):
    seen, carried, source, personal = event[7], event[19], event[20], event[21]
    kind, schema = event[8], event[9]
    known = kind in KINDS and schema == 1
    return {
        "origin": base32(event[1]),
        "unit": f"{event[2]:012}",
        "recorder": base32(event[3]),
        "boot": event[4].hex(),
        "clock": CODES["ClockQuality"][event[5]],
        "mode": CODES["EntryMode"][event[6]],
        "seen": seen and {"journal": base32(seen[0]), "size": str(seen[1]), "root": seen[2].hex()},
        "kind": kind,
        "kind_key": KINDS[kind][0] if kind in KINDS else None,
        "schema": schema,
        "subject": {"kind": CODES["SubjectKind"][event[10]], "id": base32(event[11])},
        "sequence": str(event[12]),
        "id": base32(event[13]),
        "id_ms": int.from_bytes(event[13][:6], "big"),
        "wall_ms": event[14],
        "mono_ms": event[15],
        "occurred": when(event[16]),
        "actors": [base32(actor) for actor in event[17]],
        "causes": [base32(cause) for cause in event[18]],
        "carried_from": carried and {"origin": base32(carried[0]), "sequence": str(carried[1])},
        "source": source and {"instant_ms": str(source[0]), "row": str(source[1]), "label": source[2]},
        "personal": personal and {"sha256": personal[0].hex(), "len": personal[1]},
        "facts": facts(kind, event[22]) if known else None,
    }


def complaints(vector):
    data = bytes.fromhex(vector["event"])
    event = whole(data)
    if len(event) != 23 or event[0] != 1:
        yield "not an envelope of format 1"
    if hashlib.sha256(b"\0" + data).hexdigest() != vector["leaf"]:
        yield "another leaf"
    told = dict(vector["decoded"], facts=without_empty(vector["decoded"]["facts"]))
    facts_hex, content = told.pop("facts_hex"), told.pop("personal_content")
    if not data.endswith(bytes.fromhex(facts_hex)):
        yield "the facts are not the last element"
    read = envelope(event)
    yield from (f"{key}: read {read[key]!r}, told {told[key]!r}" for key in told if read[key] != told[key])
    if vector["personal"] is not None:
        blob = bytes.fromhex(vector["personal"])
        if [hashlib.sha256(blob).digest(), len(blob)] != event[21] or blob[0] != 0:
            yield "another personal part"
        if whole(blob[17:]) != content:
            yield "another content of the personal part"


def main():
    vectors = json.loads((HERE / "events.json").read_text(encoding="utf-8"))["good"]
    found = [f"{vector['name']}: {text}" for vector in vectors for text in complaints(vector)]
    print("\n".join(found) or f"{len(vectors)} vectors read as the page says")
    return 1 if found or not vectors else 0


if __name__ == "__main__":
    sys.exit(main())
