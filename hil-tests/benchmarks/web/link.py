"""The first page over a slow link, as Chromium counts its bytes and paints it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.chromium import PHONE, visitor

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession

# what a telephone has at the edge of EDGE and slow 3G
LATENCY_MS, BYTES_A_SECOND = 400, 50_000


@dataclass(slots=True)
class FirstVisit:
    """``wire_bytes`` as they crossed the link, heads of responses included; ``painted_ms`` the first content."""

    requests: list[str] = field(default_factory=list)
    wire_bytes: int = 0
    painted_ms: float = 0.0


async def first_visit(browser: Browser, base: str, cookies: Any, path: str = "/") -> FirstVisit:
    """Open a page with an empty cache over the slow link."""
    found = FirstVisit()
    async with await visitor(browser, PHONE) as context:
        await context.add_cookies(cookies)
        page = await context.new_page()
        link: CDPSession = await context.new_cdp_session(page)
        await link.send("Network.enable")
        conditions = {"offline": False, "latency": LATENCY_MS}
        speed = {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
        await link.send("Network.emulateNetworkConditions", conditions | speed)
        link.on("Network.requestWillBeSent", lambda told: found.requests.append(told["request"]["url"]))

        streams = set[str]()

        def responded(told: dict[str, Any]) -> None:
            if told["type"] == "EventSource":
                streams.add(told["requestId"])
                found.wire_bytes += int(told["response"].get("encodedDataLength", 0))

        def came(told: dict[str, Any]) -> None:  # what streams never finishes: its parts count as they come
            if told["requestId"] in streams:
                found.wire_bytes += int(told.get("encodedDataLength", 0) or told.get("dataLength", 0))

        def finished(told: dict[str, Any]) -> None:
            if told["requestId"] not in streams:
                found.wire_bytes += int(told["encodedDataLength"])

        link.on("Network.responseReceived", responded)
        link.on("Network.dataReceived", came)
        link.on("Network.loadingFinished", finished)
        await page.goto(base + path, wait_until="load")
        await page.wait_for_timeout(3000)
        found.painted_ms = await page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
        )
    return found
