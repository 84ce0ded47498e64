"""What an operator does with a forwarding request besides what the standard says: switches for any time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from bench.mobile.forwarding import Mode, Reason, RefusedError, Request


@dataclass(slots=True)
class OperatorPolicy:
    """Habits and faults of the network side of call forwarding.

    latency_s: seconds until a request is answered.
    effect_share: 0..1, the part of the latency after which a change takes effect; a modem that loses power before
        that takes its request with it, after that the change stands although nobody heard the answer.
    hide_conditionals, refuse_conditionals, wipe_conditionals: conditionals shown as not active while CFU is active;
        changes to them refused meanwhile; dropped when CFU is registered or activated.
    report_numbers: the spelling of numbers in answers.
    refuse_changes, refuse_queries: +CME ERROR codes for the next requests, first in first out.
    refuse_every_change, refuse_every_query: the code for all of them until set to ``None``.
    ignore_changes: says OK and does nothing.
    refused_classes, refused_types: ``<class>`` sums (``None``: no class) and ``<type>`` values that are refused.
    """

    latency_s: float = 0.0
    effect_share: float = 1.0
    hide_conditionals: bool = False
    refuse_conditionals: bool = False
    wipe_conditionals: bool = False
    report_numbers: Literal["international", "national"] = "international"
    refuse_changes: deque[int] = field(default_factory=deque)
    refuse_queries: deque[int] = field(default_factory=deque)
    refuse_every_change: int | None = None
    refuse_every_query: int | None = None
    ignore_changes: bool = False
    refused_classes: frozenset[int | None] = frozenset()
    refused_types: frozenset[int] = frozenset()
    conditional_refusal_code: int = 3

    def check(self, request: Request, *, cfu_active: bool) -> None:
        """Raise :class:`RefusedError` where this operator refuses the request; takes one code off the queue."""
        query = request.mode is Mode.INTERROGATE
        queue = self.refuse_queries if query else self.refuse_changes
        if queue:
            raise RefusedError(queue.popleft(), "refused once")
        every = self.refuse_every_query if query else self.refuse_every_change
        if every is not None:
            raise RefusedError(every, "refused always")
        if query:
            return
        if request.origin == "at" and request.class_sent in self.refused_classes:
            raise RefusedError(3, f"class {request.class_sent} refused")
        if request.type_sent is not None and request.type_sent in self.refused_types:
            raise RefusedError(3, f"type of number {request.type_sent} refused")
        if self.refuse_conditionals and cfu_active and Reason.CFU not in request.reasons:
            raise RefusedError(self.conditional_refusal_code, "conditionals are closed while CFU is active")
