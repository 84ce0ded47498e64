"""All pages there are, in the order of the menu. One file a page."""

from __future__ import annotations

from appliance.web.page import Page
from appliance.web.pages import me, now, sign_in, static, steer

PAGES: tuple[Page, ...] = (
    *now.PAGES,
    *steer.PAGES,
    *me.PAGES,
    *sign_in.PAGES,
    *static.PAGES,
)
