"""§7 and §10: the tables of the page, and MessagePack as much as messages and records need."""

import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
PAGE = (HERE.parent / "README.md").read_text(encoding="utf-8")
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Refused(Exception):
    """What is read is not what the page allows. The first argument is the class of the reason."""


def base32(data):
    number = int.from_bytes(data, "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(25, -1, -1))


# §17: the limits, by name.
LIMITS = {name: int(value) for name, value in re.findall(r"^\| ([A-Z_]+) \| (\d+) \|", PAGE, re.M)}


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


LEFT_OUT = {}


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
        LEFT_OUT[name] = [row[0].rstrip("°") for row in cells if row[0].endswith("°°")]
    return tables


def in_order(name, value):
    """Whether a writer's fields are the table's, in its order; those marked twice are left out where empty."""
    may_be_left_out = LEFT_OUT.get(name, ())
    expected = [field for field in TABLES[name] if field in value or field not in may_be_left_out]
    return list(value) == expected and all(value[field] not in (None, []) for field in may_be_left_out if field in value)


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
