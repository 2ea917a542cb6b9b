#!/usr/bin/env python3
"""Speaks to a running hub as the page says: enrols, says hello, pushes the worked example, pulls it back.

    talk.py <enrolment file> [<address>]

Its key is the vectors' village, so the hub must be one that may be thrown away. It ends with 77 where Python lacks TLS 1.3
or zstd.
"""

import base64
import http.client
import json
import pathlib
import ssl
import sys
import tempfile
import time

from bodies import has_zstd, items, packed_body
from messages import HERE, PAGE, Refused, base32, message, record
from proofs import bundle, consistent, cosignatures, cosigned_message, included, key_id, tile_path
from signatures import checkpoint, leaf, origin_of, public, root, sha256, sign, statement, verify

SEED = bytes([0x11] * 32)
KEY = public(SEED)
ORIGIN = origin_of(KEY)
LOG = base32(ORIGIN)
SPKI = bytes.fromhex("302a300506032b6570032100")
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
MESSAGE, BODY = "application/msgpack", "application/vnd.minqing.body"


# ---------------------------------------------------------------- MessagePack and DER, as much as is needed


def pack(value):
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        if value < 128:
            return bytes([value])
        width = next(width for width in range(4) if value < 1 << (8 << width))
        return bytes([0xCC + width]) + value.to_bytes(1 << width, "big")
    if isinstance(value, bytes):
        return b"\xc5" + len(value).to_bytes(2, "big") + value
    if isinstance(value, str):
        return b"\xda" + len(value.encode()).to_bytes(2, "big") + value.encode()
    if isinstance(value, list):
        return b"\xdc" + len(value).to_bytes(2, "big") + b"".join(map(pack, value))
    return b"\xde" + len(value).to_bytes(2, "big") + b"".join(pack(key) + pack(item) for key, item in value.items())


def der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    width = (size.bit_length() + 7) // 8
    length = bytes([size]) if size < 128 else bytes([0x80 | width]) + size.to_bytes(width, "big")
    return bytes([tag]) + length + content


def undo(data, at=0):
    """(tag, content, all bytes, where the next one begins) of one DER value."""
    tag, size, start = data[at], data[at + 1], at + 2
    if size >= 128:
        start += size - 128
        size = int.from_bytes(data[at + 2 : start], "big")
    return tag, data[start : start + size], data[at : start + size], start + size


def parts(data):
    at, found = 0, []
    while at < len(data):
        tag, content, whole, at = undo(data, at)
        found.append((tag, content, whole))
    return found


def certificate():
    """A certificate over our key; nothing in it but the key is ever read."""
    ed25519 = der(0x30, bytes.fromhex("06032b6570"))
    name = der(0x30, der(0x31, der(0x30, bytes.fromhex("0603550403"), der(0x0C, b"a stranger"))))
    dates = der(0x30, der(0x18, b"19750101000000Z"), der(0x18, b"40960101000000Z"))
    body = der(
        0x30, der(0xA0, der(0x02, b"\2")), der(0x02, b"\1"), ed25519, name, dates, name, SPKI + KEY
    )
    return der(0x30, body, ed25519, der(0x03, b"\0", sign(SEED, body)))


def key_of(shown):
    """SubjectPublicKeyInfo of a certificate."""
    body = parts(undo(parts(undo(shown)[1])[0][2])[1])
    return body[6 if body[0][0] == 0xA0 else 5][2]


def is_hub(chain, pin):
    """§3: some certificate behind the first has the pinned key, and signed the first."""
    whole = parts(undo(chain[0])[1])
    for shown in chain[1:]:
        spki = key_of(shown)
        if sha256(spki).hex() == pin and spki.startswith(SPKI):
            return verify(spki[len(SPKI) :], whole[0][2], whole[2][1][1:])
    return False


def pem(label, data):
    return f"-----BEGIN {label}-----\n{base64.encodebytes(data).decode()}-----END {label}-----\n"


# ---------------------------------------------------------------- §3 to §6


