"""What is opened of a box of the image: what its configuration needs, and nothing else."""

from __future__ import annotations

from pathlib import Path

from appliance.config import load
from appliance.provision.derive import firewall
from appliance.provision.settings import Settings
from tests.provision.test_apply import GOOD, KEY


def opened(tmp_path: Path, more: str = "", settings: Settings | None = None) -> dict[str, str]:
    file = tmp_path / "hotline.toml"
    file.write_text(GOOD + more)
    return sets(firewall(settings or Settings(), load(file)))


def sets(text: str) -> dict[str, str]:
    adds = [line.removeprefix("add element inet hotline ") for line in text.splitlines() if line.startswith("add ")]
    return {name: told.strip("{} ") for name, _, told in (one.partition(" ") for one in adds)}


def test_the_pages_port_is_opened_where_they_listen_to_more_than_the_box(tmp_path: Path) -> None:
    sip = {"sip_peers": "192.0.2.10", "sip_ports": "5060", "sound_ports": "10000-20000"}
    assert opened(tmp_path) == sip
    assert opened(tmp_path, '[web]\nlisten = "0.0.0.0:8443"\n') == sip | {"web_ports": "8443"}
    assert opened(tmp_path, '[web]\nlisten = "[::]:443"\n') == sip | {"web_ports": "443"}
    assert opened(tmp_path, '[web]\nlisten = "[::1]:443"\n') == sip


def test_sip_and_sound_are_opened_where_asterisk_has_them(tmp_path: Path) -> None:
    told = opened(tmp_path, '[exchange]\nsip = "0.0.0.0:5070"\nrtp_ports = [30000, 30100]\n')
    assert (told["sip_ports"], told["sound_ports"]) == ("5070", "30000-30100")
    tls = '[[trunk]]\nname = "trunk-b"\nsip = "sips:192.0.2.11:5061"\n'
    assert opened(tmp_path, tls)["sip_ports"] == "5060, 5061"


def test_ssh_is_opened_for_a_key_and_nothing_for_a_box_without_a_configuration(tmp_path: Path) -> None:
    assert opened(tmp_path, settings=Settings(ssh_keys=(KEY,)))["ssh_ports"] == "22"
    assert sets(firewall(Settings(), None)) == {"web_ports": "8080"}


def test_every_set_is_one_of_the_image_s_firewall_and_emptied_first() -> None:
    base = (Path(__file__).parents[2] / "image-build/files/etc/nftables.conf").read_text()
    flushed = [line.split()[-1] for line in firewall(Settings(), None).splitlines() if line.startswith("flush set")]
    assert flushed
    assert all(f"set {name} {{" in base and f"@{name} " in base for name in flushed)
