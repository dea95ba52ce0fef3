"""Lattice ECP5: DP16KD with its output register and MULT18X18D with all of its registers.

Yosys infers none of these registers: with them a memory loop goes from 147 to 487 MHz, and a
product from 146 to 252 MHz (nextpnr, speed grade 6).
"""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Array, C, Cat, ClockSignal, Elaboratable, Instance, Module, Signal, Value
from amaranth.lib import memory

from sc_hw.fabric.families.family import Family
from sc_hw.fabric.primitives import BlockRAM, LaneRAM, PipelinedMultiplier, WordRAM
from sc_hw.fabric.timing import Timing
from sc_hw.wires import choose

# (bits of a word, words, lowest address pin used) of a DP16KD port, widest words first; Lattice
# FPGA-TN-02204, table "DP16KD". The first shape that is deep enough needs the fewest blocks.
_SHAPES = ((18, 1024, 4), (9, 2048, 3), (4, 4096, 2), (2, 8192, 1), (1, 16384, 0))
# Words of a memory of lanes, behind the last 512 of them, that are not worth a row of blocks.
_FEW_WORDS = 64
# The same of a memory whose lanes have rows of their own: a block then holds four lanes alone.
_FEW_NARROW_WORDS = 96
_MAX_DEPTH = 16_384  # words of the deepest shape; a deeper memory takes several rows of blocks


