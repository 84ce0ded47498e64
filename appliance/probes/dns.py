"""A reference asked over UDP: a DNS query, since every name server answers one, whatever it thinks of it."""

from __future__ import annotations

import secrets
import struct

from appliance.probes.datagram import Channel, DatagramProber
from appliance.probes.prober import Question

_HEADER = struct.Struct("!6H")
_RECURSION_DESIRED = 0x0100
_RESPONSE = 0x8000
_ROOT_NS = b"\x00" + struct.pack("!2H", 2, 1)  # QNAME ".", QTYPE NS, QCLASS IN
_RCODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")


def encode_query(query_id: int) -> bytes:
    """A query for the name servers of the root (RFC 1035 §4.1): the one name every resolver knows."""
    return _HEADER.pack(query_id, _RECURSION_DESIRED, 1, 0, 0, 0) + _ROOT_NS


def read_reply(datagram: bytes, query_id: int) -> str | None:
    """The response code of the reply to ``query_id`` in words, or ``None`` for anything else.

    The question comes back in a reply, but servers that refuse a query may leave it out; another one is not ours.
    """
    if len(datagram) < _HEADER.size:
        return None
    reply_id, flags, questions, *_ = _HEADER.unpack_from(datagram)
    if reply_id != query_id or not flags & _RESPONSE or questions > 1:
        return None
    if questions and not datagram.startswith(_ROOT_NS, _HEADER.size):
        return None
    code = flags & 0xF
    return _RCODES[code] if code < len(_RCODES) else f"RCODE {code}"


class DnsProber(DatagramProber):
    """Any well-formed reply proves the way there and back, SERVFAIL and REFUSED included."""

    def _question(self, channel: Channel) -> Question:
        query_id = secrets.randbits(16)

        def read(datagram: bytes) -> tuple[bool, str] | None:
            reply = read_reply(datagram, query_id)
            return None if reply is None else (True, reply)

        return Question(encode_query(query_id), read)
