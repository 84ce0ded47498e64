"""What `make install` refuses before it has done anything. What it does is `make install-test`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_system_of_32_bits_is_named_before_anything_is_done(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$2" in *calcsize*) exit 1 ;; esac\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (root := tmp_path / "root").mkdir()
    environment = os.environ | {"DESTDIR": str(root), "PYTHON": str(python)}
    ran = subprocess.run(
        [ROOT / "scripts/install"], capture_output=True, text=True, env=environment, check=False, timeout=60
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("install: a 64-bit system is needed")
    assert list(root.iterdir()) == []
