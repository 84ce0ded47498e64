"""Ringing many phones at once: until the last one rings, calls a second, processor time; and pacing."""
