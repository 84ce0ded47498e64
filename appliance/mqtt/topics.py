"""Topic names (CONTRACT, "MQTT")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one box: its guard's, those of the exchange so named, or those of its pages."""

    device_id: str
    exchange: str | None = None
    web: bool = False

    @property
    def device_prefix(self) -> str:
        """What every topic of the box begins with, its exchanges' too."""
        return f"hotline/{self.device_id}/"

    @property
    def prefix(self) -> str:
        """What the service's own topics begin with."""
        if self.web:
            return f"{self.device_prefix}web/"
        return self.device_prefix if self.exchange is None else f"{self.device_prefix}exchange/{self.exchange}/"

    @property
    def asks(self) -> bool:
        """Whether the service gives commands to others: all but the guard do."""
        return self.web or self.exchange is not None

    @property
    def availability(self) -> str:
        """``online`` or ``offline``, retained."""
        return self.prefix + "availability"

    @property
    def state(self) -> str:
        """The whole picture, retained."""
        return self.prefix + "state"

    @property
    def event(self) -> str:
        """Journal events, one a message."""
        return self.prefix + "event"

    @property
    def command(self) -> str:
        """What the service is asked to do."""
        return self.prefix + "command"

    @property
    def response(self) -> str:
        """Answers to commands that name no Response Topic of their own."""
        return self.prefix + "response"

    @property
    def roster(self) -> str:
        """The roster, retained: the guard's word to every exchange."""
        return self.device_prefix + "roster"

    @property
    def agents(self) -> str:
        """Which agents take calls, retained: the guard's word to every exchange."""
        return self.device_prefix + "agents"

    @property
    def reply(self) -> str:
        """Where the service has its own commands answered."""
        asking = "web" if self.web else "guard" if self.exchange is None else f"exchange/{self.exchange}"
        return f"{self.device_prefix}response/{asking}"

    def may_answer_on(self, topic: str) -> bool:
        """Whether a Response Topic may be used: one on the box's own topics would pass for a word of the box."""
        own_places = (f"{self.device_prefix}response/", f"{self.response}/")
        return may_be_published_to(topic) and (
            not topic.startswith(self.device_prefix) or topic.startswith(own_places)
        )


def may_be_published_to(topic: str) -> bool:
    """Whether a Response Topic names one topic (MQTT 5 §3.3.2.3.5, §4.7): no wildcard, not empty, not too long."""
    return 0 < len(topic.encode("utf-8", "replace")) <= 65_535 and not any(sign in topic for sign in "+#\0")
