"""What holds for all tests."""

from hypothesis import settings

# how long an example may take is the machine's business: a busy one failed good code
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
