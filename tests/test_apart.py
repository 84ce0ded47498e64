"""A process of its own: it finds what this one finds, whoever told it where; and nothing where it is started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from appliance import apart

# as the image's /usr/bin/hotline does it: no environment, no folder of the caller, the program's place told by hand
LAUNCHER = """
import sys
sys.path.append({site!r})
sys.path.append({root!r})
from appliance import apart
sys.stdout.write(repr(apart.run("kept_elsewhere", "one", within_s=30)))
"""


def test_it_finds_what_only_a_launcher_told_this_process(tmp_path: Path) -> None:
    (tmp_path / "kept_elsewhere.py").write_text("import sys\nprint('made', *sys.argv[1:], end='')")
    text = LAUNCHER.format(site=str(tmp_path), root=str(Path(apart.__file__).parents[1]))
    ran = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout == "b'made one'"


def test_what_lies_in_the_working_directory_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "planted.py").write_text("print('planted')")
    monkeypatch.chdir(tmp_path)
    assert apart.run("planted", within_s=30) is None
