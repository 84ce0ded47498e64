"""From the configuration to its probers."""

from __future__ import annotations

from appliance.config import Config
from appliance.config.models import SipTarget
from appliance.domain.endpoints import ReferenceEndpoint, ReferenceKind, Transport
from appliance.domain.health import Target, TargetKind
from appliance.probes.dns import DnsProber
from appliance.probes.icmp import IcmpProber
from appliance.probes.local import EXCHANGE_SOCKET, LocalProber
from appliance.probes.prober import BaseProber
from appliance.probes.sip import SipUdpProber
from appliance.probes.sip_stream import SipStreamProber
from appliance.probes.tcp import TcpProber


def probers(config: Config) -> list[BaseProber]:
    """One prober for each trunk, node, trunk of a local route and reference, in this order. References are named by
    their URL.

    Opens nothing yet: what cannot be had is a miss of the first probe.
    """
    return [
        *(_sip(Target(TargetKind.TRUNK, trunk.name), trunk) for trunk in config.trunk),
        *(_sip(Target(TargetKind.NODE, node.name), node) for node in config.node),
        *(
            LocalProber(Target(TargetKind.LOCAL, trunk), config.device.state_dir / EXCHANGE_SOCKET)
            for trunk in config.local_trunks
        ),
        *(_reference(reference) for reference in config.watchdog.references),
    ]


def _sip(target: Target, section: SipTarget) -> BaseProber:
    if section.sip.transport is Transport.UDP:
        return SipUdpProber(target, section.sip, section.failure_codes)
    return SipStreamProber(target, section.sip, section.failure_codes, section.tls_ca_file, section.tls_verify)


def _reference(endpoint: ReferenceEndpoint) -> BaseProber:
    target = Target(TargetKind.REFERENCE, str(endpoint))
    match endpoint.kind:
        case ReferenceKind.UDP:
            return DnsProber(target, endpoint.host, endpoint.port)
        case ReferenceKind.TCP:
            return TcpProber(target, endpoint.host, endpoint.port)
        case ReferenceKind.ICMP:
            return IcmpProber(target, endpoint.host, 0)
