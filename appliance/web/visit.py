"""One request of one person: who it is, what they may, in which language, and how to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from appliance.translation import _, speaking
from appliance.web import csrf, languages
from appliance.web.accounts.models import Account, Session
from appliance.web.desk import Desk
from appliance.web.languages import Formats
from appliance.web.page import Page
from appliance.web.permission import Permission, Role, may


@dataclass(slots=True)
class Visit:
    """``form`` holds the fields of a POST, its token checked already, and ``files`` what was uploaded with it."""

    desk: Desk
    page: Page
    request: Request
    session: Session | None
    formats: Formats
    csrf_secret: bytes
    menu: Sequence[Page]
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, UploadFile] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def account(self) -> Account:
        """Who it is, on pages that are not public."""
        assert self.session is not None
        return self.session.account

    @property
    def role(self) -> Role | None:
        """What they are; ``None`` where nobody has signed in."""
        return None if self.session is None else self.session.account.role

    @property
    def address(self) -> str:
        """Where they come from."""
        return self.request.client.host if self.request.client is not None else "?"

    def may(self, needed: Permission | str) -> bool:
        """Whether they may: for what a page shows only some."""
        return may(self.role, Permission(needed))

    def role_word(self, role: Role | str) -> str:
        """The role as it is shown."""
        return {
            Role.ADMINISTRATOR: _("administrator"),
            Role.SUPERVISOR: _("supervisor"),
            Role.TECHNICIAN: _("technician"),
        }[Role(role)]

    def moment_of(self, unix: float) -> str:
        """Unix seconds as this person reads times."""
        return self.formats.moment(datetime.fromtimestamp(unix, UTC), now=self.now)

    def query(self, name: str, default: str = "") -> str:
        """A parameter of the address."""
        return self.request.query_params.get(name, default)

    def html(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A whole page, or a fragment where the template is one."""
        return HTMLResponse(self.rendered(template, **values), status_code=status)

    def speaking(self) -> AbstractContextManager[None]:
        """Let words be in this visitor's language, also where a stream makes them long after the request."""
        return speaking(languages.catalogue(self.formats.language), self.formats.number)

    def rendered(self, template: str, **values: Any) -> str:
        """The text of a template with all that every template knows."""
        known = {
            "visit": self,
            "formats": self.formats,
            "now": self.now,
            "csrf_token": lambda: csrf.token(self.csrf_secret),
        }
        with self.speaking():
            return self.desk.renderer.html(template, known | values)

    def go(self, path: str) -> Response:
        """See another page next (after a form was dealt with)."""
        return RedirectResponse(path, status_code=303)

    async def note(self, action: str, subject: str | None = None, detail: str | None = None) -> None:
        """Keep in the audit log that this person did it; durable before anything is answered."""
        name = None if self.session is None else self.session.account.name
        await self.desk.accounts.note(action, account=name, address=self.address, subject=subject, detail=detail)
