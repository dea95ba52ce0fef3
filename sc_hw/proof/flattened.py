"""A whole design as one netlist, out of the very bytes of its `top.v`, with the path of each part.

`sc_hw.proof.hierarchy` reads single modules of a design in one clock domain; here a design with any
number of clocks is flattened, and a part is found by the path of its instance. Amaranth renames and
drops ports, but keeps a wire for each signal of a component, so that `<path>.<signal>` is the
signal that the component's source names. A number behind a dollar sign makes a name unique.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sc_hw.proof.netlist import Netlist, parse_btor, write_clock_as_condition
from sc_hw.tools import run_yosys
from sc_model.graph.smt import K, Terms

# As in `sc_hw.proof.netlist`, which says what the commands are for. `_peel` takes the condition of
# each register's clock apart again; a register of the falling edge shows as one without a clock.
# Memories keep their clocks: Yosys lists those that each clock writes.
_SCRIPT = """read_verilog {verilog}
hierarchy -check -top {top}
proc
flatten
setattr -unset init w:*
opt_expr
async2sync
dffunmap
opt_expr
opt_clean
memory_collect
memory_map -rom-only
tee -q -o {name}.memories dump t:$mem_v2
techmap -map clock_as_condition.v
opt_clean
check -assert
write_btor {name}.btor
"""
# Lines of such a listing.
_MEMORY = re.compile(r"^\s*cell \$mem_v2 \\(\S+)$")
_ALWAYS_1 = ("WR_CLK_ENABLE", "WR_CLK_POLARITY")
_PORT = re.compile(r"^\s*(?:parameter|connect) \\(WR_CLK\w*) (.+)$")
_SUFFIX = re.compile(r"\$\d+$")


class MissingPartError(ValueError):
    """A part, signal or register that the design is made of is not in its Verilog."""


@dataclass(frozen=True)
class Flattened:
    """A design's netlist, with the clock of each register and memory.

    Members
    -------
    net : the netlist; each register's next value is that at an edge of its clock.
    clocks : by register or memory, the clock port whose rising edge writes it; none where that
        can't be told.
    """

    net: Netlist
    clocks: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def names(self) -> dict[Any, str]:
        """The name of each register and memory, by its term."""
        return {term: name for name, term in self.net.states.items()}

    @cached_property
    def variants(self) -> dict[str, list[str]]:
        """The names of signals and memories, by the name without the number of its last level."""
        table: dict[str, list[str]] = {}
        for name in sorted({*self.net.signals, *self.net.states}):
            path, _, last = name.rpartition(".")
            plain = _SUFFIX.sub("", last)
            table.setdefault(f"{path}.{plain}" if path else plain, []).append(name)
        return table

    def plain_names(self, register: str) -> set[str]:
        """All names of a register in its own module, without numbers and places in arrays."""
        term, path = self.net.states[register], register.rpartition(".")[0]
        names = {
            plain
            for plain, variants in self.variants.items()
            for name in variants
            if self.net.signals.get(name) == term
        }
        return {name for name in names if name.rpartition(".")[0] == path and "[" not in name}

    def part(self, path: str) -> Instance:
        """The instance at a path; the empty path is the design itself."""
        return Instance(self, path)

    def below(self, path: str) -> Iterator[str]:
        """The registers and memories of an instance and of all that it holds."""
        return (name for name in self.net.states if name.startswith(f"{path}."))


@dataclass(frozen=True)
class Instance:
    """A part of a flattened design.

    Members
    -------
    design : the design.
    path : names of instances joined with dots; empty for the design itself.
    """

    design: Flattened
    path: str

    def part(self, name: str) -> Instance:
        """An instance inside this one."""
        return Instance(self.design, self._full(name))

    def has(self, name: str) -> bool:
        """Whether there is a signal of this very name."""
        return self._full(name) in self.design.net.signals

    def signal(self, name: str) -> Any:
        """The signal of this very name; MissingPartError where there is none."""
        try:
            return self.design.net.signals[self._full(name)]
        except KeyError:
            raise MissingPartError(f"signal {self._full(name)} is not in the Verilog") from None

    def register(self, name: str, width: int = 0) -> str:
        """Full name of the one register or memory with a name, whatever number makes it unique.

        Parameters
        ----------
        name : of the register.
        width : its bits; 0 for any.

        A register that has another name too steps back. Raises MissingPartError where there is
        none, or more than one.
        """
        net, table = self.design.net, self.design.names
        registers = set()
        for variant in self.design.variants.get(self._full(name), ()):
            term = net.signals.get(variant, net.states.get(variant))
            if term in table and (not width or net.terms.width(term) == width):
                registers.add(table[term])
        if len(registers) > 1:
            plain = self._full(name)
            registers = {each for each in registers if self.design.plain_names(each) == {plain}}
        if len(registers) != 1:
            what = "no register" if not registers else f"{len(registers)} registers"
            raise MissingPartError(f"{what} {self._full(name)} in the Verilog, where one must be")
        return registers.pop()

    def _full(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def read_flattened(
    verilog: Path, top: str, clocks: Sequence[str], folder: Path, terms: Terms, name: str = "whole"
) -> Flattened:
    """Read a design of any number of clocks.

    Parameters
    ----------
    verilog : the file.
    top : its top module.
    clocks : ports of that module that are clocks.
    folder, name : where the files of the run are written, and how their names begin.
    terms : what the netlist is written in.

    Raises ToolError where Yosys finds an error in the Verilog.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_clock_as_condition(folder)
    script = _SCRIPT.format(verilog=verilog.resolve(), top=top, name=name)
    run_yosys(script, folder=folder, name=name)
    net = parse_btor((folder / f"{name}.btor").read_text(encoding="utf-8"), terms)
    clock_of = _peel(net, clocks)
    clock_of |= _memory_clocks((folder / f"{name}.memories").read_text(encoding="utf-8"), clocks)
    return Flattened(net, clock_of)


def _peel(net: Netlist, clocks: Sequence[str]) -> dict[str, str]:
    """Take each register's condition on its clock off; the clocks by register."""
    t = net.terms
    conditions = {t.is_one(net.inputs[clock]): clock for clock in clocks if clock in net.inputs}
    clock_of: dict[str, str] = {}
    for name, term in net.following.items():
        if term.kind() == K.ITE:
            condition, value, otherwise = term.children()
            if condition in conditions and otherwise == net.states[name]:
                clock_of[name] = conditions[condition]
                net.following[name] = value
    return clock_of


def _memory_clocks(listing: str, clocks: Sequence[str]) -> dict[str, str]:
    """The clock whose rising edge writes each memory, out of Yosys' listing of them."""
    ports: dict[str, dict[str, str]] = {}
    memory = ""
    for line in listing.splitlines():
        if match := _MEMORY.match(line):
            memory = match[1]
        elif match := _PORT.match(line):
            ports.setdefault(memory, {})[match[1]] = match[2]
    clock_of = {}
    for name, pins in ports.items():
        # A memory of which parts of a word are written has a write port for each part.
        write_clocks = set(pins.get("WR_CLK", "").replace("\\", "").strip("{ }").split())
        active = {pins.get(key, "").partition("'")[2] for key in _ALWAYS_1}
        if (
            len(write_clocks) == 1
            and write_clocks <= set(clocks)
            and not "".join(active).strip("1")
        ):
            clock_of[name] = write_clocks.pop()
    return clock_of
