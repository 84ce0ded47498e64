"""What must last, in one SQLite file: events, cursors, memory, responses, people."""
