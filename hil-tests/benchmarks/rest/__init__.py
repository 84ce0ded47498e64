"""What the guard costs while nothing happens, and how soon after its start it probes."""
