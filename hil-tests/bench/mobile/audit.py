"""The memory of the simulated network: every request it got and every change of a table, with times."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.mobile.forwarding import Bearer, Entry, Key, Reason, Request, Table


@dataclass(frozen=True, slots=True)
class Change:
    """One entry changed; ``before``/``after`` is ``None`` where nothing was/is registered."""

    at: float
    msisdn: str
    reason: Reason
    bearer: Bearer
    before: Entry | None
    after: Entry | None
    by: str


@dataclass(frozen=True, slots=True)
class Served:
    """One request with its outcome: ``"ok"``, ``"refused CODE"``, ``"ignored"`` or ``"swallowed"``."""

    at: float
    msisdn: str
    request: Request
    outcome: str


@dataclass(slots=True)
class Audit:
    """Append-only records, oldest first."""

    changes: list[Change] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)

    def compare(self, at: float, msisdn: str, before: Table, after: Table, by: str) -> None:
        """Record each entry that differs."""
        keys: list[Key] = sorted(before.keys() | after.keys())
        for key in keys:
            if before.get(key) != after.get(key):
                self.changes.append(Change(at, msisdn, *key, before.get(key), after.get(key), by))

    def of(self, msisdn: str, reason: Reason, bearer: Bearer = Bearer.VOICE) -> list[Change]:
        """The changes of one entry."""
        return [c for c in self.changes if (c.msisdn, c.reason, c.bearer) == (msisdn, reason, bearer)]

    def gaps(self, msisdn: str, reason: Reason, bearer: Bearer = Bearer.VOICE) -> list[tuple[float, float | None]]:
        """The spans, after the first activation, in which no call was diverted by this entry.

        Each is (from, to), ``to`` being ``None`` for one that still lasts. An empty list proves that the entry was
        never erased or disabled in between.
        """
        spans: list[tuple[float, float | None]] = []
        since: float | None = None
        seen_active = False
        for change in self.of(msisdn, reason, bearer):
            active = change.after is not None and change.after.active
            if active and since is not None:
                spans.append((since, change.at))
                since = None
            elif not active and seen_active and since is None:
                since = change.at
            seen_active = seen_active or active
        if since is not None:
            spans.append((since, None))
        return spans
