"""What a person may write, and what is said of what is wrong: with its line."""

from __future__ import annotations

import pytest

from appliance.provision.settings import Settings, merged, of_hotline, of_imager

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


def test_what_is_not_said_keeps_what_was_said() -> None:
    first = Settings(hostname="a", ssh_keys=(KEY,))
    assert merged(first, Settings(hostname="b")) == Settings(hostname="b", ssh_keys=(KEY,))
