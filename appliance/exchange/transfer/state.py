"""Where a transfer stands: kept on the caller's channel, for whoever takes the call up after a crash. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from appliance.domain.calls import CallRecord
from appliance.exchange.feature_codes import Kind

TRANSFER_VARIABLE = "HOTLINE_TRANSFER"
UNDER_WAY = "under way"


@dataclass(frozen=True, slots=True)
class Handover:
    """A caller who is being handed on.

    ``by`` is the member who does so and ``leg`` their channel. ``to`` is the target's extension, ``label`` its name
    for the log. ``step`` counts those who are rung, the target's first. ``target`` is the channel of whoever is being
    consulted; ``screened`` is off where the member was
    rung without screening. A blind one has let the member go; an attended one has them wait, or consult.
    """

    kind: Kind
    by: str
    leg: str
    to: str
    label: str
    step: int = 0
    target: str = ""
    screened: bool = True

    def text(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), ensure_ascii=True)

    def let_go(self) -> Handover:
        """The member has gone: what began attended goes on blind."""
        return replace(self, kind=Kind.BLIND, target="")


def read_handover(text: str | None) -> Handover | None:
    """What was kept, or ``None``."""
    try:
        found = json.loads(text or "")
        texts = {key: str(found[key]) for key in ("by", "leg", "to", "label", "target")}
        return Handover(
            Kind(found["kind"]), step=int(found["step"]), screened=found["screened"] is not False, **texts
        )
    except (ValueError, KeyError, TypeError):
        return None


def noted(record: CallRecord, handover: Handover, what: str) -> tuple[str, ...]:
    """The record's transfers with what became of this one; one that is under way is replaced."""
    begin = f"{handover.by} to {handover.label}, "
    past = record.transfers
    if past and past[-1].startswith(begin) and past[-1].endswith(UNDER_WAY):
        past = past[:-1]
    return (*past, f"{begin}{handover.kind}: {what}")
