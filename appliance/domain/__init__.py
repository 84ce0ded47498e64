"""The words every room shares: numbers, people, routes, forwarding, health, events. Pure; imports nothing of ours."""
