"""The switches of one network and one modem by name, for a control socket: JSON in, JSON out."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bench.mobile.forwarding import Bearer, Entry, Reason, Table
from bench.mobile.modem import SimulatedModem
from bench.mobile.network import DialResult
from bench.mobile.sms import deliver_pdu
from bench.mobile.subscriber import Registration, SubscriberState

Arguments = Mapping[str, Any]


class SwitchError(Exception):
    """A request that cannot be met, in words."""


def table_as_json(table: Table) -> dict[str, Any]:
    """A forwarding table as ``{"cfu": {"voice": {"number", "active", "no_reply_s"}}}``."""
    out: dict[str, dict[str, Any]] = {}
    for (reason, bearer), entry in sorted(table.items()):
        out.setdefault(reason.name.lower(), {})[(bearer.name or "").lower()] = dataclasses.asdict(entry)
    return out


class Switches:
    """What another process may do to a modem and its network."""

    def __init__(self, modem: SimulatedModem) -> None:
        self._modem = modem
        self._network = modem.network
        self._home = modem.msisdn or ""
        self._methods: dict[str, Callable[[Arguments], Awaitable[Any]]] = {
            "status": self._status,
            "table": self._table,
            "alter": self._alter,
            "changes": self._changes,
            "gaps": self._gaps,
            "destination": self._destination,
            "operator": self._operator,
            "silence": self._silence,
            "speak": self._speak,
            "cover": self._cover,
            "rudeness": self._rudeness,
            "unplug": self._unplug,
            "plug": self._plug,
            "sim": self._sim,
            "message": self._message,
            "sms": self._sms,
            "texts": self._texts,
            "away": self._away,
            "ring": self._ring,
            "dial_result": self._dial_result,
        }

    async def call(self, name: str, arguments: Arguments) -> Any:
        """Do one thing. Raises :class:`SwitchError` for what is unknown or wrong."""
        method = self._methods.get(name)
        if method is None:
            raise SwitchError(f"{name!r} is none of {', '.join(self._methods)}")
        try:
            return await method(arguments)
        except (KeyError, TypeError, ValueError) as error:
            raise SwitchError(f"{name}: {error}") from error

    async def _status(self, arguments: Arguments) -> Any:
        del arguments
        modem = self._modem
        return {
            "address": modem.port.address,
            "personality": modem.personality.name,
            "powered": modem.powered,
            "ready": modem.ready,
            "registration": modem.registration.name.lower(),
            "sim": modem.sim_lock,
            "power_ups": modem.power_ups,
            "commands": [text for _, text in modem.commands],
            "unknown_commands": modem.unknown_commands,
            "pin_attempts": len(modem.sim.pin_attempts) if modem.sim else 0,
        }

    async def _table(self, arguments: Arguments) -> Any:
        return table_as_json(self._network.table(arguments.get("msisdn", self._home)))

    async def _alter(self, arguments: Arguments) -> Any:
        number = arguments["number"]
        entry = None if number is None else Entry(number, no_reply_s=arguments.get("no_reply_s"))
        bearer = Bearer[arguments.get("bearer", "voice").upper()]
        self._network.alter(
            arguments.get("msisdn", self._home), Reason[arguments["reason"].upper()], entry, bearer=bearer
        )

    async def _changes(self, arguments: Arguments) -> Any:
        del arguments
        return [
            {
                **dataclasses.asdict(change),
                "reason": change.reason.name.lower(),
                "bearer": (change.bearer.name or "").lower(),
            }
            for change in self._network.audit.changes
        ]

    async def _gaps(self, arguments: Arguments) -> Any:
        return self._network.audit.gaps(
            arguments.get("msisdn", self._home), Reason[arguments.get("reason", "cfu").upper()]
        )

    async def _destination(self, arguments: Arguments) -> Any:
        state = arguments.get("state")
        destination = self._network.destination(
            arguments.get("called", self._home), subscriber_state=None if state is None else SubscriberState(state)
        )
        return {"kind": type(destination).__name__, **dataclasses.asdict(destination)}

    async def _operator(self, arguments: Arguments) -> Any:
        return _set(self._network.operator, arguments)

    async def _silence(self, arguments: Arguments) -> Any:
        self._network.silence(arguments.get("seconds"), swallow=bool(arguments.get("swallow", False)))

    async def _speak(self, arguments: Arguments) -> Any:
        del arguments
        self._network.speak()

    async def _cover(self, arguments: Arguments) -> Any:
        self._network.cover(arguments.get("msisdn", self._home), Registration[arguments["coverage"].upper()])

    async def _rudeness(self, arguments: Arguments) -> Any:
        return _set(self._modem.rudeness, arguments)

    async def _unplug(self, arguments: Arguments) -> Any:
        del arguments
        await self._modem.unplug()

    async def _plug(self, arguments: Arguments) -> Any:
        del arguments
        await self._modem.plug()

    async def _sim(self, arguments: Arguments) -> Any:
        self._modem.change_sim(self._home if arguments["present"] else None)

    async def _message(self, arguments: Arguments) -> Any:
        self._modem.deliver_message(deliver_pdu(arguments["sender"], arguments["text"], self._modem.wall_clock()))

    async def _sms(self, arguments: Arguments) -> Any:
        return _set(self._network.smsc.policy, arguments)

    async def _texts(self, arguments: Arguments) -> Any:
        return self._network.smsc.texts(arguments["number"])

    async def _away(self, arguments: Arguments) -> Any:
        if arguments.get("away", True):
            self._network.smsc.away.add(arguments["number"])
        else:
            self._network.smsc.back(arguments["number"])

    async def _ring(self, arguments: Arguments) -> Any:
        self._modem.phone.ring(arguments["number"], forwarded=bool(arguments.get("forwarded", False)))

    async def _dial_result(self, arguments: Arguments) -> Any:
        result = DialResult(arguments["result"])

        async def answer(caller: str, called: str) -> DialResult:
            del caller, called
            return result

        self._network.on_dial = answer


def _set(switches: Any, arguments: Arguments) -> dict[str, Any]:
    """Set fields of a dataclass of switches; a list becomes what the field holds. Returns all of them."""
    known = {field.name: getattr(switches, field.name) for field in dataclasses.fields(switches)}
    for name, value in arguments.items():
        if name not in known or name == "chance":
            raise ValueError(f"{name!r} is none of {', '.join(known)}")
        kind = type(known[name])
        setattr(switches, name, kind(value) if kind in (deque, frozenset) else value)
    return {
        field.name: list(value) if isinstance(value, (deque, frozenset)) else value
        for field in dataclasses.fields(switches)
        if field.name != "chance" and (value := getattr(switches, field.name), True)[1]
    }
