"""What can go wrong while an image is made, each with what to do about it."""

from __future__ import annotations


class BuildError(Exception):
    """The image cannot be made; the message names the cause and the mend."""
