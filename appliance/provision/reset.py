"""The network's set-up taken back: what the button held at start asks for.

The guard, which sees the button, may change nothing of the box: it leaves a request in its directory. Provisioning,
as root, forgets Wi-Fi and fixed addresses, and notes the request as done last, so that a cut anywhere repeats it. The
file that they came from may still lie on the card: its network part is not taken again until the file is another.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from appliance.provision.media import Found
from appliance.provision.settings import Settings
from appliance.wholefile import replace

REQUEST = "network-reset"  # in the guard's directory
NETWORK = ("wifi", "ethernet")
MOST_BYTES = 100


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The last request that was done, and the digests of the files whose network part is not taken."""

    request: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def covers(self, name: str, text: str) -> bool:
        """Whether this is the file that the owner wanted to be rid of."""
        return self.files.get(name) == digest(text)

    def document(self) -> bytes:
        """As JSON."""
        return json.dumps({"request": self.request, "files": dict(self.files)}).encode()


def ask(state_dir: Path) -> None:
    """Leave a request. Raises ``OSError``."""

    def readable(descriptor: int) -> None:
        os.fchmod(descriptor, 0o640)

    replace(state_dir / REQUEST, uuid.uuid4().hex.encode(), readable)


def asked(state_dir: Path) -> str | None:
    """The newest request, or ``None``."""
    try:
        with (state_dir / REQUEST).open("rb") as file:
            return file.read(MOST_BYTES).decode("ascii", "replace").strip() or None
    except OSError:
        return None


def read(path: Path) -> Forgotten:
    """What was noted; nothing where it cannot be read."""
    try:
        document = json.loads(path.read_bytes())
        return Forgotten(str(document["request"]), {str(key): str(value) for key, value in document["files"].items()})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Forgotten()


def done(request: str, found: Mapping[str, Found]) -> Forgotten:
    """The note of a request that is carried out while these files lie there."""
    return Forgotten(request, {name: digest(one.text) for name, one in found.items() if one.text is not None})


def without_network(settings: Settings) -> Settings:
    """Ethernet by DHCP, and no Wi-Fi; name and keys stay."""
    kept = settings.model_dump(exclude_unset=True)
    return Settings.model_validate({key: value for key, value in kept.items() if key not in NETWORK})


def digest(text: str) -> str:
    """Of a file's text."""
    return hashlib.sha256(text.encode()).hexdigest()
