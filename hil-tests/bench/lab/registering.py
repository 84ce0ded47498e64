"""SIP phones of the bench, made known to an exchange."""

from __future__ import annotations

import asyncio

from bench.lab.exchange_roles import Phones
from bench.lab.roles import NotReachedError
from bench.rosters import sip_password

TRIES, PAUSE_S = 200, 0.3


async def registered(phones: Phones, who: str, exchange: str) -> None:
    """Have somebody of :func:`bench.rosters.sip_person` registered. Raises ``NotReachedError``."""
    for _ in range(TRIES):  # the account is made beside the roster
        if await phones.register(who, exchange, sip_password(who)) == 200:
            return
        await asyncio.sleep(PAUSE_S)
    raise NotReachedError(f"{exchange} does not let the phone of {who} register")
