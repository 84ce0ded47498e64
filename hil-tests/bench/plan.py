"""The bench's numbers and names, and the configuration of its box. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import addresses
from bench.addresses import SEEN_FROM_BOX, SIP_PORT, Subnet
from bench.broker import MQTT_PORT
from bench.profiles import Profile

SERVICE_NUMBER = "+420777000100"
DEVICE_ID = "bench-01"
TECHNICIANS = {"tech-1": "+420777000111", "tech-2": "+420777000112"}
DIDS = {"trunk-a": "+420226000100", "trunk-b": "+420910000200"}
ROUTES = {"primary": "trunk-a", "secondary": "trunk-b"}
LOCAL_DID = "+420910000300"  # rings at the box itself, which is registered at trunk-b
LOCAL_TRUNK = "trunk-b"
BOX_ACCOUNT, BOX_PASSWORD = "hotline-box", "a-bench-is-no-secret"
BOX = "box"
WEB_PORT = 8443
WEB_PASSWORD = "a bench is no secret"
DNS_PORT = 5353
TCP_REFERENCE_PORT = 8443


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything is. Names map to addresses."""

    subnet: Subnet
    trunks: Mapping[str, str] = field(init=False)
    nodes: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        host = self.subnet.host
        object.__setattr__(self, "trunks", dict(zip(DIDS, map(host, addresses.TRUNKS), strict=True)))
        object.__setattr__(
            self, "nodes", {f"node-{index}": host(number) for index, number in enumerate(addresses.NODES, 1)}
        )

    @property
    def bench(self) -> str:
        """The bench's own address; also where the box's packets come from after the wires."""
        return self.subnet.host(addresses.BENCH)

    @property
    def network(self) -> str:
        """The telephone network."""
        return self.subnet.host(addresses.NETWORK)

    @property
    def broker(self) -> str:
        """The MQTT broker."""
        return self.subnet.host(addresses.BROKER)

    @property
    def references(self) -> tuple[str, ...]:
        """The references outside the cluster."""
        return tuple(map(self.subnet.host, addresses.REFERENCES))

    @property
    def box(self) -> str:
        """The box's own Asterisk."""
        return self.subnet.host(addresses.BOX)

    @property
    def phones(self) -> str:
        """All telephones that are no Asterisk."""
        return self.subnet.host(addresses.PHONES)

    @property
    def mail(self) -> str:
        """The mail server."""
        return self.subnet.host(addresses.MAIL)

    def seen_from_node(self, node: str, trunk: str) -> str:
        """The address by which a node knows a trunk."""
        prefix, _, last = self.trunks[trunk].rpartition(".")
        return f"{prefix}.{int(last) + addresses.SEEN_FROM_NODES[list(self.nodes).index(node)]}"

    def seen_from_box(self, address: str) -> str:
        """The address by which the box knows a part: that of its wire."""
        prefix, _, last = address.rpartition(".")
        return f"{prefix}.{int(last) + SEEN_FROM_BOX}"


def section(name: str, values: Mapping[str, object]) -> str:
    """A table of TOML; every value is one that JSON writes the same."""
    return name + "\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()) + "\n"


def render_config(
    plan: Plan,
    profile: Profile,
    modem_port: str,
    state_dir: Path,
    extra_watchdog: Mapping[str, float | str],
    *,
    trunk_keys: Mapping[str, Mapping[str, object]] | None = None,
    more: str = "",
    local_route: bool = False,
) -> str:
    """The ``hotline.toml`` of the bench's box. ``trunk_keys``: trunk → further keys; ``more`` stands at its end."""
    dns, tcp = (plan.seen_from_box(address) for address in plan.references)
    text = section(
        "[device]", {"id": DEVICE_ID, "region": "CZ", "timezone": "Europe/Prague", "state_dir": str(state_dir)}
    )
    modem = {"port": modem_port, "service_number": SERVICE_NUMBER, "usb_rebind": False}
    text += section("[modem]", {**modem, **profile.modem})
    text += section("[ingress]", {"mode": "divert", "net": "duty", "no_reply_time": 20})
    further = trunk_keys or {}
    for kind, parts in (("trunk", plan.trunks), ("node", plan.nodes)):
        for name, address in parts.items():
            sip = f"sip:{plan.seen_from_box(address)}:{SIP_PORT}"
            text += section(f"[[{kind}]]", {"name": name, "sip": sip, **further.get(name, {})})
    for name, trunk in ROUTES.items():
        text += section("[[route]]", {"name": name, "number": DIDS[trunk]})
        text = text.rstrip("\n") + f'\nneeds = {{ trunk = "{trunk}", nodes = 1 }}\n\n'
    if local_route:
        text += section("[[route]]", {"name": "local", "number": LOCAL_DID}).rstrip("\n")
        text += f'\nneeds = {{ trunk = "{LOCAL_TRUNK}", local = true }}\n\n'
    references = [f"udp://{dns}:{DNS_PORT}", f"tcp://{tcp}:{TCP_REFERENCE_PORT}"]
    text += section("[watchdog]", {**profile.watchdog, "references": references, **extra_watchdog})
    text += section("[duty]", {"default": "tech-1"})
    for index, (person, mobile) in enumerate(TECHNICIANS.items(), 1):
        text += section("[[person]]", {"id": person, "name": f"Technician {index}", "mobile": mobile})
    password_file = state_dir.parent / "web-password"
    text += section("[web]", {"listen": f"{plan.box}:{WEB_PORT}", "admin_password_file": str(password_file)})
    return text + section("[[mqtt]]", {"name": "local", "host": plan.broker, "port": MQTT_PORT}) + more
