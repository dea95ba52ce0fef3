"""Blocks and benches are found by the names of their files."""

from __future__ import annotations

import pytest

from sc_sim.benches import bench_module
from sc_sim.blocks import block_module, block_names, events_of
from sc_sim.design import BuildFolderError
from sc_sim.toolchain import SimulationError


def test_every_block_has_events_and_a_bench() -> None:
    assert block_names() == [
        *("bank", "lane", "layer", "learning_network", "network", "recurrent_network")
    ]
    for block in block_names():
        assert isinstance(events_of(block), dict)
        assert hasattr(block_module(block), "golden_interface")
        assert callable(bench_module(block).simulate)


def test_an_unknown_block_is_named() -> None:
    with pytest.raises(
        BuildFolderError,
        match=r"^no library for block 'sheet': there are those of bank, lane, layer,"
        r" learning_network, network, recurrent_network\.$",
    ):
        block_module("sheet")
    with pytest.raises(
        SimulationError, match=r"^no bench for block 'sheet': sim/benches/sheet\.py is missing\.$"
    ):
        bench_module("sheet")
