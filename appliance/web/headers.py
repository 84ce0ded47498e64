"""Headers of every response: nothing from elsewhere, nothing inline, nothing kept by whoever stands between. Pure."""

from __future__ import annotations

from collections.abc import Mapping

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def security_headers(*, strict: bool) -> Mapping[str, str]:
    """What is the same for all. ``strict``: browsers insist on TLS from now on, and let nobody pass a warning; for
    certificates that they trust, since a box with one of its own must stay within reach."""
    always = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    return always | ({"Strict-Transport-Security": "max-age=31536000"} if strict else {})
