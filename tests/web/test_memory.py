"""What is needed once is done by a process of its own, so that the service does not keep the memory."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from appliance import apart, storage
from appliance.roster.models import Holidays
from appliance.tables import wanting
from appliance.web import certificate
from appliance.web.accounts import tables
from appliance.web.accounts.schema import FILE_NAME, MIGRATIONS
from appliance.web.accounts.store import Accounts
from appliance.web.holiday_book import HolidayBook

CZ, BAVARIA = Holidays(country="CZ"), Holidays(country="DE", subdivision="BY")
HEAVY = ("holidays", "numpy", "sqlite_utils", "cryptography", "icalendar", "babel.messages")


def loaded_after(lines: str) -> set[str]:
    """Which of the heavy libraries a process has after doing this."""
    program = f"import asyncio, sys\n{lines}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


async def test_tables_are_made_apart_and_the_service_opens_them(tmp_path: Path) -> None:
    lines = f"""
from pathlib import Path
from appliance.web.accounts import tables
from appliance.web.accounts.store import Accounts
import appliance.web.app
async def begin():
    folder = Path({str(tmp_path)!r})
    await tables.make(folder)
    await (await Accounts.open(folder)).close()
asyncio.run(begin())
"""
    assert loaded_after(lines) == set()
    assert not wanting(tables.TABLES, tmp_path)
    accounts = await Accounts.open(tmp_path)
    assert await accounts.all() == []
    await accounts.close()


async def test_where_no_process_can_be_had_the_opening_makes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    await tables.make(tmp_path)
    assert not (tmp_path / FILE_NAME).exists()
    await (await Accounts.open(tmp_path)).close()
    assert not wanting(tables.TABLES, tmp_path)


def test_a_damaged_file_is_left_to_the_opening(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    storage.make(file, MIGRATIONS)
    file.write_bytes(b"no database" * 1000)
    assert not wanting(tables.TABLES, tmp_path)


@pytest.mark.parametrize("python", [sys.executable, "/nowhere/python"])
def test_a_certificate_is_made_apart_or_here(monkeypatch: pytest.MonkeyPatch, python: str) -> None:
    monkeypatch.setattr(sys, "executable", python)
    made, key = certificate.make(["box.example", "127.0.0.1", "::1"], datetime(2026, 1, 1, tzinfo=UTC))
    assert made.startswith(b"-----BEGIN CERTIFICATE-----\n")
    assert key.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert key.endswith(b"-----END PRIVATE KEY-----\n")


def test_what_ends_badly_says_nothing() -> None:
    assert apart.run("appliance.web.certificate", "no time", within_s=30) is None
    assert apart.run("appliance.nowhere", within_s=30) is None


@pytest.mark.parametrize("python", [sys.executable, "/nowhere/python"])
async def test_holidays_are_learned_once_and_told(monkeypatch: pytest.MonkeyPatch, python: str) -> None:
    monkeypatch.setattr(sys, "executable", python)
    told = asyncio.Event()
    book = HolidayBook(told.set)
    book.serving()
    assert not book.is_holiday(CZ, date(2026, 12, 25))  # nobody waits for it
    await told.wait()
    assert book.is_holiday(CZ, date(2026, 12, 25))
    assert not book.is_holiday(CZ, date(2026, 12, 27))
    told.clear()
    assert not book.is_holiday(BAVARIA, date(2026, 1, 6))
    await told.wait()
    assert book.is_holiday(BAVARIA, date(2026, 1, 6))
    told.clear()
    book.is_holiday(Holidays(country="XX"), date(2026, 1, 1))  # no country: no holiday, and no fault
    await told.wait()
    assert not book.is_holiday(Holidays(country="XX"), date(2026, 1, 1))


def test_learning_leaves_no_library_behind() -> None:
    lines = """
from datetime import date
from appliance.roster.models import Holidays
from appliance.tables import wanting
from appliance.web.holiday_book import HolidayBook
async def learn():
    told = asyncio.Event()
    book = HolidayBook(told.set)
    book.serving()
    book.is_holiday(Holidays(country="CZ"), date(2026, 12, 25))
    await told.wait()
    assert book.is_holiday(Holidays(country="CZ"), date(2026, 12, 25))
asyncio.run(learn())
"""
    assert loaded_after(lines) == set()


def test_nobody_serves_so_the_library_is_asked_here() -> None:
    assert HolidayBook(lambda: None).is_holiday(CZ, date(2026, 12, 25))
