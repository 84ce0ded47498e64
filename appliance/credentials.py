"""What the service manager hands a service (systemd.exec(5), Credentials): files that nobody else can read."""

from __future__ import annotations

import os
from pathlib import Path


def handed_over(name: str) -> Path | None:
    """The file of the credential ``name``; ``None`` where this service was given none of that name."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    file = Path(folder, name) if folder else None
    # by os.path: systemd before 253 leaves the folder to root where it has nothing to hand over
    return file if file is not None and os.path.exists(file) else None
