"""An Asterisk whose whole configuration is the product's own: ``hotline asterisk render``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bench.asterisk.server import TIMER_T1_MS, AsteriskServer, Part
from bench.programs import Program


class RenderError(RuntimeError):
    """The product did not render; the message is its own."""


class ExchangeAsterisk(AsteriskServer):
    """Stands beside an exchange. What the bench adds goes through the product's own door for local additions."""

    def __init__(self, program: Program, name: str, address: str, run_dir: Path, config_file: Path) -> None:
        super().__init__(program, Part(name, address, (), ""), run_dir)
        self.config_file = config_file

    async def _render(self) -> None:
        for folder in ("etc/custom", "run", "lib", "spool", "log"):
            (self._dir / folder).mkdir(parents=True, exist_ok=True)
        for name, text in self._additions().items():
            (self._dir / "etc/custom" / name).write_text(text)
        words = ("asterisk", "render", "--config", str(self.config_file), "--out", str(self._dir / "etc"))
        rendering = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "appliance",
            *words,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await rendering.communicate()
        if rendering.returncode:
            raise RenderError(f"{self.part.name}: {said.decode(errors='replace').strip()}")

    def _additions(self) -> dict[str, str]:
        return {
            "manager.conf": f"[bench]\nsecret={self._secret}\nread=all\nwrite=all\n",
            "pjsip.conf": f"[system](+)\ntimer_t1={TIMER_T1_MS}\ntimer_b={TIMER_T1_MS * 64}\n",
            "logger.conf": "[logfiles](+)\nconsole => warning,error,verbose(2)\n",
            "extensions.conf": "[held]\nexten = held,1,Answer(,i)\n same = n,Wait(86400)\n",
        }
