"""A certificate of the box's own and its key, made by a process of their own: the library for it takes 11 MB."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from appliance import apart

if TYPE_CHECKING:
    from cryptography import x509

VALID = timedelta(days=397)  # what browsers take at most (CA/Browser Forum, ballot SC31)
MADE_WITHIN_S = 60.0
KEY_BEGINS = b"-----BEGIN PRIVATE KEY-----"


def make(names: Sequence[str], now: datetime) -> tuple[bytes, bytes]:
    """Certificate and key as PEM, for these names and addresses, from a day before ``now`` on. Blocks."""
    told = apart.run(__name__, now.isoformat(), *names, within_s=MADE_WITHIN_S)
    if told is None or KEY_BEGINS not in told:
        return make_here(names, now)
    certificate, _, rest = told.partition(KEY_BEGINS)
    return certificate, KEY_BEGINS + rest


def make_here(names: Sequence[str], now: datetime) -> tuple[bytes, bytes]:
    """The same in this process."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hotline box")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # a clock may be a little ahead
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([_general_name(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), secret


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


if __name__ == "__main__":
    for part in make_here(sys.argv[2:], datetime.fromisoformat(sys.argv[1])):
        sys.stdout.buffer.write(part)
