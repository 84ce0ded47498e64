"""Who may sign in, who has, and what was done: the pages' own database."""
