"""Every scenario is collected for both benches, and each bench fills every role."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from labgrid import Environment

from bench.lab.protocols import BoxProtocol, CarrierProtocol, CustomerProtocol, FaultsProtocol

PROJECT = Path(__file__).parents[2]
ENVIRONMENTS = ["sim.yaml", "real.example.yaml"]


def collected(environment: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "hil-tests/scenarios", "--collect-only", "-q"]
    command += ["--lg-env", f"hil-tests/envs/{environment}", "-p", "no:cacheprovider"]
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, env=inherited)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_the_same_scenarios_are_collected_for_both_benches() -> None:
    first, second = (collected(environment) for environment in ENVIRONMENTS)
    assert first == second
    assert len(first) > 10


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_bench_has_every_role(environment: str) -> None:
    target = Environment(str(PROJECT / "hil-tests/envs" / environment)).get_target()
    for protocol in (BoxProtocol, CarrierProtocol, CustomerProtocol, FaultsProtocol):
        assert target.get_driver(protocol, activate=False) is not None
    assert target.get_strategy().status == "off"
