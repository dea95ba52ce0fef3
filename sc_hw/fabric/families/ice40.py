"""Lattice iCE40: UltraPlus with SB_MAC16 multipliers, HX without multipliers.

A bare 16-bit adder between registers reaches 73 MHz (UltraPlus) and 189 MHz (HX) in nextpnr's
model, which is why longer carry chains are cut.
"""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import C, Cat, ClockSignal, Elaboratable, Instance, Module, Signal, Value

from sc_hw.fabric.families.family import Family
from sc_hw.fabric.primitives import (
    CarryOut,
    LaneRAM,
    MultiplyAdd,
    PipelinedMultiplier,
    RegisteredMultiplyAdd,
    SinglePortRAM,
    WordRAM,
)
from sc_hw.fabric.timing import Timing

# An UltraPlus has 4 SPRAMs beside 30 block RAMs: a memory that would take more block RAMs than this
# goes into SPRAM.
_FEW_BLOCKS = 12


@dataclass(frozen=True)
class Ice40(Family):
    """iCE40: a carry leaves its chain through a LUT of the chain."""

    def get_carry_out(self, carry_out: CarryOut) -> Elaboratable:
        """A LUT at the end of the chain that passes its carry input on.

        It shares its cell with the register behind it; without it nextpnr leads the carry through a
        LUT and then to a register elsewhere (UltraPlus: an 8-bit segment goes from 90 to 124 MHz).
        """
        m = Module()
        m.submodules.lut = Instance(
            "SB_LUT4",
            p_LUT_INIT=C(0xFF00, 16),
            **{f"i_I{pin}": C(0, 1) for pin in range(3)},
            i_I3=carry_out.carry,
            o_O=carry_out.bit,
        )
        return m


