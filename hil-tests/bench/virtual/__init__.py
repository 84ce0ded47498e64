"""The guard's ports as peers with state, for virtual time: a mobile network, probed parts, a lasting journal."""
