"""Single words and lines of the situation: health, service, forwarding, modem. Pure."""

from __future__ import annotations

from appliance.situation.picture import Modem, Picture
from appliance.situation.said import said
from appliance.situation.wording import SERVICE_NAMES, Tone
from appliance.translation import _


def health_word(health: str) -> str:
    """The word for a health, loud where it is bad."""
    return {"up": _("up"), "down": _("DOWN"), "unknown": _("unknown")}.get(health, health)


def health_tone(health: str) -> Tone:
    """The tone of a health."""
    return {"up": Tone.GOOD, "down": Tone.BAD}.get(health, Tone.DOUBT)


def service_word(service: str, *, changing: bool = False) -> str:
    """The situation in a word and what it means for a caller; ``changing``: the network does not follow yet, so
    nothing is promised to anybody."""
    if changing:
        return {
            "normal": _("NORMAL, but calls do not take the wanted route yet"),
            "partial": _("PARTIAL, and calls do not take the wanted route yet"),
            "total": _("TOTAL, and calls do not reach the technician yet"),
        }.get(service, service_word(service))
    return {
        "normal": _("NORMAL: callers reach the best route"),
        "partial": _("PARTIAL: something is broken, callers are answered"),
        "total": _("TOTAL: callers are led to the technician"),
        "isolated": _("ISOLATED: this box sees nothing of the outside"),
        "unknown": _("UNKNOWN: no verdict yet"),
    }.get(service, service)


def service_tone(service: str, *, changing: bool = False) -> Tone:
    """The tone of a situation."""
    if changing and service == "normal":
        return Tone.DOUBT
    return {"normal": Tone.GOOD, "total": Tone.BAD}.get(service, Tone.DOUBT)


def forwarding_tone(status: str) -> Tone:
    """The tone of a forwarding status."""
    return {"verified": Tone.GOOD, "disputed": Tone.BAD}.get(status, Tone.DOUBT)


def forwarding_word(status: str) -> str:
    """The forwarding status in words."""
    return {
        "verified": _("verified"),
        "pending": _("change under way"),
        "unverified": _("NOT VERIFIED"),
        "disputed": _("DISPUTED"),
    }.get(status, status)


def table_text(picture: Picture) -> str:
    """The four services on one line, equal conditionals together."""
    numbers = picture.forwarding.numbers

    def held(key: str) -> str:
        if key not in numbers:
            return _("not known")
        # a table that was not read back whole holds no number for what was never seen, too
        return numbers[key] or (_("off") if picture.forwarding.status == "verified" else _("none seen"))

    cfu, conditionals = f"CFU {held('cfu')}", ("cfb", "cfnry", "cfnrc")
    how = picture.forwarding.net
    net = _("   net: {how}").format(how={"armed": _("armed"), "off": _("off")}.get(how, how)) if how else ""
    if len({held(key) for key in conditionals}) == 1:
        return f"{cfu}   CFB/CFNRy/CFNRc {held('cfb')}{net}"
    return cfu + "".join(f"   {SERVICE_NAMES[key]} {held(key)}" for key in conditionals) + net


def registration_word(registration: str) -> str:
    """The network registration in a word."""
    return {
        "home": _("home"),
        "roaming": _("roaming"),
        "searching": _("searching"),
        "denied": _("denied"),
        "none": _("none"),
        "unknown": _("unknown"),
    }.get(registration, registration)


def sim_word(sim: str) -> str:
    """The SIM in a word."""
    return {
        "ready": _("ready"),
        "pin": _("pin"),
        "puk": _("puk"),
        "blocked": _("blocked"),
        "absent": _("absent"),
        "unknown": _("unknown"),
    }.get(sim, sim)


def modem_text(modem: Modem) -> str:
    """Model, network, signal and SIM on one line."""
    signal = f"{modem.rssi_dbm} dBm".replace("-", "−") if modem.rssi_dbm is not None else None  # noqa: RUF001
    where = registration_word(modem.registration) if modem.registration else ""
    registration = _("registered: {what}").format(what=where) if where else None
    sim = _("SIM {what}").format(what=sim_word(modem.sim)) if modem.sim else None
    known = (modem.model, modem.operator, signal, registration, sim, said(modem.reason))
    return ", ".join(text for text in known if text)
