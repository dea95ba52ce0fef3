"""A netlist of Yosys' with several clocks: its registers by domain, and what reaches them through
logic.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_FLOPS = {"$dff", "$dffe", "$sdff", "$sdffe", "$sdffce"}
_ASYNCHRONOUS = {"$adff", "$adffe", "$aldff", "$aldffe", "$dffsr", "$dffsre"}
_LATCHES = {"$dlatch", "$adlatch", "$dlatchsr", "$sr"}
_BITWISE = {"$and", "$or", "$xor", "$xnor", "$not", "$pos", "$mux", "$bwmux"}
_IGNORED = {"$scopeinfo", "$print", "$check", "$assert", "$assume", "$cover"}

Bit = int | str


@dataclass(frozen=True)
class Finding:
    """Something that should not be: `kind` in a few words, `text` with the names."""

    kind: str
    text: str


@dataclass
class Register:
    """Bits with one clock and next values: flip-flops, or a memory's clocked read port."""

    name: str
    domain: str
    q: list[Bit]
    d: list[Bit]
    control: list[Bit]
    plain: bool  # no enable and no reset of its own
    cell: str = ""


@dataclass
class Memory:
    """Words with one writing clock, and what reads them without a clock."""

    name: str
    domain: str
    write: list[Bit]  # enables
    taken: list[Bit]  # addresses and data
    data: list[Bit] = field(default_factory=list)  # asynchronous read data


def shortest(names: Iterable[str]) -> str:
    """The plainest of a signal's names."""
    return min(names, key=lambda name: ("$" in name, len(name), name), default="?")


