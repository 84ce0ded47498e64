"""What the pages say, found in the sources; ``make messages`` brings the catalogues up to it.

``python -m tests.web.messages`` keeps every translation there is, adds what is new without one, drops what is gone.
The tests then name what is missing, so nothing is ever half translated for long.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from appliance.web.languages import CATALOGUES, NAMES, SOURCE

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("appliance/doctor/", "appliance/situation/", "appliance/web/")
CONSOLE = (
    "appliance/situation/exchanges.py",
    "appliance/situation/way.py",
    "appliance/situation/times.py",
    "appliance/doctor/serial_port.py",
)  # pages do not use them
PHRASES = {"phrase": None, "counted": (1, 2)}  # of every room: the pages say again what the others said
KEYWORDS = {"_": None, "N_": None, "n_": (1, 2), **PHRASES}
HEADER = """\
# The pages of Hotline, in {name}. Begun by `make messages`, which keeps what is translated.
#"""


def sources() -> Catalog:
    """Every message of the sources, in the order of files and lines; the files as comments, without line numbers."""
    found = Catalog(project="Hotline", charset="utf-8")
    for path in sorted(path for path in (ROOT / "appliance").rglob("*") if path.suffix in (".py", ".html")):
        place = str(path.relative_to(ROOT))
        keywords = KEYWORDS if place.startswith(ROOMS) and place not in CONSOLE else PHRASES
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        for _line, message, comments, context in extract_from_file(method, path, keywords):
            found.add(message, locations=[(place, None)], auto_comments=comments, context=context)
    return found


def translated(language: str) -> Catalog:
    """The catalogue of a language as it stands."""
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return Catalog(language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Write every catalogue anew."""
    CATALOGUES.mkdir(exist_ok=True)
    template = sources()
    for language, name in NAMES.items():
        if language == SOURCE:
            continue
        catalogue = translated(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.header_comment = HEADER.format(name=name)
        text = io.BytesIO()
        write_po(text, catalogue, width=118, include_previous=False, omit_header=False, sort_output=False)
        kept = [
            line
            for line in text.getvalue().decode().splitlines()
            if not line.startswith(('"POT-Creation', '"PO-Revision', '"Generated-By', '"Report-Msgid', '"Last-Trans'))
        ]
        (CATALOGUES / f"{language}.po").write_text("\n".join(kept) + "\n", "utf-8")


if __name__ == "__main__":
    update()