class Hub:
    def __init__(self, address, pin, known=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if known:
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "own.pem"
                path.write_text(pem("CERTIFICATE", certificate()) + pem("PRIVATE KEY", PKCS8 + SEED))
                context.load_cert_chain(path)
        host, _, port = address.rpartition(":")
        self.link = http.client.HTTPSConnection(host, int(port), context=context, timeout=20)
        self.pin = pin
        self.connect()

    def connect(self):
        """A connection to the hub and to nobody else."""
        self.link.close()
        self.link.connect()
        assert self.link.sock.version() == "TLSv1.3"
        assert is_hub(self.chain(), self.pin), "another machine answered"
        assert not is_hub(self.chain(), "00" * 32)

    def chain(self):
        if hasattr(self.link.sock, "get_unverified_chain"):
            return self.link.sock.get_unverified_chain()
        return [ssl.PEM_cert_to_DER_cert(shown.public_bytes()) for shown in self.link.sock._sslobj.get_unverified_chain()]

    def ask(self, method, path, data=None, kind=None):
        self.link.request(method, path, body=data, headers={"content-type": kind} if kind else {})
        answer = self.link.getresponse()
        body, kind = answer.read(), answer.getheader("content-type")
        if answer.status != 200:
            assert kind == "application/problem+json", kind
            problem = json.loads(body)
            assert problem["status"] == answer.status
            raise Refused(problem["type"].removeprefix("urn:minqing:problem:"), problem)
        return body, kind

    def tell(self, path, what, answer, kind=MESSAGE, method="POST"):
        body, said = self.ask(method, path, what if isinstance(what, bytes) else pack(what), kind)
        assert said == MESSAGE
        return message(answer, body)

    def refused(self, *ask):
        """The slug of the refusal, which is one of the page's table, with its status and its word on data."""
        try:
            self.ask(*ask)
        except Refused as refused:
            slug, problem = refused.args
            row = next(row for row in PAGE.splitlines() if row.startswith(f"| `{slug}` |"))
            _, _, status, retry, safe, *_ = (cell.strip() for cell in row.split("|"))
            # It may have come before the body was read: then the connection is of no more use.
            self.connect()
            said = (str(problem["status"]), problem["retry"], problem["data_safe"])
            assert said == (status, retry == "yes", safe == "yes"), (row, problem)
            return slug, problem
        raise AssertionError(f"{ask} was not refused")


def read_enrolment(path):
    lines = [line for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found = dict(line.split(" = ", 1) for line in lines if line)
    return {name: value.strip('"') for name, value in found.items()}


def cosignature(note, name, seed, at):
    """A line under a note: protocol/proofs.md."""
    text = note.rpartition("\n\n")[0] + "\n"
    signed = key_id(name, 4, public(seed)) + at.to_bytes(8, "big") + sign(seed, cosigned_message(text, at))
    return f"\u2014 {name} {base64.b64encode(signed).decode()}\n"


def cosigned(hub, journal, hub_key):
    """Who has cosigned the checkpoints that the hub keeps, of this client."""
    kept = message("Checkpoints", hub.ask("GET", "/v1/journal/checkpoints")[0])["notes"]
    found = {}
    for note in kept:
        checkpoint(note, journal, hub_key)
        found |= cosignatures(note, [(f"minqing/{LOG}", 4, KEY)])
    return found


def journal_root(records):
    return len(records), root([leaf(data) for _, data in records])


def main():
    if not has_zstd() or not ssl.HAS_TLSv1_3:
        return 77
    file = read_enrolment(sys.argv[1])
    address = sys.argv[2] if len(sys.argv) > 2 else file["hub"]
    stranger = Hub(address, file["ca_sha256"], known=False)
    assert json.loads(stranger.ask("GET", "/v1/health")[0])["state"] in ("ok", "verifying")
    assert stranger.refused("GET", "/v1/journal")[0] == "unauthenticated"

    hub = Hub(address, file["ca_sha256"])
    assert hub.refused("GET", "/v1/journal")[0] == "not-enrolled"
    enrol = {"secret": bytes.fromhex(file["secret"]), "key": KEY, "software": "a stranger"}
    wrong = pack(dict(enrol, secret=bytes(16)))
    assert hub.refused("POST", "/v1/enrol", wrong, MESSAGE)[0] == "spent-enrolment"
    enrolled = hub.tell("/v1/enrol", enrol, "Enrolled")
    assert hub.tell("/v1/enrol", enrol, "Enrolled") == enrolled, "the answer may be asked for again"
    proof, hub_key = enrolled["proof"], enrolled["hub_key"]
    role = {"village": b"\1", "auditor": b"\2"}[proof["role"]]
    said = KEY + proof["unit"].to_bytes(8, "big") + role + proof["name"].encode()
    assert verify(hub_key, statement("minqing/enrolment/v1", said), proof["signature"])
    journal = f"minqing/journal/{base32(enrolled['journal'])}"
    checkpoint(enrolled["note"], journal, hub_key)

    vectors = json.loads((HERE.parent / "vectors" / "sync.json").read_text(encoding="utf-8"))["bodies"]
    (pushed,) = (vector for vector in vectors if vector["name"] == "a push of one entry")
    event = bytes.fromhex(pushed["items"][1]["entry"]["event"])
    hello = {
        "version": 1, "software": "a stranger", "wall_ms": time.time_ns() // 1_000_000, "ntp": False,
        "logs": [{"origin": ORIGIN, "size": 1, "root": leaf(event)}], "seen": enrolled["note"], "cursor": None, "pending": 1,
    }  # fmt: skip
    reply = hub.tell("/v1/hello", hello, "HelloReply")
    (ours,) = reply["logs"]
    assert (ours["size"], ours["staged"], ours["root"], ours["root_at_yours"]) == (0, 0, root([]), None)

    # Cut short before its checkpoint it is staged; whole it is receipted; again it is the same receipt.
    unproven = bytes.fromhex(pushed["raw"])
    unproven = packed_body(unproven[: unproven.index(b"\3\0\0\0\xd7")])
    path = f"/v1/logs/{LOG}/1"
    staged = hub.tell(path, unproven, "PushReply", BODY, "PUT")
    assert (staged["size"], staged["staged"], staged["receipt"]) == (0, 1, None)
    assert hub.tell("/v1/hello", hello, "HelloReply")["logs"][0]["staged_root"] == leaf(event)
    reply = hub.tell(path, bytes.fromhex(pushed["body"]), "PushReply", BODY, "PUT")
    again = hub.tell(path, bytes.fromhex(pushed["body"]), "PushReply", BODY, "PUT")
    assert again["receipt"] == reply["receipt"] and (reply["size"], reply["staged"]) == (1, 1)
    kind, receipt = record(reply["receipt"]["record"])
    assert kind == "receipt" and receipt["origin"] == ORIGIN and reply["receipt"]["journal"] == enrolled["journal"]
    assert checkpoint(receipt["note"], f"minqing/{LOG}", KEY) == (1, leaf(event))

    # The receipt stands in the journal, and the journal goes on from what was seen before.
    seen, now = checkpoint(enrolled["note"], journal, hub_key), checkpoint(reply["note"], journal, hub_key)
    place = reply["receipt"]["position"]
    assert included(place, now[0], leaf(reply["receipt"]["record"]), reply["inclusion"], now[1])
    assert "consistency" not in reply, "it was not said what was seen"
    since = hub.tell(f"{path}?seen={seen[0]}", bytes.fromhex(pushed["body"]), "PushReply", BODY, "PUT")
    assert consistent(seen[0], now[0], seen[1], now[1], since["consistency"])
    greeted = hub.tell("/v1/hello", hello, "HelloReply")
    assert consistent(seen[0], now[0], seen[1], now[1], greeted["consistency"])
    proved = message("ProofReply", hub.ask("GET", f"/v1/journal/proof?journal={base32(enrolled['journal'])}&position={place}")[0])
    assert proved["record"] == reply["receipt"]["record"]
    assert included(place, checkpoint(proved["note"], journal, hub_key)[0], leaf(proved["record"]), proved["inclusion"], now[1])

    # What it has seen it says, and the hub keeps the line under its own checkpoint.
    assert len(cosigned(hub, journal, hub_key)) == 0
    line = cosignature(reply["note"], f"minqing/{LOG}", SEED, 1_790_000_000)
    hub.tell("/v1/hello", dict(hello, seen=reply["note"], cosignature=line), "HelloReply")
    assert cosigned(hub, journal, hub_key) == {(f"minqing/{LOG}", KEY): 1_790_000_000}

    # The journal as files: hashes for everybody who is enrolled, records for auditors alone.
    tlog = f"/v1/tlog/journal/{base32(enrolled['journal'])}"
    shown, kind = hub.ask("GET", f"{tlog}/checkpoint")
    assert kind == "text/plain; charset=utf-8" and checkpoint(shown.decode(), journal, hub_key) == now
    hashes, kind = hub.ask("GET", f"{tlog}/{tile_path(0, 0, now[0])}")
    assert kind == "application/octet-stream"
    assert root([hashes[at : at + 32] for at in range(0, len(hashes), 32)]) == now[1]
    assert hub.refused("GET", f"{tlog}/{tile_path('entries', 0, now[0])}")[0] == "forbidden"
    own = f"/v1/tlog/origin/{LOG}"
    assert bundle(hub.ask("GET", f"{own}/{tile_path('entries', 0, 1)}")[0], 1) == [event]
    assert checkpoint(hub.ask("GET", f"{own}/checkpoint")[0].decode(), f"minqing/{LOG}", KEY) == (1, leaf(event))

    slug, problem = hub.refused("PUT", f"/v1/logs/{LOG}/9", unproven, BODY)
    assert (slug, problem["expected_sequence"]) == ("gap", 2)
    assert hub.refused("PUT", path, unproven, MESSAGE)[0] == "unsupported-media"
    assert hub.refused("PUT", path, b"MQBODY1\n", BODY)[0] == "malformed"
    assert hub.refused("GET", f"/v1/logs/{base32(bytes(16))}/root?size=0")[0] == "not-found"
    assert hub.refused("GET", f"/v1/logs/{LOG}/root?size=2")[0] == "gap"
    assert hub.refused("GET", "/v1/journal?position=1000")[0] == "other-journal"
    assert hub.refused("GET", "/v1/journal?colour=red")[0] == "malformed"
    assert message("RootReply", hub.ask("GET", f"/v1/logs/{LOG}/root?size=1")[0])["root"] == leaf(event)
    (_, entry) = items(hub.ask("GET", f"/v1/logs/{LOG}/entries?from=1")[0])
    assert entry["entry"][0] == event

    # The whole journal is of this village's scope: its root can be rebuilt.
    page, kind = hub.ask("GET", "/v1/journal")
    assert kind == BODY
    found = list(items(page))
    records = [item["record"] for item in found if "record" in item]
    assert [record(data)[0] for _, data in records] == ["opened", "enrolled", "receipt"]
    assert [item["entry"][0] for item in found if "entry" in item] == [event]
    end = found[-1]["end"]
    assert end["next"]["position"] == end["size"] == 3
    assert checkpoint(end["note"], journal, hub_key) == journal_root(records)
    after = f"journal={base32(end['next']['journal'])}&position={end['next']['position']}&offset=0"
    (rest,) = items(hub.ask("GET", f"/v1/journal?{after}")[0])
    assert rest["end"]["next"] == end["next"]
    assert not any("entry" in item for item in items(hub.ask("GET", f"/v1/journal?skip={LOG}")[0]))
    print("a stranger enrolled, pushed, proved, witnessed and pulled by the page")
    return 0


if __name__ == "__main__":
    sys.exit(main())
