"""Nanoseconds to registers: what fits between two registers of a fabric at a given clock."""

from __future__ import annotations

from dataclasses import dataclass

from sc_hw.fabric.schedule import DelayModel


@dataclass(frozen=True)
class Timing:
    """Delays of a fabric in ns, as nextpnr reports them on critical paths of banks.

    Members
    -------
    clock_to_out, setup : of a flip-flop.
    route : from one logic cell to another, where a path is not at its worst.
    lut : through a LUT, whichever of its inputs is slowest.
    carry_in : from an adder's operand into its carry chain.
    carry : one bit further along the chain.
    carry_out : out of the chain into a register, `setup` included.
    memory : from the output register of a block RAM to a LUT; 0 where the block has no such
        register.
    memory_out : of a block RAM without an output register, to its pins.
    lut_inputs : inputs of a LUT.
    """

    clock_to_out: float
    setup: float
    route: float
    lut: float
    carry_in: float
    carry: float
    carry_out: float
    memory: float = 0.0
    memory_out: float = 0.0
    lut_inputs: int = 4

    def at(self, period_ns: float, *, multiplier_stages: int) -> DelayModel:
        """What fits into a period; at least one LUT and one bit of an adder are taken to fit."""
        begin = self.clock_to_out + self.route
        return DelayModel(
            carry_bits=max(
                1, int((period_ns - begin - self.carry_in - self.carry_out) / self.carry)
            ),
            lut_levels=max(
                1, int((period_ns - self.clock_to_out - self.setup) / (self.route + self.lut))
            ),
            lut_inputs=self.lut_inputs,
            multiplier_stages=multiplier_stages,
            # Needed where no LUT fits behind the memory's own register, or where the memory's
            # output just reaches a register of the fabric.
            memory_register=max(self.memory + self.lut, self.memory_out + self.route) + self.setup
            > period_ns,
        )
