"""Telephones of the bench: a scripted SIP user agent that speaks, listens and notes everything with its time."""
