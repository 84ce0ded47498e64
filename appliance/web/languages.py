"""The languages of the pages: catalogues beside this file, read when first spoken; times and numbers by Babel."""

from __future__ import annotations

import functools
import gettext
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path

from appliance.translation import N_, Telling

SOURCE = "en"
# each in its own words, as who looks for it reads it
NAMES = {"en": "English", "cs": "Čeština", "fi": "Suomi", "uk": "Українська", "ru": "Русский"}
CATALOGUES = Path(__file__).parent / "locale"
_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


@functools.cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language of :data:`NAMES`; English is what stands in the sources."""
    if language == SOURCE:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    found = gettext.GNUTranslations(compiled)
    found.add_fallback(Telling())
    return found


def wanted(accept_language: str) -> str:
    """The best of our languages for the header ``Accept-Language`` (RFC 9110 §12.5.4)."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language[:1000].split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, name.strip().partition("-")[0].lower()))
        except ValueError:
            continue
    return next((name for weight, _, name in sorted(weighed) if name in NAMES and weight < 0), SOURCE)


class Formats:
    """Times and numbers as one person reads them: a language, and the time zone of the box."""

    def __init__(self, language: str, zone: tzinfo) -> None:
        self.language, self.zone = language, zone
        # the clock of 24 hours and the day first, as all five countries write them; "en" alone would be American
        self._locale = "en_GB" if language == "en" else language

    def time(self, at: datetime, *, seconds: bool = False) -> str:
        """The time of day."""
        from babel.dates import format_time

        return format_time(at, "medium" if seconds else "short", tzinfo=self.zone, locale=self._locale)

    def day(self, at: datetime | date, form: str = "medium") -> str:
        """The date."""
        from babel.dates import format_date

        local = at.astimezone(self.zone).date() if isinstance(at, datetime) else at
        return format_date(local, form, locale=self._locale)

    def moment(self, at: datetime, *, seconds: bool = False, now: datetime | None = None) -> str:
        """The time, with the date where it is not today's."""
        now = now or datetime.now(UTC)
        clock = self.time(at, seconds=seconds)
        today = at.astimezone(self.zone).date() == now.astimezone(self.zone).date()
        return clock if today else f"{self.day(at)} {clock}"

    def span(self, seconds: float) -> str:
        """A duration in at most two units: ``2 min 5 s``."""
        from babel.units import format_unit

        rest, told = max(0, round(seconds)), list[str]()
        for unit, size in _UNITS:
            count, rest = divmod(rest, size)
            if count or (unit == "second" and not told):
                told.append(format_unit(count, f"duration-{unit}", "short", locale=self._locale))
            if len(told) == 2 or (told and not rest):
                break
        return " ".join(told)

    def ago(self, at: datetime, now: datetime | None = None) -> str:
        """How long ago: ``5 minutes ago``."""
        from babel.dates import format_timedelta

        passed = (now or datetime.now(UTC)) - at
        return format_timedelta(-passed, add_direction=True, threshold=1, locale=self._locale)

    def number(self, value: float, decimals: int | None = None) -> str:
        """A number with this language's marks."""
        from babel.numbers import format_decimal

        pattern = None if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(value, pattern, locale=self._locale)

    def percent(self, share: float) -> str:
        """A share of one, in whole percent."""
        from babel.numbers import format_percent

        return format_percent(share, locale=self._locale)

    def language_name(self, code: str) -> str:
        """What a language is called in this one; its code where nobody knows."""
        from babel import Locale, UnknownLocaleError

        try:
            return Locale.parse(code).get_display_name(self._locale) or code
        except (UnknownLocaleError, ValueError):
            return code

    def list(self, texts: Iterable[str], *, either: bool = False) -> str:
        """``a, b and c``; with ``either`` "or"."""
        from babel.lists import format_list

        return format_list(list(texts), "or" if either else "standard", locale=self._locale)


WORDS = {  # what documents say in one word, for pages
    "up": N_("up"),
    "down": N_("down"),
    "unknown": N_("unknown"),
}
