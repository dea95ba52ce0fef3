"""Claims about words hold, and a fault in a memory's use is refuted."""

from __future__ import annotations

from pathlib import Path

import pytest
from recurrent_networks import WrittenParts, design, network

from sc_hw.proof.verdicts import PROVED, REFUTED

PARTS = [
    {"neurons", "noise"},
    pytest.param({"sweep", "readout"}, marks=pytest.mark.soak),
]


@pytest.mark.parametrize("parts", PARTS, ids=["small", "large"])
def test_words_go_back_to_where_they_came_from(
    recurrent_parts: WrittenParts, parts: set[str]
) -> None:
    found = recurrent_parts.verdicts(parts)
    assert set(found.values()) == {PROVED}
    assert {name.split(":")[0] for name in found} == parts


def test_numbers_that_need_fewer_bits_than_they_have(tmp_path: Path) -> None:
    """Slope, error and signal have fewer bits in their pipelines than in what keeps them."""
    hidden = {"neurons": 2, "lanes": 1, "slope_bits": 5, "slope_shift": 6, "signal_shift": 9}
    small = network(inputs=1, hidden=hidden, readout={"neurons": 2, "error_shift": 9})
    found = WrittenParts(tmp_path, design(small)).verdicts({"neurons", "readout"})
    assert set(found.values()) == {PROVED}


def test_a_margin_that_no_sum_reaches(tmp_path: Path) -> None:
    """Errors do not depend on the sums then, and Yosys leaves no wire of what nothing reads."""
    hidden = {"neurons": 2, "lanes": 1}
    readout = {"neurons": 2, "margin": 100_000, "most_error": 1}
    parts = WrittenParts(tmp_path, design(network(inputs=1, hidden=hidden, readout=readout)))
    found = parts.verdicts({"readout"})
    assert set(found.values()) == {PROVED}


def test_a_fault_is_refuted(recurrent_parts: WrittenParts, tmp_path: Path) -> None:
    assert REFUTED in recurrent_parts.with_fault("frozen layer learns", tmp_path).values()
