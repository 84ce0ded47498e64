"""A call's recording in the browser: heard by whom it belongs to, at any place of it, and noted once."""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from appliance.domain.calls import CallRecord, LegResult
from appliance.mqtt.asker import UnreachableError
from appliance.recordings.reading import MOST_BYTES
from appliance.web.headers import CONTENT_SECURITY_POLICY
from appliance.web.listening import MOST, PAUSE_S, Listening
from appliance.web.permission import Role
from appliance.web.ranges import Span, UnsatisfiableError, span_of
from tests.web.house import Browser, House
from tests.web.test_calls import call, keep

SOUND = b"RIFF" + bytes(range(256)) * 1200  # more than two pieces
SIZE = len(SOUND)
Heard = tuple[int, Mapping[str, str], bytes]


@dataclass
class Exchange:
    """The box's exchange: has recordings by name, each with who may hear it, and refuses as the real one does."""

    kept: dict[str, tuple[bytes, str]]
    silent_from: int = sys.maxsize  # the offset from which on it says nothing
    error: tuple[str, str] | None = None
    odd: Mapping[str, Any] | None = None
    asked: list[Mapping[str, Any]] | None = None

    async def ask(
        self, topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        assert (topic, name) == ("hotline/box-01/exchange/box/command", "recording.read")
        assert 1 <= args["length"] <= MOST_BYTES
        self.asked = [*(self.asked or []), args]
        offset = args["offset"]
        if offset + args["length"] > self.silent_from:
            raise UnreachableError("not answered")
        if self.odd is not None:
            return {"ok": True, "result": self.odd}
        known, whose = self.kept.get(args["id"], (b"", ""))
        error = self.error or (None if known and args.get("as", whose) == whose else ("bad_request", "there is none"))
        if error is not None:
            return {"ok": False, "error": {"code": error[0], "message": error[1]}}
        data = base64.b64encode(known[offset : offset + args["length"]]).decode()
        return {"ok": True, "result": {"data": data, "bytes": len(known), "offset": offset}}


def recorded(number: int, person: str) -> CallRecord:
    return replace(call(number, person), exchange="node-1", recording=f"hl-box-{number}.0.wav")


async def fetched(browser: Browser, path: str = "/calls/box-1.0/recording", **headers: str) -> Heard:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with browser.http.get(path, headers=sent, allow_redirects=False) as response:
        return response.status, response.headers, await response.read()


@pytest.fixture
def exchange(pages: House, tmp_path: Path) -> Exchange:
    """Two recorded calls, one that rang for another one, too, and one that has been erased."""
    mine = recorded(1, "anna")
    missed = replace(mine.legs[0], person="tech-1", result=LegResult.NO_ANSWER)
    keep(
        tmp_path,
        replace(mine, legs=(*mine.legs, missed)),
        recorded(2, "tech-1"),
        recorded(3, "anna"),
        call(4, "anna"),
    )
    place = Exchange({"hl-box-1.0.wav": (SOUND, "anna"), "hl-box-2.0.wav": (SOUND, "tech-1")})
    pages.desk.box.ask_over(place)
    return place


async def test_who_talked_hears_it_and_nobody_else(pages: House, exchange: Exchange) -> None:
    anna = await pages.signed_in(Role.TECHNICIAN, name="anna", person="anna")
    text = (await anna.get("/calls/box-1.0"))[1]
    assert '<audio controls preload="none" src="/calls/box-1.0/recording"' in text
    assert "media-src 'self'" in CONTENT_SECURITY_POLICY
    assert exchange.asked is None  # nobody has listened yet
    status, headers, data = await fetched(anna)
    assert (status, data == SOUND, headers["Content-Type"]) == (200, True, "audio/wav")
    assert (headers["Accept-Ranges"], headers["Content-Length"]) == ("bytes", str(SIZE))
    assert headers["Cache-Control"] == "no-store"
    assert {(one["as"], one["exchange"]) for one in exchange.asked or ()} == {("anna", "node-1")}
    asked = len(exchange.asked or ())
    assert "<audio" not in (await anna.get("/calls/box-4.0"))[1]
    for path in ("/calls/box-2.0/recording", "/calls/box-4.0/recording", "/calls/box-9.0/recording"):
        assert (await fetched(anna, path))[0] == 404
    rung = await pages.signed_in(Role.TECHNICIAN, name="tech-1", person="tech-1")
    status, text = await rung.get("/calls/box-1.0")
    assert (status, "<audio" in text) == (200, False)  # it rang for them, but they did not talk
    nobody = await pages.signed_in(Role.TECHNICIAN, name="nobody")
    assert [(await fetched(one))[0] for one in (rung, nobody)] == [404, 404]
    assert len(exchange.asked or ()) == asked
    supervisor = await pages.signed_in(Role.SUPERVISOR)
    assert (await fetched(supervisor, "/calls/box-2.0/recording"))[0] == 200
    assert "as" not in (exchange.asked or [{}])[-1]
    exchange.kept["hl-box-1.0.wav"] = (SOUND, "eva")  # the exchange has the last word
    assert (await fetched(anna))[0] == 404


async def test_a_range_is_answered_with_that_range(pages: House, exchange: Exchange) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    etag = (await fetched(browser))[1]["ETag"]
    for header, first, last in (
        ("bytes=0-", 0, SIZE - 1),
        ("bytes=0-0", 0, 0),
        (f"bytes=1000-{1000 + MOST_BYTES}", 1000, 1000 + MOST_BYTES),
        ("bytes=-44", SIZE - 44, SIZE - 1),
        (f"bytes={SIZE - 1}-{10**30}", SIZE - 1, SIZE - 1),
    ):
        status, headers, data = await fetched(browser, Range=header, If_Range=etag)
        assert (status, headers["Content-Range"]) == (206, f"bytes {first}-{last}/{SIZE}"), header
        assert data == SOUND[first : last + 1], header
    for header in (f"bytes={SIZE}-", "bytes=-0", f"bytes={10**30}-"):
        status, headers, data = await fetched(browser, Range=header)
        assert (status, headers["Content-Range"], data) == (416, f"bytes */{SIZE}", b""), header
    for header in ("bytes=", "bytes=-", "bytes=5-2", "lines=0-1", "bytes=0-1,4-5", "bytes=\xb2-", "x" * 2000):
        assert (await fetched(browser, Range=header))[0] == 200, header
    assert (await fetched(browser, Range="bytes=0-1", If_Range='"another"'))[0] == 200
    async with browser.http.head("/calls/box-1.0/recording") as response:
        assert (response.status, response.headers["Content-Length"]) == (200, str(SIZE))


async def test_a_listening_is_noted_once_however_it_is_fetched(pages: House, exchange: Exchange) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR, name="eva")
    for header in ("bytes=7-", "bytes=0-", "bytes=100000-"):
        await fetched(browser, Range=header)
    status, headers, _data = await fetched(browser, "/calls/box-1.0/recording?download=1")
    assert (status, headers["Content-Disposition"]) == (200, 'attachment; filename="hl-box-1.0.wav"')
    pages.clock.now += PAUSE_S + 1
    await fetched(browser, Range="bytes=100000-")
    lines = [(one.account, one.action, one.subject) for one in await pages.desk.accounts.audit(limit=9)]
    heard, loaded = (("eva", f"recording.{how}", "hl-box-1.0.wav") for how in ("heard", "downloaded"))
    assert lines == [heard, loaded, heard]
    administrator = await pages.signed_in(Role.ADMINISTRATOR)
    assert "listened to a recording" in (await administrator.get("/audit"))[1]


