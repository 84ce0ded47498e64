"""The roster's page: its example can be imported as it stands, and no key is missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from pydantic import BaseModel

from appliance.roster.load import Circumstances, load_toml
from appliance.roster.models import Roster
from tests.docs.pages import ROOT, Snippet, fenced

PAGE = ROOT / "docs/roster.md"
EXAMPLES = [block for block in fenced("toml") if block.page == PAGE]


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_an_example_has_no_mistake_and_no_warning(block: Snippet) -> None:
    judged_by = Circumstances(datetime(2026, 11, 1, tzinfo=UTC), "Europe/Prague", "+420777000100")
    loaded = load_toml(block.text.encode(), "roster.toml", judged_by)
    assert loaded.mistakes == loaded.warnings == ()


def test_there_is_one() -> None:
    assert len(EXAMPLES) == 1


def test_every_key_is_told() -> None:
    page = PAGE.read_text("utf-8")
    assert [key for key in sorted(_keys(Roster)) if f"`{key}`" not in page and f"[[{key}]]" not in page] == []


def _keys(model: type[BaseModel]) -> set[str]:
    found: set[str] = set()
    for name, info in model.model_fields.items():
        found.add(info.alias or name)
        for kind in (info.annotation, *get_args(info.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= _keys(kind)
    return found - {"schema", "duty"}
