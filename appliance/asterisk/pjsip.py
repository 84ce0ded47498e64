"""pjsip.conf and sorcery.conf: who may call, whom we call, and how.

A call is let in for one of two reasons only: it comes from the address of a configured trunk or node, or from a
phone that proves its account by digest. The ``From`` header alone never identifies anybody: with Asterisk's defaults
a stranger who writes a trunk's name into it would be taken for that trunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from appliance.asterisk.site import NOWHERE, PHONE_CONTEXT, PHONES, TRANSFER_CONTEXT, TRUNK_CONTEXT, Site, UnfitError
from appliance.asterisk.text import NO, YES, Setting, commas, host_in_uri, section
from appliance.asterisk.trunks import registered_user
from appliance.config import Config
from appliance.config.models import SipTarget, Trunk
from appliance.domain.endpoints import Transport

TRUNK_CODECS = ("alaw", "ulaw", "g722", "gsm")
PHONE_CODECS = ("g722", "alaw", "ulaw")
# a dead trunk is left out at once instead of after the 32 s that an INVITE may take (RFC 3261 §17.1.1.2)
QUALIFY_EVERY_S, QUALIFY_PATIENCE_S = 15, 4
SILENT_S, SILENT_ON_HOLD_S = 120, 3600  # without any RTP: the other side has gone without a BYE
REGISTER_EVERY_S, RETRY_S = 120, 20  # a trunk that lost its registrations is found out within two minutes
LOCAL_NETWORKS = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
CA_FILE = "/etc/ssl/certs/ca-certificates.crt"
_USER_UNRESERVED = "-_.!~*'()&=+$,?/"  # RFC 3261 §25.1 mark and user-unreserved, without the ";" of configurations
ANY_ADDRESS = ("0.0.0.0", "::")


def sorcery_conf() -> str:
    """sorcery.conf: phones' accounts come at run time into memory, everything else from the file."""
    kinds: list[Setting] = []
    for kind in ("endpoint", "auth", "aor"):
        kinds += [(kind, f"config,pjsip.conf,criteria=type={kind}"), (kind, "memory")]
    return section("res_pjsip", *kinds)


def pjsip_conf(config: Config, site: Site) -> str:
    """pjsip.conf. Raises :class:`UnfitError`."""
    _check_names(config)
    transports = _tls_transports(config)
    return "".join(
        [
            section("system", ("type", "system")),
            section(
                "global",
                ("type", "global"),
                ("user_agent", "Hotline"),
                ("default_from_user", "hotline"),
                ("endpoint_identifier_order", "ip,username,auth_username"),
                ("ignore_uri_user_options", YES),
                ("keep_alive_interval", 30),
                ("max_initial_qualify_time", QUALIFY_PATIENCE_S),
            ),
            *_transports(config, transports),
            *(_trunk(config, site, trunk, transports) for trunk in config.trunk),
            *(_node(config, node) for node in config.node if node.name != config.exchange.name),
            _phones(config),
        ]
    )


def account_settings(config: Config) -> dict[str, str]:
    """What every phone's own endpoint has; pushed at run time by :mod:`appliance.asterisk.accounts`."""
    return {key: str(value) for key, value in filter(None, _phone_settings(config, PHONE_CONTEXT))}


def reserved_names(config: Config) -> frozenset[str]:
    """The endpoints of the file: no phone's account may be called so."""
    return frozenset({PHONES, *(part.name for part in (*config.trunk, *config.node))})


def _check_names(config: Config) -> None:
    taken = {PHONES: "the exchange's own endpoint for phones"}
    parts = [("trunk", index, one.name) for index, one in enumerate(config.trunk)]
    parts += [("node", index, one.name) for index, one in enumerate(config.node)]
    for kind, index, name in parts:
        if name in taken:
            raise UnfitError(f"{kind}.{index}.name: {name!r} is also {taken[name]}; give each its own name")
        taken[name] = f"a {kind}"


TlsKey = tuple[str, bool]


def _tls_key(trunk: Trunk) -> TlsKey:
    return str(trunk.tls_ca_file or CA_FILE), trunk.tls_verify


def _tls_transports(config: Config) -> dict[TlsKey, str]:
    """A transport for each way to trust a trunk's certificate."""
    keys = dict.fromkeys(_tls_key(trunk) for trunk in config.trunk if trunk.sip.transport is Transport.TLS)
    return {key: f"tls-{number}" for number, key in enumerate(keys, 1)}


def _transports(config: Config, tls: dict[TlsKey, str]) -> Iterator[str]:
    host, _, port = config.exchange.sip.rpartition(":")
    outside = config.exchange.external_address
    behind: list[Setting] = []
    if outside:
        behind = [("external_signaling_address", outside), ("external_media_address", outside)]
        behind += [("local_net", network) for network in LOCAL_NETWORKS]
    for protocol in ("udp", "tcp"):
        yield section(protocol, ("type", "transport"), ("protocol", protocol), ("bind", f"{host}:{port}"), *behind)
    for offset, ((ca_file, verify), name) in enumerate(tls.items(), 1):
        yield section(
            name,
            ("type", "transport"),
            ("protocol", "tls"),
            ("bind", f"{host}:{int(port) + offset}"),
            ("method", "tlsv1_2"),
            ("ca_list_file", ca_file),
            ("verify_server", YES if verify else NO),
            *behind,
        )


