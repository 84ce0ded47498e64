"""What a usable configuration still lacks: warnings, for a box that should keep its promise for years."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from appliance.config.models import Config, Mqtt
from appliance.domain import phone
from appliance.domain.phone import PhoneNumber
from appliance.domain.phrase import phrase

Finding = tuple[str, str]
PHONES_ENDPOINT = "phones"  # as appliance.asterisk.site has it
COMMANDS = (
    "status",
    "route.set",
    "route.auto",
    "duty.set",
    "duty.auto",
    "roster.get",
    "roster.check",
    "roster.set",
    "roster.undo",
    "line.mode",
    "agent.set",
    "agent.list",
    "probe.run",
    "forwarding.verify",
    "modem.reset",
    "modem.info",
    "modem.at",
    "sms.send",
    "sms.list",
    "privacy.export",
    "privacy.erase",
    "config.show",
    # of exchanges, whose links obey the same list
    "calls.find",
    "calls.after",
    "call.hangup",
    "stats",
    "recordings.find",
    "recording.read",
    "voicemail.find",
    "voicemail.read",
    "callback.list",
    "callback.cancel",
    "prompt.put",
    "prompt.list",
    "prompt.get",
    "prompt.remove",
    "call.test",
)


def advise(config: Config) -> Iterator[Finding]:
    """Yield ``(key.path, what is doubtful, what would be better)``."""
    yield from _numbers(config)
    yield from _ladder(config)
    yield from _watchdog(config)
    for index, link in enumerate(config.mqtt):
        yield from _link(f"mqtt.{index}", link)
    yield from _exchange(config)
    yield from _mail(config)
    yield from _web(config)


def _numbers(config: Config) -> Iterator[Finding]:
    numbers: list[tuple[str, object]] = [("modem.service_number", config.modem.service_number)]
    numbers += [(f"route.{index}.number", route.number) for index, route in enumerate(config.route)]
    numbers += [(f"person.{index}.mobile", person.mobile) for index, person in enumerate(config.person)]
    numbers.append(("ingress.net", config.ingress.net))
    for path, number in numbers:
        if isinstance(number, PhoneNumber) and not phone.is_valid(number):
            yield (
                path,
                phrase(
                    "{number} is in no numbering plan known to this version; dial it once to be sure",
                    number=str(number),
                ),
            )


def _ladder(config: Config) -> Iterator[Finding]:
    if not config.route:
        yield "route", phrase("no [[route]] is given, so every call goes to the technician; add at least one")
    if len(config.trunk) < 2:
        yield (
            "trunk",
            phrase(
                "only one trunk is given, so its loss leaves the technician alone; add a second one of "
                "another operator"
            )
            if config.trunk
            else phrase(
                "no trunk is given, so its loss leaves the technician alone; add a second one of another operator"
            ),
        )
    seen: dict[PhoneNumber, str] = {}
    for index, route in enumerate(config.route):
        if route.number in seen:
            yield (
                f"route.{index}.number",
                phrase(
                    "{number} is also that of {other}; give each its own",
                    number=str(route.number),
                    other=seen[route.number],
                ),
            )
        seen.setdefault(route.number, phrase("route {name}", name=repr(route.name)))
        if route.needs.trunk is None and route.needs.nodes == 0:
            yield (
                f"route.{index}.needs",
                phrase(
                    "{name} needs nothing, so no route after it is ever taken; say which trunk it needs",
                    name=repr(route.name),
                ),
            )
    for index, trunk in enumerate(config.trunk):
        if trunk.name in config.local_trunks and not trunk.register_:
            yield (
                f"trunk.{index}.register",
                phrase(
                    "a route leads over {name} to the box's own exchange, which is not registered there; add "
                    "register = true with username and password_file",
                    name=repr(trunk.name),
                ),
            )
        if trunk.username is not None and trunk.password_file is None:
            yield f"trunk.{index}.username", phrase("is given without a password; add password_file")
    needed = {route.needs.trunk for route in config.route}
    for index, trunk in enumerate(config.trunk):
        if trunk.name not in needed:
            yield (
                f"trunk.{index}",
                phrase("no route needs {name}; add a route over it, or remove it", name=repr(trunk.name)),
            )


def _watchdog(config: Config) -> Iterator[Finding]:
    if not config.watchdog.references:
        yield (
            "watchdog.references",
            phrase(
                "there is none, so the box cannot tell its own lost uplink from a dead cluster; add two or more "
                "outside the cluster"
            ),
        )
    elif len(config.watchdog.references) == 1:
        yield (
            "watchdog.references",
            phrase("there is only one, and its own failure looks like a lost uplink; add another"),
        )


def _link(path: str, link: Mqtt) -> Iterator[Finding]:
    for name in link.commands if isinstance(link.commands, tuple) else ():
        if name not in COMMANDS:
            yield (
                f"{path}.commands",
                phrase(
                    "{name} is no command known to this version; there is {names}",
                    name=repr(name),
                    names=", ".join(COMMANDS),
                ),
            )
    if link.tls or _is_loopback(link.host):
        return
    if link.password_file is not None:
        yield (
            f"{path}.password_file",
            phrase("the password goes to {host} in the clear; add tls = true", host=link.host),
        )
    elif link.commands != "none":
        yield f"{path}.tls", phrase("commands from {host} come in the clear; add tls = true", host=link.host)


def _exchange(config: Config) -> Iterator[Finding]:
    nodes, name = {node.name for node in config.node}, config.exchange.name
    if name not in {"box", *nodes}:
        known = ", ".join(repr(one) for one in sorted(nodes)) or phrase("none yet")
        yield (
            "exchange.name",
            phrase("{name} is neither 'box' nor a [[node]]; there is {known}", name=repr(name), known=known),
        )
    for index, trunk in enumerate(config.trunk):
        # the guard can live with it; Asterisk's configuration cannot be rendered
        if trunk.name in nodes:
            yield (
                f"trunk.{index}.name",
                phrase("{name} is also a node; an exchange needs each to have its own name", name=repr(trunk.name)),
            )
        if trunk.name == PHONES_ENDPOINT:
            yield (
                f"trunk.{index}.name",
                phrase("{name} is what an exchange names its phones; choose another", name=repr(trunk.name)),
            )
        if trunk.channels == 1:
            yield (
                f"trunk.{index}.channels",
                phrase(
                    "is 1: while one caller waits or talks, the next hears busy, and no mobile can be rung through "
                    "it; a queue needs a line for each who waits and each who is rung"
                ),
            )
    if config.ingress.mode == "bridge":
        yield (
            "ingress.mode",
            phrase(
                "the modem takes one call at a time, so the second caller hears busy and nobody can wait in a "
                'queue; "divert" leads calls to a trunk that takes several'
            ),
        )
    for index, node in enumerate(config.node):
        if node.name == PHONES_ENDPOINT:
            yield (
                f"node.{index}.name",
                phrase("{name} is what an exchange names its phones; choose another", name=repr(node.name)),
            )


def _mail(config: Config) -> Iterator[Finding]:
    smtp = config.smtp
    if smtp.password_file is not None and smtp.tls == "none" and smtp.host and not _is_loopback(smtp.host):
        yield "smtp.tls", phrase('the password goes to {host} in the clear; write tls = "starttls"', host=smtp.host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _web(config: Config) -> Iterator[Finding]:
    if config.web.tls is False and not config.web.trusted_proxies:
        yield (
            "web.trusted_proxies",
            phrase('is empty, so all who come through the proxy count as one address; add ["127.0.0.1"]'),
        )
