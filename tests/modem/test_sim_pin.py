from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from appliance.domain.forwarding import Exchange
from appliance.modem.channel import Answer, NoAnswerError
from appliance.modem.dialogue import Request
from appliance.modem.sim_pin import (
    Outcome,
    PinLedger,
    PinRefused,
    SimRecord,
    TryRecord,
    may_try,
    note_ready,
    unlock,
)
from appliance.modem.tokens import as_final

SIM = "8942010000000000017"


class Sim:
    """Counts what it is sent. ``dies`` never answers: the power goes."""

    def __init__(self, pin: str = "1234", *, dies: bool = False, record_must_exist: Path | None = None) -> None:
        self.pin = pin
        self.dies = dies
        self.tries: list[str] = []
        self._record = record_must_exist

    async def ask(self, request: Request) -> Answer:
        assert request.secret
        if self._record is not None:
            entry = json.loads(await asyncio.to_thread(self._record.read_bytes))["sims"][SIM]
            assert entry["pins"][-1]["outcome"] == "sent"
        self.tries.append(request.text)
        if self.dies:
            raise NoAnswerError("no answer")
        final = as_final("OK" if request.text == f'AT+CPIN="{self.pin}"' else "+CME ERROR: 16")
        assert final is not None
        return Answer((), final, Exchange(0.0, "AT+CPIN=***", (), 0.0))


def put(file: Path, text: str) -> None:
    file.write_text(text)


@pytest.fixture
def pin_file(tmp_path: Path) -> Path:
    file = tmp_path / "pin"
    file.write_text("1234\n")
    return file


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "state" / "pin-tries.json"


@pytest.mark.parametrize(
    ("before", "left", "allowed"),
    [
        (SimRecord(), None, True),
        (SimRecord(), 3, True),
        (SimRecord(), 2, True),
        (SimRecord(), 1, False),
        (SimRecord(), 0, False),
        (SimRecord(None, 1), None, True),
        (SimRecord(None, 2), None, False),
        (SimRecord(None, 2), 3, True),
        (SimRecord(None, 7), None, False),
        (SimRecord(TryRecord(Outcome.ACCEPTED, True)), None, True),
        (SimRecord(TryRecord(Outcome.ACCEPTED, True)), 2, True),
        (SimRecord(TryRecord(Outcome.ACCEPTED, True)), 1, False),
        (SimRecord(TryRecord(Outcome.REFUSED), 1), None, False),
        (SimRecord(TryRecord(Outcome.REFUSED), 1), 3, False),
        (SimRecord(TryRecord(Outcome.SENT), 1), None, False),
        (SimRecord(TryRecord(Outcome.SENT), 1), 2, False),
        (SimRecord(TryRecord(Outcome.SENT), 1), 3, True),
        (SimRecord(TryRecord(Outcome.SENT, True), 1), None, True),
        (SimRecord(TryRecord(Outcome.SENT, True), 2), None, False),
        (SimRecord(TryRecord(Outcome.SENT, True), 2), 3, True),
    ],
)
def test_when_a_pin_may_be_sent(before: SimRecord, left: int | None, allowed: bool) -> None:
    assert (may_try(before, left) is None) is allowed


async def test_the_right_pin_is_accepted_each_time_the_power_comes_back(pin_file: Path, record: Path) -> None:
    sim = Sim(record_must_exist=record)
    for _ in range(3):
        await unlock(sim.ask, PinLedger(record), SIM, pin_file, None)
    assert sim.tries == ['AT+CPIN="1234"'] * 3


async def test_a_wrong_pin_is_tried_exactly_once_also_across_restarts(pin_file: Path, record: Path) -> None:
    sim = Sim(pin="4321", record_must_exist=record)
    for _ in range(5):
        with pytest.raises(PinRefused):
            await unlock(sim.ask, PinLedger(record), SIM, pin_file, 3)
    assert len(sim.tries) == 1
    put(pin_file, "4321")  # a person corrects it
    await unlock(sim.ask, PinLedger(record), SIM, pin_file, 3)
    assert len(sim.tries) == 2


