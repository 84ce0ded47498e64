"""What the journal tells afterwards: outages found and replayed, and the last known picture. Pure."""
