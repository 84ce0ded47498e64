"""The telephone side of a bench with exchanges: people, tones, and each exchange's configuration. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.addresses import SIP_PORT
from bench.broker import MQTT_PORT
from bench.plan import (
    BOX,
    BOX_ACCOUNT,
    DEVICE_ID,
    DIDS,
    LOCAL_TRUNK,
    ROUTES,
    SERVICE_NUMBER,
    TECHNICIANS,
    Plan,
    section,
)

PEOPLE = TECHNICIANS | {
    "anna": "+420777000113",
    "boris": "+420777000114",
    "cyril": "+420777000115",
    "dana": "+420777000116",
    "emil": "+420777000117",
    "filip": "+420777000118",
}
SIP_PHONES = ("eva", "gita")  # accounts; whoever they belong to says the roster
CUSTOMERS = ("customer-1", "customer-2", "customer-3", "customer-4")
# 20 Hz apart or a multiple of it: in blocks of 50 ms one does not sound in the other's place
RINGING_HZ = 425
CUSTOMER_HZ = (600, 700, 800, 900)
PERSON_HZ = (1040, 1140, 1240, 1340, 1440, 1540, 1640, 1740, 1840, 1940)
PROMPT_HZ = {"greeting": 2200, "closed": 2320, "holiday": 2440, "notice": 2560}
MUSIC_HZ = 2720

KNOWN_HZ: Mapping[str, int] = {
    "ringing": RINGING_HZ,
    "music": MUSIC_HZ,
    **PROMPT_HZ,
    **dict(zip(CUSTOMERS, CUSTOMER_HZ, strict=True)),
    **dict(zip((*PEOPLE, *SIP_PHONES), PERSON_HZ, strict=True)),
}
TELEPHONES: Mapping[str, str] = {number: name for name, number in PEOPLE.items()} | {one: one for one in SIP_PHONES}

ARI_PORT, AMI_PORT, SMTP_PORT = 8088, 5038, 2525
LISTENING = "790"  # what a phone of an exchange dials to listen to recordings


def exchange_names(plan: Plan) -> tuple[str, ...]:
    """Every exchange: on the nodes, and on the box."""
    return (*plan.nodes, BOX)


def address_of(plan: Plan, name: str) -> str:
    """Where an exchange's Asterisk is."""
    return plan.box if name == BOX else plan.nodes[name]


def exchange_sections(plan: Plan, name: str, run_dir: Path, modules: Path) -> str:
    """``[exchange]`` and what belongs to it."""
    address, own = address_of(plan, name), run_dir / name
    text = section(
        "[exchange]",
        {
            "name": name,
            "ari": f"http://{address}:{ARI_PORT}",
            "manager": f"{address}:{AMI_PORT}",
            "sip": f"{address}:{SIP_PORT}",
            "calls_per_hour": 100_000,  # one exchange serves many scenarios an hour
            "calls_per_number_and_hour": 10_000,
        },
    )
    directories = {one: str(own / one) for one in ("lib", "spool", "run", "log", "prompts")}
    text += section(
        "[exchange.directories]", {"modules": str(modules), "data": str(run_dir / "share"), **directories}
    )
    text += section("[recordings]", {"extension": LISTENING})
    mail = {"host": plan.mail, "port": SMTP_PORT, "tls": "none", "sender": "hotline@example.org"}
    return text + section("[smtp]", mail)


def box_trunk_keys(plan: Plan, password_file: Path) -> dict[str, dict[str, object]]:
    """What the box adds to the trunks: their calls come past its wires, and it is registered at one of them."""
    keys: dict[str, dict[str, object]] = {
        name: {"match": [address], "cps": 50.0} for name, address in plan.trunks.items()
    }
    keys[LOCAL_TRUNK] |= {"register": True, "username": BOX_ACCOUNT, "password_file": str(password_file)}
    return keys


def node_config(plan: Plan, node: str, state_dir: Path, exchange: str) -> str:
    """The whole ``hotline.toml`` of a node."""
    text = section(
        "[device]", {"id": DEVICE_ID, "region": "CZ", "timezone": "Europe/Prague", "state_dir": str(state_dir)}
    )
    text += section("[modem]", {"port": "/dev/null", "service_number": SERVICE_NUMBER})
    for name, address in plan.trunks.items():
        seen = f"sip:{plan.seen_from_node(node, name)}:{SIP_PORT}"
        text += section("[[trunk]]", {"name": name, "sip": seen, "match": [address], "cps": 50.0})
    for name, address in plan.nodes.items():
        text += section("[[node]]", {"name": name, "sip": f"sip:{address}:{SIP_PORT}"})
    for name, trunk in ROUTES.items():
        text += section("[[route]]", {"name": name, "number": DIDS[trunk]}).rstrip("\n")
        text += f'\nneeds = {{ trunk = "{trunk}", nodes = 1 }}\n\n'
    text += section("[duty]", {"default": "tech-1"})
    for index, (person, mobile) in enumerate(TECHNICIANS.items(), 1):
        text += section("[[person]]", {"id": person, "name": f"Technician {index}", "mobile": mobile})
    return text + section("[[mqtt]]", {"name": "local", "host": plan.broker, "port": MQTT_PORT}) + exchange
