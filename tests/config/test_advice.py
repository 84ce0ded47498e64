"""Warnings: a usable file that still lacks something stays usable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.config import Checked

Spoil = Callable[..., Checked]
FIRST = '[[route]]\nname = "primary"\nnumber = "+420226000100"\nneeds = { trunk = "trunk-a", nodes = 1 }\n'
SECOND = '[[route]]\nname = "secondary"\nnumber = "+420910000200"\nneeds = { trunk = "trunk-b", nodes = 1 }\n'
SECOND_TRUNK = '[[trunk]]\nname = "trunk-b"\nsip = "sip:192.0.2.11:5060"\n'


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ([(FIRST, ""), (SECOND, "")], "route", "every call goes to the technician"),
        ([(SECOND_TRUNK, ""), (SECOND, "")], "trunk", "only one trunk is given"),
        ([('references = ["udp://192.0.2.1:53", "tcp://192.0.2.2:443"]', "")], "watchdog.references", "uplink"),
        ([('"udp://192.0.2.1:53", ', "")], "watchdog.references", "only one"),
        ([('"+420226000100"', '"+420123456789"')], "route.0.number", "numbering plan"),
        ([('"+420910000200"', '"+420226000100"')], "route.1.number", "also that of route 'primary'"),
        ([('{ trunk = "trunk-a", nodes = 1 }', "{}")], "route.0.needs", "no route after it is ever taken"),
        ([('trunk = "trunk-b", nodes', 'trunk = "trunk-a", nodes')], "trunk.1", "no route needs 'trunk-b'"),
        (
            [('host = "127.0.0.1"', 'host = "broker.example"\nusername = "u"\npassword_file = "/pw"')],
            "mqtt.0.password_file",
            "in the clear",
        ),
        (
            [('host = "127.0.0.1"', 'commands = ["route.set", "bogus"]')],
            "mqtt.0.commands",
            "'bogus' is no command known to this version; there is status, route.set,",
        ),
        ([('host = "127.0.0.1"', 'host = "192.0.2.7"')], "mqtt.0.tls", "in the clear"),
        ([('trunk = "trunk-b", nodes = 1', 'trunk = "trunk-b", local = true')], "trunk.1.register", "not registered"),
        (
            [('sip = "sip:192.0.2.11:5060"', 'sip = "sip:192.0.2.11:5060"\nusername = "u"')],
            "trunk.1.username",
            "add password_file",
        ),
        ([('host = "127.0.0.1"', '[exchange]\nname = "node-9"')], "exchange.name", "neither 'box' nor a [[node]]"),
        ([('name = "node-1"', 'name = "trunk-a"')], "trunk.0.name", "is also a node"),
        ([('name = "node-1"', 'name = "phones"')], "node.0.name", "names its phones"),
        (
            [('sip = "sip:192.0.2.11:5060"', 'sip = "sip:192.0.2.11:5060"\nchannels = 1')],
            "trunk.1.channels",
            "hears busy",
        ),
        ([('mode = "divert"', 'mode = "bridge"')], "ingress.mode", "one call at a time"),
        (
            [
                (
                    'host = "127.0.0.1"',
                    '[smtp]\nhost = "mail.example"\ntls = "none"\nusername = "u@example.com"\npassword_file = "/pw"',
                )
            ],
            "smtp.tls",
            "in the clear",
        ),
    ],
)
def test_a_doubt_is_a_warning_and_the_file_stays_usable(
    spoil: Spoil, changes: list[tuple[str, str]], path: str, words: str
) -> None:
    found = spoil(*changes)
    assert found.config is not None
    assert found.mistakes == ()
    assert [words in warning.message for warning in found.warnings if warning.path == path] == [True]


def test_a_proxy_that_is_not_named_is_a_doubt(spoil: Spoil) -> None:
    found = spoil(("[ingress]", "[web]\ntls = false\n[ingress]"))
    assert [one.path for one in found.warnings if one.path.startswith("web")] == ["web.trusted_proxies"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.5", "::1"])
def test_a_password_to_a_broker_on_the_box_needs_no_tls(spoil: Spoil, host: str) -> None:
    found = spoil(('host = "127.0.0.1"', f'host = "{host}"\nusername = "u"\npassword_file = "/pw"'))
    assert found.warnings == ()


@pytest.mark.parametrize("link", ['["status", "modem.at"]', '"all"', '"none"', "[]"])
def test_known_commands_raise_no_doubt(spoil: Spoil, link: str) -> None:
    assert spoil(('host = "127.0.0.1"', f"commands = {link}")).warnings == ()


def test_tls_quiets_the_warning(spoil: Spoil) -> None:
    assert spoil(('host = "127.0.0.1"', 'host = "broker.example"\ntls = true')).warnings == ()
