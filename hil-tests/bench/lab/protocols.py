"""What a labgrid driver offers: a role. It is not the role itself, as drivers have names (``state``) of their own."""

from __future__ import annotations

import abc

from bench.lab.roles import Box, Carrier, Customer, Faults


class BoxProtocol(abc.ABC):
    """A driver that can be the box."""

    @abc.abstractmethod
    def role(self) -> Box:
        """The box, while the driver is active."""


class CustomerProtocol(abc.ABC):
    """A driver that can be the customers."""

    @abc.abstractmethod
    def role(self) -> Customer:
        """The customers, while the driver is active."""


class FaultsProtocol(abc.ABC):
    """A driver that can break and mend."""

    @abc.abstractmethod
    def role(self) -> Faults:
        """The faults, while the driver is active."""


class CarrierProtocol(abc.ABC):
    """A driver that can be the mobile network."""

    @abc.abstractmethod
    def role(self) -> Carrier:
        """The mobile network, while the driver is active."""
