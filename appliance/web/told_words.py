"""What guard and exchange tell in one word of theirs, said for people. An unknown word stays as it is."""

from __future__ import annotations

from appliance.translation import _


def leg_word(result: object) -> str:
    """How one attempt to reach one person ended (:class:`appliance.domain.calls.LegResult`)."""
    if result is None:
        return ""
    return {
        "talked": _("talked with the caller"),
        "busy": _("was busy"),
        "no_answer": _("did not answer"),
        "rejected": _("rejected the call"),
        "unreachable": _("could not be reached"),
        "machine": _("an answering machine answered"),
        "not_accepted": _("answered, and pressed no key"),
        "elsewhere": _("somebody else was quicker"),
        "caller_gone": _("the caller hung up before"),
        "cut": _("broken off"),
    }.get(str(result), str(result))


def test_word(result: object) -> str:
    """What came of a test call (:mod:`appliance.exchange.testcall`)."""
    return _("the call was picked up") if result == "picked_up" else leg_word(result)


def modem_word(key: str, value: object) -> str:
    """A value of ``modem.info``."""
    words = {
        "registration": {
            "home": _("registered"),
            "roaming": _("registered, roaming"),
            "searching": _("searching"),
            "denied": _("denied"),
            "none": _("none"),
            "unknown": _("not known"),
        },
        "sim": {
            "ready": _("ready"),
            "pin": _("waits for its PIN"),
            "puk": _("waits for its PUK"),
            "blocked": _("blocked"),
            "absent": _("absent"),
            "unknown": _("not known"),
        },
    }
    return words.get(key, {}).get(str(value), str(value))
