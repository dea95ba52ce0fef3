"""A flow without packer or unpacker says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.bitstream.flows import load_flow
from sc_hw.bitstream.pll import Pll
from sc_hw.boards import load_board
from sc_model.spec import ConfigError


def test_a_flow_that_has_no_open_packer() -> None:
    flow, board = load_flow("vivado"), load_board("arty-a7-35t")
    with pytest.raises(NotImplementedError, match="flow vivado has no packer"):
        flow.pack(board, Path(), Path())
    with pytest.raises(NotImplementedError, match="flow vivado has no unpacker"):
        flow.check(board, Path(), Pll("", 100, 100, 100))
    assert not flow.bitstream
    assert flow.no_bitstream


def test_an_unknown_flow_is_named() -> None:
    with pytest.raises(ConfigError, match=r"must be one of ecp5, gowin, ice40, vivado, not 'x'"):
        load_flow("x")
