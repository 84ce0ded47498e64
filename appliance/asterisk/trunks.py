"""What the configuration says of a trunk beyond its own keys."""

from __future__ import annotations

from appliance.config import Config
from appliance.config.models import Trunk
from appliance.domain.phone import PhoneNumber


def own_number(config: Config, trunk: Trunk) -> PhoneNumber:
    """The number that this trunk's operator knows as ours: that of a route over it, the box's own route first; else
    the service number."""
    over = sorted(
        (route for route in config.route if route.needs.trunk == trunk.name), key=lambda route: not route.needs.local
    )
    return over[0].number if over else config.modem.service_number


def registered_user(config: Config, trunk: Trunk) -> str | None:
    """The user part of the contact that Asterisk registers at the trunk, which is what its calls then ask for: the
    number of a route over it, so that the called number is known; else the account. ``None`` without registration."""
    if not trunk.register_:
        return None
    if any(route.needs.trunk == trunk.name for route in config.route):
        return own_number(config, trunk).e164
    return trunk.username or own_number(config, trunk).e164
