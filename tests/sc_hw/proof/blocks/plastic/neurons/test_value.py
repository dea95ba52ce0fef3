"""The claims about a prediction notice one that is not kept, or is that of another neuron."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_parts import PREDICTION, refuted

OF_NEURON = r"\bindex_d(\d+) == \d+'h\w+"  # the comparison with the neuron's number


@pytest.mark.parametrize(
    ("edit", "claims"),
    [
        ((OF_NEURON, r"index_d\1 == 2'h2"), {"value: taken", "value: kept"}),
        ((OF_NEURON, r"index_d\1 >= 2'h2"), {"value: kept"}),
    ],
)
def test_a_broken_part_is_refuted(edit: tuple[str, str], claims: set[str], tmp_path: Path) -> None:
    assert refuted("neurons", edit, tmp_path, PREDICTION) == claims
