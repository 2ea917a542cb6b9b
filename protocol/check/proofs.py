#!/usr/bin/env python3
"""Reads vectors/proofs.json as a stranger would: with ../proofs.md, ../README.md and the standard library.

It shares no line with the program. Where it disagrees with a vector it says so and ends with 1.
"""

import json
import re
import sys

import signatures
from messages import ALPHABET, HERE, Refused
from signatures import checkpoint, is_name, leaf, point, public, same, sha256, sign, times, unbase64, verify

PAGE = (HERE.parent / "proofs.md").read_text(encoding="utf-8")
# §11: the limits, by name.
LIMITS = {name: int(value) for name, value in re.findall(r"^\| ([A-Z_]+) \| (\d+) \|", PAGE, re.M)}
WIDTH = LIMITS["TILE_WIDTH"]


def node(left, right):
    return sha256(b"\1", left, right)


# §2: trees and proofs. The leaves of all vectors are `entry 0`, `entry 1`, …

LEAVES = [leaf(f"entry {n}".encode()) for n in range(70_000)]
LEVELS = [LEAVES]
while len(LEVELS[-1]) > 1:
    below = LEVELS[-1]
    LEVELS.append([node(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)])


def mth(start, end):
    """MTH(D[start:end]) of the vectors' leaves; perfect subtrees are looked up."""
    count = end - start
    if count == 0:
        return sha256()
    level = count.bit_length() - 1
    if count == 1 << level and start % count == 0:
        return LEVELS[level][start >> level]
    k = 1 << (count - 1).bit_length() - 1
    return node(mth(start, start + k), mth(start + k, end))


def path(m, start, end):
    """PATH(m, D[start:end])."""
    if end - start == 1:
        return []
    k = start + (1 << (end - start - 1).bit_length() - 1)
    return path(m, start, k) + [mth(k, end)] if m < k else path(m, k, end) + [mth(start, k)]


def subproof(m, start, end, known):
    if m == end:
        return [] if known else [mth(start, end)]
    k = start + (1 << (end - start - 1).bit_length() - 1)
    if m <= k:
        return subproof(m, start, k, known) + [mth(k, end)]
    return subproof(m, k, end, False) + [mth(start, k)]


def included(index, size, hash_, proof, root):
    """RFC 9162 §2.1.3.2."""
    if index >= size:
        return False
    fn, sn = index, size - 1
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            hash_ = node(p, hash_)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            hash_ = node(hash_, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and hash_ == root


def consistent(old, new, old_root, new_root, proof):
    """RFC 9162 §2.1.4.2, and what §2 says of 0 and of equal sizes."""
    if old > new:
        return False
    if old in (0, new):
        return not proof and old_root == (new_root if old else sha256()) and (new or new_root == old_root)
    proof = [old_root] + proof if old & old - 1 == 0 else proof
    if not proof:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


# §3: tiles and bundles.


def tile_path(level, index, width):
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def read_tile_path(text):
    found = re.fullmatch(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]*))?", text)
    if not found:
        raise Refused("tile", text)
    index = int(re.sub("[x/]", "", found[2]))
    width = int(found[3] or WIDTH)
    if width > WIDTH or index >= 1 << 64 or tile_path(found[1], index, width) != text:
        raise Refused("tile", text)
    return found[1], index, width


