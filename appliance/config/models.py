"""The shape of ``hotline.toml`` (CONTRACT, "Configuration"). Unknown keys are mistakes.

Values are kept as people wrote them where a later step reads them with the region; numbers are E.164 once here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from appliance.config.fields import (
    Commands,
    Directory,
    File,
    Flag,
    HeaderPin,
    Host,
    Listen,
    MailAddress,
    MailUsername,
    Name,
    Net,
    Network,
    NoReplyTime,
    Number,
    OwnHttpUrl,
    OwnListen,
    Pace,
    Port,
    Real,
    Reference,
    Region,
    RouteName,
    RtpPort,
    Seconds,
    SerialPort,
    Sip,
    Source,
    Timezone,
    Username,
    Whole,
)
from appliance.domain.routes import Route

SIP_FAILURE_CODES = (408, 502, 503, 504)  # so a proxy speaks for a dead peer behind it


class _Section(BaseModel):
    # built when first used: a section is read as part of the whole, which has what checks it once more
    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, strict=False, defer_build=True
    )


class Device(_Section):
    """The box itself. ``id`` names it in MQTT topics."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=64)]
    region: Region
    timezone: Timezone = "UTC"
    state_dir: File = Path("/var/lib/hotline")


class Modem(_Section):
    """The GSM modem whose SIM is the service number. ``port`` is anything pyserial opens."""

    port: SerialPort
    baudrate: Annotated[Whole, Field(ge=1200, le=4_000_000)] = 115_200
    service_number: Number
    pin_file: File | None = None
    ccfc_timeout: Annotated[Real, Field(ge=1, le=600)] = 160.0
    power_relay_pin: Annotated[Whole, Field(ge=0, le=53)] | None = None
    usb_rebind: Flag = True
    host_reboot: Flag = False


class Ingress(_Section):
    """How calls enter, and the standing net under them (CFB, CFNRy, CFNRc)."""

    mode: Literal["divert", "bridge"] = "divert"
    net: Net = "duty"
    no_reply_time: NoReplyTime = 20


class SipTarget(_Section):
    """A trunk or a node. ``failure_codes`` are the responses that count as a miss."""

    name: Name
    sip: Sip
    failure_codes: tuple[Annotated[Whole, Field(ge=300, le=699)], ...] = SIP_FAILURE_CODES
    tls_ca_file: File | None = None
    tls_verify: Flag = True


class Trunk(SipTarget):
    """A trunk, and how the exchange places calls through it.

    ``cps`` is how many new calls a second its operator allows (many allow no more than one), ``channels`` how many at
    once. With ``register`` the box's Asterisk keeps a SIP registration there, which the local route needs.
    ``match`` are further addresses or networks its calls come from. ``connected_number``: what it tells of the number
    that answered is believed.
    """

    outbound: Flag = True
    connected_number: Flag = True
    cps: Annotated[Real, Field(gt=0, le=1_000)] = 3.0
    channels: Annotated[Whole, Field(ge=1, le=10_000)] | None = None
    register_: Annotated[Flag, Field(alias="register")] = False
    username: Username | None = None
    password_file: File | None = None
    match: tuple[Source, ...] = ()


class Needs(_Section):
    """What a route needs to be worth it. ``local``: the box's own exchange with its registration at the trunk."""

    trunk: str | None = None
    nodes: Annotated[Whole, Field(ge=0)] = 0
    local: Flag = False


class RouteSection(_Section):
    """One rung of the ladder."""

    name: RouteName
    number: Number
    needs: Needs = Needs()

    def as_route(self) -> Route:
        """The route in the words of the ladder."""
        return Route(self.name, self.number, self.needs.trunk, self.needs.nodes, self.needs.local)


class Watchdog(_Section):
    """How parts are watched (HAProxy's words) and how slowly a better route is trusted again."""

    inter: Pace = 2.0
    fastinter: Pace = 0.5
    downinter: Pace = 5.0
    timeout: Annotated[Seconds, Field(ge=0.01)] = 1.0
    fall: Annotated[Whole, Field(ge=1, le=100)] = 3
    rise: Annotated[Whole, Field(ge=1, le=100)] = 5
    failback_hold: Annotated[Real, Field(ge=0, le=86_400)] = 120.0
    outlast: Annotated[Real, Field(ge=0, le=3_600)] | None = None
    references: tuple[Reference, ...] = ()
    on_isolation: Literal["hold", "technician"] = "hold"
    damping_half_life: Seconds = 60.0
    verify_interval: Annotated[Seconds, Field(ge=1)] = 900.0
    change_budget: Annotated[Whole, Field(ge=8, le=10_000)] = 240

    @property
    def outlast_s(self) -> float:
        """How long a part must have been silent before calls are moved away from it.

        By default 5.5 intervals: with ``inter = 2`` just longer than ten seconds, which most restarts and blips are
        over in, and no longer than a forwarding takes to move there and back.
        """
        return 5.5 * self.inter if self.outlast is None else self.outlast


