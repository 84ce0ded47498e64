"""The configuration as ``config.show`` tells it: in the words of ``hotline.toml``, and without its secrets. Pure.

Secrets stand in files of their own, which are only named here; ``[provisioning]`` alone holds some itself (the SIM's
PIN, a Wi-Fi password) and is left out whole.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from appliance.config.models import Config

NEVER_SHOWN = frozenset({"provisioning"})


def document(config: Config) -> dict[str, Any]:
    """JSON-ready: keys as the file has them, numbers as E.164, endpoints as URIs; ``None`` for what is left out."""
    return {key: value for key, value in _table(config).items() if key not in NEVER_SHOWN}


def _table(section: BaseModel) -> dict[str, Any]:
    fields = type(section).model_fields
    return {info.alias or name: _value(getattr(section, name)) for name, info in fields.items()}


def _value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _table(value)
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