def tile_list(size):
    for level in ["entries", *range(8)]:
        count = size >> 8 * (level if level != "entries" else 0)
        for index in range((count + WIDTH - 1) // WIDTH):
            yield tile_path(level, index, min(WIDTH, count - index * WIDTH))


def tile_bytes(text, size):
    level, index, width = read_tile_path(text)
    each = WIDTH ** int(level)
    first = index * WIDTH
    if (first + width) * each > size:
        raise Refused("tile", "beyond the tree")
    return b"".join(mth((first + n) * each, (first + n + 1) * each) for n in range(width))


def bundle(data, width):
    entries = []
    while data:
        length = int.from_bytes(data[:2], "big")
        entry, data = data[2 : 2 + length], data[2 + length :] if len(data) >= 2 + length else None
        if data is None:
            raise Refused("bundle", "cut short")
        entries.append(entry)
    if len(entries) != width:
        raise Refused("bundle", "another number of entries")
    return entries


# §4 and §5: keys and cosignatures.


def key_id(name, kind, key):
    return sha256(name.encode(), b"\n", bytes([kind]), key)[:4]


def vkey(text):
    parts = text.split("+", 2)
    if len(parts) != 3 or not is_name(parts[0]) or re.search(r"[\x00-\x1f]", parts[0]):
        raise Refused("vkey", "form")
    data = unbase64(parts[2])
    if len(data) != 33 or data[0] not in (1, 4) or parts[1] != key_id(parts[0], data[0], data[1:]).hex():
        raise Refused("vkey", "type, length or id")
    curve = point(data[1:])
    if curve is None or same(times(8, curve), (0, 1, 1, 0)):
        raise Refused("vkey", "no key")
    return parts[0], data[0], data[1:]


def cosigned_message(text, time):
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def signature_lines(note):
    """The text of a note, and its lines as name, key id, signature. (Its form: signatures.checkpoint.)"""
    text, _, lines = note.rpartition("\n\n")
    for line in lines[:-1].split("\n"):
        _, name, signed = line.split(" ", 2)
        yield text + "\n", name, unbase64(signed)[:4], unbase64(signed)[4:]


def cosignatures(note, keys):
    found = {}
    for name, kind, key in keys:
        for text, signer, id_, signature in signature_lines(note):
            if kind != 4 or (signer, id_) != (name, key_id(name, kind, key)):
                continue
            time = int.from_bytes(signature[:8], "big")
            if len(signature) != 72 or time >= 1 << 63 or not verify(key, cosigned_message(text, time), signature[8:]):
                raise Refused("cosignature", name)
            found[name, key] = max(time, found.get((name, key), 0))
    return found


# §6 and §7: proofs as files, and policies.


class PolicyRefused(Refused):
    """The second argument is the line."""


class Policy:
    def __init__(self, data):
        lines = data.split(b"\n")
        self.logs, self.witnesses, self.urls, self.rules, self.members = [], [], [], {}, set()
        self.quorum_name, self.fresh_hours = None, None
        if len(data) > LIMITS["POLICY_BYTES_MAX"]:
            raise PolicyRefused("policy", 1)
        if lines.pop():
            raise PolicyRefused("policy", len(lines) + 1)
        for number, line in enumerate(lines, 1):
            try:
                self.line(line)
            except Refused:
                raise PolicyRefused("policy", number) from None
        if self.quorum_name is None:
            raise PolicyRefused("policy", max(len(lines), 1))

    def line(self, line):
        words = [word for word in re.split(rb"[ \t]+", line) if word]
        if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line):
            raise Refused("policy", "control character")
        kind, count = words[0] if words else b"", len(words)
        if kind.startswith(b"#"):
            self.comment(line)
        elif kind == b"log" and count in (2, 3):
            self.log(words[1])
        elif kind == b"witness" and count in (3, 4):
            self.witness(words[1], words[2], words[3].decode() if count == 4 else None)
        elif kind == b"group" and count > 3:
            self.group(words[1], words[2], words[3:])
        elif kind == b"quorum" and count == 2 and self.quorum_name is None:
            if words[1] != b"none" and words[1] not in self.rules:
                raise Refused("policy", "unknown name")
            self.quorum_name = words[1]
        elif words:
            raise Refused("policy", "line")

    def comment(self, line):
        if not re.match(rb"[ \t]*# minqing:", line):
            return
        hours = re.fullmatch(rb"# minqing: fresh ([1-9][0-9]*)", line)
        if not hours or self.fresh_hours or int(hours[1]) > LIMITS["POLICY_FRESH_HOURS_MAX"]:
            raise Refused("policy", "fresh")
        self.fresh_hours = int(hours[1])

    def log(self, text):
        name, kind, key = vkey(text.decode())
        if kind != 1 or key in [known[2] for known in self.logs] or len(self.logs) == LIMITS["POLICY_LINES_MAX"]:
            raise Refused("policy", "log")
        self.logs.append((name, kind, key))

    def witness(self, name, text, url):
        signer, kind, key = vkey(text.decode())
        if kind != 4 or key in [known[2] for known in self.witnesses] or name == b"none" or name in self.rules:
            raise Refused("policy", "witness")
        if len(self.witnesses) == LIMITS["POLICY_LINES_MAX"]:
            raise Refused("policy", "many")
        self.witnesses.append((signer, kind, key))
        self.urls.append(url)
        self.rules[name] = key

    def group(self, name, least, members):
        if name == b"none" or name in self.rules or len(set(members)) != len(members):
            raise Refused("policy", "group")
        if any(member not in self.rules or member in self.members for member in members):
            raise Refused("policy", "member")
        words = {b"any": b"1", b"all": str(len(members)).encode()}
        least = words.get(least, least)
        if not re.fullmatch(rb"[1-9][0-9]*", least) or int(least) > len(members):
            raise Refused("policy", "threshold")
        if sum(isinstance(rule, tuple) for rule in self.rules.values()) == LIMITS["POLICY_LINES_MAX"]:
            raise Refused("policy", "many")
        self.members |= set(members)
        self.rules[name] = (int(least), members)

    def stands(self, name, keys):
        rule = self.rules[name]
        if isinstance(rule, bytes):
            return rule in keys
        return sum(self.stands(member, keys) for member in rule[1]) >= rule[0]

    def quorum(self, keys):
        return self.quorum_name == b"none" or self.stands(self.quorum_name, keys)


