"""The two cookies: ``__Host-`` names, which no other host or path can set (RFC 6265bis §4.1.3.2)."""

from __future__ import annotations

from typing import Literal

from starlette.responses import Response

SESSION_COOKIE = "__Host-hotline"
FORM_COOKIE = "__Host-hotline-form"


def set_session(response: Response, token: str, longest_s: float) -> None:
    """The session's token; the server knows when it is over, a telephone keeps it until then.

    Lax, so that a link in a message leads to the page and not to the sign-in; forms have tokens of their own.
    """
    _set(response, SESSION_COOKIE, token, max_age=int(longest_s), samesite="lax")


def set_form(response: Response, secret: bytes) -> None:
    """The secret of forms before anybody has signed in."""
    _set(response, FORM_COOKIE, secret.hex())


def clear(response: Response) -> None:
    """The session is over."""
    _set(response, SESSION_COOKIE, "", max_age=0)


def _set(
    response: Response,
    name: str,
    value: str,
    max_age: int | None = None,
    samesite: Literal["lax", "strict"] = "strict",
) -> None:
    response.set_cookie(name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite=samesite)
