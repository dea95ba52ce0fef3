"""The structural audit of clock-domain crossings: every path between two clocks ends in a
recognised synchroniser.

It reads the emitted Verilog through Yosys and looks at wires alone: no intent, no names of modules.
What it accepts:

* a *level*: one bit, from a register straight into the first of two flip-flops in a row of which
  the first feeds nothing else;
* a *gray pointer*: several bits of one register in the same way, whose next value is b xor (b >>
  1);
* a *storage*: a memory or register of one clock that reaches a register of another through a
  multiplexer, where a gray pointer (or level) of each direction gates the writing and the taking.

Everything else between two clocks is a finding, and so is a clock that is not one of those
declared.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sc_hw.audit.netlist import Bit, ClockedNetlist, Finding, Memory, Register, shortest
from sc_hw.files import write_text
from sc_hw.network.cdc import Crossing, Kind
from sc_hw.tools import run_yosys

_SCRIPT = """read_verilog {source}
hierarchy -top {top}
proc
flatten
opt_expr
opt_clean
memory_collect
memory_map -rom-only
opt_clean
write_json {name}.json
"""
NOT_JUDGED = (
    "that a gray-coded register moves in steps of one (its code is judged, its counter is proved)",
    (
        "that a storage stands still while it is read (that pointers gate it is judged, that they"
        " are right is proved)"
    ),
    "that a handshake's two levels are used in the right order (proved)",
    "bits of different registers that are synchronised apart and meet again behind (reconvergence)",
    "wires that are longer than a clock (the generated constraints are for that)",
    "clocks of one domain that reach its registers at different times",
)


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Members
    -------
    crossings : recognised ones.
    findings : what is not as it should be.
    not_judged : kinds that this audit can't judge, in words.
    registers : bits of registers in each domain.
    """

    crossings: tuple[Crossing, ...]
    findings: tuple[Finding, ...]
    not_judged: tuple[str, ...]
    registers: Mapping[str, int]

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """The audit as written to `audit.json`."""
        return {
            "passed": self.passed,
            "crossings": [crossing.as_json() for crossing in self.crossings],
            "findings": [{"kind": finding.kind, "text": finding.text} for finding in self.findings],
            "not_judged": list(self.not_judged),
            "registers": dict(self.registers),
        }


