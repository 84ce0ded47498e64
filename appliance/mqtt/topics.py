"""Topic names (CONTRACT, "MQTT")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one box."""

    device_id: str

    def _of(self, name: str) -> str:
        return f"hotline/{self.device_id}/{name}"

    @property
    def availability(self) -> str:
        """``online`` or ``offline``, retained."""
        return self._of("availability")

    @property
    def state(self) -> str:
        """The whole picture, retained."""
        return self._of("state")

    @property
    def event(self) -> str:
        """Journal events, one a message."""
        return self._of("event")

    @property
    def command(self) -> str:
        """What the box is asked to do."""
        return self._of("command")

    @property
    def response(self) -> str:
        """Answers to commands that name no Response Topic of their own."""
        return self._of("response")


def may_be_published_to(topic: str) -> bool:
    """Whether a Response Topic names one topic (MQTT 5 §3.3.2.3.5, §4.7): no wildcard, not empty, not too long."""
    return 0 < len(topic.encode("utf-8", "replace")) <= 65_535 and not any(sign in topic for sign in "+#\0")
