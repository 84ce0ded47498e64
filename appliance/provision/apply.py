"""Provisioning at work: look, choose, put in place, tell. Each step replaces whole files, and what was taken is noted
last: cut off anywhere, the next start does it again to the same end.
"""

from __future__ import annotations

import contextlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from appliance.config import examine
from appliance.config.models import Config
from appliance.provision import choose, derive, reset
from appliance.provision.examining import examined, is_no_toml
from appliance.provision.media import HANDED_IN, STICK, Found
from appliance.provision.reset import Forgotten
from appliance.provision.settings import Settings, Wrong, merged, of_hotline, of_imager
from appliance.wholefile import replace


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are put; another ``root`` in tests."""

    root: Path = Path("/")

    @property
    def config(self) -> Path:
        """The services' configuration."""
        return self.root / "etc/hotline/hotline.toml"

    @property
    def secrets(self) -> Path:
        """What ``password_file`` and its like name, for the group that reads the configuration."""
        return self.root / "etc/hotline/secrets"

    @property
    def credentials(self) -> Path:
        """systemd takes credentials from here."""
        return self.root / "etc/credstore"

    @property
    def kept(self) -> Path:
        """What was taken, for the starts to come."""
        return self.root / "var/lib/hotline-provisioned"

    @property
    def guard(self) -> Path:
        """The guard's own directory, where it asks for what it may not do."""
        return self.root / "var/lib/hotline"

    @property
    def run(self) -> Path:
        """What is made anew at each start."""
        return self.root / "run"

    @property
    def trial(self) -> Path:
        """What is being examined."""
        return self.run / "hotline/trial.toml"

    @property
    def handed_in(self) -> Path:
        """The page that asks for a set-up puts here what it got."""
        return self.run / "hotline" / HANDED_IN


@dataclass(slots=True)
class Outcome:
    """What came of it, as ``/run/hotline/provisioning.json`` tells the pages."""

    hostname: str
    status: str = "none"  # none | standing | taken | salvaged | refused
    source: str | None = None
    mistakes: list[Wrong] = field(default_factory=list)

    def document(self) -> dict[str, object]:
        """As JSON."""
        wrong = [
            {"file": one.file, "path": one.path, "line": one.line, "message": one.message} for one in self.mistakes
        ]
        return {
            "schema": 1,
            "hostname": self.hostname,
            "status": self.status,
            "source": self.source,
            "mistakes": wrong,
        }


def provision(
    found: Mapping[str, Found], places: Places, machine_id: str, card: Mapping[str, Found] | None = None
) -> Outcome:
    """Take what was found, make what follows from it. ``card``: what of it, or under it, lies there at each start.
    Raises ``OSError`` where the box itself cannot be written."""
    standing, outcome = _standing(places), Outcome("")
    try:
        settings = _taken(found, standing, places, card or {}, outcome)
    except OSError:
        with contextlib.suppress(OSError):
            _derived(standing, places)  # a box whose card is full is reached as before
        raise
    outcome.hostname = derive.hostname(settings, machine_id)
    _derived(settings, places)
    _put(places.run / "hotline/provisioning.json", json.dumps(outcome.document(), indent=1).encode(), 0o644)
    return outcome


def _taken(
    found: Mapping[str, Found], standing: Settings, places: Places, card: Mapping[str, Found], outcome: Outcome
) -> Settings:
    """Everything that lasts, put in place and noted."""
    for folder in (places.kept, places.config.parent, places.credentials, places.run / "hotline"):
        folder.mkdir(parents=True, exist_ok=True)
    forgotten = reset.read(places.kept / "network-reset.json")
    if (request := reset.asked(places.guard)) is not None and request != forgotten.request:
        standing, forgotten = reset.without_network(standing), reset.done(request, found)
    if (unread := found.get(STICK)) is not None:
        outcome.mistakes.append(Wrong(unread.name, "", unread.why, None))
    custom, main = (_note(name, found, places, card) for name in ("custom.toml", "hotline.toml"))
    settings = _imager(found.get("custom.toml"), standing, forgotten, custom, outcome)
    if (file := found.get("hotline.toml")) is not None:
        settings = _hotline(file, settings, forgotten, main, places, outcome)
    elif places.config.exists():
        outcome.status = "standing"
    # PIN and secrets have files of their own, and stand in no other
    kept = settings.model_dump_json(exclude_unset=True, exclude={"sim_pin", "secrets"})
    _put(places.kept / "settings.json", kept.encode())
    # what both files say, the second one says: it is noted last, so that a cut between them takes it again
    for note in (custom, main):
        if note.new:
            _put(note.path, note.document())
    if forgotten.request:  # last: until then the request stands
        _put(places.kept / "network-reset.json", forgotten.document())
    return settings


def _standing(places: Places) -> Settings:
    try:
        document = json.loads((places.kept / "settings.json").read_bytes())
        return Settings.model_validate(document)
    except ValidationError as error:  # what an older version took and this one refuses: the rest goes on
        wrong = {one["loc"][0] for one in error.errors() if one["loc"]}
        rest = (
            {key: value for key, value in document.items() if key not in wrong} if isinstance(document, dict) else {}
        )
        return Settings.model_validate(rest)
    except (OSError, ValueError):
        return Settings()


@dataclass(slots=True)
class _Note:
    """Which file of a name was taken last, and which one lay on the card under it: that is not taken after it."""

    path: Path
    taken: str
    under: str
    digest: str  # of what was found
    card: str  # of what lies on the card
    of_the_card: bool
    new: bool = False  # what was found is to be noted

    @property
    def same(self) -> bool:
        """This very file was taken last."""
        return self.digest == self.taken

    @property
    def older(self) -> bool:
        """It lay there already when another one was brought, which stands."""
        return self.of_the_card and self.digest == self.under

    def document(self) -> bytes:
        """As it is kept."""
        return f"{self.digest}\n{self.card}\n".encode()


