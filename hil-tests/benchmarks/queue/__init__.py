"""Callers who wait, and an agent who becomes free: the exchange's queue beside ``app_queue``."""
