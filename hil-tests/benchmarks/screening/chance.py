"""Chance that comes out the same every time and everywhere: drawn from the hash of a name, never from a clock."""

from __future__ import annotations

import hashlib
import random

import numpy as np


def share(*words: object) -> float:
    """A number from 0 to 1 that belongs to these words."""
    return int.from_bytes(_digest(words)[:8], "big") / 2**64


def chance(*words: object) -> random.Random:
    """A generator that belongs to these words."""
    return random.Random(int.from_bytes(_digest(words)[:8], "big"))


def noise_source(*words: object) -> np.random.Generator:
    """The same for arrays."""
    return np.random.Generator(np.random.PCG64(int.from_bytes(_digest(words)[:8], "big")))


def held_out(language: str, text: str) -> bool:
    """Whether this text, and every recording of it, belongs to the half that nothing may ever be tuned on."""
    return share("half", language, text) < 0.5


def _digest(words: tuple[object, ...]) -> bytes:
    return hashlib.sha256("\0".join(map(str, words)).encode()).digest()
