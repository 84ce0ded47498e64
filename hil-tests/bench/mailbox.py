"""A real SMTP server on loopback that keeps what it is sent."""

from __future__ import annotations

import asyncio
import base64
import email
import time
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """``messages`` are in order of arrival: ``{"at", "from", "to", "subject", "text", "sounds"}``."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True, loop=loop), host, port)

    def close(self) -> None:
        """Stop listening."""
        if self._server:
            self._server.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Called by the server for each message."""
        del server, session
        content = envelope.content or b""
        message = email.message_from_bytes(
            content if isinstance(content, bytes) else content.encode(), policy=default
        )
        self.messages.append(
            {
                "at": time.time(),
                "from": envelope.mail_from,
                "to": list(envelope.rcpt_tos),
                "subject": str(message["subject"]),
                "text": _text(message),
                "sounds": _sounds(message),
            }
        )
        return "250 OK"


def _sounds(message: Message) -> dict[str, str]:
    """Attached WAV files by name, each in base64: what this tells travels as JSON."""
    return {
        part.get_filename() or "": base64.b64encode(bytes(part.get_payload(decode=True))).decode()
        for part in message.walk()
        if part.get_content_type() == "audio/wav"
    }


def _text(message: Message) -> str:
    body = message.get_body(("plain",)) if hasattr(message, "get_body") else None
    return body.get_content() if body is not None else str(message.get_payload())
