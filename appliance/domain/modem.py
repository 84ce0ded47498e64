"""What is known of the modem, its SIM and its network, in the words of CONTRACT's ``state.modem``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from appliance.domain.health import Health


class SimState(StrEnum):
    """The SIM as AT+CPIN? and its errors tell it."""

    READY = "ready"
    PIN = "pin"
    PUK = "puk"
    BLOCKED = "blocked"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class NetworkRegistration(StrEnum):
    """Network registration (not SIP, not forwarding) from CREG, CGREG, CEREG (3GPP TS 27.007 §7.2)."""

    HOME = "home"
    ROAMING = "roaming"
    SEARCHING = "searching"
    DENIED = "denied"
    NONE = "none"

    @property
    def on_network(self) -> bool:
        """Whether supplementary services can be asked for."""
        return self in (NetworkRegistration.HOME, NetworkRegistration.ROAMING)


@dataclass(frozen=True, slots=True)
class ModemStatus:
    """A snapshot; replaced whole on each change. ``reason`` says why health is not ``up``."""

    health: Health = Health.UNKNOWN
    model: str | None = None
    firmware: str | None = None
    operator: str | None = None
    rssi_dbm: int | None = None
    registration: NetworkRegistration = NetworkRegistration.NONE
    sim: SimState = SimState.UNKNOWN
    iccid: str | None = None
    imei: str | None = None
    technology: str | None = None
    port: str | None = None
    reason: str = ""

    @property
    def usable(self) -> bool:
        """Whether a forwarding operation has a chance."""
        return self.health is Health.UP and self.sim is SimState.READY and self.registration.on_network
