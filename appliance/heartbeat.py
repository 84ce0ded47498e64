"""The watchdog is fed only while every task beats within its own deadline (systemd's WATCHDOG=1, sd_notify(3))."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable

log = logging.getLogger(__name__)


class Heart:
    """Counts beats. One registered task that falls silent stops the whole heart, so that systemd restarts us."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._deadlines: dict[str, tuple[float, float]] = {}

    def register(self, task: str, deadline_s: float) -> Callable[[], None]:
        """Expect ``task`` to call the returned function at least every ``deadline_s`` seconds."""

        def beat() -> None:
            self._deadlines[task] = (self._now(), deadline_s)

        beat()
        return beat

    def silent(self) -> list[str]:
        """The tasks that have missed their deadline."""
        now = self._now()
        return [task for task, (last, deadline_s) in self._deadlines.items() if now - last > deadline_s]


class ServiceManager:
    """systemd's notification socket, or nobody when not run by it."""

    def __init__(self, address: str | None, watchdog_usec: str | None) -> None:
        self._address = address
        self.watchdog_interval_s = int(watchdog_usec) / 1e6 / 3 if watchdog_usec else None

    @classmethod
    def from_environment(cls) -> ServiceManager:
        """Take ``NOTIFY_SOCKET`` and ``WATCHDOG_USEC`` as systemd sets them."""
        return cls(os.environ.get("NOTIFY_SOCKET"), os.environ.get("WATCHDOG_USEC"))

    def tell(self, message: str) -> None:
        """Send one notification, such as ``READY=1``; a full or missing socket never stops a service."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as notifier:
                notifier.sendto(message.encode(), address)
        except OSError as error:
            log.warning("the service manager was not told %s: %s", message.partition("=")[0], error)


async def feed(heart: Heart, manager: ServiceManager) -> None:
    """Feed the watchdog while the heart beats whole; say which task fell silent otherwise."""
    if manager.watchdog_interval_s is None:
        return
    while True:
        if silent := heart.silent():
            log.error("the watchdog is not fed: %s did not report in time", ", ".join(silent))
        else:
            manager.tell("WATCHDOG=1")
        await asyncio.sleep(manager.watchdog_interval_s)
