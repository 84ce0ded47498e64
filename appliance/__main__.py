"""``python -m appliance``, and the ``hotline`` command."""

from __future__ import annotations

import sys

from appliance.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
