"""The situation for people: the guard's picture read, the way a call takes, what an event says. Pure."""
