"""What a family declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from amaranth.hdl import Elaboratable

from sc_hw.primitives import BlockRAM, PipelinedMultiplier
from sc_hw.schedule import DelayModel


@dataclass(frozen=True)
class Family:
    """A family without primitives of its own: synthesis infers memories and multipliers from the twins.

    Members
    -------
    name : as written in a design's `fabric`.
    delay : what fits between two registers.
    products : ``block`` maps a product on the fabric's multiplier, ``adders`` on a pipelined tree of adders.
    """

    name: str
    delay: DelayModel
    products: Literal["block", "adders"] = "block"

    def get_block_ram(self, ram: BlockRAM) -> Elaboratable | None:
        """The fabric's block RAM in place of the twin, or None."""
        return None

    def get_multiplier(self, multiplier: PipelinedMultiplier) -> Elaboratable | None:
        """The fabric's multiplier in place of the twin, or None."""
        return None
