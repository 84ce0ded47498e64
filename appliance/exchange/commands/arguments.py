"""What commands of an exchange take, and how a part of it says which it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from appliance.mqtt.dispatch import Handler


def _in_utc(moment: datetime) -> datetime:
    if not 1 < moment.year < 9999:  # so that it has a place in every zone
        raise ValueError("is outside of the years 2 to 9998")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Args(BaseModel):
    """Arguments of a command; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoArgs(Args):
    """None at all."""


@dataclass(frozen=True, slots=True)
class CommandTable:
    """Commands by name, each with the model of its arguments; those of ``only_looking`` change nothing."""

    handlers: Mapping[str, tuple[type[Args], Handler]]
    only_looking: frozenset[str] = frozenset()
