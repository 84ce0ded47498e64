"""The Asterisk beside us: its configuration, its two interfaces, its health."""