def tlog_proof(text, entry, log, policy):
    """Names of the witnesses that cosigned; or Refused."""
    if len(text.encode()) > LIMITS["PROOF_BYTES_MAX"] or "\r" in text:
        raise Refused("proof", "form")
    head, middle, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    if first != "c2sp.org/tlog-proof@v1" or not middle or not lines:
        raise Refused("proof", "form")
    if lines[0].startswith("extra "):
        data = unbase64(lines.pop(0)[6:])
        if not 1 <= len(data) <= LIMITS["PROOF_EXTRA_BYTES_MAX"]:
            raise Refused("proof", "extra")
    if not lines or not re.fullmatch(r"index (0|[1-9][0-9]*)", lines[0]):
        raise Refused("proof", "index")
    hashes = [unbase64(line) for line in lines[1:]]
    if any(len(hash_) != 32 for hash_ in hashes) or len(hashes) > LIMITS["PROOF_HASHES_MAX"]:
        raise Refused("proof", "hash")
    name, _, key = log
    size, root = checkpoint(note, name, key)
    if not included(int(lines[0][6:]), size, leaf(entry), hashes, root):
        raise Refused("proof", "root")
    if policy is None:
        return []
    if policy.logs and log not in policy.logs:
        raise Refused("proof", "log")
    found = cosignatures(note, policy.witnesses)
    if not policy.quorum({key for _, key in found}):
        raise Refused("proof", "quorum")
    return [name for name, _ in found]


# §9: the code of the day.


def day_check(values):
    total = 0
    for value in values:
        total = (total ^ value) << 1
        total ^= 37 if total >= 32 else 0
    return total


def day_code(size, root):
    bits = int.from_bytes(sha256(b"minqing/day-code/v1", size.to_bytes(8, "big"), root)[:10], "big")
    values = [bits >> 5 * place & 31 for place in range(15, -1, -1)]
    text = "".join(ALPHABET[value] for value in [*values, day_check(values)])
    return "-".join(text[at : at + 4] for at in range(0, 17, 4))


def read_day_code(text, size, root):
    text = text.upper().replace(" ", "").replace("-", "").translate(str.maketrans("ILO", "110"))
    values = [ALPHABET.find(c) for c in text]
    if len(values) != 17 or -1 in values or day_check(values[:16]) != values[16]:
        return "misread"
    return "same" if text == day_code(size, root).replace("-", "") else "other"


# The vectors.


def hashes(vector, field):
    return [bytes.fromhex(hash_) for hash_ in vector[field]]


def check_tree(vector):
    if mth(0, int(vector["size"])).hex() != vector["root"]:
        yield "another root"


def check_tile_list(vector):
    paths = list(tile_list(int(vector["size"])))
    if len(paths) != vector["count"] or sha256("\n".join(paths).encode()).hex() != vector["sha256_of_lines"]:
        yield "other paths"
    if vector["paths"] not in (None, paths):
        yield "other paths"


def check_tile(vector):
    data = tile_bytes(vector["path"], int(vector["size"]))
    if sha256(data).hex() != vector["sha256"] or vector["bytes"] not in (None, data.hex()):
        yield "other bytes"


def check_bad_path(vector):
    try:
        read_tile_path(vector["path"])
        yield "it was taken"
    except Refused:
        pass


