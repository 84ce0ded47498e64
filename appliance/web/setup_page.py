"""One page for a box that has no configuration yet: what to write, where to put it, and where a file was wrong.

Nobody can have an account yet, so it is open to whoever reaches the box, and tells nothing that was written: of a
mistake only its place, since what is wrong with it may name a secret. It ends as soon as there is a configuration;
the service manager then starts the pages.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.heartbeat import Heart, ServiceManager, feed
from appliance.threads import in_daemon_thread
from appliance.translation import speaking
from appliance.web import languages, server, setting_up
from appliance.web.assets import Assets
from appliance.web.headers import security_headers
from appliance.web.render import Renderer

LISTEN = f"0.0.0.0:{setting_up.PORT}"
LOOK_EVERY_S, LOOP_DEADLINE_S = 2.0, 20.0
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
    _log.warning("there is a configuration now: leaving, so that the pages are started")
    return 0


def _app(provisioned: Path) -> ASGIApp:
    assets = Assets()
    renderer = Renderer(assets)

    async def page(request: Request) -> Response:
        told = await in_daemon_thread(lambda: _told(provisioned), "provisioning")
        language = languages.wanted(request.headers.get("accept-language", ""))
        with speaking(languages.catalogue(language)):
            text = renderer.html("set_up.html", {"language": language, **told})
        return HTMLResponse(text, headers={"Cache-Control": "no-store"})

    async def static(request: Request) -> Response:
        found = assets.find(request.path_params["name"])
        return Response(status_code=404) if found is None else Response(found.plain, media_type=found.type)

    routes = [Route("/static/{name}", static), Route("/{path:path}", page)]
    return _with_headers(Starlette(routes=routes), security_headers(strict=False))


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
