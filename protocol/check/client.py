#!/usr/bin/env python3
"""Reads vectors/sync.json as a stranger would: with the tables of ../README.md and the standard library.

It and the modules beside it share no line with the program. Where it disagrees with a vector it says so and ends with 1.
Without zstd (see bodies.py) it ends with 77.
"""

import json
import re
import sys

from bodies import crc32c, has_zstd, items, unpacked
from messages import HERE, LIMITS, PAGE, TABLES, Refused, base32, in_order, message, record
from signatures import checkpoint, leaf, origin_of, public, root, statement, verify

NO_ZSTD = 77


def told(value):
    """A value as the vectors tell it."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list):
        return [told(item) for item in value]
    if isinstance(value, dict):
        return {key: told(item) for key, item in value.items()}
    return str(value) if isinstance(value, int) and value >= 1 << 53 else value


def told_item(item):
    ((kind, value),) = item.items()
    if kind == "range":
        value = {"origin": base32(value[0]), "first": str(value[1])}
    elif kind == "entry":
        value = {"event": value[0].hex(), "personal": value[1] and value[1].hex()}
    elif kind == "record":
        value = {"position": str(value[0]), "bytes": value[1].hex()}
    return {kind: told(value)}


def check_key(vector, _):
    key = public(bytes.fromhex(vector["seed"]))
    if key.hex() != vector["public"] or base32(origin_of(key)) != vector["origin"]:
        yield "another key or origin"


def check_statement(vector, _):
    key, data, signature = (bytes.fromhex(vector[field]) for field in ("public", "bytes", "signature"))
    if not verify(key, statement(vector["domain"], data), signature):
        yield "the signature does not verify"
    if verify(key, statement(vector["domain"] + "x", data), signature):
        yield "the signature verifies under another domain"


def check_tree(vector, _):
    leaves = [leaf(bytes.fromhex(entry)) for entry in vector["entries"]]
    roots = [root(leaves[:size]).hex() for size in range(len(leaves) + 1)]
    if roots != vector["roots"]:
        yield "other roots"


def check_note(vector, _):
    size, hash_ = checkpoint(vector["note"], vector["log"], bytes.fromhex(vector["public"]))
    if (str(size), hash_.hex()) != (vector["size"], vector["root"]):
        yield "another checkpoint"


def check_bad_note(vector, _):
    try:
        checkpoint(vector["note"], vector["log"], bytes.fromhex(vector["public"]))
        yield "it was taken"
    except Refused:
        pass


def check_message(vector, _):
    value = message(vector["type"], bytes.fromhex(vector["bytes"]))
    if told(value) != vector["decoded"]:
        yield f"read as {told(value)}"
    if not in_order(vector["type"], value):
        yield "not the table's fields in the table's order"


def check_bad_message(vector, _):
    try:
        message(vector["type"], bytes.fromhex(vector["bytes"]))
        yield "it was taken"
    except Refused:
        pass


def check_record(vector, _):
    data = bytes.fromhex(vector["bytes"])
    kind, fields = record(data)
    if told({kind: fields}) != vector["decoded"] or kind != vector["kind"]:
        yield f"read as {kind} {told(fields)}"
    if not in_order(f"record {kind}", fields):
        yield "not the table's fields in the table's order"
    if leaf(data).hex() != vector["leaf"]:
        yield "another leaf"


def check_body(vector, file):
    body = bytes.fromhex(vector["body"])
    found = list(items(body))
    if [told_item(item) for item in found] != vector["items"]:
        yield "other items"
    if unpacked(body) != (bytes.fromhex(vector["raw"]), True):
        yield "unfolds to other bytes"
    yield from check_push(found, {bytes.fromhex(key["public"]) for key in file["keys"]})
    for cut in range(1, len(body), max(1, len(body) // 12)):
        try:
            before = []
            before.extend(items(body[:-cut]))
        except Refused:
            pass
        if before != found[: len(before)]:
            yield f"cut by {cut} bytes it says something else"
    if len(found) > LIMITS["FLUSH_EVERY_ENTRIES"] + 2:
        kept = []
        try:
            for item in items(body[:-1]):
                kept.append(item)
        except Refused:
            pass
        if len(kept) <= LIMITS["FLUSH_EVERY_ENTRIES"]:
            yield f"of a body cut short only {len(kept)} items are left"


def check_push(found, keys):
    """A whole log with its checkpoint has the root that its origin signed."""
    if not found or "range" not in found[0] or found[0]["range"][1] != 1 or "checkpoint" not in found[-1]:
        return
    origin = found[0]["range"][0]
    (key,) = (key for key in keys if origin_of(key) == origin)
    leaves = [leaf(item["entry"][0]) for item in found[1:-1]]
    signed = checkpoint(found[-1]["checkpoint"], f"minqing/{base32(origin)}", key)
    if signed != (len(leaves), root(leaves)):
        yield "the entries do not have the checkpoint's root"


def check_bad_body(vector, _):
    count = 0
    try:
        for _ in items(bytes.fromhex(vector["body"])):
            count += 1
        yield "it was taken"
    except Refused as refused:
        if refused.args[0] != vector["reason"] or count != vector["items_before"]:
            yield f"refused for {refused.args} after {count} items"


CHECKS = {
    "keys": check_key,
    "statements": check_statement,
    "trees": check_tree,
    "notes": check_note,
    "notes_refused": check_bad_note,
    "messages": check_message,
    "messages_refused": check_bad_message,
    "records": check_record,
    "bodies": check_body,
    "bodies_refused": check_bad_body,
}


def check_page(file):
    """What the page shows in full is what the vectors hold."""
    if crc32c(b"123456789") != 0xE3069283:
        yield "CRC32C of the page's own example"
    block = re.search(r"```hex\n(.*?)```", PAGE, re.S).group(1)
    shown = "".join(line.split(" ")[0] for line in block.splitlines())
    if shown not in [vector["raw"] for vector in file["bodies"]]:
        yield "the worked example is no vector"
    types = {vector["type"] for vector in file["messages"]} | {f"record {vector['kind']}" for vector in file["records"]}
    yield from (f"no vector of {name}" for name in types - TABLES.keys())


def complaints(check, vector, file):
    try:
        yield from check(vector, file)
    except Refused as refused:
        yield f"refused: {refused.args}"


def main():
    if not has_zstd():
        print("no zstd: install the module zstandard or the program zstd")
        return NO_ZSTD
    file = json.loads((HERE.parent / "vectors" / "sync.json").read_text(encoding="utf-8"))
    found, count = list(check_page(file)), 0
    for section, vectors in file.items():
        for vector in vectors:
            count += 1
            found += [f"{section}: {vector['name']}: {text}" for text in complaints(CHECKS[section], vector, file)]
    print("\n".join(found) or f"{count} vectors read as the page says")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main())
