"""Callers who are called back: asking, waiting without a line, the call itself."""
