"""A design from a file, and its report."""

from __future__ import annotations

from typing import Any

import nir
from small_graphs import TOLD, plain

from sc_model.interchange import (
    import_design,
)


def test_a_design_is_made_of_a_file_and_its_report_is_a_table(tmp_path: Any) -> None:
    file = tmp_path / "My net-2.nir"
    nir.write(file, plain())
    design, parameters, report = import_design(
        file, weight_bits=4, scale="row", fraction=6, lanes=2, **TOLD
    )
    assert design.name == "my_net_2"
    assert design.network.tick_ms == 1.0
    assert design.network.layers[0].lanes == 2
    assert parameters["n.weight"].tolist() == [[7, 7, 7], [7, 7, 7]]
    lines = str(report).splitlines()
    assert lines[0].split()[:6] == ["layer", "array", "numbers", "clipped", "largest", "error"]
    assert lines[1].split()[:4] == ["n", "weight", "6", "0"]
    assert [line.split()[1] for line in lines[1:4]] == ["weight", "threshold", "leak"]
    assert lines[4].startswith("widths of 'n': weights 4 bits, leaks 12, thresholds ")
    assert lines[-1].startswith("agreement on random spikes, seed 0: 32 x 200 steps: spikes float")
