"""The dialplan: every call goes to the exchange; where there is none, to the technician on duty.

``Stasis()`` returns at once when no exchange is connected, and also when the exchange lets a call continue: the line
after it is the net under everything. It needs nothing but Asterisk: the number is in Asterisk's own database, kept
there by the exchange, and before there was any exchange it is the one known when this was rendered.
"""

from __future__ import annotations

from collections.abc import Iterator

from appliance.asterisk.site import (
    APPLICATION,
    DATABASE_FAMILY,
    ENDED_CONTEXT,
    ENDED_FAMILY,
    IDENTITY_CONTEXT,
    LISTEN_CONTEXT,
    NOWHERE,
    PHONE_CONTEXT,
    RECORD_CONTEXT,
    TECHNICIAN_CONTEXT,
    TECHNICIAN_KEY,
    TRANSFER_CONTEXT,
    TRUNK_CONTEXT,
    UnfitError,
)
from appliance.asterisk.text import escape, extension
from appliance.asterisk.trunks import own_number, registered_user
from appliance.config import Config
from appliance.config.models import Trunk

NUMBERS = "_[+0-9]!"  # one character at least, and none of Asterisk's own extensions such as "h"
DIALLED = "_[+*#0-9]!"
RING_S = 60
LIFE_S = 60  # so long a caller is the exchange's; it gives more while it lives
_IDENTITY = "<sip:${ARG1}\\;user=phone>"
# how a call ended, for an exchange that was not there to see it: when, and what became of the technician's line
_END = "${EPOCH}:${DIALSTATUS}:${ANSWEREDTIME}:${HOTLINE_NUMBER}:${HOTLINE_CALLED}:${HOTLINE_CALLER}:${HOTLINE_TRUNK}"
_DUTY = f"${{FILTER(+0-9,${{DB({DATABASE_FAMILY}/{TECHNICIAN_KEY})}})}}"
_TO_TECHNICIAN = f"Goto({TECHNICIAN_CONTEXT},s,1)"


def extensions_conf(config: Config) -> str:
    """extensions.conf. Raises :class:`UnfitError`."""
    contexts = {
        TRUNK_CONTEXT: _from_trunks(config),
        PHONE_CONTEXT: extension(
            DIALLED, f"Set(TIMEOUT(absolute)={LIFE_S})", _stasis("phone", "${EXTEN}", "", str(LIFE_S)), "Hangup(34)"
        ),
        TRANSFER_CONTEXT: extension(DIALLED, _stasis("transfer", "${EXTEN}"), _TO_TECHNICIAN),
        LISTEN_CONTEXT: extension(
            "s", "Answer(,i)", "AudioSocket(${HOTLINE_LISTEN_ID},${HOTLINE_LISTEN_AT})", "Hangup()"
        ),
        RECORD_CONTEXT: extension("s", *_RECORD),
        TECHNICIAN_CONTEXT: extension("s", *_technician(config)),
        ENDED_CONTEXT: extension("s", f"Set(DB({ENDED_FAMILY}/${{UNIQUEID}})={_END})", "Return()"),
        IDENTITY_CONTEXT: extension("s", f"Set(PJSIP_HEADER(add,P-Asserted-Identity)={_IDENTITY})", "Return()"),
        NOWHERE: "; nothing: a call that comes here is refused\n",
    }
    text = "[general]\nstatic = yes\nwriteprotect = yes\nclearglobalvars = no\n\n"
    return text + "\n".join(f"[{name}]\n{lines}" for name, lines in contexts.items())


_RECORD = (
    "Answer(,i)",
    "StopMixMonitor()",
    "TryExec(AudioSocket(${HOTLINE_RECORD_ID},${HOTLINE_RECORD_AT}))",
    # nobody listens any more: until an exchange is back, Asterisk records by itself
    "MixMonitor(${HOTLINE_RECORD_SPARE}.${EPOCH}.sln)",
    f"(ask)Stasis({APPLICATION},recording,${{HOTLINE_RECORD_NAME}},${{HOTLINE_RECORD_SIDE}})",
    "Wait(1)",
    "Goto(ask)",
)


