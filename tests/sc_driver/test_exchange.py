"""How long a link waits."""

from __future__ import annotations

from sc_driver.exchange import FIRST_TIMEOUT, LEAST_TIMEOUT, MOST_TIMEOUT, Timeout


def test_patience_is_learned_and_grows() -> None:
    timeout = Timeout(None)
    assert timeout.of_try(0) == FIRST_TIMEOUT
    assert timeout.of_try(2) == 4 * FIRST_TIMEOUT
    assert timeout.of_try(9) == MOST_TIMEOUT
    for _ in range(100):
        timeout.learn(0.001)
    assert timeout.of_try(0) == LEAST_TIMEOUT
    timeout.learn(9.0)
    assert timeout.of_try(0) == MOST_TIMEOUT


def test_a_slow_wire_is_waited_for() -> None:
    """At 9600 baud two long frames take half a second."""
    assert 0.5 < Timeout(960.0).of_try(0) - FIRST_TIMEOUT < 0.6
