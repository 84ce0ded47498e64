"""Every prompt is said somewhere: one that is not would be a sound that people record for nothing."""

from __future__ import annotations

import ast
from pathlib import Path

from appliance.domain.prompts import PROMPTS

ROOT = Path(__file__).parents[2] / "appliance"


def words_in_code() -> set[str]:
    files = (file for room in ("exchange", "queueing") for file in (ROOT / room).rglob("*.py"))
    return {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_prompt_is_said_somewhere() -> None:
    assert {*PROMPTS} - words_in_code() == set()
