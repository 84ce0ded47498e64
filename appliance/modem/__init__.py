"""AT over a serial line: bytes, tokens, dialogue, commands, meaning; quirks as one table; the recovery ladder."""