async def test_what_goes_wrong_is_said(pages: House, exchange: Exchange) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    assert (await fetched(browser, "/calls/box-3.0/recording"))[0] == 404  # erased
    for code, status in (("conflict", 409), ("failed", 503), ("not_allowed", 503), ("bad_request", 404)):
        exchange.error = (code, "node-1 <does> not answer")
        got, _headers, data = await fetched(browser)
        assert (got, b"node-1 &lt;does&gt; not answer" in data) == (status, status == 503), code
    exchange.error = None
    for odd in ({}, {"data": "*", "bytes": 9}, {"data": None, "bytes": 9}, {"data": "", "bytes": "9"}):
        exchange.odd = odd
        got, _headers, data = await fetched(browser)
        assert (got, b"that is no recording" in data) == (503, True), odd
    exchange.odd, exchange.silent_from = None, 0
    status, _headers, data = await fetched(browser)
    assert (status, b"The exchange does not answer" in data) == (503, True)
    assert await pages.desk.accounts.audit(limit=1) == []  # nobody heard anything


async def test_what_breaks_off_is_not_taken_for_the_whole(pages: House, exchange: Exchange) -> None:
    browser = await pages.signed_in(Role.SUPERVISOR)
    exchange.silent_from = MOST_BYTES
    with pytest.raises(aiohttp.ClientPayloadError):
        await fetched(browser)
    exchange.silent_from = sys.maxsize
    assert (await fetched(browser))[2] == SOUND


async def test_an_address_is_no_path_to_other_files(pages: House, exchange: Exchange, tmp_path: Path) -> None:
    odd = replace(recorded(5, "anna"), recording="../../../etc/hl-passwd.wav")
    keep(tmp_path, odd)
    browser = await pages.signed_in(Role.SUPERVISOR)
    for id_ in (
        "box-5.0",
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "hl-box-1.0.wav",
        "x" * 3000,
        "box-1.0%0d%0aX:1",
    ):
        assert (await fetched(browser, f"/calls/{id_}/recording"))[0] in (400, 404), id_
    assert exchange.asked is None


def test_which_bytes_are_meant() -> None:
    assert span_of("BYTES= 2-4 ", 10) == Span(2, 4, 10)
    assert span_of("bytes=-99", 10) == Span(0, 9, 10)
    assert span_of("bytes=0000000000000000000000004-", 10) == Span(4, 9, 10)
    assert span_of(None, 10) is None
    assert span_of("bytes=0-1\n", 10) is None
    with pytest.raises(UnsatisfiableError):
        span_of("bytes=0-", 0)


def test_what_is_remembered_of_listeners_stays_small() -> None:
    listening = Listening()
    assert [listening.begins(("a",), now) for now in (0.0, PAUSE_S, 2 * PAUSE_S + 1)] == [True, False, True]
    listening.forget(("a",))
    assert listening.begins(("a",), 2 * PAUSE_S + 1)
    for number in range(MOST):
        listening.begins((str(number),), 0.0)
    assert listening.begins(("a",), 2 * PAUSE_S + 1)
