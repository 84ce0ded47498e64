"""Queues: who waits, who is free, whom to ring; and callbacks to those who would rather not wait."""
