"""SIP OPTIONS over TCP and TLS, on a connection that is kept from probe to probe."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection
from pathlib import Path
from typing import cast

from appliance.domain.endpoints import SipEndpoint, Transport
from appliance.domain.health import Target
from appliance.domain.phrase import phrase
from appliance.probes.addresses import Addresses
from appliance.probes.prober import Answer, BaseProber, Question, Read
from appliance.probes.sip import OptionsQuestions
from appliance.probes.sip_framing import FramingError, StreamFramer
from appliance.probes.tcp import connect
from appliance.probes.words import (
    MissError,
    no_address_of,
    no_answer,
    no_authorities,
    no_connection,
    no_handshake,
)
from appliance.threads import in_daemon_thread


class Connection(asyncio.Protocol):
    """One SIP stream. Closed by the peer, or not SIP at all: then whoever waits gets a :class:`MissError`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self.local = ("", 0)
        self._read: Read | None = None
        self._answered: asyncio.Future[tuple[bool, str]] | None = None
        self._lost: asyncio.Future[None] = self._loop.create_future()

    async def ask(self, question: Question) -> Answer:
        """Send the question once (the stream repeats what is lost), await its answer. Raises :class:`MissError`."""
        if self._transport is None or self._transport.is_closing():
            raise MissError(phrase("connection closed by the other end"))
        started = self._loop.time()
        self._answered = self._loop.create_future()
        self._read = question.read
        try:
            self._transport.write(question.payload)
            ok, detail = await self._answered
        finally:
            self._answered = self._read = None
        return Answer(ok, detail, self._loop.time() - started)

    def abort(self) -> None:
        """Close without a farewell: a peer that does not answer does not answer a TLS close_notify either."""
        if self._transport is not None:
            self._transport.abort()

    async def closed(self) -> None:
        """Return when the socket is gone, soon after :meth:`abort`."""
        await self._lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the stream is open, TLS included."""
        self._transport = cast(asyncio.Transport, transport)
        host, port, *_ = transport.get_extra_info("sockname")
        self.local = host, port  # kept, since a lost TLS transport forgets it

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        try:
            messages = self._framer.feed(data)
        except FramingError as error:
            self._fail(MissError(str(error)))
            self.abort()
            return
        for message in messages:
            verdict = None if self._read is None else self._read(message)
            if verdict is not None and self._answered is not None and not self._answered.done():
                self._answered.set_result(verdict)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the stream is gone."""
        gone = phrase("connection closed by the other end") if exc is None else phrase("connection reset")
        self._fail(MissError(gone))
        if not self._lost.done():
            self._lost.set_result(None)

    def _fail(self, miss: MissError) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(miss)


class SipStreamProber(BaseProber):
    """OPTIONS over TCP or TLS.

    ``ca_file`` is whom to trust instead of the system's authorities; ``verify=False`` trusts anyone. The certificate
    has to name the host as configured.
    """

    def __init__(
        self,
        target: Target,
        endpoint: SipEndpoint,
        failure_codes: Collection[int],
        ca_file: Path | None = None,
        verify: bool = True,
    ) -> None:
        super().__init__(target)
        self._endpoint = endpoint
        self._questions = OptionsQuestions(endpoint, failure_codes)
        self._addresses = Addresses(endpoint.host, endpoint.port)
        self._ca_file = ca_file
        self._verify = verify
        self._trust: ssl.SSLContext | None = None
        self._connection: Connection | None = None

    async def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()
            await connection.closed()

    async def _ask(self, timeout_s: float) -> Answer:
        if self._connection is not None:
            try:
                return await self._ask_over(self._connection)
            except MissError:
                # closed between or during probes, as idle connections are: whether the target lives, a new one tells
                self._drop()
        self._connection = await self._connect()
        return await self._ask_over(self._connection)

    async def _ask_over(self, connection: Connection) -> Answer:
        self._late = no_answer
        answer = await connection.ask(self._questions.next(connection.local))
        self._addresses.answered()
        return answer

    async def _connect(self) -> Connection:
        self._late = no_address_of(self._endpoint.host)
        place = await self._addresses.current()
        trust = await self._trusted()
        self._late = no_connection
        stream = await connect(place)
        self._late = no_handshake if trust else no_connection
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection, sock=stream, ssl=trust, server_hostname=self._endpoint.host if trust else None
            )
        except ssl.SSLError:
            self._trust = None  # read anew next time: the authorities' file may be what gets mended
            raise
        return connection

    async def _trusted(self) -> ssl.SSLContext | None:
        if self._endpoint.transport is not Transport.TLS:
            return None
        if self._trust is None:
            self._late = no_authorities
            self._trust = await in_daemon_thread(self._read_trust, "probe-helper")
        return self._trust

    def _read_trust(self) -> ssl.SSLContext:
        try:
            trust = ssl.create_default_context(cafile=self._ca_file)
        except OSError as error:
            raise MissError(
                phrase(
                    "CA file {file} cannot be used: {why}", file=str(self._ca_file), why=error.strerror or str(error)
                )
            ) from error
        if not self._verify:
            trust.check_hostname = False
            trust.verify_mode = ssl.CERT_NONE
        return trust

    def _start_over(self) -> None:
        self._drop()
        self._addresses.missed()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._connection = None
