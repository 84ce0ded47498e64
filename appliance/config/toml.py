"""TOML as files of ours are read: :mod:`tomllib`, and numbers as TOML has them.

TOML's integers have 64 bits. ``tomllib`` takes any, and Python refuses to read or write those of more than 4,300
digits by an error of another kind, here or wherever the number is told later.
"""

from __future__ import annotations

import tomllib
from typing import Any

LEAST, MOST = -(2**63), 2**63 - 1


class NumberError(tomllib.TOMLDecodeError):
    """A number has more than 64 bits."""

    def __init__(self) -> None:
        ValueError.__init__(self, "a number has more than 64 bits")


def loads(text: str) -> dict[str, Any]:
    """The document. Raises ``tomllib.TOMLDecodeError``, and ``RecursionError`` for brackets hundreds deep."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:
        raise NumberError from None
    _check(document)
    return document


def _check(value: object) -> None:
    if isinstance(value, dict):
        for one in value.values():
            _check(one)
    elif isinstance(value, list):
        for one in value:
            _check(one)
    elif isinstance(value, int) and not LEAST <= value <= MOST:
        raise NumberError
