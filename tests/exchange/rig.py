"""A real Asterisk as rendered, telephones behind both trunks, and the exchange's calls in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.asterisk.accounts import Accounts
from appliance.asterisk.ari import Ari
from appliance.calls.log import CallLog
from appliance.calls.queries import CallQuery
from appliance.domain.calls import CallRecord
from appliance.exchange.archive import Archive
from appliance.exchange.asterisk_database import AsteriskDatabase
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.hub import Hub
from appliance.exchange.mailbox.files import MessageFiles
from appliance.exchange.mailbox.store import VoicemailStore
from appliance.exchange.mailbox.voicemail import Voicemail
from appliance.exchange.route import OnDuty
from appliance.exchange.speaking import Speaking
from appliance.exchange.variables import Variables
from appliance.notify.notice_store import Letter
from appliance.queueing.callback_store import CallbackStore
from appliance.queueing.presence import ALL, Word, Words, said
from appliance.recordings.entry import Recording, State
from appliance.roster.models import Roster
from appliance.screening.listening import Listener
from bench.addresses import Subnet, claim_subnet
from bench.broker import MQTT_PORT, Broker
from bench.phones import audio
from bench.phones.behaviour import Behaviour
from bench.phones.call import Call as PhoneCall
from bench.phones.handsets import Handsets, Record
from bench.phones.sounds import Sounds, make_share, sine
from bench.phones.talkers import Talkers
from bench.programs import find_program
from bench.shims import keep_what_is_spoken, make_shims, on_path
from tests.asterisk.world import TRUNK_A, TRUNK_B, RealAsterisk
from tests.prompts.sound import tone

SERVICE = "+420226000100"
TECH = "+420777000111"
ANNA, BORIS, CYRIL = "+420777000113", "+420777000114", "+420777000115"
PEOPLE = {TECH: "tech-1", ANNA: "anna", BORIS: "boris", CYRIL: "cyril"}
DESKS = {"anna-desk": "cyril"}  # a phone of our own, with another voice
OFFICE, BROKER = 77, 41
OWN_HZ = {"question": 2200, "question-2": 2320, "information": 2440}  # imported sounds, see Rig.own
HZ = {
    **OWN_HZ,
    "tech-1": 940,
    "anna": 1040,
    "boris": 1140,
    "cyril": 1240,
    "customer-1": 600,
    "customer-2": 700,
    "ringing": 425,
    "music": 500,
}


class Tones(Sounds):
    """Tones are not speech, so these phones are rung without screening."""

    def __init__(self) -> None:
        self._frames = {"hello": audio.frames(sine(2000, 0.2)), "unavailable": audio.frames(sine(1800, 3.0))}


async def spoken(folder: Path) -> Sounds:
    """What people and machines say."""
    sounds = Sounds(find_program("espeak-ng"), folder / "sounds")
    await sounds.make()
    return sounds


def roster(**group: Any) -> Roster:
    people = [
        {"id": name, "name": name.title(), "mobile": number, "ring": ["mobile"]} for number, name in PEOPLE.items()
    ]
    team = {"id": "team", "name": "Team", "members": ["anna", "boris", "cyril"], "screening": "off", "ring_s": 10}
    line = {"id": "service", "name": "Service", "open": ["group:team"], "closed": ["group:team"]}
    return Roster.model_validate(
        {
            "revision": 1,
            "duty": {"default": "tech-1"},
            "person": people,
            "group": [team | group],
            "line": [line],
        }
    )


class Mind:
    """Remembers, as the journal does."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    async def remember(self, key: str, value: Any) -> bool:
        self.kept[key] = value
        return True

    async def recall(self, key: str) -> Any:
        return self.kept.get(key)


@dataclass
class Said:
    """What stands: changed by tests at will."""

    roster: Roster
    duty: OnDuty = field(default_factory=OnDuty)
    words: Words = field(default_factory=dict)  # what agents said of themselves

    async def say(self, person: str, word: Word, queue: str = ALL) -> None:
        self.words = said(self.words, person, queue, word)


