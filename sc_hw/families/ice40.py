"""Lattice iCE40: UltraPlus with SB_MAC16 multipliers, HX without multipliers.

Carry chains of 0.28 ns a bit (UltraPlus) and 0.13 ns a bit (HX) in nextpnr's model; a bare 16-bit adder between
registers reaches 73 and 189 MHz there, which is why longer ones are cut.
"""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import C, ClockSignal, Elaboratable, Instance, Module, Signal, Value

from sc_hw.families.family import Family
from sc_hw.primitives import PipelinedMultiplier
from sc_hw.schedule import DelayModel


@dataclass(frozen=True)
class UltraPlus(Family):
    """SB_MAC16 with all of its registers: operands, 8 x 8 products, 32-bit sum."""

    def get_multiplier(self, multiplier: PipelinedMultiplier) -> Elaboratable | None:
        """One SB_MAC16 for operands of up to 16 bits and at least 3 stages; further stages follow in fabric."""
        if max(multiplier.a_width, multiplier.b_width) > 16 or multiplier.stages < 3:
            return None
        m = Module()
        a, b, product = Signal(16), Signal(16), Signal(32)
        m.d.comb += [a.eq(multiplier.a), b.eq(multiplier.b)]  # sign-extended
        held = {f"i_{port}": C(0, 1) for port in ("AHOLD", "BHOLD", "CHOLD", "DHOLD", "OHOLDTOP", "OHOLDBOT")}
        resets = {f"i_{port}": C(0, 1) for port in ("IRSTTOP", "IRSTBOT", "ORSTTOP", "ORSTBOT")}
        unused = {
            f"i_{port}": C(0, 1) for port in ("OLOADTOP", "OLOADBOT", "ADDSUBTOP", "ADDSUBBOT", "CI", "ACCUMCI", "SIGNEXTIN")
        }
        m.submodules.mac = Instance(
            "SB_MAC16",
            p_A_REG=C(1, 1),
            p_B_REG=C(1, 1),
            p_TOP_8x8_MULT_REG=C(1, 1),
            p_BOT_8x8_MULT_REG=C(1, 1),
            p_PIPELINE_16x16_MULT_REG1=C(1, 1),
            p_PIPELINE_16x16_MULT_REG2=C(1, 1),
            p_TOPOUTPUT_SELECT=C(3, 2),
            p_BOTOUTPUT_SELECT=C(3, 2),
            p_A_SIGNED=C(1, 1),
            p_B_SIGNED=C(1, 1),
            i_CLK=ClockSignal(),
            i_CE=C(1, 1),
            i_A=a,
            i_B=b,
            i_C=C(0, 16),
            i_D=C(0, 16),
            o_O=product,
            **held,
            **resets,
            **unused,
        )
        value: Value = product[: len(multiplier.product)]
        for stage in range(3, multiplier.stages):
            register = Signal(len(value), name=f"product_{stage}", reset_less=True)
            m.d.sync += register.eq(value)
            value = register
        m.d.comb += multiplier.product.eq(value)
        return m


FAMILIES = (
    UltraPlus("ice40_up", DelayModel(carry_bits=9, lut_levels=1, lut_inputs=4, multiplier_stages=3)),
    Family("ice40_hx", DelayModel(carry_bits=9, lut_levels=1, lut_inputs=4, multiplier_stages=3), products="adders"),
)
