"""SIP OPTIONS over UDP, and what counts as an answer whatever the transport.

Any final response proves that the other end is reached: 404, 405, 483, 501 and a challenge included. Except where a
proxy speaks for a dead peer behind it: the target's ``failure_codes`` count as a miss. The prober has its own socket,
so that it sees on when the local Asterisk does not live.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Collection

from appliance.domain.endpoints import SipEndpoint
from appliance.domain.health import Target
from appliance.domain.phrase import phrase
from appliance.probes.datagram import Channel, DatagramProber
from appliance.probes.prober import Question
from appliance.probes.sip_message import OptionsRequest, parse_response


class OptionsQuestions:
    """Makes the requests of one prober, each a transaction of its own, and reads their answers."""

    def __init__(self, endpoint: SipEndpoint, failure_codes: Collection[int]) -> None:
        self.endpoint = endpoint
        self._failure_codes = frozenset(failure_codes)
        self._identity = secrets.token_hex(8)
        self._numbers = itertools.count(1)

    def next(self, local: tuple[str, int]) -> Question:
        """The next request, as sent from ``local`` (address and port)."""
        request = OptionsRequest(self.endpoint, local, self._identity, next(self._numbers))

        def read(message: bytes) -> tuple[bool, str] | None:
            response = parse_response(message)
            if response is None or not request.is_answered_by(response):
                return None
            if response.status in self._failure_codes:
                return False, phrase("{code} counts as a miss", code=str(response.status))
            return True, str(response.status)

        return Question(request.encode(), read)


class SipUdpProber(DatagramProber):
    """OPTIONS over UDP, sent again within the probe as a non-INVITE transaction does."""

    def __init__(self, target: Target, endpoint: SipEndpoint, failure_codes: Collection[int]) -> None:
        super().__init__(target, endpoint.host, endpoint.port)
        self._questions = OptionsQuestions(endpoint, failure_codes)

    def _question(self, channel: Channel) -> Question:
        return self._questions.next(channel.local)
