"""The guard's commands (CONTRACT, "MQTT"): arguments checked, then done; the answer says what stands now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import Field, model_validator

from appliance.config import Config, shown
from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.forwarding import ForwardingError
from appliance.domain.phone import NotANumber
from appliance.domain.phrase import phrase
from appliance.domain.routes import TECHNICIAN
from appliance.guard.agent_commands import AgentCommands, AgentSet
from appliance.guard.agentdesk import AgentDesk
from appliance.guard.arguments import A_YEAR_MIN, Args, NoArgs, Words
from appliance.guard.loop import Guard
from appliance.guard.roster_commands import By, LineModeArgs, RosterCheck, RosterCommands, RosterGet, RosterSet
from appliance.guard.rosterdesk import RosterDesk
from appliance.guard.sms_commands import SmsCommands, SmsList, SmsSend, Whose
from appliance.mqtt.dispatch import Dispatch, Handler
from appliance.notify.sms_outbox import SmsOutbox


class _RouteSet(Args):
    route: str
    minutes: float | None = Field(default=None, gt=0, le=A_YEAR_MIN)
    reason: Words | None = Field(default=None, max_length=500)


class _DutySet(Args):
    person: str | None = None
    number: str | None = None
    minutes: float | None = Field(default=None, gt=0, le=A_YEAR_MIN)

    @model_validator(mode="after")
    def _one_of_them(self) -> _DutySet:
        if (self.person is None) == (self.number is None):
            raise ValueError("give either person or number")
        return self


class _ModemAt(Args):
    command: str = Field(min_length=2, max_length=500)


class GuardCommands(Dispatch):
    """Executes commands; raises :class:`CommandError` for what cannot be done."""

    def __init__(
        self, guard: Guard, config: Config, roster: RosterDesk, outbox: SmsOutbox, agents: AgentDesk
    ) -> None:
        self._guard = guard
        self._config = config
        roster_commands, sms = RosterCommands(roster, self._settled), SmsCommands(outbox, config)
        agent_commands = AgentCommands(agents)
        handlers: dict[str, tuple[type[Args], Handler]] = {
            "status": (NoArgs, self._status),
            "route.set": (_RouteSet, self._route_set),
            "route.auto": (NoArgs, self._route_auto),
            "duty.set": (_DutySet, self._duty_set),
            "duty.auto": (NoArgs, self._duty_auto),
            "roster.get": (RosterGet, roster_commands.get),
            "roster.check": (RosterCheck, roster_commands.check),
            "roster.set": (RosterSet, roster_commands.set),
            "roster.undo": (By, roster_commands.undo),
            "line.mode": (LineModeArgs, roster_commands.line_mode),
            "agent.set": (AgentSet, agent_commands.set),
            "agent.list": (NoArgs, agent_commands.list),
            "probe.run": (NoArgs, self._probe_run),
            "forwarding.verify": (NoArgs, self._forwarding_verify),
            "modem.reset": (NoArgs, self._modem_reset),
            "modem.info": (NoArgs, self._modem_info),
            "modem.at": (_ModemAt, self._modem_at),
            "sms.send": (SmsSend, sms.send),
            "sms.list": (SmsList, sms.list),
            "privacy.export": (Whose, sms.privacy_export),
            "privacy.erase": (Whose, sms.privacy_erase),
            "config.show": (NoArgs, self._config_show),
        }
        super().__init__(handlers)

    @property
    def only_looking(self) -> Collection[str]:
        """Those that change nothing; an operator who looks every minute must not fill the journal."""
        return ("status", "config.show", "modem.info", "roster.get", "roster.check", "agent.list", "sms.list")

    async def _status(self, _: NoArgs, __: Command) -> Mapping[str, Any]:
        return self._guard.state()

    async def _route_set(self, args: _RouteSet, command: Command) -> Mapping[str, Any]:
        names = [*(route.name for route in self._config.routes), TECHNICIAN]
        if args.route not in names:
            raise CommandError(
                ErrorCode.BAD_REQUEST,
                phrase("there is no route {name}; there is {names}", name=repr(args.route), names=", ".join(names)),
            )
        await self._guard.desk.set_override(args.route, args.minutes, args.reason or "", command.link)
        return await self._settled()

    async def _route_auto(self, _: NoArgs, command: Command) -> Mapping[str, Any]:
        if await self._guard.desk.end_override(phrase("taken back through {link}", link=command.link)):
            self._guard.back_to_automatic()
        return await self._settled()

    async def _duty_set(self, args: _DutySet, command: Command) -> Mapping[str, Any]:
        if args.person is not None and args.person not in (people := await self._guard.desk.people()):
            listing = ", ".join(sorted(people))
            nobody = phrase("nobody has the id {id}; there is {listing}", id=repr(args.person), listing=listing)
            raise CommandError(ErrorCode.BAD_REQUEST, nobody)
        try:
            _, number = await self._guard.desk.resolve(args.person or args.number or "")
        except NotANumber as error:
            raise CommandError(ErrorCode.BAD_REQUEST, str(error)) from None
        if number == self._config.modem.service_number:
            circle = phrase("that is the service number itself: calls would go in a circle")
            raise CommandError(ErrorCode.BAD_REQUEST, circle)
        await self._guard.desk.set_duty(args.person or args.number or "", args.minutes, command.link)
        return await self._settled()

    async def _duty_auto(self, _: NoArgs, command: Command) -> Mapping[str, Any]:
        await self._guard.desk.follow_roster(command.link)
        return await self._settled()

    async def _probe_run(self, _: NoArgs, __: Command) -> Mapping[str, Any]:
        return {"targets": await self._guard.probe_all()}

    async def _forwarding_verify(self, _: NoArgs, __: Command) -> Mapping[str, Any]:
        status = self._guard.modem.status
        if not status.usable:
            raise CommandError(
                ErrorCode.FAILED,
                phrase(
                    "the network cannot be asked: modem {health}, SIM {sim}, network registration {registration}",
                    health=str(status.health),
                    sim=str(status.sim),
                    registration=str(status.registration),
                ),
            )
        try:
            await self._guard.forwarder.verify_now()
        except TimeoutError:
            raise CommandError(
                ErrorCode.FAILED, phrase("the network did not tell the whole table in time; see state")
            ) from None
        forwarding: Mapping[str, Any] = self._guard.state()["forwarding"]
        return {"forwarding": forwarding}

    async def _modem_reset(self, _: NoArgs, __: Command) -> Mapping[str, Any]:
        try:
            await self._guard.modem.reset()
        except ForwardingError as error:
            raise CommandError(ErrorCode.FAILED, error.message) from None
        return {"modem": self._guard.state()["modem"]}

    async def _modem_info(self, _: NoArgs, __: Command) -> Mapping[str, Any]:
        status = asdict(self._guard.modem.status)
        return {**status, **self._guard.modem.describe()}

    async def _modem_at(self, args: _ModemAt, __: Command) -> Mapping[str, Any]:
        try:
            return {"lines": list(await self._guard.modem.at(args.command))}
        except ForwardingError as error:
            raise CommandError(ErrorCode.FAILED, error.message) from None

    async def _config_show(self, _: NoArgs, __: Command) -> Mapping[str, Any]:
        return {"config": shown.document(self._config)}

    async def _settled(self) -> Mapping[str, Any]:
        """Let the decision follow, and answer with what it says; the network follows in its own time."""
        await self._guard.decide_now()
        state = self._guard.state()
        return {key: state[key] for key in ("service", "route", "forwarding", "override", "duty")}
