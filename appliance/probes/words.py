"""What went wrong with a probe, in words for people."""

from __future__ import annotations

import errno
import os
import socket
import ssl

_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "host unreachable",
    errno.EHOSTDOWN: "host unreachable",
    errno.ENETDOWN: "network down",
    errno.EADDRNOTAVAIL: "no local address to send from",
    errno.EPERM: "not permitted; a firewall or missing rights on this box",
    errno.EACCES: "not permitted; a firewall or missing rights on this box",
    errno.EMFILE: "too many open files on this box",
}


class MissError(Exception):
    """A probe without an answer that counts; the message is what people read."""


def words(error: OSError) -> str:
    """A few words for a failed system call, TLS handshake or name look-up."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or 'unknown').replace('_', ' ').lower()}"
    if isinstance(error, socket.gaierror):
        return f"name not resolved: {(error.strerror or 'unknown').lower()}"
    if error.errno is None:
        return str(error) or type(error).__name__
    return _WORDS.get(error.errno) or os.strerror(error.errno).lower()
