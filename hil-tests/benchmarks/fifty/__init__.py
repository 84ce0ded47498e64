"""Fifty calls at once, recorded: latency, processor, memory, and whether each was heard both ways."""
