"""Queues on a real Asterisk: who waits, what is heard meanwhile, whose turn it is."""
