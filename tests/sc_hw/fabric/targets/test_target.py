"""What every target declares: a name, cells of one unit each, reasons for what is missing."""

from __future__ import annotations

import pytest

from sc_hw.fabric.targets import load_target, target_names


@pytest.mark.parametrize("name", target_names())
def test_declarations(name: str) -> None:
    target = load_target(name)
    assert target.name == name
    assert (target.pnr is None) == (target.no_pnr is not None)
    assert target.pnr is not None or not target.pnr_args
    assert bool(target.pin_names) == bool(target.pin_option)
    tables = (target.cells.lut, target.cells.ff, target.cells.bram, target.cells.dsp)
    types = [cell for table in tables for cell in table]
    assert len(types) == len(set(types))  # a cell counts in one unit only
    assert all(share > 0 for table in tables for share in table.values())
    for limit in target.limits:
        assert limit.where == () or limit.cells
