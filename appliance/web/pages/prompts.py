"""What callers hear: prompt sets with their sounds, listened to, replaced by one's own, and back to the default."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.domain.prompts import MOST_FILE_BYTES, OWN, PROMPTS
from appliance.mqtt.asker import UnreachableError
from appliance.prompts.phrases import languages, texts
from appliance.roster.destinations import PromptSet
from appliance.situation.said import said
from appliance.translation import N_, _
from appliance.web import proposal
from appliance.web.box import CommandRefusedError
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.sound_stream import BOX, Source, respond
from appliance.web.visit import Visit

PIECE_BYTES = 192 * 1024  # as much as a command takes
CONVERT_WITHIN_S = 90.0  # ten minutes of music take sox a while
FORM_BYTES = 64 * 1024  # what a form has beside the file


async def show(visit: Visit) -> Response:
    """All sets, and the sounds there are."""
    return await _page(visit)


async def make(visit: Visit) -> Response:
    """Begin a set."""
    id_, language, base = (visit.form.get(key, "").strip() for key in ("id", "language", "base"))
    entry = {"id": id_, "language": language} | ({"base": base} if base else {})
    document = _document(visit)
    document["prompts"] = [*(document.get("prompts") or ()), entry]
    wrong = await _stand(visit, document, id_, "a new set")
    return await _page(visit, wrong=wrong, status=422) if wrong else visit.go(f"/prompts/{id_}")


async def show_set(visit: Visit) -> Response:
    """Every prompt of a set with its words, and its own sound where it has one."""
    return _set_page(visit, _set(visit))


async def upload(visit: Visit) -> Response:
    """A sound of one's own for a prompt: checked and converted by the exchange, then named by the set."""
    found, name = _set(visit), visit.form.get("name", "")
    if name not in PROMPTS:
        return _set_page(visit, found, wrong=_("There is no such prompt."), status=422)
    sound, wrong, doubt = await _put(visit, name)
    if not wrong:
        wrong = await _use(visit, found, name, sound)
    if wrong:
        return _set_page(visit, found, wrong=wrong, status=422)
    return visit.go(f"/prompts/{found.id}?done={'loud' if doubt else 'heard'}#{name}")


async def silence(visit: Visit) -> Response:
    """A prompt is said as it comes, or left out."""
    found, name = _set(visit), visit.form.get("name", "")
    wished = visit.form.get("sound", "")
    if name not in PROMPTS or wished not in ("", "silence"):
        return _set_page(visit, found, wrong=_("There is no such prompt."), status=422)
    wrong = await _use(visit, found, name, wished or None)
    return _set_page(visit, found, wrong=wrong, status=422) if wrong else visit.go(f"/prompts/{found.id}#{name}")


async def add(visit: Visit) -> Response:
    """A sound for a greeting or a step, by a name of one's own."""
    sound, wrong, doubt = await _put(visit, visit.form.get("name", "").strip())
    if wrong:
        return await _page(visit, wrong=wrong, status=422)
    return await _page(visit, done=sound, loud=doubt)


async def remove(visit: Visit) -> Response:
    """Away with a sound that nothing names."""
    sound = f"{OWN}{visit.form.get('sound', '')}"
    await visit.note("prompt.remove", subject=sound)
    try:
        await visit.desk.box.ask("prompt.remove", {"sound": sound}, exchange=BOX)
    except (CommandRefusedError, UnreachableError) as error:
        return await _page(visit, wrong=_why(error), status=422)
    return visit.go("/prompts?done=removed")


async def hear(visit: Visit) -> Response:
    """A sound of one's own as callers hear it."""
    name = visit.request.path_params["name"]
    source = Source(visit.desk.box, "prompt.get", {"sound": f"{OWN}{name}"}, PIECE_BYTES)
    return await respond(visit.request, source, f"{name}.wav", download=False)


async def hear_default(visit: Visit) -> Response:
    """A prompt as callers hear it where the set has no sound for it, with examples for its values."""
    found, name = _set(visit), visit.request.path_params["name"]
    if name not in PROMPTS:
        raise HTTPException(404, _("There is no such prompt."))
    args = {"prompt": name, "language": texts(found.language).language}
    return await respond(
        visit.request, Source(visit.desk.box, "prompt.get", args, PIECE_BYTES), f"{name}.wav", download=False
    )


async def _page(visit: Visit, *, wrong: str = "", done: str = "", loud: bool = False, status: int = 200) -> Response:
    roster = visit.desk.box.roster_model
    sounds, unheard = await _sounds(visit)
    spoken = [(code, visit.formats.language_name(code)) for code in languages()]
    return visit.html(
        "prompts.html",
        status=status,
        sets=roster.prompts if roster is not None else (),
        sounds=sounds,
        unheard=unheard,
        languages=sorted(spoken, key=lambda one: one[1]),
        bases=[("", "—"), *((one.id, one.id) for one in (roster.prompts if roster is not None else ()))],
        own=OWN,
        wrong=wrong,
        done=done or visit.query("done"),
        loud=loud,
    )


