"""The queues as the exchange's state tells them: who waits, who works, who rings, talks or wraps up. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appliance.domain.times import rfc3339
from appliance.queueing.presence import Presence, Word


@dataclass(frozen=True, slots=True)
class AgentNow:
    """``does`` is what the phone does: ``free``, ``ringing``, ``busy`` or ``wrap-up``."""

    person: str
    presence: Presence
    does: str
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class QueueNow:
    """``since`` is when each who waits began to, Unix seconds, in order."""

    id: str
    name: str
    since: Sequence[float]
    agents: Sequence[AgentNow]
    expected_wait_s: float | None


def queues_document(queues: Sequence[QueueNow], now: datetime) -> list[dict[str, Any]]:
    """For the state document and ``hotline queues``. How long the first has waited is another figure at each look, so
    it is no change worth a report (:mod:`appliance.mqtt.board`); since when they wait is told beside it."""
    return [
        {
            "id": one.id,
            "name": one.name,
            "waiting": len(one.since),
            "waiting_since": rfc3339(datetime.fromtimestamp(min(one.since), UTC)) if one.since else None,
            "longest_wait_s": round(max(0.0, now.timestamp() - min(one.since)), 1) if one.since else None,
            "expected_wait_s": round(one.expected_wait_s) if one.expected_wait_s is not None else None,
            "agents": [_agent(agent, now) for agent in one.agents],
        }
        for one in queues
    ]


def _agent(agent: AgentNow, now: datetime) -> Mapping[str, Any]:
    state = agent.does
    if agent.does in ("free", "wrap-up") and agent.presence is not Presence.IN:
        state = agent.presence.value
    told: dict[str, Any] = {"person": agent.person, "state": state, "presence": agent.presence.value}
    word = agent.word
    if agent.presence is Presence.PAUSED and word is not None:
        if word.until is not None and word.until > now:
            told["until"] = rfc3339(word.until)
        if word.reason:
            told["reason"] = word.reason
    return told
