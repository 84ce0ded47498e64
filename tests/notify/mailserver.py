"""A real SMTP server on loopback, with the habits a test gives it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Habits:
    """What the server does. ``once_*`` answers wear off; ``drop_*`` is how often it breaks off there."""

    once_rcpt: list[str] = field(default_factory=list)
    once_data: list[str] = field(default_factory=list)
    every_mail_from: str | None = None
    drop_after_data: int = 0
    drop_in_greeting: int = 0
    password: str | None = None
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    connections: int = 0
    secured: list[bool] = field(default_factory=list)


class _Server(SMTP):
    dies = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.dies:
            assert isinstance(transport, asyncio.Transport)
            transport.abort()


class _Handler:
    def __init__(self, habits: Habits) -> None:
        self.habits = habits

    async def handle_MAIL(  # noqa: N802  (the library's names)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.habits.every_mail_from:
            return self.habits.every_mail_from
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.habits.once_rcpt:
            return self.habits.once_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        habits = self.habits
        if habits.once_data:
            return habits.once_data.pop(0)
        assert isinstance(envelope.content, bytes)
        habits.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        habits.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        habits.secured.append(session.ssl is not None)
        if habits.drop_after_data:
            habits.drop_after_data -= 1
            assert server.transport is not None
            server.transport.abort()
        return "250 taken"


@contextlib.asynccontextmanager
async def mail_server(
    habits: Habits | None = None, *, tls: ssl.SSLContext | None = None, from_the_start: bool = False
) -> AsyncIterator[tuple[Habits, int]]:
    """The server's habits and port."""
    habits = habits or Habits()
    open_: list[Any] = []

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == (habits.password or "").encode()
        return AuthResult(success=right, handled=False)

    def protocol() -> Any:
        habits.connections += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that a password without TLS is unwise
            server = _Server(
                _Handler(habits),
                hostname="mail.test",
                enable_SMTPUTF8=True,
                tls_context=None if from_the_start else tls,
                require_starttls=tls is not None and not from_the_start,
                authenticator=authenticate if habits.password is not None else None,
                auth_required=habits.password is not None,
                auth_require_tls=False,
                timeout=60,
            )
        open_.append(server)
        server.dies = habits.drop_in_greeting > 0
        habits.drop_in_greeting -= server.dies
        return server

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if from_the_start else None)
    try:
        yield habits, listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for server in open_:
            if server.transport is not None:
                server.transport.abort()
        await listening.wait_closed()
        for _ in range(3):
            await asyncio.sleep(0)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context, and the file that clients trust it by."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", cert),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert
