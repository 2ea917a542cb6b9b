#!/usr/bin/env python3
"""Reads vectors/sync.json as a stranger would: with the tables of ../README.md and the standard library.

It shares no line with the program. Where it disagrees with a vector it says so and ends with 1. Before Python 3.14
the library has no zstd: the module `zstandard` or the program `zstd` is used; without either it ends with 77.
"""

import base64
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PAGE = (HERE.parent / "README.md").read_text(encoding="utf-8")
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NO_ZSTD = 77


class Refused(Exception):
    """What is read is not what the page allows. The first argument is the class of the reason."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def base32(data):
    number = int.from_bytes(data, "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(25, -1, -1))


# §17: the limits, by name.
LIMITS = {name: int(value) for name, value in re.findall(r"^\| ([A-Z_]+) \| (\d+) \|", PAGE, re.M)}


# ---------------------------------------------------------------- §7 messages


class Reader:
    """As much MessagePack as a message may hold."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Refused("message", "cut short")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, width, signed=False):
        return int.from_bytes(self.take(width), "big", signed=signed)

    def value(self, depth=0):
        if depth > 16:
            raise Refused("message", "too deep")
        marker = self.number(1)
        if marker <= 0x7F:
            return marker
        if marker <= 0x8F:
            return self.pairs(marker & 0x0F, depth)
        if marker <= 0x9F:
            return [self.value(depth + 1) for _ in range(marker & 0x0F)]
        if marker <= 0xBF:
            return self.text(marker & 0x1F)
        if marker >= 0xE0:
            return marker - 256
        if marker in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[marker]
        if 0xC4 <= marker <= 0xC6:
            return self.take(self.number(1 << (marker - 0xC4)))
        if 0xCC <= marker <= 0xCF:
            return self.number(1 << (marker - 0xCC))
        if 0xD0 <= marker <= 0xD3:
            return self.number(1 << (marker - 0xD0), signed=True)
        if 0xD9 <= marker <= 0xDB:
            return self.text(self.number(1 << (marker - 0xD9)))
        if marker in (0xDC, 0xDD):
            return [self.value(depth + 1) for _ in range(self.number(2 if marker == 0xDC else 4))]
        if marker in (0xDE, 0xDF):
            return self.pairs(self.number(2 if marker == 0xDE else 4), depth)
        raise Refused("message", f"marker {marker:02x}")

    def text(self, count):
        try:
            return self.take(count).decode()
        except UnicodeDecodeError:
            raise Refused("message", "not UTF-8") from None

    def pairs(self, count, depth):
        found = {}
        for _ in range(count):
            key = self.value(depth + 1)
            if not isinstance(key, str) or key in found:
                raise Refused("message", f"key {key!r}")
            found[key] = self.value(depth + 1)
        return found


def whole(data):
    reader = Reader(data)
    value = reader.value()
    if reader.at != len(data):
        raise Refused("message", "bytes follow")
    return value


def read_tables():
    """{"Hello": {"version": ("uint", needed), …}, "record opened": …} from the headings and their tables."""
    tables = {}
    for section in re.split(r"\n### ", PAGE)[1:]:
        section = re.split(r"\n## ", section)[0]
        name = section.splitlines()[0].replace("`", "")
        rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")][2:]
        cells = [[cell.strip() for cell in row] for row in rows]
        may_lack = lambda row: row[0].endswith("°") or row[1].startswith("nil or ")  # noqa: E731
        tables[name] = {row[0].rstrip("°"): (row[1], not may_lack(row)) for row in cells}
    return tables


TABLES = read_tables()
BYTES = {"Origin": 16, "JournalId": 16, "Hash": 32, "Key": 32, "Signature": 64}
WORDS = {"Role": ("village", "auditor"), "SuccessorReason": ("restored", "forked", "clock_runaway")}
NUMBERS = {"uint": (0, 1 << 64), "Position": (0, 1 << 64), "Ms": (0, 1 << 64), "Sequence": (1, 1 << 64), "UnitCode": (0, 10**12)}


def fits(kind, value):
    """Raises unless the value has the type that a table names."""
    size = BYTES.get(kind) or (int(kind.split()[1]) if re.fullmatch(r"bin \d+", kind) else None)
    if kind.startswith("nil or "):
        return value is None or fits(kind.removeprefix("nil or "), value)
    if kind.startswith("array of "):
        good = isinstance(value, list) and all(fits(kind.removeprefix("array of "), item) for item in value)
    elif size is not None:
        good = isinstance(value, bytes) and len(value) == size
    elif kind == "bin":
        good = isinstance(value, bytes)
    elif kind in ("str", "Note"):
        good = isinstance(value, str)
    elif kind == "bool":
        good = isinstance(value, bool)
    elif kind in NUMBERS:
        least, beyond = NUMBERS[kind]
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value < beyond
    elif kind in WORDS:
        good = value in WORDS[kind]
    elif kind == "Audience":
        good = value in ("all", "internal") or (set(value) == {"unit"} and fits("UnitCode", value["unit"]))
    else:
        good = isinstance(value, dict) and struct_fits(kind, value)
    if not good:
        raise Refused("message", f"{kind}: {value!r}")
    return True


