"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# how long an example may take is the machine's business: a busy one failed good code
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
