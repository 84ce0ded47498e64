"""What the exchange says: named prompts, sets of them, values in each language's own grammar, their sounds."""
