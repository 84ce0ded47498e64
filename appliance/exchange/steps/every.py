"""Every kind of step, and who does it: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from appliance.exchange.stage import Stage
from appliance.exchange.steps.agent import DoSayPresence
from appliance.exchange.steps.agents_desk import DoAgentsDesk
from appliance.exchange.steps.listen import DoListen
from appliance.exchange.steps.mailbox import DoMailbox
from appliance.exchange.steps.menu import DoMenu
from appliance.exchange.steps.play import DoPlay
from appliance.exchange.steps.queue import DoQueue
from appliance.exchange.steps.ring import DoRing
from appliance.exchange.steps.step import Doing
from appliance.exchange.way_steps import (
    AgentsDesk,
    AskMenu,
    Listen,
    Play,
    RingGroup,
    RingPerson,
    RingTechnician,
    SayPresence,
    Step,
    TakeMessage,
    WaitInQueue,
)

KINDS: Mapping[type[Step], Callable[[Stage, Any], Doing]] = {
    Listen: DoListen,
    Play: DoPlay,
    AskMenu: DoMenu,
    TakeMessage: DoMailbox,
    RingGroup: DoRing,
    RingPerson: DoRing,
    RingTechnician: DoRing,
    WaitInQueue: DoQueue,
    SayPresence: DoSayPresence,
    AgentsDesk: DoAgentsDesk,
}


def doing(stage: Stage, step: Step) -> Doing:
    """The step as it is done; ``HangUp`` is done by the session alone."""
    return KINDS[type(step)](stage, step)
