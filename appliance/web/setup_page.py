"""One page for a box that has no configuration yet: what to write, where to put it, and where a file was wrong.

Nobody can have an account yet, so it is open to whoever reaches the box, and tells nothing that was written: of a
mistake only its place, since what is wrong with it may name a secret. A file can be handed in on it; who does so is
told all that is wrong with it, and nobody else. It ends as soon as there is a configuration; the service manager then
starts the pages.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.config.load import MOST_BYTES as MOST_OF_A_FILE
from appliance.heartbeat import Heart, ServiceManager, feed
from appliance.provision.media import HANDED_IN
from appliance.provision.settings import Wrong
from appliance.threads import in_daemon_thread
from appliance.translation import N_, speaking
from appliance.web import forms, handing_in, languages, server, setting_up
from appliance.web.assets import Assets
from appliance.web.headers import security_headers
from appliance.web.origin import same_origin
from appliance.web.render import Renderer

LISTEN = f"0.0.0.0:{setting_up.PORT}"
LOOK_EVERY_S, LOOP_DEADLINE_S = 2.0, 20.0
MOST_BYTES = 2 * MOST_OF_A_FILE  # of a form: a file that is a little too large is told so in words
FORM_WITHIN_S = 30.0
_log = logging.getLogger(__name__)


async def run(config_file: Path, provisioned: Path, listen: str = LISTEN) -> int:
    """Serve until there is a configuration, or until cancelled. Returns 0. Raises ``OSError`` where the address is
    taken."""
    manager, heart = ServiceManager.from_environment(), Heart(asyncio.get_running_loop().time)

    def listening() -> None:
        _log.warning("there is no %s yet; http://%s/ asks for it", config_file, listen)
        manager.tell("READY=1")

    beat = heart.register("loop", LOOP_DEADLINE_S)
    tasks = [
        asyncio.create_task(server.serve(_app(provisioned), listen, None, (), listening), name="server"),
        asyncio.create_task(feed(heart, manager), name="watchdog"),
    ]
    try:
        while not await in_daemon_thread(config_file.exists, "configuration"):
            beat()
            if tasks[0].done():
                tasks[0].result()
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        manager.tell("STOPPING=1")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        handing_in.forget(_handed_in(provisioned), config_file)
    _log.warning("there is a configuration now: leaving, so that the pages are started")
    return 0


def _app(provisioned: Path) -> ASGIApp:
    assets = Assets()
    renderer = Renderer(assets)
    one_at_a_time = asyncio.Lock()  # a form is in memory until it is read, and nobody has to sign in to send one

    async def shown(
        request: Request, status: int = 200, *, refused: str = "", wrong: Sequence[Wrong] = (), taken: bool = False
    ) -> Response:
        told = await in_daemon_thread(lambda: _told(provisioned), "provisioning")
        language = languages.wanted(request.headers.get("accept-language", ""))
        told |= {"language": language, "refused": refused, "wrong": wrong, "taken": taken}
        with speaking(languages.catalogue(language)):
            text = renderer.html("set_up.html", told)
        return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})

    async def page(request: Request) -> Response:
        return await shown(request)

    async def handed(request: Request) -> Response:
        if not same_origin(request):
            return await shown(request, 403, refused=N_("This form came from another site and was not taken."))
        try:
            async with one_at_a_time, asyncio.timeout(FORM_WITHIN_S):
                file = (await forms.read(request, most_bytes=MOST_BYTES, upload=True)).files.get("file")
                data = b"" if file is None else await file.read()
        except forms.TooLargeError:
            return await shown(request, 413, refused=N_("This is too large."))
        except (forms.NoFormError, TimeoutError):
            return await shown(request, 400, refused=N_("This is no form of this site."))
        try:
            wrong = await in_daemon_thread(lambda: handing_in.take(data, _handed_in(provisioned)), "set-up")
        except OSError as error:
            _log.error("%s handed in a file that cannot be kept: %s", _who(request), error.strerror)
            return await shown(request, 500, refused=N_("The box could not keep the file; nothing was taken."))
        became = f"it has {len(wrong)} mistakes" if wrong else "it has none, and is taken"
        _log.warning("%s handed in a hotline.toml: %s", _who(request), became)
        if wrong:
            return await shown(request, 422, wrong=wrong[: setting_up.MOST_SHOWN])
        return await shown(request, taken=True)

    async def static(request: Request) -> Response:
        found = assets.find(request.path_params["name"])
        return Response(status_code=404) if found is None else Response(found.plain, media_type=found.type)

    routes = [
        Route("/static/{name}", static),
        Route("/", handed, methods=["POST"]),
        Route("/{path:path}", page),
    ]
    return _with_headers(Starlette(routes=routes), security_headers(strict=False))


def _handed_in(provisioned: Path) -> Path:
    return provisioned.parent / HANDED_IN


def _who(request: Request) -> str:
    return "somebody" if request.client is None else request.client.host


def _with_headers(app: ASGIApp, headers: Mapping[str, str]) -> Callable[[Scope, Receive, Send], Any]:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        if scope["type"] == "http":
            await app(scope, receive, send_with_headers)

    return answer


def _told(provisioned: Path) -> dict[str, Any]:
    """Name and places of mistakes, as far as they are told. Blocks."""
    try:
        found: Any = json.loads(provisioned.read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    found = found if isinstance(found, dict) else {}
    mistakes = [one for one in found.get("mistakes") or () if isinstance(one, dict)]
    return {
        "hostname": str(found.get("hostname") or ""),
        "places": [
            (str(one.get("file") or ""), str(one.get("path") or ""), one.get("line"))
            for one in mistakes[: setting_up.MOST_SHOWN]
        ],
    }