def audit(
    verilog: str | Path,
    top: str,
    clocks: Mapping[str, str],
    expected: Sequence[Crossing] | None = None,
    *,
    inputs: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Audit:
    """Look at every path between two clocks of module `top`.

    Parameters
    ----------
    verilog : text or file.
    clocks : port -> domain, all that there may be.
    expected : crossings that the design says it has; number, kind, domains and names must agree.
        None: not compared.
    inputs : port -> domain of the other inputs. One that is left out belongs to whatever reads it,
        if that is one domain; the reset `x_rst` of a clock `x_clk` needs no naming.
    folder : where Yosys' files stay, else they go.

    Raises ToolError where Yosys finds an error in the Verilog, ValueError where `clocks` names no
    input port.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="sc-hw-audit-") as name:
            return audit(verilog, top, clocks, expected, inputs=inputs, folder=Path(name))
    source = verilog if isinstance(verilog, Path) else write_text(folder / "audited.v", verilog)
    run_yosys(
        _SCRIPT.format(source=source.resolve(), top=top, name="audit"), folder=folder, name="audit"
    )
    module = json.loads((folder / "audit.json").read_text(encoding="utf-8"))["modules"][top]
    return _Audit(module, clocks, inputs or {}).run(expected)


@dataclass
class _Found:
    """A recognised crossing, with all the names of its ends."""

    kind: Kind
    source_domain: str
    destination_domain: str
    bits: int
    source: frozenset[str]
    destination: frozenset[str]
    last: list[Bit] = field(default_factory=list)  # outputs of the synchroniser

    def record(self) -> Crossing:
        source, destination = shortest(self.source), shortest(self.destination)
        return Crossing(
            f"{source} to {destination}",
            self.kind,
            self.source_domain,
            self.destination_domain,
            self.bits,
            source,
            destination,
        )


class _Audit(ClockedNetlist):
    """The rules."""

    # --- judging ----------------------------------------------------------------------------------

    def run(self, expected: Sequence[Crossing] | None) -> Audit:
        """All rules."""
        for domain in sorted(set(self.clocks.values()) - self.used):
            self.find("clock without registers", f"nothing is clocked by {domain}")
        self._clocks_as_data()
        reach = self.reach_of_domains()
        direct: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        stored: list[Register] = []
        for number, register in enumerate(self.registers):
            through = self._foreign(register, reach)
            for index, bits in through.items():
                source = self.owner.get(register.d[index]) if index >= 0 else None
                if source is not None and register.plain and source[0].domain != register.domain:
                    direct[number, self.numbers[id(source[0])]].append((index, source[1]))
                elif index >= 0 and self._through_storage(bits):
                    if register not in stored:
                        stored.append(register)
                else:
                    self._logic_between(register, bits)
        found = [
            item
            for (to, source), pairs in sorted(direct.items())
            for item in self._synchroniser(to, source, pairs)
        ]
        self._twice(direct)
        for memory in self.memories:
            self._written(memory, reach)
        for register in stored:
            found += self._storage(register, reach, found)
        self._outputs(reach)
        crossings = self._compare(found, expected)
        counted = {
            domain: sum(len(r.q) for r in self.registers if r.domain == domain)
            for domain in sorted(self.clocks.values())
        }
        undeclared = self._undeclared_inputs(reach)
        return Audit(
            tuple(crossings), tuple(self.findings), (*NOT_JUDGED, *undeclared, *self.black), counted
        )

    def _clocks_as_data(self) -> None:
        for bit, domain in self.clock_bits.items():
            uses = [
                name
                for name, pin, _ in self.loads[bit]
                if not pin.endswith("CLK") and not self._is_black(name)
            ]
            for name in sorted(set(uses)):
                self.find("clock as data", f"the clock of {domain} goes into {name}")

    def _is_black(self, name: str) -> bool:
        cell = self.module["cells"].get(name)
        return cell is not None and not cell["type"].startswith("$")

    def _foreign(self, register: Register, reach: Mapping[Any, set[str]]) -> dict[int, set[Bit]]:
        """Bits of a register (-1: its controls) that another domain's values reach, and which
        values those are.
        """
        found: dict[int, set[Bit]] = {}
        for index, bits in [
            (-1, register.control),
            *((i, [bit]) for i, bit in enumerate(register.d)),
        ]:
            if any(reach.get(bit, set()) - {register.domain} for bit in bits):
                found[index] = {
                    bit for bit in self.cone(bits) if self.home(bit) not in (None, register.domain)
                }
        return found

    def _through_storage(self, bits: set[Bit]) -> bool:
        """Whether what arrives through logic are words that wait: memories, or registers that hold
        their value.
        """
        return bool(bits) and all(bit in self.stored or self._holds(bit) for bit in bits)

    def _holds(self, bit: Bit) -> bool:
        """Whether a register keeps its value unless something says otherwise."""
        if bit not in self.owner:
            return False
        register, index = self.owner[bit]
        return not register.plain or (
            index < len(register.d) and bit in self.cone([register.d[index]])
        )

    def _logic_between(self, register: Register, bits: set[Bit]) -> None:
        for bit in sorted(bits, key=str):
            self.find(
                "logic before a synchroniser",
                f"{self.name([bit])} ({self.home(bit)}) reaches {register.name}"
                f" ({register.domain}), not straight from a register into the first of two"
                " flip-flops",
            )

    def _written(self, memory: Memory, reach: Mapping[Any, set[str]]) -> None:
        """A memory is written by its own domain's values alone."""
        pins = [*memory.write, *memory.taken]
        if any(reach.get(bit, set()) - {memory.domain} for bit in pins):
            for bit in sorted(self.cone(pins), key=str):
                if self.home(bit) not in (None, memory.domain):
                    self.find(
                        "logic before a synchroniser",
                        f"{self.name([bit])} ({self.home(bit)}) reaches the write port of"
                        f" {memory.name} ({memory.domain})",
                    )

    def _synchroniser(self, to: int, source: int, pairs: Sequence[tuple[int, int]]) -> list[_Found]:
        """Bits that go straight from one register into another of a foreign clock."""
        first, leaves = self.registers[to], self.registers[source]
        where = f"{leaves.name} ({leaves.domain}) to {first.name} ({first.domain})"
        second: list[Bit] = []
        for index, _ in pairs:
            loads = self.loads[first.q[index]]
            after = [self._flop_at(load) for load in loads]
            good = (
                len(loads) == 1
                and after[0] is not None
                and after[0][0].domain == first.domain
                and after[0][0].plain
            )
            if not good:
                what = (
                    "a fan-out of the first flip-flop" if len(loads) > 1 else "no second flip-flop"
                )
                self.find(
                    "no synchroniser",
                    f"{where}: {what}, {len(loads)} loads instead of one flip-flop of"
                    f" {first.domain}",
                )
                return []
            if after[0] is not None:
                second.append(after[0][0].q[after[0][1]])
        if len(pairs) > 1 and not self._gray(leaves, [index for _, index in pairs]):
            self.find(
                "several bits without gray code",
                f"{where}: {len(pairs)} bits that can change together",
            )
            return []
        kind: Kind = "gray pointer" if len(pairs) > 1 else "handshake level"
        ends = (
            self.all_names(leaves.q[i] for _, i in pairs),
            self.all_names(first.q[i] for i, _ in pairs),
        )
        return [_Found(kind, leaves.domain, first.domain, len(pairs), *ends, second)]

    def _flop_at(self, load: tuple[str, str, int]) -> tuple[Register, int] | None:
        name, pin, index = load
        if pin != "D":
            return None
        register = self.by_cell.get(name)
        return None if register is None or not register.d else (register, index)

    def _gray(self, register: Register, bits: Sequence[int]) -> bool:
        """Whether a register's next value is b xor (b >> 1) for the bits, in order, all of them."""
        if list(bits) != list(range(len(register.q))) or len(register.d) != len(register.q):
            return False
        terms = [self._xor_of(register.d[index]) for index in bits]
        if len(terms[-1]) != 1:
            return False
        (above,) = terms[-1]
        used = {above}
        for term in reversed(terms[:-1]):
            if len(term) != 2 or above not in term:
                return False
            (above,) = term - {above}
            if above in used:
                return False
            used.add(above)
        return True

    def _xor_of(self, bit: Bit) -> frozenset[Bit]:
        """The bits of an exclusive or, behind a reset to 0 if there is one; the bit itself where it
        is none.
        """
        while bit in self.mux and "0" in self.mux[bit]:
            bit = next((leg for leg in self.mux[bit] if leg != "0"), "0")
        parts = self.xor.get(bit, (bit,))
        return frozenset(part for part in parts if part != "0")

    def _twice(self, direct: Mapping[tuple[int, int], Sequence[tuple[int, int]]]) -> None:
        """A register that is synchronised more than once into a domain: its copies may differ for a
        clock.
        """
        targets: dict[tuple[int, str], set[int]] = defaultdict(set)
        for to, source in direct:
            targets[source, self.registers[to].domain].add(to)
        for (source, domain), into in sorted(targets.items()):
            if len(into) > 1:
                names = ", ".join(sorted(self.registers[to].name for to in into))
                self.find(
                    "synchronised twice",
                    f"{self.registers[source].name} goes into {domain} by {names}",
                )

    def _storage(
        self, register: Register, reach: Mapping[Any, set[str]], found: Sequence[_Found]
    ) -> list[_Found]:
        """A register that takes words which another clock has written, gated by pointers both
        ways.
        """
        foreign = set().union(*self._foreign(register, reach).values())
        memories = {id(self.stored[bit]): self.stored[bit] for bit in foreign if bit in self.stored}
        holders = {
            id(self.owner[bit][0]): self.owner[bit][0] for bit in foreign if bit in self.owner
        }
        domains = {memory.domain for memory in memories.values()} | {
            holder.domain for holder in holders.values()
        }
        if len(domains) != 1 or len(memories) + len(holders) != 1:
            self._logic_between(register, foreign)
            return []
        (source,) = domains
        names: set[str] = {memory.name for memory in memories.values()}
        writing: list[Bit] = [bit for memory in memories.values() for bit in memory.write]
        for holder in holders.values():
            names |= self.all_names(holder.q)
            writing += [*holder.d, *holder.control]
        taking = self.cone([*register.d, *register.control])
        written = self.cone(writing)
        forward = [
            f for f in found if (f.source_domain, f.destination_domain) == (source, register.domain)
        ]
        back = [
            f for f in found if (f.source_domain, f.destination_domain) == (register.domain, source)
        ]
        if not any(set(f.last) <= taking for f in forward) or not any(
            set(f.last) <= written for f in back
        ):
            text = (
                f"{shortest(names)} ({source}) is read into {register.name} ({register.domain})"
                " without a synchronised pointer"
            )
            self.find("storage without pointers", f"{text} that gates its writing and its reading")
            return []
        return [
            _Found(
                "storage",
                source,
                register.domain,
                len(register.q),
                frozenset(names),
                self.all_names(register.q),
            )
        ]

    def _outputs(self, reach: Mapping[Any, set[str]]) -> None:
        for name, port in sorted(self.module["ports"].items()):
            if port["direction"] == "output":
                for bit in port["bits"]:
                    if len(reach.get(bit, ())) > 1:
                        self.find(
                            "output of two clocks",
                            f"{name} depends on {' and '.join(sorted(reach[bit]))}",
                        )

    def _undeclared_inputs(self, reach: Mapping[Any, set[str]]) -> list[str]:
        """Inputs whose domain nobody said; a finding where two domains read one."""
        free = []
        for name, port in sorted(self.module["ports"].items()):
            if port["direction"] != "input" or name in self.clocks or name in self.port_domain:
                continue
            readers = self.readers(port["bits"])
            if len(readers) > 1:
                self.find(
                    "input of two clocks", f"{name} is read by {' and '.join(sorted(readers))}"
                )
            elif readers:
                free.append(name)
        return (
            [f"inputs of undeclared domain, taken for their readers': {', '.join(free)}"]
            if free
            else []
        )

    def _compare(
        self, found: Sequence[_Found], expected: Sequence[Crossing] | None
    ) -> list[Crossing]:
        """Against what the design says it has."""
        if expected is None:
            return [item.record() for item in found]
        left = list(found)
        named: list[Crossing] = []
        for record in expected:
            match = next((item for item in left if _same(item, record)), None)
            if match is None:
                self.find(
                    "crossing not found",
                    f"{record.name} ({record.kind}, {record.bits} bits, {record.source_domain} to"
                    f" {record.destination_domain}) was expected from {record.source} to"
                    f" {record.destination}",
                )
            else:
                left.remove(match)
                named.append(record)
        for item in left:
            self.find(
                "crossing not expected",
                f"{shortest(item.source)} ({item.source_domain}) to {shortest(item.destination)}"
                f" ({item.destination_domain}), {item.kind}, {item.bits} bits; {len(found)}"
                f" crossings were found, {len(expected)} expected",
            )
        return named


def _same(item: _Found, record: Crossing) -> bool:
    """Whether a found crossing is the expected one; of one bit, a pointer is a level."""
    kinds = {item.kind} | (
        {"gray pointer"} if item.bits == 1 and item.kind == "handshake level" else set()
    )
    return (
        record.kind in kinds
        and (record.source_domain, record.destination_domain)
        == (item.source_domain, item.destination_domain)
        and record.bits == item.bits
        and record.source in item.source
        and record.destination in item.destination
    )
