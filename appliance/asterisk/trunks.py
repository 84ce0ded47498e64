"""What the configuration says of a trunk beyond its own keys."""

from __future__ import annotations

import re

from appliance.config import Config
from appliance.config.models import Trunk
from appliance.domain.phone import PhoneNumber

# no "_" first, so that it is no pattern; two at least, so that it is none of Asterisk's own extensions such as "h"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]+\Z")


def own_number(config: Config, trunk: Trunk) -> PhoneNumber:
    """The number that this trunk's operator knows as ours: that of a route over it, the box's own route first; else
    the service number."""
    over = sorted(
        (route for route in config.route if route.needs.trunk == trunk.name), key=lambda route: not route.needs.local
    )
    return over[0].number if over else config.modem.service_number


def registered_user(config: Config, trunk: Trunk) -> str | None:
    """The user part of the contact that Asterisk registers at the trunk, which is what its calls then ask for: the
    number of a route over it, so that the called number is known; else the account, where the dialplan can have it as
    an extension. ``None`` without registration."""
    if not trunk.register_:
        return None
    over = any(route.needs.trunk == trunk.name for route in config.route)
    if not over and trunk.username is not None and _PLAIN_NAME.match(trunk.username):
        return trunk.username
    return own_number(config, trunk).e164
