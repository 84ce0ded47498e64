"""Human, machine or doubt: who answered, from what is heard."""
