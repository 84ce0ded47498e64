"""A box without a configuration asks for one in the browser, tells nothing that was written, and then goes on."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from pathlib import Path

import aiohttp
import pytest

from appliance.config import load
from appliance.provision import derive
from appliance.provision.apply import Outcome
from appliance.provision.media import HANDED_IN
from appliance.provision.settings import Settings, Wrong
from appliance.web import setting_up
from appliance.web.headers import CONTENT_SECURITY_POLICY
from bench.addresses import free_port
from tests.cli.conftest import CONFIG

STARTS = """
import sys
from pathlib import Path
from appliance.web import setting_up, setup_page
setting_up.PROVISIONED = Path(sys.argv[2])
setup_page.run.__defaults__ = (sys.argv[3],)
setup_page.LOOK_EVERY_S = 0.1
from appliance.cli.main import main
sys.exit(main(["web", "--config", sys.argv[1]]))
"""


async def started(folder: Path, outcome: Outcome | None) -> tuple[asyncio.subprocess.Process, str]:
    told, listen = folder / "provisioning.json", f"127.0.0.1:{free_port()}"
    if outcome is not None:
        told.write_text(json.dumps(outcome.document()))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        STARTS,
        folder / "hotline.toml",
        told,
        listen,
        stderr=asyncio.subprocess.PIPE,
    )
    return process, listen


async def seen(listen: str, path: str = "/", language: str = "en") -> tuple[int, str, aiohttp.ClientResponse]:
    """A page, once it is there."""
    async with aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"http://{listen}{path}", headers={"Accept-Language": language}) as response:
                    return response.status, await response.text(), response
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.1)


async def test_it_asks_until_there_is_a_configuration_and_leaves_then(tmp_path: Path) -> None:
    process, listen = await started(tmp_path, Outcome("hotline-1a2b"))
    assert process.stderr is not None
    try:
        status, text, response = await seen(listen)
        assert (status, response.headers["Content-Security-Policy"]) == (200, CONTENT_SECURITY_POLICY)
        for words in ("not set up yet", "hotline-1a2b.local", "USB stick named HOTLINE"):
            assert words in text, words
        assert "has mistakes" not in text
        assert "není nastavena" in (await seen(listen, "/sign-in?x=1", "cs"))[1]
        style = text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        assert (await seen(listen, style))[0] == 200
        assert (await seen(listen, "/static/..%2f..%2fsetting_up.py"))[0] in (200, 404)
        (tmp_path / "hotline.toml").write_text(CONFIG.format(device="box-01", state_dir=tmp_path, port=1))
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()  # to the end of its output, or the pipe is left for the garbage collector


async def test_places_of_mistakes_are_told_and_never_what_was_written(tmp_path: Path) -> None:
    wrong = [
        Wrong("hotline.toml", "provisioning.wifi.password", 'is "hunter2"; write more of it', 12),
        Wrong("<script>window.broken=1</script>", "", "cannot be read", None),
    ]
    process, listen = await started(tmp_path, Outcome("box", "refused", "stick", wrong))
    try:
        _status, text, _response = await seen(listen)
        assert "hotline.toml: provisioning.wifi.password</code> line 12" in text
        assert "hunter2" not in text
        assert "<script>window" not in text
        (tmp_path / "provisioning.json").write_text("{")
        assert (await seen(listen))[0] == 200
    finally:
        process.terminate()
        await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0


async def handed_in(listen: str, text: str | bytes, **headers: str) -> tuple[int, str]:
    form = aiohttp.FormData()
    data = io.BytesIO(text if isinstance(text, bytes) else text.encode())  # of bytes themselves aiohttp warns
    form.add_field("file", data, filename="hotline.toml", content_type="application/toml")
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"http://{listen}/", data=form, headers=headers) as response,
    ):
        return response.status, await response.text()


async def test_a_file_handed_in_is_told_its_mistakes_by_line_or_put_where_provisioning_looks(tmp_path: Path) -> None:
    (folder := tmp_path / HANDED_IN).mkdir()
    good = CONFIG.format(device="box-01", state_dir=tmp_path, port=1)
    process, listen = await started(tmp_path, Outcome("box"))
    try:
        assert "Or hand it in here" in (await seen(listen))[1]
        wrong = good.replace('region = "CZ"', 'region = "<b>"')
        line = wrong.splitlines().index('region = "<b>"') + 1
        status, text = await handed_in(listen, wrong)
        assert (status, f"<li>line {line}: <code>device.region</code>: " in text, "<b>" in text) == (422, True, False)
        assert "device.region" not in (await seen(listen))[1]  # nobody else is told
        status, text = await handed_in(listen, "[device\n")
        assert (status, "<li>line 1: " in text) == (422, True)
        key = '[provisioning]\nssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGIyP0aTZ0aTZ0aTZ0aTZ0aT a"]\n'
        status, text = await handed_in(listen, good + key)
        assert (status, "from the card or a stick only" in text) == (422, True)
        assert (await handed_in(listen, good, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
        assert (await handed_in(listen, b"#" * 3_000_000))[0] == 413
        assert (await handed_in(listen, b"#" * 1_100_000))[0] == 422
        assert (await handed_in(listen, b"\xff"))[0] == 422
        assert list(folder.iterdir()) == []
        folder.rename(tmp_path / "away")
        status, text = await handed_in(listen, good)
        assert (status, "could not keep the file" in text) == (500, True)
        (tmp_path / "away").rename(folder)
        status, text = await handed_in(listen, good)
        assert (status, "The file is taken" in text) == (200, True)
        assert [(one.name, one.stat().st_mode & 0o777) for one in folder.iterdir()] == [("hotline.toml", 0o640)]
        (tmp_path / "hotline.toml").write_text(good)
        assert await asyncio.wait_for(process.wait(), 60) == 0
        assert list(folder.iterdir()) == []  # its secrets need no second place
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()  # to the end of its output, or the pipe is left for the garbage collector


@pytest.mark.parametrize("status", ["standing", "taken", "salvaged"])
async def test_a_configuration_that_is_missing_otherwise_is_a_mistake_as_before(tmp_path: Path, status: str) -> None:
    process, _listen = await started(tmp_path, Outcome("box", status))
    _out, err = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, b"hotline.toml" in err) == (2, True)


def test_only_a_box_of_the_image_is_asked_for_a_set_up(tmp_path: Path) -> None:
    config, told = tmp_path / "hotline.toml", tmp_path / "provisioning.json"
    assert not setting_up.is_asked_for(config, told)
    for odd in ("{", "[]", "{}"):
        told.write_text(odd)
        assert not setting_up.is_asked_for(config, told)
    told.write_text(json.dumps(Outcome("box").document()))
    assert setting_up.is_asked_for(config, told)
    config.write_text("")
    assert not setting_up.is_asked_for(config, told)


def test_the_firewall_opens_its_port_only_while_there_is_no_configuration(tmp_path: Path) -> None:
    assert derive.SETUP_PORT == setting_up.PORT
    assert "web_ports { 8080 }" in derive.firewall(Settings(), None)
    file = tmp_path / "hotline.toml"
    file.write_text(CONFIG.format(device="box-01", state_dir=tmp_path, port=1))
    assert "8080" not in derive.firewall(Settings(), load(file))
