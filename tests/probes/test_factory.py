"""From the configuration to its probers, all of which are what the guard's loop expects."""

from __future__ import annotations

from pathlib import Path

from appliance.config import load
from appliance.guard.ports import Prober
from appliance.probes.dns import DnsProber
from appliance.probes.factory import probers
from appliance.probes.icmp import IcmpProber
from appliance.probes.sip import SipUdpProber
from appliance.probes.sip_stream import SipStreamProber
from appliance.probes.tcp import TcpProber

CONFIG = """
[device]
id = "brno-01"
region = "CZ"
[modem]
port = "socket://127.0.0.1:7000"
service_number = "+420777000100"
[[trunk]]
name = "trunk-a"
sip = "sip:192.0.2.10:5060"
[[trunk]]
name = "trunk-b"
sip = "sip:192.0.2.11;transport=tls"
[[node]]
name = "node-1"
sip = "sip:192.0.2.21;transport=tcp"
[watchdog]
references = ["udp://192.0.2.1:53", "tcp://192.0.2.2:443", "icmp://192.0.2.3"]
[duty]
default = "tech-1"
[[person]]
id = "tech-1"
name = "Technician 1"
mobile = "+420777000111"
"""


async def test_each_part_has_its_prober(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text(CONFIG)
    made: list[Prober] = list(probers(load(file)))
    assert [(str(prober.target), type(prober)) for prober in made] == [
        ("trunk trunk-a", SipUdpProber),
        ("trunk trunk-b", SipStreamProber),
        ("node node-1", SipStreamProber),
        ("reference udp://192.0.2.1:53", DnsProber),
        ("reference tcp://192.0.2.2:443", TcpProber),
        ("reference icmp://192.0.2.3", IcmpProber),
    ]
    for prober in made:
        await prober.close()
