"""Peers for the AT stack: an ordered script that takes no other command, and a small modem with state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from appliance.modem.link import Link, LinkHandler

MARKER = ("AT+CMEE?", "+CMEE: 1\nOK")


def wire(text: str) -> bytes:
    """Lines as a modem sends them."""
    return "".join(f"\r\n{line}\r\n" for line in text.split("\n")).encode()


class Script:
    """Replays a transcript: the next command must be the next one of the script. ``None`` as reply is silence."""

    def __init__(self, *steps: tuple[str, str | bytes | None], piece: int = 0) -> None:
        self.steps = list(steps)
        self.handler: LinkHandler | None = None
        self.opened = 0
        self.closed = 0
        self.wrong: str | None = None
        self._buffer = b""
        self._piece = piece

    async def open(self, port: str, baudrate: int, handler: LinkHandler) -> Link:
        self.handler = handler
        self.opened += 1
        return self

    def write(self, data: bytes) -> None:
        self._buffer += data
        while (end := max(self._buffer.find(b"\r"), self._buffer.find(b"\x1a"))) >= 0:
            command, self._buffer = self._buffer[:end].decode("latin-1"), self._buffer[end + 1 :]
            if not self.steps or self.steps[0][0] != command:
                expected = self.steps[0][0] if self.steps else "the end"
                self.wrong = self.wrong or f"got {command!r}, the script has {expected!r}"
                return
            reply = self.steps.pop(0)[1]
            if reply is not None:
                self.say(wire(reply) if isinstance(reply, str) else reply)

    def say(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        size = self._piece or len(data)
        for start in range(0, len(data), size):
            loop.call_soon(self._deliver, data[start : start + size])

    def _deliver(self, data: bytes) -> None:
        assert self.handler is not None
        self.handler.data_received(data)

    def vanish(self) -> None:
        assert self.handler is not None
        self.handler.link_ended("the port vanished")

    async def close(self) -> None:
        self.closed += 1

    def finished(self) -> None:
        assert self.wrong is None, self.wrong
        assert self.steps == []


Answerer = Callable[[str], "str | None"]


class SmallModem:
    """A modem with a SIM, a registration and a forwarding table; it refuses every command it does not know.

    ``override`` answers before the rest, by command; ``None`` there is silence. ``log`` is what it was sent.
    """

    def __init__(self) -> None:
        self.log: list[str] = []
        self.override: dict[str, str | None] = {}
        self.plugged = True
        self.pin: str | None = None
        self.pin_given = False
        self.tries_left = 3
        self.tells_counter = True
        self.registered = 1
        self.calls: list[str] = []
        self.forwards: dict[int, tuple[str, int] | None] = dict.fromkeys(range(4))
        self.answers_at_all = True
        self.openings = 0
        self._links: list[_SmallLink] = []

    async def open(self, port: str, baudrate: int, handler: LinkHandler) -> Link:
        if not self.plugged:
            raise OSError(f"{port} cannot be opened: no such file or directory")
        self.openings += 1
        link = _SmallLink(self, handler)
        self._links.append(link)
        return link

    def unplug(self) -> None:
        self.plugged = False
        for link in self._links:
            link.vanish()
        self._links.clear()

    def restart(self) -> None:
        self.pin_given = False

    def tell(self, line: str) -> None:
        for link in self._links:
            link.deliver(wire(line))

    def drop(self, link: _SmallLink) -> None:
        if link in self._links:
            self._links.remove(link)

    def answer(self, command: str) -> str | None:
        self.log.append(command)
        if not self.answers_at_all:
            return None
        if command in self.override:
            return self.override[command]
        if command.startswith("AT+CCFC="):
            return self._ccfc(command)
        if command.startswith("AT+CPIN="):
            return self._enter_pin(command)
        locked = self.pin is not None and not self.pin_given
        if command in ("AT+CFUN=0", "AT+CFUN=1", "AT+CFUN=1,1"):
            if command != "AT+CFUN=1":
                self.restart()
            return "OK"
        table = {
            "AT+CMEE?": "+CMEE: 1\nOK",
            "ATE0": "OK",
            "AT+CMEE=1": "OK",
            "AT+CGMI": "Small\nOK",
            "AT+CGMM": "One\nOK",
            "AT+CGMR": "1.0\nOK",
            "AT+CGSN": "490154203237518\nOK",
            "AT+CFUN?": "+CFUN: 1\nOK",
            "AT+CPIN?": ("+CPIN: SIM PIN\nOK" if self.tries_left else "+CPIN: SIM PUK\nOK")
            if locked
            else "+CPIN: READY\nOK",
            "AT+CPINR": f"+CPINR: SIM PIN,{self.tries_left},3\nOK" if self.tells_counter else "ERROR",
            "AT+CCID": "+CCID: 8942010000000000017F\nOK",
            "AT+CREG=2": "OK",
            "AT+CREG?": f'+CREG: 2,{self.registered},"00A1","0001B2C3",2\nOK',
            "AT+COPS=3,0": "OK",
            "AT+COPS?": '+COPS: 0,0,"Test Mobile",2\nOK',
            "AT+CSQ": "+CSQ: 20,99\nOK",
            "AT+CLCC": "\n".join([*self.calls, "OK"]),
        }
        return table.get(command, "ERROR")

    def _enter_pin(self, command: str) -> str:
        if command == f'AT+CPIN="{self.pin}"':
            self.pin_given, self.tries_left = True, 3
            return "OK"
        self.tries_left = max(0, self.tries_left - 1)
        return "+CME ERROR: 16"

    def _ccfc(self, command: str) -> str:
        fields = command.removeprefix("AT+CCFC=").split(",")
        reason, mode = int(fields[0]), int(fields[1])
        if mode == 2:
            entry = self.forwards[reason]
            return "+CCFC: 0,1\nOK" if entry is None else f'+CCFC: 1,1,"{entry[0]}",{entry[1]}\nOK'
        if mode == 3:
            self.forwards[reason] = (fields[2].strip('"'), int(fields[3]))
            return "OK"
        if mode == 4:
            self.forwards[reason] = None
            return "OK"
        return "+CME ERROR: 50"


class _SmallLink:
    def __init__(self, modem: SmallModem, handler: LinkHandler) -> None:
        self._modem = modem
        self._handler = handler
        self._buffer = b""
        self._open = True

    def write(self, data: bytes) -> None:
        self._buffer += data
        while b"\r" in self._buffer:
            command, _, self._buffer = self._buffer.partition(b"\r")
            answer = self._modem.answer(command.decode("latin-1"))
            if answer is not None:
                self.deliver(wire(answer))

    def deliver(self, data: bytes) -> None:
        asyncio.get_running_loop().call_soon(self._hand_over, data)

    def _hand_over(self, data: bytes) -> None:
        if self._open:
            self._handler.data_received(data)

    def vanish(self) -> None:
        self._open = False
        self._handler.link_ended("the port vanished")

    async def close(self) -> None:
        self._open = False
        self._modem.drop(self)
