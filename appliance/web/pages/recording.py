"""The recording of a call, for the player on the call's page: passed on from the exchange in pieces, never whole."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.domain.calls import CallRecord
from appliance.recordings.reading import MOST_BYTES
from appliance.translation import _
from appliance.web.page import Page
from appliance.web.pages.calls import call_of, recording_of
from appliance.web.permission import Permission
from appliance.web.sound_stream import Source, respond
from appliance.web.visit import Visit

NOBODY = "-"  # where no person belongs to an account; no call is theirs either


async def sound(visit: Visit) -> Response:
    """The WAV file, or the range of it that is asked for; with ``download`` to be saved."""
    call = await call_of(visit)
    name = recording_of(visit, call)
    if name is None:
        raise HTTPException(404, _("There is no recording of this call that you may hear."))
    args = {"id": name, "exchange": call.exchange}
    if not visit.may(Permission.SEE_ALL_CALLS):
        args["as"] = visit.account.person or NOBODY
    source = Source(visit.desk.box, "recording.read", args, MOST_BYTES)

    async def note() -> None:
        await _note(visit, call, name)

    return await respond(visit.request, source, name, download=bool(visit.query("download")), before=note)


async def _note(visit: Visit, call: CallRecord, name: str) -> None:
    action = "recording.downloaded" if visit.query("download") else "recording.heard"
    key = (action, visit.account.name, call.exchange, name)
    if not visit.desk.listening.begins(key, visit.desk.clock()):
        return
    try:
        await visit.note(action, subject=name, detail=call.exchange)
    except BaseException:
        visit.desk.listening.forget(key)
        raise


PAGES = (Page("/calls/{id}/recording", sound, Permission.SEE_OWN_CALLS),)