def _media(config: Config) -> list[Setting | None]:
    host = config.exchange.sip.rpartition(":")[0].strip("[]")
    bound: list[Setting | None] = [("media_address", host), ("bind_rtp_to_media_address", YES)]
    return [
        *([] if host in ANY_ADDRESS else bound),
        ("direct_media", NO),
        ("rtp_symmetric", YES),
        ("force_rport", YES),
        ("dtmf_mode", "auto"),
        ("rtp_timeout", SILENT_S),
        ("rtp_timeout_hold", SILENT_ON_HOLD_S),
    ]


def _ways_of_the_network(config: Config) -> list[Setting | None]:
    """What a trunk and a node have in common: recognised by address, their words about numbers believed."""
    return [
        ("context", TRUNK_CONTEXT),
        ("identify_by", "ip"),
        ("disallow", "all"),
        ("allow", commas(TRUNK_CODECS)),
        *_media(config),
        ("trust_id_inbound", YES),
        ("trust_id_outbound", YES),
        # the exchange and the dialplan say whose number is asserted: operators refuse the caller's
        ("send_pai", NO),
        ("send_diversion", YES),
        ("send_connected_line", NO),
        ("trust_connected_line", YES),
        # a REFER from the network would let a stranger's call choose where we dial
        ("allow_transfer", NO),
        ("allow_subscribe", NO),
    ]


def _transport_of(trunk: Trunk, tls: dict[TlsKey, str]) -> str:
    return tls[_tls_key(trunk)] if trunk.sip.transport is Transport.TLS else str(trunk.sip.transport)


def _trunk(config: Config, site: Site, trunk: Trunk, tls: dict[TlsKey, str]) -> str:
    name, transport = trunk.name, _transport_of(trunk, tls)
    host = host_in_uri(trunk.sip.host)
    server = f"sip:{host}:{trunk.sip.port};transport={trunk.sip.transport}"
    auth: Setting | None = ("outbound_auth", name) if trunk.username else None
    text = section(
        name,
        ("type", "endpoint"),
        # else the URI says which: a call may go out over TCP where the trunk is probed over UDP
        ("transport", transport) if trunk.sip.transport is Transport.TLS else None,
        ("aors", name),
        *_ways_of_the_network(config),
        ("media_encryption", "sdes") if trunk.sip.transport is Transport.TLS else None,
        ("media_encryption_optimistic", YES) if trunk.sip.transport is Transport.TLS else None,
        auth,
        # operators look an account up by the domain of From
        ("from_domain", trunk.sip.host) if trunk.username else None,
        ("set_var", f"HOTLINE_TRUNK={name}"),
    )
    text += section(
        name,
        ("type", "aor"),
        ("contact", server),
        ("qualify_frequency", QUALIFY_EVERY_S),
        ("qualify_timeout", QUALIFY_PATIENCE_S),
    )
    text += _identify(trunk, *trunk.match)
    if trunk.username:
        text += section(
            name,
            ("type", "auth"),
            ("auth_type", "userpass"),
            ("username", trunk.username),
            ("password", site.trunk_passwords.get(name, "")),
        )
    if trunk.register_:
        account = quote(trunk.username or str(registered_user(config, trunk)), safe=_USER_UNRESERVED)
        text += section(
            name,
            ("type", "registration"),
            ("transport", transport),
            auth,
            ("server_uri", server),
            ("client_uri", f"sip:{account}@{host}:{trunk.sip.port}"),
            ("contact_user", str(registered_user(config, trunk))),
            ("expiration", REGISTER_EVERY_S),
            # an operator that refused once, in an outage of its own, is asked for ever
            ("retry_interval", RETRY_S),
            ("fatal_retry_interval", RETRY_S * 3),
            ("forbidden_retry_interval", RETRY_S * 3),
            ("max_retries", 1_000_000_000),
            ("auth_rejection_permanent", NO),
        )
    return text


def _identify(part: SipTarget, *more: str) -> str:
    matches: list[Setting] = [("match", match) for match in (part.sip.host, *more)]
    return section(part.name, ("type", "identify"), ("endpoint", part.name), ("srv_lookups", NO), *matches)


def _node(config: Config, node: SipTarget) -> str:
    """A node of the cluster may hand us calls; we never dial it."""
    return section(
        node.name,
        ("type", "endpoint"),
        *_ways_of_the_network(config),
        ("set_var", f"HOTLINE_TRUNK={node.name}"),
    ) + _identify(node)


def _phone_settings(config: Config, context: str) -> list[Setting | None]:
    return [
        ("context", context),
        ("disallow", "all"),
        ("allow", commas(PHONE_CODECS)),
        *_media(config),
        ("rewrite_contact", YES),
        ("trust_id_inbound", NO),
        ("trust_id_outbound", YES),
        ("send_pai", YES),
        ("allow_transfer", YES),
        ("allow_subscribe", NO),
        ("media_encryption", "sdes"),
        ("media_encryption_optimistic", YES),
        ("set_var", f"TRANSFER_CONTEXT={TRANSFER_CONTEXT}"),
    ]


def _phones(config: Config) -> str:
    """Rings a phone by its SIP URI; without an identify section no call comes in by it."""
    return section(PHONES, ("type", "endpoint"), ("identify_by", "ip"), *_phone_settings(config, NOWHERE))
