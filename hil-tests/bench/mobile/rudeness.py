"""How serial ports and modems misbehave: switches, changeable at run time, all chance from one seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Literal

UNDECODABLE = (b"\xff", b"\xfe\xfe", b"\x80", b"\xc3\x28", b"\x00")
WRONG_ANSWERS = (["+CSQ: 17,99"], ["+CREG: 0,1"], ['+COPS: 0,0,"Somewhere",7'])


@dataclass(slots=True)
class Rudeness:
    """The manners of a modem; every default is polite.

    frozen: takes bytes and says nothing, unsolicited lines included.
    slow_s: seconds before each answer.
    echo: as asked for by ATE, doubled, only half of each burst, or off whatever ATE says.
    late_answers: so many answers are held back until the next command came in.
    wrong_answers: so many answers have the information lines of another command.
    empty_answers: so many answers lose their information lines and keep only the final result.
    noise_in_replies: an unsolicited line of this make stands among the lines of each answer.
    chunk_bytes, chunk_delay_s: output comes in pieces of so many bytes with pauses.
    garble_rate, undecodable_rate: chance per byte that it is changed, or that bytes that are no text follow it.
    drop_line_rate, duplicate_line_rate: chance per line.
    ccfc_error, mmi_error: the modem refuses forwarding by AT+CCFC, or by star-hash code, with this +CME ERROR.
    """

    frozen: bool = False
    slow_s: float = 0.0
    echo: Literal["as_set", "double", "half", "off"] = "as_set"
    late_answers: int = 0
    wrong_answers: int = 0
    empty_answers: int = 0
    noise_in_replies: bool = False
    chunk_bytes: int = 0
    chunk_delay_s: float = 0.05
    garble_rate: float = 0.0
    undecodable_rate: float = 0.0
    drop_line_rate: float = 0.0
    duplicate_line_rate: float = 0.0
    ccfc_error: int | None = None
    mmi_error: int | None = None
    chance: Random = field(default_factory=lambda: Random(1))

    def echoed(self, data: bytes, echo_set: bool) -> bytes:
        """What comes back for bytes that came in."""
        if self.frozen or self.echo == "off" or not echo_set:
            return b""
        if self.echo == "double":
            return data + data
        return data[: len(data) // 2] if self.echo == "half" else data

    def lines(self, lines: list[str], noise: tuple[str, ...]) -> list[str]:
        """The information lines of an answer as they go out; takes one off ``wrong_answers``/``empty_answers``."""
        if self.wrong_answers:
            self.wrong_answers -= 1
            lines = list(self.chance.choice(WRONG_ANSWERS))
        elif self.empty_answers:
            self.empty_answers -= 1
            lines = []
        out: list[str] = []
        for line in lines:
            if self.chance.random() < self.drop_line_rate:
                continue
            out.append(line)
            if self.chance.random() < self.duplicate_line_rate:
                out.append(line)
        if self.noise_in_replies and noise:
            out.insert(self.chance.randint(0, len(out)), self.chance.choice(noise))
        return out

    def wire(self, data: bytes) -> bytes:
        """Bytes as a bad cable delivers them."""
        if not self.garble_rate and not self.undecodable_rate:
            return data
        out = bytearray()
        for byte in data:
            garbled = self.chance.random() < self.garble_rate
            out.append(byte ^ self.chance.randint(1, 255) if garbled else byte)
            if self.chance.random() < self.undecodable_rate:
                out += self.chance.choice(UNDECODABLE)
        return bytes(out)

    def pieces(self, data: bytes) -> list[bytes]:
        """The pieces in which bytes go out."""
        if self.chunk_bytes <= 0:
            return [data]
        return [data[i : i + self.chunk_bytes] for i in range(0, len(data), self.chunk_bytes)]
