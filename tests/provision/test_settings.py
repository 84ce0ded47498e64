"""What a person may write, and what is said of what is wrong: with its line."""

from __future__ import annotations

import pytest

from appliance.provision.derive import wpa_supplicant
from appliance.provision.settings import Settings, Wifi, merged, of_hotline, of_imager

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGIyP0aTZ0aTZ0aTZ0aTZ0aTZ0aTZ0aTZ0aTZ0aTZ0aT me@desk"
IMAGER = f"""# Raspberry Pi Imager
config_version = 1
[system]
hostname = "Brno-1"
[user]
name = "pi"
password = "$5$never"
password_encrypted = true
[ssh]
enabled = true
password_authentication = false
authorized_keys = ["{KEY}"]
[wlan]
ssid = "Workshop"
password = "correct horse"
password_encrypted = false
hidden = false
country = "CZ"
[locale]
keymap = "cz"
timezone = "Europe/Prague"
"""


def test_the_imagers_file_is_taken_as_people_know_it() -> None:
    settings, wrong = of_imager(IMAGER, "custom.toml")
    assert wrong == []
    assert (settings.hostname, settings.ssh_keys) == ("brno-1", (KEY,))
    assert settings.wifi is not None
    assert (settings.wifi.ssid, settings.wifi.password, settings.wifi.country) == ("Workshop", "correct horse", "CZ")


def test_no_password_of_a_user_is_ever_taken() -> None:
    assert "never" not in of_imager(IMAGER, "custom.toml")[0].model_dump_json()


@pytest.mark.parametrize(
    ("old", "new", "line", "path"),
    [
        ("Brno-1", "Brno 1", 4, "system.hostname"),
        ("correct horse", "short", 15, "wlan.password"),
        ('"CZ"', '"cz"', 18, "wlan.country"),
        (KEY, "ssh-dss AAAA", 12, "ssh.authorized_keys"),
        ("[locale]", "[locales]", 19, "locales"),
        ("enabled = true", "enabled = tru", 10, ""),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int, path: str) -> None:
    _, wrong = of_imager(IMAGER.replace(old, new), "custom.toml")
    assert [one.line for one in wrong] == [line]
    assert wrong[0].path.startswith(path)
    assert f"custom.toml: line {line}: " in str(wrong[0])


def test_a_mistake_is_one_line_and_steers_no_terminal() -> None:
    _, wrong = of_imager('"a\\n\\u001b[2J" = 1\n', "custom.toml")
    assert str(wrong[0]).startswith("custom.toml: ")
    assert str(wrong[0]).isprintable()


@pytest.mark.parametrize("text", ["a = " + "[" * 5000 + "]" * 5000, "a = 1" + "0" * 5000])
def test_what_no_reader_can_stand_is_a_mistake(text: str) -> None:
    assert [one.message[:15] for one in of_imager(text, "custom.toml")[1]] == ["this is no TOML"]


def test_the_form_of_a_key_is_told_as_it_is_written_there() -> None:
    _, wrong = of_hotline(f'[provisioning]\nssh_keys = "{KEY}"\nwifi = 3\n', "hotline.toml")
    assert [one.message.partition("; ")[2] for one in wrong] == ["write a list in [ ]", "write a table"]


def test_ssh_without_a_key_stays_shut_and_says_so() -> None:
    settings, wrong = of_imager("[ssh]\nenabled = true\npassword_authentication = true\n", "custom.toml")
    assert settings.ssh_keys == ()
    assert [one.path for one in wrong] == ["ssh.enabled"]


def test_the_section_of_hotline_toml() -> None:
    text = (
        '[provisioning]\nhostname = "b"\nethernet = { address = "192.0.2.5/24", gateway = "192.0.2.1" }\n'
        'sim_pin = "1234"\n'
    )
    settings, wrong = of_hotline(text, "hotline.toml")
    assert (wrong, settings.sim_pin) == ([], "1234")
    _, wrong = of_hotline(text.replace("/24", ""), "hotline.toml")
    assert [(one.path, one.line) for one in wrong] == [("provisioning.ethernet.address", 3)]
    _, wrong = of_hotline('[provisioning]\nhostnam = "b"\n', "hotline.toml")
    assert [(one.path, one.line) for one in wrong] == [("provisioning.hostnam", 2)]


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ('wifi = { ssid = "ňňňňňňňňňňňňňňňňň" }', "wifi.ssid"),  # 17 letters of two bytes each
        ('wifi = { ssid = "" }', "wifi.ssid"),
        ('ethernet = { address = "192.0.2.0/24" }', "ethernet.address"),
        ('ethernet = { address = "192.0.2.255/24" }', "ethernet.address"),
        ('ethernet = { address = "127.0.0.2/8" }', "ethernet.address"),
        ('ethernet = { address = "192.0.2.5/24", gateway = "192.0.3.1" }', "ethernet.gateway"),
        ('ethernet = { address = "192.0.2.5/24", gateway = "192.0.2.5" }', "ethernet.gateway"),
    ],
)
def test_a_network_that_no_card_could_join_is_a_mistake(table: str, path: str) -> None:
    _, wrong = of_hotline(f"[provisioning]\n{table}\n", "hotline.toml")
    assert [(one.path, one.line) for one in wrong] == [(f"provisioning.{path}", 2)]


def test_what_is_unusual_and_right_is_taken() -> None:
    for table in (
        'wifi = { ssid = "ňňňňňňňňňňňňňňňň", password = "heslo s \\" a #" }',
        'ethernet = { address = "192.0.2.4/31", gateway = "192.0.2.5" }',
        'ethernet = { address = "192.0.2.4/32" }',
    ):
        assert of_hotline(f"[provisioning]\n{table}\n", "hotline.toml")[1] == []


def test_only_a_password_goes_to_sae() -> None:
    assert "SAE" in wpa_supplicant(Wifi(ssid="a", password="correct horse"))
    prepared = wpa_supplicant(Wifi(ssid="a", password="0f" * 32))  # as the imager writes it
    assert "SAE" not in prepared
    assert f"\tpsk={'0f' * 32}\n" in prepared


def test_ssh_that_is_switched_off_forgets_its_keys() -> None:
    off, _ = of_imager("[ssh]\nenabled = false\n", "custom.toml")
    assert merged(Settings(ssh_keys=(KEY,)), off).ssh_keys == ()
    silent, _ = of_imager('[system]\nhostname = "a"\n', "custom.toml")
    assert merged(Settings(ssh_keys=(KEY,)), silent).ssh_keys == (KEY,)


def test_what_is_not_said_keeps_what_was_said() -> None:
    first = Settings(hostname="a", ssh_keys=(KEY,))
    assert merged(first, Settings(hostname="b")) == Settings(hostname="b", ssh_keys=(KEY,))


def test_what_is_to_be_a_table_of_the_imager_and_is_none_is_told() -> None:
    settings, wrong = of_imager('system = [1]\nwlan = "Workshop"\n[ssh]\nenabled = false\n', "custom.toml")
    assert settings.wifi is None
    assert [str(one) for one in wrong] == [
        "custom.toml: line 1: system: is …; write a table",
        "custom.toml: line 2: wlan: is …; write a table",
    ]
