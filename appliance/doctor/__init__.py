"""Checks of every part, each with its mend: for `hotline doctor` and for the pages."""
