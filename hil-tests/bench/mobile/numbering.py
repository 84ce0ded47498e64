"""Numbers as one country's mobile network reads and writes them (3GPP TS 24.008 §10.5.4.7, type of number)."""

from __future__ import annotations

import re
from dataclasses import dataclass

INTERNATIONAL = 145
UNKNOWN = 129


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """A country's dialling rules. The Czech plan has no trunk prefix, hence the defaults."""

    country_code: str = "420"
    international_prefix: str = "00"
    trunk_prefix: str = ""

    def to_e164(self, dialled: str, type_of_address: int | None = None) -> str:
        """E.164 with ``+`` for digits as they were dialled or registered. Raises ``ValueError`` for no number.

        A leading ``+`` counts for more than the type: networks take ``"+420..."`` sent as type 129.
        """
        if not re.fullmatch(r"\+?[0-9]{3,15}", dialled):
            raise ValueError(f"{dialled!r} is no number")
        if dialled.startswith("+"):
            return dialled
        if type_of_address == INTERNATIONAL:
            return "+" + dialled
        if dialled.startswith(self.international_prefix):
            return "+" + dialled.removeprefix(self.international_prefix)
        return f"+{self.country_code}{dialled.removeprefix(self.trunk_prefix)}"

    def to_national(self, e164: str) -> str:
        """The national spelling of a number of this country; any other comes back as it was."""
        own = "+" + self.country_code
        return self.trunk_prefix + e164.removeprefix(own) if e164.startswith(own) else e164
