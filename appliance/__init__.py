"""Hotline: whoever dials the service number always reaches a human."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("hotline-appliance")
except PackageNotFoundError:  # run from a checkout that nobody installed
    __version__ = "0.0.0+checkout"
