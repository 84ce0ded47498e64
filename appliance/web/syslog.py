"""The last lines of our units' logs, out of systemd's journal. Blocks."""

from __future__ import annotations

import shutil
import subprocess

from appliance.domain.phrase import phrase

UNITS = ("hotline-guard", "hotline-exchange", "hotline-web", "asterisk", "mosquitto")
WITHIN_S = 10


class NoLogsError(Exception):
    """There is no journal of systemd that could be read here; the text says why."""


def last_lines(unit: str, count: int) -> str:
    """The newest ``count`` lines of a unit of :data:`UNITS`. Raises :class:`NoLogsError`."""
    tool = shutil.which("journalctl")
    if tool is None or unit not in UNITS:
        raise NoLogsError(phrase("there is no journalctl here"))
    command = [tool, "--unit", unit, "--lines", str(count), "--output", "short-iso", "--no-pager", "--quiet"]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoLogsError(phrase("journalctl did not answer ({why})", why=str(error))) from None
    text = ran.stdout.decode("utf-8", "replace")
    if ran.returncode != 0 or not text.strip():
        told = ran.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NoLogsError(told[-1] if told else phrase("the journal has nothing of {unit}", unit=unit))
    return text
