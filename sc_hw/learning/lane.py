# amaranth: UnusedElaboratable=no
"""The arithmetic of a lane that learns: one multiply-add for feedback and for the step of a weight.

The rule says ``W + ((signal * trace << N) >> shift + noise) >> N`` (`error_triggered`, N random
bits). With ``drive = trace << (N - shift)``, which all lanes of a row share, that is ::

    ((W << N) + noise + signal * drive) >> N

a product and a sum in one multiplier block, without a shifter in the lane (`sc_hw.proof` shows that
both are equal, for every shift). With W + 2^(bits - 1), which is never negative, in place of the
drive, and nothing added, the same block gives the feedback's products.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import RegisteredMultiplyAdd
from sc_hw.learning.plan import LearningPlan
from sc_hw.wires import choose, gated


class LearningLane(wiring.Component):
    """Takes a weight and a signal every clock, and gives a product or a new weight.

    Latency `PRODUCT` clocks from the operands to `product` and `changed`; throughput one a clock;
    domain ``sync``, no reset.

    Parameters
    ----------
    plan : widths.
    block : whether it has a multiplier block, or adders.

    Members
    -------
    feedback : what is wanted is the product; else the new weight.
    weight : W.
    signal : a learning signal, or an error.
    drive : the row's trace, shifted (see above).
    noise : random bits.
    width : the number of the new weight's width, with `changed`; where layers have several.
    product : signal * (W + 2^(bits - 1)), in [-`most`, `most`].
    changed : the new weight.
    """

    def __init__(self, plan: LearningPlan, *, block: bool = True) -> None:
        self.plan = plan
        weight = self.weight_bits = plan.weight_bits
        self.signal_bits = plan.state_bits
        noise = plan.spec.noise_bits
        # The product that is fed back is one of an error, or of a signal of a further hidden layer.
        behind = range(1, plan.stages + 1)
        self.product_bits = max(plan.spec.signal_format(n).width for n in behind) + weight
        self.factor_bits = max(plan.drive_bits, weight)
        self.total_bits = (
            max(noise + weight + 1, self.signal_bits + self.factor_bits + 1, self.product_bits) + 1
        )
        self.unit = RegisteredMultiplyAdd(
            self.signal_bits, self.factor_bits, weight + noise, self.total_bits, block=block
        )
        super().__init__(
            {
                "feedback": In(1),
                "weight": In(signed(weight)),
                "signal": In(signed(self.signal_bits)),
                "drive": In(plan.drive_bits),
                "noise": In(noise),
                **({"width": In(plan.width_bits)} if plan.width_bits else {}),
                "product": Out(signed(self.product_bits)),
                "changed": Out(signed(weight)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.unit = unit = self.unit
        noise = self.plan.spec.noise_bits
        raised = Cat(self.weight[:-1], ~self.weight[-1])  # W + 2^(bits - 1)
        added = Cat(self.noise, self.weight)
        m.d.comb += [
            unit.a.eq(self.signal),
            unit.b.eq(Mux(self.feedback, raised, self.drive)),
            unit.c.eq(gated(added, by=~self.feedback)),
            self.product.eq(unit.sum[: self.product_bits]),
        ]
        total = Signal(signed(self.total_bits - noise), name="total")
        m.d.comb += total.eq(unit.sum >> noise)
        clamps = [self._clamped(total, width) for width in self.plan.widths]
        m.d.comb += self.changed.eq(choose(self.width, clamps) if len(clamps) > 1 else clamps[0])
        return m

    def _clamped(self, total: Value, bits: int) -> Value:
        """The clamp to [-M, M]: out of range where the upper bits are not alike, or -M - 1."""
        top, low = total[bits - 1 :], total[: bits - 1]
        fits = ((~top.any()) | top.all()) & ~(top[-1] & ~low.any())
        negative = total[-1]
        limit = Cat(1, (~negative).replicate(bits - 2), negative)
        clamped = Mux(fits, total[:bits], limit)
        return Cat(clamped, negative.replicate(self.weight_bits - bits))
