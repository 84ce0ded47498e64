"""``hotline.toml``: read, checked whole, and handed on as frozen models."""

from appliance.config.load import Checked, ConfigError, Mistake, check, examine, load
from appliance.config.models import Config

__all__ = ["Checked", "Config", "ConfigError", "Mistake", "check", "examine", "load"]
