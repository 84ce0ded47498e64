"""Mistakes that only show between keys: names that point nowhere, twins, loops, times that fight.

Works on the raw document, so that a mistake in one place never hides one in another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from appliance.config.models import Watchdog
from appliance.domain import phone
from appliance.domain.endpoints import is_loopback
from appliance.domain.phrase import number, phrase

Raw = Mapping[str, Any]
Finding = tuple[str, str]
TIMEOUT_INTERVALS = 4  # a probe may outlast a few of the intervals it is sent at, on a slow path
FEWEST_RTP_PORTS = 9  # a call takes two; a transfer several
SIP_TRANSACTION_S = 32.0  # 64 T1: nobody answers a request after that (RFC 3261 §17.1.2.2)


def crosscheck(document: Raw) -> Iterator[Finding]:
    """Yield ``(key.path, what is wrong, what would be right)`` pairs."""
    for section, key in (
        ("trunk", "name"),
        ("node", "name"),
        ("route", "name"),
        ("person", "id"),
        ("mqtt", "name"),
    ):
        yield from _twins(document, section, key)
    if document.get("person") == []:
        yield "person", phrase("is empty; add at least one, somebody has to be reached")
    if document.get("mqtt") == []:
        yield "mqtt", phrase("is empty; add at least one, or leave the section out for the local broker")
    yield from _needs(document)
    yield from _duty(document)
    yield from _loops(document)
    yield from _times(document)
    yield from _mqtt_files(document)
    yield from _accounts(document)
    yield from _mail(document)
    yield from _exchange(document)
    yield from _pins(document)
    yield from _web(document)


def _tables(document: Raw, section: str) -> list[tuple[str, Raw]]:
    found = document.get(section)
    if not isinstance(found, list):
        return []
    return [(f"{section}.{index}", table) for index, table in enumerate(found) if isinstance(table, dict)]


def _names(document: Raw, section: str, key: str) -> list[str]:
    return [table[key] for _, table in _tables(document, section) if isinstance(table.get(key), str)]


def _twins(document: Raw, section: str, key: str) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for path, table in _tables(document, section):
        value = table.get(key)
        if not isinstance(value, str):
            continue
        if value in seen:
            yield (
                f"{path}.{key}",
                phrase(
                    "{value} is taken by {place}; give each its own {key}",
                    value=repr(value),
                    place=seen[value],
                    key=key,
                ),
            )
        seen.setdefault(value, path)


def _listing(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names) or phrase("nothing yet")


def _needs(document: Raw) -> Iterator[Finding]:
    trunks, nodes = _names(document, "trunk", "name"), _tables(document, "node")
    for path, route in _tables(document, "route"):
        needs = route.get("needs")
        if not isinstance(needs, dict):
            continue
        trunk = needs.get("trunk")
        if needs.get("local") is True and trunk is None:
            yield (
                f"{path}.needs.local",
                phrase('is true without a trunk; say where the calls come from, as trunk = "trunk-b"'),
            )
        if isinstance(trunk, str) and trunk not in trunks:
            yield (
                f"{path}.needs.trunk",
                phrase("no trunk is named {trunk}; there is {listing}", trunk=repr(trunk), listing=_listing(trunks)),
            )
        count = needs.get("nodes")
        if isinstance(count, int) and not isinstance(count, bool) and count > len(nodes):
            yield (
                f"{path}.needs.nodes",
                phrase(
                    "asks for {count} of {total} nodes; ask for at most {total}, or add [[node]]",
                    count=count,
                    total=len(nodes),
                ),
            )


def _duty(document: Raw) -> Iterator[Finding]:
    duty, people = document.get("duty"), _names(document, "person", "id")
    if isinstance(duty, dict) and isinstance(duty.get("default"), str) and duty["default"] not in people:
        yield (
            "duty.default",
            phrase("nobody has the id {id}; there is {listing}", id=repr(duty["default"]), listing=_listing(people)),
        )


def _numbers(document: Raw) -> Iterator[tuple[str, Any]]:
    for path, route in _tables(document, "route"):
        yield f"{path}.number", route.get("number")
    for path, person in _tables(document, "person"):
        yield f"{path}.mobile", person.get("mobile")
    ingress = document.get("ingress")
    if isinstance(ingress, dict):
        yield "ingress.net", ingress.get("net")


def _loops(document: Raw) -> Iterator[Finding]:
    device, modem = document.get("device"), document.get("modem")
    region = device.get("region") if isinstance(device, dict) else None
    own = _read(modem.get("service_number"), region) if isinstance(modem, dict) else None
    if own is None:
        return
    for path, value in _numbers(document):
        if _read(value, region) == own:
            yield (
                path,
                phrase(
                    "is the service number {number} itself, a loop; write the number that should ring",
                    number=str(own),
                ),
            )


def _read(value: Any, region: Any) -> phone.PhoneNumber | None:
    try:
        return phone.parse(value, region if isinstance(region, str) else None) if isinstance(value, str) else None
    except phone.NotANumber:
        return None


def _times(document: Raw) -> Iterator[Finding]:
    watchdog = document.get("watchdog")
    if not isinstance(watchdog, dict):
        return
    inter, fastinter = watchdog.get("inter"), watchdog.get("fastinter")
    if isinstance(inter, (int, float)) and isinstance(fastinter, (int, float)) and fastinter > inter > 0:
        yield (
            "watchdog.fastinter",
            phrase(
                "{fastinter} s is slower than inter; write at most {inter}, in doubt one asks faster",
                fastinter=fastinter,
                inter=inter,
            ),
        )
    timeout = watchdog.get("timeout")
    pace = [watchdog.get(key, Watchdog.model_fields[key].default) for key in ("inter", "downinter")]
    if all(isinstance(value, (int, float)) and value > 0 for value in (timeout, *pace)):
        longest = min(TIMEOUT_INTERVALS * max(pace), SIP_TRANSACTION_S)
        if isinstance(timeout, (int, float)) and timeout > longest:
            yield (
                "watchdog.timeout",
                phrase(
                    "{timeout} s for one probe leaves a dead part unnoticed; write at most {longest} ({times} times "
                    "the longer of inter and downinter, and never more than {most})",
                    timeout=timeout,
                    longest=number(longest),
                    times=TIMEOUT_INTERVALS,
                    most=number(SIP_TRANSACTION_S),
                ),
            )


def _mqtt_files(document: Raw) -> Iterator[Finding]:
    for path, link in _tables(document, "mqtt"):
        if not link.get("tls"):
            for key in ("ca_file", "cert_file", "key_file"):
                if key in link:
                    yield f"{path}.{key}", phrase("is given without TLS; add tls = true")
        for key, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
            if key in link and other not in link:
                yield (
                    f"{path}.{key}",
                    phrase("is given without {other}; a client certificate needs both, add {other}", other=other),
                )
        if "password_file" in link and "username" not in link:
            yield f"{path}.password_file", phrase("is given without a user; add username")


def _accounts(document: Raw) -> Iterator[Finding]:
    for path, trunk in _tables(document, "trunk"):
        if "password_file" in trunk and "username" not in trunk:
            yield f"{path}.password_file", phrase("is given without an account; add username")


def _mail(document: Raw) -> Iterator[Finding]:
    smtp = document.get("smtp")
    if not isinstance(smtp, dict):
        return
    if "password_file" in smtp and "username" not in smtp:
        yield "smtp.password_file", phrase("is given without an account; add username")
    if "host" in smtp and "sender" not in smtp and "@" not in str(smtp.get("username", "")):
        yield "smtp.sender", phrase('is missing, and username is no address; add sender = "hotline@example.com"')


def _pins(document: Raw) -> Iterator[Finding]:
    """One pin drives one thing: a relay that follows a light would restart the modem all day."""
    modem, panel = document.get("modem"), document.get("panel")
    users = [("modem.power_relay_pin", modem.get("power_relay_pin"))] if isinstance(modem, dict) else []
    if isinstance(panel, dict):
        users += [(f"panel.{key}", pin) for key, pin in panel.items() if key.endswith("_pin")]
    taken: dict[int, str] = {}
    for path, pin in users:
        if type(pin) is not int:
            continue
        if pin in taken:
            yield path, phrase("{pin} is taken by {place}; give each its own pin", pin=pin, place=taken[pin])
        taken.setdefault(pin, path)


def _exchange(document: Raw) -> Iterator[Finding]:
    exchange = document.get("exchange")
    if not isinstance(exchange, dict):
        return
    ports = exchange.get("rtp_ports")
    if not isinstance(ports, list) or len(ports) != 2 or not all(type(port) is int for port in ports):
        return
    if ports[1] - ports[0] < FEWEST_RTP_PORTS:
        yield (
            "exchange.rtp_ports",
            phrase(
                "from {first} to {last} is room for hardly a call; write a range such as [10000, 20000]",
                first=str(ports[0]),
                last=str(ports[1]),
            ),
        )


def _web(document: Raw) -> Iterator[Finding]:
    web = document.get("web")
    if not isinstance(web, dict):
        return
    for key, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if key in web and other not in web:
            yield (
                f"web.{key}",
                phrase("is given without {other}; a certificate needs its key, add {other}", other=other),
            )
    if web.get("tls") is not False:
        return
    for key in ("cert_file", "key_file", "names"):
        if key in web:
            yield f"web.{key}", phrase("is given without TLS; leave tls = false out")
    address = str(web.get("listen", "127.0.0.1:8080")).rpartition(":")[0].strip("[]")
    if not is_loopback(address):
        yield (
            "web.tls",
            phrase(
                "is false at {address}, so passwords would cross the network in the clear; leave it out, or "
                "listen on 127.0.0.1 behind a proxy",
                address=address,
            ),
        )
