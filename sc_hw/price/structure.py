"""What a block is made of, counted before synthesis: by part, and along its longest path.

Flip-flops, block RAM and multipliers are the numbers that a synthesis gives. LUTs are features: a
cover of the gates, sums on carry chains, cells that are LUTs already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sc_hw.build.blocks import Block
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import Target
from sc_hw.price.depth import Delays, Module, Paths
from sc_hw.price.gates import LUT_INPUTS, Cover
from sc_hw.price.limits import device_limit
from sc_hw.price.synthesis import count
from sc_hw.price.word_level import word_level
from sc_hw.price.words import FABRICS, Chain, Fabric, Words, read_words

PARTS = ("lanes", "neurons", "memories", "host", "control")
# What a part is called in the hierarchy; the first that a path has a word of counts.
_WORDS = (
    ("host", re.compile(r"^(host|door|registers|path|window|counters)")),
    ("memories", re.compile(r"^(inputs_\d+|outputs|history)$")),
    ("neurons", re.compile(r"^(neurons(_\d+)?|reader|readout|encoder|classes|critic)$")),
    ("lanes", re.compile(r"^(lanes?|chain|update|plastic_lane)(_.*)?$")),
    (
        "memories",
        re.compile(
            r"^(memory|fixed|traces|sums|entries|table|weights|state|rows|lists|slices|own_spikes)"
            r"(_.*)?$"
        ),
    ),
)
FEATURES = ("two", "three", "four", "wide", "inverters", "sums")


_BY_INPUTS = {2: "two", 3: "three", 4: "four"}


@dataclass
class Counts:
    """Numbers of one part.

    Members
    -------
    two, three, four : LUTs of the cover of its gates, by their inputs; those with one are of `two`.
    wide : LUTs that functions of more inputs take.
    inverters : LUTs that only invert.
    sums : LUTs of its carry chains.
    cells : LUTs of cells that the word-level netlist has already.
    ff, bram, dsp, spram : flip-flops and blocks.
    """

    two: float = 0
    three: float = 0
    four: float = 0
    wide: float = 0
    inverters: float = 0
    sums: float = 0
    cells: float = 0
    ff: float = 0
    bram: float = 0
    dsp: float = 0
    spram: float = 0

    @property
    def cover(self) -> float:
        """LUTs of the cover and its inverters."""
        return self.two + self.three + self.four + self.wide + self.inverters

    def add(self, other: Counts, times: int = 1) -> None:
        """Add another part's numbers, several times."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + times * value)


@dataclass
class Structure:
    """A block in numbers.

    Members
    -------
    parts : by part.
    period_ns : the longest path, in the delays of the fabric.
    cells : number of the fabric's blocks by type.
    unknown : bits of operations that are not understood, by type; empty for our own designs.
    limit : clock limits of the device's parts in use; see `device_limit`.
    """

    parts: dict[str, Counts]
    period_ns: float
    limit: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> Counts:
        """All parts together."""
        whole = Counts()
        for counts in self.parts.values():
            whole.add(counts)
        return whole


def part_of(path: str, otherwise: str = "control") -> str:
    """The part that a place in the hierarchy belongs to."""
    # two components of one name get a number behind it, as `update$285`
    words = [word.partition("$")[0] for word in path.split(".")]
    for part, pattern in _WORDS:
        if any(pattern.match(word) for word in words):
            return part
    return otherwise


def fabric_of(target: Target) -> Fabric | None:
    """How a target builds words; None for a fabric that is not described here."""
    return next((f for name, f in FABRICS.items() if target.family.startswith(name)), None)


def structure_of(block: Block, target: Target, delays: Delays) -> Structure:
    """A block's structure on a target.

    Raises ToolError where Yosys is missing or fails.
    """
    family = load_family(target.family)
    component = block.component
    shared = list(getattr(component, "shared_modules", {}))
    text = to_verilog(component, block.top, family)
    # a lane is nothing but its update
    otherwise = "lanes" if block.name == "lane" else "control"
    return structure_of_verilog(text, block.top, target, delays, shared, otherwise)


def structure_of_verilog(
    text: str,
    top: str,
    target: Target,
    delays: Delays,
    shared_modules: list[str],
    otherwise: str = "control",
) -> Structure:
    """The structure of a module in Verilog; `otherwise` is the part of what has no other."""
    modules = word_level(text, top, target, shared_modules)
    return structure_of_modules(modules, top, target, delays, otherwise)


