"""Hotline: whoever dials the service number always reaches a human."""

__version__ = "0.3.0"
