"""Recordings of calls (MISSION K7, Q4): made, kept for a time, found, read, erased."""