def check_bundle(vector):
    try:
        entries = [entry.hex() for entry in bundle(bytes.fromhex(vector["bytes"]), vector["width"])]
    except Refused:
        entries = None
    if entries != vector["entries"]:
        yield f"read as {entries}"


def check_inclusion(vector):
    index, size, root = int(vector["index"]), int(vector["size"]), bytes.fromhex(vector["root"])
    if included(index, size, bytes.fromhex(vector["leaf"]), hashes(vector, "path"), root) != vector["holds"]:
        yield "judged otherwise"
    if vector["holds"] and path(index, 0, size) != hashes(vector, "path"):
        yield "another path"


def check_consistency(vector):
    old, new = int(vector["old"]), int(vector["new"])
    roots = bytes.fromhex(vector["old_root"]), bytes.fromhex(vector["new_root"])
    if bool(consistent(old, new, *roots, hashes(vector, "path"))) != vector["holds"]:
        yield "judged otherwise"
    if vector["holds"] and (subproof(old, 0, new, True) if old else []) != hashes(vector, "path"):
        yield "another path"


def check_vkey(vector):
    try:
        name, kind, key = vkey(vector["text"])
    except Refused:
        name = None
    if name != vector["signer"]:
        yield f"read as {name}"
    elif name is not None:
        if (kind, key.hex()) != (vector["type"], vector["public"]) or public(bytes.fromhex(vector["seed"])) != key:
            yield "another key"


def check_line(vector):
    seed, name, time = bytes.fromhex(vector["seed"]), vector["signer"], int(vector["time_s"])
    signature = sign(seed, cosigned_message(vector["text"], time))
    data = key_id(name, 4, public(seed)) + time.to_bytes(8, "big") + signature
    if vector["line"] != f"\u2014 {name} {signatures.base64.b64encode(data).decode()}\n":
        yield "another line"


def check_cosigned(vector):
    try:
        found = cosignatures(vector["note"], [vkey(text) for text in vector["keys"]])
        told = [{"signer": name, "time_s": str(time)} for (name, _), time in found.items()]
    except Refused:
        told = None
    if told != vector["cosigned"]:
        yield f"found {told}"


def check_policy(vector):
    try:
        policy, line = Policy(bytes.fromhex(vector["file"])), None
    except PolicyRefused as refused:
        line = refused.args[1]
    if line != vector["line"]:
        yield f"refused for line {line}"
    elif line is None:
        if (len(policy.logs), policy.urls, policy.fresh_hours) != (vector["logs"], vector["urls"], vector["fresh_hours"]):
            yield "read otherwise"
        for case in vector["quorums"]:
            if policy.quorum(set(hashes(case, "cosigned"))) != case["enough"]:
                yield f"judged otherwise: {case['cosigned']}"


def check_tlog_proof(vector):
    policy = None if vector["policy"] is None else Policy(vector["policy"].encode())
    try:
        told = tlog_proof(vector["proof"], bytes.fromhex(vector["entry"]), vkey(vector["log"]), policy)
    except Refused:
        told = None
    if told != vector["cosigned"] or (told is not None) != vector["holds"]:
        yield f"judged otherwise: {told}"


def check_day_code(vector):
    size, root = int(vector["size"]), bytes.fromhex(vector["root"])
    if day_code(size, root) != vector["written"] or read_day_code(vector["code"], size, root) != vector["says"]:
        yield f"{day_code(size, root)} {read_day_code(vector['code'], size, root)}"


CHECKS = {
    "trees": check_tree,
    "tile_lists": check_tile_list,
    "tiles": check_tile,
    "tile_paths_refused": check_bad_path,
    "bundles": check_bundle,
    "inclusions": check_inclusion,
    "consistencies": check_consistency,
    "verifier_keys": check_vkey,
    "cosignature_lines": check_line,
    "cosigned_notes": check_cosigned,
    "policies": check_policy,
    "tlog_proofs": check_tlog_proof,
    "day_codes": check_day_code,
}


def complaints(check, vector):
    try:
        yield from check(vector)
    except Refused as refused:
        yield f"refused: {refused.args}"


def main():
    file = json.loads((HERE.parent / "vectors" / "proofs.json").read_text(encoding="utf-8"))
    found, count = [], 0
    for section, vectors in file.items():
        for vector in vectors:
            count += 1
            found += [f"{section}: {vector['name']}: {text}" for text in complaints(CHECKS[section], vector)]
    print("\n".join(found) or f"{count} vectors read as the page says")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main())
