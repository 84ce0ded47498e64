"""Provisioning on real folders: what is taken, what stands, and that a cut at any write comes to the same end."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.config import examine
from appliance.provision import apply
from appliance.provision.apply import Outcome, Places, provision
from appliance.provision.choose import without_provisioning
from appliance.provision.media import Found, handed_in, look, named

MACHINE = "0123456789abcdef0123456789abcdef"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGIyP0aTZ0aTZ0aTZ0aTZ0aTZ0aTZ0aTZ0aTZ0aTZ0aT"
GOOD = f"""[device]
id = "brno-01"
region = "CZ"

[provisioning]
hostname = "brno"
ssh_keys = ["{KEY}"]
sim_pin = "4321"
wifi = {{ ssid = "Work shop", password = "correct horse" }}

[modem]
port = "/dev/ttyUSB0"
service_number = "+420777000100"
pin_file = "/run/credentials/hotline-guard.service/pin"

[[trunk]]
name = "trunk-a"
sip = "sip:192.0.2.10:5060"

[duty]
default = "tech-1"

[[person]]
id = "tech-1"
name = "Technician"
mobile = "+420777000111"
"""

SECRETS = (
    GOOD
    + """
[provisioning.secrets]
admin = "a long password"
broker = "another one"
"""
)


def given(text: str, name: str = "hotline.toml") -> dict[str, Found]:
    return {name: Found(name, text)}


def took(tmp_path: Path, found: dict[str, Found]) -> tuple[Outcome, Places]:
    places = Places(tmp_path)
    return provision(found, places, MACHINE), places


def test_a_good_file_becomes_configuration_credential_and_network(tmp_path: Path) -> None:
    outcome, places = took(tmp_path, given(GOOD))
    assert (outcome.status, outcome.hostname, outcome.mistakes) == ("taken", "brno", [])
    assert examine(places.config).mistakes == ()
    assert (places.credentials / "hotline-pin").read_text() == "4321"
    assert (places.credentials / "hotline-pin").stat().st_mode & 0o777 == 0o600
    assert (places.run / "hotline/ssh/authorized_keys").read_text() == KEY + "\n"
    assert "ssid=" + b"Work shop".hex() in (places.run / "hotline/wpa_supplicant.conf").read_text()
    assert "sip_peers { 192.0.2.10 }" in (places.run / "hotline/firewall.nft").read_text()


def test_no_secret_of_the_box_is_where_services_read(tmp_path: Path) -> None:
    _, places = took(tmp_path, given(GOOD))
    text = places.config.read_text()
    assert "4321" not in text
    assert "correct horse" not in text
    assert text.splitlines().index("[modem]") == GOOD.splitlines().index("[modem]")  # mistakes keep their lines
    assert "4321" not in (places.kept / "settings.json").read_text()


def test_secrets_become_files_for_the_group_that_reads_the_configuration(tmp_path: Path) -> None:
    outcome, places = took(tmp_path, given(SECRETS))
    assert (outcome.status, outcome.mistakes) == ("taken", [])
    assert {one.name: one.read_text() for one in places.secrets.iterdir()} == {
        "admin": "a long password",
        "broker": "another one",
    }
    assert {one.stat().st_mode & 0o777 for one in places.secrets.iterdir()} == {0o640}
    assert places.secrets.stat().st_mode & 0o777 == 0o750
    everywhere = snapshot(places)
    assert [name for name, data in everywhere.items() if b"a long password" in data] == ["etc/hotline/secrets/admin"]
    # those of the set-up before are nobody's any more
    took(tmp_path, given(SECRETS.replace("broker", "trunk")))
    assert sorted(os.listdir(places.secrets)) == ["admin", "trunk"]
    took(tmp_path, given(GOOD))
    assert os.listdir(places.secrets) == []


def test_a_mistake_tells_no_secret(tmp_path: Path) -> None:
    wrong = GOOD.replace('"4321"', '"43x21"').replace('"correct horse"', '"geheim"')
    outcome, places = took(tmp_path, given(wrong + '[provisioning.secrets]\nadmin = " geheim"\nother = ["geheim"]\n'))
    assert [one.path.removeprefix("provisioning.") for one in outcome.mistakes] == [
        "wifi.password",
        "sim_pin",
        "secrets.admin",
        "secrets.other",
    ]
    told = (places.run / "hotline/provisioning.json").read_text()
    for secret in ("geheim", "43x21"):
        assert secret not in told + "".join(map(str, outcome.mistakes))


def test_sections_written_in_any_way_are_left_out() -> None:
    for text in (
        'provisioning.hostname = "x"\n[device]\nid = "a"\n',
        '[device]\nid = "a"\n["provisioning".wifi]\nssid = "x"\n',
        'provisioning = { hostname = "x" }\n[device]\nid = "a"\n',
    ):
        assert "x" not in without_provisioning(text)
        assert 'id = "a"' in without_provisioning(text)


def test_nothing_given_is_no_mistake(tmp_path: Path) -> None:
    outcome, places = took(tmp_path, {})
    assert (outcome.status, outcome.mistakes) == ("none", [])
    assert outcome.hostname.startswith("hotline-")
    assert MACHINE[:4] not in outcome.hostname
    assert not (places.run / "hotline/ssh/authorized_keys").exists()
    assert json.loads((places.run / "hotline/provisioning.json").read_text())["status"] == "none"


def test_the_next_start_finds_it_standing_also_without_the_stick(tmp_path: Path) -> None:
    took(tmp_path, given(GOOD))
    outcome, places = took(tmp_path, {})
    assert (outcome.status, outcome.hostname) == ("standing", "brno")
    assert (places.run / "hotline/ssh/authorized_keys").exists()


def test_a_full_card_leaves_the_network_that_stood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, places = took(tmp_path, given(GOOD))
    shutil.rmtree(places.run)  # the next start
    real = apply.replace

    def full(path: Path, content: bytes, prepare: Callable[[int], None]) -> None:
        if not path.is_relative_to(places.run):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, content, prepare)

    monkeypatch.setattr(apply, "replace", full)
    with pytest.raises(OSError, match="No space"):
        took(tmp_path, given(GOOD.replace("brno", "praha")))
    for file in ("ssh/authorized_keys", "wpa_supplicant.conf", "firewall.nft"):
        assert (places.run / "hotline" / file).exists()


def test_of_what_an_older_version_took_only_what_is_refused_now_is_forgotten(tmp_path: Path) -> None:
    _, places = took(tmp_path, given(GOOD))
    kept = json.loads((places.kept / "settings.json").read_text())
    kept["ethernet"] = {"address": "192.0.2.5/24", "gateway": "203.0.113.1"}
    (places.kept / "settings.json").write_text(json.dumps(kept))
    outcome, _ = took(tmp_path, {})
    assert outcome.hostname == "brno"
    assert (places.run / "hotline/ssh/authorized_keys").exists()
    assert not (places.run / "systemd/network/65-hotline-ethernet.network").exists()
    for broken in ("[]", '{"hostname": 3', "3"):
        (places.kept / "settings.json").write_text(broken)
        assert took(tmp_path, {})[0].hostname.startswith("hotline-")


def test_the_same_file_does_not_undo_what_was_changed_since(tmp_path: Path) -> None:
    _, places = took(tmp_path, given(GOOD))
    places.config.write_text(changed := places.config.read_text() + "# by the page\n")
    outcome, _ = took(tmp_path, given(GOOD))
    assert outcome.status == "standing"
    assert places.config.read_text() == changed


def test_what_a_stick_brought_stands_when_the_stick_is_gone_and_the_card_has_its_older_files(tmp_path: Path) -> None:
    places = Places(tmp_path)
    wifi = '[wlan]\nssid = "{}"\npassword = "correct horse"\n'
    card = given(GOOD) | given(wifi.format("old"), "custom.toml")
    moved = GOOD.replace("777000111", "777000222").replace("brno", "praha").replace("Work shop", "new")
    stick = given(moved)
    assert provision(card, places, MACHINE, card).status == "taken"
    assert provision(card | stick, places, MACHINE, card).status == "taken"
    for _ in range(2):
        outcome = provision(card, places, MACHINE, card)
        assert (outcome.status, outcome.hostname) == ("standing", "praha")
        assert "777000222" in places.config.read_text()
        assert b"new".hex() in (places.run / "hotline/wpa_supplicant.conf").read_text()
    # the card's file is taken again where it was changed, or comes on a stick itself
    assert provision(given(GOOD), places, MACHINE, card).hostname == "brno"
    assert provision(card | stick, places, MACHINE, card).hostname == "praha"
    changed = card | given(GOOD + "# anew\n")
    assert provision(changed, places, MACHINE, changed).hostname == "brno"
    # so is another network on a stick, though the card's file names one
    brought = given(wifi.format("newest"), "custom.toml")
    for found in (changed | brought, changed):
        provision(found, places, MACHINE, changed)
        assert b"newest".hex() in (places.run / "hotline/wpa_supplicant.conf").read_text()


def test_a_wrong_file_is_told_by_line_and_leaves_what_stands(tmp_path: Path) -> None:
    _, places = took(tmp_path, given(GOOD))
    before = places.config.read_bytes()
    settings = (places.kept / "settings.json").read_bytes()
    wrong = GOOD.replace('"sip:192.0.2.10:5060"', '"192.0.2.10"').replace('hostname = "brno"', 'hostname = "praha"')
    assert "praha" in wrong
    outcome, _ = took(tmp_path, given(wrong))
    assert (outcome.status, outcome.hostname) == ("standing", "brno")
    assert [one.line for one in outcome.mistakes] == [18]
    assert places.config.read_bytes() == before
    assert (places.kept / "settings.json").read_bytes() == settings
    told = json.loads((places.run / "hotline/provisioning.json").read_text())
    assert told["mistakes"][0]["line"] == 18


def test_the_first_file_with_a_mistake_still_leads_calls_to_the_technician(tmp_path: Path) -> None:
    outcome, places = took(tmp_path, given(GOOD.replace('"sip:192.0.2.10:5060"', '"192.0.2.10"')))
    assert outcome.status == "salvaged"
    config = examine(places.config).config
    assert config is not None
    assert config.routes == ()
    assert config.person_by_id("tech-1") is not None
    assert (places.credentials / "hotline-pin").read_text() == "4321"  # without it the SIM stays locked
    outcome, _ = took(tmp_path, given(GOOD))
    assert outcome.status == "taken"


@pytest.mark.parametrize(("listen", "open_at"), [("0.0.0.0:8443", "{ 8443 }"), ("8443", "")])
def test_the_pages_tell_the_mistakes_of_the_first_file_if_its_web_is_right(
    tmp_path: Path, listen: str, open_at: str
) -> None:
    web = f'[web]\nlisten = "{listen}"\nadmin_password_file = "/etc/hotline/secrets/admin"\n'
    wrong = SECRETS.replace('"sip:192.0.2.10:5060"', '"192.0.2.10"') + web
    outcome, places = took(tmp_path, given(wrong))
    assert outcome.status == "salvaged"
    config = examine(places.config).config
    assert config is not None
    rules = (places.run / "hotline/firewall.nft").read_text()
    assert (f"web_ports {open_at}" in rules) if open_at else ("add element inet hotline web_ports" not in rules)
    assert (places.secrets / "admin").read_text() == "a long password"


def test_without_a_number_nothing_is_invented(tmp_path: Path) -> None:
    outcome, places = took(tmp_path, given("[device]\nid = 3\n"))
    assert outcome.status == "refused"
    assert not places.config.exists()
    outcome, _ = took(tmp_path, given("[device\n"))
    assert (outcome.status, [one.line for one in outcome.mistakes]) == ("refused", [1])


def test_what_was_handed_in_is_taken_whole_or_not_at_all_and_only_by_a_box_without_a_configuration(
    tmp_path: Path,
) -> None:
    places = Places(tmp_path)
    places.handed_in.mkdir(parents=True)
    file = places.handed_in / "hotline.toml"
    without_key = GOOD.replace(f'ssh_keys = ["{KEY}"]\n', "\n")
    (places.handed_in / "custom.toml").write_text(f'[ssh]\nauthorized_keys = ["{KEY} me"]\n')

    def brought() -> Outcome:
        return provision(handed_in(places.handed_in, places.config), places, MACHINE)

    file.write_text(GOOD)
    refused = brought()
    assert [(one.path, one.line) for one in refused.mistakes] == [("provisioning.ssh_keys", 7)]
    file.write_text(without_key.replace('"sip:192.0.2.10:5060"', '"192.0.2.10"'))  # from a stick it would be salvaged
    assert (refused.status, brought().status, places.config.exists()) == ("refused", "refused", False)
    file.write_text(without_key)
    assert (brought().status, (places.run / "hotline/ssh/authorized_keys").exists()) == ("taken", False)
    standing = places.config.read_bytes()
    file.write_text(without_key.replace("777000111", "777000999"))
    assert (brought().status, places.config.read_bytes()) == ("standing", standing)


def test_no_link_is_followed_to_what_was_handed_in(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(GOOD)
    (tmp_path / "hotline.toml").symlink_to("secret")
    assert handed_in(tmp_path, tmp_path / "none") == {}


def test_hostile_files_are_told_not_taken(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media/hotline.toml").write_bytes(b"\xff\xfe[device]")
    (tmp_path / "media/custom.toml").write_bytes(b"#" * 2_000_000)
    outcome, _ = took(tmp_path, look(tmp_path / "media"))
    assert outcome.status == "refused"
    assert len(outcome.mistakes) == 2


def test_a_file_by_another_name_and_a_folder_in_its_place_are_told(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "hotline.toml.txt").write_text(GOOD)
    (media / "custom.toml").mkdir()
    outcome, _ = took(tmp_path, look(media))
    assert outcome.status == "refused"
    assert sorted(one.message for one in outcome.mistakes) == [
        "is a folder; it has to be a file",
        "is named hotline.toml.txt; its name has to be hotline.toml",
    ]
    (media / "hotline.toml").write_text(GOOD)
    assert took(tmp_path, look(media))[0].status == "taken"


def test_a_stick_is_told_from_the_boards_own_partition() -> None:
    boot = {"path": "/dev/mmcblk0p1", "label": "HOTLINE", "partlabel": "hotline-boot", "fstype": "vfat"}
    stick = {"path": "/dev/sda1", "label": "HOTLINE", "partlabel": None, "fstype": "vfat"}
    disk = {"path": "/dev/sda", "label": None, "partlabel": None, "fstype": None, "children": [stick]}
    assert named({"blockdevices": [boot]}) is None
    assert named({"blockdevices": [boot, disk]}) == "/dev/sda1"


class Cut(BaseException):
    """The power goes."""


def snapshot(places: Places) -> dict[str, bytes]:
    return {
        str(one.relative_to(places.root)): one.read_bytes()
        for one in sorted(places.root.rglob("*"))
        if one.is_file() and not one.name.startswith(".")
    }


@pytest.mark.parametrize(
    "before",
    [{}, given(SECRETS.replace("brno", "ostrava").replace("admin", "old"))],
    ids=["first boot", "a new file"],
)
def test_power_may_go_at_any_write(tmp_path: Path, before: dict[str, Found], monkeypatch: pytest.MonkeyPatch) -> None:
    found = given(SECRETS) | given(f'[ssh]\nauthorized_keys = ["{KEY} me"]\n', "custom.toml")
    whole = Places(tmp_path / "whole")
    provision(before, whole, MACHINE)
    provision(found, whole, MACHINE)
    real, cuts = apply.replace, 0
    for after in (False, True):
        for at in range(100):
            count = 0

            def cutting(
                path: Path, content: bytes, prepare: Callable[[int], None], *, at: int = at, after: bool = after
            ) -> None:
                nonlocal count
                count += 1
                if count - 1 == at and not after:
                    raise Cut
                real(path, content, prepare)
                if count - 1 == at:
                    raise Cut

            places = Places(tmp_path / f"{after}-{at}")
            provision(before, places, MACHINE)
            monkeypatch.setattr(apply, "replace", cutting)
            try:
                provision(found, places, MACHINE)
            except Cut:
                cuts += 1
            else:
                break
            finally:
                monkeypatch.setattr(apply, "replace", real)
            # what services would read in the meantime is whole, old or new
            if places.config.exists():
                assert examine(places.config).mistakes == ()
            provision(found, places, MACHINE)
            now, then = snapshot(places), snapshot(whole)
            for each in (now, then):  # what is told of this run differs: taken now, or before
                each.pop("run/hotline/provisioning.json")
            assert now == then
            assert os.listdir(places.credentials) == ["hotline-pin"]
    assert cuts >= 8
