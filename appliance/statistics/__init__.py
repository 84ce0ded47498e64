"""Figures over the call log (MISSION H6). Pure."""
