"""All pages there are, in the order of the menu. One file a page."""

from __future__ import annotations

from appliance.web.page import Page
from appliance.web.pages import (
    accounts,
    audit,
    calendar_import,
    calls,
    me,
    now,
    people,
    prompts,
    queues,
    recording,
    roster,
    roster_edit,
    rota,
    sign_in,
    static,
    statistics,
    steer,
    system,
    timeline,
    voicemail,
)

PAGES: tuple[Page, ...] = (
    *now.PAGES,
    *steer.PAGES,
    *queues.PAGES,
    *calls.PAGES,
    *voicemail.PAGES,
    *people.PAGES,
    *rota.PAGES,
    *roster.PAGES,
    *calendar_import.PAGES,
    *roster_edit.PAGES,
    *recording.PAGES,
    *prompts.PAGES,
    *statistics.PAGES,
    *timeline.PAGES,
    *system.PAGES,
    *accounts.PAGES,
    *audit.PAGES,
    *me.PAGES,
    *sign_in.PAGES,
    *static.PAGES,
)
