"""The exchange: brings a call to a human."""
