"""How every part is, with its mend; versions, modem, logs; and what an administrator may have done about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance import __version__
from appliance.config.models import Trunk
from appliance.doctor.finding import Finding, Level
from appliance.domain.phrase_words import text_of
from appliance.mqtt.asker import UnreachableError
from appliance.situation.said import said
from appliance.threads import in_daemon_thread
from appliance.translation import N_, _
from appliance.web import bundle, checkup, syslog
from appliance.web.box import CommandRefusedError
from appliance.web.memory import give_back
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.sound_stream import BOX
from appliance.web.told_words import modem_word, test_word
from appliance.web.visit import Visit

LOG_LINES = 300
MODEM_WITHIN_S, PROBE_WITHIN_S, RESET_WITHIN_S = 8.0, 30.0, 120.0
TEST_WITHIN_S = 75.0  # a turn at the trunk, ringing, and the sentence
NOTHING_TOLD = dict.fromkeys(
    ("person", "number", "trunk", "result", "rang_after_s", "picked_up_after_s", "heard", "cause")
)
WORST_FIRST = {Level.FAIL: 0, Level.WARN: 1, Level.OK: 2}


async def show(visit: Visit) -> Response:
    """The whole page."""
    return await _page(visit)


async def modem(visit: Visit) -> Response:
    """What the modem says of itself: asked when the page is there already, since it may take seconds."""
    try:
        told: Mapping[str, Any] = await visit.desk.box.ask("modem.info", timeout_s=MODEM_WITHIN_S)
    except (CommandRefusedError, UnreachableError) as error:
        return visit.html("system_modem.html", told={}, word_of=modem_word, error=str(error))
    return visit.html("system_modem.html", told=told, word_of=modem_word, error="")


async def log(visit: Visit) -> Response:
    """The newest lines of one unit."""
    unit = visit.request.path_params["unit"]
    if unit not in syslog.UNITS:
        raise HTTPException(404)
    try:
        text = await in_daemon_thread(lambda: syslog.last_lines(unit, LOG_LINES), "journalctl")
    except syslog.NoLogsError as error:
        return visit.html("system_log.html", unit=unit, text="", error=str(error))
    return visit.html("system_log.html", unit=unit, text=text, error="")


async def probe(visit: Visit) -> Response:
    """Probe every part now: trunks and nodes are asked as a call would reach them."""
    await visit.note("probe.run")
    result, wrong = await _ask(visit, "probe.run", PROBE_WITHIN_S)
    targets = result.get("targets")
    shown = sorted(targets.items()) if isinstance(targets, dict) else []
    rows: list[tuple[str, Mapping[str, Any]]] = [
        (name, {**row, "detail": text_of(row, "detail")}) for name, row in shown if isinstance(row, dict)
    ]
    return await _page(visit, probed=rows, wrong=wrong)


async def verify(visit: Visit) -> Response:
    """Have the whole forwarding table read from the network anew."""
    await visit.note("forwarding.verify")
    _result, wrong = await _ask(visit, "forwarding.verify", RESET_WITHIN_S)
    return await _page(visit, done="" if wrong else _("The forwarding was read from the network."), wrong=wrong)


async def reset(visit: Visit) -> Response:
    """Restart the modem; the guard refuses during a call."""
    await visit.note("modem.reset")
    _result, wrong = await _ask(visit, "modem.reset", RESET_WITHIN_S)
    return await _page(visit, done="" if wrong else _("The modem was restarted and answers."), wrong=wrong)


async def test_call(visit: Visit) -> Response:
    """One real call to see whether calls go out, and what came of it."""
    box = visit.desk.box
    exchange, person, trunk = (visit.form.get(key, "").strip() for key in ("exchange", "person", "trunk"))
    exchange = exchange or BOX
    if exchange not in {BOX, *box.exchanges}:
        return await _page(visit, wrong=_("There is no such exchange."))
    args = {key: value for key, value in (("person", person[:100]), ("trunk", trunk[:100])) if value}
    named = ", ".join([exchange, person[:100] or "duty", trunk[:100] or "any trunk"])
    await visit.note("call.test", subject=named)
    try:
        told = await box.ask("call.test", args, exchange=exchange, timeout_s=TEST_WITHIN_S)
    except CommandRefusedError as error:
        await visit.note("call.test.refused", subject=named, detail=str(error)[:500])
        return await _page(visit, wrong=_("The exchange refused: {why}").format(why=said(str(error))))
    except UnreachableError:
        return await _page(visit, wrong=_("The exchange did not answer. The call may have been placed all the same."))
    await visit.note("call.test.done", subject=named, detail=str(told.get("result")))
    return await _page(visit, tested=told)


async def download(visit: Visit) -> Response:
    """The support bundle."""
    desk, box = visit.desk, visit.desk.box
    await visit.note("bundle")
    heard: dict[str, Any] = {"state.json": box.state, "roster.json": box.roster}
    heard |= {f"exchange-{name}.json": document for name, document in box.exchanges.items()}
    findings = await _findings(visit)
    packed = await in_daemon_thread(
        lambda: bundle.build(desk.config, desk.config_file, heard, findings, visit.now), "support bundle"
    )
    give_back()
    name = f"hotline-{desk.config.device.id}-{visit.now:%Y%m%d-%H%M}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(packed, media_type="application/zip", headers=headers)


async def _ask(visit: Visit, name: str, timeout_s: float) -> tuple[Mapping[str, Any], str]:
    try:
        return await visit.desk.box.ask(name, timeout_s=timeout_s), ""
    except CommandRefusedError as error:
        return {}, _("The guard refused: {why}").format(why=said(str(error)))
    except UnreachableError:
        return {}, _("The guard did not answer.")


async def _findings(visit: Visit) -> list[Finding]:
    desk = visit.desk
    from_files = await in_daemon_thread(_spoken(visit), "checks")
    found = [*checkup.heard(desk.box, desk.config, visit.now), *from_files]
    return sorted(found, key=lambda one: WORST_FIRST[one.level])


def _spoken(visit: Visit) -> Any:
    def job() -> list[Finding]:
        with visit.speaking():  # another thread speaks nobody's language
            return checkup.files(visit.desk.config, visit.desk.config_file)

    return job


async def _page(
    visit: Visit,
    *,
    probed: list[tuple[str, Mapping[str, Any]]] | None = None,
    tested: Mapping[str, Any] | None = None,
    done: str = "",
    wrong: str = "",
) -> Response:
    box = visit.desk.box
    versions = {_("pages"): __version__, _("guard"): (box.state or {}).get("version")}
    for name, document in sorted(box.exchanges.items()):
        versions[_("exchange {name}").format(name=name)] = document.get("version")
        versions[_("Asterisk of {name}").format(name=name)] = document.get("asterisk")
    told = bundle.versions()
    versions |= {"Python": told["python"], _("system"): told["system"], _("kernel"): told["kernel"]}
    return visit.html(
        "system.html",
        findings=await _findings(visit),
        versions={name: version for name, version in versions.items() if version},
        units=syslog.UNITS,
        viewers=visit.desk.live.viewers,
        probed=probed,
        tested=None if tested is None else {**NOTHING_TOLD, **tested},
        test_word=test_word,
        exchanges=[(name, name) for name in sorted(box.exchanges)],
        people=[("", _("whoever has duty")), *((str(one.get("id")), str(one.get("name"))) for one in box.people())],
        trunks=[("", _("the one whose turn it is")), *((one.name, one.name) for one in _outbound(visit))],
        done=done,
        wrong=wrong,
    )


def _outbound(visit: Visit) -> list[Trunk]:
    return [trunk for trunk in visit.desk.config.trunk if trunk.outbound]


PAGES = (
    Page("/system", show, Permission.SEE_SYSTEM, menu=N_("System")),
    Page("/system/modem", modem, Permission.SEE_SYSTEM),
    Page("/system/log/{unit}", log, Permission.SEE_SYSTEM),
    Page("/system/probe", probe, Permission.MEND_SYSTEM, methods=("POST",)),
    Page("/system/verify", verify, Permission.MEND_SYSTEM, methods=("POST",)),
    Page("/system/modem-reset", reset, Permission.MEND_SYSTEM, methods=("POST",)),
    Page("/system/test-call", test_call, Permission.MEND_SYSTEM, methods=("POST",)),
    Page("/system/bundle", download, Permission.MEND_SYSTEM, methods=("POST",)),
)
