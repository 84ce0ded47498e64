"""The dialogue against a model of a modem that works in order, late, in pieces, with garbage and codes in between."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.modem.dialogue import Dialogue, Lost, Output, Reply, Request, Silence, Transmit

NOISE = [
    b"",
    b"\r\nRING\r\n",
    b'\r\n+CREG: 1,"00A1","02"\r\n',
    b"\x00\xff\r\n",
    b"\r\nNO CARRIER\r\n",
    b"^RSSI:7\r\n",
]


@dataclass
class OrderedModem:
    """Answers each command after its delay, never out of order; may lose a command it was sent while busy."""

    delays_s: list[float]
    losses: list[bool]
    noises: list[bytes]
    echo: bool
    due: list[tuple[float, bytes]] = field(default_factory=list)
    free_at: float = 0.0
    _buffer: bytes = b""
    _count: int = 0

    def take(self, data: bytes, now: float) -> None:
        self._buffer += data.replace(b"\x1b", b"")
        while b"\r" in self._buffer:
            command, _, self._buffer = self._buffer.partition(b"\r")
            index, self._count = self._count, self._count + 1
            if now < self.free_at and self.losses[index % len(self.losses)]:
                continue
            self.free_at = max(now, self.free_at) + self.delays_s[index % len(self.delays_s)]
            noise = self.noises[index % len(self.noises)]
            text = command.decode()
            name = text.removeprefix("AT").rstrip("?").partition("=")[0]
            value = "(0-2)" if text.endswith("=?") else "1" if text.endswith("?") else text
            body = f"\r\n{name}: {value}\r\n".encode() + noise + b"\r\nOK\r\n"
            self.due.append((self.free_at, (command + b"\r" if self.echo else b"") + noise + body))


def play(modem: OrderedModem, requests: list[Request], piece: int) -> list[Output]:
    """Ask one after the other in virtual time until each has its outcome."""
    dialogue, now, outcomes = Dialogue(), 0.0, list[Output]()

    def perform(outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Transmit):
                modem.take(output.data, now)
            elif isinstance(output, Reply | Silence | Lost):
                outcomes.append(output)

    for number, request in enumerate(requests, 1):
        perform(dialogue.begin(request, now))
        for _ in range(1000):
            if len(outcomes) == number:
                break
            times = [at for at, _ in modem.due[:1]]
            times += [dialogue.deadline] if dialogue.deadline is not None else []
            now = max(now, min(times))
            while modem.due and modem.due[0][0] <= now:
                data = modem.due.pop(0)[1]
                for start in range(0, len(data), piece):
                    perform(dialogue.receive(data[start : start + piece], now))
            perform(dialogue.tick(now))
        assert len(outcomes) == number, "hangs"
    return outcomes


@given(
    delays_s=st.lists(st.sampled_from([0.01, 0.2, 0.9, 3.0, 7.0, 20.0]), min_size=1, max_size=6),
    losses=st.lists(st.booleans(), min_size=1, max_size=4),
    noises=st.lists(st.sampled_from(NOISE), min_size=1, max_size=4),
    echo=st.booleans(),
    count=st.integers(1, 6),
    piece=st.integers(1, 40),
)
@settings(max_examples=200)
def test_no_answer_is_ever_taken_for_anothers(
    delays_s: list[float], losses: list[bool], noises: list[bytes], echo: bool, count: int, piece: int
) -> None:
    modem = OrderedModem(delays_s, losses, noises, echo)
    requests = [Request(f"AT+Q{chr(65 + index)}=1", (f"+Q{chr(65 + index)}:",)) for index in range(count)]
    for outcome, request in zip(play(modem, requests, piece), requests, strict=True):
        assert outcome.request is request  # type: ignore[union-attr]
        if isinstance(outcome, Reply):
            assert outcome.lines == (f"{request.prefixes[0]} {request.text}",)
            assert outcome.final.ok


@given(st.lists(st.binary(max_size=60), max_size=12), st.integers(0, 3))
@settings(max_examples=150)
def test_garbage_never_hangs_it(pieces: list[bytes], answers: int) -> None:
    dialogue, now = Dialogue(), 0.0
    outcomes: list[Output] = []
    outputs = dialogue.begin(Request("AT+CSQ", ("+CSQ:",)), now)
    for piece in [*pieces, *[b"\r\nOK\r\n"] * answers]:
        now += 0.3
        outputs += dialogue.receive(piece, now) + dialogue.tick(now)
    for _ in range(20):
        if dialogue.deadline is None:
            break
        now = max(now, dialogue.deadline)
        outputs += dialogue.tick(now)
    outcomes = [output for output in outputs if isinstance(output, Reply | Silence | Lost)]
    assert len(outcomes) == 1
    assert dialogue.idle
    assert now < 60
