"""Memories and multipliers with the registers that synthesis does not find by itself.

Each component here is described as behaviour: the *twin*, which simulation and proof use. A family
(see `sc_hw.fabric.families`) may put the fabric's own primitive in a twin's place, with the same
latency; each class names the method that the family defines for it.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Elaboratable, Module, Signal, Value, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out


def _override(platform: Any, hook: str, component: wiring.Component) -> Elaboratable | None:
    """What a family puts in a component's place; None keeps the twin."""
    primitive: Elaboratable | None = (
        getattr(platform, hook)(component) if hasattr(platform, hook) else None
    )
    return primitive


# Words below which block RAM is not asked for: registers and a multiplexer are smaller then.
_WORTH_A_BLOCK = 16


def _block_words(m: Module, depth: int, width: int) -> memory.Memory:
    """The submodule `words` of a twin: a memory that is to be block RAM."""
    # One word would have a zero-width address, which Verilog can't write: two words then.
    depth = max(2, depth)
    # no_rw_check: synthesis need not build logic for a read that meets a write.
    attrs: dict[str, Any] = {"no_rw_check": 1}
    if depth >= _WORTH_A_BLOCK:
        # Else synthesis makes registers and a multiplexer of a memory that holds few bits.
        attrs["ram_style"] = "block"
    m.submodules.words = words = memory.Memory(shape=width, depth=depth, init=[], attrs=attrs)
    return words


def _connect(
    m: Module,
    ram: Any,
    write: Any,
    read: Any,
    addresses: tuple[Value, Value],
    w_data: Value,
    *,
    registered: bool = True,
) -> None:
    """Connect the ports of a twin's memory.

    Parameters
    ----------
    m, ram : the twin and its component, with `w_en` and `r_data`.
    write, read : ports of the memory.
    addresses : of the word that is written, and of the one that is read, in this clock.
    w_data : the word to write.
    registered : whether an output register follows.
    """
    w_addr, r_addr = addresses
    m.d.comb += [
        write.en.eq(ram.w_en),
        write.addr.eq(w_addr[: len(write.addr)]),
        write.data.eq(w_data),
        read.addr.eq(r_addr[: len(read.addr)]),
        read.en.eq(1),
    ]
    if not registered:
        m.d.comb += ram.r_data.eq(read.data)
        return
    output_register = Signal(len(ram.r_data), reset_less=True)
    m.d.sync += output_register.eq(read.data)
    m.d.comb += ram.r_data.eq(output_register)


class BlockRAM(wiring.Component):
    """Simple dual-port block RAM with an output register.

    Latency 2 from `r_addr` to `r_data` (1 without the output register), one read and one write a
    clock, domain ``sync``. Contents are not defined at power-on and survive a reset. The word read
    at an address that is written in the same clock is not defined either: a bank's schedule never
    does that (it is proved), and memories without the guarantee are smaller and faster.

    Parameters
    ----------
    depth : words, >= 1.
    width : bits of a word, >= 1.
    output_register : whether it has one; without, a register of the fabric should follow.
    few : where the fabric has memories of few words in its logic, such a memory may be one.

    Members
    -------
    r_addr, r_data : read port.
    w_en, w_addr, w_data : write port.

    Raises ValueError for a depth or width below 1.

    Platform overrides
    ------------------
    Define `get_block_ram(ram)` to return an elaboratable that drives `ram.r_data`, or None to keep
    the twin.
    """

    def __init__(
        self, depth: int, width: int, *, output_register: bool = True, few: bool = False
    ) -> None:
        if depth < 1 or width < 1:
            raise ValueError(f"Block RAM needs depth and width >= 1, not {depth} x {width}")
        self.depth, self.width, self.output_register = depth, width, output_register
        self.few = few
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
        override = _override(platform, "get_block_ram", self)
        if override is not None:
            return override
        m = Module()
        words = _block_words(m, self.depth, self.width)
        write = words.write_port()
        read = words.read_port()
        addresses = (self.w_addr, self.r_addr)
        registered = self.output_register
        _connect(m, self, write, read, addresses, self.w_data, registered=registered)
        return m


