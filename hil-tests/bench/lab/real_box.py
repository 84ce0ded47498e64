"""A real box, reached by SSH: its own command line, its own broker, its own systemd."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shlex
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import attr
from labgrid import target_factory
from labgrid.driver import SSHDriver
from labgrid.driver.common import Driver

from bench.lab.protocols import BoxProtocol, CarrierProtocol
from bench.lab.roles import Box, Carrier, Event, NotReachedError, State, UnavailableError

POLL_S = 0.5
COMMAND_S = 30
RAW_COMMAND_S = 2
LONGEST_PAYLOAD_BYTES = 60_000  # one argument of a command line is 128 KiB at most, in base64
CCFC_LINE = re.compile(r'\+CCFC: ?(\d),(\d+)(?:,"([^"]*)")?')

Run = Callable[[str], tuple[list[str], list[str], int]]  # a line of shell: its output, its errors, its exit code


class SshBox(Box):
    """See :class:`bench.lab.roles.Box`."""

    def __init__(self, run: Run, device_id: str, unit: str) -> None:
        self._run_line = run
        self._device_id = device_id
        self._unit = unit

    async def run(self, *words: str) -> str:
        """One command on the box; what it printed. Raises :class:`NotReachedError` when it failed."""
        return await self._run(shlex.join(words))

    async def state(self) -> State:
        """See :class:`Box`."""
        return json.loads(await self.run("hotline", "status", "--json"))  # type: ignore[no-any-return]

    async def wait_for(self, wanted: Callable[[State], bool], what: str, timeout_s: float = 60.0) -> State:
        """See :class:`Box`."""
        deadline = time.monotonic() + timeout_s
        state: State | None = None
        while time.monotonic() < deadline:
            try:
                state = await self.state()
            except NotReachedError:
                state = None
            if state is not None and wanted(state):
                return state
            await asyncio.sleep(POLL_S)
        raise NotReachedError(f"not within {timeout_s:.0f} s: {what}; the state is {json.dumps(state)}")

    async def wait_for_route(self, route: str, timeout_s: float = 60.0) -> State:
        """See :class:`Box`."""

        def there(state: State) -> bool:
            return bool(state["route"]["active"] == route and state["forwarding"]["status"] == "verified")

        return await self.wait_for(there, f"route {route} verified", timeout_s)

    async def events(self, since_id: int = 0) -> Sequence[Event]:
        """See :class:`Box`."""
        return await self.journaled(since_id)

    async def journaled(self, since_id: int = 0) -> Sequence[Event]:
        """See :class:`Box`."""
        lines = (await self.run("hotline", "events", "--json")).splitlines()
        return [event for event in map(json.loads, filter(None, lines)) if event["id"] > since_id]

    async def wait_for_event(
        self, type_: str, timeout_s: float = 60.0, since_id: int = 0, wanted: Callable[[Event], bool] | None = None
    ) -> Event:
        """See :class:`Box`."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for event in await self.events(since_id):
                if event["type"] == type_ and (wanted is None or wanted(event)):
                    return event
            await asyncio.sleep(POLL_S)
        raise NotReachedError(f"no such event {type_} within {timeout_s:.0f} s")

    async def last_event_id(self) -> int:
        """See :class:`Box`."""
        return max((event["id"] for event in await self.events()), default=0)

    async def command(
        self, name: str, args: Mapping[str, Any] | None = None, *, id_: str | None = None, expiry_s: int | None = None
    ) -> Mapping[str, Any]:
        """See :class:`Box`."""
        said = {"schema": 1, "id": id_ or str(uuid.uuid4()), "name": name, "args": dict(args or {})}
        answer = await self._publish(json.dumps(said).encode(), COMMAND_S, expiry_s)
        if answer is None:
            raise NotReachedError(f"no response to {name} within {COMMAND_S} s")
        return answer

    async def raw_command(self, payload: bytes) -> Mapping[str, Any] | None:
        """See :class:`Box`."""
        return await self._publish(payload, RAW_COMMAND_S, None)

    async def configure(self, watchdog: Mapping[str, float | str]) -> None:
        """See :class:`Box`."""
        if watchdog:
            raise UnavailableError("the configuration of a real box is not rewritten by a test")
        await self.start()

    async def start(self) -> None:
        """See :class:`Box`."""
        await self.start_blind()
        await self.wait_for(lambda _: True, "a first state")

    async def start_blind(self) -> None:
        """See :class:`Box`."""
        await self.run("systemctl", "start", self._unit)

    async def stop(self) -> float:
        """See :class:`Box`."""
        began = time.monotonic()
        await self.run("systemctl", "stop", self._unit)
        return time.monotonic() - began

    async def kill(self) -> None:
        """See :class:`Box`. The unit is stopped too, or systemd would have it back at once."""
        await self.run("systemctl", "kill", "--signal=KILL", self._unit)
        await self.run("systemctl", "stop", self._unit)

    async def _publish(self, payload: bytes, timeout_s: int, expiry_s: int | None) -> Mapping[str, Any] | None:
        if len(payload) > LONGEST_PAYLOAD_BYTES:
            raise UnavailableError("a payload of this size does not pass a command line on the box")
        topic = f"hotline/{self._device_id}"
        words = ["mosquitto_rr", "-V", "5", "-q", "1", "-W", str(timeout_s), "-s"]
        words += ["-t", f"{topic}/command", "-e", f"{topic}/response"]
        if expiry_s is not None:
            words += ["-D", "PUBLISH", "message-expiry-interval", str(expiry_s)]
        encoded = base64.b64encode(payload).decode()
        try:
            said = await self._run(f"printf %s {encoded} | base64 -d | {shlex.join(words)}")
        except NotReachedError:
            return None
        return json.loads(said)  # type: ignore[no-any-return]

    async def _run(self, line: str) -> str:
        out, err, code = await asyncio.to_thread(self._run_line, line)
        if code:
            raise NotReachedError(f"{line[:200]} ended with {code}: {' '.join(err)[:500]}")
        return "\n".join(out)


