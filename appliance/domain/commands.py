"""Commands and their answers (CONTRACT, topics ``command`` and ``response``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """The codes a refused command may carry."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_COMMAND = "unknown_command"
    NOT_ALLOWED = "not_allowed"
    EXPIRED = "expired"
    CONFLICT = "conflict"
    FAILED = "failed"


class CommandError(Exception):
    """A command that was refused or failed; becomes the ``error`` of its response."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Command:
    """A well-formed command. ``link`` is the MQTT link it came by."""

    id: str
    name: str
    args: Mapping[str, Any]
    link: str