class Person(_Section):
    """Somebody who can be on duty; seeds the roster on the first start."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    mobile: Number


class DutySection(_Section):
    """Who is on duty when nothing else is said."""

    default: str


class Mqtt(_Section):
    """One broker; each link gets everything."""

    name: Name = "local"
    host: Host = "127.0.0.1"
    port: Port = 1883
    tls: Flag = False
    ca_file: File | None = None
    cert_file: File | None = None
    key_file: File | None = None
    username: str | None = None
    password_file: File | None = None
    commands: Commands = "all"
    discovery_prefix: str = "homeassistant"

    def allows(self, command: str) -> bool:
        """Whether this link may give the command."""
        if isinstance(self.commands, str):
            return self.commands == "all"
        return command in self.commands


class Directories(_Section):
    """Where the Asterisk beside the exchange keeps its things; what is left out is Debian's place."""

    modules: Directory | None = None
    data: Directory = Path("/usr/share/asterisk")
    lib: Directory = Path("/var/lib/asterisk")
    spool: Directory = Path("/var/spool/asterisk")
    run: Directory = Path("/run/asterisk")
    log: Directory = Path("/var/log/asterisk")
    prompts: Directory = Path("/var/lib/hotline-prompts")  # ours to write, Asterisk's to read


class Exchange(_Section):
    """The exchange, and the Asterisk that it steers.

    ``name`` tells the exchanges of one service apart: ``box``, or the name of the cloud node it runs on. ``ari`` and
    ``manager`` are that Asterisk's interfaces, on loopback; their passwords are made by ``hotline asterisk render``.
    ``calls_per_hour`` and ``calls_per_number_and_hour`` limit what goes out through the trunks (toll fraud).
    """

    name: Name = "box"
    ari: OwnHttpUrl = "http://127.0.0.1:8088"
    manager: OwnListen = "127.0.0.1:5038"
    sip: Listen = "0.0.0.0:5060"
    external_address: Host | None = None
    rtp_ports: tuple[RtpPort, RtpPort] = (10_000, 20_000)
    caller_id: Literal["caller", "service"] = "caller"
    calls_per_hour: Annotated[Whole, Field(ge=1, le=100_000)] = 600
    calls_per_number_and_hour: Annotated[Whole, Field(ge=1, le=10_000)] = 120
    call_log_days: Annotated[Whole, Field(ge=1, le=36_500)] = 365
    directories: Directories = Directories()


class Recordings(_Section):
    """Recordings of calls. ``days`` is how long they are kept where a line does not say; ``reserve_mb`` is what stays
    free on their disk, for the journal and the call log; ``extension`` is what phones of our own dial to listen."""

    days: Annotated[Whole, Field(ge=1, le=36_500)] = 90
    reserve_mb: Annotated[Whole, Field(ge=1, le=1_000_000)] = 500
    extension: Annotated[str, Field(pattern=r"^[1-9][0-9]{1,5}$")] | None = None


class Smtp(_Section):
    """The mail server that notices go through. Without ``host`` no e-mail is sent."""

    host: Host | None = None
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: File | None = None
    username: MailUsername | None = None
    password_file: File | None = None
    sender: MailAddress | None = None


class Sms(_Section):
    """Messages through the modem. ``per_hour`` bounds what a fault or a thief can spend."""

    per_hour: Annotated[Whole, Field(ge=1, le=10_000)] = 60
    delivery_reports: Flag = True
    keep_trying_s: Annotated[Real, Field(ge=60, le=604_800)] = 86_400.0


class Panel(_Section):
    """Lights, buzzer and button of the box, by BCM numbers of pins. ``active_low``: a low pin lights a light."""

    green_pin: HeaderPin | None = None
    yellow_pin: HeaderPin | None = None
    red_pin: HeaderPin | None = None
    active_low: Flag = False
    buzzer_pin: HeaderPin | None = None
    button_pin: HeaderPin | None = None


class Web(_Section):
    """Where the pages are served, and how.

    Without ``cert_file`` and ``key_file`` a certificate of its own is made, for ``names`` and the machine's names.
    ``tls = false`` is for a proxy on this machine that does it instead. Proxies of ``trusted_proxies`` are believed
    whom they speak for. ``session_hours`` after its last use a session ends, after ``session_days`` always.
    ``admin_password_file`` holds the first administrator's password where nobody can set it at the console.
    """

    listen: Listen = "127.0.0.1:8080"
    tls: Flag = True
    cert_file: File | None = None
    key_file: File | None = None
    names: tuple[Host, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    session_hours: Annotated[Real, Field(ge=0.1, le=720)] = 12.0
    session_days: Annotated[Real, Field(ge=0.1, le=365)] = 30.0
    admin_password_file: File | None = None


class Config(_Section):
    """The whole file, checked. ``provisioning`` is read by the service it belongs to."""

    device: Device
    modem: Modem
    ingress: Ingress = Ingress()
    trunk: tuple[Trunk, ...] = ()
    node: tuple[SipTarget, ...] = ()
    route: tuple[RouteSection, ...] = ()
    watchdog: Watchdog = Watchdog()
    duty: DutySection
    person: tuple[Person, ...]
    mqtt: tuple[Mqtt, ...] = (Mqtt(),)
    exchange: Exchange = Exchange()
    recordings: Recordings = Recordings()
    web: Web = Web()
    smtp: Smtp = Smtp()
    sms: Sms = Sms()
    panel: Panel = Panel()
    provisioning: dict[str, Any] = {}

    @property
    def routes(self) -> tuple[Route, ...]:
        """The configured ladder, best first, without the implied technician."""
        return tuple(route.as_route() for route in self.route)

    @property
    def local_trunks(self) -> tuple[str, ...]:
        """The trunks through which a route leads to the box's own exchange."""
        trunks = (route.needs.trunk for route in self.route if route.needs.local)
        return tuple(dict.fromkeys(trunk for trunk in trunks if trunk is not None))

    def person_by_id(self, person_id: str) -> Person | None:
        """The person of the file, or ``None``."""
        return next((person for person in self.person if person.id == person_id), None)
