"""Asterisk's REST interface (ARI): commands over HTTP, events over a websocket that is made again for ever.

Every channel, bridge, playback and snoop gets an id of ours. So a command whose answer was lost can be given again:
"already exists" means that it was done, and ending what is not there is done as well. Connections are bounded, since
Asterisk's HTTP server refuses those above its ``sessionlimit``.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

from appliance.asterisk.events import AriEvent, read

MOST_CONNECTIONS = 24
REQUEST_WITHIN_S = 5.0
PING_EVERY_S = 10.0
LARGEST_EVENT_BYTES = 4 * 1024 * 1024
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
STEADY_S = 10.0  # a connection that lasted so long was a good one
# nobody here asks for them, and they are half of all there are: each costs both sides a document
UNWANTED = (
    "ApplicationMoveFailed",
    "ApplicationReplaced",
    "BridgeCreated",
    "BridgeDestroyed",
    "BridgeMerged",
    "BridgeVideoSourceChanged",
    "ChannelConnectedLine",
    "ChannelCreated",
    "ChannelDialplan",
    "ChannelEnteredBridge",
    "ChannelHold",
    "ChannelLeftBridge",
    "ChannelTalkingFinished",
    "ChannelTalkingStarted",
    "ChannelUnhold",
    "ChannelUserevent",
    "ChannelVarset",
    "DeviceStateChanged",
    "PlaybackStarted",
    "PlaybackContinuing",
    "RecordingStarted",
)
_GONE = frozenset({404, 410})
_DONE_ALREADY = frozenset({409})

_log = logging.getLogger(__name__)


class AriError(Exception):
    """Asterisk refused a command: ``status`` is HTTP's, 0 where it could not be reached at all."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}" if status else message)
        self.status, self.message = status, message

    @property
    def unreachable(self) -> bool:
        """Whether no Asterisk answered."""
        return self.status == 0


