"""The bench: the world around the box, real where it can be had, simulated where it cannot."""
