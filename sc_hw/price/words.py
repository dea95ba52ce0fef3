"""Cells of Yosys' word-level netlist as gates, carry chains, registers and blocks.

The netlist is the one in front of technology mapping: adders, multiplexers, comparators and
registers are still words, while memories and multipliers are the fabric's blocks already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sc_hw.price.gates import FALSE, TRUE, Gates

Bits = list[int]  # literals, the lowest first
CONSTANTS = {"0": FALSE, "1": TRUE, "x": FALSE, "z": FALSE}


@dataclass
class Chain:
    """An adder that the fabric builds of its carry chain.

    Members
    -------
    a, b : operands, after the inversion that a subtraction asks for; as long as the sum.
    flip : literal that inverts `b` inside of the cell; None where `b` is inverted by a LUT.
    carry_in : literal of the carry into the lowest bit.
    sums, carry_out : sources that stand for the sum's bits, and for the last carry.
    used : of each bit whether somebody reads its sum.
    """

    a: Bits
    b: Bits
    flip: int | None
    carry_in: int
    sums: Bits
    carry_out: int
    used: list[bool]
    label: str = ""


@dataclass
class Block:
    """A cell of the fabric, or an instance of a module that is priced by itself.

    Members
    -------
    kind : its type.
    parameters : as Yosys has them.
    reads, makes : literals at its inputs and outputs, by port.
    """

    kind: str
    parameters: Mapping[str, Any]
    reads: dict[str, Bits]
    makes: dict[str, Bits]
    label: str = ""


@dataclass(frozen=True)
class Register:
    """A flip-flop.

    Members
    -------
    output : the literal that it holds.
    reads : its data, and its enable and reset if it has them.
    """

    output: int
    reads: tuple[int, ...]
    label: str


@dataclass
class Words:
    """A module's netlist in literals.

    Members
    -------
    gates : its logic.
    registers : its flip-flops.
    chains, blocks : carry chains, and cells of the fabric.
    inputs, outputs : literals of its ports.
    starts : of each source that a flip-flop, port or block makes, its kind: ``register``, ``port``
        or a block's type.
    unknown : bits that come out of operations which are none of these, by type.
    """

    gates: Gates = field(default_factory=Gates)
    registers: list[Register] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    inputs: dict[str, Bits] = field(default_factory=dict)
    outputs: dict[str, Bits] = field(default_factory=dict)
    starts: dict[int, str] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)

    def uses(self) -> list[int]:
        """Literals that something else than a gate reads, once for each that reads it."""
        uses = [literal for register in self.registers for literal in register.reads]
        for chain in self.chains:
            uses += [*chain.a, *chain.b, chain.carry_in]
            uses += [] if chain.flip is None else [chain.flip]
        for block in self.blocks:
            uses += [literal for bits in block.reads.values() for literal in bits]
        return uses + [literal for bits in self.outputs.values() for literal in bits]


@dataclass(frozen=True)
class Fabric:
    """How a fabric builds what words are made of.

    Members
    -------
    narrow_sum : bits up to which a sum is built of gates.
    inverts_inside : whether an adder's cell inverts its second operand itself.
    pairs : whether an adder's cell holds two bits.
    reset_before_enable : whether a register's reset works without its enable.
    """

    narrow_sum: int
    inverts_inside: bool
    pairs: bool
    reset_before_enable: bool


# arith_map.v of ice40 and arith_map_ccu2c.v of Yosys 0.70; SB_DFFESR gates its reset by the enable
ICE40 = Fabric(2, inverts_inside=False, pairs=False, reset_before_enable=False)
ECP5 = Fabric(4, inverts_inside=True, pairs=True, reset_before_enable=True)
FABRICS = {"ice40": ICE40, "ecp5": ECP5}


def _number(value: Any) -> int:
    """A parameter as Yosys writes it: binary digits in a string."""
    text = str(value)
    return int(text, 2) if text and set(text) <= {"0", "1"} else 0


def read_words(
    module: Mapping[str, Any],
    others: Mapping[str, Mapping[str, Any]],
    fabric: Fabric,
    label_of: Callable[[str], str],
) -> Words:
    """A module in literals, flip-flops that hold the same counted once, as a mapper merges them.

    Parameters are those of `Reader`.
    """
    equal: dict[Any, Any] = {}
    while True:
        reader = Reader(module, others, fabric, label_of, equal)
        words = reader.read()
        before = len(equal)
        for bits in reader.registers_by_input.values():
            for bit in bits[1:]:
                if bit not in equal:
                    equal[bit] = equal.get(bits[0], bits[0])
        if len(equal) == before:
            _prune(words)
            return words


def _prune(words: Words) -> None:
    """Take away flip-flops and sums that lead to no output and no block.

    Cells are words: of one that is read in part, the other bits go when it is mapped.
    """
    registers = {register.output >> 1: register for register in words.registers}
    sums = {
        literal >> 1: (chain, place)
        for chain in words.chains
        for place, literal in enumerate([*chain.sums, chain.carry_out])
    }
    rest = [literal for bits in words.outputs.values() for literal in bits]
    rest += [bit for block in words.blocks for bits in block.reads.values() for bit in bits]
    live: set[int] = set()
    while rest:
        number = rest.pop() >> 1
        if number in live:
            continue
        live.add(number)
        if number in registers:
            rest += registers[number].reads
        elif number in sums:
            chain, place = sums[number]
            rest += [*chain.a[: place + 1], *chain.b[: place + 1], chain.carry_in, chain.flip or 0]
        else:
            rest += [2 * each for each in words.gates.inputs[number]]
    words.registers = [each for each in words.registers if each.output >> 1 in live]
    for chain in words.chains:
        chain.used = [literal >> 1 in live for literal in chain.sums]
        if chain.carry_out >> 1 not in live:
            length = max((n + 1 for n, use in enumerate(chain.used) if use), default=0)
            for bits in (chain.a, chain.b, chain.sums, chain.used):
                del bits[length:]
    words.chains = [chain for chain in words.chains if chain.sums]


class Reader:
    """Reads a module of Yosys' JSON.

    Parameters
    ----------
    module : the module.
    others : ports of the modules that it may have instances of.
    fabric : how words are built.
    label_of : what to label a cell with, from the names of the nets that it drives.
    equal : of outputs of flip-flops that always hold what another one holds, that one's output.

    Members
    -------
    words : what is read.
    held : flip-flops by all that decides what they hold: outputs of equal ones side by side.
    """

    def __init__(
        self,
        module: Mapping[str, Any],
        others: Mapping[str, Mapping[str, Any]],
        fabric: Fabric,
        label_of: Callable[[str], str],
        equal: Mapping[Any, Any],
    ) -> None:
        self._module, self._others, self._fabric = module, others, fabric
        self._equal = equal
        self.words = Words()
        self._literal: dict[Any, int] = dict(CONSTANTS)
        self._names = _names(module, label_of)
        self._readers = _read_bits(module, others)
        self._initial = _initial_values(module)
        self.registers_by_input: dict[tuple[Any, ...], list[Any]] = {}
        self._chains: dict[tuple[Any, ...], Chain] = {}

    def read(self) -> Words:
        """The module in literals."""
        for name, port in self._module["ports"].items():
            if port["direction"] == "input":
                literals = self._sources(port["bits"], "port", "")
                self.words.inputs[name] = literals
        cells = [cell for cell in self._module["cells"].values() if cell["type"] != "$scopeinfo"]
        logic: list[Mapping[str, Any]] = []
        registers: list[Mapping[str, Any]] = []
        blocks: list[tuple[Mapping[str, Any], Block]] = []
        for cell in cells:
            label = self._label(cell)
            if _is_register(cell["type"]):
                self._sources(cell["connections"]["Q"], "register", label)
                registers.append(cell)
            elif cell["type"].startswith("$"):
                logic.append(cell)
            else:
                block = self._block(cell, label)
                self.words.blocks.append(block)
                blocks.append((cell, block))
        for cell in _in_order(logic):
            self._logic(cell)
        for cell in registers:
            self._register(cell)
        for cell, block in blocks:
            block.reads = {
                port: self._bits(cell["connections"][port])
                for port, direction in self._directions(cell).items()
                if direction == "input" and port in cell["connections"]
            }
        for name, port in self._module["ports"].items():
            if port["direction"] != "input":
                self.words.outputs[name] = self._bits(port["bits"])
        return self.words

    # --- what is not logic --------------------------------------------------------------------

    def _sources(self, bits: Sequence[Any], kind: str, label: str) -> Bits:
        literals = []
        for bit in bits:
            if bit in self._equal:
                literals.append(self._same(bit))
                continue
            literal = self._literal.get(bit)  # one that is equal may have been read before
            if literal is None:
                literal = self._literal[bit] = self.words.gates.source(label)
                self.words.starts[literal >> 1] = kind
            self.words.gates.labels[literal >> 1] = label
            literals.append(literal)
        return literals

    def _same(self, bit: Any) -> int:
        """The literal of the flip-flop that holds what `bit` holds."""
        other = self._equal[bit]
        if other not in self._literal:
            literal = self.words.gates.source()
            self.words.starts[literal >> 1] = "register"
            self._literal[other] = literal
        self._literal[bit] = self._literal[other]
        return self._literal[bit]

    def _directions(self, cell: Mapping[str, Any]) -> Mapping[str, str]:
        if "port_directions" in cell:
            return dict(cell["port_directions"])
        ports = self._others.get(cell["type"], {})
        return {name: port["direction"] for name, port in ports.items()}

    def _block(self, cell: Mapping[str, Any], label: str) -> Block:
        makes = {
            port: self._sources(cell["connections"][port], cell["type"], label)
            for port, direction in self._directions(cell).items()
            if direction == "output" and port in cell["connections"]
        }
        return Block(cell["type"], cell.get("parameters", {}), {}, makes, label)

    def _register(self, cell: Mapping[str, Any]) -> None:
        label, pins = self._label(cell), cell["connections"]
        values = cell["parameters"]

        def control(pin: str) -> int | None:
            if pin not in pins:
                return None
            literal = self._bits(pins[pin])[0]
            return literal ^ (_number(values.get(f"{pin}_POLARITY", "1")) ^ 1)

        enable, reset, clear = control("EN"), control("SRST"), control("ARST")
        if enable is not None and reset is not None and not self._fabric.reset_before_enable:
            enable = self.words.gates.either(enable, reset, label)
        resets = str(values.get("SRST_VALUE", values.get("ARST_VALUE", "")))[::-1]
        data = self._bits(pins["D"])
        controls = tuple(literal for literal in (enable, reset, clear) if literal is not None)
        for place, (source, bit) in enumerate(zip(data, pins["Q"], strict=True)):
            value = resets[place : place + 1]
            key = (pins["CLK"][0], source, enable, reset, clear, value, self._initial.get(bit))
            self.registers_by_input.setdefault(key, []).append(bit)
            if bit not in self._equal:
                output = self._literal[bit]
                self.words.registers.append(Register(output, (source, *controls), label))

    # --- logic --------------------------------------------------------------------------------

    def _label(self, cell: Mapping[str, Any]) -> str:
        for pin in ("Y", "Q", "CO", "X", "O", "DO", "RDATA", "DOB"):
            for bit in cell["connections"].get(pin, ()):
                if bit in self._names:
                    return self._names[bit]
        return ""

    def _bits(self, bits: Sequence[Any]) -> Bits:
        # what nobody drives is a constant to the mapper
        return [self._literal.get(bit, FALSE) for bit in bits]

    def _operand(self, cell: Mapping[str, Any], pin: str, width: int) -> Bits:
        """A pin's literals, extended to a width as its sign says."""
        bits = self._bits(cell["connections"][pin])
        signed = _number(cell["parameters"].get(f"{pin}_SIGNED", "0"))
        top = bits[-1] if bits and signed else FALSE
        return (bits + [top] * width)[:width]

    def _put(self, cell: Mapping[str, Any], pin: str, literals: Sequence[int]) -> None:
        bits = cell["connections"].get(pin, [])
        for place, bit in enumerate(bits):
            self._literal[bit] = literals[place] if place < len(literals) else FALSE

    def _logic(self, cell: Mapping[str, Any]) -> None:
        kind = cell["type"]
        label = self._label(cell)
        if kind == "$alu":
            self._adder(cell, label)
        elif kind in ("$fa", "$lcu"):
            self._carries(cell, label)
        else:
            width = len(cell["connections"].get("Y", ()))
            self._put(cell, "Y", self._result(kind, cell, width, label))

    def _result(self, kind: str, cell: Mapping[str, Any], width: int, label: str) -> Bits:
        gates, pins = self.words.gates, cell["connections"]
        if kind in ("$not", "$pos", "$buf"):
            flip = kind == "$not"
            return [literal ^ flip for literal in self._operand(cell, "A", width)]
        bitwise = {"$and": gates.both, "$or": gates.either, "$xor": gates.differ}
        if kind in bitwise or kind == "$xnor":
            join = bitwise.get(kind, gates.differ)
            pairs = zip(
                self._operand(cell, "A", width), self._operand(cell, "B", width), strict=True
            )
            return [join(a, b, label) ^ (kind == "$xnor") for a, b in pairs]
        if kind == "$mux":
            select = self._bits(pins["S"])[0]
            pairs = zip(self._bits(pins["B"]), self._bits(pins["A"]), strict=True)
            return [gates.choose(select, on, off, label) for on, off in pairs]
        if kind == "$pmux":
            return self._one_of(cell, label)
        if kind in ("$bmux", "$shiftx", "$demux") or kind in _SHIFTS:
            return self._shifted(kind, cell, width, label)
        if kind == "$lut":
            return [gates.table(str(cell["parameters"]["LUT"]), self._bits(pins["A"]), label)]
        return self._single(kind, cell, label)

    def _single(self, kind: str, cell: Mapping[str, Any], label: str) -> Bits:
        """Comparisons and reductions: one bit."""
        gates, pins = self.words.gates, cell["connections"]
        a = self._bits(pins["A"])
        if kind in ("$reduce_or", "$reduce_bool"):
            return [gates.any_of(a, label)]
        if kind == "$reduce_and":
            return [gates.all_of(a, label)]
        if kind in ("$reduce_xor", "$reduce_xnor"):
            return [gates.parity(a, label) ^ (kind == "$reduce_xnor")]
        if kind == "$logic_not":
            return [gates.any_of(a, label) ^ 1]
        width = max(len(a), len(pins.get("B", ())))
        if kind in ("$eq", "$ne", "$eqx", "$nex"):
            pairs = zip(
                self._operand(cell, "A", width), self._operand(cell, "B", width), strict=True
            )
            same = gates.all_of((gates.differ(x, y, label) ^ 1 for x, y in pairs), label)
            return [same ^ (kind in ("$ne", "$nex"))]
        if kind in ("$logic_and", "$logic_or"):
            left, right = gates.any_of(a, label), gates.any_of(self._bits(pins["B"]), label)
            join = gates.both if kind == "$logic_and" else gates.either
            return [join(left, right, label)]
        self.words.unknown[kind] = self.words.unknown.get(kind, 0) + len(pins.get("Y", ()))
        return [gates.source(label) for _ in pins.get("Y", ())]

    def _one_of(self, cell: Mapping[str, Any], label: str) -> Bits:
        """One of several words by one select each; `A` where none is set."""
        gates, pins = self.words.gates, cell["connections"]
        default, words = self._bits(pins["A"]), self._bits(pins["B"])
        selects = self._bits(pins["S"])
        width = len(default)
        none = gates.any_of(selects, label) ^ 1
        return [
            gates.any_of(
                [
                    gates.both(none, default[bit], label),
                    *(
                        gates.both(select, words[number * width + bit], label)
                        for number, select in enumerate(selects)
                    ),
                ],
                label,
            )
            for bit in range(width)
        ]

    def _shifted(self, kind: str, cell: Mapping[str, Any], width: int, label: str) -> Bits:
        """Shifts, and words that an index chooses: a row of multiplexers for each select."""
        gates, pins = self.words.gates, cell["connections"]
        word = self._bits(pins["A"])
        selects = self._bits(pins["S" if kind in ("$bmux", "$demux") else "B"])
        if kind == "$demux":
            ways = word
            for select in selects:
                ways = [
                    *(gates.both(bit, select ^ 1, label) for bit in ways),
                    *(gates.both(bit, select, label) for bit in ways),
                ]
            return ways
        if kind == "$bmux":
            for select in selects:  # the lowest select chooses between neighbours
                words = [word[low : low + width] for low in range(0, len(word), width)]
                word = [
                    gates.choose(select, on, off, label)
                    for first, second in zip(words[::2], words[1::2], strict=False)
                    for off, on in zip(first, second, strict=True)
                ]
            return word[:width]
        is_left = kind in ("$shl", "$sshl")
        sign = _number(cell["parameters"].get("A_SIGNED", "0")) and kind in ("$sshr", "$shr")
        top = word[-1] if sign and word else FALSE
        length = max(width, len(word))
        word = word + [top if not is_left else FALSE] * (length - len(word))
        for place, select in enumerate(selects):
            by = min(1 << min(place, 20), length)
            shifted = [FALSE] * by + word[:-by] if is_left else word[by:] + [top] * by
            shifted = shifted[:length]
            word = [
                gates.choose(select, on, off, label) for on, off in zip(shifted, word, strict=True)
            ]
        return word[:width]

    def _adder(self, cell: Mapping[str, Any], label: str) -> None:
        gates, pins = self.words.gates, cell["connections"]
        width = len(pins["Y"])
        a, b = self._operand(cell, "A", width), self._operand(cell, "B", width)
        invert, carry = self._bits(pins["BI"])[0], self._bits(pins["CI"])[0]
        if width <= self._fabric.narrow_sum:
            self._small_adder(cell, a, [gates.differ(x, invert, label) for x in b], carry, label)
            return
        inside = self._fabric.inverts_inside
        operand = b if inside else [gates.differ(x, invert, label) for x in b]
        if any(bit in self._readers for bit in pins.get("X", ())):
            self._put(cell, "X", self._half(a, b, invert, label))
        used = [bit in self._readers for bit in pins["Y"]]
        carries = pins.get("CO", [])
        last = max((n for n, bit in enumerate(carries) if bit in self._readers), default=-1)
        # Bits above the last one that anybody reads are not built.
        length = max([n + 1 for n, use in enumerate(used) if use] + [last + 1])
        sums: Bits = []
        place = 0
        while place < length:
            # Yosys takes a cell away of which two inputs or three are constants (ice40_opt).
            if not inside and _constants(a[place], operand[place], carry) >= 2:
                sums.append(gates.parity((a[place], operand[place], carry), label))
                carry = _carry_of(a[place], operand[place], carry)
                place += 1
                continue
            end = place + 1
            while end < length and (inside or _constants(a[end], operand[end]) < 2):
                end += 1
            chain = self._chain(
                a[place:end],
                operand[place:end],
                invert if inside else None,
                carry,
                used[place:end],
                label,
            )
            sums += chain.sums
            carry, place = chain.carry_out, end
        self._put(cell, "Y", sums)
        self._literal |= {bit: carry for bit in carries if bit in self._readers}

    def _chain(
        self, a: Bits, b: Bits, flip: int | None, carry: int, used: list[bool], label: str
    ) -> Chain:
        """A carry chain, or the one that adds the same already."""
        key = (tuple(a), tuple(b), flip, carry)
        chain = self._chains.get(key)
        if chain is None:
            gates = self.words.gates
            sums = [gates.source(label) for _ in a]
            chain = Chain(a, b, flip, carry, sums, gates.source(label), list(used), label)
            self._chains[key] = chain
            self.words.chains.append(chain)
            self.words.starts |= {bit >> 1: "carry" for bit in (*sums, chain.carry_out)}
        chain.used = [before or now for before, now in zip(chain.used, used, strict=True)]
        return chain

    def _half(self, a: Bits, b: Bits, invert: int, label: str) -> Bits:
        """Bits of both operands that differ, the second one inverted if asked for."""
        gates = self.words.gates
        pairs = zip(a, b, strict=True)
        return [gates.differ(x, gates.differ(y, invert, label), label) for x, y in pairs]

    def _small_adder(
        self, cell: Mapping[str, Any], a: Bits, b: Bits, carry: int, label: str
    ) -> None:
        """A sum of few bits: each is a function of the operands' bits up to its own.

        A mapper that looks for the shortest path builds each in one step, of a wide LUT.
        """
        gates, pins = self.words.gates, cell["connections"]
        sums: Bits = []
        carries: Bits = []
        carry_literal: int | None = (
            carry  # the carry as a literal; None where only its inputs are known
        )
        reads = [carry]
        carry_outputs = [bit in self._readers for bit in pins.get("CO", ())]
        for place, (x, y) in enumerate(zip(a, b, strict=True)):
            if carry_literal is not None and _constants(x, y, carry_literal) >= 2:
                sums.append(gates.parity((x, y, carry_literal), label))
                carry_literal = _carry_of(x, y, carry_literal)
                reads = [carry_literal]
            else:
                wider = [each for each in dict.fromkeys([*reads, x, y]) if each > TRUE]
                if len(wider) > WIDEST and carry_literal is None:
                    carry_literal = gates.table(f"carry {place} {a} {b} {carry}", reads, label)
                    wider = [each for each in dict.fromkeys([carry_literal, x, y]) if each > TRUE]
                sums.append(gates.table(f"sum {place} {a} {b} {carry}", wider, label))
                carry_literal, reads = None, wider
            if place < len(carry_outputs) and carry_outputs[place] and carry_literal is None:
                carry_literal = gates.table(f"carry {place + 1} {a} {b} {carry}", reads, label)
            carries.append(FALSE if carry_literal is None else carry_literal)
        self._put(cell, "Y", sums)
        self._put(cell, "X", [gates.differ(x, y, label) for x, y in zip(a, b, strict=True)])
        self._put(cell, "CO", carries)

    def _carries(self, cell: Mapping[str, Any], label: str) -> None:
        """Rows of full adders ($fa), and carries from generated and propagated bits ($lcu)."""
        gates, pins = self.words.gates, cell["connections"]
        if cell["type"] == "$fa":
            rows = list(zip(*(self._bits(pins[pin]) for pin in "ABC"), strict=True))
            self._put(cell, "Y", [gates.sum_of(a, b, c, label) for a, b, c in rows])
            self._put(cell, "X", [gates.majority(a, b, c, label) for a, b, c in rows])
            return
        carry = self._bits(pins["CI"])[0]
        carries = []
        for p, g in zip(self._bits(pins["P"]), self._bits(pins["G"]), strict=True):
            carry = gates.either(g, gates.both(p, carry, label), label)
            carries.append(carry)
        self._put(cell, "CO", carries)


