"""How busy the lanes of a plastic layer are, at sizes with awkward layouts."""

from __future__ import annotations

import pytest

from campaigns.utilisation import measure


@pytest.mark.parametrize(
    ("inputs", "neurons", "lanes"),
    [
        (64, 16, 2),
        (128, 32, 5),
        (128, 128, 25),
        (512, 32, 23),
        (512, 256, 76),
        (1024, 32, 47),
        (1024, 64, 86),
        (1024, 256, 245),
    ],
)
def test_full_lanes_work_in_95_of_100_clocks(inputs: int, neurons: int, lanes: int) -> None:
    """Counts that leave awkward layouts; reports/utilisation.json has all of them."""
    row = measure(inputs, neurons, lanes, "ecp5", 1500, winner_take_all=True)
    assert row is not None
    assert row["synapses_per_lane"] >= 512
    assert row["share"] >= 0.95
