"""``hotline check-config FILE``."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Box, Hotline


async def test_a_good_file_is_exit_0_and_says_so(lonely_box: Box, hotline: Hotline) -> None:
    ran = await hotline("check-config", lonely_box.config)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{lonely_box.config}: usable, nothing to say against it\n"


async def test_every_mistake_is_a_line_of_its_own_and_exit_2(lonely_box: Box, hotline: Hotline) -> None:
    text = lonely_box.config.read_text()
    text = text.replace('region = "CZ"', 'region = "XX"').replace('default = "tech-1"', 'default = "x"')
    lonely_box.config.write_text(text + "colour = 3\n")
    ran = await hotline("check-config", lonely_box.config)
    assert (ran.code, ran.out) == (2, "")
    paths = [line.split(": ")[:2] for line in ran.err.splitlines()]
    name = str(lonely_box.config)
    assert paths == [[name, "device.region"], [name, "duty.default"], [name, "mqtt.0.colour"]]


async def test_what_is_wrong_for_a_box_of_the_image_is_told_without_its_secrets(
    lonely_box: Box, hotline: Hotline
) -> None:
    text = lonely_box.config.read_text()
    more = '\n[provisioning]\nhostname = "work shop"\nwifi = { ssid = "Workshop", password = "short" }\n'
    lonely_box.config.write_text(text + more)
    ran = await hotline("check-config", lonely_box.config)
    assert (ran.code, ran.out) == (2, "")
    paths = [line.split(": ")[:2] for line in ran.err.splitlines()]
    name = str(lonely_box.config)
    assert paths == [[name, "provisioning.hostname"], [name, "provisioning.wifi.password"]]
    assert f"(line {text.count(chr(10)) + 3})" in ran.err
    assert "short" not in ran.err


async def test_a_warning_leaves_exit_0(lonely_box: Box, hotline: Hotline) -> None:
    text = lonely_box.config.read_text().replace('references = ["udp://127.0.0.1:53", "tcp://127.0.0.2:443"]', "")
    lonely_box.config.write_text(text)
    ran = await hotline("check-config", lonely_box.config)
    assert ran.code == 0
    assert ran.err.startswith(f"warning: {lonely_box.config}: watchdog.references: there is none")
    assert ran.out.endswith("usable, 1 warning\n")


async def test_no_file_is_exit_2(tmp_path: Path, hotline: Hotline) -> None:
    ran = await hotline("check-config", tmp_path / "none.toml")
    assert ran.code == 2
    assert "cannot be read (No such file or directory)" in ran.err
