"""The heartbeat is every service's: :mod:`appliance.heartbeat`."""

from appliance.heartbeat import Heart, ServiceManager, feed

__all__ = ["Heart", "ServiceManager", "feed"]