def _stasis(kind: str, *arguments: str) -> str:
    return f"Stasis({','.join((APPLICATION, kind, *arguments))})"


def _from_trunks(config: Config) -> str:
    # what is called is somebody else's text: a comma would make further arguments of it
    lines = extension(NUMBERS, *_arrived("${FILTER(+0-9A-Za-z,${EXTEN})}"))
    # without a number, or by the name that a trunk was registered under
    names = {
        user for trunk in config.trunk if (user := registered_user(config, trunk)) and user[0] not in "+0123456789"
    }
    for name in ("s", *sorted(names)):
        lines += extension(name, *_arrived(name))
    # nobody gave the caller more time: there is no exchange any more
    return lines + extension("T", _TO_TECHNICIAN)


def _asserting(config: Config, trunk: Trunk) -> str:
    """What we assert towards a trunk (RFC 3325 §9.1): the service number, which is ours, whoever calls; in the
    trunk's own domain, in which its operator knows it."""
    return f"b({IDENTITY_CONTEXT}^s^1({config.modem.service_number.e164}@{trunk.sip.uri_host}))"


def _arrived(called: str) -> Iterator[str]:
    yield f"Set(HOTLINE_CALLED={called})"
    yield "Set(HOTLINE_CALLER=${FILTER(+0-9,${CALLERID(num)})})"
    # read now: a channel that ARI has set a variable on may read the database no more
    yield f"Set(HOTLINE_DUTY={_DUTY})"
    yield f"Set(CHANNEL(hangup_handler_push)={ENDED_CONTEXT},s,1)"
    yield f"Set(TIMEOUT(absolute)={LIFE_S})"
    yield _stasis("in", "${HOTLINE_CALLED}", "${HOTLINE_TRUNK}", str(LIFE_S))
    yield _TO_TECHNICIAN


def _technician(config: Config) -> Iterator[str]:
    person = config.person_by_id(config.duty.default)
    if person is None:
        raise UnfitError(f"duty.default: nobody has the id {config.duty.default!r}; name one of [[person]]")
    yield "Set(TIMEOUT(absolute)=0)"
    yield f"Set(HOTLINE_NUMBER={_DUTY})"
    yield 'ExecIf($["${HOTLINE_NUMBER}" = ""]?Set(HOTLINE_NUMBER=${HOTLINE_DUTY}))'
    yield f'ExecIf($["${{HOTLINE_NUMBER}}" = ""]?Set(HOTLINE_NUMBER={person.mobile.e164}))'
    if config.exchange.caller_id == "service":
        yield f"Set(CALLERID(num)={config.modem.service_number.e164})"
    yield "Set(REDIRECTING(reason,i)=unconditional)"
    yield "Set(REDIRECTING(count,i)=1)"  # without a count no Diversion is sent
    trunks = [trunk for trunk in config.trunk if trunk.outbound]
    for trunk in trunks:
        # operators let a foreign number through where a diversion from their own says why
        yield f"Set(REDIRECTING(from-num,i)={own_number(config, trunk).e164})"
        yield f"Dial(PJSIP/${{HOTLINE_NUMBER}}@{trunk.name},{RING_S},{_asserting(config, trunk)})"
        # whoever was busy or did not answer has been reached: another trunk would ring the same phone again
        yield 'GotoIf($["${DIALSTATUS}" = "BUSY" | "${DIALSTATUS}" = "NOANSWER" | "${DIALSTATUS}" = "ANSWER"]?over)'
    # every trunk refused or is thought dead; one that is wrongly thought so still takes a call to its address
    for trunk in trunks:
        place = escape(trunk.sip.place)
        yield f"Dial(PJSIP/{trunk.name}/sip:${{HOTLINE_NUMBER}}@{place},{RING_S},{_asserting(config, trunk)})"
        yield 'GotoIf($["${DIALSTATUS}" = "BUSY" | "${DIALSTATUS}" = "NOANSWER" | "${DIALSTATUS}" = "ANSWER"]?over)'
    yield "(over)Hangup(${HANGUPCAUSE})"