@dataclass(frozen=True)
class Ecp5(Family):
    """ECP5 primitives with their registers in use."""

    def get_block_ram(self, ram: BlockRAM) -> Elaboratable | None:
        """Columns of DP16KD, port A writing and port B reading through its output register.

        Memories of `few` words are distributed RAM. Memories of up to 512 words of more than 18
        bits take PDPW16KD, 36 bits a block. Those
        deeper than 16,384 words take several rows of blocks; the high address bits, delayed by the
        two clocks of a read, choose between them.
        """
        if ram.few and ram.depth <= _FEW_WORDS:
            return self._few_words(ram)
        if not ram.output_register:
            return None  # the blocks below all use their output register
        m = Module()
        if ram.depth <= 512 and ram.width > 18:
            columns = [
                self._pdpw16kd(m, ram, f"block_{column}", column * 36)
                for column in range(-(-ram.width // 36))
            ]
            m.d.comb += ram.r_data.eq(Cat(*columns)[: ram.width])
            return m
        depth = min(ram.depth, _MAX_DEPTH)
        width, words, pin = next(shape for shape in _SHAPES if shape[1] >= depth)
        rows = -(-ram.depth // words)
        low = words.bit_length() - 1
        r_row, w_row = ram.r_addr[low:], ram.w_addr[low:]
        data = []
        for row in range(rows):
            enable = ram.w_en if rows == 1 else ram.w_en & (w_row == row)
            columns = [
                self._dp16kd(m, ram, f"block_{row}_{column}", column * width, width, pin, enable)
                for column in range(-(-ram.width // width))
            ]
            data.append(Cat(*columns)[: ram.width])
        if rows == 1:
            m.d.comb += ram.r_data.eq(data[0])
            return m
        chosen = [Signal(len(r_row), name=f"row_{stage}", reset_less=True) for stage in range(2)]
        m.d.sync += [chosen[0].eq(r_row), chosen[1].eq(chosen[0])]
        m.d.comb += ram.r_data.eq(Array(data)[chosen[1]])
        return m

    @staticmethod
    def _few_words(ram: BlockRAM) -> Module:
        """Distributed RAM, with registers at the word and, for a latency of 2, at the address."""
        m = Module()
        m.submodules.words = words = memory.Memory(
            shape=ram.width,
            depth=max(2, ram.depth),
            init=[],
            attrs={"no_rw_check": 1, "ram_style": "distributed"},
        )
        write, read = words.write_port(), words.read_port(domain="comb")
        address: Value = ram.r_addr
        if ram.output_register:
            address = Signal.like(ram.r_addr, name="read_address", reset_less=True)
            m.d.sync += address.eq(ram.r_addr)
        word = Signal(ram.width, name="word", reset_less=True)
        m.d.sync += word.eq(read.data)
        m.d.comb += [
            read.addr.eq(address[: len(read.addr)]),
            write.en.eq(ram.w_en),
            write.addr.eq(ram.w_addr[: len(write.addr)]),
            write.data.eq(ram.w_data),
            ram.r_data.eq(word),
        ]
        return m

    def _dp16kd(
        self, m: Module, ram: BlockRAM, name: str, column: int, width: int, pin: int, enable: Value
    ) -> Value:
        """Add a block, and return the word that it reads.

        Parameters
        ----------
        m : module that the block is added to.
        ram : the memory.
        name : of the block.
        column : lowest bit of the memory's word that the block holds.
        width : bits of the block's words.
        pin : the lowest of its 14 address pins that is used; the pins below choose bits of a word.
        enable : write enable.
        """
        address_bits = 14 - pin

        def address(port: str, value: Value) -> dict[str, Value]:
            """Address pins from `pin` up; in 18-bit words the two lowest pins are byte enables."""
            pins = [C(1, 1), C(1, 1), C(0, 1), C(0, 1)][:pin] if width == 18 else [C(0, 1)] * pin
            pins += [value[bit] if bit < len(value) else C(0, 1) for bit in range(address_bits)]
            return {f"i_AD{port}{number}": bit for number, bit in enumerate(pins)}

        w_data = [
            ram.w_data[column + bit] if column + bit < ram.width and bit < width else C(0, 1)
            for bit in range(18)
        ]
        read = Signal(width, name=f"{name}_q")
        # The chip selects CS are 0, as CSDECODE asks. Port A only writes and port B only reads: the
        # data pins, the write enable and the output register of the other kind are tied off. Block
        # RAM has no reset here, neither a local one nor the global GSR.
        m.submodules[name] = Instance(
            "DP16KD",
            p_DATA_WIDTH_A=width,
            p_DATA_WIDTH_B=width,
            p_REGMODE_A="NOREG",
            p_REGMODE_B="OUTREG",
            p_RESETMODE="SYNC",
            p_ASYNC_RESET_RELEASE="SYNC",
            p_CSDECODE_A="0b000",
            p_CSDECODE_B="0b000",
            p_WRITEMODE_A="NORMAL",
            p_WRITEMODE_B="NORMAL",
            p_GSR="DISABLED",
            i_CLKA=ClockSignal(),
            i_CLKB=ClockSignal(),
            i_CEA=C(1, 1),
            i_CEB=C(1, 1),
            i_OCEA=C(1, 1),
            i_OCEB=C(1, 1),
            i_WEA=enable,
            i_WEB=C(0, 1),
            i_RSTA=C(0, 1),
            i_RSTB=C(0, 1),
            **{f"i_CS{port}{number}": C(0, 1) for port in "AB" for number in range(3)},
            **address("A", ram.w_addr),
            **address("B", ram.r_addr),
            **{f"i_DIA{bit}": value for bit, value in enumerate(w_data)},
            **{f"i_DIB{bit}": C(0, 1) for bit in range(18)},
            **{f"o_DOB{bit}": read[bit] for bit in range(width)},
        )
        return read

    def _pdpw16kd(self, m: Module, ram: BlockRAM, name: str, column: int) -> Value:
        """Add a block for 36 bits of a memory's word, from `column` on; the word that it reads."""
        w_data = Cat(ram.w_data[column : column + 36], C(0, 36))[:36]
        return _wide_block(m, name, ram.r_addr, ram.w_addr, w_data, ram.w_en, C(15, 4))

    def get_lane_ram(self, ram: LaneRAM) -> Elaboratable | None:
        """Rows of PDPW16KD, 36 bits and 512 words a block, with a byte enable for each 9 bits.

        A lane has one byte or two. A last row of few words is distributed RAM. The high address
        bits, delayed by the two clocks of a read, choose between the rows.
        """
        bytes_ = -(-ram.width // 9)
        if ram.depth <= _FEW_WORDS or bytes_ > 2:
            return None
        m = Module()
        rows, rest = divmod(ram.depth, 512)
        few = 0 < rest <= _FEW_WORDS
        rows += rest > 0 and not few
        row, part = ram.addr[9:], 9 * bytes_
        w_data = Cat(ram.w_data, C(0, part - ram.width))
        data = []
        for number in range(rows):
            blocks = []
            for lane in range(0, ram.lanes, 4 // bytes_):
                enables = ram.w_en[lane : lane + 4 // bytes_]
                blocks.append(
                    _wide_block(
                        m,
                        f"block_{number}_{lane}",
                        ram.addr[:9],
                        ram.addr[:9],
                        Cat(w_data.replicate(4 // bytes_)),
                        enables.any() & (row == number),
                        Cat(Cat(enable.replicate(bytes_) for enable in enables), C(0, 4))[:4],
                    )
                )
            words = Cat(*blocks)
            data.append(
                Cat(words[lane * part : lane * part + ram.width] for lane in range(ram.lanes))
            )
        if few:
            data.append(self._distributed(m, ram, rest, row == rows))
        if len(data) == 1:
            m.d.comb += ram.r_data.eq(data[0])
            return m
        chosen = [Signal(len(row), name=f"row_{stage}", reset_less=True) for stage in range(2)]
        m.d.sync += [chosen[0].eq(row), chosen[1].eq(chosen[0])]
        m.d.comb += ram.r_data.eq(Array(data)[chosen[1]])
        return m

    def _distributed(self, m: Module, ram: LaneRAM, depth: int, here: Value) -> Value:
        """Add distributed RAM for the last words, which `here` says are meant; the word read."""
        m.submodules.rest = words = memory.Memory(
            shape=ram.width * ram.lanes,
            depth=depth,
            init=[],
            attrs={"no_rw_check": 1, "ram_style": "distributed"},
        )
        write = words.write_port(granularity=ram.width)
        read = words.read_port(domain="comb")
        address = Signal.like(read.addr, name="rest_address", reset_less=True)
        word = Signal(ram.width * ram.lanes, name="rest_word", reset_less=True)
        m.d.sync += [address.eq(ram.addr[: len(address)]), word.eq(read.data)]
        m.d.comb += [
            read.addr.eq(address),
            write.addr.eq(ram.addr[: len(address)]),
            write.data.eq(ram.w_data.replicate(ram.lanes)),
            write.en.eq(ram.w_en & here.replicate(ram.lanes)),
        ]
        return word

    def get_word_ram(self, ram: WordRAM) -> Elaboratable | None:
        """Rows of PDPW16KD, four lanes of 8 or 9 bits and 512 words a block.

        The words behind a lane's last full row are distributed RAM where they are few, and lanes
        that are not in use from some word on have no rows for these words.
        """
        if ram.single_port or not 5 <= ram.width <= 9 or ram.depth <= 512 or ram.lanes % 4:
            return None
        m = Module()
        row = ram.r_addr[9:]
        columns = []
        for lane in range(0, ram.lanes, 4):
            depth = ram.depth_of(lane)
            full, rest = divmod(depth, 512)
            few = 0 < rest <= _FEW_NARROW_WORDS
            data = [
                self._word_block(m, ram, f"block_{number}_{lane}", lane, ram.w_addr[9:] == number)
                for number in range(full + (rest > 0 and not few))
            ]
            if few:
                data.append(self._last_words(m, ram, lane, rest, ram.w_addr[9:] == full))
            columns.append(data)
        chosen = [Signal(len(row), name=f"row_{stage}", reset_less=True) for stage in range(2)]
        m.d.sync += [chosen[0].eq(row), chosen[1].eq(chosen[0])]
        m.d.comb += ram.r_data.eq(Cat(choose(chosen[1], data) for data in columns))
        return m

    def _word_block(self, m: Module, ram: WordRAM, name: str, lane: int, here: Value) -> Value:
        """Add a block for four lanes from `lane` on; the lanes that it reads."""
        width, pad = ram.width, C(0, 9)
        lanes = [ram.w_data[n * width : (n + 1) * width] for n in range(lane, lane + 4)]
        enables = ram.w_en[lane : lane + 4]
        w_data = Cat(Cat(one, pad)[:9] for one in lanes)
        read = _wide_block(
            m, name, ram.r_addr[:9], ram.w_addr[:9], w_data, enables.any() & here, enables
        )
        return Cat(read[9 * n : 9 * n + width] for n in range(4))

    def _last_words(self, m: Module, ram: WordRAM, lane: int, depth: int, here: Value) -> Value:
        """Add distributed RAM for the last words of four lanes; the lanes that it reads."""
        width = ram.width
        words = memory.Memory(
            shape=4 * width,
            depth=depth,
            init=[],
            attrs={"no_rw_check": 1, "ram_style": "distributed"},
        )
        m.submodules[f"rest_{lane}"] = words
        write = words.write_port(granularity=width)
        read = words.read_port(domain="comb")
        address = Signal.like(read.addr, name=f"rest_address_{lane}", reset_less=True)
        word = Signal(4 * width, name=f"rest_word_{lane}", reset_less=True)
        m.d.sync += [address.eq(ram.r_addr[: len(address)]), word.eq(read.data)]
        m.d.comb += [
            read.addr.eq(address),
            write.addr.eq(ram.w_addr[: len(address)]),
            write.data.eq(ram.w_data[lane * width : (lane + 4) * width]),
            write.en.eq(ram.w_en[lane : lane + 4] & here.replicate(4)),
        ]
        return word

    def get_multiplier(self, multiplier: PipelinedMultiplier) -> Elaboratable | None:
        """One MULT18X18D for operands of up to 18 bits and at least 3 stages; else None.

        The block has 3 registers in a row: at the operands, inside and at the result. Further
        stages follow in flip-flops.
        """
        if max(multiplier.a_width, multiplier.b_width) > 18 or multiplier.stages < 3:
            return None
        m = Module()
        a = Signal(18)
        b = Signal(18)
        product = Signal(36)
        # The operands are signed, so they are sign-extended to 18 bits. SOURCEA and SOURCEB take
        # them from the pins, not from the block beside; SOURCEB_MODE is then without effect.
        m.d.comb += [a.eq(multiplier.a), b.eq(multiplier.b)]
        m.submodules.mult = Instance(
            "MULT18X18D",
            p_REG_INPUTA_CLK="CLK0",
            p_REG_INPUTB_CLK="CLK0",
            p_REG_INPUTC_CLK="NONE",
            p_REG_PIPELINE_CLK="CLK0",
            p_REG_OUTPUT_CLK="CLK0",
            p_CLK0_DIV="ENABLED",
            p_GSR="DISABLED",
            p_SOURCEB_MODE="B_SHIFT",
            p_RESETMODE="SYNC",
            i_CLK0=ClockSignal(),
            i_CE0=C(1, 1),
            i_RST0=C(0, 1),
            i_SIGNEDA=C(1, 1),
            i_SIGNEDB=C(1, 1),
            i_SOURCEA=C(0, 1),
            i_SOURCEB=C(0, 1),
            **{f"i_A{bit}": a[bit] for bit in range(18)},
            **{f"i_B{bit}": b[bit] for bit in range(18)},
            **{f"o_P{bit}": product[bit] for bit in range(36)},
        )
        value: Value = product[: len(multiplier.product)]
        for stage in range(3, multiplier.stages):
            register = Signal(len(value), name=f"product_{stage}", reset_less=True)
            m.d.sync += register.eq(value)
            value = register
        m.d.comb += multiplier.product.eq(value)
        return m


def _wide_block(
    m: Module, name: str, r_addr: Value, w_addr: Value, w_data: Value, write: Value, bytes_: Value
) -> Value:
    """Add a PDPW16KD as 512 words of 36 bits, and return the word that it reads.

    The write port has 9 address pins, the read port 14. The lowest 5 of the read port would choose
    bits of a word if its words were narrower, and are 0 here. Chip selects and resets are as in
    `Ecp5._dp16kd`.

    Parameters
    ----------
    m : module that the block is added to.
    name : of the block.
    r_addr, w_addr : addresses; pins beyond them are 0.
    w_data : the word to write, 36 bits.
    write : write in this clock.
    bytes_ : which of the 4 bytes of 9 bits.
    """

    def bit(value: Value, number: int) -> Value:
        return value[number] if number < len(value) else C(0, 1)

    read = Signal(36, name=f"{name}_q")
    m.submodules[name] = Instance(
        "PDPW16KD",
        p_DATA_WIDTH_W=36,
        p_DATA_WIDTH_R=36,
        p_REGMODE="OUTREG",
        p_RESETMODE="SYNC",
        p_ASYNC_RESET_RELEASE="SYNC",
        p_CSDECODE_W="0b000",
        p_CSDECODE_R="0b000",
        p_GSR="DISABLED",
        i_CLKW=ClockSignal(),
        i_CLKR=ClockSignal(),
        i_CEW=write,
        i_CER=C(1, 1),
        i_OCER=C(1, 1),
        i_RST=C(0, 1),
        **{f"i_CS{port}{number}": C(0, 1) for port in "WR" for number in range(3)},
        **{f"i_BE{number}": bytes_[number] for number in range(4)},
        **{f"i_ADW{number}": bit(w_addr, number) for number in range(9)},
        **{
            f"i_ADR{number}": bit(r_addr, number - 5) if number >= 5 else C(0, 1)
            for number in range(14)
        },
        **{f"i_DI{number}": w_data[number] for number in range(36)},
        **{f"o_DO{number}": read[number] for number in range(36)},
    )
    return read


# Delays at speed grade 6, in ns, as nextpnr reports them; those of grade 8 are 0.7 to 0.8 times as
# long. A block RAM takes 0.96 ns to its output, and the route from its column to the logic up to
# 2.4 ns: `memory` is the sum. The column of multipliers is as far away, so a product gets a fourth
# register, in the logic.
_SPEED_6 = Timing(
    clock_to_out=0.52,
    setup=0.13,
    route=1.5,
    lut=0.24,
    carry_in=0.45,
    carry=0.036,
    carry_out=0.57,
    memory=3.4,
)

# Periods in ns that pipelines are cut for: 278 MHz for a small design; 227 MHz for a layer, which
# fills the device, so that registers are what it runs out of (see `Family.layer_delay`).
FAMILIES = (
    Ecp5(
        "ecp5",
        _SPEED_6.at(3.6, multiplier_stages=4),
        multiplier=(18, 18),
        layer_delay=_SPEED_6.at(4.4, multiplier_stages=4),
        multipliers=28,
    ),
)
