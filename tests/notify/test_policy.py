"""Who is told of which call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appliance.domain.calls import CallRecord, Outcome
from appliance.modem.sms_pdu import parts_of
from appliance.notify import wording
from appliance.notify.harmless import one_line
from appliance.notify.notice import Channel, Kind, Notice
from appliance.notify.policy import NAME_LENGTH, notices_for
from appliance.roster.models import Roster

NOW = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
EVA, JAN, PIA, OLE = "+420777000111", "+420777000222", "+420777000333", "+420777000444"
ROSTER = Roster.model_validate(
    {
        "duty": {"default": "eva"},
        "person": [
            {"id": "eva", "name": "Eva Nováková", "mobile": EVA, "email": "eva@example.org", "language": "cs"},
            {"id": "jan", "name": "Jan", "mobile": JAN, "email": "jan@example.org"},
            {"id": "pia", "name": "Pia", "mobile": PIA, "sms": False, "language": "fi"},
            {"id": "ole", "name": "Ole", "mobile": OLE, "language": "xx"},
        ],
        "group": [
            {"id": "ops", "name": "Ops", "members": ["eva", "jan", "pia"], "sms_taken": True, "missed": ["sms"]},
            {"id": "all", "name": "All", "members": ["duty", "jan", "ole"], "missed": ["sms", "email"]},
            {"id": "quiet", "name": "Quiet", "members": ["jan"]},
        ],
        "line": [
            {
                "id": "service",
                "name": "Service",
                "numbers": ["+420777000100"],
                "language": "fi",
                "open": ["play:hello", "group:ops", "group:all"],
                "closed": ["group:all"],
                "hours": "week",
                "sms_after": True,
                "missed_email": ["Office@example.org", "jan@example.org"],
                "missed_sms": [JAN, "+420777000555"],
            },
            {"id": "plain", "name": "Plain", "open": ["group:quiet"], "closed": ["group:quiet"]},
        ],
        "hours": [{"id": "week", "timezone": "Europe/Helsinki"}],
    }
)
TAKEN = CallRecord(
    "box",
    "c1",
    "2026-07-14T11:58:00.000Z",
    "+420601123456",
    "+420777000100",
    line="service",
    situation="open",
    answered_at="2026-07-14T11:58:30.000Z",
    answered_by="jan",
    answered_number=JAN,
    group="ops",
    waited_s=30.0,
    steps=("group:ops",),
)
ENDED = replace(TAKEN, ended_at="2026-07-14T11:59:59.000Z", outcome=Outcome.ANSWERED, talked_s=90.0)
MISSED = CallRecord(
    "box",
    "c2",
    "2026-07-14T11:50:00.000Z",
    "+420601123456",
    "+420777000100",
    line="service",
    situation="open",
    ended_at="2026-07-14T11:51:05.000Z",
    outcome=Outcome.ABANDONED,
    group="all",
    waited_s=65.0,
    steps=("play:hello", "group:ops", "group:all"),
)


def told(record: CallRecord, now: datetime = NOW, kind: Kind | None = None) -> list[Notice]:
    found = notices_for(record, ROSTER, now, timezone="Europe/Prague", region="CZ", duty="eva")
    return [notice for notice in found if kind is None or notice.kind is kind]


def receivers(notices: list[Notice]) -> list[tuple[str, str]]:
    return [(str(notice.channel), notice.to) for notice in notices]


def test_the_other_members_hear_who_took_the_call_as_soon_as_somebody_did() -> None:
    (notice,) = told(TAKEN)  # not the one who took it, and not the one who wants no messages
    assert receivers([notice]) == [("sms", EVA)]
    assert wording.in_words(notice) == (None, "Jan má hovor od +420601123456. Service")
    assert notice.key == f"box:c1:taken:sms:{EVA}"


def test_nobody_hears_of_it_while_it_may_be_a_machine_that_took_it() -> None:
    assert told(replace(TAKEN, watched=True)) == []
    assert told(replace(ENDED, watched=True), kind=Kind.TAKEN)  # broken off by a crash: then it stays with that


def test_nobody_hears_of_a_call_that_nobody_took() -> None:
    assert told(replace(TAKEN, answered_at=None, answered_by=None, answered_number=None)) == []


def test_a_group_that_does_not_want_it_hears_nothing() -> None:
    assert told(replace(TAKEN, group="all")) == []
    assert told(replace(TAKEN, group="gone")) == []


def test_somebody_beyond_the_roster_who_took_it_is_told_by_number() -> None:
    notices = told(replace(TAKEN, answered_by=None, answered_number="+420777999888"))
    assert receivers(notices) == [("sms", EVA), ("sms", JAN)]
    assert wording.in_words(notices[1])[1] == "+420777999888 vastasi puheluun numerosta +420601123456. Service"


def test_the_caller_hears_afterwards_who_it_was() -> None:
    (notice,) = told(ENDED, kind=Kind.AFTER)
    assert receivers([notice]) == [("sms", "+420601123456")]
    assert wording.in_words(notice)[1] == f"Puhuit: Jan, puh. {JAN}. Service"


@pytest.mark.parametrize(
    "caller",
    [None, "", "anonymous", "+420226000100", "+420906123456", "+420777000100", "12345", "+1" + "2" * 40, "sip:x@y"],
    ids=str,
)
def test_a_caller_without_a_mobile_hears_nothing(caller: str | None) -> None:
    assert told(replace(ENDED, caller=caller), kind=Kind.AFTER) == []


def test_a_caller_in_national_spelling_is_found() -> None:
    assert receivers(told(replace(ENDED, caller="601 123 456"), kind=Kind.AFTER)) == [("sms", "+420601123456")]


@pytest.mark.parametrize(
    "changes",
    [
        {"line": "plain"},
        {"line": None},
        {"outcome": Outcome.ABANDONED, "answered_at": None},
        {"ended_at": None, "outcome": None},
        {"answered_by": None, "answered_number": None},
    ],
    ids=str,
)
def test_the_caller_hears_only_of_a_talk_on_a_line_that_says_so(changes: dict[str, None]) -> None:
    assert told(replace(ENDED, **changes), kind=Kind.AFTER) == []


def test_everybody_who_was_tried_hears_of_a_missed_call_once() -> None:
    notices = told(MISSED)
    assert receivers(notices) == [
        ("sms", EVA),
        ("sms", JAN),
        ("email", "eva@example.org"),
        ("email", "jan@example.org"),
        ("sms", OLE),
        ("sms", "+420777000555"),
        ("email", "Office@example.org"),
    ]
    assert len({notice.key for notice in notices}) == len(notices)
    by_receiver = {notice.to: wording.in_words(notice) for notice in notices if notice.channel is Channel.SMS}
    # Helsinki is an hour ahead of the box; a language without texts gets English
    assert by_receiver[EVA][1] == "Zmeškaný hovor +420601123456, Service, 14:50, doba čekání 1:05."
    assert by_receiver[OLE][1].startswith("Missed call from +420601123456, Service")


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.REFUSED, None])
def test_other_outcomes_are_not_missed(outcome: Outcome | None) -> None:
    assert told(replace(MISSED, outcome=outcome)) == []


@pytest.mark.parametrize("outcome", [Outcome.ABANDONED, Outcome.UNANSWERED, Outcome.CUT])
def test_each_of_these_is(outcome: Outcome) -> None:
    assert len(told(replace(MISSED, outcome=outcome))) == 7


def test_a_caller_who_was_cut_off_while_talking_is_told_with_whom() -> None:
    cut = replace(ENDED, outcome=Outcome.CUT)
    notices = told(cut, kind=Kind.CUT)
    assert ("sms", EVA) in receivers(notices)
    assert "Jan" in wording.in_words(notices[0])[1]
    assert all(":missed:" in notice.key for notice in notices)


def test_a_caller_who_hung_up_in_the_greeting_is_told_to_who_would_have_been_rung() -> None:
    gone = replace(MISSED, steps=(), group=None)
    assert {to for channel, to in receivers(told(gone)) if channel == "sms"} == {EVA, JAN, "+420777000555"}
    closed = replace(gone, situation="closed")
    assert ("email", "eva@example.org") in receivers(told(closed))


def test_the_agents_of_a_queue_hear_of_a_callback_that_was_given_up() -> None:
    queues = [{"id": "desk", "name": "Desk", "agents": ["jan", "duty"], "missed": ["sms"]}]
    queues.append({"id": "quiet", "name": "Quiet", "agents": ["ole"]})
    line = {"id": "plain", "name": "Plain", "open": ["queue:desk"]}
    document = ROSTER.model_dump(mode="json", by_alias=True) | {"queue": queues, "line": [line]}
    given_up = replace(
        MISSED, id="cb-1", callback="cb-1", outcome=Outcome.UNANSWERED, line="plain", group=None, queue="desk"
    )
    given_up = replace(given_up, steps=("queue:desk", "queue:quiet"))
    found = notices_for(given_up, Roster.model_validate(document), NOW, region="CZ", duty="eva")
    assert receivers(list(found)) == [("sms", JAN), ("sms", EVA)]


def test_a_hidden_caller_is_called_so() -> None:
    notices = told(replace(MISSED, caller=None))
    assert "skryté číslo" in wording.in_words(notices[0])[1]


@pytest.mark.parametrize(
    ("record", "kind", "hours"),
    [(TAKEN, Kind.TAKEN, 0.6), (ENDED, Kind.AFTER, 6.1), (MISSED, Kind.MISSED, 24.2)],
)
def test_what_is_old_is_not_told(record: CallRecord, kind: Kind, hours: float) -> None:
    assert told(record, kind=kind)
    assert told(record, NOW + timedelta(hours=hours), kind) == []
    assert told(record, NOW - timedelta(days=400), kind)  # a clock that is far behind silences nobody


def test_the_same_record_says_the_same_again() -> None:
    assert told(ENDED) == told(ENDED)
    assert {notice.key for notice in told(TAKEN)} <= {notice.key for notice in told(ENDED)}


HOSTILE = "Eva\r\nBcc: all@example.org\x00\u202egnp\u2028{who.__class__}{0}%s\ud800 " + "x" * 300


@pytest.mark.parametrize("language", wording.languages())
def test_whatever_people_and_networks_write_stays_one_line_and_two_parts(language: str) -> None:
    people = [one.model_copy(update={"name": HOSTILE, "language": language}) for one in ROSTER.person]
    lines = [one.model_copy(update={"name": HOSTILE, "language": language}) for one in ROSTER.line]
    roster = ROSTER.model_copy(update={"person": tuple(people), "line": tuple(lines)})
    caller = "+420601123456\r\nSubject: x" + "9" * 100
    records = (TAKEN, ENDED, replace(MISSED, caller=caller), replace(ENDED, outcome=Outcome.CUT, caller=caller))
    for record in records:
        notices = notices_for(record, roster, NOW)
        assert notices
        for notice in notices:
            subject, text = wording.in_words(notice)
            assert "\n" not in (subject or "")
            assert "\r" not in text
            mail = wording.texts(language).get(f"{notice.kind}_mail", "")
            assert text.count("\n") == (mail.count("\n") if notice.channel is Channel.EMAIL else 0)
            assert "class 'str'" not in text
            if notice.channel is Channel.SMS:
                assert parts_of(text) <= 2


def test_names_are_cut_with_an_ellipsis() -> None:
    assert one_line("x" * 100, NAME_LENGTH) == "x" * 29 + "…"
    assert one_line("  a\tb\u2029c ", 30) == "a b c"
