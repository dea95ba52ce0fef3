"""A netlist with several clocks, as Yosys writes it: registers by domain, and what connects them.

Bits are Yosys': a number for each wire, or a text for a constant (``"0"``, ``"1"``, ``"x"``).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# Cell types of Yosys' internal library after `proc`. An asynchronous control or a latch changes its
# output without a clock edge, so that nothing can be said about when it does.
_FLOPS = {"$dff", "$dffe", "$sdff", "$sdffe", "$sdffce"}
_ASYNCHRONOUS = {"$adff", "$adffe", "$aldff", "$aldffe", "$dffsr", "$dffsre"}
_LATCHES = {"$dlatch", "$adlatch", "$dlatchsr", "$sr"}
# Bit k of the output depends on bit k of the inputs only. All other logic is treated as if every
# output bit depended on every input bit: that may refuse a sound design, never accept a wrong one.
_BITWISE = {"$and", "$or", "$xor", "$xnor", "$not", "$pos", "$mux", "$bwmux"}
_IGNORED = {"$scopeinfo", "$print", "$check", "$assert", "$assume", "$cover"}

Bit = int | str


@dataclass(frozen=True)
class Finding:
    """Something in a design that breaks a rule.

    Members
    -------
    kind : the rule, in a few words.
    text : what breaks it, with names and domains.
    """

    kind: str
    text: str


@dataclass
class Register:
    """Bits of one clock: flip-flops, a memory's clocked read port, or a black box with a clock.

    Members
    -------
    name : plainest name of the output.
    domain : of its clock.
    q : outputs.
    d : next values; empty for a black box.
    control : enable, reset and other inputs.
    plain : there is neither enable nor reset, so that every clock takes `d`.
    cell : name of the cell, if there is one.
    """

    name: str
    domain: str
    q: list[Bit]
    d: list[Bit]
    control: list[Bit]
    plain: bool
    cell: str = ""


@dataclass
class Memory:
    """A memory with one writing clock.

    Members
    -------
    name : of the memory.
    domain : of the writing clock.
    write_enable : bits that enable a write.
    write_inputs : addresses and data of the write ports.
    data : words as they come out of the read ports, before any read register.
    """

    name: str
    domain: str
    write_enable: list[Bit]
    write_inputs: list[Bit]
    data: list[Bit] = field(default_factory=list)


def shortest(names: Iterable[str]) -> str:
    """The plainest of a signal's names: none that Yosys made up, then the shortest."""
    return min(names, key=lambda name: ("$" in name, len(name), name), default="?")


