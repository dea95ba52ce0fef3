"""What an FPGA family declares: delays, how products are made, primitives in place of twins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from amaranth.hdl import Elaboratable

from sc_hw.fabric.checked_fields import CheckedFields, check_name, check_range
from sc_hw.fabric.primitives import (
    BlockRAM,
    CarryOut,
    LaneRAM,
    MultiplyAdd,
    PipelinedMultiplier,
    RegisteredMultiplyAdd,
    SinglePortRAM,
    WordRAM,
)
from sc_hw.fabric.schedule import DelayModel


@dataclass(frozen=True)
class Family(CheckedFields):
    """A family without primitives of its own: synthesis infers memories and multipliers.

    It is also the Amaranth platform that components are elaborated with: a subclass returns the
    fabric's primitive in place of the behavioural twin (see `sc_hw.fabric.primitives`).

    Members
    -------
    name : as written in a design's `fabric`.
    delay : what fits between two registers.
    products : ``block`` maps a product on the fabric's multiplier, ``adders`` on a pipelined tree
        of adders.
    multiplier : signed bits of the two factors of one multiplier block; None where the family has
        none, or none is known.
    ram_register : whether block RAM has an output register of its own; if not, the first register
        of the fabric takes its place.
    layer_delay : delay model of a layer's lanes, where it differs: a layer fills a device, so its
        routes are longer, and registers are what it runs out of.
    layer_memory : how a lane of a layer keeps its synapses where the design leaves it open (see
        `PlasticLayerSpec.memory`).
    large_memory : bits above which a memory of words of lanes goes into memory with one port; None
        where the family has no such memory.
    multipliers : blocks of its smallest device; None where none are counted.
    """

    name: str
    delay: DelayModel
    products: Literal["block", "adders"] = "block"
    ram_register: bool = True
    multiplier: tuple[int, int] | None = None
    layer_delay: DelayModel | None = None
    layer_memory: Literal["joined", "split"] = "joined"
    large_memory: int | None = None
    multipliers: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_name("Family.name", self.name)
        subject = f"of family '{self.name}'"
        for bits in self.multiplier or ():
            check_range(f"Family.multiplier {subject}", bits, 2, 1024, " bits")
        for field in ("large_memory", "multipliers"):
            number = getattr(self, field)
            if number is not None:
                check_range(f"Family.{field} {subject}", number, 0, 1 << 40)

    def get_block_ram(self, ram: BlockRAM) -> Elaboratable | None:
        """The fabric's block RAM in place of the twin, or None."""
        return None

    def get_single_port_ram(self, ram: SinglePortRAM) -> Elaboratable | None:
        """The fabric's single-port RAM in place of the twin, or None."""
        return None

    def get_lane_ram(self, ram: LaneRAM) -> Elaboratable | None:
        """The fabric's memory of lanes' words in place of the twin, or None."""
        return None

    def get_word_ram(self, ram: WordRAM) -> Elaboratable | None:
        """The fabric's memory of words of lanes in place of the twin, or None."""
        return None

    def get_multiplier(self, multiplier: PipelinedMultiplier) -> Elaboratable | None:
        """The fabric's multiplier in place of the twin, or None."""
        return None

    def get_multiply_add(self, unit: MultiplyAdd) -> Elaboratable | None:
        """The fabric's multiplier with the adder behind it in place of the twin, or None."""
        return None

    def get_registered_multiply_add(self, unit: RegisteredMultiplyAdd) -> Elaboratable | None:
        """The fabric's multiplier with adder and registers in place of the twin, or None."""
        return None

    def get_carry_out(self, carry_out: CarryOut) -> Elaboratable | None:
        """The cell through which a carry leaves its chain in place of a wire, or None."""
        return None