def _constants(*literals: int) -> int:
    return sum(literal in (FALSE, TRUE) for literal in literals)


def _carry_of(*literals: int) -> int:
    """The carry of a bit of which two literals or three are constants: their majority."""
    constants = [literal for literal in literals if literal in (FALSE, TRUE)]
    if constants.count(TRUE) >= 2 or constants.count(FALSE) >= 2:
        return TRUE if constants.count(TRUE) >= 2 else FALSE
    return next(literal for literal in literals if literal not in (FALSE, TRUE))


WIDEST = 7  # inputs of the widest function that a LUT of several is built for
_SHIFTS = ("$shl", "$shr", "$sshl", "$sshr", "$shift")
_REGISTERS = ("$dff", "$sdff", "$adff", "$aldff", "$dffsr", "$_DFF", "$_SDFF", "$ff")


def _is_register(kind: str) -> bool:
    return kind.startswith(_REGISTERS)


def _names(module: Mapping[str, Any], label_of: Callable[[str], str]) -> dict[Any, str]:
    """A label for each bit that a net with a name carries; of several names the deepest one."""
    deepest: dict[Any, tuple[int, str]] = {}
    for name, net in module["netnames"].items():
        if net.get("hide_name"):
            continue
        depth = name.count(".")
        for bit in net["bits"]:
            if bit not in deepest or depth > deepest[bit][0]:
                deepest[bit] = (depth, name)
    labels: dict[str, str] = {}
    result = {}
    for bit, (_, name) in deepest.items():
        place = name.rpartition(".")[0]
        if place not in labels:
            labels[place] = label_of(place)
        result[bit] = labels[place]
    return result


