"""§9: bodies. Before Python 3.14 the library has no zstd: the module `zstandard` or the program `zstd` is used."""

import shutil
import subprocess
import tempfile

from messages import LIMITS, Refused, message
from signatures import sha256


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
    """A frame with a window of 2^20, as the page wants it."""
    try:
        import zstandard
    except ImportError:
        command = ["zstd", "-q", "-c", "--zstd=wlog=20"]
        return subprocess.run(command, input=raw, capture_output=True, check=True).stdout
    parameters = zstandard.ZstdCompressionParameters(window_log=20, write_content_size=False)
    return zstandard.ZstdCompressor(compression_params=parameters).compress(raw)


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