def struct_fits(name, value):
    table = TABLES[name]
    for field, (kind, needed) in table.items():
        if field in value:
            fits(kind, value[field])
        elif needed:
            raise Refused("message", f"{name} without {field}")
    return True


def message(kind, data):
    if len(data) > LIMITS["MESSAGE_BYTES_MAX"]:
        raise Refused("message", "too long")
    value = whole(data)
    fits(kind, value)
    return value


def record(data):
    if len(data) > LIMITS["RECORD_BYTES_MAX"]:
        raise Refused("record", "too long")
    ((kind, fields),) = whole(data).items()
    struct_fits(f"record {kind}", fields)
    return kind, fields


# ---------------------------------------------------------------- §8 signatures and trees

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * D * p[3] * q[3], 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    sum_ = (0, 1, 1, 0)
    while number:
        if number & 1:
            sum_ = add(sum_, point)
        point, number = add(point, point), number >> 1
    return sum_


def same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def point(data):
    """The point that 32 bytes stand for, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * I % P
    if (x * x - square) % P or y >= P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def packed(p):
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def secret(seed):
    digest = hashlib.sha512(seed).digest()
    number = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return number, digest[32:]


def public(seed):
    return packed(times(secret(seed)[0], BASE))


def challenge(r, key, text):
    return int.from_bytes(hashlib.sha512(r + key + text).digest(), "little") % L


def sign(seed, text):
    number, prefix = secret(seed)
    r = int.from_bytes(hashlib.sha512(prefix + text).digest(), "little") % L
    start = packed(times(r, BASE))
    return start + ((r + challenge(start, public(seed), text) * number) % L).to_bytes(32, "little")


def verify(key, text, signature):
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or len(signature) != 64:
        return False
    weak = [same(times(8, p), (0, 1, 1, 0)) for p in (a, r)]
    k = challenge(signature[:32], key, text)
    return not any(weak) and same(times(s, BASE), add(r, times(k, a)))


def statement(domain, data):
    return b"minqing/statement/v1\0" + len(domain).to_bytes(2, "big") + domain.encode() + data


def origin_of(key):
    return sha256(b"minqing/origin/v1", key)[:16]


def key_hash(name, key):
    return sha256(name.encode(), b"\n\1", key)[:4]


def leaf(data):
    return sha256(b"\0", data)


def root(leaves):
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1", root(leaves[:split]), root(leaves[split:]))


def is_name(name):
    return name != "" and not re.search(r"[\s+]", name)


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or base64.b64encode(data).decode() != text:
        raise Refused("note", "base64")
    return data


def signed_note(name, size, hash_, seed):
    text = f"{name}\n{size}\n{base64.b64encode(hash_).decode()}\n"
    signature = key_hash(name, public(seed)) + sign(seed, text.encode())
    return f"{text}\n\u2014 {name} {base64.b64encode(signature).decode()}\n"


def checkpoint(note, name, key):
    """Size and root of a note of the log `name`, signed by `key`; or Refused."""
    if len(note.encode()) > LIMITS["NOTE_BYTES_MAX"] or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise Refused("note", "form")
    text, middle, lines = note.rpartition("\n\n")
    if not middle or not lines.endswith("\n"):
        raise Refused("note", "form")
    text, good = text + "\n", False
    for line in lines[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        signer, _, signature = rest.partition(" ")
        signature = unbase64(signature)
        if dash != "\u2014" or not is_name(signer) or len(signature) < 5:
            raise Refused("note", "signature line")
        if signer == name and signature[:4] == key_hash(name, key):
            if not verify(key, text.encode(), signature[4:]):
                raise Refused("note", "signature")
            good = True
    found, size, hash_, *more = text[:-1].split("\n")
    if not good or found != name or not is_name(found) or "" in more or not re.fullmatch(r"0|[1-9][0-9]*", size):
        raise Refused("note", "checkpoint")
    hash_ = unbase64(hash_)
    if len(hash_) != 32 or int(size) >= 1 << 64:
        raise Refused("note", "checkpoint")
    return int(size), hash_


# ---------------------------------------------------------------- §9 bodies


def crc_table():
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
        yield number


CRC = list(crc_table())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def window(body):
    """Bytes of window that a zstd frame asks for (RFC 8878 §3.1.1.1)."""
    if len(body) < 6 or body[:4] != b"\x28\xb5\x2f\xfd":
        raise Refused("zstd", "no frame")
    if body[4] & 0x20:
        field = (1, 2, 4, 8)[body[4] >> 6]
        at = 5 + (0, 1, 2, 4)[body[4] & 3]
        return int.from_bytes(body[at : at + field], "little") + (256 if field == 2 else 0)
    exponent, mantissa = body[5] >> 3, body[5] & 7
    return (1 << 10 + exponent) * (8 + mantissa) // 8


def has_zstd():
    try:
        import zstandard  # noqa: F401
    except ImportError:
        return shutil.which("zstd") is not None
    return True


def unpacked(body):
    """What the frame unfolds to, as far as it goes, and whether it ended well. Never much more than is allowed."""
    most = LIMITS["BODY_RAW_BYTES_MAX"] + 1
    try:
        import zstandard
    except ImportError:
        with tempfile.TemporaryFile() as file:
            file.write(body)
            file.seek(0)
            command = ["zstd", "-d", "-c", "-q"]
            with subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                raw = process.stdout.read(most)
                if len(raw) == most:
                    process.kill()
        return raw, process.returncode == 0
    raw, reader = b"", zstandard.ZstdDecompressor(max_window_size=1 << 20).decompressobj()
    try:
        for at in range(0, len(body), 64):
            raw += reader.decompress(body[at : at + 64])
            if len(raw) >= most:
                break
    except zstandard.ZstdError:
        return raw, False
    return raw[:most], reader.eof


def packed_body(raw):
    return subprocess.run(["zstd", "-q", "-c", "--zstd=wlog=20"], input=raw, capture_output=True, check=True).stdout


def one_entry(payload):
    form, length, rest = payload[:1], int.from_bytes(payload[1:3], "big"), payload[3:]
    if len(payload) < 3 or length > 3072:
        raise Refused("item", "entry")
    if form == b"\0" and len(rest) == length:
        return rest, None
    if form == b"\1" and len(rest) >= length:
        event, personal = rest[:length], rest[length:]
    elif form == b"\2" and length >= 32 and len(rest) >= 2 + length - 32:
        at, rest = int.from_bytes(rest[:2], "big"), rest[2:]
        if at > length - 32:
            raise Refused("item", "entry")
        personal = rest[length - 32 :]
        event = rest[:at] + sha256(personal) + rest[at : length - 32]
    else:
        raise Refused("item", "entry")
    if len(personal) > 16384:
        raise Refused("item", "personal part")
    return event, personal


def one_item(tag, payload):
    if tag == 1 and len(payload) == 24 and any(payload[16:]):
        return {"range": (payload[:16], int.from_bytes(payload[16:], "big"))}
    if tag == 2:
        return {"entry": one_entry(payload)}
    if tag == 3:
        try:
            return {"checkpoint": payload.decode()}
        except UnicodeDecodeError:
            raise Refused("item", "checkpoint") from None
    if tag == 4 and len(payload) >= 8:
        return {"record": (int.from_bytes(payload[:8], "big"), payload[8:])}
    if tag == 5:
        try:
            return {"end": message("PageEnd", payload)}
        except Refused:
            raise Refused("item", "end") from None
    raise Refused("item", f"tag {tag}")


def items(body):
    """The items of a body, one after another; what came before a Refused stands."""
    if window(body) > 1 << LIMITS["WINDOW_LOG_MAX"]:
        raise Refused("zstd", "window")
    raw, ended = unpacked(body)
    at = 8
    if len(raw) < at:
        raise Refused("truncated", "magic")
    if raw[:at] != b"MQBODY1\n":
        raise Refused("magic")
    while at < len(raw):
        tag, length = raw[at], int.from_bytes(raw[at + 1 : at + 5], "big")
        most = LIMITS["MESSAGE_BYTES_MAX"] if tag == 5 else LIMITS["ITEM_BYTES_MAX"]
        if len(raw) - at >= 5 and length > most:
            raise Refused("too_long", length)
        end = at + 5 + length
        if end + 4 > LIMITS["BODY_RAW_BYTES_MAX"]:
            raise Refused("bomb")
        if end + 4 > len(raw):
            raise Refused("truncated", "item")
        if crc32c(raw[at:end]) != int.from_bytes(raw[end : end + 4], "big"):
            raise Refused("checksum")
        yield one_item(tag, raw[at + 5 : end])
        at = end + 4
    if not ended:
        raise Refused("truncated", "frame")


# ---------------------------------------------------------------- the vectors


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
    if list(value) != list(TABLES[vector["type"]]):
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
    if list(fields) != list(TABLES[f"record {kind}"]):
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
