"""Nanoseconds to registers: what fits between two registers of a fabric at the clock that is aimed
for.
"""

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
    carry_in, carry, carry_out : from an adder's operand into its carry chain, a bit further, and
        out of it into a register (`setup` included).
    memory : from the output register of a block RAM to a LUT; 0 where that register is one of the
        fabric.
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
        """What fits into a period; at least one LUT and one bit of an adder do."""
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
            # either there is no time for a LUT, or the fabric's first register has to stand beside
            # the memory
            memory_register=max(self.memory + self.lut, self.memory_out + self.route) + self.setup
            > period_ns,
        )
