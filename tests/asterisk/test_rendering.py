"""From hotline.toml to Asterisk's files: pure, and without Asterisk."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.asterisk.modules import FIRST, LAST, NEEDED, WELCOME, modules_conf
from appliance.asterisk.rendering import SECRET_FILES, render
from appliance.asterisk.site import Credentials, Site, UnfitError
from appliance.asterisk.text import escape
from appliance.asterisk.tones import indications_conf
from appliance.config import Config, load

BASE = """
[device]
id = "box"
region = "CZ"
[modem]
port = "/dev/null"
service_number = "+420777000100"
[[trunk]]
name = "trunk-a"
sip = "sip:192.0.2.10:5060;transport=tcp"
match = ["192.0.2.128/25", "198.51.100.7"]
[[trunk]]
name = "trunk-b"
sip = "sip:[2001:db8::1]:5070"
register = true
username = "account"
password_file = "/somewhere"
[[node]]
name = "node-1"
sip = "sip:192.0.2.21:5060"
[[route]]
name = "primary"
number = "+420226000100"
needs = { trunk = "trunk-b" }
[[route]]
name = "local"
number = "+420910000299"
needs = { trunk = "trunk-b", local = true }
[duty]
default = "tech-1"
[[person]]
id = "tech-1"
name = "Technician 1"
mobile = "+420777000111"
"""
Rendered = Callable[..., dict[str, str]]


def site(password: str = "pass;word") -> Site:
    return Site(Path("/etc/asterisk"), Path("/modules"), None, Credentials("a" * 32, "m" * 32), {"trunk-b": password})


@pytest.fixture
def rendered(tmp_path: Path) -> Rendered:
    """The files for the base configuration with each ``old`` replaced by its ``new``."""

    def make(*changes: tuple[str, str], more: str = "") -> dict[str, str]:
        return render(config(tmp_path, *changes, more=more), site())

    return make


def config(folder: Path, *changes: tuple[str, str], more: str = "") -> Config:
    text = BASE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "hotline.toml"
    file.write_text(text + more)
    return load(file)


def sections(text: str) -> list[dict[str, list[str]]]:
    """Sections as Asterisk reads them: settings without comments; the name under ``[]``."""
    found: list[dict[str, list[str]]] = []
    for raw in text.splitlines():
        line = re.sub(r"(?<!\\);.*", "", raw).replace("\\;", ";").strip()
        if line.startswith("["):
            found.append({"[]": [line[1:-1]]})
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[-1].setdefault(key.strip(), []).append(value.strip())
    return found


def one(text: str, type_: str, name: str) -> dict[str, list[str]]:
    (found,) = [each for each in sections(text) if each.get("type") == [type_] and each["[]"] == [name]]
    return found


def test_every_file_says_where_it_comes_from_and_takes_local_additions_last(rendered: Rendered) -> None:
    for name, text in rendered().items():
        assert text.startswith('; Made by "hotline asterisk render"')
        assert text.endswith(f'#tryinclude "/etc/asterisk/custom/{name}"\n')


def test_secrets_are_only_where_files_are_kept_close(rendered: Rendered) -> None:
    holding = {name for name, text in rendered().items() if any(one in text for one in ("a" * 32, "m" * 32, "pass"))}
    assert "ari.conf" in holding
    assert {name for name in holding if re.search("a{32}|m{32}|password = ", rendered()[name])} <= SECRET_FILES


def test_a_trunk_is_its_endpoint_its_address_and_its_registration(rendered: Rendered) -> None:
    text = rendered()["pjsip.conf"]
    assert one(text, "identify", "trunk-a")["match"] == ["192.0.2.10", "192.0.2.128/25", "198.51.100.7"]
    assert one(text, "aor", "trunk-a")["contact"] == ["sip:192.0.2.10:5060;transport=tcp"]
    assert one(text, "aor", "trunk-b")["contact"] == ["sip:[2001:db8::1]:5070;transport=udp"]
    registration = one(text, "registration", "trunk-b")
    assert registration["client_uri"] == ["sip:account@[2001:db8::1]:5070"]
    assert registration["contact_user"] == ["+420910000299"]  # of both routes over it, the box's own
    assert one(text, "auth", "trunk-b")["password"] == ["pass;word"]
    assert one(text, "endpoint", "trunk-b")["outbound_auth"] == ["trunk-b"]
    assert "outbound_auth" not in one(text, "endpoint", "trunk-a")


def test_nobody_is_recognised_by_a_name_that_anybody_can_write(rendered: Rendered) -> None:
    endpoints = [each for each in sections(rendered()["pjsip.conf"]) if each.get("type") == ["endpoint"]]
    assert {each["[]"][0] for each in endpoints} == {"trunk-a", "trunk-b", "node-1", "phones"}
    assert all(each["identify_by"] == ["ip"] for each in endpoints)
    assert "anonymous" not in modules_conf(None)


def test_the_exchange_of_a_node_does_not_take_calls_from_itself(rendered: Rendered) -> None:
    files = rendered(more='[exchange]\nname = "node-1"\n')
    assert "[node-1]" not in files["pjsip.conf"]
    assert "systemname = node-1" in files["asterisk.conf"]


def test_a_trunk_over_tls_has_a_transport_for_whom_it_trusts(rendered: Rendered) -> None:
    text = rendered(
        ("192.0.2.10:5060;transport=tcp", "192.0.2.10:5061;transport=tls"),
        ('match = ["192', 'tls_ca_file = "/ca.pem"\nmatch = ["192'),
    )["pjsip.conf"]
    name = one(text, "endpoint", "trunk-a")["transport"][0]
    transport = one(text, "transport", name)
    assert (transport["ca_list_file"], transport["verify_server"]) == (["/ca.pem"], ["yes"])


def test_a_box_behind_nat_tells_its_address_outside(rendered: Rendered) -> None:
    text = rendered(more='[exchange]\nexternal_address = "203.0.113.5"\n')["pjsip.conf"]
    for name in ("udp", "tcp"):
        transport = one(text, "transport", name)
        assert transport["external_media_address"] == transport["external_signaling_address"] == ["203.0.113.5"]
        assert "192.168.0.0/16" in transport["local_net"]
    assert "external" not in rendered()["pjsip.conf"]


@pytest.mark.parametrize(
    ("account", "uri", "contact"),
    [
        ("account", "account", "account"),
        ("1001@sip.example", "1001%40sip.example", "+420777000100"),
        ("Jan Novák;x", "Jan%20Nov%C3%A1k%3Bx", "+420777000100"),
        ("x,1,System(reboot)", "x,1,System(reboot)", "+420777000100"),
        ("_X!", "_X!", "+420777000100"),  # a pattern that any number would match
        ("h", "h", "+420777000100"),  # what Asterisk runs at the end of every call
    ],
)
def test_an_account_is_escaped_where_it_goes_into_a_uri_and_kept_out_of_the_dialplan(
    rendered: Rendered, account: str, uri: str, contact: str
) -> None:
    elsewhere = (
        ('trunk = "trunk-b" }', 'trunk = "trunk-a" }'),
        ('trunk = "trunk-b", local', 'trunk = "trunk-a", local'),
    )
    files = rendered(('username = "account"', f'username = "{account}"'), *elsewhere)
    registration = one(files["pjsip.conf"], "registration", "trunk-b")
    assert registration["client_uri"] == [f"sip:{uri}@[2001:db8::1]:5070"]
    assert registration["contact_user"] == [contact]
    names = set(re.findall(r"^exten = ([^,]*),", files["extensions.conf"].partition("[from-phones]")[0], re.M))
    assert names == {"_[+0-9]!", "s", "T"} | ({account} if contact == account else set())


def test_the_service_number_is_asserted_in_each_trunks_own_domain(rendered: Rendered) -> None:
    dialplan = rendered()["extensions.conf"]
    assert "0.0.0.0" not in dialplan
    for name, host in (("trunk-a", "192.0.2.10"), ("trunk-b", "[2001:db8::1]")):
        dials = [line for line in dialplan.splitlines() if "Dial(" in line and name in line]
        assert len(dials) == 2
        assert all(f"(+420777000100@{host})" in line for line in dials)


def test_a_trunk_that_is_not_for_calls_out_is_not_dialled(rendered: Rendered) -> None:
    dialplan = rendered(('match = ["192', 'outbound = false\nmatch = ["192'))["extensions.conf"]
    assert "@trunk-b" in dialplan
    assert "trunk-a" not in dialplan


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([('name = "trunk-a"', 'name = "phones"')], "the exchange's own endpoint"),
        ([('name = "node-1"', 'name = "trunk-a"')], "is also a trunk"),
    ],
)
def test_what_asterisk_could_not_tell_apart_is_refused(
    rendered: Rendered, changes: list[tuple[str, str]], words: str
) -> None:
    with pytest.raises(UnfitError, match=words):
        rendered(*changes)


@given(st.text(min_size=1))
def test_any_value_is_one_line_that_asterisk_reads_back_or_an_error(value: str) -> None:
    try:
        written = escape(value)
    except ValueError:
        assert not value.isprintable()
        return
    assert "\n" not in written
    assert re.search(r"(?<!\\);", written) is None
    assert written.replace("\\;", ";") == value


def test_a_needed_module_that_is_not_there_is_named_and_a_welcome_one_left_out() -> None:
    everything = frozenset(f"{name}.so" for name in (*FIRST, *NEEDED, *WELCOME, *LAST))
    assert "res_srtp.so" in modules_conf(everything)
    assert "res_srtp.so" not in modules_conf(everything - {"res_srtp.so"})
    with pytest.raises(UnfitError, match=r"lacks app_stasis\.so;"):
        modules_conf(everything - {"app_stasis.so"})


@pytest.mark.parametrize("region", ["CZ", "US", "GB", "ZW"])
def test_every_country_has_tones(region: str) -> None:
    text = indications_conf(region)
    assert f"country = {region.lower()}" in text
    assert f"[{region.lower()}]" in text
    assert re.search(r"^ring = \d", text, re.M)