def structure_of_modules(
    modules: Mapping[str, Mapping[str, Any]],
    top: str,
    target: Target,
    delays: Delays,
    otherwise: str = "control",
) -> Structure:
    """The structure of modules that `word_level` gives."""
    fabric = fabric_of(target)
    if fabric is None:
        raise ValueError(f"no fabric is described for target {target.name}")
    ports = {name: module["ports"] for name, module in modules.items()}
    by_module: dict[str, tuple[dict[str, Counts], Module, dict[str, int]]] = {}
    unknown: dict[str, int] = {}
    period = 0.0
    for name, module in modules.items():
        inner_part = part_of(name, otherwise)

        def label_of(path: str, inner_part: str = inner_part) -> str:
            return part_of(path, inner_part)

        words = read_words(module, ports, fabric, label_of)
        for kind, bits in words.unknown.items():
            unknown[kind] = unknown.get(kind, 0) + bits
        cover = Cover(words.gates, words.uses())
        parts, cells = _counts(words, cover, target, fabric, inner_part, by_module, name == top)
        paths = Paths(words, cover, delays, {key: value[1] for key, value in by_module.items()})
        if name == top:
            inner = [value[1].period for value in by_module.values()]
            period = max([paths.period(), *inner])
            limit = device_limit(target.limits, {"modules": modules})
            return Structure(parts, period, limit, dict(sorted(cells.items())), unknown)
        by_module[name] = (parts, paths.module(), cells)
    raise AssertionError("the top module comes last")


def _counts(
    words: Words,
    cover: Cover,
    target: Target,
    fabric: Fabric,
    own_part: str,
    by_module: Mapping[str, tuple[dict[str, Counts], Module, dict[str, int]]],
    framed: bool,
) -> tuple[dict[str, Counts], dict[str, int]]:
    """Numbers by part, and blocks by type; `framed`: whether the ports end in a frame."""
    parts: dict[str, Counts] = {}
    cells: dict[str, int] = {}

    def part(label: str) -> Counts:
        return parts.setdefault(label or own_part, Counts())

    for number, leaves in cover.leaves.items():
        own, inputs = part(words.gates.labels[number]), len(leaves)
        if inputs > LUT_INPUTS:
            own.wide += 1 << (inputs - LUT_INPUTS)
        else:
            name = _BY_INPUTS[max(2, inputs)]
            setattr(own, name, getattr(own, name) + 1)
    for number in cover.inverters:
        part(words.gates.labels[number]).inverters += 1
    if framed:
        part(own_part).two -= _merged(words, cover)
    for chain in words.chains:
        part(chain.label).sums += _sum_cells(chain, fabric)
    for register in words.registers:
        part(register.label).ff += 1
    for block in words.blocks:
        if block.kind in by_module:
            inner, _, inner_cells = by_module[block.kind]
            for label, counts in inner.items():
                part(label).add(counts)
            for kind, number in inner_cells.items():
                cells[kind] = cells.get(kind, 0) + number
            continue
        cells[block.kind] = cells.get(block.kind, 0) + 1
        units = count({block.kind: 1}, target.cells)
        own = part(block.label)
        own.cells += units["lut"]
        own.dsp += units["dsp"]
        own.ff += units["ff"]
        part("memories").bram += units["bram"]
        part("memories").spram += block.kind.startswith("SB_SPRAM")
    return parts, cells


def _sum_cells(chain: Chain, fabric: Fabric) -> int:
    """LUTs of an adder: those of its cells, or of the sums that somebody reads."""
    if fabric.pairs:
        return 2 * -(-len(chain.sums) // 2)
    return sum(chain.used)


def _merged(words: Words, cover: Cover) -> int:
    """LUTs that the frame's own take in: of two inputs, read by an output alone."""
    readers: dict[int, int] = {}
    for literal in words.uses():
        readers[literal >> 1] = readers.get(literal >> 1, 0) + 1
    for leaves in cover.leaves.values():
        for leaf in leaves:
            readers[leaf] = readers.get(leaf, 0) + 1
    outputs = {literal >> 1 for bits in words.outputs.values() for literal in bits}
    return sum(
        readers[number] == 1 and number in cover.leaves and len(cover.leaves[number]) <= 2
        for number in outputs
        if number in readers
    ) + sum(number in outputs and readers[number] == 1 for number in cover.inverters)
