"""The roster: people, groups, lines, hours and duty rota; what is right in it, and what follows from it. Pure."""
