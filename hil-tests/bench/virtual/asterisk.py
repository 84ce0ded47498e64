"""An Asterisk with ARI in virtual time: channels, bridges, playbacks, and events for whoever is connected.

It goes on while no exchange is: telephones ring, people hang up. What it does not know is an error. ``before`` and
``after`` are called around each command; what they raise reaches the exchange instead of the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from bench.virtual.telephones import Manner, Ring, Telephones

COMMAND_S = 0.002
SOUND_S = 1.0  # every sound takes so long
KEY_WANTED = frozenset({"accept-call", "callback-hello-keys"})  # sounds that ask whoever picked up for a key
NORMAL, NO_ANSWER = 16, 19
Hook = Callable[[str], None]


@dataclass(slots=True)
class Channel:
    """One channel. ``ring`` is the telephone's side where it was dialled; ``played`` is every sound begun."""

    id: str
    endpoint: str
    number: str
    state: str = "Down"
    app_data: str = "hotline"
    in_app: bool = True
    variables: dict[str, str] = field(default_factory=dict)
    manner: Manner = field(default_factory=Manner)
    ring: Ring | None = None
    bridge: str | None = None
    music: bool = False
    played: list[str] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    began_at: float = 0.0
    ended_at: float | None = None
    joined_at: float | None = None  # last connected with somebody
    over: asyncio.Event = field(default_factory=asyncio.Event)
    cause: int | None = None


