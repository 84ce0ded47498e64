"""What the exchange does with channels and bridges, as ARI spells it. Every method raises :class:`AriError`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.asterisk.ari import Ari, AriError, segment

EXISTS, MISSING = 409, 404


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A channel as Asterisk lists it."""

    id: str
    state: str
    caller: str | None
    app: str
    app_data: str
    endpoint: str
    diverted_by: str | None


class Channels:
    """The commands, by name."""

    def __init__(self, ari: Ari) -> None:
        self._ari = ari

    async def create(self, id_: str, endpoint: str, variables: Mapping[str, str]) -> None:
        """Make an outgoing channel that does not ring yet; it enters our application."""
        await self._ari.post(
            "channels/create", {"variables": dict(variables)}, endpoint=endpoint, app=self._ari.app, channelId=id_
        )

    async def dial(self, id_: str, timeout_s: int) -> None:
        """Let it ring; it gives up by itself after ``timeout_s``, should nobody be left to end it."""
        await self._ari.post(f"channels/{segment(id_)}/dial", timeout=timeout_s)

    async def answer(self, id_: str) -> None:
        """Pick up."""
        await self._ari.post(f"channels/{segment(id_)}/answer")

    async def ring(self, id_: str) -> None:
        """Let the caller hear that it rings."""
        await self._ari.post(f"channels/{segment(id_)}/ring")

    async def stop_ringing(self, id_: str) -> None:
        """End the ringing tone."""
        await self._ari.delete(f"channels/{segment(id_)}/ring")

    async def progress(self, id_: str) -> None:
        """Open the way for sound before the call is answered (SIP 183)."""
        await self._ari.post(f"channels/{segment(id_)}/progress")

    async def music(self, id_: str) -> None:
        """Play music on hold."""
        await self._ari.post(f"channels/{segment(id_)}/moh")

    async def stop_music(self, id_: str) -> None:
        """End the music."""
        await self._ari.delete(f"channels/{segment(id_)}/moh")

    async def play(self, id_: str, playback: str, *sounds: str, language: str = "") -> None:
        """Play sounds, one after the other, under the id ``playback``."""
        await self.play_media(id_, playback, [f"sound:{sound}" for sound in sounds], language)

    async def play_media(self, id_: str, playback: str, media: Sequence[str], language: str = "") -> None:
        """Play media by their URIs (``sound:``, ``number:``, ``digits:``...) as one playback, one after the other."""
        lang = {"lang": language} if language else {}
        await self._ari.post(f"channels/{segment(id_)}/play/{segment(playback)}", media=",".join(media), **lang)

    async def stop_playback(self, playback: str) -> None:
        """End a playback."""
        await self._ari.delete(f"playbacks/{segment(playback)}")

    async def control_playback(self, playback: str, operation: str) -> None:
        """Have a playback ``pause``, ``unpause``, ``reverse``, ``forward`` or ``restart``."""
        await self._ari.post(f"playbacks/{segment(playback)}/control", operation=operation)

    async def record(self, id_: str, name: str, most_s: float, silence_s: float) -> None:
        """Record what comes from a channel, after a tone, until ``#``, for so long at most, or until there is silence
        for so long. ``RecordingFinished`` or ``RecordingFailed`` tells the end, as does the channel's own."""
        await self._ari.post(
            f"channels/{segment(id_)}/record",
            name=name,
            format="wav",
            maxDurationSeconds=max(1, round(most_s)),
            maxSilenceSeconds=max(1, round(silence_s)),
            ifExists="overwrite",
            beep="true",
            terminateOn="#",
        )

    async def is_recording(self, name: str) -> bool:
        """Whether a recording under this name goes on."""
        try:
            await self._ari.get(f"recordings/live/{segment(name)}")
        except AriError as error:
            if error.status != MISSING:
                raise
            return False
        return True

    async def hang_up(self, id_: str, cause: int = 16) -> None:
        """End a channel with a cause of Q.850; one that is not there is ended."""
        await self._ari.delete(f"channels/{segment(id_)}", reason_code=cause)

    async def go_on(self, id_: str, context: str, exten: str = "s") -> None:
        """Let the channel leave our application for a place in the dialplan."""
        await self._ari.post(f"channels/{segment(id_)}/continue", context=context, extension=exten, priority=1)

    async def set(self, id_: str, variable: str, value: str) -> None:
        """Set a channel variable."""
        await self._ari.post(f"channels/{segment(id_)}/variable", variable=variable, value=value)

    async def variable(self, id_: str, variable: str) -> str | None:
        """A channel variable or function, ``None`` where there is none."""
        try:
            found = await self._ari.get(f"channels/{segment(id_)}/variable", variable=variable)
        except AriError as error:
            if error.unreachable:
                raise
            return None
        value = found.get("value") if isinstance(found, dict) else None
        return value if isinstance(value, str) and value else None

    async def snoop(self, id_: str, snoop: str, spy: str = "in") -> None:
        """Make a channel that hears what comes from ``id_`` (``in``), goes to it (``out``) or ``both``; it enters our
        application."""
        await self._ari.post(f"channels/{segment(id_)}/snoop/{segment(snoop)}", spy=spy, app=self._ari.app)

    async def exists(self, id_: str) -> bool:
        """Whether there is such a channel."""
        try:
            await self._ari.get(f"channels/{segment(id_)}")
        except AriError as error:
            if error.status != MISSING:
                raise
            return False
        return True

    async def listed(self) -> dict[str, Snapshot]:
        """All channels there are, by id."""
        found = await self._ari.get("channels")
        channels = (_snapshot(one) for one in found if isinstance(one, dict)) if isinstance(found, list) else ()
        return {channel.id: channel for channel in channels}

    async def bridges(self) -> dict[str, tuple[str, ...]]:
        """All bridges there are, by id, with the ids of the channels in each."""
        found = await self._ari.get("bridges")
        listed = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return {str(one.get("id")): tuple(map(str, one.get("channels") or ())) for one in listed}

    async def bridge(self, id_: str) -> None:
        """Make a bridge for talking; digits are told as events, and no shortcut between the phones swallows them.

        One that is there already is taken.
        """
        try:
            await self._ari.post(f"bridges/{segment(id_)}", type="mixing,dtmf_events")
        except AriError as error:
            if error.status != EXISTS:
                raise

    async def join(self, bridge: str, id_: str) -> None:
        """Put a channel into a bridge."""
        await self._ari.post(f"bridges/{segment(bridge)}/addChannel", channel=id_)

    async def leave(self, bridge: str, id_: str) -> None:
        """Take a channel out of a bridge; it stays with our application."""
        await self._ari.post(f"bridges/{segment(bridge)}/removeChannel", channel=id_)

    async def transfer_progress(self, id_: str, state: str) -> None:
        """Have a phone that sent a REFER told what came of it (Asterisk 20.13, 21.8, 22.3 and later)."""
        await self._ari.post(f"channels/{segment(id_)}/transfer_progress", states=state)

    async def end_bridge(self, id_: str) -> None:
        """End a bridge; the channels in it live on."""
        await self._ari.delete(f"bridges/{segment(id_)}")

    async def about(self) -> tuple[str | None, str | None]:
        """Asterisk's version, and since when it runs (RFC 3339 with its zone)."""
        found = await self._ari.get("asterisk/info")
        return _text(found, "system", "version"), _text(found, "status", "startup_time")


def _snapshot(one: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        str(one.get("id")),
        _text(one, "state") or "",
        _text(one, "caller", "number"),
        _text(one, "dialplan", "app_name") or "",
        _text(one, "dialplan", "app_data") or "",
        (_text(one, "name") or "").rpartition("-")[0],
        _text(one, "caller_rdnis"),
    )


def _text(document: Any, *path: str) -> str | None:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, str) and document else None
