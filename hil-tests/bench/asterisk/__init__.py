"""Real Asterisk processes: configuration, process, manager interface and the dialplans of the bench's parts."""
