"""The certificate: the one of the configuration, or one of our own, made at the first start and renewed in time."""

from __future__ import annotations

import logging
import os
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance import wholefile
from appliance.config import Config
from appliance.web.certificate import make

_log = logging.getLogger(__name__)
RENEW_BEFORE = timedelta(days=30)
NAMES_FILE = "certificate.names"


class CertificateError(Exception):
    """The certificate of the configuration cannot be used; the text says why."""


def context(config: Config, folder: Path, now: datetime) -> ssl.SSLContext | None:
    """What the server answers with; ``None`` without TLS. Reads and writes files: keep it off the event loop.

    Raises :class:`CertificateError`, ``OSError``.
    """
    web = config.web
    if not web.tls:
        return None
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate, key = web.cert_file, web.key_file
    if certificate is None or key is None:
        certificate, key = _own(folder, wanted_names(config), now)
    try:
        # the empty password: a key that is encrypted must not make OpenSSL ask on the terminal
        made.load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError) as error:
        raise CertificateError(f"{certificate}, {key}: {error.strerror or error}") from None
    return made


def wanted_names(config: Config) -> list[str]:
    """What a browser may call this box: by the configuration, its host name, and where it listens."""
    host = config.web.listen.rpartition(":")[0].strip("[]")
    own = socket.gethostname().lower()
    found = [*config.web.names, own, f"{own}.local" if "." not in own else "", "localhost", "127.0.0.1", "::1"]
    if host not in ("0.0.0.0", "::"):
        found.append(host)
    else:
        found += _own_addresses()
    return list(dict.fromkeys(name for name in found if name))


def _own_addresses() -> list[str]:
    """The address that leads outside, found without sending anything (connecting UDP only chooses a route)."""
    found = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((far, 9))
                found.append(probe.getsockname()[0])
        except OSError:
            continue
    return found


def _own(folder: Path, names: Sequence[str], now: datetime) -> tuple[Path, Path]:
    certificate, key, noted = folder / "certificate.pem", folder / "certificate.key", folder / NAMES_FILE
    if not (_good_until(certificate) > now + RENEW_BEFORE and key.exists() and _lines(noted) == list(names)):
        made, secret = make(names, now)
        wholefile.replace(key, secret)
        wholefile.replace(certificate, made, lambda descriptor: os.fchmod(descriptor, 0o640))
        wholefile.replace(noted, "\n".join(names).encode())
        _log.info("made a certificate for %s: %s", ", ".join(names), fingerprint(certificate))
    return certificate, key


def fingerprint(certificate: Path) -> str:
    """The SHA-256 that browsers show, for a person to compare. Raises ``OSError``, ``ValueError``."""
    import hashlib

    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text("ascii"))).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def _good_until(certificate: Path) -> datetime:
    """When it ends; long ago where there is none. OpenSSL reads it, so no library is loaded to look."""
    try:
        told = ssl._ssl._test_decode_cert(str(certificate))["notAfter"]  # type: ignore[attr-defined]
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(told), UTC)
    except (OSError, ssl.SSLError, KeyError, ValueError):
        return datetime.min.replace(tzinfo=UTC)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