@dataclass
class Rig:
    asterisk: RealAsterisk
    phones: Handsets
    phones_b: Handsets
    desk: Handsets
    talkers: Talkers
    said: Said
    log: CallLog
    ears: Listener
    database: AsteriskDatabase
    speaking: Speaking
    archive: Archive
    told: list[tuple[str, dict[str, Any]]]
    voicemail: Voicemail
    full: asyncio.Event  # the disk is
    wishes: CallbackStore
    letters: list[Letter] = field(default_factory=list)  # what went to the outbox of mail
    hub: Hub | None = None
    callbacks: CallbackDesk | None = None
    _task: asyncio.Task[None] | None = None
    _ari: Ari | None = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """The exchange, as after a crash."""
        self.connected.clear()
        self._task = asyncio.create_task(self._serve(), name="exchange under test")
        waiting = asyncio.ensure_future(self.connected.wait())
        await asyncio.wait({self._task, waiting}, timeout=90, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task.done():
            self._task.result()
        assert self.connected.is_set()

    async def _serve(self) -> None:
        config = self.asterisk.config
        ari = Ari(config.exchange.ari, "hotline", self.asterisk.credentials.ari, "hotline")

        async def connected() -> None:
            self.connected.set()

        self._ari = ari
        variables = Variables(self.asterisk.address, 5038, lambda: self.asterisk.credentials.manager)
        desk = self.callbacks = CallbackDesk(self.wishes, lambda: datetime.now(UTC))
        async with aclosing(variables), ari, cancelled_at_the_end(desk.run()):
            self.hub = Hub(
                config,
                ari,
                self.log,
                self.said,
                self.ears,
                self.archive.recorder,
                self.speaking.speech,
                asyncio.get_running_loop().time,
                notes=self.database,
                variables=variables,
                connected=connected,
                presences=self.said,
                listening=self.archive.desk,
                voicemail=self.voicemail,
                callbacks=desk,
            )
            await self.hub.run()

    async def hand(self, letters: Sequence[Letter]) -> None:
        """The outbox of mail, which knows a letter by its key."""
        known = {letter.key for letter in self.letters}
        self.letters += [letter for letter in letters if letter.key not in known]

    async def own(self, name: str, seconds: float = 1.0) -> str:
        """An imported sound that is one of the tones above; what the roster calls it."""
        return await self.speaking.own.keep(name, tone(seconds, hz=OWN_HZ[name]))

    async def push_accounts(self) -> None:
        assert self._ari is not None
        assert not await Accounts(self.asterisk.config, self._ari).sync(self.said.roster)

    async def stop(self) -> None:
        """The exchange goes; its calls stay in Asterisk."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait({self._task})

    def manners(self, **people: Behaviour) -> None:
        for name, behaviour in people.items():
            self.phones.set(name, behaviour)
            self.phones_b.set(name, behaviour)

    def rung(self, who: str | None = None, *, heard: bool = False) -> list[Record]:
        """What became of each call to somebody; what was ``heard`` costs the telephones' own time to find out."""
        records = [*self.phones.records(heard=heard), *self.phones_b.records(heard=heard)]
        return sorted((one for one in records if who in (None, one["who"])), key=lambda one: one["began"])

    def phones_of(self, who: str) -> list[PhoneCall]:
        """Calls of somebody that are not over."""
        return [call for agent in (self.phones, self.phones_b) for call in agent.calls(who) if call.ended_at is None]

    def lasting(self) -> list[PhoneCall]:
        """Phones whose call is not over."""
        return [
            call
            for agent in (self.phones, self.phones_b, self.desk)
            for call in agent.calls()
            if call.ended_at is None
        ]

    async def records(self) -> list[CallRecord]:
        return await self.log.find(CallQuery())

    async def recorded(self, name: str | None, timeout_s: float = 90) -> Recording:
        """A recording, once it is done."""
        assert name is not None
        async with asyncio.timeout(timeout_s):
            while True:
                found = await self.archive.book.get(name)
                if found is not None and found.state is not State.RECORDING:
                    return found
                await asyncio.sleep(0.02)

    async def noted(self, count: int = 1) -> None:
        """Return once Asterisk's dialplan has noted how so many calls to the technician ended."""
        async with asyncio.timeout(90):
            while sum(bool(note.status) for note in (await self.database.notes()).values()) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def tidied(self, count: int = 1) -> list[CallRecord]:
        """The log, once so many calls have ended, for calls that the dialplan led to the technician: it notes their
        ends, a moment after the telephones know of them, and we look for the notes now and then."""
        assert self.hub is not None
        async with asyncio.timeout(90):
            while True:
                await self.hub.recovery.tidy()
                found = [record for record in await self.records() if record.ended_at]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.1)

    async def no_channels(self) -> None:
        """Return once Asterisk has no channel any more: the telephones know before that that their calls are over."""
        assert self.hub is not None
        async with asyncio.timeout(90):
            while await self.hub.world.channels.listed():  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def ended(self, count: int = 1) -> list[CallRecord]:
        """The log, once so many calls have ended."""
        async with asyncio.timeout(90):
            while True:
                found = [record for record in await self.records() if record.ended_at]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.02)


