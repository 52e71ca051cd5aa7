"""What all tests share: a property test has no time limit of its own, as speed is measured in benchmarks/ alone."""

from hypothesis import HealthCheck, settings

settings.register_profile("hub", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")