class ClockedNetlist:
    """A flattened module as graph of registers, memories and logic.

    Parameters
    ----------
    module : what Yosys' `write_json` says of it.
    clocks : port -> domain.
    inputs : port -> domain, of other inputs.

    Members
    -------
    findings : what is wrong with the clocks of registers and memories.
    registers, memories : all there are with a declared clock.
    names : bit -> every name of the signal that it belongs to.
    clock_bits : bit -> domain, of clock ports.
    port_domain : input port -> domain, of other inputs.
    used : domains that clock something.
    loads : bit -> (cell, pin, bit of the pin), for everything that it drives.
    xor, mux : output bit -> the two data inputs of that gate.
    black : what is not judged about black boxes.
    by_cell, numbers : register by its cell; number of a register by its identity.
    owner : output bit -> its register, and the number of the bit in it.
    stored : bit of read data -> its memory.

    Raises
    ------
    ValueError
        A clock is no input port.
    """

    def __init__(
        self, module: Mapping[str, Any], clocks: Mapping[str, str], inputs: Mapping[str, str]
    ) -> None:
        self.module, self.clocks = module, dict(clocks)
        self.findings: list[Finding] = []
        self.black: list[str] = []
        self.names: dict[Bit, set[str]] = defaultdict(set)
        for name, net in module["netnames"].items():
            for bit in net["bits"]:
                self.names[bit].add(name)
        self.registers: list[Register] = []
        self.memories: list[Memory] = []
        # The graph of the logic: from a bit to the cells that it drives and on to their outputs,
        # and back. Cells are tuples, bits numbers.
        self.edges: dict[Any, list[Any]] = defaultdict(list)
        self.back: dict[Any, list[Any]] = defaultdict(list)
        self.loads: dict[Bit, list[tuple[str, str, int]]] = defaultdict(list)
        self.xor: dict[Bit, tuple[Bit, Bit]] = {}
        self.mux: dict[Bit, tuple[Bit, Bit]] = {}
        self.used: set[str] = set()
        self.clock_bits = self._clock_bits()
        self.port_domain = dict(inputs)
        for port, domain in clocks.items():
            # A declaration by the caller goes first.
            if port.endswith("clk"):  # `x_rst` is the reset of clock `x_clk`
                self.port_domain.setdefault(f"{port.removesuffix('clk')}rst", domain)
        self._read_cells()
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

    def _clock_bits(self) -> dict[Bit, str]:
        """Domains of the clock ports' bits."""
        ports = self.module["ports"]
        for port in self.clocks:
            if port not in ports or ports[port]["direction"] != "input":
                raise ValueError(
                    f"Clock must be an input port of the design, not '{port}'; it has"
                    f" {', '.join(sorted(ports))}"
                )
        return {ports[port]["bits"][0]: domain for port, domain in self.clocks.items()}

    def _read_cells(self) -> None:
        """Enter all cells and output ports; black boxes last, when it is known what drives what."""
        ports, cells = self.module["ports"], sorted(self.module["cells"].items())
        boxes = [(name, cell) for name, cell in cells if not cell["type"].startswith("$")]
        # A pin of a black box without a direction is an output only if nothing else drives its
        # wire, so all other drivers have to be known first.
        driven = {
            bit for port in ports.values() if port["direction"] == "input" for bit in port["bits"]
        }
        for name, cell in cells:
            if cell["type"].startswith("$"):
                self._cell(name, cell)
                pins, directions = cell["connections"], cell["port_directions"]
                driven |= {bit for pin in pins if directions[pin] == "output" for bit in pins[pin]}
        for name, cell in boxes:
            self._black_box(name, cell, driven)
        for name, port in ports.items():
            if port["direction"] == "output":
                for index, bit in enumerate(port["bits"]):
                    self.loads[bit].append((f"output {name}", "output", index))

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
        """Domain of a clock pin; None and a finding where it is no rising edge of a declared clock.

        Parameters
        ----------
        clock : the bit at the pin.
        what : whose pin it is, for the finding.
        polarity : whether the rising edge counts.
        """
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
        """Enter a cell of Yosys' internal library."""
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
        """Enter flip-flops that share their controls: one register."""
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
            # An enable or a reset becomes a gate in front of the register, or acts like one.
            plain = cell["type"] == "$dff"
            self.registers.append(
                Register(self.name(pins["Q"]), domain, pins["Q"], pins["D"], control, plain, name)
            )

    def _memory(self, cell: Mapping[str, Any]) -> None:
        """Enter a memory, and a register for each clocked read port."""
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
        clocked = parameters["RD_CLK_ENABLE"][::-1]  # a binary number: port 0 is its last digit
        bits = int(parameters["ABITS"], 2)
        for port in range(reads):
            data = pins["RD_DATA"][port * width : (port + 1) * width]
            address = pins["RD_ADDR"][port * bits : (port + 1) * bits]
            if clocked[port] == "1":
                reader = self._domain(pins["RD_CLK"][port], f"read port of memory {name}")
                if reader is not None:
                    # Yosys has no wires between the words and the read register.
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
        """Enter a gate: what its outputs depend on."""
        outputs = [pin for pin in pins if directions[pin] == "output"]
        sources = [pin for pin in pins if directions[pin] == "input"]
        if kind in _BITWISE and outputs == ["Y"]:
            for index, out in enumerate(pins["Y"]):
                # A shorter input is extended by its highest bit, or by zeros, which depend on
                # nothing. The selection of a multiplexer is one bit for all.
                bits = [pins[pin][min(index, len(pins[pin]) - 1)] for pin in sources]
                self._connect((name, index), bits, [out])
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
        """Enter a cell of unknown contents.

        Without a clock it counts as logic, with one as a register of that domain; with two it is a
        finding. Where Yosys does not know the directions of pins, every pin counts as an input, and
        also as an output if nothing else drives it.

        Parameters
        ----------
        driven : bits that ports and other cells drive.
        """
        pins, kind = cell["connections"], cell["type"]
        directions = cell.get("port_directions", {})
        sources, outputs = [], []
        for pin, bits in sorted(pins.items()):
            wires = [bit for bit in bits if not isinstance(bit, str)]
            if directions.get(pin, "input") == "input":
                sources += wires
                for index, bit in enumerate(bits):
                    self.loads[bit].append((name, pin, index))
            if directions.get(pin, "output") != "input":
                outputs += [bit for bit in wires if pin in directions or bit not in driven]
        domains = sorted({self.clock_bits[bit] for bit in sources if bit in self.clock_bits})
        label = f"black box {name} ({kind})"
        if len(domains) > 1:
            self.find("black box between clocks", f"{label} has the clocks {' and '.join(domains)}")
        elif domains:
            self.used.add(domains[0])
            self.black.append(f"what is inside {label}: assumed to be registers of {domains[0]}")
            data = [bit for bit in sources if bit not in self.clock_bits]
            self.registers.append(
                Register(label, domains[0], outputs, [], data, plain=False, cell=name)
            )
        else:
            self.black.append(f"what is inside {label}: assumed to be logic without registers")
            self._connect((name,), sources, outputs)

    def _connect(self, node: Any, sources: Iterable[Bit], outputs: Iterable[Bit]) -> None:
        """Enter a piece of logic whose outputs all depend on all of its inputs."""
        for bit in sources:
            if not isinstance(bit, str):
                self.edges[bit].append(node)
                self.back[node].append(bit)
        for bit in outputs:
            self.edges[node].append(bit)
            self.back[bit].append(node)

    # --- queries ----------------------------------------------------------------------------------

    def _sources(self) -> Iterator[tuple[str, Bit]]:
        """Domain and bit of every register, memory and port: where values come from."""
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
        """For each bit the domains whose values reach it through logic (breadth-first search)."""
        reach: dict[Any, set[str]] = defaultdict(set)
        queue: deque[tuple[str, Any]] = deque(self._sources())
        while queue:
            domain, node = queue.popleft()
            # Each node is entered once for each domain, so that loops of logic end the search.
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
        """Registers, memories and ports whose values reach these bits through logic."""
        visited: set[Any] = set()
        ends: set[Bit] = set()
        stack: list[Any] = list(bits)
        while stack:
            node = stack.pop()
            if node in visited:
                continue
            visited.add(node)
            if node in self.owner or node in self.stored:
                ends.add(node)
            # A register ends the search: what is behind it is a value of its own clock.
            if node in self.owner:
                continue
            before = self.back.get(node, ())
            stack.extend(before)
            if not before and not isinstance(node, tuple) and node not in self.stored:
                ends.add(node)
        return ends

    def home(self, bit: Bit) -> str | None:
        """Domain of a register, memory or port; None where it has none."""
        if bit in self.owner:
            return self.owner[bit][0].domain
        if bit in self.stored:
            return self.stored[bit].domain
        return next(
            (self.port_domain[name] for name in self.names[bit] if name in self.port_domain), None
        )

    def all_names(self, bits: Iterable[Bit]) -> frozenset[str]:
        """Every name of the signals that these bits belong to."""
        return frozenset(name for bit in bits for name in self.names[bit])

    def readers(self, bits: Iterable[Bit]) -> set[str]:
        """Domains of the registers and memories that these bits reach through logic."""
        visited: set[Any] = set()
        stack: list[Any] = list(bits)
        while stack:
            node = stack.pop()
            if node not in visited:
                visited.add(node)
                stack.extend(self.edges.get(node, ()))
        read = {
            r.domain
            for r in self.registers
            if not visited.isdisjoint(bit for bit in (*r.d, *r.control) if not isinstance(bit, str))
        }
        return read | {
            m.domain
            for m in self.memories
            if not visited.isdisjoint(b for b in m.write_enable if not isinstance(b, str))
        }
