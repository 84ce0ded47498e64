"""Every mistake is named once, at its place, with what would be right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.config import Checked, ConfigError, check, examine, load

Spoil = Callable[..., Checked]


def test_the_good_file_is_good(spoil: Spoil) -> None:
    found = spoil()
    assert (found.mistakes, found.warnings) == ((), ())


def test_a_name_may_end_with_the_dot_of_the_root(spoil: Spoil) -> None:
    assert spoil(('"sip:192.0.2.10:5060"', '"sip:sip.example.com.:5060"')).mistakes == ()


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ('id = "brno-01"', 'id = "Brno 01"', "device.id", "lower-case letters, digits and hyphens"),
        ('id = "brno-01"', "id = 7", "device.id", "is 7; write a text in quotes"),
        ('id = "brno-01"', "id = 2026-01-01", "device.id", "is 2026-01-01; write a text in quotes"),
        ('id = "brno-01"\n', "", "device.id", 'is missing; add id = "brno-01"'),
        ('region = "CZ"', 'region = "XX"', "device.region", "'XX' is no ISO 3166 country code"),
        ('region = "CZ"', 'region = "CZ"\ntimezone = "Brno"', "device.timezone", "IANA"),
        ('region = "CZ"', 'region = "CZ"\ntimezone = "../etc"', "device.timezone", "IANA"),
        ('port = "socket://127.0.0.1:4444"', 'port = ""', "modem.port", "is empty"),
        ('"socket://127.0.0.1:4444"', '"socket://127.0.0.1"', "modem.port", "write socket://HOST:PORT"),
        ('"socket://127.0.0.1:4444"', '"socket://[::1:4444"', "modem.port", "write socket://HOST:PORT"),
        ('port = "socket://127.0.0.1:4444"', 'port = " "', "modem.port", "no space at the ends"),
        ('region = "CZ"', 'region = "CZ"\nstate_dir = ""', "device.state_dir", "is empty; write it in full"),
        ('region = "CZ"', 'region = "CZ"\nstate_dir = "/a\\u0000b"', "device.state_dir", "printable characters"),
        ('"+420777000100"', '"+420777000100"\npin_file = ""', "modem.pin_file", "is empty"),
        ('"+420777000100"', '"+420777000100"\npin_file = 5', "modem.pin_file", "is 5; write a path in quotes"),
        ('"127.0.0.1"', '""', "mqtt.0.host", "is empty"),
        ('"127.0.0.1"', '"mqtt://broker.example"', "mqtt.0.host", "is no host"),
        ('"127.0.0.1"', '"broker.example:1883"', "mqtt.0.host", "no port"),
        ('port = "socket://127.0.0.1:4444"', 'prot = "x"\nport = "y"', "modem.prot", "did you mean port?"),
        ('"+420777000100"', '"+42"', "modem.service_number", "E.164"),
        ('"+420777000100"', "420777000100", "modem.service_number", "in quotes"),
        ('number = "+420226000100"', 'number = "+420906123456"', "route.0.number", "premium-rate"),
        ('mobile = "+420777000111"', 'mobile = "+358600123456"', "person.0.mobile", "premium-rate"),
        ('"+420777000100"', '"+420777000100"\npin = "1234"', "modem.pin", "write pin_file"),
        ('"+420777000100"', '"+420777000100"\nbaudrate = "115200"', "modem.baudrate", "whole number"),
        ('"+420777000100"', '"+420777000100"\nccfc_timeout = nan', "modem.ccfc_timeout", "finite"),
        ('"+420777000100"', '"+420777000100"\nccfc_timeout = 0.5', "modem.ccfc_timeout", "at least 1"),
        ('"+420777000100"', '"+420777000100"\n[panel]\ngreen_pin = 1', "panel.green_pin", "at least 2"),
        ('"+420777000100"', '"+420777000100"\n[panel]\nbutton_pin = "24"', "panel.button_pin", "whole number"),
        ('"+420777000100"', '"+420777000100"\n[panel]\nred_pin = 4\nbutton_pin = 4', "panel.button_pin", "red_pin"),
        (
            '"+420777000100"',
            '"+420777000100"\npower_relay_pin = 17\n[panel]\ngreen_pin = 17',
            "panel.green_pin",
            "is taken by modem.power_relay_pin",
        ),
        (
            '"+420777000100"',
            '"+420777000100"\n[web]\ntrusted_proxies = ["x"]',
            "web.trusted_proxies.0",
            "is no address",
        ),
        ('"+420777000100"', '"+420777000100"\n[web]\ncert_file = "/c"', "web.cert_file", "add key_file"),
        ('"+420777000100"', '"+420777000100"\n[web]\nsession_hours = 0', "web.session_hours", "at least 0.1"),
        ('"+420777000100"', '"+420777000100"\n[web]\ntls = false\nnames = ["a"]', "web.names", "given without TLS"),
        (
            '"+420777000100"',
            '"+420777000100"\n[web]\ntls = false\nlisten = "0.0.0.0:80"',
            "web.tls",
            "passwords would cross the network in the clear",
        ),
        ('mode = "divert"', 'mode = "redirect"', "ingress.mode", "'divert' or 'bridge'"),
        ('net = "duty"', 'net = "tech"', "ingress.net", '"duty", "off" or a number'),
        ('net = "duty"', "no_reply_time = 7", "ingress.no_reply_time", "5, 10, 15, 20, 25 or 30"),
        ('net = "duty"', 'net = "+420777000100"', "ingress.net", "a loop"),
        ('sip = "sip:192.0.2.10:5060"', 'sip = "http://x"', "trunk.0.sip", "is no SIP URI"),
        ('sip = "sip:192.0.2.10:5060"', "sip = 5060", "trunk.0.sip", "in quotes"),
        ('sip = "sip:192.0.2.10:5060"', 'sip = "sip:192.0.2.10:99999"', "trunk.0.sip", "ports are 1 to 65535"),
        ('sip = "sip:192.0.2.10:5060"', 'sip = "sip:h;transport=sctp"', "trunk.0.sip", "udp, tcp or tls"),
        ('name = "trunk-b"', 'name = "trunk-a"', "trunk.1.name", "is taken by trunk.0"),
        ('name = "primary"', 'name = "technician"', "route.0.name", "implied last route"),
        ('name = "secondary"', 'name = "primary"', "route.1.name", "is taken by route.0"),
        ('number = "+420910000200"', 'number = "+420777000100"', "route.1.number", "a loop"),
        ('number = "+420910000200"', 'number = "777 000 100"', "route.1.number", "a loop"),
        ('number = "+420910000200"\n', "", "route.1.number", "is missing"),
        (
            '{ trunk = "trunk-b", nodes = 1 }',
            '{ trunk = "t" }',
            "route.1.needs.trunk",
            "there is 'trunk-a', 'trunk-b'",
        ),
        ('{ trunk = "trunk-b", nodes = 1 }', "{ nodes = 2 }", "route.1.needs.nodes", "2 of 1 nodes"),
        (
            '{ trunk = "trunk-b", nodes = 1 }',
            "{ nodes = true }",
            "route.1.needs.nodes",
            "is true; write a whole number",
        ),
        (
            '{ trunk = "trunk-b", nodes = 1 }',
            "{ local = true }",
            "route.1.needs.local",
            'without a trunk; say where the calls come from, as trunk = "trunk-b"',
        ),
        (
            'sip = "sip:192.0.2.11:5060"',
            'sip = "sip:192.0.2.11:5060"\npassword_file = "/pw"',
            "trunk.1.password_file",
            "add username",
        ),
        ("[watchdog]", "[exchange]\nrtp_ports = [20000, 10000]\n[watchdog]", "exchange.rtp_ports", "write a range"),
        ('{ trunk = "trunk-b", nodes = 1 }', "{ node = 1 }", "route.1.needs.node", "did you mean nodes?"),
        ("inter = 2.0", "inter = 0", "watchdog.inter", "at least 0.05"),
        ("inter = 2.0", 'inter = "2"', "watchdog.inter", "without quotes"),
        ("fastinter = 0.5", "fastinter = 3", "watchdog.fastinter", "at most 2.0"),
        ("fastinter = 0.5", "fall = 0", "watchdog.fall", "at least 1"),
        ("fastinter = 0.5", "fastinter = 1e-320", "watchdog.fastinter", "at least 0.05"),
        ("fastinter = 0.5", "verify_interval = 0.01", "watchdog.verify_interval", "at least 1"),
        ('"udp://192.0.2.1:53"', '"udp://1٣.0.2.1:53"', "watchdog.references.0", "neither an address nor a name"),
        ('"udp://192.0.2.1:53"', '"icmp://192.0.2"', "watchdog.references.0", "neither an address nor a name"),
        ('"sip:192.0.2.10:5060"', '"sip:192.0.2.1000:5060"', "trunk.0.sip", "neither an address nor a name"),
        ("fastinter = 0.5", "rise = 2.5", "watchdog.rise", "a whole number"),
        ("fastinter = 0.5", 'on_isolation = "wait"', "watchdog.on_isolation", "'hold' or 'technician'"),
        ("fastinter = 0.5", "timeout = 45", "watchdog.timeout", "write at most 20 (4 times"),
        ("fastinter = 0.5", "timeout = 21.5", "watchdog.timeout", "write at most 20 (4 times the longer"),
        ("fastinter = 0.5", "downinter = 1\ntimeout = 8.1", "watchdog.timeout", "write at most 8 (4"),
        ("fastinter = 0.5", "downinter = 60\ntimeout = 33", "watchdog.timeout", "write at most 32 ("),
        ("[watchdog]", '[exchange]\nari = "127.0.0.1:8088"\n[watchdog]', "exchange.ari", "no http or https URL"),
        ("[watchdog]", '[exchange]\nari = "http://h:99999"\n[watchdog]', "exchange.ari", "no http or https URL"),
        ("[watchdog]", '[exchange]\nari = "http://[::1"\n[watchdog]', "exchange.ari", "no http or https URL"),
        ("[watchdog]", '[web]\nlisten = "8080"\n[watchdog]', "web.listen", "write HOST:PORT"),
        ("[watchdog]", '[web]\nlisten = "::1:0"\n[watchdog]', "web.listen", "write HOST:PORT"),
        ("[watchdog]", '[web]\nlisten = "h:99999"\n[watchdog]', "web.listen", "write HOST:PORT"),
        ('"udp://192.0.2.1:53"', '"udp:/192.0.2.1"', "watchdog.references.0", "udp://HOST:53"),
        ('"tcp://192.0.2.2:443"', '"tcp://192.0.2.2"', "watchdog.references.1", "has no port"),
        ('default = "tech-1"', 'default = "tech-9"', "duty.default", "there is 'tech-1'"),
        ('mobile = "+420777000111"', 'mobile = "+420777000100"', "person.0.mobile", "a loop"),
        ('host = "127.0.0.1"', "port = 0", "mqtt.0.port", "at least 1"),
        ('host = "127.0.0.1"', "commands = 3", "mqtt.0.commands", '"all", "none" or a list'),
        ('host = "127.0.0.1"', "commands = [1]", "mqtt.0.commands", '"all", "none" or a list'),
        ('host = "127.0.0.1"', 'tls = "yes"', "mqtt.0.tls", "true or false"),
        ('host = "127.0.0.1"', 'ca_file = "/ca"', "mqtt.0.ca_file", "add tls = true"),
        ('host = "127.0.0.1"', 'tls = true\nkey_file = "/key"', "mqtt.0.key_file", "add cert_file"),
        ('host = "127.0.0.1"', 'password_file = "/pw"', "mqtt.0.password_file", "add username"),
        ('host = "127.0.0.1"', 'password = "hunter2"', "mqtt.0.password", "write password_file"),
        ("[watchdog]", "[watchdogs]\n[watchdog]", "watchdogs", "did you mean watchdog?"),
        ("[[person]]", "[person]", "person", "[[person]]"),
    ],
)
def test_one_mistake_is_named_once_at_its_place(spoil: Spoil, old: str, new: str, path: str, words: str) -> None:
    found = spoil((old, new))
    assert found.config is None
    at_the_place = [mistake for mistake in found.mistakes if mistake.path == path]
    assert len(at_the_place) == 1
    assert words in at_the_place[0].message
    assert str(at_the_place[0]).startswith(f"{at_the_place[0].file}: {path}: ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[watchdog]", '["two\\nlines"]\n[watchdog]'),
        ('name = "trunk-a"', 'name = "two\\nlines\\u001b[31m"'),
        ('port = "socket', '"a.\\nb" = 1\nport = "socket'),
        ('default = "tech-1"', 'default = "tech\\u2028\\r1"'),
    ],
)
def test_a_mistake_is_one_line_whatever_a_name_holds(spoil: Spoil, old: str, new: str) -> None:
    found = spoil((old, new))
    assert found.mistakes
    assert all(str(mistake).isprintable() for mistake in found.mistakes)


@pytest.mark.parametrize("listen", ["127.0.0.1:8080", "[::1]:80", "box.example:65535"])
def test_addresses_of_pages_are_taken_as_written(spoil: Spoil, listen: str) -> None:
    config = spoil(("[watchdog]", f'[web]\nlisten = "{listen}"\n[watchdog]')).config
    assert config is not None
    assert config.web.listen == listen


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "[::1]", "localhost"])
def test_asterisks_interfaces_are_taken_on_loopback(spoil: Spoil, host: str) -> None:
    section = f'[exchange]\nari = "http://{host}:8088"\nmanager = "{host}:5038"\n[watchdog]'
    config = spoil(("[watchdog]", section)).config
    assert config is not None
    assert (config.exchange.ari, config.exchange.manager) == (f"http://{host}:8088", f"{host}:5038")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ari", "http://192.0.2.1:8088"),
        ("ari", "http://0.0.0.0:8088"),
        ("ari", "https://127.0.0.1:8088"),
        ("ari", "http://pbx.example:8088"),
        ("manager", "0.0.0.0:5038"),
        ("manager", "[::]:5038"),
        ("manager", "pbx.example:5038"),
    ],
)
def test_asterisks_interfaces_are_refused_elsewhere(spoil: Spoil, key: str, value: str) -> None:
    (mistake,) = spoil(("[watchdog]", f'[exchange]\n{key} = "{value}"\n[watchdog]')).mistakes
    assert mistake.path == f"exchange.{key}"
    assert "loopback" in mistake.message


def test_a_person_who_is_there_but_wrong_is_not_called_missing(spoil: Spoil) -> None:
    found = spoil(('name = "Technician 1"\n', ""))
    assert [mistake.path for mistake in found.mistakes] == ["person.0.name"]


def test_nobody_at_all_is_a_mistake(spoil: Spoil) -> None:
    block = '[[person]]\nid = "tech-1"\nname = "Technician 1"\nmobile = "+420777000111"\n'
    paths = [mistake.path for mistake in spoil((block, "")).mistakes]
    assert paths == ["person", "duty.default"]
    emptied = spoil((block, ""), ("[device]", "person = []\n[device]"))
    assert "is empty" in next(mistake.message for mistake in emptied.mistakes if mistake.path == "person")


def test_every_mistake_is_told_in_one_run_in_the_order_of_the_file(spoil: Spoil) -> None:
    found = spoil(
        ('id = "brno-01"', 'id = "X"'),
        ('"+420777000100"', '"12"'),
        ('{ trunk = "trunk-a", nodes = 1 }', '{ trunk = "none", nodes = 4 }'),
        ('default = "tech-1"', 'default = "x"'),
    )
    assert [(mistake.path, mistake.line) for mistake in found.mistakes] == [
        ("device.id", 2),
        ("modem.service_number", 6),
        ("route.0.needs.nodes", 22),
        ("route.0.needs.trunk", 22),
        ("duty.default", 32),
    ]


def test_a_value_that_may_be_a_secret_is_never_shown(spoil: Spoil) -> None:
    found = spoil(
        ('host = "127.0.0.1"', 'password = "hunter2"'), ('"+420777000100"', '"+420777000100"\npin = "9471"')
    )
    text = "\n".join(map(str, found.mistakes))
    assert "mqtt.0.password" in text
    assert "hunter2" not in text
    assert "9471" not in text


TRUNK_A = 'sip = "sip:192.0.2.10:5060"'


@pytest.mark.parametrize(
    ("where", "line", "path", "words"),
    [
        (TRUNK_A, r'username = "a\nb"', "trunk.0.username", "on one line"),
        (TRUNK_A, r'username = "a\u0000"', "trunk.0.username", "on one line"),
        (TRUNK_A, 'username = " a"', "trunk.0.username", "no space at the ends"),
        (TRUNK_A, 'match = ["300.1.1.1"]', "trunk.0.match.0", "is no address"),
        (TRUNK_A, 'match = ["a,b"]', "trunk.0.match.0", "is no address"),
        (TRUNK_A, r'match = ["a\nb"]', "trunk.0.match.0", "is no address"),
        (TRUNK_A, 'match = ["!192.0.2.1"]', "trunk.0.match.0", "is no address"),
        (TRUNK_A, 'match = ["192.0.2.1:5060"]', "trunk.0.match.0", "is no address"),
        (TRUNK_A, 'match = ["fe80::1%eth0"]', "trunk.0.match.0", "is no address"),
        (TRUNK_A, 'match = ["192.0.2.1", "0.0.0.0/0"]', "trunk.0.match.1", "is everybody"),
        (TRUNK_A, 'match = ["::/0"]', "trunk.0.match.0", "is everybody"),
        (None, '[exchange]\nexternal_address = "a b"', "exchange.external_address", "is no host"),
        (None, '[exchange]\nexternal_address = "192.0.2.1:5060"', "exchange.external_address", "no port"),
        (None, '[exchange]\nexternal_address = "[::1]"', "exchange.external_address", "is no host"),
        (None, '[exchange]\nari = "http://u:p@127.0.0.1:8088"', "exchange.ari", "more than scheme, host and port"),
        (None, '[exchange]\nari = "http://127.0.0.1:8088/?x=1"', "exchange.ari", "more than scheme"),
        (None, '[exchange.directories]\nlib = "lib"', "exchange.directories.lib", "from / on"),
        (None, '[exchange.directories]\nrun = ""', "exchange.directories.run", "from / on"),
        (None, '[exchange.directories]\nlog = "/a;b"', "exchange.directories.log", 'without ";"'),
        (None, '[exchange.directories]\nspool = "/a\\n[options]"', "exchange.directories.spool", "printable"),
        (None, r"[smtp]" + '\nsender = "a@b.cz"\nhost = "a b"', "smtp.host", "is no host"),
        (None, '[smtp]\nsender = "a@b.cz"\nhost = "mail:25"', "smtp.host", "no port"),
        (None, '[smtp]\nhost = "mail.example"\nsender = "x"', "smtp.sender", "write an address"),
        (None, '[smtp]\nhost = "mail.example"\nsender = "A <a@b.cz>"', "smtp.sender", "nothing else"),
        (None, '[smtp]\nhost = "mail.example"\nsender = "a@b.cz\\r\\nBcc: c@d"', "smtp.sender", "nothing else"),
        (None, '[smtp]\nhost = "mail.example"\nusername = "u"', "smtp.sender", "username is no address"),
        (None, '[smtp]\npassword_file = "/pw"', "smtp.password_file", "without an account"),
    ],
)
def test_what_could_break_out_of_another_programs_file_is_a_mistake(
    spoil: Spoil, where: str | None, line: str, path: str, words: str
) -> None:
    place = where or 'host = "127.0.0.1"'
    (mistake,) = spoil((place, f"{place}\n{line}")).mistakes
    assert (mistake.path, words in mistake.message) == (path, True), str(mistake)


@pytest.mark.parametrize(
    "line",
    [
        'match = ["192.0.2.129/25", "198.51.100.7", "2001:db8::/32", "sip.example"]\nusername = "1001@sip.example"',
        'username = "Jan Novák;x"',
    ],
)
def test_usual_sources_and_accounts_are_taken(spoil: Spoil, line: str) -> None:
    assert spoil((TRUNK_A, f"{TRUNK_A}\n{line}")).mistakes == ()


def test_a_device_that_never_ends_is_not_read_to_its_end() -> None:
    (mistake,) = examine(Path("/dev/zero")).mistakes
    assert "has more than 1048576 bytes" in mistake.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[device\n", "line 1, column 8: is not TOML"),
        (b"a = " + b"[" * 200_000, "nests brackets hundreds deep"),
        (b"a = " + b"9" * 5000, "a number has more than 64 bits"),
        (b"a = [{b = 0x" + b"f" * 6000 + b"}]", "a number has more than 64 bits"),
        (b"a = 9223372036854775808", "a number has more than 64 bits"),
        (b'[device]\nid = "a"\nid = "b"\n', "is not TOML: cannot overwrite a value"),
        (b"\xff\xfe[device]", "byte 0 is not UTF-8"),
    ],
)
def test_a_file_that_is_no_toml_says_where(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "hotline.toml"
    file.write_bytes(content)
    (mistake,) = examine(file).mistakes
    assert words in str(mistake)


def test_a_missing_file_and_a_folder_are_told_plainly(tmp_path: Path) -> None:
    assert "No such file" in str(examine(tmp_path / "none.toml").mistakes[0])
    assert "cannot be read" in str(examine(tmp_path).mistakes[0])


def test_load_raises_with_all_mistakes(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text("")
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert [mistake.path for mistake in caught.value.mistakes] == ["device", "duty", "modem", "person"]
    assert check(file) == (None, caught.value.mistakes)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_bytes(b"\xef\xbb\xbf[device]\n")
    assert "device" not in [mistake.path for mistake in examine(file).mistakes]