@dataclass(frozen=True)
class UltraPlus(Ice40):
    """UltraPlus: SB_MAC16 multipliers, and 256 kbit of single-port RAM in each SB_SPRAM256KA.

    An SB_MAC16 multiplies 16 x 16 bits with registers at operands, 8 x 8 products and 32-bit sum,
    or with none.
    """

    def get_single_port_ram(self, ram: SinglePortRAM) -> Elaboratable | None:
        """SB_SPRAM256KA (16,384 x 16 bits) side by side; 4 of them on a device."""
        if ram.depth > 16_384:
            return None
        m = Module()
        columns = [
            _spram(m, low, ram.addr, ram.w_en, ram.w_data[low : low + 16], C(15, 4))
            for low in range(0, ram.width, 16)
        ]
        m.d.comb += ram.r_data.eq(Cat(*columns)[: ram.width])
        return m

    def get_lane_ram(self, ram: LaneRAM) -> Elaboratable | None:
        """SB_SPRAM256KA side by side, with a register behind them, for a memory that needs many.

        Lanes begin at multiples of 4 bits: those are what the block's write mask distinguishes.
        """
        part = -(-ram.width // 4) * 4
        blocks = -(-ram.depth // 256) * -(-ram.width * ram.lanes // 16)
        if ram.depth > 16_384 or blocks <= _FEW_BLOCKS:
            return None
        m = Module()
        w_data = Cat(ram.w_data, C(0, part - ram.width)).replicate(ram.lanes)
        # A write mask bit is 4 data bits.
        mask = Cat(enable.replicate(part // 4) for enable in ram.w_en)
        columns = []
        for low in range(0, len(w_data), 16):
            own = mask[low // 4 : low // 4 + 4]
            columns.append(
                _spram(m, low, ram.addr, ram.w_en.any(), w_data[low : low + 16], Cat(own, C(0, 4)))
            )
        words = Cat(*columns)
        register = Signal(len(ram.r_data), name="output_register", reset_less=True)
        m.d.sync += register.eq(
            Cat(words[lane * part : lane * part + ram.width] for lane in range(ram.lanes))
        )
        m.d.comb += ram.r_data.eq(register)
        return m

    def get_word_ram(self, ram: WordRAM) -> Elaboratable | None:
        """SB_SPRAM256KA side by side for a memory with one port.

        Lanes begin at multiples of 4 bits, as in `get_lane_ram`.
        """
        if ram.depth > 16_384 or not ram.single_port:
            return None
        m = Module()
        part = -(-ram.width // 4) * 4
        words = [ram.w_data[low : low + ram.width] for low in range(0, len(ram.w_data), ram.width)]
        w_data = Cat(Cat(word, C(0, part - ram.width)) for word in words)
        mask = Cat(enable.replicate(part // 4) for enable in ram.w_en)
        columns = [
            _spram(
                m,
                low,
                ram.r_addr,
                ram.w_en.any(),
                w_data[low : low + 16],
                Cat(mask[low // 4 : low // 4 + 4], C(0, 4)),
            )
            for low in range(0, len(w_data), 16)
        ]
        read = Cat(*columns)
        m.d.comb += ram.r_data.eq(
            Cat(read[lane * part : lane * part + ram.width] for lane in range(ram.lanes))
        )
        return m

    def get_registered_multiply_add(self, unit: RegisteredMultiplyAdd) -> Elaboratable | None:
        """One SB_MAC16 with the registers of its operands and of its sum."""
        if max(unit.a_width, unit.b_width) > 16 or max(unit.c_width, unit.sum_width) > 32:
            return None
        m = Module()
        registers = ("A_REG", "B_REG", "C_REG", "D_REG")
        result = _mac16(
            m, unit.a, unit.b, unit.c, registers=registers, output=C(1, 2), b_signed=False
        )
        m.d.comb += unit.sum.eq(result)
        return m

    def get_multiplier(self, multiplier: PipelinedMultiplier) -> Elaboratable | None:
        """One SB_MAC16 for operands of up to 16 bits and at least 3 stages.

        Further stages follow in flip-flops.
        """
        if max(multiplier.a_width, multiplier.b_width) > 16 or multiplier.stages < 3:
            return None
        m = Module()
        registers = (
            "A_REG",
            "B_REG",
            "TOP_8x8_MULT_REG",
            "BOT_8x8_MULT_REG",
            "PIPELINE_16x16_MULT_REG1",
            "PIPELINE_16x16_MULT_REG2",
        )
        product = _mac16(
            m, multiplier.a, multiplier.b, C(0, 32), registers=registers, output=C(3, 2)
        )
        value: Value = product[: len(multiplier.product)]
        for stage in range(3, multiplier.stages):
            register = Signal(len(value), name=f"product_{stage}", reset_less=True)
            m.d.sync += register.eq(value)
            value = register
        m.d.comb += multiplier.product.eq(value)
        return m

    def get_multiply_add(self, unit: MultiplyAdd) -> Elaboratable | None:
        """One SB_MAC16 with its adder, which saves 16 LUTs.

        Factors may have up to 16 bits, sum and addend up to 32.
        """
        if max(unit.a_width, unit.b_width) > 16 or max(unit.c_width, unit.sum_width) > 32:
            return None
        m = Module()
        m.d.comb += unit.sum.eq(_mac16(m, unit.a, unit.b, unit.c, registers=(), output=C(0, 2)))
        return m


def _spram(m: Module, low: int, addr: Value, enable: Value, w_data: Value, mask: Value) -> Value:
    """Add an SB_SPRAM256KA, and return the word that it reads.

    Parameters
    ----------
    m : module that the block is added to.
    low : lowest bit of the memory's word that it holds; the block's name has it.
    addr : of the access.
    enable : write.
    w_data : the bits to write, 16 or fewer.
    mask : write enable of each 4 bits, 4 bits or more.
    """
    read = Signal(16, name=f"read_{low}")
    m.submodules[f"block_{low}"] = Instance(
        "SB_SPRAM256KA",
        i_ADDRESS=Cat(addr, C(0, 14))[:14],
        i_DATAIN=Cat(w_data, C(0, 16))[:16],
        i_MASKWREN=mask[:4],
        i_WREN=enable,
        i_CHIPSELECT=C(1, 1),
        i_CLOCK=ClockSignal(),
        i_STANDBY=C(0, 1),
        i_SLEEP=C(0, 1),
        i_POWEROFF=C(1, 1),  # low is off
        o_DATAOUT=read,
    )
    return read


def _mac16(
    m: Module,
    a: Value,
    b: Value,
    c: Value,
    *,
    registers: tuple[str, ...],
    output: Value,
    b_signed: bool = True,
) -> Signal:
    """Output of an SB_MAC16 for signed operands (Lattice FPGA-TN-02007).

    Parameters
    ----------
    a, b, c : operands, sign-extended to 16, 16 and 32 bits.
    registers : the block's registers that are in use.
    output : what it shows: 0 is a x b + c, 1 the same behind a register, 3 is the registered a x b.
    b_signed : whether `b` is signed; zero-extended otherwise.
    """
    wide_a = Signal(16)
    wide_b = Signal(16)
    wide_c = Signal(32)
    result = Signal(32)
    m.d.comb += [wide_a.eq(a), wide_b.eq(b), wide_c.eq(c)]  # sign-extended
    low = (
        "AHOLD BHOLD CHOLD DHOLD OHOLDTOP OHOLDBOT IRSTTOP IRSTBOT ORSTTOP ORSTBOT OLOADTOP"
        " OLOADBOT"
    )
    low += " ADDSUBTOP ADDSUBBOT CI ACCUMCI SIGNEXTIN"
    m.submodules.mac = Instance(
        "SB_MAC16",
        **{f"p_{register}": C(1, 1) for register in registers},
        p_TOPADDSUB_LOWERINPUT=C(2, 2),  # the product's upper half
        p_TOPADDSUB_UPPERINPUT=C(1, 1),  # c's
        p_TOPADDSUB_CARRYSELECT=C(2, 2),  # with the lower half's carry
        p_BOTADDSUB_LOWERINPUT=C(2, 2),
        p_BOTADDSUB_UPPERINPUT=C(1, 1),
        p_TOPOUTPUT_SELECT=output,
        p_BOTOUTPUT_SELECT=output,
        p_A_SIGNED=C(1, 1),
        p_B_SIGNED=C(int(b_signed), 1),
        i_CLK=ClockSignal(),
        i_CE=C(1, 1),
        i_A=wide_a,
        i_B=wide_b,
        i_C=wide_c[16:],
        i_D=wide_c[:16],
        o_O=result,
        **{f"i_{port}": C(0, 1) for port in low.split()},
    )
    return result


# Delays in ns. A logic tile holds 8 bits of a carry chain; `carry` has an eighth of the step to the
# next tile in it.
_UP = Timing(
    clock_to_out=1.39,
    setup=1.23,
    route=2.4,
    lut=1.28,
    carry_in=0.68,
    carry=0.35,
    carry_out=1.48,
    memory_out=2.64,
)
_HX = Timing(
    clock_to_out=0.54,
    setup=0.47,
    route=1.3,
    lut=0.40,
    carry_in=0.26,
    carry=0.15,
    carry_out=0.60,
    memory_out=2.15,
)

FAMILIES = (
    UltraPlus(
        "ice40_up",
        _UP.at(8.3, multiplier_stages=3),
        ram_register=False,
        multiplier=(16, 16),
        layer_delay=_UP.at(13.0, multiplier_stages=3),
        layer_memory="split",
        large_memory=_FEW_BLOCKS * 4096,
        multipliers=8,
    ),
    Ice40(
        "ice40_hx",
        _HX.at(3.64, multiplier_stages=3),  # the global clock's limit is 275 MHz
        products="adders",
        ram_register=False,
        layer_delay=_HX.at(5.6, multiplier_stages=3),
        layer_memory="split",
    ),
)
