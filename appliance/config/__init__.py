"""``hotline.toml``: read, checked whole, and handed on as frozen models."""

from appliance.config.load import ConfigError, Mistake, check, load
from appliance.config.models import Config

__all__ = ["Config", "ConfigError", "Mistake", "check", "load"]