class Ari:
    """One Asterisk. Use it as an asynchronous context manager; :meth:`run` keeps its events coming."""

    def __init__(self, url: str, user: str, password: str, app: str) -> None:
        self._url, self.app = url.rstrip("/") + "/ari", app
        proof = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {proof}"}  # never in the URL, which errors and logs repeat
        self._session: aiohttp.ClientSession
        self._doubt: asyncio.Event | None = None  # of the connection there is
        self.connected = False

    async def __aenter__(self) -> Ari:
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=REQUEST_WITHIN_S),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def run(
        self,
        on_event: Callable[[AriEvent], None],
        on_connected: Callable[[], Awaitable[None]],
        on_lost: Callable[[], None],
    ) -> None:
        """Hand on events until cancelled. ``on_connected`` runs beside the stream after each connection is made,
        ``on_lost`` once it is lost: what happened in between must be asked for.

        A command that got no answer costs the connection, too: nobody knows what became of it, so everything is
        asked for anew."""
        pause, told = FIRST_PAUSE_S, ""
        while True:
            try:
                async with self._session.ws_connect(
                    f"{self._url}/events",
                    params={"app": self.app},
                    heartbeat=PING_EVERY_S,
                    max_msg_size=LARGEST_EVENT_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                ) as stream:
                    told = ""
                    began = asyncio.get_running_loop().time()
                    self.connected = True
                    doubt = self._doubt = asyncio.Event()
                    await self._listen(stream, doubt, on_event, on_connected)
                    why = "Asterisk closed the event stream"
                    if doubt.is_set():
                        why = "a command got no answer"
                    if asyncio.get_running_loop().time() - began > STEADY_S:
                        pause = FIRST_PAUSE_S
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                why = _words(error)
            finally:
                self._doubt = None
                if self.connected:
                    self.connected = False
                    on_lost()
            if why != told:  # an Asterisk that is away for a week must not fill the log
                _log.warning("ARI: not connected: %s", why)
                told = why
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 1.6, LONGEST_PAUSE_S)

    async def _listen(
        self,
        stream: aiohttp.ClientWebSocketResponse,
        doubt: asyncio.Event,
        on_event: Callable[[AriEvent], None],
        on_connected: Callable[[], Awaitable[None]],
    ) -> None:
        jobs = (
            asyncio.create_task(_greet(self._after_connecting(on_connected), doubt), name="ari connected"),
            asyncio.create_task(_close_in(doubt, stream), name="ari doubt"),
        )
        try:
            async for message in stream:
                if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    continue
                event = read(message.data)
                if event is None:
                    continue
                try:
                    on_event(event)
                except Exception:  # one event must not cost the next
                    _log.exception("ARI: event %s was not dealt with", event.type)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    async def _after_connecting(self, on_connected: Callable[[], Awaitable[None]]) -> None:
        unwanted = {"disallowed": [{"type": type_} for type_ in UNWANTED]}
        try:
            await self.put(f"applications/{segment(self.app)}/eventFilter", unwanted)
        except AriError as error:
            if error.unreachable:
                raise
            _log.info("ARI: all events are told: %s", error)  # of a release that cannot leave any out
        await on_connected()

    async def get(self, path: str, **params: str) -> Any:
        """Read something. Raises :class:`AriError`."""
        return await self._request("GET", path, params)

    async def post(self, path: str, body: Mapping[str, Any] | None = None, /, **params: str | int) -> Any:
        """Do something. What is there already counts as done. Raises :class:`AriError`."""
        return await self._request("POST", path, params, body)

    async def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Write something whole. Raises :class:`AriError`."""
        return await self._request("PUT", path, {}, body)

    async def delete(self, path: str, **params: str | int) -> None:
        """End something; what is not there is ended. Raises :class:`AriError`."""
        try:
            await self._request("DELETE", path, params)
        except AriError as error:
            if error.status not in _GONE:
                raise

    async def _request(
        self, method: str, path: str, params: Mapping[str, str | int], body: Mapping[str, Any] | None = None
    ) -> Any:
        doubt = self._doubt
        try:
            return await self._twice(method, path, params, body)
        except AriError as error:
            if error.unreachable and doubt is not None:
                doubt.set()
            raise

    async def _twice(
        self, method: str, path: str, params: Mapping[str, str | int], body: Mapping[str, Any] | None
    ) -> Any:
        try:
            return await self._once(method, path, params, body)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            pass  # a kept connection that Asterisk had closed: whether the command arrived, nobody knows
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AriError(0, f"{method} {path}: {_words(error)}") from None
        try:
            return await self._once(method, path, params, body)
        except AriError as error:
            if method == "POST" and error.status in _DONE_ALREADY:
                return None  # the first one had arrived
            raise
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AriError(0, f"{method} {path}: {_words(error)}") from None

    async def _once(
        self, method: str, path: str, params: Mapping[str, str | int], body: Mapping[str, Any] | None
    ) -> Any:
        async with self._session.request(method, f"{self._url}/{path}", params=params, json=body) as response:
            text = await response.text(errors="replace")
            if response.status < 300:
                return _document(text)
            document = _document(text)
            said = document.get("message") if isinstance(document, dict) else None
            raise AriError(response.status, f"{method} {path}: {said or response.reason or 'refused'}")


def segment(id_: str) -> str:
    """An id as a part of a path: other people's channel ids may hold anything."""
    return quote(id_, safe="")


async def _greet(job: Awaitable[None], doubt: asyncio.Event) -> None:
    """What must be done after connecting; where it fails, the connection is made anew, and it is tried again."""
    try:
        await job
        return
    except AriError as error:
        _log.warning("ARI: after connecting: %s", error)
    except Exception:
        _log.exception("ARI: after connecting")
    doubt.set()


async def _close_in(doubt: asyncio.Event, stream: aiohttp.ClientWebSocketResponse) -> None:
    await doubt.wait()
    await stream.close()


def _document(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _words(error: Exception) -> str:
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return f"Asterisk refused the event stream with {error.status}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