def _read_bits(module: Mapping[str, Any], others: Mapping[str, Any]) -> set[Any]:
    """Bits that a cell or a port reads."""
    reads: set[Any] = set()
    for cell in module["cells"].values():
        ports = cell.get("port_directions") or {
            name: port["direction"] for name, port in others.get(cell["type"], {}).items()
        }
        for pin, bits in cell["connections"].items():
            if ports.get(pin, "input") != "output":
                reads.update(bits)
    for port in module["ports"].values():
        if port["direction"] != "input":
            reads.update(port["bits"])
    return reads - set(CONSTANTS)


def _initial_values(module: Mapping[str, Any]) -> dict[Any, str]:
    """Power-on values by bit, where the netlist gives one."""
    values: dict[Any, str] = {}
    for net in module["netnames"].values():
        value = net.get("attributes", {}).get("init")
        if value is not None:
            values |= dict(zip(net["bits"], str(value)[::-1], strict=False))
    return values


def _in_order(cells: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Cells of logic, each behind those whose results it reads."""
    driver: dict[Any, int] = {}
    for number, cell in enumerate(cells):
        for pin, direction in cell["port_directions"].items():
            if direction == "output":
                for bit in cell["connections"].get(pin, ()):
                    driver[bit] = number
    before = [
        {
            driver[bit]
            for pin, bits in cell["connections"].items()
            if cell["port_directions"][pin] == "input"
            for bit in bits
            if bit in driver
        }
        for cell in cells
    ]
    order: list[Mapping[str, Any]] = []
    state = [0] * len(cells)
    for first in range(len(cells)):
        stack = [(first, iter(sorted(before[first])))] if not state[first] else []
        state[first] = state[first] or 1
        while stack:
            number, rest = stack[-1]
            for each in rest:
                if not state[each]:
                    state[each] = 1
                    stack.append((each, iter(sorted(before[each]))))
                    break
            else:
                stack.pop()
                state[number] = 2
                order.append(cells[number])
    return order
