"""The emitted Verilog in this process, under the names that scripts and `sc_hw.Device` use.

`Rtl` knows ports and streams; `RtlLane`, `RtlBank` and `RtlLayer` have the interface of the golden
models, so that either can take the other's place. So has `RtlNetwork`, of a driver with clocks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sc_sim.blocks import block_module
from sc_sim.blocks.bank import RtlBank
from sc_sim.blocks.lane import RtlLane
from sc_sim.blocks.layer import RtlLayer
from sc_sim.blocks.network.device import RtlNetwork
from sc_sim.blocks.network.rtl import NetworkRtl
from sc_sim.design import read_manifest
from sc_sim.driver.one_clock import Rtl
from sc_sim.network_design import BLOCK as NETWORK

__all__ = [
    "NetworkRtl",
    "Rtl",
    "RtlBank",
    "RtlLane",
    "RtlLayer",
    "RtlNetwork",
    "block_of",
    "engine_of",
]


def block_of(rtl: Rtl) -> Any:
    """The design with the interface of its golden model: the class of its block's file."""
    return block_module(rtl.dut.block).golden_interface(rtl)


def engine_of(folder: Path, library: Path) -> Any:
    """The design of a build folder with the interface of its model, a network's too.

    Parameters
    ----------
    folder : build folder.
    library : what `sc_sim.library` has built of it.
    """
    if read_manifest(folder)["design"]["block"] == NETWORK:
        return RtlNetwork(NetworkRtl(folder, library))
    return block_of(Rtl(folder, library))
