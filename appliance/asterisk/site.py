"""What rendering needs beyond ``hotline.toml``: places and secrets, found by the edge and handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ACCOUNT = "hotline"  # the user of ARI and of the manager interface
APPLICATION = "hotline"  # the Stasis application
RECORDINGS = "recording"  # the folder for recordings below the spool
DATABASE_FAMILY = "hotline"  # in Asterisk's own database (AstDB)
TECHNICIAN_KEY = "technician"
ENDED_FAMILY = "hotline-ended"  # how calls ended, by channel id: read by an exchange that was not there
ENDED_CONTEXT = "hotline-ended"
IDENTITY_CONTEXT = "hotline-identity"  # what the dialplan's own calls assert
TECHNICIAN_CONTEXT = "hotline-technician"
TRANSFER_CONTEXT = "hotline-transfer"
LISTEN_CONTEXT = "hotline-listen"
RECORD_CONTEXT = "hotline-record"
SPARES = "spare"  # below RECORDINGS: what Asterisk records by itself while no exchange listens
TRUNK_CONTEXT = "from-trunk"
PHONE_CONTEXT = "from-phones"
NOWHERE = "hotline-nowhere"  # an empty context: a call that enters it is refused
PHONES = "phones"  # the endpoint through which a phone is rung by its SIP URI


@dataclass(frozen=True, slots=True)
class Credentials:
    """The passwords of Asterisk's two interfaces for the exchange."""

    ari: str = field(repr=False)
    manager: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Site:
    """The machine that the configuration is for.

    ``directory`` is where the files will lie, ``modules`` where Asterisk's modules are; ``present`` names those that
    are really there, ``None`` when nobody could look. ``trunk_passwords`` are by trunk name.
    """

    directory: Path
    modules: Path
    present: frozenset[str] | None
    credentials: Credentials
    trunk_passwords: Mapping[str, str] = field(default_factory=dict, repr=False)


class UnfitError(ValueError):
    """The configuration cannot be rendered; the message says what would be right."""
