"""The roles a scenario asks for, and the two benches (simulated, real) that fill them through labgrid."""
