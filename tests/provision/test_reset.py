"""The network's set-up taken back: Wi-Fi and fixed addresses go and stay away, all else stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.provision import apply, reset
from appliance.provision.apply import Places, provision
from tests.provision.test_apply import GOOD, KEY, MACHINE, given

FIXED = GOOD.replace("sim_pin", 'ethernet = { address = "192.0.2.5/24" }\nsim_pin')
IMAGER = '[wlan]\nssid = "Cafe"\npassword = "correct horse"\n'
WIRELESS = "hotline/wpa_supplicant.conf"
ETHERNET = "systemd/network/65-hotline-ethernet.network"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A box that was set up with Wi-Fi and fixed addresses."""
    places = Places(tmp_path)
    places.guard.mkdir(parents=True)
    provision(given(FIXED), places, MACHINE)
    assert (places.run / WIRELESS).exists()
    assert (places.run / ETHERNET).exists()
    return places


def has_network(places: Places) -> bool:
    return (places.run / WIRELESS).exists() or (places.run / ETHERNET).exists()


def test_wifi_and_addresses_go_and_the_rest_stays(places: Places) -> None:
    reset.ask(places.guard)
    outcome = provision({}, places, MACHINE)
    assert not has_network(places)
    assert (outcome.status, outcome.hostname) == ("standing", "brno")
    assert (places.run / "hotline/ssh/authorized_keys").read_text() == KEY + "\n"
    assert places.config.exists()
    provision({}, places, MACHINE)
    assert not has_network(places)


@pytest.mark.parametrize("found", [given(FIXED), given(IMAGER, "custom.toml")], ids=["hotline.toml", "custom.toml"])
def test_the_file_they_came_from_gives_them_again_only_when_it_is_another(
    places: Places, found: dict[str, apply.Found]
) -> None:
    ((name, file),) = found.items()
    provision(found, places, MACHINE)
    reset.ask(places.guard)
    for _ in range(3):
        provision(found, places, MACHINE)
        assert not has_network(places)
    provision(given(f"{file.text}\n# changed\n", name), places, MACHINE)
    assert has_network(places)


def test_a_second_request_forgets_what_was_set_up_after_the_first(places: Places) -> None:
    reset.ask(places.guard)
    provision({}, places, MACHINE)
    provision(given(FIXED), places, MACHINE)
    assert has_network(places)
    reset.ask(places.guard)
    provision(given(FIXED), places, MACHINE)
    assert not has_network(places)


def test_cut_off_at_any_write_the_next_start_forgets_all_the_same(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    reset.ask(places.guard)
    put = apply._put

    class CutError(Exception):
        """The power."""

    for after in range(20):
        left = [after]

        def cutting(*arguments: object, left: list[int] = left, **more: object) -> None:
            if not left[0]:
                raise CutError
            left[0] -= 1
            put(*arguments, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(apply, "_put", cutting)
        try:
            provision(given(FIXED), places, MACHINE)
        except CutError:
            monkeypatch.setattr(apply, "_put", put)
            provision(given(FIXED), places, MACHINE)
            assert not has_network(places)
            (places.kept / "network-reset.json").unlink()  # as before the request was done
            (places.kept / "settings.json").unlink()
        else:
            break
    else:
        raise AssertionError("it never came to its end")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"request": 1}', '{"request": "x", "files": [1]}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "note").write_text(text)
    assert reset.read(tmp_path / "note") == reset.Forgotten()
