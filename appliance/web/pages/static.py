"""Style, script and icon, and what may be asked for before anybody has signed in."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.visit import Visit

FOR_EVER = "public, max-age=31536000, immutable"


async def static(visit: Visit) -> Response:
    """A file of ``static/``, by its name with the hash of its content."""
    found = visit.desk.assets.find(visit.request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in visit.request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(found.plain, media_type=found.type, headers=headers)


async def alive(_visit: Visit) -> Response:
    """That the service answers, for whoever watches it; nothing else is told."""
    return Response("ok\n", media_type="text/plain")


async def robots(_visit: Visit) -> Response:
    """Nothing here is for search engines."""
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")


PAGES = (
    Page("/static/{name}", static, Permission.PUBLIC, for_all=True),
    Page("/alive", alive, Permission.PUBLIC, for_all=True),
    Page("/robots.txt", robots, Permission.PUBLIC, for_all=True),
)