class VirtualAsterisk:
    """``wall`` gives the time of day. Connect by :meth:`connect`."""

    def __init__(self, telephones: Telephones, wall: Callable[[], datetime]) -> None:
        self.telephones, self._wall = telephones, wall
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, set[str]] = {}
        self._playbacks: dict[str, tuple[str, asyncio.Task[None]]] = {}
        self._connection: VirtualAri | None = None
        self._started = wall()
        self.commands: list[str] = []
        self.before: Hook = lambda _: None
        self.after: Hook = lambda _: None

    def connect(self) -> VirtualAri:
        """A connection of a new exchange; the one before hears nothing any more, and its commands arrive nowhere."""
        if self._connection is not None:
            self._connection.cut()
        self._connection = VirtualAri(self)
        return self._connection

    def restart(self) -> None:
        """Every call is cut; whoever is connected learns of it by the connection's end."""
        for channel in [*self.channels.values()]:
            self.end(channel.id, NORMAL)
        self.bridges.clear()
        self._started = self._wall()
        if self._connection is not None:
            self._connection.lose()

    def call_in(self, id_: str, caller: str, called: str, trunk: str = "trunk-a") -> Channel:
        """A customer calls."""
        channel = Channel(id_, f"PJSIP/{trunk}", caller, "Ring", f"hotline,in,{called},{trunk}")
        channel.began_at = asyncio.get_running_loop().time()
        self.channels[id_] = channel
        self.tell("StasisStart", channel, args=["in", called, trunk])
        return channel

    def press(self, id_: str, keys: str) -> None:
        """Whoever is on the channel presses keys."""
        for key in keys:
            if id_ in self.channels:
                self.tell("ChannelDtmfReceived", self.channels[id_], digit=key)

    def hang_up(self, id_: str) -> None:
        """Whoever is on the channel hangs up."""
        if id_ in self.channels:
            self.tell("ChannelHangupRequest", self.channels[id_])
            self.end(id_, NORMAL)

    def tell(self, type_: str, channel: Channel, **more: Any) -> None:
        """An event, for whoever is connected."""
        if self._connection is not None:
            data = {"type": type_, "channel": self.shown(channel), **more}
            self._connection.hear(AriEvent(type_, channel.id, data))

    def shown(self, channel: Channel) -> dict[str, Any]:
        """The channel as ARI writes it."""
        return {
            "id": channel.id,
            "name": f"{channel.endpoint}-00000001",
            "state": channel.state,
            "caller": {"name": "", "number": channel.number},
            "caller_rdnis": "",
            "dialplan": {"app_name": "Stasis" if channel.in_app else "Dial", "app_data": channel.app_data},
        }

    def end(self, id_: str, cause: int) -> None:
        """A channel ends."""
        channel = self.channels.pop(id_, None)
        if channel is None:
            return
        if channel.bridge is not None:
            self._leave(channel)
        for playback, (of, task) in [*self._playbacks.items()]:
            if of == id_:
                task.cancel()
                del self._playbacks[playback]
        for task in channel.tasks - {asyncio.current_task()}:
            task.cancel()
        now = asyncio.get_running_loop().time()
        if channel.ring is not None:
            channel.ring.ended_at, channel.ring.cause = now, cause
        channel.cause, channel.ended_at = cause, now
        channel.over.set()
        if channel.in_app:
            self.tell("StasisEnd", channel)
        self.tell("ChannelDestroyed", channel, cause=cause)

    def info(self) -> dict[str, Any]:
        """What ``asterisk/info`` says."""
        return {"system": {"version": "22"}, "status": {"startup_time": self._started.astimezone(UTC).isoformat()}}

    def do(self, method: str, path: str, params: Mapping[str, Any], body: Mapping[str, Any] | None) -> Any:
        """Carry a command out. Raises :class:`AriError`."""
        parts = [unquote(part) for part in path.split("/")]
        if (method, path) == ("POST", "channels/create"):
            return self._create(params["channelId"], params["endpoint"], dict((body or {}).get("variables", {})))
        if (method, path) == ("GET", "channels"):
            return [self.shown(channel) for channel in self.channels.values()]
        if (method, path) == ("GET", "bridges"):
            return [{"id": id_, "channels": sorted(of)} for id_, of in self.bridges.items()]
        if (method, path) == ("GET", "asterisk/info"):
            return self.info()
        if parts[0] == "bridges":
            return self._bridge(method, parts[1], parts[2] if len(parts) > 2 else "", params)
        if method == "DELETE" and parts[0] == "playbacks":
            return self._stop(parts[1])
        if parts[0] == "channels":
            return self._channel(method, self._there(parts[1]), parts[2:], params)
        raise AssertionError(f"this Asterisk knows no {method} {path}")

    def _there(self, id_: str) -> Channel:
        if id_ not in self.channels:
            raise AriError(404, f"no channel {id_}")
        return self.channels[id_]

    def _create(self, id_: str, endpoint: str, variables: dict[str, str]) -> None:
        if id_ in self.channels:
            raise AriError(409, "the id is taken")
        number = endpoint.removeprefix("PJSIP/").partition("@")[0]
        channel = self.channels[id_] = Channel(id_, endpoint, number, variables=variables)
        self._later(channel, 0.001, lambda: self.tell("StasisStart", channel, args=[]))

    def _channel(self, method: str, channel: Channel, parts: list[str], params: Mapping[str, Any]) -> Any:
        what = (method, parts[0] if parts else "")
        if what == ("DELETE", ""):
            return self.end(channel.id, int(params.get("reason_code", NORMAL)))
        if what == ("POST", "dial"):
            return self._dial(channel, float(params["timeout"]))
        if what == ("POST", "answer"):
            channel.state = "Up"
        elif what in (("POST", "moh"), ("DELETE", "moh")):
            channel.music = method == "POST"
        elif what in (("POST", "ring"), ("DELETE", "ring"), ("POST", "progress")):
            pass
        elif what == ("POST", "play"):
            self._play(channel, parts[1], [one.removeprefix("sound:") for one in str(params["media"]).split(",")])
        elif what == ("POST", "variable"):
            channel.variables[params["variable"]] = params["value"]
        elif what == ("GET", "variable"):
            return {"value": channel.variables.get(params["variable"], "")}
        elif what == ("POST", "continue"):
            channel.in_app = False
            self.tell("StasisEnd", channel)
        else:
            raise AssertionError(f"this Asterisk knows no {method} channels/…/{'/'.join(parts)}")
        return None

    def _dial(self, channel: Channel, timeout_s: float) -> None:
        if channel.ring is not None:
            raise AriError(409, "dialled already")
        loop = asyncio.get_running_loop()
        channel.manner = self.telephones.manner(channel.number)
        channel.ring = Ring(channel.number, channel.id, loop.time())
        self.telephones.rings.append(channel.ring)
        self._spawn(channel, self._act(channel, channel.ring, timeout_s))

    async def _act(self, channel: Channel, ring: Ring, timeout_s: float) -> None:
        manner, loop = channel.manner, asyncio.get_running_loop()
        await asyncio.sleep(0.05)
        if manner.refuses is not None:
            self.end(channel.id, manner.refuses)
            return
        channel.state, ring.rang_at = "Ringing", loop.time()
        self.tell("ChannelStateChange", channel)
        if manner.answers_after_s is None or manner.answers_after_s >= timeout_s:
            await asyncio.sleep(timeout_s)
            self.end(channel.id, NO_ANSWER)
            return
        await asyncio.sleep(manner.answers_after_s)
        channel.state, ring.answered_at = "Up", loop.time()
        self.tell("ChannelStateChange", channel)
        await asyncio.sleep(manner.patience_s)
        while channel.bridge is not None:  # noqa: ASYNC110 - a person looks up now and then
            await asyncio.sleep(manner.patience_s)
        self.hang_up(channel.id)

    def _play(self, channel: Channel, playback: str, sounds: list[str]) -> None:
        if playback in self._playbacks:
            raise AriError(409, "the playback is taken")
        channel.played += sounds

        async def play() -> None:
            await asyncio.sleep(SOUND_S * len(sounds))
            self._playbacks.pop(playback, None)
            self._played(channel, playback)

        self.telephones.heard += [(channel.number, sound) for sound in sounds]
        self._playbacks[playback] = channel.id, self._spawn(channel, play())
        if channel.ring is not None and channel.manner.presses and not KEY_WANTED.isdisjoint(sounds):
            self._later(channel, SOUND_S, lambda: self.press(channel.id, channel.manner.presses))

    def _played(self, channel: Channel, playback: str) -> None:
        said = {"id": playback, "target_uri": f"channel:{channel.id}", "state": "done"}
        if self._connection is not None:
            self._connection.hear(AriEvent("PlaybackFinished", channel.id, {"playback": said}))

    def _stop(self, playback: str) -> None:
        if playback not in self._playbacks:
            raise AriError(404, f"no playback {playback}")
        of, task = self._playbacks.pop(playback)
        task.cancel()
        self._played(self.channels[of], playback)

    def _bridge(self, method: str, id_: str, what: str, params: Mapping[str, Any]) -> None:
        if method == "POST" and not what:
            if id_ in self.bridges:
                raise AriError(409, "the bridge is there")
            self.bridges[id_] = set()
            return
        if id_ not in self.bridges:
            raise AriError(404, f"no bridge {id_}")
        if method == "DELETE":
            for one in [*self.bridges[id_]]:
                self._leave(self.channels[one])
            del self.bridges[id_]
        elif what == "addChannel":
            self._join(id_, self._there(params["channel"]))
        elif what == "removeChannel":
            self._leave(self._there(params["channel"]))
        else:
            raise AssertionError(f"this Asterisk knows no {method} bridges/…/{what}")

    def _join(self, id_: str, channel: Channel) -> None:
        if not channel.in_app:
            raise AriError(422, "the channel is not in the application")
        if channel.bridge is not None:
            self._leave(channel)
        channel.bridge, channel.music = id_, False
        self.bridges[id_].add(channel.id)
        together = [self.channels[one] for one in self.bridges[id_]]
        if len(together) < 2:
            return
        for one in together:
            one.joined_at = asyncio.get_running_loop().time()
            if one.ring is not None:
                one.ring.joined_at = one.joined_at
                one.ring.with_ += [other.number for other in together if other is not one]
                if one.manner.talks_s is not None:
                    self._later(one, one.manner.talks_s, lambda one=one: self._talked(one, id_))  # type: ignore[misc]

    def _talked(self, channel: Channel, bridge: str) -> None:
        if channel.bridge == bridge and len(self.bridges.get(bridge, ())) > 1:
            self.hang_up(channel.id)

    def _leave(self, channel: Channel) -> None:
        if channel.bridge is not None:
            self.bridges[channel.bridge].discard(channel.id)
            channel.bridge = None

    def _later(self, channel: Channel, after_s: float, job: Callable[[], None]) -> None:
        async def do() -> None:
            await asyncio.sleep(after_s)
            if channel.id in self.channels:
                job()

        self._spawn(channel, do())

    def _spawn(self, channel: Channel, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work, name=f"virtual {channel.id}")
        channel.tasks.add(task)
        task.add_done_callback(channel.tasks.discard)
        return task


