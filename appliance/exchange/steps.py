"""Every kind of step, and who does it: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from appliance.exchange.route import (
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
from appliance.exchange.stage import Stage
from appliance.exchange.step import Doing
from appliance.exchange.step_agent import DoSayPresence
from appliance.exchange.step_agents_desk import DoAgentsDesk
from appliance.exchange.step_listen import DoListen
from appliance.exchange.step_mailbox import DoMailbox
from appliance.exchange.step_menu import DoMenu
from appliance.exchange.step_play import DoPlay
from appliance.exchange.step_queue import DoQueue
from appliance.exchange.step_ring import DoRing

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
