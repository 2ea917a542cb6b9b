#!/usr/bin/env python3
"""Checks an exported folder as a stranger would: with ../export.md, the tables of ../README.md and the standard library.

usage: export.py FOLDER [NOTE...]

NOTE: files with checkpoints of the journal that were kept elsewhere, such as last month's. It and the modules beside it
share no line with the program. What does not hold is said, a line each, and ends it with 1; a sound folder with 0.
"""

import hashlib
import pathlib
import re
import sys

from messages import Refused, base32, record
from signatures import checkpoint, key_hash, leaf, origin_of, sha256, statement, unbase64, verify

WIDTH = 256


class Wrong(Exception):
    """Something that does not hold."""


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Wrong(f"{path.name} is missing") from None


def tile_path(level, index, width):
    number = f"{index % 1000:03}"
    index //= 1000
    while index:
        number, index = f"x{index % 1000:03}/{number}", index // 1000
    return f"tile/{level}/{number}" + ("" if width == WIDTH else f".p/{width}")


def entries_of(log, size):
    """The entries of a log of that size, from its bundles (two bytes of length before each)."""
    for index in range((size + WIDTH - 1) // WIDTH):
        width = min(WIDTH, size - index * WIDTH)
        path = tile_path("entries", index, width)
        data = read(log / path)
        found = []
        while data:
            length = int.from_bytes(data[:2], "big")
            if len(data) < 2 + length:
                raise Wrong(f"{path} ends within its entry {len(found)}")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
        if len(found) != width:
            raise Wrong(f"{path} holds {len(found)} entries, not {width}")
        yield from found


class Tree:
    """A tree that grows; its rows of hashes, 256 leaves to a step, are what the tiles hold."""

    def __init__(self):
        self.peaks, self.rows = [], []

    @property
    def size(self):
        return len(self.rows[0]) if self.rows else 0

    def push(self, hash_):
        size, level = self.size, 0
        self.keep(0, hash_)
        while size & 1:
            hash_, size, level = node(self.peaks.pop(), hash_), size >> 1, level + 1
            if level % 8 == 0:
                self.keep(level // 8, hash_)
        self.peaks.append(hash_)

    def keep(self, row, hash_):
        if len(self.rows) == row:
            self.rows.append([])
        self.rows[row].append(hash_)

    def root(self):
        if not self.peaks:
            return sha256()
        hash_ = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            hash_ = node(left, hash_)
        return hash_


def grown(log, size, entries, roots):
    """The tree over the entries; every file of hashes is compared. `roots` are told the root of every size they name."""
    tree = Tree()
    for entry in entries:
        if tree.size in roots:
            roots[tree.size] = tree.root()
        tree.push(leaf(entry))
    if tree.size in roots:
        roots[tree.size] = tree.root()
    for level, row in enumerate(tree.rows):
        for index in range((len(row) + WIDTH - 1) // WIDTH):
            hashes = row[index * WIDTH : (index + 1) * WIDTH]
            path = tile_path(level, index, len(hashes))
            if read(log / path) != b"".join(hashes):
                data = read(log / path)
                there = [data[at : at + 32] for at in range(0, len(data), 32)]
                at = next((at for at, pair in enumerate(zip(hashes, there)) if pair[0] != pair[1]), len(there))
                raise Wrong(f"{path}: number {at} in it is not the hash of what lies below it")
    if tree.size != size:
        raise Wrong(f"{tree.size} entries, not {size}")
    return tree


def vkey(path, kind):
    """Name and key of a verifier key: name+id+base64 of type and key."""
    name, id_, data = read(path).decode().rstrip("\n").split("+", 2)
    data = unbase64(data)
    id_of = sha256(name.encode(), b"\n", data)[:4].hex()
    if len(data) != 33 or data[0] != kind or id_ != id_of:
        raise Wrong(f"{path.name} is no verifier key of type {kind}")
    return name, data[1:]


def note_size(note):
    return int(note.split("\n")[1])


def previous_of(log):
    """What the first record says of the journal before it."""
    whole = log / "tile/entries/000"
    bundles = [whole] if whole.exists() else sorted((log / "tile/entries/000.p").glob("*"))
    data = read(bundles[0]) if bundles else b""
    kind, fields = record(data[2 : 2 + int.from_bytes(data[:2], "big")])
    return fields["previous"] if kind == "opened" else None


class Export:
    def __init__(self, folder, kept):
        self.folder, self.found, self.kept = folder, [], kept
        self.keys, self.receipts, self.counts = {}, {}, {"records": 0, "entries": 0, "notes": 0}
        self.last_ms, self.hub = 0, None

    def holds(self, what, check):
        """Runs a check; what is wrong is kept with where it was found."""
        try:
            return check()
        except Wrong as wrong:
            self.found.append(f"{what}: {wrong}")
        except (Refused, ValueError, KeyError, IndexError) as wrong:
            self.found.append(f"{what}: cannot be read ({wrong})")
        return None

    def run(self):
        if (self.folder / "UNFINISHED").exists():
            self.found.append("the folder was not finished")
        journals = {path.name: path for path in (self.folder / "journal").iterdir()}
        before = {name: self.holds(f"journal/{name}", lambda path=path: previous_of(path)) for name, path in journals.items()}
        frozen = {base32(one["journal"]): one for one in before.values() if one}
        order, left = [], sorted(journals)
        while left:
            # Each stands behind the one that it names.
            waits = lambda name: before[name] and base32(before[name]["journal"]) in left  # noqa: E731
            order.append(next((name for name in left if not waits(name)), left[0]))
            left.remove(order[-1])
        for name in order:
            self.holds(f"journal/{name}", lambda name=name: self.journal(name, journals[name], frozen.get(name)))
        for origin in sorted(self.receipts):
            self.holds(f"origin/{origin}", lambda origin=origin: self.origin(origin))
        for path in sorted((self.folder / "origin").glob("*")):
            if path.name not in self.receipts:
                self.found.append(f"origin/{path.name}: the journals know nothing of it")
        for path in sorted((self.folder / "proofs").glob("*.tlog-proof")):
            self.holds(f"proofs/{path.name}", lambda path=path: self.proof(path))
        return self.found

    def journal(self, name, log, frozen):
        log_name, key = vkey(self.folder / "keys" / f"journal-{name}.vkey", 1)
        if log_name != f"minqing/journal/{name}":
            raise Wrong("its verifier key is of another log")
        if self.hub not in (None, key):
            raise Wrong("another key than that of the other journals")
        self.hub = key
        signed = None
        if (log / "checkpoint").exists() or frozen is None:
            signed = self.note(read(log / "checkpoint").decode(), log_name, key)
        size, expected = (frozen["size"], frozen["root"]) if frozen else signed
        kept = self.kept_of(name, log_name, key)
        roots = {of: None for of, *_ in [*kept, *([signed] if signed else [])]}
        entries = list(entries_of(log, size))
        tree = grown(log, size, entries, roots)
        if tree.root() != expected:
            raise Wrong(f"its {size} records do not have the root that was signed")
        for of, root, where in [*kept, *([(*signed, "checkpoint")] if signed else [])]:
            if of > size and frozen is None:
                self.found.append(f"{where}: {of} records were signed, {size} are here")
            elif of <= size and roots[of] != root:
                self.found.append(f"{where}: the journal does not begin with the {of} records that were signed")
        self.counts["records"] += size
        for position, data in enumerate(entries):
            self.holds(f"journal/{name} record {position}", lambda data=data: self.record(name, position, data))

    def kept_of(self, name, log_name, key):
        """Checkpoints of this journal that were kept: size, root, where."""
        found = []
        folder = self.folder / "checkpoints" / f"journal-{name}"
        paths = [(path, f"checkpoints/journal-{name}/{path.name}") for path in sorted(folder.glob("*"))]
        for path, where in [*paths, *((path, str(path)) for path in self.kept)]:
            note = read(path).decode()
            if note.split("\n")[0] != log_name:
                continue
            signed = self.holds(where, lambda note=note: self.note(note, log_name, key))
            if signed:
                found.append((*signed, where))
                self.holds(where, lambda note=note: self.cosigned(note))
        return found

    def note(self, note, name, key):
        self.counts["notes"] += 1
        return checkpoint(note, name, key)

    def cosigned(self, note):
        """Every cosignature of a key in keys/ (type 4) is right."""
        text = note.rpartition("\n\n")[0] + "\n"
        for path in sorted((self.folder / "keys").glob("cosigner-*.vkey")):
            name, key = vkey(path, 4)
            id_ = sha256(name.encode(), b"\n\4", key)[:4]
            for line in note.split("\n"):
                if not line.startswith(f"\u2014 {name} "):
                    continue
                data = unbase64(line.split(" ")[2])
                if data[:4] != id_:
                    continue
                time, signature = int.from_bytes(data[4:12], "big"), data[12:]
                if not verify(key, f"cosignature/v1\ntime {time}\n{text}".encode(), signature):
                    raise Wrong(f"the cosignature of {name} is wrong")
                self.counts["notes"] += 1

    def record(self, journal, position, data):
        try:
            kind, fields = record(data)
        except (Refused, ValueError, KeyError):
            return  # of a later version: it counts as bytes
        at_ms = fields.get("received_at_ms", fields.get("at_ms"))
        if at_ms <= self.last_ms:
            raise Wrong(f"its time {at_ms} does not lie behind {self.last_ms}")
        self.last_ms = at_ms
        if kind == "opened" and (position or fields["key"] != self.hub or base32(fields["journal"]) != journal):
            raise Wrong("it does not open this journal under this key")
        if kind == "opened" and fields["previous"]:
            previous = fields["previous"]
            name = f"minqing/journal/{base32(previous['journal'])}"
            if self.note(previous["evidence"], name, self.hub)[0] < previous["size"]:
                raise Wrong("what is to show the restore lies within what stands")
        if kind in ("enrolled", "hub_origin", "successor"):
            origin, key = fields.get("origin", fields.get("new")), fields["key"]
            if origin_of(key) != origin:
                raise Wrong("the origin is not the one of its key")
            if kind == "successor":
                old = fields["old"]
                if not verify(self.keys[base32(old)], statement("minqing/successor/v1", old + key), fields["signature"]):
                    raise Wrong("the successor was not named by the key before it")
            self.keys.setdefault(base32(origin), key)
        if kind == "receipt":
            origin = base32(fields["origin"])
            size, root = self.note(fields["note"], f"minqing/{origin}", self.keys[origin])
            known = self.receipts.setdefault(origin, [])
            reached = max((of for of, _, _ in known), default=0)
            if size != fields["size"] or fields["first"] > reached + 1 or size < fields["first"]:
                raise Wrong(f"a receipt of {origin} does not go on where the one before it ended")
            known.append((size, root, fields["note"]))

    def origin(self, origin):
        log, name, receipts = self.folder / "origin" / origin, f"minqing/{origin}", self.receipts[origin]
        if vkey(self.folder / "keys" / f"origin-{origin}.vkey", 1) != (name, self.keys[origin]):
            raise Wrong("its verifier key is not the one that the journal names")
        size = max(of for of, _, _ in receipts)
        if self.note(read(log / "checkpoint").decode(), name, self.keys[origin])[0] != size:
            raise Wrong(f"its checkpoint is not of the {size} entries that were receipted")
        roots = {of: None for of, _, _ in receipts}
        try:
            grown(log, size, entries_of(log, size), roots)
        finally:
            for of, root, _ in sorted(receipts):
                if roots[of] not in (None, root):
                    raise Wrong(f"the first {of} entries do not have the root that their origin signed")
        self.counts["entries"] += size

    def proof(self, path):
        sort, id_, number = path.name.removesuffix(".tlog-proof").split("-")
        name, key = (f"minqing/journal/{id_}", self.hub) if sort == "journal" else (f"minqing/{id_}", self.keys[id_])
        head, _, note = read(path).decode().partition("\n\n")
        first, *lines = head.split("\n")
        if first != "c2sp.org/tlog-proof@v1" or not lines:
            raise Wrong("not a tlog-proof")
        lines = lines[1:] if lines[0].startswith("extra ") else lines
        index, hashes = int(re.fullmatch(r"index (0|[1-9][0-9]*)", lines[0]).group(1)), [unbase64(line) for line in lines[1:]]
        if index != int(number) - (sort == "origin"):
            raise Wrong(f"it is for place {index}")
        size, root = self.note(note, name, key)
        if index >= size:
            raise Wrong("there is no such place")
        hash_, at, last = leaf(read(path.with_suffix(".leaf"))), index, size - 1
        for sibling in hashes:
            if last == 0:
                raise Wrong("more hashes than the tree has levels")
            if at & 1 or at == last:
                hash_ = node(sibling, hash_)
                while not at & 1 and at:
                    at, last = at >> 1, last >> 1
            else:
                hash_ = node(hash_, sibling)
            at, last = at >> 1, last >> 1
        if last or hash_ != root:
            raise Wrong("it does not lead to the signed root")


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    export = Export(pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]])
    found = export.run()
    counts = export.counts
    print("\n".join(found) or f"holds: {counts['records']} records, {counts['entries']} entries, {counts['notes']} signatures")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
