"""The labgrid drivers of the simulated bench: each offers one role of the world."""

from __future__ import annotations

from typing import ClassVar

import attr
from labgrid import target_factory
from labgrid.driver.common import Driver

from bench.lab.protocols import BoxProtocol, CarrierProtocol, CustomerProtocol, FaultsProtocol
from bench.lab.sim import SimulatedWorld
from bench.lab.sim_roles import SimulatedBox, SimulatedCarrier, SimulatedCustomer, SimulatedFaults


@target_factory.reg_driver
@attr.s(eq=False)
class SimulatedBoxDriver(Driver, BoxProtocol):  # type: ignore[misc]
    """The box: a guard on this machine."""

    bindings: ClassVar[dict[str, type]] = {"world": SimulatedWorld}

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._role = SimulatedBox(self.world)

    def role(self) -> SimulatedBox:
        """The role."""
        return self._role


@target_factory.reg_driver
@attr.s(eq=False)
class SimulatedCustomerDriver(Driver, CustomerProtocol):  # type: ignore[misc]
    """The customers."""

    bindings: ClassVar[dict[str, type]] = {"world": SimulatedWorld}

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._role = SimulatedCustomer(self.world)

    def role(self) -> SimulatedCustomer:
        """The role."""
        return self._role


@target_factory.reg_driver
@attr.s(eq=False)
class SimulatedFaultsDriver(Driver, FaultsProtocol):  # type: ignore[misc]
    """The faults."""

    bindings: ClassVar[dict[str, type]] = {"world": SimulatedWorld}

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._role = SimulatedFaults(self.world)

    def role(self) -> SimulatedFaults:
        """The role."""
        return self._role


@target_factory.reg_driver
@attr.s(eq=False)
class SimulatedCarrierDriver(Driver, CarrierProtocol):  # type: ignore[misc]
    """The mobile network."""

    bindings: ClassVar[dict[str, type]] = {"world": SimulatedWorld}

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._role = SimulatedCarrier(self.world)

    def role(self) -> SimulatedCarrier:
        """The role."""
        return self._role
