"""A simulated mobile network and simulated GSM modems, written from the manuals and the standards alone.

Nothing here knows the product; the product's modem stack knows nothing of this. What both get right, two readings of
the same manuals agree on.
"""
