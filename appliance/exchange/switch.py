"""Leads each event of Asterisk to the call it belongs to."""

from __future__ import annotations

import logging
from collections.abc import Callable

from appliance.asterisk.digits import Digits, read_digit
from appliance.asterisk.events import AriEvent

OWN_PREFIX = "hl-"  # what the ids of all channels and bridges of ours begin with

_log = logging.getLogger(__name__)
Receiver = Callable[[AriEvent], None]


class Switch:
    """Who owns a channel hears of it, of each key once. A new call goes to whom its first argument of ``Stasis()``
    names.

    While calls are being taken up (:meth:`forget_all` to :meth:`settled`), what happens to a channel that nobody owns
    yet is kept for who will: a phone that is picked up after Asterisk was asked how it stands, say."""

    def __init__(self, on_orphan: Callable[[str], None]) -> None:
        self._owners: dict[str, Receiver] = {}
        self._arrivals: dict[str, Receiver] = {}
        self._digits: dict[str, Digits] = {}
        self._unclaimed: dict[str, list[AriEvent]] | None = None
        self._on_orphan = on_orphan

    def own(self, channel: str, receive: Receiver) -> None:
        """From now on ``receive`` is told of the channel."""
        self._owners[channel] = receive
        if self._unclaimed is not None:
            for event in self._unclaimed.pop(channel, ()):
                self.receive(event)

    def disown(self, channel: str) -> None:
        """Nobody is told any more. A channel of ours that turns up then is ended: its making was overtaken."""
        self._owners.pop(channel, None)
        self._digits.pop(channel, None)

    def owned(self, channel: str) -> bool:
        """Whether a call knows of the channel."""
        return channel in self._owners

    @property
    def busy(self) -> bool:
        """Whether any call is known."""
        return bool(self._owners)

    def owned_by(self, prefix: str, id_: str) -> list[str]:
        """The channels of a call: its caller's, and those whose ids begin with ``prefix``."""
        return [one for one in self._owners if one == id_ or one.startswith(prefix)]

    def forget_all(self) -> None:
        """The connection is a new one: whatever there is, is asked for anew."""
        self._owners.clear()
        self._digits.clear()
        self._unclaimed = {}

    def settled(self) -> None:
        """Everything there is has been taken up, or is nobody's."""
        self._unclaimed = None

    def welcome(self, kind: str, receive: Receiver) -> None:
        """Calls whose ``Stasis(hotline,KIND,…)`` says so go to ``receive``."""
        self._arrivals[kind] = receive

    def receive(self, event: AriEvent) -> None:
        """Take an event of Asterisk's."""
        owner = self._owners.get(event.channel)
        if owner is not None:
            if (key := read_digit(event)) is None or self._digits.setdefault(event.channel, Digits()).pressed(*key):
                owner(event)
        elif event.type == "StasisStart":
            if event.args and (arrival := self._arrivals.get(event.args[0])):
                arrival(event)
            elif event.channel.startswith(OWN_PREFIX):
                self._on_orphan(event.channel)
            else:
                _log.warning("a channel came with %s, which nobody here takes; it is ended", event.args)
                self._on_orphan(event.channel)
        elif self._unclaimed is not None:
            self._unclaimed.setdefault(event.channel, []).append(event)
