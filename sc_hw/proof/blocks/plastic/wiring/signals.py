"""The signals of a module without its instances, clock by clock, by the names of its component."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sc_hw.proof.hierarchy import RESET, Cut, HierarchyError, PortBit, base_name, term_of
from sc_hw.proof.netlist import Netlist, is_undefined


class Signals:
    """The values of signals in some clock, as terms over earlier clocks.

    Clock 0 is any clock of a run: the registers' values before it are free, and so is every input
    in every clock. A register of which a claim gives the next value is free in every clock, so that
    the claims about other signals hold whatever its value is. What lies between, which is delay
    lines, is followed back to where it comes from.

    Parameters
    ----------
    net, cut : the module without its instances, as a netlist.
    registers : base names of the registers that are free in every clock.

    Members
    -------
    register_names : these.
    registers : for each of them that the module has, the register in the netlist.
    read : registers that have been followed, or are free, by their names in the netlist.
    """

    def __init__(self, net: Netlist, cut: Cut, registers: Collection[str]) -> None:
        self.net, self.cut, self.t = net, cut, net.terms
        self.register_names = frozenset(registers)
        self.registers = self._registers(registers)
        self.read: set[str] = set(self.registers.values())
        self._names: dict[Any, tuple[bool, str]] = {
            **{term: (True, name) for name, term in net.states.items()},
            **{term: (False, name) for name, term in net.inputs.items()},
        }
        self._free: dict[tuple[str, int], Any] = {}
        self._values: dict[tuple[str, int], Any] = {}
        self._leaves: dict[Any, list[Any]] = {}

    def _registers(self, names: Collection[str]) -> dict[str, str]:
        """The register behind each name, where the module has one.

        Raises HierarchyError where two registers have a name.
        """
        behind = {term: name for name, term in self.net.states.items()}
        registers_of: dict[str, set[str]] = {}
        for signal, term in self.net.signals.items():
            name = base_name(signal)
            if term in behind and name in names:
                registers_of.setdefault(name, set()).add(behind[term])
        for name, registers in registers_of.items():
            if len(registers) > 1:
                raise HierarchyError(f"the module must have one register '{name}'")
        return {name: next(iter(registers)) for name, registers in registers_of.items()}

    # --- values -----------------------------------------------------------------------------------

    def at(self, name: str, clock: int) -> Any:
        """A signal in a clock: an input or output of the module or, with the instance's name and a
        dot in front, of an instance; or one of `registers`.

        A signal that the module does not have is free: no claim about it holds by chance.
        """
        if name in self.register_names:
            return self._state(self.registers[name], clock)
        if name in self.cut.signals:
            return self.bits(self.cut.signals[name], clock)
        if name in self.net.outputs:
            return self.value(self.net.outputs[name], clock)
        raise KeyError(name)

    def has(self, name: str) -> bool:
        """Whether the module has a signal of that name."""
        # A register that is gone must not be mistaken for the output that it has driven.
        if name in self.register_names:
            return name in self.registers
        return name in self.cut.signals or name in self.net.outputs

    def has_wire(self, name: str) -> bool:
        """Whether the module has a wire of that name, and something drives it."""
        term = self.net.signals.get(name)
        return term is not None and not any(
            is_undefined(self._names[leaf][1]) for leaf in self._leaves_of(term)
        )

    def wire(self, name: str, clock: int) -> Any:
        """A named wire of the module in a clock; KeyError where it has none."""
        return self.value(self.net.signals[name], clock)

    def free(self, name: str, width: int, clock: int) -> Any:
        """The free value in a clock of a signal that the module does not have."""
        return self._fresh(name, self.t.tm.mk_bv_sort(width), clock)

    def bits(self, bits: list[PortBit], clock: int) -> Any:
        """Some bits of inputs in a clock."""
        table = {bit[0]: None for bit in bits if not isinstance(bit, str)}
        values = {name: self.value(self.net.inputs[name], clock) for name in table}
        return term_of(self.t, values, bits)

    def reset(self, clock: int) -> Any:
        """The reset in a clock, as a vector of one bit."""
        if RESET not in self.net.inputs:
            return self.free(RESET, 1, clock)
        return self.value(self.net.inputs[RESET], clock)

    def next(self, name: str, clock: int) -> Any:
        """The value that one of `registers` takes in the clock after."""
        register = self.registers[name]
        return self.value(self.net.following[register], clock)

    def value(self, term: Any, clock: int) -> Any:
        """A term of the netlist in a clock."""
        if term in self._names:
            is_state, name = self._names[term]
            return self._state(name, clock) if is_state else self._fresh(name, term.sort(), clock)
        if term not in self._leaves:
            self._leaves[term] = self._leaves_of(term)
        leaves = self._leaves[term]
        values = {leaf: self.value(leaf, clock) for leaf in leaves}
        return self.net.substitute(term, values)

    def _state(self, name: str, clock: int) -> Any:
        """A register or memory in a clock."""
        key = (name, clock)
        if key not in self._values:
            self.read.add(name)
            free = clock == 0 or name in self.registers.values()
            self._values[key] = (
                self._fresh(name, self.net.states[name].sort(), clock)
                if free or name not in self.net.following
                else self.value(self.net.following[name], clock - 1)
            )
        return self._values[key]

    def _fresh(self, name: str, sort: Any, clock: int) -> Any:
        key = (name, clock)
        if key not in self._free:
            self._free[key] = self.t.tm.mk_const(sort, f"{name}@{clock}")
        return self._free[key]

    def _leaves_of(self, term: Any) -> list[Any]:
        """The registers and inputs that a term is made of."""
        leaves, visited, rest = [], set(), [term]
        while rest:
            part = rest.pop()
            if part in visited:
                continue
            visited.add(part)
            if part in self._names:
                leaves.append(part)
            else:
                rest += part.children()
        return leaves
