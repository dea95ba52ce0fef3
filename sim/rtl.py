"""The emitted Verilog in this process, under the names that scripts and `sc_hw.Device` use.

`Rtl` knows ports and streams; `RtlLane`, `RtlBank` and `RtlLayer` have the interface of the golden
models, so that either can take the other's place.
"""

from __future__ import annotations

from typing import Any

from sc_sim.blocks import block_module
from sc_sim.blocks.bank import RtlBank
from sc_sim.blocks.lane import RtlLane
from sc_sim.blocks.layer import RtlLayer
from sc_sim.driver.one_clock import Rtl

__all__ = ["Rtl", "RtlBank", "RtlLane", "RtlLayer", "block_of"]


def block_of(rtl: Rtl) -> Any:
    """The design with the interface of its golden model: the class of its block's file."""
    return block_module(rtl.dut.block).golden_interface(rtl)
