"""Five languages, all of them whole; times and numbers as people there write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from appliance.translation import _, n_, speaking
from appliance.web.languages import NAMES, SOURCE, Formats, catalogue, wanted
from appliance.web.permission import Role
from tests.web.house import House
from tests.web.messages import sources, translated

OTHERS = [language for language in NAMES if language != SOURCE]
_PLACES = re.compile(r"\{[^{}]*\}")


@pytest.fixture(scope="module")
def found() -> set[str | tuple[str, ...]]:
    """Every message of the sources; to look for them takes seconds."""
    return {one.id for one in sources() if one.id}


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated_and_none_is_stale(language: str, found: set[str | tuple[str, ...]]) -> None:
    told = {one.id: one for one in translated(language) if one.id}
    untold = [id_ for id_ in found if id_ not in told or not all(_forms(told[id_].string))]
    assert untold == [], "translate them (make messages adds their places)"
    assert [id_ for id_ in told if id_ not in found] == [], "make messages drops them"
    assert [one.id for one in told.values() if one.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_has_the_places_of_its_message_and_all_plurals(language: str) -> None:
    told = translated(language)
    for one in told:
        if not one.id:
            continue
        forms = _forms(one.string)
        assert len(forms) == (told.num_plurals if isinstance(one.id, tuple) else 1), one.id
        for form in forms:
            for id_ in _forms(one.id):
                assert sorted(_PLACES.findall(form)) == sorted(_PLACES.findall(id_)), one.id
            first = one.id if isinstance(one.id, str) else one.id[0]
            assert first[:1].isspace() == form[:1].isspace(), one.id


def _forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (text,)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("cs", "cs"),
        ("cs-CZ,cs;q=0.9,en;q=0.8", "cs"),
        ("de-DE,de;q=0.9,fi;q=0.5,en;q=0.4", "fi"),
        ("uk;q=0.3,ru;q=0.7", "ru"),
        ("cs;q=0,uk;q=0.1", "uk"),
        ("*", "en"),
        ("xx;q=nonsense, cs", "cs"),
        ("," * 5000, "en"),
    ],
)
def test_the_browser_is_answered_in_the_best_language_there_is(header: str, language: str) -> None:
    assert wanted(header) == language


@pytest.mark.parametrize(("language", "three"), [("en", "3 calls"), ("cs", "3 hovory"), ("fi", "3 puhelua")])
def test_plurals_follow_the_language(language: str, three: str) -> None:
    with speaking(catalogue(language)):
        assert n_("{n} call", "{n} calls", 3).format(n=3) == three


def test_a_language_is_spoken_within_its_block_only() -> None:
    with speaking(catalogue("cs")):
        assert _("Forwarding") == "Přesměrování"
    assert _("Forwarding") == "Forwarding"


AT = datetime(2026, 3, 29, 0, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "moment", "number", "span"),
    [
        ("en", "29 Mar 2026 01:59:58", "1,234.5", "1 hr 2 mins"),
        ("cs", "29. 3. 2026 1:59:58", "1\xa0234,5", "1 h 2 min"),
        ("fi", "29.3.2026 1.59.58", "1\xa0234,5", "1 t 2 min"),
        ("uk", "29 бер. 2026\u202fр. 01:59:58", "1\xa0234,5", "1 год 2 хв"),  # noqa: RUF001
        ("ru", "29 мар. 2026\u202fг. 01:59:58", "1\xa0234,5", "1 ч 2 мин"),  # noqa: RUF001
    ],
)
def test_times_and_numbers_are_written_as_there(language: str, moment: str, number: str, span: str) -> None:
    formats = Formats(language, ZoneInfo("Europe/Prague"))
    assert formats.moment(AT, seconds=True, now=AT + timedelta(days=9)) == moment
    assert formats.number(1234.5, 1) == number
    assert formats.span(3725) == span


def test_the_box_counts_in_its_own_zone_over_the_change_of_clocks() -> None:
    formats = Formats("en", ZoneInfo("Europe/Prague"))
    assert formats.time(AT) == "01:59"
    assert formats.time(AT + timedelta(seconds=2)) == "03:00"
    assert formats.day(datetime(2026, 7, 14, 22, 30, tzinfo=UTC)) == "15 Jul 2026"
    assert formats.day(date(2026, 7, 15)) == "15 Jul 2026"
    assert formats.span(0) == "0 secs"
    assert formats.list(["a", "b", "c"]) == "a, b and c"


async def test_every_page_speaks_every_language(pages: House) -> None:
    browser = await pages.signed_in(Role.ADMINISTRATOR)
    for language in NAMES:
        for path in (
            "/",
            "/system",
            "/accounts",
            "/audit",
            "/me",
            "/steer/technician",
            "/statistics",
            "/timeline",
            "/people",
            "/rota",
            "/people/file",
        ):
            status, text = await browser.get(path, headers={"Accept-Language": language})
            assert status == 200
            assert f'<html lang="{language}">' in text
    _status, text = await browser.get("/", headers={"Accept-Language": "cs"})
    assert "Vše je v pořádku: volající se dovolají týmu" in text


async def test_the_account_may_choose_another_language_than_its_browser(pages: House) -> None:
    browser = await pages.signed_in(Role.TECHNICIAN)
    assert (await browser.post("/me/language", language="fi"))[:2] == (303, "/me?done=language")
    assert '<html lang="fi">' in (await browser.get("/me", headers={"Accept-Language": "cs"}))[1]
    await browser.post("/me/language", language="xx")
    assert '<html lang="cs">' in (await browser.get("/me", headers={"Accept-Language": "cs"}))[1]
