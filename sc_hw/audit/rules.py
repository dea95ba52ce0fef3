"""The rules of the structural audit: which paths between two clocks are sound crossings.

See `sc_hw.audit.audit` for what counts as a crossing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sc_hw.audit.gating import Gate, GateLogic
from sc_hw.audit.netlist import Bit, ClockedNetlist, Memory, Register, shortest
from sc_hw.network.cdc import Crossing, Kind


@dataclass
class Recognised:
    """A recognised crossing.

    Members
    -------
    kind : of crossing.
    source_domain, destination_domain : clock domains.
    bits : wires.
    source, destination : every name that the register at this end has in the flattened netlist.
    inputs : of the synchroniser, bits of the source; empty for a storage.
    outputs : of the synchroniser; empty for a storage.
    """

    kind: Kind
    source_domain: str
    destination_domain: str
    bits: int
    source: frozenset[str]
    destination: frozenset[str]
    inputs: list[Bit] = field(default_factory=list)
    outputs: list[Bit] = field(default_factory=list)

    def record(self) -> Crossing:
        """The crossing as a list of crossings has it, by its plainest names."""
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

    def matches(self, record: Crossing) -> bool:
        """Whether this is the crossing of a list; a gray pointer of one bit looks like a level."""
        kinds = {self.kind}
        if self.bits == 1 and self.kind == "handshake level":
            kinds.add("gray pointer")
        return (
            record.kind in kinds
            and (record.source_domain, record.destination_domain)
            == (self.source_domain, self.destination_domain)
            and record.bits == self.bits
            and record.source in self.source
            and record.destination in self.destination
        )


class CrossingRules(ClockedNetlist):
    """The rules of the audit, applied to a netlist.

    Parameters
    ----------
    module, clocks, inputs : see `ClockedNetlist`.
    gates : the module after its logic has been mapped to simple gates.

    Members
    -------
    findings : paths and clocks that break a rule; complete after `apply`.
    logic : answers questions about these gates.
    """

    def __init__(
        self,
        module: Mapping[str, Any],
        clocks: Mapping[str, str],
        inputs: Mapping[str, str],
        gates: Mapping[str, Any],
    ) -> None:
        super().__init__(module, clocks, inputs)
        self._gate_module = gates

    @cached_property
    def logic(self) -> GateLogic:
        """The gates, for the solver; made only where a crossing needs them."""
        return GateLogic(self.module, self._gate_module)

    def apply(self, expected: Sequence[Crossing] | None) -> list[Crossing]:
        """Apply all rules; the recognised crossings, compared with a list if there is one."""
        # Most likely a wrong name in the caller's list of clocks.
        for domain in sorted(set(self.clocks.values()) - self.used):
            self.find("clock without registers", f"nothing is clocked by {domain}")
        self._check_clocks_as_data()
        reach = self.reach_of_domains()
        direct, stored = self._paths_between_domains(reach)
        recognised = [
            crossing
            for (destination, source), pairs in sorted(direct.items())
            for crossing in self._synchroniser(destination, source, pairs)
        ]
        self._check_synchronised_twice(direct)
        for memory in self.memories:
            self._check_writes(memory, reach)
        # Last, as a storage is sound only where synchronisers gate it.
        for register in stored:
            recognised += self._storage(register, reach, recognised)
        self._check_outputs(reach)
        self._check_inputs()
        return self._compare(recognised, expected)

    def sizes(self) -> dict[str, int]:
        """Bits of registers in each domain, by its name."""
        return {
            domain: sum(len(r.q) for r in self.registers if r.domain == domain)
            for domain in sorted(self.clocks.values())
        }

    def _paths_between_domains(
        self, reach: Mapping[Any, set[str]]
    ) -> tuple[dict[tuple[int, int], list[tuple[int, int]]], list[Register]]:
        """Sort every path into a register of another domain by how it arrives.

        Returns
        -------
        direct : (destination, source) -> pairs (bit of destination, bit of source), for paths
            without logic; both registers by number.
        stored : registers that words reach through logic, from a storage.

        Anything else is a finding.
        """
        direct: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        stored: list[Register] = []
        for number, register in enumerate(self.registers):
            for index, bits in self._foreign(register, reach).items():
                # Without logic: a register's output is itself the next value, with no enable or
                # reset that would be a gate in between.
                source = self.owner.get(register.d[index]) if index >= 0 else None
                if source is not None and register.plain and source[0].domain != register.domain:
                    direct[number, self.numbers[id(source[0])]].append((index, source[1]))
                elif index >= 0 and self._from_storage(bits):
                    if register not in stored:
                        stored.append(register)
                else:
                    self._find_logic_between(register, bits)
        return direct, stored

    def _check_clocks_as_data(self) -> None:
        """A clock drives clock pins only; what a black box does with it is not judged."""
        for bit, domain in self.clock_bits.items():
            cells = {
                name
                for name, pin, _ in self.loads[bit]
                # Yosys calls clock pins CLK, WR_CLK and RD_CLK.
                if not pin.endswith("CLK") and not self._is_black_box(name)
            }
            for name in sorted(cells):
                self.find("clock as data", f"the clock of {domain} goes into {name}")

    def _is_black_box(self, name: str) -> bool:
        cell = self.module["cells"].get(name)
        return cell is not None and not cell["type"].startswith("$")

    def _foreign(self, register: Register, reach: Mapping[Any, set[str]]) -> dict[int, set[Bit]]:
        """The bits of a register that values of other domains reach.

        Returns
        -------
        Bit number (-1: enable and reset) -> the registers, memories and ports of other domains that
        reach it through logic.
        """
        foreign: dict[int, set[Bit]] = {}
        # `reach` is known for all bits, so the costly search for the cone is done only where
        # another domain has been found.
        inputs = [(-1, register.control), *((i, [bit]) for i, bit in enumerate(register.d))]
        for index, bits in inputs:
            if any(reach.get(bit, set()) - {register.domain} for bit in bits):
                foreign[index] = {
                    bit for bit in self.cone(bits) if self.home(bit) not in (None, register.domain)
                }
        return foreign

    def _from_storage(self, bits: set[Bit]) -> bool:
        """Whether all of these hold a word until it is replaced: memories, or registers with a
        hold.
        """
        return bool(bits) and all(bit in self.stored or self._holds(bit) for bit in bits)

    def _holds(self, bit: Bit) -> bool:
        """Whether a register can keep its value: it has an enable, or its value feeds back."""
        if bit not in self.owner:
            return False
        register, index = self.owner[bit]
        return not register.plain or (
            index < len(register.d) and bit in self.cone([register.d[index]])
        )

    def _find_logic_between(self, register: Register, bits: set[Bit]) -> None:
        for bit in sorted(bits, key=str):
            self.find(
                "logic before a synchroniser",
                f"{self.name([bit])} ({self.home(bit)}) reaches {register.name}"
                f" ({register.domain}), not straight from a register into the first of two"
                " flip-flops",
            )

    def _check_writes(self, memory: Memory, reach: Mapping[Any, set[str]]) -> None:
        """A memory is written by values of its own domain only."""
        pins = [*memory.write_enable, *memory.write_inputs]
        if not any(reach.get(bit, set()) - {memory.domain} for bit in pins):
            return
        for bit in sorted(self.cone(pins), key=str):
            if self.home(bit) not in (None, memory.domain):
                self.find(
                    "logic before a synchroniser",
                    f"{self.name([bit])} ({self.home(bit)}) reaches the write port of"
                    f" {memory.name} ({memory.domain})",
                )

    # --- synchronisers ----------------------------------------------------------------------------

    def _synchroniser(
        self, destination: int, source: int, pairs: Sequence[tuple[int, int]]
    ) -> list[Recognised]:
        """The crossing of bits that go from one register straight into one of another domain.

        Parameters
        ----------
        destination, source : the registers, by number.
        pairs : bit of the destination, bit of the source.

        Returns
        -------
        The crossing, or nothing where it breaks a rule, which is then a finding.
        """
        first, sender = self.registers[destination], self.registers[source]
        where = f"{sender.name} ({sender.domain}) to {first.name} ({first.domain})"
        outputs: list[Bit] = []
        for index, _ in pairs:
            loads = self.loads[first.q[index]]
            # A first flip-flop may be metastable for a while. Only one load is safe: two could take
            # it for different values.
            second = self._flop_at(loads[0]) if len(loads) == 1 else None
            if second is None or second[0].domain != first.domain or not second[0].plain:
                reason = (
                    "a fan-out of the first flip-flop" if len(loads) > 1 else "no second flip-flop"
                )
                self.find(
                    "no synchroniser",
                    f"{where}: {reason}, {len(loads)} loads instead of one flip-flop of"
                    f" {first.domain}",
                )
                return []
            outputs.append(second[0].q[second[1]])
        # Each bit may arrive an edge early or late. Only if one changes at a time is every mixture
        # of old and new bits a value that was there.
        if len(pairs) > 1 and not self._is_gray(sender, [index for _, index in pairs]):
            self.find(
                "several bits without gray code",
                f"{where}: {len(pairs)} bits that can change together",
            )
            return []
        kind: Kind = "gray pointer" if len(pairs) > 1 else "handshake level"
        ends = (
            self.all_names(sender.q[i] for _, i in pairs),
            self.all_names(first.q[i] for i, _ in pairs),
        )
        inputs = [sender.q[i] for _, i in pairs]
        if kind == "handshake level" and self.logic.is_pulse(inputs[0]):
            self.find(
                "pulse of one clock",
                f"{where}: it lasts for one clock of {sender.domain}, in which {first.domain} may"
                " have no edge",
            )
            return []
        return [Recognised(kind, sender.domain, first.domain, len(pairs), *ends, inputs, outputs)]

    def _flop_at(self, load: tuple[str, str, int]) -> tuple[Register, int] | None:
        """The flip-flop whose data input a load is, with the number of the bit."""
        name, pin, index = load
        register = self.by_cell.get(name) if pin == "D" else None
        return None if register is None or not register.d else (register, index)

    def _is_gray(self, register: Register, bits: Sequence[int]) -> bool:
        """Whether the next value of all bits of a register, in order, is b ^ (b >> 1) for some b.

        The highest bit is b's highest bit by itself. Each bit below is the exclusive-or of the bit
        of b above it, which is known by then, and one new bit of b.
        """
        # The whole register, in order: a Gray code is defined by each bit and its neighbour above.
        if list(bits) != list(range(len(register.q))) or len(register.d) != len(register.q):
            return False
        terms = [self._xor_terms(register.d[index]) for index in bits]
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

    def _xor_terms(self, bit: Bit) -> frozenset[Bit]:
        """The two bits of an exclusive-or, or the bit itself where it is none.

        A multiplexer with the constant 0, in front of the register, is its synchronous reset.
        """
        while bit in self.mux and "0" in self.mux[bit]:
            bit = next((leg for leg in self.mux[bit] if leg != "0"), "0")
        parts = self.xor.get(bit, (bit,))
        return frozenset(part for part in parts if part != "0")

    def _check_synchronised_twice(
        self, direct: Mapping[tuple[int, int], Sequence[tuple[int, int]]]
    ) -> None:
        """A register has one synchroniser a domain: two may disagree for a clock."""
        targets: dict[tuple[int, str], set[int]] = defaultdict(set)
        for destination, source in direct:
            targets[source, self.registers[destination].domain].add(destination)
        for (source, domain), destinations in sorted(targets.items()):
            if len(destinations) > 1:
                names = ", ".join(sorted(self.registers[number].name for number in destinations))
                self.find(
                    "synchronised twice",
                    f"{self.registers[source].name} goes into {domain} by {names}",
                )

    # --- storage ----------------------------------------------------------------------------------

    def _storage(
        self, register: Register, reach: Mapping[Any, set[str]], recognised: Sequence[Recognised]
    ) -> list[Recognised]:
        """The crossing of a register that takes words which another clock has written.

        A pointer from the writer must gate the reading, and one from the reader the writing.
        """
        foreign_bits = self._foreign(register, reach)
        foreign = set().union(*foreign_bits.values())
        memories = {id(self.stored[bit]): self.stored[bit] for bit in foreign if bit in self.stored}
        holders = {
            id(self.owner[bit][0]): self.owner[bit][0] for bit in foreign if bit in self.owner
        }
        domains = {memory.domain for memory in memories.values()}
        domains |= {holder.domain for holder in holders.values()}
        # Two storages that meet in a register can't be gated by one pair of pointers.
        if len(domains) != 1 or len(memories) + len(holders) != 1:
            self._find_logic_between(register, foreign)
            return []
        (source,) = domains
        names: set[str] = {memory.name for memory in memories.values()}
        write_inputs: list[Bit] = [bit for m in memories.values() for bit in m.write_enable]
        for holder in holders.values():
            names |= self.all_names(holder.q)
            write_inputs += [*holder.d, *holder.control]
        sampled = [index for index in foreign_bits if index >= 0]

        def holds(gate: Gate) -> bool:
            """Whether what is read keeps its value."""
            return all(self.logic.unwritten(memory, gate) for memory in memories.values()) and all(
                self.logic.keeps(holder, [self.owner[b][1] for b in foreign], gate)
                for holder in holders.values()
            )

        ends = (
            ("reading", [*register.d, *register.control], (source, register.domain)),
            ("writing", write_inputs, (register.domain, source)),
        )
        for end, pins, domains_of_gate in ends:
            cone = self.cone(pins)
            # Every bit: a comparison that leaves one out may take a full queue for an empty one.
            reaching = [
                crossing
                for crossing in recognised
                if (crossing.source_domain, crossing.destination_domain) == domains_of_gate
                and crossing.outputs
                and set(crossing.outputs) <= cone
            ]
            if not reaching:
                self.find(
                    "storage without pointers",
                    f"{shortest(names)} ({source}) is read into {register.name}"
                    f" ({register.domain}) without a synchronised pointer that gates its {end}",
                )
                return []
            if not any(
                self.logic.keeps(register, sampled, gate) if end == "reading" else holds(gate)
                for gate in self._gates(cone, reaching, recognised)
            ):
                storage = register.name if end == "reading" else shortest(names)
                self.find(
                    "storage that is not gated",
                    f"{shortest(names)} ({source}) is read into {register.name}"
                    f" ({register.domain}); a synchronised pointer or level reaches its {end}, but"
                    f" {storage} can change whatever that shows",
                )
                return []
        return [
            Recognised(
                "storage",
                source,
                register.domain,
                len(register.q),
                frozenset(names),
                self.all_names(register.q),
            )
        ]

    def _gates(
        self, cone: set[Bit], crossings: Sequence[Recognised], recognised: Sequence[Recognised]
    ) -> Iterator[Gate]:
        """The ways in which the outputs of `crossings` may gate what has this cone."""
        sender, receiver = crossings[0].source_domain, crossings[0].destination_domain
        own = {
            bit
            for crossing in recognised
            if (crossing.source_domain, crossing.destination_domain) == (receiver, sender)
            for bit in crossing.inputs
        }
        for crossing in crossings:
            outputs = crossing.outputs
            if len(outputs) == 1:
                yield from self.logic.constants(outputs)
            for register in self.registers:
                if register.domain != receiver or len(register.q) != len(outputs):
                    continue
                if cone.isdisjoint(register.q) or set(register.q) == set(outputs):
                    continue
                # One bit of any kind would close a gate that another signal only inverts; a
                # pointer is compared with no other register of its width.
                if (
                    len(outputs) > 1
                    or own.issuperset(register.q)
                    or self.logic.follows(register, outputs)
                ):
                    yield from self.logic.pointers(outputs, register)

    # --- ports, and the list of crossings ---------------------------------------------------------

    def _check_outputs(self, reach: Mapping[Any, set[str]]) -> None:
        """An output depends on one domain only."""
        for name, port in sorted(self.module["ports"].items()):
            if port["direction"] == "output":
                for bit in port["bits"]:
                    # Whoever reads such an output with either clock may see it change at its edge.
                    if len(reach.get(bit, ())) > 1:
                        self.find(
                            "output of two clocks",
                            f"{name} depends on {' and '.join(sorted(reach[bit]))}",
                        )

    def _check_inputs(self) -> None:
        """An input without a declared domain is read by one domain only."""
        for name, readers in self._readers_of_undeclared_inputs().items():
            if len(readers) > 1:
                self.find(
                    "input of two clocks", f"{name} is read by {' and '.join(sorted(readers))}"
                )

    def undeclared_inputs(self) -> list[str]:
        """Inputs without a declared domain that one domain reads: assumed to belong to it."""
        readers = self._readers_of_undeclared_inputs()
        return [name for name, domains in readers.items() if len(domains) == 1]

    def _readers_of_undeclared_inputs(self) -> dict[str, set[str]]:
        return {
            name: self.readers(port["bits"])
            for name, port in sorted(self.module["ports"].items())
            if port["direction"] == "input"
            and name not in self.clocks
            and name not in self.port_domain
        }

    def _compare(
        self, recognised: Sequence[Recognised], expected: Sequence[Crossing] | None
    ) -> list[Crossing]:
        """The crossings, by the names of the list where there is one; differences are findings."""
        if expected is None:
            return [crossing.record() for crossing in recognised]
        # Each recognised crossing stands for one entry of the list only.
        unmatched = list(recognised)
        crossings: list[Crossing] = []
        for record in expected:
            match = next((crossing for crossing in unmatched if crossing.matches(record)), None)
            if match is None:
                self.find(
                    "crossing not found",
                    f"{record.name} ({record.kind}, {record.bits} bits, {record.source_domain} to"
                    f" {record.destination_domain}) was expected from {record.source} to"
                    f" {record.destination}",
                )
            else:
                unmatched.remove(match)
                crossings.append(record)
        for extra in unmatched:
            self.find(
                "crossing not expected",
                f"{shortest(extra.source)} ({extra.source_domain}) to"
                f" {shortest(extra.destination)} ({extra.destination_domain}), {extra.kind},"
                f" {extra.bits} bits; {len(recognised)} crossings were found, {len(expected)}"
                " expected",
            )
        return crossings
