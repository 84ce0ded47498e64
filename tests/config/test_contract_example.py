"""The configuration that CONTRACT shows is accepted whole, and read as it says."""

from pathlib import Path

from appliance.config import examine, load
from appliance.domain.endpoints import ReferenceEndpoint, ReferenceKind, SipEndpoint, Transport
from appliance.domain.phone import PhoneNumber
from appliance.domain.routes import Route

EXAMPLE = """
[device]
id = "brno-01"                    # [a-z0-9-]+, names the box in MQTT topics
region = "CZ"                     # ISO 3166, to read national numbers
timezone = "Europe/Prague"
state_dir = "/var/lib/hotline"

[modem]
port = "/dev/serial/by-path/platform-xhci-usb-0:1.2:1.2-port0"  # anything pyserial opens, socket://host:port too
baudrate = 115200
service_number = "+420777000100"
pin_file = "/run/credentials/hotline-guard.service/pin" # optional
ccfc_timeout = 160.0              # seconds; networks take that long

[ingress]
mode = "divert"                   # divert | bridge
net = "duty"                      # number behind the standing net (CFB, CFNRy, CFNRc): "duty", E.164, or "off"
no_reply_time = 20                # seconds, CFNRy

[[trunk]]
name = "trunk-a"
sip = "sip:192.0.2.10:5060"       # ;transport=tcp|tls allowed
[[trunk]]
name = "trunk-b"
sip = "sip:192.0.2.11:5060;transport=tcp"
[[node]]
name = "node-1"
sip = "sip:192.0.2.21:5060"

[[route]]                         # the ladder, in order; "technician" is always the implied last one
name = "primary"
number = "+420226000100"          # where CFU points
needs = { trunk = "trunk-a", nodes = 1 }   # this trunk up, and at least so many nodes up
[[route]]
name = "secondary"
number = "+420910000200"
needs = { trunk = "trunk-b", nodes = 1 }

[watchdog]
inter = 2.0
fastinter = 0.5
downinter = 5.0
timeout = 1.0
fall = 3
rise = 5
failback_hold = 120.0             # seconds a better route must stay healthy before going back to it
references = ["udp://192.0.2.1:53", "tcp://192.0.2.2:443"]
on_isolation = "hold"             # hold | technician

[duty]
default = "tech-1"
[[person]]
id = "tech-1"
name = "Technician 1"
mobile = "+420777000111"

[[mqtt]]                          # one or more links; each gets everything
name = "local"
host = "127.0.0.1"
port = 1883
# tls = true, ca_file, cert_file, key_file, username, password_file, commands = "all" | "none" | [names]

[exchange]
ari = "http://127.0.0.1:8088"
[web]
listen = "127.0.0.1:8080"
[smtp]
[panel]
[provisioning]
"""


def test_the_example_is_accepted_without_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text(EXAMPLE)
    found = examine(file)
    assert found.mistakes == ()
    assert found.warnings == ()


def test_the_example_is_read_as_it_says(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text(EXAMPLE)
    config = load(file)
    assert config.modem.service_number == PhoneNumber("+420777000100")
    assert config.modem.ccfc_timeout == 160.0
    assert config.trunk[1].sip == SipEndpoint("192.0.2.11", 5060, Transport.TCP)
    assert config.routes == (
        Route("primary", PhoneNumber("+420226000100"), "trunk-a", 1),
        Route("secondary", PhoneNumber("+420910000200"), "trunk-b", 1),
    )
    assert config.watchdog.references == (
        ReferenceEndpoint(ReferenceKind.UDP, "192.0.2.1", 53),
        ReferenceEndpoint(ReferenceKind.TCP, "192.0.2.2", 443),
    )
    person = config.person_by_id(config.duty.default)
    assert person is not None
    assert person.mobile == PhoneNumber("+420777000111")
    assert config.mqtt[0].allows("route.set")


def test_the_least_file_runs_on_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text(
        '[device]\nid = "a"\nregion = "CZ"\n[modem]\nport = "socket://127.0.0.1:4000"\n'
        'service_number = "777 000 100"\n[duty]\ndefault = "t"\n'
        '[[person]]\nid = "t"\nname = "T"\nmobile = "777000111"\n'
    )
    config = load(file)
    assert config.modem.service_number == PhoneNumber("+420777000100")
    assert config.ingress.mode == "divert"
    assert config.watchdog.inter == 2.0
    assert [(link.name, link.host, link.port) for link in config.mqtt] == [("local", "127.0.0.1", 1883)]
