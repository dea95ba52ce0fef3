"""Settings of every test run; importing this file also puts `support` on the path of all test files."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The same examples on every machine and in every worker, and no limit on wall-clock time.
settings.register_profile(
    "house", deadline=None, derandomize=True, max_examples=40, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
