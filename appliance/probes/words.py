"""What went wrong with a probe, in words for people."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Callable

from appliance.domain.phrase import Phrase, phrase

_WORDS = {
    errno.ECONNREFUSED: phrase("connection refused"),
    errno.ECONNRESET: phrase("connection reset"),
    errno.EPIPE: phrase("connection reset"),
    errno.ENETUNREACH: phrase("network unreachable"),
    errno.EHOSTUNREACH: phrase("host unreachable"),
    errno.EHOSTDOWN: phrase("host unreachable"),
    errno.ENETDOWN: phrase("network down"),
    errno.EADDRNOTAVAIL: phrase("no local address to send from"),
    errno.EPERM: phrase("not permitted; a firewall or missing rights on this box"),
    errno.EACCES: phrase("not permitted; a firewall or missing rights on this box"),
    errno.EMFILE: phrase("too many open files on this box"),
}


class MissError(Exception):
    """A probe without an answer that counts; the message is what people read."""


Late = Callable[[float], Phrase]  # the words for what did not come within so many seconds


def no_answer(timeout_s: float) -> Phrase:
    """The target did not answer."""
    return phrase("no answer in {s} s", s=timeout_s)


def no_address_of(host: str) -> Late:
    """The name was not looked up."""
    return lambda timeout_s: phrase("no address of {host} in {s} s", host=host, s=timeout_s)


def no_connection(timeout_s: float) -> Phrase:
    """The connection was neither taken nor refused."""
    return phrase("no TCP connection in {s} s", s=timeout_s)


def no_handshake(timeout_s: float) -> Phrase:
    """The connection was taken, and no more."""
    return phrase("no TLS handshake in {s} s", s=timeout_s)


def no_authorities(timeout_s: float) -> Phrase:
    """The disk hangs."""
    return phrase("no certificate authorities from the disk in {s} s", s=timeout_s)


def no_word(timeout_s: float) -> Phrase:
    """The exchange beside us is silent."""
    return phrase("no word from the exchange in {s} s", s=timeout_s)


def words(error: OSError) -> str:
    """A few words for a failed system call, TLS handshake or name look-up."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return phrase("certificate refused: {why}", why=error.verify_message)
    if isinstance(error, ssl.SSLError):
        return phrase("TLS failed: {why}", why=(error.reason or "unknown").replace("_", " ").lower())
    if isinstance(error, socket.gaierror):
        return phrase("name not resolved: {why}", why=(error.strerror or "unknown").lower())
    if error.errno is None:
        return str(error) or type(error).__name__
    return _WORDS.get(error.errno) or os.strerror(error.errno).lower()
