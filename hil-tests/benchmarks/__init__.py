"""Figures: what is claimed of Hotline, measured. ``python -m benchmarks --help`` (``make bench``)."""
