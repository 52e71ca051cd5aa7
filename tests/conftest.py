"""What all tests share: property tests have no time limit of their own, since speed is measured in benchmarks/ alone."""

from hypothesis import settings

settings.register_profile("hub", deadline=None, print_blob=True)
settings.load_profile("hub")