class BoxModemCarrier(Carrier):
    """The real mobile network, asked through the box's own modem; it cannot be told to misbehave."""

    def __init__(self, box: SshBox) -> None:
        self._box = box

    async def table(self) -> Mapping[str, str | None]:
        """See :class:`Carrier`."""
        return {
            service: _voice_target(await self._box.run("hotline", "modem", "at", f"AT+CCFC={reason},2"))
            for reason, service in enumerate(("cfu", "cfb", "cfnry", "cfnrc"))
        }

    async def history(self) -> Sequence[Mapping[str, Any]]:
        """See :class:`Carrier`."""
        raise UnavailableError("a real network keeps no history that a test can read")

    async def change(self, service: str, number: str | None) -> None:
        """See :class:`Carrier`."""
        raise UnavailableError("nobody changes a real network's table behind the box's back")

    async def misbehave(self, how: str, **options: Any) -> None:
        """See :class:`Carrier`."""
        raise UnavailableError(f"a real network cannot be told to {how}")

    async def behave(self) -> None:
        """See :class:`Carrier`."""
        raise UnavailableError("a real network behaves as it does")


def _voice_target(lines: str) -> str | None:
    for status, class_sum, number in CCFC_LINE.findall(lines):
        if status == "1" and int(class_sum) & 1 and number:
            return number if number.startswith("+") else f"+{number}"
    return None


@target_factory.reg_driver
@attr.s(eq=False)
class SshBoxDriver(Driver, BoxProtocol):  # type: ignore[misc]
    """The box behind an ``SSHDriver``.

    device_id: ``device.id`` of its configuration. unit: the guard's systemd unit.
    """

    bindings: ClassVar[dict[str, type]] = {"shell": SSHDriver}

    device_id: str = attr.ib(validator=attr.validators.instance_of(str))
    unit: str = attr.ib(default="hotline-guard.service", validator=attr.validators.instance_of(str))

    def role(self) -> SshBox:
        """The role."""
        return SshBox(self.shell.run, self.device_id, self.unit)


@target_factory.reg_driver
@attr.s(eq=False)
class BoxModemCarrierDriver(Driver, CarrierProtocol):  # type: ignore[misc]
    """The mobile network, as far as the box's own modem can ask it."""

    bindings: ClassVar[dict[str, type]] = {"box": SshBoxDriver}

    def role(self) -> BoxModemCarrier:
        """The role."""
        return BoxModemCarrier(self.box.role())
