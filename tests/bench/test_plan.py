"""The bench's box gets a configuration that the product itself finds right, whatever the profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import load
from bench.addresses import claim_subnet
from bench.plan import DIDS, SERVICE_NUMBER, Plan, render_config
from bench.profiles import PROFILES


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_rendered_configuration_is_right(profile: str, tmp_path: Path) -> None:
    plan = Plan(claim_subnet())
    try:
        file = tmp_path / "hotline.toml"
        text = render_config(plan, PROFILES[profile], "/dev/modem", tmp_path, {"on_isolation": "technician"})
        file.write_text(text)
        config = load(file)
    finally:
        plan.subnet.release()
    assert config.modem.service_number.e164 == SERVICE_NUMBER
    assert [route.number.e164 for route in config.route] == list(DIDS.values())
    assert config.watchdog.on_isolation == "technician"
    seen = {target.sip.host for target in (*config.trunk, *config.node)}
    assert seen.isdisjoint({*plan.trunks.values(), *plan.nodes.values()}), "the box knows the wires' ends only"