def _set_page(visit: Visit, found: PromptSet, *, wrong: str = "", status: int = 200) -> Response:
    return visit.html(
        "prompt_set.html",
        status=status,
        set=found,
        said=texts(found.language).say,
        names=list(PROMPTS),
        own=OWN,
        language=visit.formats.language_name(found.language),
        wrong=wrong,
        done=visit.query("done"),
    )


def _set(visit: Visit) -> PromptSet:
    roster, id_ = visit.desk.box.roster_model, visit.request.path_params["id"]
    found = next((one for one in roster.prompts if one.id == id_), None) if roster is not None else None
    if found is None:
        raise HTTPException(404, _("There is no such set of prompts."))
    return found


async def _sounds(visit: Visit) -> tuple[list[Mapping[str, Any]], str]:
    try:
        told = await visit.desk.box.ask("prompt.list", {}, exchange=BOX)
    except (CommandRefusedError, UnreachableError) as error:
        return [], _why(error)
    found = told.get("sounds")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else [], ""


async def _put(visit: Visit, name: str) -> tuple[str, str, bool]:
    """Send the file on, a piece at a time: what it is called then, what went wrong, whether it is too loud."""
    file = visit.files.get("file")
    if file is None or not file.size:
        return "", _("Choose the file first."), False
    if file.size > MOST_FILE_BYTES:
        return "", _("This is too large."), False
    await visit.note("prompt.put", subject=name, detail=f"{file.size} bytes")
    try:
        told = await _pieces(visit, file, name, file.size)
    except (CommandRefusedError, UnreachableError) as error:
        return "", _why(error), False
    return str(told.get("sound")), "", told.get("clipped") is True


async def _pieces(visit: Visit, file: UploadFile, name: str, total: int) -> Mapping[str, Any]:
    token, offset, told = secrets.token_hex(8), 0, dict[str, Any]()
    while data := await file.read(PIECE_BYTES):
        args = {"upload": token, "name": name, "offset": offset, "total": total}
        args["data"] = base64.b64encode(data).decode()
        told = dict(await visit.desk.box.ask("prompt.put", args, exchange=BOX, timeout_s=CONVERT_WITHIN_S))
        offset += len(data)
    return told


async def _use(visit: Visit, found: PromptSet, name: str, sound: str | None) -> str:
    """Have the set use this sound for a prompt, or none of its own; what went wrong, or nothing."""
    sounds = {key: value for key, value in found.sounds.items() if key != name}
    if sound is not None:
        sounds[name] = sound
    document = _document(visit)
    document["prompts"] = [
        {**one, "sounds": sounds} if one.get("id") == found.id else one for one in document.get("prompts") or ()
    ]
    return await _stand(visit, document, found.id, f"{name}: {sound or 'as it comes'}")


async def _stand(visit: Visit, document: Mapping[str, Any], id_: str, detail: str) -> str:
    revision = visit.desk.box.revision
    verdict = await proposal.check(visit, document, revision)
    if not verdict.usable:
        return verdict.wrong or "; ".join(f"{place}: {text}" for place, text in verdict.mistakes)
    return await proposal.save(visit, document, revision, subject=f"prompts {id_}", detail=detail)


def _document(visit: Visit) -> dict[str, Any]:
    told = visit.desk.box.roster
    if told is None:
        raise HTTPException(503, _("The roster was not heard yet: the guard tells it when it and the broker run."))
    document = dict(told["roster"])
    lines = document.get("line") or ()
    document["line"] = [{key: value for key, value in one.items() if key != "mode"} for one in lines]
    return document


def _why(error: Exception) -> str:
    if isinstance(error, UnreachableError):
        return _("The exchange does not answer. Try again later.")
    return _("The exchange refused: {why}").format(why=said(str(error)))


PAGES = (
    Page("/prompts", show, Permission.EDIT_ROSTER, menu=N_("Prompts")),
    Page("/prompts", make, Permission.EDIT_ROSTER, methods=("POST",)),
    Page(
        "/prompts/sounds",
        add,
        Permission.EDIT_ROSTER,
        methods=("POST",),
        most_bytes=MOST_FILE_BYTES + FORM_BYTES,
        upload=True,
    ),
    Page("/prompts/sounds/remove", remove, Permission.EDIT_ROSTER, methods=("POST",)),
    Page("/prompts/sounds/{name}", hear, Permission.EDIT_ROSTER),
    Page("/prompts/{id}", show_set, Permission.EDIT_ROSTER),
    Page(
        "/prompts/{id}/sound",
        upload,
        Permission.EDIT_ROSTER,
        methods=("POST",),
        most_bytes=MOST_FILE_BYTES + FORM_BYTES,
        upload=True,
    ),
    Page("/prompts/{id}/default/{name}", hear_default, Permission.EDIT_ROSTER),
    Page("/prompts/{id}/as-it-comes", silence, Permission.EDIT_ROSTER, methods=("POST",)),
)