async def test_a_cut_off_try_is_not_repeated_blindly(pin_file: Path, record: Path) -> None:
    sim = Sim(dies=True)
    with pytest.raises(NoAnswerError):
        await unlock(sim.ask, PinLedger(record), SIM, pin_file, None)
    for _ in range(3):
        with pytest.raises(PinRefused, match="cut off"):
            await unlock(sim.ask, PinLedger(record), SIM, pin_file, None)
    assert len(sim.tries) == 1


async def test_a_cut_off_try_that_opened_the_sim_counts_as_accepted(pin_file: Path, record: Path) -> None:
    dying, sim = Sim(dies=True), Sim()
    with pytest.raises(NoAnswerError):
        await unlock(dying.ask, PinLedger(record), SIM, pin_file, None)
    await note_ready(PinLedger(record), SIM, pin_file)
    await unlock(sim.ask, PinLedger(record), SIM, pin_file, None)
    assert len(sim.tries) == 1


async def test_at_most_two_unsure_tries_of_a_pin_that_worked_before(pin_file: Path, record: Path) -> None:
    await unlock(Sim().ask, PinLedger(record), SIM, pin_file, None)
    dying = Sim(dies=True)
    for _ in range(5):
        with pytest.raises((NoAnswerError, PinRefused)):
            await unlock(dying.ask, PinLedger(record), SIM, pin_file, None)
    assert len(dying.tries) == 2


async def test_pins_in_turn_are_tried_once_each_and_the_last_try_is_left(pin_file: Path, record: Path) -> None:
    sim = Sim(pin="9999")
    for pin in ("1111", "2222", "1111", "2222", "3333", "4444"):
        put(pin_file, pin)
        with pytest.raises(PinRefused):
            await unlock(sim.ask, PinLedger(record), SIM, pin_file, None)
    assert sim.tries == ['AT+CPIN="1111"', 'AT+CPIN="2222"']


async def test_another_sim_has_its_own_try(pin_file: Path, record: Path) -> None:
    sim = Sim(pin="4321")
    for name in ("A", "B", "A", "B"):
        with pytest.raises(PinRefused):
            await unlock(sim.ask, PinLedger(record), name, pin_file, None)
    assert len(sim.tries) == 2


async def test_nothing_is_sent_that_cannot_be_remembered(pin_file: Path, tmp_path: Path) -> None:
    sim = Sim()
    (tmp_path / "file").write_text("")
    with pytest.raises(PinRefused, match="not tried"):
        await unlock(sim.ask, PinLedger(tmp_path / "file" / "x.json"), SIM, pin_file, 3)
    damaged = tmp_path / "damaged.json"
    for text in (
        "{",
        "[]",
        f'{{"schema": 1, "sims": {{"{SIM}": 3}}}}',
        f'{{"schema": 1, "sims": {{"{SIM}": {{"a": 1}}}}}}',
    ):
        put(damaged, text)
        with pytest.raises(PinRefused, match="cannot be read"):
            await unlock(sim.ask, PinLedger(damaged), SIM, pin_file, 3)
    assert sim.tries == []


@pytest.mark.parametrize("content", ["", "12", "12345678901", "abcd", "12 34", "1234\n5678"])
async def test_a_pin_file_without_a_pin(pin_file: Path, record: Path, content: str) -> None:
    sim = Sim()
    put(pin_file, content)
    with pytest.raises(PinRefused, match="4 to 8 digits"):
        await unlock(sim.ask, PinLedger(record), SIM, pin_file, 3)
    assert sim.tries == []


async def test_no_pin_file_says_what_to_do(record: Path, tmp_path: Path) -> None:
    with pytest.raises(PinRefused, match=r"modem\.pin_file"):
        await unlock(Sim().ask, PinLedger(record), SIM, None, 3)
    with pytest.raises(PinRefused, match="cannot be read"):
        await unlock(Sim().ask, PinLedger(record), SIM, tmp_path / "missing", 3)


def inspect(file: Path) -> tuple[str, int]:
    return file.read_text(), stat.S_IMODE(file.stat().st_mode)


async def test_the_pin_itself_is_nowhere_on_the_disk(pin_file: Path, record: Path) -> None:
    put(pin_file, "80417362\n")  # long: four digits stand in some hash in a thousand by chance
    await unlock(Sim("80417362").ask, PinLedger(record), SIM, pin_file, 3)
    text, mode = inspect(record)
    assert "accepted" in text
    assert "80417362" not in text
    assert mode == 0o600
