"""What an event says, in one line, and how it is to be taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from enum import Enum
from typing import Any

from appliance.domain.phrase_words import text_of
from appliance.situation.said import said
from appliance.situation.times import instant
from appliance.translation import _

Data = Mapping[str, Any]
SERVICE_NAMES = {"cfu": "CFU", "cfb": "CFB", "cfnry": "CFNRy", "cfnrc": "CFNRc"}


class Tone(Enum):
    """How a line is to be taken; always told by its words too."""

    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"
    PLAIN = "plain"


def sentence(type_: str, data: Data, zone: tzinfo) -> str:
    """One line for one event. A type of a later release is shown as it came."""
    write = _SENTENCES.get(type_)
    if write is None:
        pairs = ", ".join(f"{key}={value}" for key, value in data.items() if not isinstance(value, (dict, list)))
        return f"{type_}: {pairs}" if pairs else type_
    return write(data, zone)


def tone(type_: str, data: Data) -> Tone:
    """How the event is to be taken."""
    if type_ == "health.changed":
        return {"up": Tone.GOOD, "down": Tone.BAD}.get(str(data.get("to")), Tone.DOUBT)
    if type_ in ("command", "modem.recovery"):
        return Tone.PLAIN if data.get("ok") else Tone.BAD
    return _TONES.get(type_, Tone.PLAIN)


def part_word(part: object) -> str:
    """A part as the guard names it, ``trunk trunk-a``, its kind in the person's language."""
    kind, _space, name = str(part).partition(" ")
    words = {
        "trunk": _("trunk {name}"),
        "node": _("node {name}"),
        "local": _("local {name}"),
        "reference": _("reference {name}"),
    }
    return words[kind].format(name=name) if name and kind in words else str(part)


def _why(data: Data, key: str = "reason") -> str:
    """What the box gave as the reason."""
    text = text_of(data, key)
    return f": {said(text)}" if text else ""


def _in_their_words(data: Data) -> str:
    """What a person gave as the reason."""
    return f": {data['reason']}" if data.get("reason") else ""


def who(data: Data) -> str:
    """Who it was: a person, a link, or what of the box does such things by itself."""
    by = text_of(data, "by") or str(data.get("by"))
    return said(by) if " " in by else by


def _until(data: Data, zone: tzinfo) -> str:
    until = instant(data.get("until"))
    return _(" until {time:%Y-%m-%d %H:%M}").format(time=until.astimezone(zone)) if until else ""


def _service(data: Data) -> str:
    key = str(data.get("service", "cfu"))
    return SERVICE_NAMES.get(key, key.upper())


def _health(data: Data, _zone: tzinfo) -> str:
    words = {"up": _("up"), "down": _("DOWN"), "unknown": _("unknown")}
    to = words.get(str(data.get("to")), str(data.get("to")))
    return _("{part} is {health}").format(part=part_word(data.get("part") or data.get("name")), health=to) + _why(
        data
    )


def _decided(data: Data, _zone: tzinfo) -> str:
    line = _("decided: {route} ({number})") if data.get("number") else _("decided: {route}")
    return line.format(route=data.get("to"), number=data.get("number")) + _why(data)


def _requested(data: Data, _zone: tzinfo) -> str:
    attempt = data.get("attempt")
    again = _(", try {n}").format(n=attempt + 1) if isinstance(attempt, int) and attempt else ""
    if data.get("number") is None:
        return _("asked for: {service} off").format(service=_service(data)) + again + _why(data, "why")
    line = _("asked for: {service} to {number}")
    return line.format(service=_service(data), number=data["number"]) + again + _why(data, "why")


def _verified(data: Data, _zone: tzinfo) -> str:
    took = data.get("took_s")
    after = _(" after {n:.1f} s").format(n=took) if isinstance(took, (int, float)) else ""
    if data.get("quiescent"):
        return _("{service} is armed, the network hides it while CFU stands").format(service=_service(data)) + after
    if data.get("number") is None:
        return _("verified: {service} is off").format(service=_service(data)) + after
    line = _("verified: {service} is {number}")
    return line.format(service=_service(data), number=data["number"]) + after


def _failed(data: Data, _zone: tzinfo) -> str:
    target = f" {data['number']}" if data.get("number") else ""
    code = f" (CME {data['code']})" if data.get("code") is not None else ""
    return _("{service}{target} FAILED").format(service=_service(data), target=target) + _why(data, "message") + code


def _disputed(data: Data, _zone: tzinfo) -> str:
    line = _("{service} stands at {seen}, {wanted} was wanted: DISPUTED")
    return line.format(
        service=_service(data), seen=data.get("seen") or _("nothing"), wanted=data.get("wanted") or _("nothing")
    )


def _override_set(data: Data, zone: tzinfo) -> str:
    line = _("{route} pinned by {by}").format(route=data.get("route"), by=data.get("by"))
    return line + _until(data, zone) + _in_their_words(data)


def _override_ended(data: Data, _zone: tzinfo) -> str:
    return _("{route} is no longer pinned").format(route=data.get("route")) + _why(data, "why")


def _duty(data: Data, zone: tzinfo) -> str:
    holder = " ".join(str(data[key]) for key in ("person", "number") if data.get(key))
    by = _(" (by {by})").format(by=who(data)) if data.get("by") else ""
    return _("on duty: {who}").format(who=holder) + _until(data, zone) + by


def _roster_changed(data: Data, _zone: tzinfo) -> str:
    if data.get("revision") is None:
        return _("the roster {what}").format(what=said(text_of(data, "what")))
    line = _("roster, revision {n}: {what} (by {by})")
    return line.format(n=data["revision"], what=said(text_of(data, "what")), by=who(data))


