"""A page is a path, what it needs, and a function from a visit to a response. Nothing else reaches the browser.

To add one: a file in ``pages/`` with its functions and ``PAGES``, a template, a line in ``pages/__init__.py``, and
a test.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from appliance.web.permission import Permission

if TYPE_CHECKING:
    from appliance.web.visit import Visit

Answer = Callable[["Visit"], Awaitable[Response]]
MOST_FORM_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """``needs`` has no default: a page without a declared permission cannot be written down.

    ``menu`` names the page in the menu of those who may see it (``N_("…")``). ``most_bytes`` bounds what may be sent
    to it; with ``upload`` that may be files, too. What is POSTed comes from a form of ours (:mod:`.csrf`),
    or does not come to the page at all. ``for_all``: the same for everybody, so it is not even looked who asks.
    """

    path: str
    answer: Answer
    needs: Permission
    methods: tuple[str, ...] = ("GET",)
    menu: str | None = None
    most_bytes: int = MOST_FORM_BYTES
    upload: bool = False
    for_all: bool = False