class SinglePortRAM(wiring.Component):
    """A memory that reads or writes, not both.

    Latency 1 from `addr` to `r_data`, one access a clock, domain ``sync``. Contents are not defined
    at power-on and survive a reset; what `r_data` shows after a write is not defined.

    Parameters
    ----------
    depth : words, >= 1.
    width : bits of a word, >= 1.

    Members
    -------
    addr : of this clock's access.
    w_en, w_data : write.
    r_data : the word read a clock ago.

    Raises ValueError for a depth or width below 1.

    Platform overrides
    ------------------
    Define `get_single_port_ram(ram)` to return an elaboratable that drives `ram.r_data`, or None to
    keep the twin.
    """

    def __init__(self, depth: int, width: int) -> None:
        if depth < 1 or width < 1:
            raise ValueError(f"Single-port RAM needs depth and width >= 1, not {depth} x {width}")
        self.depth, self.width = depth, width
        super().__init__(
            {
                "addr": In(max(1, (depth - 1).bit_length())),
                "w_en": In(1),
                "w_data": In(width),
                "r_data": Out(width),
            }
        )

    def elaborate(self, platform: Any) -> Elaboratable:
        override = _override(platform, "get_single_port_ram", self)
        if override is not None:
            return override
        m = Module()
        m.submodules.words = words = memory.Memory(
            shape=self.width, depth=max(2, self.depth), init=[]
        )
        write, read = words.write_port(), words.read_port()
        m.d.comb += [
            write.en.eq(self.w_en),
            write.addr.eq(self.addr[: len(write.addr)]),
            write.data.eq(self.w_data),
            read.addr.eq(self.addr[: len(read.addr)]),
            read.en.eq(~self.w_en),
            self.r_data.eq(read.data),
        ]
        return m


class LaneRAM(wiring.Component):
    """The memory of words that lanes read side by side, and that a host writes between the reads.

    A word has a part for each lane. In a clock the word at `addr` is read, or one lane's part of it
    is written, so that one port is enough. Latency 2 from `addr` to `r_data`, one access a clock,
    domain ``sync``. Contents are not defined at power-on and survive a reset; what `r_data` shows
    for the clock of a write is not defined.

    Parameters
    ----------
    depth : words, >= 1.
    width : bits of a lane's part, >= 1.
    lanes : parts of a word, >= 1.

    Members
    -------
    addr : of this clock's access.
    w_en : write the part of each lane whose bit is 1.
    w_data : the part to write.
    r_data : the word read 2 clocks ago, lane 0 in the lowest bits.

    Raises ValueError for a parameter below 1.

    Platform overrides
    ------------------
    Define `get_lane_ram(ram)` to return an elaboratable that drives `ram.r_data`, or None to keep
    the twin.
    """

    def __init__(self, depth: int, width: int, lanes: int) -> None:
        if min(depth, width, lanes) < 1:
            raise ValueError(
                f"Lane RAM needs depth, width and lanes >= 1, not {depth} x {width} x {lanes}"
            )
        self.depth, self.width, self.lanes = depth, width, lanes
        super().__init__(
            {
                "addr": In(max(1, (depth - 1).bit_length())),
                "w_en": In(lanes),
                "w_data": In(width),
                "r_data": Out(width * lanes),
            }
        )

    def elaborate(self, platform: Any) -> Elaboratable:
        override = _override(platform, "get_lane_ram", self)
        if override is not None:
            return override
        m = Module()
        words = _block_words(m, self.depth, self.width * self.lanes)
        write, read = words.write_port(granularity=self.width), words.read_port()
        data = self.w_data.replicate(self.lanes)
        _connect(m, self, write, read, (self.addr, self.addr), data)
        return m