def _line_mode(data: Data, zone: tzinfo) -> str:
    line = _("all lines") if data.get("line") == "*" else _("line {line}").format(line=data.get("line"))
    situation = _("by the clock") if data.get("situation") == "auto" else data.get("situation")
    return f"{line}: {situation}{_until(data, zone)}" + _(" (by {by})").format(by=who(data))


def _modem_up(data: Data, _zone: tzinfo) -> str:
    return _("modem up: {what}").format(
        what=" ".join(str(data[k]) for k in ("model", "firmware", "port") if data.get(k))
    )


def _modem_down(data: Data, _zone: tzinfo) -> str:
    return _("modem DOWN") + _why(data)


def _recovery(data: Data, _zone: tzinfo) -> str:
    line = _("modem recovery, {rung}: it helped") if data.get("ok") else _("modem recovery, {rung}: it did NOT help")
    return line.format(rung=data.get("rung"))


def _sim_blocked(data: Data, _zone: tzinfo) -> str:
    return _("SIM BLOCKED: a person must unblock it with its PUK") + _why(data)


def _isolation_began(data: Data, _zone: tzinfo) -> str:
    return _("the box is ISOLATED") + _why(data)


def _isolation_ended(data: Data, _zone: tzinfo) -> str:
    return _("the box is no longer isolated") + _why(data)


def _command(data: Data, _zone: tzinfo) -> str:
    outcome = _("done") if data.get("ok") else _("REFUSED ({code})").format(code=data.get("code"))
    return _("command {name} by {link}: {outcome}").format(
        name=data.get("name"), link=data.get("link"), outcome=outcome
    )


def _boot(data: Data, _zone: tzinfo) -> str:
    version = data.get("version")
    return _("the guard started, version {version}").format(version=version) if version else _("the guard started")


def _panel_up(_data: Data, _zone: tzinfo) -> str:
    return _("the panel works")


def _panel_failed(data: Data, _zone: tzinfo) -> str:
    return _("the panel CANNOT BE USED, the guard works without it") + _why(data)


def _journal_failed(data: Data, _zone: tzinfo) -> str:
    return _("the journal CANNOT BE WRITTEN, what happens is kept in memory") + _why(data)


def _journal_healed(_data: Data, _zone: tzinfo) -> str:
    return _("the journal can be written again")


def _sms_sent(data: Data, _zone: tzinfo) -> str:
    return _("message {id} sent to {to}").format(id=data.get("id"), to=data.get("to"))


def _sms_delivered(data: Data, _zone: tzinfo) -> str:
    return _("message {id} delivered to {to}").format(id=data.get("id"), to=data.get("to"))


def _sms_failed(data: Data, _zone: tzinfo) -> str:
    return _("message {id} to {to} NOT SENT").format(id=data.get("id"), to=data.get("to")) + _why(data)


def _sms_held(data: Data, _zone: tzinfo) -> str:
    line = _("{waiting} messages wait: {per_hour} were sent within the hour")
    return line.format(waiting=data.get("waiting"), per_hour=data.get("per_hour"))


def _agent_set(data: Data, zone: tzinfo) -> str:
    words = {"in": _("takes calls"), "paused": _("pauses"), "out": _("takes no calls")}
    presence = words.get(str(data.get("presence")), str(data.get("presence")))
    line = _("{person} {presence} in queue {queue}") if data.get("queue") else _("{person} {presence} in all queues")
    told = line.format(person=data.get("person"), presence=presence, queue=data.get("queue"))
    return told + _until(data, zone) + _in_their_words(data)


def _recording_failed(data: Data, _zone: tzinfo) -> str:
    return _("call {call} is NOT RECORDED to its end").format(call=data.get("call")) + _why(data, "why")


def _recording_erased(data: Data, _zone: tzinfo) -> str:
    return _("recording {id} was erased").format(id=data.get("id")) + _why(data, "why")


def _privacy_erased(data: Data, _zone: tzinfo) -> str:
    return _("everything of one caller was erased, asked for by {by}").format(by=data.get("by") or _("somebody"))


_SENTENCES: Mapping[str, Callable[[Data, tzinfo], str]] = {
    "boot": _boot,
    "health.changed": _health,
    "route.decided": _decided,
    "forwarding.requested": _requested,
    "forwarding.verified": _verified,
    "forwarding.failed": _failed,
    "forwarding.disputed": _disputed,
    "override.set": _override_set,
    "override.ended": _override_ended,
    "duty.changed": _duty,
    "roster.changed": _roster_changed,
    "line.mode": _line_mode,
    "agent.set": _agent_set,
    "recording.failed": _recording_failed,
    "recording.erased": _recording_erased,
    "privacy.erased": _privacy_erased,
    "sms.sent": _sms_sent,
    "sms.delivered": _sms_delivered,
    "sms.failed": _sms_failed,
    "sms.held": _sms_held,
    "modem.up": _modem_up,
    "modem.down": _modem_down,
    "modem.recovery": _recovery,
    "sim.blocked": _sim_blocked,
    "isolation.began": _isolation_began,
    "isolation.ended": _isolation_ended,
    "command": _command,
    "panel.up": _panel_up,
    "panel.failed": _panel_failed,
    "journal.failed": _journal_failed,
    "journal.healed": _journal_healed,
}
_TONES: Mapping[str, Tone] = {
    "forwarding.verified": Tone.GOOD,
    "forwarding.failed": Tone.BAD,
    "recording.failed": Tone.BAD,
    "forwarding.disputed": Tone.BAD,
    "override.set": Tone.DOUBT,
    "modem.up": Tone.GOOD,
    "modem.down": Tone.BAD,
    "sim.blocked": Tone.BAD,
    "isolation.began": Tone.BAD,
    "isolation.ended": Tone.GOOD,
    "journal.failed": Tone.BAD,
    "journal.healed": Tone.GOOD,
}
