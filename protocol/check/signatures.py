"""§8: Ed25519, notes, statements and Merkle trees."""

import base64
import hashlib
import re

from messages import LIMITS, Refused

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


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
    text, good, lines = text + "\n", False, lines[:-1].split("\n")
    if len(lines) > LIMITS["NOTE_SIGNATURES_MAX"]:
        raise Refused("note", "form")
    for line in lines:
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