@asynccontextmanager
async def cancelled_at_the_end(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(wanted: Callable[[], object], timeout_s: float = 90) -> None:
    began = time.monotonic()
    while not wanted():
        if time.monotonic() - began > timeout_s:
            raise TimeoutError
        await asyncio.sleep(0.02)


@asynccontextmanager
async def rig(
    folder: Path,
    said: Said,
    *,
    trunks: str = "",
    start: bool = True,
    broker: bool = False,
    sounds: Sounds | None = None,
) -> AsyncIterator[Rig]:
    subnet: Subnet = claim_subnet()
    phones = [Handsets(sounds or Tones(), PEOPLE | DESKS, HZ, lambda number, via: None) for _ in range(3)]
    for one, host in zip(phones, (TRUNK_A, TRUNK_B, OFFICE), strict=True):
        await one.agent.start(subnet.host(host), 5060)
    mosquitto = Broker(find_program("mosquitto"), subnet.host(BROKER), folder) if broker else None
    if mosquitto is not None:
        await mosquitto.start()
        trunks += f'[[mqtt]]\nname = "local"\nhost = "{mosquitto.address}"\nport = {MQTT_PORT}\n'
    asterisk = RealAsterisk(subnet, folder, trunks)
    root = find_program("asterisk").root
    await asyncio.to_thread(make_share, folder / "share", root, {}, 500)
    for name in ("asterisk.conf", "musiconhold.conf"):
        file = folder / "etc" / name
        file.write_text(file.read_text().replace(str(folder / "data"), str(folder / "share")))
    await asterisk.start()
    log = await CallLog.open(folder / "calls.db", "box", patience_s=10)
    ears = Listener()
    await ears.start()
    talkers = Talkers(phones[0].agent, (asterisk.address, 5060), [HZ["customer-1"], HZ["customer-2"]], HZ)
    secret = asterisk.credentials.manager
    database = AsteriskDatabase(asterisk.address, 5038, lambda: secret, lambda: None)
    keep_what_is_spoken(folder / "prompts")
    speaking = Speaking(asterisk.config, said)
    told: list[tuple[str, dict[str, Any]]] = []

    async def append(type_: str, data: Mapping[str, Any]) -> None:
        told.append((type_, dict(data)))

    archive = Archive(asterisk.config, log, append, Mind())
    await archive.recorder.scribe.start()
    messages = await VoicemailStore.open(folder / "voicemail.db")
    files = MessageFiles(folder / "spool/recording", folder / "messages")
    full = asyncio.Event()

    async def is_full() -> bool:
        return full.is_set()

    voicemail = Voicemail(messages, files, timezone="Europe/Prague", mail=True, full=is_full)
    wishes = CallbackStore(folder / "callbacks.db", answers_within_s=10)
    world = Rig(
        asterisk, *phones, talkers, said, log, ears, database, speaking, archive, told, voicemail, full, wishes
    )
    bringing = asyncio.create_task(voicemail.run(world.hand), name="voicemail")
    try:
        with on_path(make_shims(folder / "bin")):
            await speaking.open()
            if start:
                await world.start()
            yield world
    finally:
        if world._task is not None:
            await world.stop()
        bringing.cancel()
        await asyncio.wait({bringing})
        await voicemail.close()
        await wishes.close()
        await speaking.aclose()
        await ears.stop()
        await world.archive.close()
        await log.close()
        await asterisk.process.kill()
        if mosquitto is not None:
            await mosquitto.process.kill()
        for one in phones:
            await one.agent.close()
        subnet.release()