class WordRAM(wiring.Component):
    """A memory of words of several lanes: a read and a write a clock, each lane written or not.

    With one port a write takes the place of the read, and the latency from `r_addr` to `r_data` is
    1; with two ports, and an output register, 2. Domain ``sync``. What `r_data` shows for the clock
    of a write is not defined with one port, and with two not for the word that is written. Contents
    are not defined at power-on and survive a reset.

    Parameters
    ----------
    depth : words, >= 1.
    width : bits of a lane's part, >= 1.
    lanes : parts of a word, >= 1.
    single_port : whether there is one port.
    narrow : (word, lanes): from that word on only so many lanes are in use; None: all are.

    Members
    -------
    r_addr : of the word that is read; with one port of this clock's access.
    r_data : the word, lane 0 in the lowest bits.
    w_addr : of the word that is written; not with one port.
    w_en : write the part of each lane whose bit is 1.
    w_data : the word to write.

    Raises ValueError for a parameter below 1.

    Platform overrides
    ------------------
    Define `get_word_ram(ram)` to return an elaboratable that drives `ram.r_data`, or None to keep
    the twin.
    """

    def __init__(
        self,
        depth: int,
        width: int,
        lanes: int,
        *,
        single_port: bool,
        narrow: tuple[int, int] | None = None,
    ) -> None:
        if min(depth, width, lanes) < 1:
            raise ValueError(
                f"Word RAM needs depth, width and lanes >= 1, not {depth} x {width} x {lanes}"
            )
        self.depth, self.width, self.lanes = depth, width, lanes
        self.single_port, self.narrow = single_port, narrow
        address = max(1, (depth - 1).bit_length())
        super().__init__(
            {
                "r_addr": In(address),
                "r_data": Out(width * lanes),
                **({} if single_port else {"w_addr": In(address)}),
                "w_en": In(lanes),
                "w_data": In(width * lanes),
            }
        )

    def depth_of(self, lane: int) -> int:
        """Words of which a lane is in use."""
        if self.narrow is None or lane < self.narrow[1]:
            return self.depth
        return self.narrow[0]

    def elaborate(self, platform: Any) -> Elaboratable:
        override = _override(platform, "get_word_ram", self)
        if override is not None:
            return override
        m = Module()
        words = _block_words(m, self.depth, self.width * self.lanes)
        write, read = words.write_port(granularity=self.width), words.read_port()
        addresses = (self.r_addr if self.single_port else self.w_addr, self.r_addr)
        registered = not self.single_port
        _connect(m, self, write, read, addresses, self.w_data, registered=registered)
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
    a, b : operands.
    product : a x b, `a_width + b_width` bits.

    Raises ValueError for fewer than 2 stages.

    Platform overrides
    ------------------
    Define `get_multiplier(multiplier)` to return an elaboratable that drives `multiplier.product`
    with the same latency, or None to keep the twin.
    """

    def __init__(self, a_width: int, b_width: int, stages: int) -> None:
        if stages < 2:
            raise ValueError(f"Pipelined multiplier needs stages >= 2, not {stages}")
        self.a_width, self.b_width, self.stages = a_width, b_width, stages
        super().__init__(
            {
                "a": In(signed(a_width)),
                "b": In(signed(b_width)),
                "product": Out(signed(a_width + b_width)),
            }
        )

    def elaborate(self, platform: Any) -> Elaboratable:
        override = _override(platform, "get_multiplier", self)
        if override is not None:
            return override
        m = Module()
        a = Signal.like(self.a, reset_less=True)
        b = Signal.like(self.b, reset_less=True)
        m.d.sync += [a.eq(self.a), b.eq(self.b)]
        value = a * b
        for stage in range(1, self.stages):
            register = Signal(
                signed(self.a_width + self.b_width), name=f"product_{stage}", reset_less=True
            )
            m.d.sync += register.eq(value)
            value = register
        m.d.comb += self.product.eq(value)
        return m


class MultiplyAdd(wiring.Component):
    """Signed product, and its sum with a third operand. Latency 0.

    Parameters
    ----------
    a_width, b_width, c_width : bits of the signed operands.
    sum_width : bits of the sum.

    Members
    -------
    a, b, c : operands.
    sum : a x b + c modulo 2^sum_width.
    product : a x b, for proofs; nothing else may use it, since a primitive does not show it.

    Platform overrides
    ------------------
    Define `get_multiply_add(unit)` to return an elaboratable that drives `unit.sum`, or None to
    keep the twin.
    """

    def __init__(self, a_width: int, b_width: int, c_width: int, sum_width: int) -> None:
        self.a_width, self.b_width, self.c_width, self.sum_width = (
            a_width,
            b_width,
            c_width,
            sum_width,
        )
        super().__init__(
            {
                "a": In(signed(a_width)),
                "b": In(signed(b_width)),
                "c": In(signed(c_width)),
                "product": Out(signed(a_width + b_width)),
                "sum": Out(signed(sum_width)),
            }
        )

    def elaborate(self, platform: Any) -> Elaboratable:
        override = _override(platform, "get_multiply_add", self)
        if override is not None:
            return override
        m = Module()
        total = self.product + self.c
        cut = total[: self.sum_width] if len(total) > self.sum_width else total
        m.d.comb += [self.product.eq(self.a * self.b), self.sum.eq(cut)]
        return m


class RegisteredMultiplyAdd(wiring.Component):
    """Product of a signed and an unsigned number and its sum with a third, between registers.

    Latency 2: operands' registers, the result's register; one result a clock; domain ``sync``.

    Parameters
    ----------
    a_width : bits of the signed factor.
    b_width : bits of the unsigned factor.
    c_width : bits of the signed addend.
    sum_width : bits of the sum.
    block : whether a multiplier block is meant; else a tree of adders.

    Members
    -------
    a, b, c : operands.
    sum : a x b + c modulo 2^sum_width.

    Platform overrides
    ------------------
    Define `get_registered_multiply_add(unit)` to return an elaboratable that drives `unit.sum`, or
    None to keep the twin.
    """

    def __init__(
        self, a_width: int, b_width: int, c_width: int, sum_width: int, *, block: bool = True
    ) -> None:
        self.a_width, self.b_width = a_width, b_width
        self.c_width, self.sum_width = c_width, sum_width
        self.block = block
        super().__init__(
            {
                "a": In(signed(a_width)),
                "b": In(b_width),
                "c": In(signed(c_width)),
                "sum": Out(signed(sum_width)),
            }
        )

    def elaborate(self, platform: Any) -> Elaboratable:
        override = _override(platform, "get_registered_multiply_add", self) if self.block else None
        if override is not None:
            return override
        m = Module()
        a, b, c = (
            Signal.like(operand, name=f"{name}_register", reset_less=True)
            for name, operand in (("a", self.a), ("b", self.b), ("c", self.c))
        )
        result = Signal(signed(self.sum_width), reset_less=True)
        total = (a * b if self.block else self._in_adders(a, b)) + c
        m.d.sync += [
            a.eq(self.a),
            b.eq(self.b),
            c.eq(self.c),
            result.eq(total[: self.sum_width] if len(total) > self.sum_width else total),
        ]
        m.d.comb += self.sum.eq(result)
        return m

    @staticmethod
    def _in_adders(a: Signal, b: Signal) -> Value:
        """The product as a tree of sums, which synthesis does not put into a block."""
        width = len(a) + len(b)
        level: list[Value] = [
            Cat(C(0, place), (a.as_unsigned() & bit.replicate(len(a))).as_signed()).as_signed()
            for place, bit in enumerate(b)
        ]
        while len(level) > 1:
            pairs = [level[n : n + 2] for n in range(0, len(level), 2)]
            sums = [pair[0] + pair[1] if len(pair) == 2 else pair[0] for pair in pairs]
            level = [one[:width].as_signed() if len(one) > width else one for one in sums]
        return level[0]


class CarryOut(wiring.Component):
    """The carry out of a segment of a cut adder, on its way into a register. Latency 0: a wire.

    Members
    -------
    carry : the carry.
    bit : the same, behind the cell through which it leaves the chain.

    Platform overrides
    ------------------
    Define `get_carry_out(carry_out)` to return an elaboratable that drives `carry_out.bit`, or None
    to keep the wire.
    """

    def __init__(self) -> None:
        super().__init__({"carry": In(1), "bit": Out(1)})

    def elaborate(self, platform: Any) -> Elaboratable:
        override = _override(platform, "get_carry_out", self)
        if override is not None:
            return override
        m = Module()
        m.d.comb += self.bit.eq(self.carry)
        return m