class ClockedNetlist:
    """A module as `write_json` has it. What is wrong with a clock, or has none, is entered in
    `findings` while it is read.
    """

    def __init__(
        self, module: Mapping[str, Any], clocks: Mapping[str, str], inputs: Mapping[str, str]
    ) -> None:
        self.module, self.clocks = module, dict(clocks)
        self.findings: list[Finding] = []
        self.black: list[str] = []
        self.names: dict[Bit, set[str]] = defaultdict(set)  # names of the whole signal
        for name, net in module["netnames"].items():
            for bit in net["bits"]:
                self.names[bit].add(name)
        ports = module["ports"]
        wrong = [
            port for port in clocks if port not in ports or ports[port]["direction"] != "input"
        ]
        if wrong:
            raise ValueError(
                f"Clock must be an input port of the design, not '{wrong[0]}'; it has"
                f" {', '.join(sorted(ports))}"
            )
        self.clock_bits: dict[Bit, str] = {
            ports[port]["bits"][0]: domain for port, domain in clocks.items()
        }
        self.registers: list[Register] = []
        self.memories: list[Memory] = []
        self.edges: dict[Any, list[Any]] = defaultdict(
            list
        )  # towards what a bit drives, through logic
        self.back: dict[Any, list[Any]] = defaultdict(list)
        self.loads: dict[Bit, list[tuple[str, str, int]]] = defaultdict(list)
        self.xor: dict[Bit, tuple[Bit, Bit]] = {}
        self.mux: dict[Bit, tuple[Bit, Bit]] = {}
        self.used: set[str] = set()
        self.port_domain = dict(inputs)
        for port in clocks:
            if port.endswith("clk"):
                self.port_domain.setdefault(f"{port.removesuffix('clk')}rst", clocks[port])
        boxes = {
            name: cell
            for name, cell in sorted(module["cells"].items())
            if not cell["type"].startswith("$")
        }
        driven = {
            bit for port in ports.values() if port["direction"] == "input" for bit in port["bits"]
        }
        for name, cell in sorted(module["cells"].items()):
            if name not in boxes:
                self._cell(name, cell)
                pins, directions = cell["connections"], cell["port_directions"]
                driven |= {bit for pin in pins if directions[pin] == "output" for bit in pins[pin]}
        for name, cell in boxes.items():
            self._black_box(name, cell, driven)
        for name, port in ports.items():
            if port["direction"] == "output":
                for index, bit in enumerate(port["bits"]):
                    self.loads[bit].append((f"output {name}", "output", index))
        self.by_cell = {register.cell: register for register in self.registers if register.cell}
        self.numbers = {id(register): number for number, register in enumerate(self.registers)}
        self.owner: dict[Bit, tuple[Register, int]] = {
            bit: (register, index)
            for register in self.registers
            for index, bit in enumerate(register.q)
        }
        self.stored: dict[Bit, Memory] = {
            bit: memory for memory in self.memories for bit in memory.data
        }

    # --- reading ----------------------------------------------------------------------------------

    def find(self, kind: str, text: str) -> None:
        """Enter a finding, once."""
        finding = Finding(kind, text)
        if finding not in self.findings:
            self.findings.append(finding)

    def name(self, bits: Iterable[Bit]) -> str:
        """A signal's plainest name."""
        return shortest(self.all_names(bits))

    def _domain(self, clock: Bit, what: str, polarity: bool = True) -> str | None:
        """Domain of a register's clock; None, and a finding, where it is none of those declared."""
        if isinstance(clock, str):
            self.find(
                "constant clock", f"{what} has the constant {clock} for a clock and will never move"
            )
            return None
        if clock not in self.clock_bits:
            self.find(
                "unexpected clock",
                f"{what} is clocked by {self.name([clock])}, which is none of"
                f" {', '.join(sorted(self.clocks))}",
            )
            return None
        if not polarity:
            self.find("falling edge", f"{what} takes the falling edge of {self.name([clock])}")
            return None
        self.used.add(self.clock_bits[clock])
        return self.clock_bits[clock]

    def _cell(self, name: str, cell: Mapping[str, Any]) -> None:
        kind, pins, directions = cell["type"], cell["connections"], cell["port_directions"]
        if kind in _IGNORED:
            return
        for pin, bits in pins.items():
            if directions[pin] == "input":
                for index, bit in enumerate(bits):
                    self.loads[bit].append((name, pin, index))
        if kind in _ASYNCHRONOUS or kind in _LATCHES:
            what = "latch" if kind in _LATCHES else "asynchronous control"
            self.find(
                what,
                f"{self.name(pins['Q'])} is a {kind[1:]}: when it changes does not follow from a"
                " clock",
            )
        if kind in _FLOPS | _ASYNCHRONOUS:
            self._flops(name, cell)
        elif kind in ("$mem", "$mem_v2"):
            self._memory(cell)
        else:
            self._logic(name, kind, pins, directions)

    def _flops(self, name: str, cell: Mapping[str, Any]) -> None:
        pins = cell["connections"]
        domain = self._domain(
            pins["CLK"][0],
            f"register {self.name(pins['Q'])}",
            int(cell["parameters"]["CLK_POLARITY"], 2) == 1,
        )
        if domain is not None:
            control = [
                bit for pin, bits in pins.items() if pin not in ("D", "Q", "CLK") for bit in bits
            ]
            plain = cell["type"] == "$dff"
            self.registers.append(
                Register(self.name(pins["Q"]), domain, pins["Q"], pins["D"], control, plain, name)
            )

    def _memory(self, cell: Mapping[str, Any]) -> None:
        pins, parameters = cell["connections"], cell["parameters"]
        name = parameters["MEMID"].lstrip("\\")
        width, reads = int(parameters["WIDTH"], 2), int(parameters["RD_PORTS"], 2)
        domains = {self._domain(clock, f"memory {name}") for clock in pins["WR_CLK"]} - {None}
        if len(domains) > 1:
            self.find(
                "memory with two writers",
                f"{name} is written by {' and '.join(sorted(map(str, domains)))}",
            )
        domain = min((str(d) for d in domains), default="")
        memory = Memory(name, domain, list(pins["WR_EN"]), [*pins["WR_ADDR"], *pins["WR_DATA"]])
        self.memories.append(memory)
        clocked = parameters["RD_CLK_ENABLE"][::-1]
        bits = int(parameters["ABITS"], 2)
        for port in range(reads):
            data = pins["RD_DATA"][port * width : (port + 1) * width]
            address = pins["RD_ADDR"][port * bits : (port + 1) * bits]
            if clocked[port] == "1":
                reader = self._domain(pins["RD_CLK"][port], f"read port of memory {name}")
                if reader is not None:
                    inner: list[Bit] = [f"{name} word {index}" for index in range(width)]
                    memory.data += inner
                    control = [*address, pins["RD_EN"][port]]
                    self.registers.append(
                        Register(self.name(data), reader, data, inner, control, plain=False)
                    )
            else:
                memory.data += data
                self._connect(("memory", name, port), address, data)

    def _logic(
        self, name: str, kind: str, pins: Mapping[str, list[Bit]], directions: Mapping[str, str]
    ) -> None:
        outputs = [pin for pin in pins if directions[pin] == "output"]
        sources = [pin for pin in pins if directions[pin] == "input"]
        if kind in _BITWISE and outputs == ["Y"]:
            for index, out in enumerate(pins["Y"]):
                deps = [
                    pins[pin][min(index, len(pins[pin]) - 1)]
                    for pin in sources
                    if not (pin == "S" and kind == "$mux")
                ]
                self._connect((name, index), [*deps, *(pins["S"] if kind == "$mux" else [])], [out])
                if kind == "$mux":
                    self.mux[out] = (pins["A"][index], pins["B"][index])
                if kind == "$xor" and index < len(pins["A"]) and index < len(pins["B"]):
                    self.xor[out] = (pins["A"][index], pins["B"][index])
            return
        self._connect(
            (name,),
            [bit for pin in sources for bit in pins[pin]],
            [bit for pin in outputs for bit in pins[pin]],
        )

    def _black_box(self, name: str, cell: Mapping[str, Any], driven: set[Bit]) -> None:
        """A cell of unknown insides: logic if no clock goes in, registers of a domain if one does.

        Where Yosys does not know which pins are outputs, those are that nothing else drives; they
        may be inputs too, from another black box.
        """
        pins, kind = cell["connections"], cell["type"]
        known = cell.get("port_directions", {})
        taken, given = [], []
        for pin, bits in sorted(pins.items()):
            inner = [bit for bit in bits if not isinstance(bit, str)]
            if known.get(pin, "input") == "input":
                taken += inner
                for index, bit in enumerate(bits):
                    self.loads[bit].append((name, pin, index))
            if known.get(pin, "output") != "input":
                given += [bit for bit in inner if pin in known or bit not in driven]
        domains = sorted({self.clock_bits[bit] for bit in taken if bit in self.clock_bits})
        label = f"black box {name} ({kind})"
        if len(domains) > 1:
            self.find("black box between clocks", f"{label} has the clocks {' and '.join(domains)}")
        elif domains:
            self.used.add(domains[0])
            self.black.append(f"what is inside {label}: taken for registers of {domains[0]}")
            data = [bit for bit in taken if bit not in self.clock_bits]
            self.registers.append(
                Register(label, domains[0], given, [], data, plain=False, cell=name)
            )
        else:
            self.black.append(f"what is inside {label}: taken for logic")
            self._connect((name,), taken, given)

    def _connect(self, node: Any, sources: Iterable[Bit], outputs: Iterable[Bit]) -> None:
        """A piece of logic: all of its outputs depend on all of its inputs."""
        for bit in sources:
            if not isinstance(bit, str):
                self.edges[bit].append(node)
                self.back[node].append(bit)
        for bit in outputs:
            self.edges[node].append(bit)
            self.back[bit].append(node)

    def _start(self) -> Iterator[tuple[str, Bit]]:
        """Where each domain's values begin."""
        for register in self.registers:
            for bit in register.q:
                yield register.domain, bit
        for memory in self.memories:
            for bit in memory.data:
                yield memory.domain, bit
        for port, domain in self.port_domain.items():
            for bit in self.module["ports"].get(port, {"bits": []})["bits"]:
                yield domain, bit

    def reach_of_domains(self) -> dict[Any, set[str]]:
        """Domains whose values reach each bit through logic."""
        reach: dict[Any, set[str]] = defaultdict(set)
        queue: deque[tuple[str, Any]] = deque(self._start())
        while queue:
            domain, node = queue.popleft()
            if domain in reach[node]:
                continue
            reach[node].add(domain)
            queue.extend(
                (domain, following)
                for following in self.edges.get(node, ())
                if domain not in reach[following]
            )
        return reach

    def cone(self, bits: Iterable[Bit]) -> set[Bit]:
        """Registers, memories and ports that reach bits through logic."""
        seen: set[Any] = set()
        ends: set[Bit] = set()
        stack: list[Any] = list(bits)
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if node in self.owner or node in self.stored:
                ends.add(node)
            if node in self.owner:
                continue
            before = self.back.get(node, ())
            stack.extend(before)
            if not before and not isinstance(node, tuple) and node not in self.stored:
                ends.add(node)
        return ends

    def home(self, bit: Bit) -> str | None:
        """Domain of a register, memory or port."""
        if bit in self.owner:
            return self.owner[bit][0].domain
        if bit in self.stored:
            return self.stored[bit].domain
        return next(
            (self.port_domain[name] for name in self.names[bit] if name in self.port_domain), None
        )

    def all_names(self, bits: Iterable[Bit]) -> frozenset[str]:
        """Every name that one of the bits has."""
        return frozenset(name for bit in bits for name in self.names[bit])

    def readers(self, bits: Iterable[Bit]) -> set[str]:
        """Domains of the registers that ports reach through logic."""
        seen: set[Any] = set()
        stack: list[Any] = list(bits)
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(self.edges.get(node, ()))
        read = {
            r.domain
            for r in self.registers
            if not seen.isdisjoint(bit for bit in (*r.d, *r.control) if not isinstance(bit, str))
        }
        return read | {
            m.domain
            for m in self.memories
            if not seen.isdisjoint(b for b in m.write if not isinstance(b, str))
        }
