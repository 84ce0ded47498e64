"""Questions and answers on the wire, as another implementation's bytes have them."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address

from tests.image.lan import answered, frame, payload, question

ADDRESS = IPv6Address("fe80::1")


def answer(name: bytes, flags: int = 0x8400, kind: int = 28) -> bytes:
    record = struct.pack("!HHIH", kind, 0x8001, 120, 16) + ADDRESS.packed
    return struct.pack("!6H", 0, flags, 0, 1, 0, 0) + name + record


def test_an_answer_is_read_and_nothing_else() -> None:
    box = b"\x0bHotline-1a2b\x05local\0".replace(b"\x0b", b"\x0c")
    assert answered(payload(frame(answer(box))), "hotline-1a2b.local") == ADDRESS
    for other in (answer(box, flags=0), answer(box, kind=1), answer(b"\x03box\x05local\0"), answer(box)[:-1], b""):
        assert answered(payload(frame(other)), "hotline-1a2b.local") is None
    assert answered(question("hotline-1a2b.local"), "hotline-1a2b.local") is None
    assert payload(b"\0" * 200) == b""


def test_the_checksum_is_right_for_who_adds_it_up() -> None:
    sent = frame(question("x.local"))[14:]
    length = struct.unpack_from("!H", sent, 4)[0]
    words = sent[8:40] + struct.pack("!II", length, 17) + sent[40:]
    total = sum(struct.unpack(f"!{len(words) // 2}H", words[: len(words) // 2 * 2])) + (words[-1] << 8) * (
        len(words) % 2
    )
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF
