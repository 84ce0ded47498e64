"""Mail to the configured server, one connection a mail; what went wrong is told apart: for good, or for now.

A refused recipient or message (5xx) is for good. What the person can mend without touching the mail is for now: a
wrong password, a sender that the server does not like, a server that is away or talks nonsense.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import aiosmtplib

from appliance.config.models import Smtp
from appliance.notify.mail import AddressError, Mail, address, composed, needs_utf8
from appliance.threads import in_daemon_thread

log = logging.getLogger(__name__)

CONNECT_WITHIN_S = 20.0
ANSWER_WITHIN_S = 60.0
MAIL_WITHIN_S = 300.0
GOODBYE_WITHIN_S = 3.0


class MailError(Exception):
    """The mail was not sent. ``final``: it never will be. ``server``: others would fare no better now."""

    def __init__(self, message: str, *, final: bool = False, server: bool = False) -> None:
        super().__init__(message)
        self.final = final
        self.server = server


class Mailer:
    """Sends through the server of ``[smtp]``, whose ``host`` is given. ``name`` is how we greet it."""

    def __init__(self, settings: Smtp, name: str = "hotline.invalid") -> None:
        self._settings = settings
        self._name = name
        self.sender = settings.sender or settings.username or ""

    async def send(self, mail: Mail) -> None:
        """Hand the mail over; the server has it on return. Raises :class:`MailError`."""
        try:
            raw, sender, receiver = composed(mail), address(mail.sender), address(mail.to)
        except AddressError as error:
            raise MailError(str(error), final=True) from None
        except (ValueError, LookupError) as error:
            raise MailError(f"the mail cannot be written ({type(error).__name__})", final=True) from None
        try:
            async with asyncio.timeout(MAIL_WITHIN_S):
                await self._hand_over(raw, sender, receiver)
        except TimeoutError:
            raise MailError("the mail server takes too long", server=True) from None

    async def _hand_over(self, raw: bytes, sender: str, receiver: str) -> None:
        settings = self._settings
        password, tls = await self._secrets()
        connection = await self._connected()
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            sock=connection,
            use_tls=settings.tls == "tls",
            start_tls=False,  # below, so that a server that does not offer it is told from one that is away
            tls_context=tls,
            local_hostname=self._name,
            timeout=ANSWER_WITHIN_S,
        )
        try:
            await self._greet(client, connection, password)
            utf8 = needs_utf8(sender, receiver)
            if utf8 and not client.supports_extension("smtputf8"):
                raise MailError("the mail server knows no addresses beyond ASCII (no SMTPUTF8)", final=True)
            await self._submit(client, raw, sender, receiver, utf8=utf8)
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=GOODBYE_WITHIN_S)  # the mail is taken, whatever is said now
        finally:
            client.close()

    async def _greet(self, client: aiosmtplib.SMTP, connection: socket.socket, password: str | None) -> None:
        settings = self._settings
        try:
            try:
                await client.connect()
            except BaseException:
                connection.close()  # later it is the client's to close
                raise
            await client.ehlo()
            if settings.tls == "starttls":
                await client.starttls()
            if settings.username is not None and password is not None:
                await client.login(settings.username, password)
        except aiosmtplib.SMTPAuthenticationError as error:
            raise MailError(f"the mail server does not take the password ({error.code})", server=True) from None
        except aiosmtplib.SMTPResponseException as error:
            raise MailError(f"the mail server refuses us ({error.code})", server=True) from None
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
            raise MailError(f"the mail server cannot be used: {_short(error)}", server=True) from None

    async def _submit(self, client: aiosmtplib.SMTP, raw: bytes, sender: str, receiver: str, *, utf8: bool) -> None:
        options, encoding = (["SMTPUTF8", "BODY=8BITMIME"], "utf-8") if utf8 else ([], "ascii")
        try:
            await client.mail(sender, options=options, encoding=encoding)
            await client.rcpt(receiver, encoding=encoding)
            await client.data(raw)
        except aiosmtplib.SMTPSenderRefused as error:
            raise MailError(f"the mail server refuses the sender {sender!r} ({error.code})", server=True) from None
        except aiosmtplib.SMTPRecipientRefused as error:
            raise MailError(
                f"the mail server refuses the recipient ({error.code})", final=500 <= error.code < 600
            ) from None
        except aiosmtplib.SMTPResponseException as error:
            raise MailError(
                f"the mail server refuses the mail ({error.code})", final=500 <= error.code < 600
            ) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailError(f"the mail server has gone: {_short(error)}", server=True) from None

    async def _connected(self) -> socket.socket:
        """A connection to the first address that answers; names are looked up off the loop and its executor."""
        host, port = self._settings.host or "", self._settings.port
        loop = asyncio.get_running_loop()
        why: Exception = OSError("no address")
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                found = await in_daemon_thread(
                    lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), "smtp name"
                )
                for family, kind, protocol, _, place in found:
                    connection = socket.socket(family, kind, protocol)
                    connection.setblocking(False)
                    try:
                        await loop.sock_connect(connection, place)
                    except OSError as error:
                        connection.close()
                        why = error
                    except BaseException:
                        connection.close()
                        raise
                    else:
                        return connection
        except TimeoutError:
            why = OSError(f"no connection within {CONNECT_WITHIN_S:g} s")
        except OSError as error:
            why = error
        raise MailError(f"the mail server {host} cannot be reached: {_short(why)}", server=True)

    async def _secrets(self) -> tuple[str | None, ssl.SSLContext | None]:
        """Password and certificates as they are now."""
        settings = self._settings

        def read() -> tuple[str | None, ssl.SSLContext | None]:
            password = _password(settings.password_file)
            return password, None if settings.tls == "none" else _context(settings.ca_file)

        return await in_daemon_thread(read, "smtp files")


def _password(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise MailError(f"password_file {file}: {error.strerror}", server=True) from None
    except UnicodeDecodeError:
        raise MailError(f"password_file {file}: is not UTF-8", server=True) from None


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise MailError(f"ca_file {ca_file}: {_short(error)}", server=True) from None


def _short(error: Exception) -> str:
    """What an error says, in one line without anything a server could have put into it at length."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200]
