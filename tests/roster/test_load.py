"""Files and messages: read whole, told whole, written so that they read back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.roster import ical
from appliance.roster.changes import changes, in_brief
from appliance.roster.dump import dump
from appliance.roster.ical import CalendarError, shifts_from
from appliance.roster.load import MOST_BYTES, load_document, load_toml, validate
from appliance.roster.models import Roster, to_document
from appliance.roster.pins import hash_pin, is_hash, is_pin
from appliance.roster.secrets import with_kept_secrets, without_secrets
from appliance.roster.seed import seed
from tests.roster.made import JUDGED, PRAGUE, document, person, roster

BROKEN = """\
revision = 1
[duty]
default = "x"
[[person]]
id = "Eva"
name = "E"
mobile = "123"
pin = "12"
sip_password = "short"
ring = ["sip", "fax"]
[[group]]
id = "g"
name = "G"
members = ["nobody", "duty"]
stragety = "ringall"
strategy = "all"
[[line]]
id = "l"
name = "L"
record = "yes"
open = ["group:gg", "hangup", "duty", "foo"]
[[hours]]
id = "h"
[hours.week]
mon = ["08:00-12:00", "17:00-13:00"]
someday = []
[hours.dates]
20261224 = []
[[rota]]
id = "w"
[[rota.shifts]]
person = "Eva"
start = 2026-03-01T08:00:00
end = 5
[[rota]]
id = "v"
[[rota.shifts]]
person = "eve"
start = 2026-03-01T08:00:00Z
end = 2026-03-01T07:00:00Z
"""


def test_every_mistake_is_named_in_one_run_with_its_line() -> None:
    found = [str(one) for one in load_toml(BROKEN.encode(), "r.toml", JUDGED).mistakes]
    assert found == [
        "r.toml: duty.default: nobody has the id 'x'; there is 'Eva' (line 3)",
        'r.toml: person.0.id: is "Eva"; write lower-case letters, digits and hyphens only (line 5)',
        "r.toml: person.0.mobile: '123' is not a phone number, as it has no known country code; "
        'write it as E.164, such as "+420777000111" (line 7)',
        "r.toml: person.0.pin: cannot be used; write 4 to 12 digits in quotes (line 8)",
        "r.toml: person.0.sip_password: cannot be used; write 8 to 128 printable characters in quotes (line 9)",
        "r.toml: person.0.ring.1: is \"fax\"; write 'mobile' or 'sip' (line 10)",
        "r.toml: group.0.members.0: nobody has the id 'nobody'; there is 'Eva' (line 14)",
        "r.toml: group.0.stragety: is no key that is known here; did you mean strategy? (line 15)",
        "r.toml: group.0.strategy: is \"all\"; write 'ringall', 'random', 'memoryhunt' or 'firstavailable' (line 16)",
        'r.toml: line.0.record: is "yes"; write true or false without quotes (line 20)',
        'r.toml: line.0.open.3: \'foo\' is no step; write "group:ID", "person:ID", "queue:ID", "menu:ID", '
        '"mailbox:ID", "duty" (who has duty), "play:SOUND", "listen" (to recordings), '
        '"agents" (their desk) or "hangup" (line 21)',
        "r.toml: hours.0.week.mon.1: '17:00-13:00' is no span of a day; write one such as \"08:00-16:30\", "
        'until midnight "08:00-24:00" (line 25)',
        "r.toml: hours.0.week.someday: is \"someday\"; write 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun' "
        "(line 26)",
        "r.toml: hours.0.dates.20261224: '20261224' is no date; write one such as 2026-12-24 (line 28)",
        'r.toml: rota.0.shifts.0.person: is "Eva"; write the id of a person (line 32)',
        "r.toml: rota.0.shifts.0.start: 2026-03-01T08:00:00 has no time zone; write one such as "
        "2026-03-01T08:00:00+01:00 (line 33)",
        "r.toml: rota.0.shifts.0.end: is 5; write a date and time with its zone such as 2026-03-01T08:00:00+01:00 "
        "(line 34)",
        "r.toml: rota.1.shifts.0.person: nobody has the id 'eve'; there is 'Eva' (line 38)",
        "r.toml: rota.1.shifts.0.end: is not after start; write the moment at which the shift is over (line 40)",
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "duty: is missing; add [duty] with default"),
        (b"\xff", "byte 0 is not UTF-8"),
        (b"person = [", "is not TOML"),
        (b"a = " + b"[" * 5000, "nests brackets hundreds deep"),
        (b"a = " + b"9" * 5000, "a number has more than 64 bits"),
        (b"a = [{b = 0x" + b"f" * 6000 + b"}]", "a number has more than 64 bits"),
        (b"a = 9223372036854775808", "a number has more than 64 bits"),
        (b"#" * (MOST_BYTES + 1), "a roster has at most"),
        (b"[duty]\ndefault = 'a'\nperson = 5", "duty.person: is no key"),
        (b"person = 5\n[duty]\ndefault = 'a'", "person: is 5; write a table under [[person]] for each"),
        (b"person = []\n[duty]\ndefault = 'a'", "person: has 0 entries; write at least 1"),
    ],
)
def test_what_is_no_roster_is_said_so(data: bytes, words: str) -> None:
    loaded = load_toml(data, "r.toml", JUDGED)
    assert loaded.roster is None
    assert any(words in str(one) for one in loaded.mistakes)


@settings(max_examples=60)
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_no_bytes_are_a_surprise(data: bytes) -> None:
    assert load_toml(data, "r", JUDGED).roster is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("ann"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "mobile", "members", "open", "week", "mon", "shifts", "start", "dates", "mode", "pin"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(st.sampled_from(["duty", "person", "group", "line", "hours", "rota", "schema", "x"]), JSON)
def test_no_document_is_a_surprise(section: str, value: Any) -> None:
    loaded = load_document(document(**{section: value}), "r", JUDGED)
    assert (loaded.roster is None) == bool(loaded.mistakes)


WHOLE = document(
    duty={"default": "ann", "rota": "weeks"},
    person=[
        person(
            "ann",
            111,
            email="ann@example.com",
            sip="ann",
            sip_password='pa"ss\\word',
            ring=["mobile", "sip"],
            extension="21",
            pin_hash=hash_pin("1234"),
            language="cs",
            roles=["supervisor"],
            sms=False,
        ),
        {"id": "bob", "name": "Bob \"the ['mender'] #1\"", "mobile": "+420777000112"},
    ],
    group=[
        {
            "id": "ops",
            "name": "Ops",
            "members": [f"{'ann' if n else 'bob'}" for n in range(2)],
            "strategy": "memoryhunt",
            "ring_s": 40.5,
            "missed": ["sms"],
        }
    ],
    line=[
        {
            "id": "service",
            "name": "Service",
            "hours": "office",
            "open": ["play:custom/welcome", "group:ops"],
            "closed": ["group:ops"],
            "holiday": [],
            "missed_email": ["x@example.com"],
        },
        {"id": "other", "name": "Other", "numbers": [f"+4202260001{n:02}" for n in range(12)], "open": ["hangup"]},
    ],
    hours=[
        {
            "id": "office",
            "timezone": PRAGUE,
            "week": {"mon": ["08:00-12:00", "13:00-24:00"]},
            "holidays": {"country": "DE", "subdivision": "BY"},
            "dates": {"2026-12-24": [], "2026-12-31": ["08:00-12:00"]},
        }
    ],
    rota=[
        {
            "id": "weeks",
            "week": [{"person": "bob", "days": ["mon", "tue"], "start": "08:00", "end": "08:00"}],
            "shifts": [{"person": "ann", "start": "2026-07-01T08:00:00+02:00", "end": "2026-07-08T08:00:00.5Z"}],
        }
    ],
)


def test_what_is_written_reads_back_the_same_and_writes_the_same() -> None:
    whole = Roster.model_validate({**WHOLE, "revision": 7})
    text = dump(whole)
    loaded = load_toml(text.encode(), "r.toml", JUDGED)
    assert loaded.mistakes == ()
    assert loaded.roster == whole
    assert dump(loaded.roster) == text
    assert Roster.model_validate(to_document(whole)) == whole
    assert max(map(len, text.splitlines())) < 200


def test_a_night_switch_is_no_part_of_the_file() -> None:
    switched = roster(line=[{"id": "l", "name": "L", "mode": {"situation": "closed"}}])
    assert "mode" not in dump(switched)
    assert changes(switched, roster(line=[{"id": "l", "name": "L"}])) == []


def test_a_pin_is_never_kept_or_told() -> None:
    given_pin = document(person=[person("ann", 1, pin="4711"), person("bob", 2)])
    loaded = load_document(given_pin, "r", JUDGED).roster
    assert loaded is not None
    kept = loaded.person[0]
    assert kept.pin is None
    assert kept.pin_hash is not None
    assert is_pin("4711", kept.pin_hash)
    assert not is_pin("4712", kept.pin_hash)
    assert "4711" not in dump(loaded) + str(to_document(loaded))
    raw, _ = validate(given_pin)
    assert "4711" not in repr(raw)
    assert kept.pin_hash not in repr(loaded)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234",
        "scrypt$8192$8$1$00$00",
        f"scrypt$9999999$99$99${'0' * 32}${'0' * 64}",
        "scrypt$0$0$0$" + "0" * 32 + "$" + "0" * 64,
    ],
)
def test_a_hash_that_is_none_fits_no_pin(text: str) -> None:
    assert not is_pin("1234", text)
    assert is_hash(hash_pin("1234"))
    assert hash_pin("1234") != hash_pin("1234")


def test_secrets_left_out_are_kept_from_the_same_person() -> None:
    standing = Roster.model_validate(WHOLE)
    shown = without_secrets(to_document(standing))
    assert "sip_password" not in str(shown)
    assert "scrypt" not in str(shown)
    assert Roster.model_validate(with_kept_secrets(shown, standing)) == standing
    # the same PIN given again changes nothing, another one does
    again = {**shown, "person": [{**shown["person"][0], "pin": "1234"}, shown["person"][1]]}
    assert Roster.model_validate(with_kept_secrets(again, standing)) == standing
    anew = {**shown, "person": [{**shown["person"][0], "pin": "9999"}, shown["person"][1]]}
    assert "pin_hash" not in with_kept_secrets(anew, standing)["person"][0]
    # no account, no password; another person, another secret
    moved = {**shown, "person": [{**shown["person"][0], "sip": "sip:a@192.0.2.1"}, shown["person"][1]]}
    assert "sip_password" not in with_kept_secrets(moved, standing)["person"][0]
    renamed = {**shown, "person": [{**shown["person"][0], "id": "zoe"}]}
    assert "pin_hash" not in with_kept_secrets(renamed, standing)["person"][0]
    for odd in (None, 5, [5, {"id": 5}, {}]):
        assert with_kept_secrets({"person": odd}, standing)["person"] == odd


def test_changes_are_told_without_secrets() -> None:
    standing = Roster.model_validate(WHOLE)
    new = Roster.model_validate(
        {
            **WHOLE,
            "person": [
                {**WHOLE["person"][0], "mobile": "+420777000999", "sip_password": "geheimnis"},
                person("zoe", 5),
            ],
            "group": [],
        }
    )
    assert changes(standing, new) == [
        "person zoe: added",
        "person bob: removed",
        "person ann: mobile, sip_password changed",
        "group ops: removed",
    ]
    assert in_brief(changes(standing, new), 2) == "person zoe: added, person bob: removed, and 2 more"
    swapped = Roster.model_validate({**WHOLE, "line": WHOLE["line"][::-1]})
    assert changes(standing, swapped) == ["line: order changed"]


def test_a_seed_has_no_mistake_whatever_the_file_called_people() -> None:
    people = [
        Person("-x", "\tTab\x07 ", PhoneNumber("+420777000111")),
        Person("b", "\x01", PhoneNumber("+420777000112")),
    ]
    first = seed(people, "gone")
    assert [(one.id, one.name) for one in first.person] == [("-x", "Tab"), ("b", "b")]
    assert first.duty.default == "-x"
    loaded = load_document(to_document(first), "r", JUDGED)
    assert loaded.mistakes == loaded.warnings == ()
    with pytest.raises(ValueError, match="at least one person"):
        seed([], "x")


CALENDAR = (Path(__file__).parent / "duty.ics").read_text("utf-8")


def test_a_calendar_becomes_shifts_and_each_doubtful_event_is_told() -> None:
    whole = roster(
        person=[
            person("ann", 1, email="Ann@example.com"),
            {**person("bob", 2), "name": "Robert Novák"},
            person("tech-1", 3),
            person("tech-12", 4),
        ]
    )
    shifts, findings = shifts_from(CALENDAR, whole.person, datetime(2026, 3, 1, tzinfo=UTC), ZoneInfo(PRAGUE))
    assert [(one.person, one.start.isoformat(), one.end.isoformat()) for one in shifts] == [
        ("ann", "2026-03-02T07:00:00+00:00", "2026-03-09T07:00:00+00:00"),
        ("tech-12", "2026-03-10T23:00:00+00:00", "2026-03-11T23:00:00+00:00"),
        ("ann", "2026-03-16T07:00:00+00:00", "2026-03-23T07:00:00+00:00"),
        ("bob", "2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),  # a day of 23 hours
        ("ann", "2026-03-30T06:00:00+00:00", "2026-04-06T06:00:00+00:00"),
    ]
    assert [str(one) for one in findings] == [
        "2026-04-01 09:00: 'Summer party at Annapolis' names nobody of the roster, by e-mail, id or name; "
        "name one person",
        "2026-04-02 09:00: 'ann or Robert Novák' means ann and bob; let each event name one person",
    ]


@pytest.mark.parametrize("text", ["", "garbage", CALENDAR.replace("DTSTART", "DTXXX")])
def test_what_is_no_calendar_is_said_so(text: str) -> None:
    with pytest.raises(CalendarError, match="cannot be read as iCalendar"):
        shifts_from(text, roster().person, datetime(2026, 3, 1, tzinfo=UTC), ZoneInfo(PRAGUE))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=3", "FREQ=SECONDLY", "repeats an event SECONDLY"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=3", "FREQ=HOURLY;COUNT=3", "repeats an event HOURLY"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=3", "FREQ=DAILY;INTERVAL=0", "INTERVAL of 0"),
        ("DTSTART;TZID=Europe/Prague:2026", "DTSTART;TZID=Europe/Prague:0026", "in the year 26"),
        ("TZID=Europe/Prague", "TZID=Mars/Olympus", "the time zone 'Mars/Olympus', which nobody knows"),
    ],
)
def test_what_would_be_counted_for_ever_or_misread_is_refused(old: str, new: str, words: str) -> None:
    assert old in CALENDAR
    with pytest.raises(CalendarError, match=words):
        shifts_from(CALENDAR.replace(old, new), roster().person, datetime(2026, 3, 1, tzinfo=UTC), ZoneInfo(PRAGUE))


def test_more_events_than_anybody_works_are_not_counted_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ical, "MOST_EVENTS", 5)
    text = CALENDAR.replace("FREQ=WEEKLY;INTERVAL=2;COUNT=3", "FREQ=DAILY")
    with pytest.raises(CalendarError, match="has more than 5 events"):
        shifts_from(text, roster().person, datetime(2026, 3, 1, tzinfo=UTC), ZoneInfo(PRAGUE))


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        ('name = "a\\u202eb"', 'person.0.name: is "a\\u202eb"; write printable characters on one line'),
        ('name = "a\\u009b2J"', 'person.0.name: is "a\\x9b2J"; write printable characters on one line'),
        (
            'name = "A"\nsip = "a"\nsip_password = "new\\nline-x"',
            "person.0.sip_password: cannot be used; write 8 to 128 printable characters in quotes",
        ),
    ],
)
def test_what_would_steer_a_terminal_or_break_a_line_is_a_mistake(entry: str, mistake: str) -> None:
    text = f'[duty]\ndefault = "a"\n[[person]]\nid = "a"\nmobile = "+420777000111"\n{entry}\n'
    found = [str(one) for one in load_toml(text.encode(), "r.toml", JUDGED).mistakes]
    assert any(one.startswith(f"r.toml: {mistake}") for one in found), found


def test_a_wrong_address_for_missed_calls_is_told_as_an_address() -> None:
    text = (
        '[duty]\ndefault = "a"\n[[person]]\nid = "a"\nname = "A"\nmobile = "+420777000111"\n'
        '[[line]]\nid = "l"\nname = "L"\nmissed_email = ["x"]\n'
    )
    (found,) = load_toml(text.encode(), "r.toml", JUDGED).mistakes
    assert 'write an address such as "service@example.com"' in str(found)
