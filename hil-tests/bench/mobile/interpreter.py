"""Command lines in, answers out, one at a time in the order they came."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bench.mobile import cmd_basic, cmd_calls, cmd_forwarding, cmd_identity, cmd_network, cmd_sim, cmd_sms
from bench.mobile.errors import cme_line, cms_line
from bench.mobile.outbox import Outbox
from bench.mobile.state import CmeError, CmsError, CommandError, Reply, UnknownCommandError
from bench.mobile.subscriber import SimLock
from bench.mobile.syntax import Command, Form, LineError, ParameterError, parse_line

if TYPE_CHECKING:
    from bench.mobile.modem import SimulatedModem

HANDLERS = {
    **cmd_basic.HANDLERS,
    **cmd_identity.HANDLERS,
    **cmd_sim.HANDLERS,
    **cmd_network.HANDLERS,
    **cmd_forwarding.HANDLERS,
    **cmd_calls.HANDLERS,
    **cmd_sms.HANDLERS,
}
NEEDS_SIM = frozenset({"+CIMI", "+CNUM", "+CCFC", "D", "+CSCA", *cmd_sms.HANDLERS}) - {"+CMGF", "+CNMI"}
SIM_ERROR = {None: 10, SimLock.PIN: 11, SimLock.PUK: 12, SimLock.BLOCKED: 13}


class Interpreter:
    """Executes one modem's command lines."""

    def __init__(self, modem: SimulatedModem, outbox: Outbox) -> None:
        self._modem = modem
        self._outbox = outbox
        self._lines: asyncio.Queue[str] = asyncio.Queue(maxsize=32)

    def take(self, line: str) -> None:
        """A line came in. Those that do not fit in the modem's buffer are lost."""
        self._outbox.release()
        if not self._lines.full():
            self._lines.put_nowait(line)

    def forget(self) -> None:
        """The modem lost power."""
        while not self._lines.empty():
            self._lines.get_nowait()

    async def run(self) -> None:
        """Execute lines until cancelled."""
        while True:
            await self._line(await self._lines.get())

    async def _line(self, line: str) -> None:
        start = line.upper().find("AT")
        if start < 0:
            return  # no attention, no answer
        modem = self._modem
        groups: list[list[str]] = []
        reply = Reply()
        try:
            for command in parse_line(line[start + 2 :]):
                reply = await self._execute(command)
                groups.append(modem.rudeness.lines(reply.lines, modem.personality.noise))
                if reply.final != "OK":
                    break
        except LineError:
            reply = Reply(final="ERROR")
        if modem.rudeness.slow_s:
            await asyncio.sleep(modem.rudeness.slow_s)
        self._outbox.answer(groups, reply.final, modem.settings)
        if reply.afterwards is not None:
            await reply.afterwards()

    async def _execute(self, command: Command) -> Reply:
        modem, level = self._modem, self._modem.settings.cmee
        try:
            return await self._handle(command)
        except UnknownCommandError:
            modem.unknown_commands.append(command.text)
            unknown = modem.personality.unknown
            return Reply(final=cme_line(unknown, level) if isinstance(unknown, int) else unknown)
        except CmeError as error:
            return Reply(final=cme_line(error.code, level))
        except CmsError as error:
            return Reply(final=cms_line(error.code, level))
        except ParameterError:
            return Reply(final=cme_line(50, level))
        except CommandError:
            return Reply(final="ERROR")

    async def _handle(self, command: Command) -> Reply:
        modem = self._modem
        own = cmd_identity.vendor_line(modem, command)
        if own is not None:
            return own
        if command.name in modem.personality.extra:
            return Reply()
        handler = HANDLERS.get(command.name)
        if handler is None:
            raise UnknownCommandError(command.text)
        if command.name in NEEDS_SIM and modem.sim_lock is not SimLock.READY:
            raise CmeError(SIM_ERROR[modem.sim_lock])
        if command.form is Form.TEST and command.name not in TESTABLE:
            raise UnknownCommandError(command.text)
        return await handler(modem, command)


TESTABLE = frozenset({"+CCFC", "+CREG", "+CGREG", "+CEREG", "+CPIN", "+CMGF", "+CNMI", "+CLIP", "+COPS", "+CFUN"})
