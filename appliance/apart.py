"""What brings a library along that is needed once is done in a process of its own: its memory goes with it.

Python never lets go of an imported library. A service that made its tables or its certificate itself would hold tens
of megabytes until it is started anew, which on a box that was just set up may be years later.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys

_log = logging.getLogger(__name__)


def run(module: str, *arguments: str, within_s: float) -> bytes | None:
    """What ``python -m module`` wrote to its standard output; ``None`` where it could not do it within that time.

    Blocks: keep it off the event loop. Never raises; whoever asks does it themselves then, and tells what is wrong.
    """
    # a launcher may have told this process alone where the program is; nothing of the working directory is run
    command = (sys.executable, "-P", "-s", "-m", module, *arguments)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        ended = subprocess.run(
            command,
            check=False,
            timeout=within_s,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError) as error:
        _log.debug("%s in a process of its own: %s", module, error)
        return None
    if ended.returncode != 0:
        _log.debug("%s ended with %d: %s", module, ended.returncode, ended.stderr.decode(errors="replace"))
        return None
    return ended.stdout
