"""The site of the on-call figures: an Asterisk under test with its exchange, a far side of callers and phones."""
