"""The states a bench can be brought into, the same for the simulated and the real one."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import ClassVar

import attr
from labgrid import target_factory
from labgrid.strategy import Strategy, StrategyError

from bench.lab.protocols import BoxProtocol, CarrierProtocol, CustomerProtocol, FaultsProtocol
from bench.lab.roles import Bench, State, UnavailableError

SETTLE_S = 120.0


@target_factory.reg_driver
@attr.s(eq=False)
class BenchStrategy(Strategy):  # type: ignore[misc]
    """``off``: nothing runs. ``on``: every role can be asked. Then :meth:`normal` brings it to rest.

    primary: the name of the best route. All trunks and nodes of a normal bench are up.
    """

    bindings: ClassVar[dict[str, type]] = {
        "box": BoxProtocol,
        "customer": CustomerProtocol,
        "faults": FaultsProtocol,
        "carrier": CarrierProtocol,
    }

    primary: str = attr.ib(default="primary", validator=attr.validators.instance_of(str))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.status = "off"

    @property
    def roles(self) -> Bench:
        """The roles; only to be asked in the state ``on``."""
        return Bench(self.box.role(), self.customer.role(), self.faults.role(), self.carrier.role())

    def transition(self, status: str) -> None:
        """Go to ``off`` or ``on``. Raises ``StrategyError`` for any other state."""
        if status not in ("off", "on"):
            raise StrategyError(f"{status!r} is no state of a bench; states are off and on")
        if status == "on":
            for driver in (self.box, self.customer, self.faults, self.carrier):
                self.target.activate(driver)
        else:
            self.target.deactivate_all_drivers()
        self.status = status

    async def normal(self, watchdog: Mapping[str, float | str]) -> None:
        """Mend everything, take back every order, and wait until the primary route is verified.

        ``watchdog`` changes keys of the box's configuration. Raises :class:`bench.lab.roles.NotReachedError`.
        """
        bench = self.roles
        await bench.faults.mend_all()
        with contextlib.suppress(UnavailableError):  # a carrier that cannot misbehave has nothing to take back
            await bench.carrier.behave()
        await bench.box.configure(watchdog)
        await bench.box.command("route.auto")
        await bench.box.command("forwarding.verify")  # or it would wait for its next try, after a long back-off
        await bench.box.wait_for(self._is_normal, "everything well, primary route verified", SETTLE_S)

    def _is_normal(self, state: State) -> bool:
        return (
            state["service"] == "normal"
            and state["override"] is None
            and state["route"]["active"] == state["route"]["desired"] == self.primary
            and state["forwarding"]["status"] == "verified"
            and state["modem"]["health"] == "up"
        )
