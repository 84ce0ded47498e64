"""What the start-up told of the set-up, on the page of the system."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.doctor.finding import Level
from appliance.domain.calls import LegResult
from appliance.domain.modem import SimState
from appliance.provision.apply import Outcome
from appliance.provision.settings import Wrong
from appliance.situation.words import registration_word, sim_word
from appliance.translation import speaking
from appliance.web.languages import catalogue
from appliance.web.setting_up import check
from appliance.web.told_words import leg_word, modem_word
from appliance.wholefile import replace


def told(folder: Path, outcome: Outcome) -> Path:
    file = folder / "provisioning.json"
    replace(file, json.dumps(outcome.document()).encode())
    return file


def test_each_mistake_of_the_set_up_stands_with_its_line_and_a_missing_one_is_asked_for(tmp_path: Path) -> None:
    assert list(check(tmp_path / "none")) == []
    wrong = Outcome("box", "refused", "stick", [Wrong("hotline.toml", "modem.port", "is missing", 7)])
    (found,) = check(told(tmp_path, wrong))
    assert (found.level, found.text) == (Level.FAIL, "hotline.toml: modem.port (7): is missing")
    (found,) = check(told(tmp_path, Outcome("box")))
    assert (found.level, "put hotline.toml on a stick" in found.mend) == (Level.FAIL, True)
    (found,) = check(told(tmp_path, Outcome("box", "taken", "stick")))
    assert (found.level, found.text) == (Level.OK, "taken from stick")
    file = tmp_path / "provisioning.json"
    for odd in ("{", "[]", "\x00"):
        file.write_text(odd)
        assert [one.level for one in check(file)] == [Level.WARN]


@pytest.mark.parametrize("language", ["cs", "fi", "uk", "ru"])
def test_every_word_of_legs_and_sims_is_told_in_every_language(language: str) -> None:
    with speaking(catalogue(language)):
        for result in LegResult:
            assert leg_word(result) not in ("", result.value), result
        for state in SimState:
            assert modem_word("sim", state) != state.value, state
            assert sim_word(state) != state.value, state
        for told in ("home", "roaming", "searching", "denied", "none"):
            assert registration_word(told) != told, told
    assert (leg_word(None), leg_word("odd"), modem_word("model", "EC25")) == ("", "odd", "EC25")