class VirtualAri:
    """One exchange's connection; as :class:`appliance.asterisk.ari.Ari`."""

    app = "hotline"

    def __init__(self, asterisk: VirtualAsterisk) -> None:
        self._asterisk = asterisk
        self._events: asyncio.Queue[AriEvent | None] = asyncio.Queue()
        self.connected = False
        self._alive = True

    def cut(self) -> None:
        """The exchange of this connection is dead."""
        self._alive = False

    def lose(self) -> None:
        """The connection is lost, and made again."""
        self._events.put_nowait(None)

    def hear(self, event: AriEvent) -> None:
        """An event."""
        if self._alive and self.connected:
            self._events.put_nowait(event)

    async def run(
        self,
        on_event: Callable[[AriEvent], None],
        on_connected: Callable[[], Awaitable[None]],
        on_lost: Callable[[], None],
    ) -> None:
        """Hand on events until cancelled."""
        while True:
            self._events = asyncio.Queue()
            self.connected = True
            greeting = asyncio.create_task(_awaited(on_connected), name="connected")
            try:
                while (event := await self._events.get()) is not None:
                    on_event(event)
            finally:
                greeting.cancel()
                await asyncio.gather(greeting, return_exceptions=True)
                self.connected = False
                on_lost()
            await asyncio.sleep(0.1)

    async def get(self, path: str, **params: str) -> Any:
        """Read something."""
        return await self._do("GET", path, params, None)

    async def post(self, path: str, body: Mapping[str, Any] | None = None, /, **params: str | int) -> Any:
        """Do something."""
        return await self._do("POST", path, params, body)

    async def delete(self, path: str, **params: str | int) -> None:
        """End something; what is not there is ended."""
        try:
            await self._do("DELETE", path, params, None)
        except AriError as error:
            if error.status != 404:
                raise

    async def _do(self, method: str, path: str, params: Mapping[str, Any], body: Mapping[str, Any] | None) -> Any:
        self._must_live()
        command = f"{method} {path}"
        await asyncio.sleep(COMMAND_S)
        if method != "GET":
            self._asterisk.before(command)
        self._must_live()
        if method != "GET":
            self._asterisk.commands.append(command)
        answer = self._asterisk.do(method, path, params, body)
        if method != "GET":
            self._asterisk.after(command)
        self._must_live()
        return answer

    def _must_live(self) -> None:
        if not self._alive:
            raise AriError(0, "this exchange is dead")


async def _awaited(job: Callable[[], Awaitable[None]]) -> None:
    await job()
