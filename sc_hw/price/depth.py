"""The longest path of a word-level netlist, in the delays of a fabric.

Arrival times are those of the cover's LUTs and of the carry chains, every route as long as any
other. The sum is no clock period, but it goes with one: the model of `price` takes it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log2

from sc_hw.price.gates import Cover
from sc_hw.price.words import Block, Chain, Words

NEVER = float("-inf")  # arrival of what does not depend on a path's start
ROUNDS = 6


@dataclass(frozen=True)
class Delays:
    """Delays of a fabric in ns, as nextpnr reports them.

    Members
    -------
    clock_to_out, setup : of a register.
    route : from one cell to another that it alone leads to.
    fanout : of a net that leads to n cells the route is longer by this share of `route` for each
        doubling of n.
    lut : through a LUT.
    lut_inputs : inputs of the widest LUT that a mapper takes for a shorter path.
    carry_in, carry, carry_out : into a carry chain, one bit along it, out of it to its sum.
    memory : from the clock to a block RAM's output.
    multiplier : through a multiplier without registers; one with registers is as a register.
    """

    clock_to_out: float
    setup: float
    route: float
    fanout: float
    lut: float
    carry_in: float
    carry: float
    carry_out: float
    memory: float
    multiplier: float
    lut_inputs: int = 4


@dataclass(frozen=True)
class Module:
    """What a module does to the paths through its ports.

    Members
    -------
    period : the longest path between two registers inside of it, in ns.
    out : from a register to each output, by port; NEVER where there is none.
    through : from an input to each output, by port; NEVER where there is no path.
    into : from an input to a register.
    """

    period: float
    out: Mapping[str, float]
    through: Mapping[str, float]
    into: float


class Paths:
    """Arrival times in a module.

    Parameters
    ----------
    words, cover : the module.
    delays : of the fabric.
    inner : the modules that it has instances of.
    """

    def __init__(
        self, words: Words, cover: Cover, delays: Delays, inner: Mapping[str, Module]
    ) -> None:
        self._words, self._cover, self._delays, self._inner = words, cover, delays, inner
        self._chain_at: dict[int, Chain] = {}
        for chain in words.chains:
            number = chain.sums[0] if chain.sums else chain.carry_out
            self._chain_at[number >> 1] = chain
        self._inverters = set(cover.inverters)
        self._route = self._routes()

    def module(self) -> Module:
        """Periods and delays of the module."""
        delays = self._delays
        from_registers = self._arrivals(
            lambda kind: NEVER if kind == "port" else delays.clock_to_out
        )
        from_inputs = self._arrivals(lambda kind: 0.0 if kind == "port" else NEVER)
        ports = self._words.outputs
        return Module(
            period=self._worst(from_registers),
            out={name: self._latest(bits, from_registers) for name, bits in ports.items()},
            through={name: self._latest(bits, from_inputs) for name, bits in ports.items()},
            into=self._worst(from_inputs),
        )

    def period(self) -> float:
        """The longest path of a whole design, whose ports end in registers, in ns."""
        delays = self._delays
        arrivals = self._arrivals(lambda _: delays.clock_to_out)
        outputs = [literal for bits in self._words.outputs.values() for literal in bits]
        # a register of the frame behind a LUT of the frame
        end = delays.route + delays.lut + delays.setup
        return max(self._worst(arrivals), self._latest(outputs, arrivals) + end)

    # --- arrivals -------------------------------------------------------------------------------

    def _routes(self) -> list[float]:
        """Length of the route behind each gate, by the number of cells that it leads to."""
        words, delays = self._words, self._delays
        readers = [0] * len(words.gates.inputs)
        for leaves in self._cover.leaves.values():
            for leaf in leaves:
                readers[leaf] += 1
        for literal in words.uses():
            readers[literal >> 1] += 1
        return [delays.route * (1 + delays.fanout * log2(max(1, count))) for count in readers]

    def _latest(self, literals: list[int], arrivals: list[float]) -> float:
        return max((arrivals[literal >> 1] for literal in literals), default=NEVER)

    def _arrivals(self, start: Callable[[str], float]) -> list[float]:
        """Arrival of each gate; `start` gives those of registers and ports."""
        words = self._words
        arrivals = [NEVER] * len(words.gates.inputs)
        for number, kind in words.starts.items():
            if kind in ("register", "port"):
                arrivals[number] = start(kind)
        if start("register") > NEVER:
            for block in words.blocks:
                for name, bits in block.makes.items():
                    for literal in bits:
                        arrivals[literal >> 1] = self._from_clock(block, name)
        # Blocks without registers and modules may lie one behind another; a few rounds settle them.
        for _ in range(ROUNDS):
            self._through_logic(arrivals)
            if not self._through_blocks(arrivals):
                break
        return arrivals

    def _from_clock(self, block: Block, port: str) -> float:
        """Arrival of a block's output that a register inside of it makes."""
        module = self._inner.get(block.kind)
        if module is not None:
            return module.out.get(port, NEVER)
        if block.kind in COMBINATIONAL or _is_unclocked(block):
            return NEVER
        if block.kind.startswith(MULTIPLIERS):
            return self._delays.clock_to_out
        return self._delays.memory

    def _through_blocks(self, arrivals: list[float]) -> bool:
        """Arrivals behind blocks that lead through; whether one has changed."""
        has_changed = False
        for block in self._words.blocks:
            through = {name: self._through(block, name) for name in block.makes}
            if max(through.values(), default=NEVER) == NEVER:
                continue
            reads = [literal >> 1 for bits in block.reads.values() for literal in bits]
            arrival = max((arrivals[each] + self._route[each] for each in reads), default=NEVER)
            for name, bits in block.makes.items():
                for literal in bits:
                    if arrival + through[name] > arrivals[literal >> 1]:
                        arrivals[literal >> 1], has_changed = arrival + through[name], True
        return has_changed

    def _through(self, block: Block, port: str) -> float:
        """Delay from a block's inputs to an output; NEVER where registers are between."""
        module = self._inner.get(block.kind)
        if module is not None:
            return module.through.get(port, NEVER)
        if block.kind in COMBINATIONAL:
            return self._delays.lut
        return self._delays.multiplier if _is_unclocked(block) else NEVER

    def _through_logic(self, arrivals: list[float]) -> None:
        lut, route = self._delays.lut, self._route
        widest, inputs = self._delays.lut_inputs, self._words.gates.inputs
        near: dict[int, tuple[int, ...]] = {}
        for number in range(1, len(arrivals)):
            if inputs[number]:
                near[number] = nearest = _nearest(inputs[number], near, arrivals, widest)
                arrivals[number] = max([arrivals[leaf] + route[leaf] for leaf in nearest]) + lut
            elif number in self._chain_at:
                self._through_chain(self._chain_at[number], arrivals)

    def _through_chain(self, chain: Chain, arrivals: list[float]) -> None:
        delays = self._delays
        carry = arrivals[chain.carry_in >> 1] + self._route[chain.carry_in >> 1] + delays.carry_in
        for place, (a, b) in enumerate(zip(chain.a, chain.b, strict=True)):
            operand = max(self._operand(a, arrivals), self._operand(b, arrivals))
            sum_at = max(carry + delays.carry_out, operand + delays.lut)
            arrivals[chain.sums[place] >> 1] = sum_at
            carry = max(carry + delays.carry, operand + delays.carry_in)
        arrivals[chain.carry_out >> 1] = carry + delays.carry_out

    def _operand(self, literal: int, arrivals: list[float]) -> float:
        """Arrival of an operand at a chain; one that a LUT of its own inverts comes later."""
        number, delays = literal >> 1, self._delays
        late = literal & 1 and number in self._inverters
        return arrivals[number] + self._route[number] + (delays.route + delays.lut if late else 0)

    def _worst(self, arrivals: list[float]) -> float:
        """The longest path to a register or a block, its setup time included."""
        delays, leaves, worst = self._delays, self._cover.leaves, NEVER
        chained = {literal >> 1 for chain in self._words.chains for literal in chain.sums}
        for register in self._words.registers:
            for place, literal in enumerate(register.reads):
                number = literal >> 1
                # a LUT or a sum shares its cell with the register behind it
                near = place == 0 and (number in leaves or number in chained)
                route = 0 if near else self._route[number]
                worst = max(worst, arrivals[number] + route + delays.setup)
        for block in self._words.blocks:
            inner = self._inner.get(block.kind)
            end = delays.setup if inner is None else inner.into
            for bits in block.reads.values():
                for literal in bits:
                    at = arrivals[literal >> 1] + self._route[literal >> 1]
                    worst = max(worst, at + end)
        return worst


def _nearest(
    inputs: tuple[int, ...],
    near: Mapping[int, tuple[int, ...]],
    arrivals: Sequence[float],
    widest: int,
) -> tuple[int, ...]:
    """Inputs of a gate's LUT on the shortest path: the latest gate in front of it is drawn in as
    long as the inputs suffice, whoever else reads it.
    """
    nearest = inputs
    while True:
        last = max(nearest, key=arrivals.__getitem__)
        if last not in near:
            return nearest
        wider = tuple(dict.fromkeys([*(each for each in nearest if each != last), *near[last]]))
        if len(wider) > max(widest, len(nearest)):
            return nearest
        nearest = wider


COMBINATIONAL = ("SB_LUT4", "TRELLIS_DPR16X4")
MULTIPLIERS = ("SB_MAC16", "MULT18X18")


def _is_unclocked(block: Block) -> bool:
    """Whether a block is a multiplier none of whose registers is in use."""
    values = block.parameters
    if block.kind == "SB_MAC16":
        return not str(values.get("PIPELINE_16x16_MULT_REG2", "0")).endswith("1")
    return (
        block.kind.startswith("MULT18X18") and str(values.get("REG_OUTPUT_CLK", "NONE")) == "NONE"
    )
