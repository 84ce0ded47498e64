"""What is asked of a modem, command by command. Every answer may be a refusal: nothing here fails because of one.

Errors of the port (:class:`appliance.modem.channel.ChannelError`) are passed on, but for a single command that got
no answer in time: a modem may be deaf to one query and well otherwise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from appliance.domain.modem import SimState
from appliance.modem import calls, identity, network, sim
from appliance.modem.channel import Answer, NoAnswerError
from appliance.modem.dialogue import Request
from appliance.modem.network import DomainReport
from appliance.modem.parameters import after_prefix, number_at
from appliance.modem.quirks import Quirks, quirks_for

Ask = Callable[[Request], Awaitable[Answer]]

_FUNCTIONALITY = Request("AT+CFUN?", ("+CFUN:",))
_FULL_FUNCTIONALITY = 1
# Nobody waits for these: without them the modem works, with them its service knows more, sooner.
_NOTIFICATIONS = ("AT+CLIP=1", "AT+CSSN=1,1", "AT+CTZU=1")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers on the port."""

    manufacturer: str | None
    model: str | None
    firmware: str | None
    imei: str | None
    quirks: Quirks


async def ask_lines(ask: Ask, request: Request) -> tuple[str, ...]:
    """The lines of a good answer; nothing where it was refused or did not come."""
    try:
        answer = await ask(request)
    except NoAnswerError:
        return ()
    return answer.lines if answer.ok else ()


async def introduce(ask: Ask) -> Identity:
    """Set the port's manners and learn who answers."""
    for command in ("ATE0", "AT+CMEE=1"):
        await ask_lines(ask, Request(command))
    manufacturer = identity.first_text(await ask_lines(ask, identity.MANUFACTURER))
    model = identity.first_text(await ask_lines(ask, identity.MODEL))
    firmware = identity.first_text(await ask_lines(ask, identity.FIRMWARE))
    if model is None or firmware is None:
        lines = await ask_lines(ask, identity.INFORMATION)
        manufacturer = manufacturer or identity.information_field(lines, "manufacturer")
        model = model or identity.information_field(lines, "model") or identity.first_text(lines)
        firmware = firmware or identity.information_field(lines, "revision")
    imei = identity.imei(await ask_lines(ask, identity.IMEI))
    return Identity(manufacturer, model, firmware, imei, quirks_for(manufacturer, model))


async def switch_on(ask: Ask) -> None:
    """Full functionality, where an earlier start was cut off between radio off and on."""
    for line in await ask_lines(ask, _FUNCTIONALITY):
        fields = after_prefix(line, "+CFUN:")
        if fields is not None and number_at(fields, 0) != _FULL_FUNCTIONALITY:
            await ask_lines(ask, Request("AT+CFUN=1", timeout_s=20.0))


async def report_registration(ask: Ask) -> None:
    """Let the modem tell of registration unasked, and with the technology when asked."""
    for command in network.REGISTRATION_ENABLE:
        await ask_lines(ask, Request(command))


async def report_the_rest(ask: Ask, quirks: Quirks) -> None:
    """Let the modem tell of everything else unasked."""
    for command in (*_NOTIFICATIONS, *quirks.init):
        await ask_lines(ask, Request(command))


async def sim_state(ask: Ask) -> SimState:
    """The state of the SIM."""
    try:
        answer = await ask(sim.SIM_QUERY)
    except NoAnswerError:
        return SimState.UNKNOWN
    return sim.sim_state(answer.lines, answer.final)


async def iccid(ask: Ask, quirks: Quirks) -> str | None:
    """The SIM's number, if this modem tells it in the SIM's present state."""
    for request in (*map(identity.iccid_request, quirks.iccid_commands), identity.ICCID_FROM_FILE):
        if (found := identity.iccid(await ask_lines(ask, request))) is not None:
            return found
    return None


async def pin_tries_left(ask: Ask, quirks: Quirks) -> int | None:
    """How many tries the PIN has left, if this modem tells."""
    if quirks.pin_counter is None:
        return None
    return sim.tries_left(quirks.pin_counter, await ask_lines(ask, sim.counter_request(quirks.pin_counter)))


async def registrations(ask: Ask) -> list[DomainReport]:
    """What CREG, CEREG and CGREG say; a domain that is refused is left out."""
    reports = [network.query_report(await ask_lines(ask, request)) for request in network.REGISTRATION_QUERIES]
    return [report for report in reports if report is not None]


async def signal_dbm(ask: Ask) -> int | None:
    """The signal, by the newer query where the older one does not know it (LTE)."""
    level = network.rssi_dbm(await ask_lines(ask, network.SIGNAL))
    return level if level is not None else network.rssi_dbm(await ask_lines(ask, network.EXTENDED_SIGNAL))


async def operator(ask: Ask) -> tuple[str | None, str | None]:
    """Operator's name and technology."""
    return network.operator(await ask_lines(ask, network.OPERATOR))


async def name_operators(ask: Ask) -> None:
    """Have operators told by name, not by number."""
    await ask_lines(ask, network.OPERATOR_NAMES)


async def live_calls(ask: Ask) -> int:
    """How many voice calls the modem has."""
    return calls.live_voice_calls(await ask_lines(ask, calls.CALLS))
