"""The guard: where does the service number ring? Owns the modem; must always run."""
