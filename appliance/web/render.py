"""Templates to HTML. Everything that is put into a page is escaped unless a template of ours says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from appliance.situation.said import translated
from appliance.translation import _, n_
from appliance.web.assets import Assets

TEMPLATES = Path(__file__).parent / "templates"


class Renderer:
    """One for the service; what is particular to a visit comes in as values."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update({"_": _, "n_": n_, "said": said, "asset": assets.url})

    def html(self, template: str, values: Mapping[str, Any]) -> str:
        """The template with these values, in the language of the task."""
        return self._environment.get_template(template).render(values)


def said(text: str) -> str:
    """What the box told in English, in the language of the task; marked as English where there is only that."""
    found = translated(text)
    return Markup('<span lang="en">{}</span>').format(text) if found is None else found
