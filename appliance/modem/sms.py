"""Reading and deleting received messages in PDU mode (3GPP TS 27.005 §3 and §4)."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from appliance.domain.forwarding import ForwardingError, RefusalKind
from appliance.modem import sms_pdu
from appliance.modem.channel import Answer
from appliance.modem.dialogue import Request
from appliance.modem.parameters import after_prefix, number_at

log = logging.getLogger(__name__)

Ask = Callable[[Request], Awaitable[Answer]]
_PDU_MODE = Request("AT+CMGF=0")
_ALL = 4


@dataclass(frozen=True, slots=True)
class StoredSms:
    """A message in the modem's store; ``index`` deletes it."""

    index: int
    message: sms_pdu.Message


async def stored(ask: Ask) -> tuple[StoredSms, ...]:
    """All stored messages that can be read."""
    await _must(ask, _PDU_MODE)
    # bare: the PDU stands on a line of its own behind each +CMGL line
    answer = await _must(ask, Request(f"AT+CMGL={_ALL}", ("+CMGL:",), timeout_s=30.0, bare=True, secret=True))
    return listed(answer.lines)


async def delete(ask: Ask, index: int) -> None:
    """Delete the message at ``index``."""
    await _must(ask, Request(f"AT+CMGD={index}", timeout_s=15.0))


def listed(lines: Sequence[str]) -> tuple[StoredSms, ...]:
    """The messages of an AT+CMGL answer."""
    found: list[StoredSms] = []
    for head, pdu in itertools.pairwise(lines):
        fields = after_prefix(head, "+CMGL:")
        index = number_at(fields, 0) if fields is not None else None
        if index is None:
            continue
        try:
            found.append(StoredSms(index, sms_pdu.decode(pdu)))
        except ValueError as error:
            log.warning("the stored message %d is left out: %s", index, error)
    return tuple(found)


async def _must(ask: Ask, request: Request) -> Answer:
    answer = await ask(request)
    if not answer.ok:
        raise ForwardingError(
            RefusalKind.REFUSED, answer.refusal, code=answer.final.code, exchanges=(answer.exchange,)
        )
    return answer