def _note(name: str, found: Mapping[str, Found], places: Places, card: Mapping[str, Found]) -> _Note:
    path = places.kept / {"hotline.toml": "taken", "custom.toml": "taken-custom"}[name]
    taken, under, *_ = [*(_text(path) or "").split(), "", ""]
    here, there = found.get(name), card.get(name)
    return _Note(path, taken, under, _digest(here), _digest(there), here is not None and here is there)


def _digest(file: Found | None) -> str:
    return "" if file is None or file.text is None else reset.digest(file.text)


def _imager(file: Found | None, standing: Settings, forgotten: Forgotten, note: _Note, outcome: Outcome) -> Settings:
    if file is None:
        return standing
    if file.text is None:
        outcome.mistakes.append(Wrong(file.name, "", file.why, None))
        return standing
    told, wrong = of_imager(file.text, file.name)
    outcome.mistakes.extend(wrong)
    if note.older:
        return standing
    if forgotten.covers("custom.toml", file.text):
        told = reset.without_network(told)
    if note.same:  # what was brought since then goes on
        return merged(told, standing)
    note.new = True
    return merged(standing, told)


def _hotline(
    file: Found, settings: Settings, forgotten: Forgotten, note: _Note, places: Places, outcome: Outcome
) -> Settings:
    outcome.source = file.name
    if file.text is None:
        outcome.mistakes.append(Wrong(file.name, "", file.why, None))
        outcome.status = "standing" if places.config.exists() else "refused"
        return settings
    if places.config.exists() and note.older:
        outcome.status = "standing"
        return settings
    if places.config.exists() and note.same:
        outcome.status = "standing"  # also where the page or a person changed the configuration since
        told = of_hotline(file.text, file.name)[0]
        return merged(reset.without_network(told) if forgotten.covers("hotline.toml", file.text) else told, settings)
    told, wrong = examined(file.text, file.name, places.trial, by_page=file.by_page)
    outcome.mistakes.extend(wrong)
    if forgotten.covers("hotline.toml", file.text):
        told = reset.without_network(told)
    if wrong and file.by_page:  # the page told it to who handed it in; nothing of such a file is used
        outcome.status = "refused"
        return settings
    if wrong:
        if not places.config.exists():
            _keep_secrets(told, places)  # for what is saved of it
        outcome.status = _saved(file.text, places)
        # name, network and keys as well: what stood goes on; only a box that nobody reaches takes what is right of it
        return settings if outcome.status == "standing" else merged(settings, told)
    _keep_secrets(told, places)
    _put(places.config, choose.without_provisioning(file.text).encode(), 0o640, group_of=places.config.parent)
    _forget_secrets(told, places)
    note.new, outcome.status = True, "taken"
    return merged(settings, told)


def _keep_secrets(told: Settings, places: Places) -> None:
    """Before the configuration that names them."""
    if told.sim_pin is not None:
        _put(places.credentials / "hotline-pin", told.sim_pin.encode())
    if told.secrets:
        _folder(places.secrets, 0o750, group_of=places.config.parent)
    for name, secret in told.secrets.items():
        _put(places.secrets / name, secret.encode(), 0o640, group_of=places.config.parent)


def _forget_secrets(told: Settings, places: Places) -> None:
    """Those of the set-up before, once no configuration names them."""
    if places.secrets.is_dir():
        for file in places.secrets.iterdir():
            if file.name not in told.secrets:
                file.unlink()


def _saved(text: str, places: Places) -> str:
    """A file with mistakes: what stands goes on; where nothing does, its numbers at least are used."""
    if places.config.exists():
        return "standing"
    for rest in [] if is_no_toml(text) else choose.salvaged(tomllib.loads(text)):
        if not examined(rest, "", places.trial)[1]:
            _put(places.config, rest.encode(), 0o640, group_of=places.config.parent)
            return "salvaged"
    return "refused"


def _derived(settings: Settings, places: Places) -> None:
    config: Config | None = None
    if places.config.exists():
        config = examine(places.config).config
    made = derive.files(settings, config)
    for one in made:
        target = places.run / one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        _put(target, one.content.encode(), one.mode)
    for path in (
        "hotline/ssh/authorized_keys",
        "hotline/wpa_supplicant.conf",
        "systemd/network/65-hotline-ethernet.network",
    ):
        if path not in {one.path for one in made}:
            (places.run / path).unlink(missing_ok=True)


def _folder(path: Path, mode: int, group_of: Path) -> None:
    path.mkdir(exist_ok=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:  # by the descriptor, as with files: the unit's filter allows no other way
        os.fchmod(descriptor, mode)
        os.fchown(descriptor, -1, group_of.stat().st_gid)
    finally:
        os.close(descriptor)


def _put(path: Path, content: bytes, mode: int = 0o600, group_of: Path | None = None) -> None:
    if _bytes(path) == content and path.stat().st_mode & 0o777 == mode:
        return  # a card wears by writing

    def prepare(descriptor: int) -> None:
        os.fchmod(descriptor, mode)
        if group_of is not None:
            os.fchown(descriptor, -1, group_of.stat().st_gid)

    replace(path, content, prepare)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _text(path: Path) -> str | None:
    data = _bytes(path)
    return None if data is None else data.decode(errors="replace").strip()
