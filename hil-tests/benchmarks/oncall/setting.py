"""What is measured: the exchange's ``hotline.toml`` and its roster. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.oncall.numbers import (
    ANSWERING_LINE,
    SERVICE_NUMBER,
    TECHNICIAN,
    answering_phone,
    phone,
    ring_all_line,
)
from benchmarks.oncall.undertest import HTTP_PORT, MANAGER_PORT, TRUNK

DEVICE_ID = "figures"
UNPACED_CPS = 200.0  # more than any round asks for: pacing is then not what is measured


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses and directories of the site."""

    under_test: str
    far_side: str
    broker: str
    state_dir: Path
    asterisk: Path
    modules: Path
    data: Path


def config_text(places: Places, cps: float) -> str:
    """The configuration. The limits of calls an hour are lifted: many rounds are played in one."""
    asterisk = places.asterisk
    return f"""\
[device]
id = "{DEVICE_ID}"
region = "CZ"
timezone = "Europe/Prague"
state_dir = "{places.state_dir}"
[modem]
port = "/dev/null"
service_number = "{SERVICE_NUMBER}"
[[trunk]]
name = "{TRUNK}"
sip = "sip:{places.far_side}:5060"
cps = {cps}
[duty]
default = "technician"
[[person]]
id = "technician"
name = "Technician"
mobile = "{TECHNICIAN}"
[[mqtt]]
host = "{places.broker}"
[exchange]
ari = "http://{places.under_test}:{HTTP_PORT}"
manager = "{places.under_test}:{MANAGER_PORT}"
sip = "{places.under_test}:5060"
calls_per_hour = 100000
calls_per_number_and_hour = 10000
[exchange.directories]
modules = "{places.modules}"
data = "{places.data}"
lib = "{asterisk}/lib"
spool = "{asterisk}/spool"
run = "{asterisk}/run"
log = "{asterisk}/log"
"""


def roster_document(counts: Sequence[int], answering: int, ring_s: float) -> dict[str, Any]:
    """A line and a ring-all group for each of ``counts``, and a recorded line whose members are rung one by one.

    Screening is off: the phones say tones, which no human does.
    """
    technician = {"id": "technician", "name": "Technician", "mobile": TECHNICIAN}
    people = [technician, *(_person("phone", i, phone(i)) for i in range(1, max(counts, default=0) + 1))]
    people += [_person("talker", i, answering_phone(i)) for i in range(1, answering + 1)]
    groups, lines = [], []
    for count in counts:
        members = [f"phone-{index}" for index in range(1, count + 1)]
        groups.append(_group(f"ringall-{count}", members, strategy="ringall", ring_s=ring_s))
        lines.append(_line(f"ringall-{count}", ring_all_line(count)))
    if answering:
        members = [f"talker-{index}" for index in range(1, answering + 1)]
        groups.append(_group("talkers", members, strategy="random", ring_s=20.0))
        lines.append(_line("talkers", ANSWERING_LINE, record=True))
    return {"schema": 1, "duty": {"default": "technician"}, "person": people, "group": groups, "line": lines}


def _person(kind: str, index: int, number: str) -> dict[str, Any]:
    return {"id": f"{kind}-{index}", "name": f"{kind.title()} {index}", "mobile": number}


def _group(name: str, members: Sequence[str], **more: object) -> dict[str, Any]:
    return {"id": name, "name": name, "members": list(members), "screening": "off", **more}


def _line(group: str, number: str, **more: object) -> dict[str, Any]:
    steps = [f"group:{group}"]
    return {"id": group, "name": group, "numbers": [number], "open": steps, "closed": steps, **more}
