"""The same queue twice: in the exchange's roster, and in Asterisk's ``queues.conf``. Pure."""

from __future__ import annotations

from typing import Any

from benchmarks.oncall.numbers import TECHNICIAN, agent_phone
from benchmarks.oncall.undertest import TRUNK

LINE = "+420226300001"
EXTENSION = "queue-desk"
AGENT = agent_phone(1)
RINGS_S = 15
LONGEST_WAIT_S = 3600
MOST_WAITING = 500


def roster() -> dict[str, Any]:
    """One line that leads to one queue with one agent; nothing is said while music plays, and nobody is screened."""
    queue = {
        "id": "desk",
        "name": "Desk",
        "agents": ["agent"],
        "screening": "off",
        "ring_s": float(RINGS_S),
        "say_position": False,
        "say_wait": False,
        "max_waiting": MOST_WAITING,
        "max_wait_s": float(LONGEST_WAIT_S),
    }
    people = [
        {"id": "technician", "name": "Technician", "mobile": TECHNICIAN},
        {"id": "agent", "name": "Agent", "mobile": AGENT},
    ]
    steps = ["queue:desk"]
    line = {"id": "desk", "name": "Desk", "numbers": [LINE], "open": steps, "closed": steps}
    return {
        "schema": 1,
        "duty": {"default": "technician"},
        "person": people,
        "queue": [queue],
        "line": [line],
    }


def app_queue_files() -> dict[str, str]:
    """The same for ``app_queue``, as quick as it can be told to be: ``retry`` is the pause before it looks again, in
    whole seconds, five by default. A number behind a trunk has no state of its own; that the agent talks, app_queue
    knows from its own call to them (``ringinuse = no``)."""
    member = f"PJSIP/{AGENT}@{TRUNK}"
    return {
        "custom/extensions.conf": f"exten = {EXTENSION},1,Answer()\n"
        f" same = n,Queue(desk,,,,{LONGEST_WAIT_S})\n same = n,Hangup()\n",
        "queues.conf": "[desk]\nstrategy = leastrecent\nmusicclass = default\njoinempty = yes\n"
        f"timeout = {RINGS_S}\nretry = 1\nringinuse = no\nwrapuptime = 0\nmaxlen = 0\nautofill = yes\n"
        f"member => {member},0,Agent,Custom:bench\n",
    }
