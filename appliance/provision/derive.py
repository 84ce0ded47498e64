"""From settings to the files that the system's own services read: networkd, wpa_supplicant, ssh, nftables. Pure.

They are made anew below ``/run`` at each start, so that nothing of an older set-up can linger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from appliance.config.models import Config
from appliance.domain.endpoints import Transport
from appliance.provision.settings import Settings, Wifi

TABLE = "inet hotline"
SETUP_PORT = 8080  # of the page that asks for a configuration (appliance.web.setting_up)


@dataclass(frozen=True, slots=True)
class File:
    """A file below ``/run``."""

    path: str
    content: str
    mode: int = 0o644


def hostname(settings: Settings, machine_id: str) -> str:
    """The name that mDNS tells: the owner's, or one of the box's own that two boxes never share."""
    # never the id itself: it is told to everybody on the network (machine-id(5))
    own = hashlib.sha256(f"hotline {machine_id}".encode()).hexdigest()[:4]
    return settings.hostname or f"hotline-{own}"


def files(settings: Settings, config: Config | None) -> list[File]:
    """Every file, paths below ``/run``."""
    found = [File("hotline/firewall.nft", firewall(settings, config))]
    if settings.ssh_keys:
        keys = "".join(f"{key}\n" for key in settings.ssh_keys)
        found.append(File("hotline/ssh/authorized_keys", keys))
    if settings.wifi is not None:
        found.append(File("hotline/wpa_supplicant.conf", wpa_supplicant(settings.wifi), 0o600))
    if settings.ethernet is not None:
        found.append(File("systemd/network/65-hotline-ethernet.network", ethernet(settings)))
    return found


def ethernet(settings: Settings) -> str:
    """Fixed addresses for the card with a cable; the others keep to DHCP."""
    fixed = settings.ethernet
    assert fixed is not None
    lines = [
        "[Match]",
        "Type=ether",
        "Kind=!*",
        "Name=e*",
        "",
        "[Network]",
        "DHCP=no",
        "Domains=~.",
        "MulticastDNS=yes",
    ]
    lines += ["LinkLocalAddressing=ipv6", "IPv6AcceptRA=yes", *(f"DNS={one}" for one in fixed.dns)]
    lines += ["", "[Address]", f"Address={fixed.address}"]
    if fixed.gateway is not None:
        lines += ["", "[Route]", f"Gateway={fixed.gateway}", "Metric=100"]
    return "\n".join([*lines, "", "[Link]", "RequiredForOnline=no", ""])


def wpa_supplicant(wifi: Wifi) -> str:
    """The wireless network. A name is written in hexadecimal, which needs no quoting; so is no password, whose quotes
    wpa_supplicant takes as they come up to the last one of the line."""
    lines = [f"country={wifi.country}"] if wifi.country else []
    lines += ["network={", f"\tssid={wifi.ssid.encode().hex()}"]
    if wifi.password is None:
        lines.append("\tkey_mgmt=NONE")
    else:
        prepared = len(wifi.password) == 64
        # SAE wants the password itself: with a prepared key it would be chosen where both are offered, and fail
        lines.append("\tkey_mgmt=" + ("WPA-PSK WPA-PSK-SHA256" if prepared else "WPA-PSK SAE WPA-PSK-SHA256"))
        lines += ["\tieee80211w=1", "\tpsk=" + (wifi.password if prepared else f'"{wifi.password}"')]
    if wifi.hidden:
        lines.append("\tscan_ssid=1")
    return "\n".join([*lines, "}", ""])


def firewall(settings: Settings, config: Config | None) -> str:
    """What is opened beyond what every box has open."""
    opened: dict[str, Iterable[object]] = {
        "web_ports": [SETUP_PORT],
        "ssh_ports": [22] if settings.ssh_keys else [],
        "sip_peers": [],
        "sip_peers6": [],
        "sip_ports": [],
        "sound_ports": [],
    }
    if config is not None:
        peers = list(_peers(config))
        opened |= {
            "web_ports": _shown(config.web.listen),
            "sip_peers": [one for one in peers if isinstance(one, IPv4Address)],
            "sip_peers6": [one for one in peers if isinstance(one, IPv6Address)],
            "sip_ports": _sip_ports(config),
            "sound_ports": ["-".join(map(str, config.exchange.rtp_ports))],
        }
    return "".join(_elements(name, values) for name, values in opened.items())


def _shown(listen: str) -> list[int]:
    """The port, where anybody but the box itself can reach it."""
    host, _, port = listen.rpartition(":")
    try:
        own = ip_address(host.strip("[]")).is_loopback
    except ValueError:
        own = host == "localhost"
    return [] if own else [int(port)]


def _sip_ports(config: Config) -> list[int]:
    """Asterisk's own, and one for each trunk with TLS at most (appliance.asterisk.pjsip)."""
    more = sum(trunk.sip.transport is Transport.TLS for trunk in config.trunk)
    return [port + offset for port in _shown(config.exchange.sip) for offset in range(more + 1)]


def _peers(config: Config) -> Iterable[IPv4Address | IPv6Address]:
    """Trunks and nodes that are named by address; one that is named by name speaks when it was spoken to."""
    for target in (*config.trunk, *config.node):
        try:
            yield ip_address(target.sip.host.strip("[]"))
        except ValueError:
            continue


def _elements(name: str, values: Iterable[object]) -> str:
    told = ", ".join(dict.fromkeys(map(str, values)))
    return f"flush set {TABLE} {name}\n" + (f"add element {TABLE} {name} {{ {told} }}\n" if told else "")
