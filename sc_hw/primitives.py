"""Memories and multipliers with the registers that synthesis does not find by itself.

Both are described here as behaviour (the *twin* that simulation and proof use). A family's platform may put the fabric's
own primitive in its place: `get_block_ram(ram)` and `get_multiplier(multiplier)`.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Elaboratable, Module, Signal, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out


class BlockRAM(wiring.Component):
    """Simple dual-port block RAM with an output register.

    Latency 2 from `r_addr` to `r_data`, one read and one write a clock, domain ``sync``. Contents are not defined at
    power-on and survive a reset. Reading an address in the cycle in which it is written is *not* defined: the bank's
    schedule never does (proved), and memories without that guarantee are smaller and faster.

    Parameters
    ----------
    depth : words, >= 1.
    width : bits of a word, >= 1.

    Members
    -------
    r_addr, r_data : read port; `w_en`, `w_addr`, `w_data` : write port.

    Platform overrides
    ------------------
    Define `get_block_ram(ram)` to return an elaboratable that drives `ram.r_data`, or None to keep the twin.
    """

    def __init__(self, depth: int, width: int) -> None:
        if depth < 1 or width < 1:
            raise ValueError(f"Block RAM needs depth and width >= 1, not {depth} x {width}")
        self.depth, self.width = depth, width
        address = max(1, (depth - 1).bit_length())
        super().__init__(
            {
                "r_addr": In(address),
                "r_data": Out(width),
                "w_en": In(1),
                "w_addr": In(address),
                "w_data": In(width),
            }
        )

    def elaborate(self, platform: Any) -> Elaboratable:
        override = platform.get_block_ram(self) if hasattr(platform, "get_block_ram") else None
        if override is not None:
            return override  # type: ignore[no-any-return]
        m = Module()
        # no_rw_check: synthesis need not build logic for a read that meets a write
        # one word has an address of no bits, which Verilog can't write: two words then
        depth = max(2, self.depth)
        m.submodules.words = words = memory.Memory(shape=self.width, depth=depth, init=[], attrs={"no_rw_check": 1})
        write = words.write_port()
        read = words.read_port()
        m.d.comb += [
            write.en.eq(self.w_en),
            write.addr.eq(self.w_addr[: len(write.addr)]),
            write.data.eq(self.w_data),
            read.addr.eq(self.r_addr[: len(read.addr)]),
            read.en.eq(1),
        ]
        output_register = Signal(self.width, reset_less=True)
        m.d.sync += output_register.eq(read.data)
        m.d.comb += self.r_data.eq(output_register)
        return m


class PipelinedMultiplier(wiring.Component):
    """Signed product with registers at the operands, inside, and at the result.

    Latency `stages`, one product a clock, domain ``sync``.

    Parameters
    ----------
    a_width, b_width : bits of the signed operands.
    stages : registers from operands to product, >= 2.

    Members
    -------
    a, b : operands; `product` : a x b, `a_width + b_width` bits.

    Platform overrides
    ------------------
    Define `get_multiplier(multiplier)` to return an elaboratable that drives `multiplier.product` with the same
    latency, or None to keep the twin.
    """

    def __init__(self, a_width: int, b_width: int, stages: int) -> None:
        if stages < 2:
            raise ValueError(f"Pipelined multiplier needs stages >= 2, not {stages}")
        self.a_width, self.b_width, self.stages = a_width, b_width, stages
        super().__init__({"a": In(signed(a_width)), "b": In(signed(b_width)), "product": Out(signed(a_width + b_width))})

    def elaborate(self, platform: Any) -> Elaboratable:
        override = platform.get_multiplier(self) if hasattr(platform, "get_multiplier") else None
        if override is not None:
            return override  # type: ignore[no-any-return]
        m = Module()
        a = Signal.like(self.a, reset_less=True)
        b = Signal.like(self.b, reset_less=True)
        m.d.sync += [a.eq(self.a), b.eq(self.b)]
        value = a * b
        for stage in range(1, self.stages):
            register = Signal(signed(self.a_width + self.b_width), name=f"product_{stage}", reset_less=True)
            m.d.sync += register.eq(value)
            value = register
        m.d.comb += self.product.eq(value)
        return m
