"""Claims that a design's own Verilog is made of the claimed parts, and about what joins them.

Each instance in `top.v` is shown to be the part that was emitted by itself. Without its instances
the module is what joins them: every input of a part, every output of the module and every register
between the parts is in a claim.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amaranth.lib import wiring

from sc_hw.proof.bits import Bits
from sc_hw.proof.blocks.parts import HIERARCHY, PARTS
from sc_hw.proof.blocks.plastic.parts import ports_of
from sc_hw.proof.blocks.plastic.wiring.glue import Glue
from sc_hw.proof.blocks.plastic.wiring.instances import prove_instance
from sc_hw.proof.blocks.plastic.wiring.signals import Signals
from sc_hw.proof.hierarchy import (
    Cut,
    HierarchyError,
    Port,
    btor_of_modules,
    cut_module,
    read_hierarchy,
)
from sc_hw.proof.netlist import Netlist, parse_btor
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import Claim
from sc_hw.tools import ToolError
from sc_model.graph.smt import Terms

_BUILT = "the Verilog is built of the network's modules, in one clock domain, and Yosys reads it"
_ALONE = "alone_"  # in front of the name of a part that was emitted by itself
# The solver crashes where terms outlive the manager that made them.
_TERMS_IN_USE: list[Terms] = []


@dataclass(frozen=True)
class Module:
    """A module without its instances.

    Members
    -------
    net, cut : as a netlist, and where it was cut.
    ports : of each instance, by its name.
    """

    net: Netlist
    cut: Cut
    ports: Mapping[str, tuple[Port, ...]]


def claims_of_joined(
    folder: Path,
    whole: wiring.Component,
    instances: Mapping[str, tuple[str, wiring.Component]],
    glue: Callable[[Prover, Module], None],
    limit_s: float,
) -> list[Claim]:
    """The claims about the Verilog in a folder, which say that it is made of the claimed parts.

    Parameters
    ----------
    folder : of a build, with the parts that `PartFiles` has written.
    whole : the design's component.
    instances : its parts by the names of their instances: kind, and component.
    glue : adds the claims about what joins them.
    limit_s : seconds for one claim.

    A list of parts that has no row of what joins them gives no claims.
    """
    contents = json.loads((folder / "proof" / PARTS).read_text(encoding="utf-8"))
    if HIERARCHY not in contents:
        return []
    row, files = contents[HIERARCHY], folder / "proof"
    verilog, claims = folder / row["verilog"], []
    ports = {name: ports_of(component) for name, (_, component) in instances.items()}
    prover = _prover(limit_s)
    try:
        hierarchy = read_hierarchy(verilog, row["top"], files)
        instances_in_verilog = hierarchy.instances(row["top"])
        cut = cut_module(hierarchy, row["top"], ports_of(whole), ports)
        modules = {name: (verilog, module) for name, (_, module) in instances_in_verilog.items()}
        modules |= {
            f"{_ALONE}{kind}": (files / f"{kind}.v", kind)
            for kind in sorted({kind for kind, _ in instances.values()})
        }
        texts = btor_of_modules(modules, {"joined": cut}, files)
    except (HierarchyError, ToolError) as error:
        prover.record("wiring: modules", _BUILT, False, 0.0, {"found": str(error)})
        return prover.claims
    off = {
        module: ", ".join(names)
        for module in hierarchy.below(row["top"])
        if (names := hierarchy.off_clock(module))
    }
    prover.record("wiring: modules", _BUILT, not off, 0.0, off)
    claims += prover.claims
    for name, (kind, _) in instances.items():
        prover = _prover(limit_s)
        alone, inside = (parse_btor(texts[each], prover.terms) for each in (_ALONE + kind, name))
        connections = hierarchy.connections(instances_in_verilog[name][1], ports[name])
        prove_instance(prover, name, alone, inside, connections)
        claims += prover.claims
    prover = _prover(limit_s)
    glue(prover, Module(parse_btor(texts["joined"], prover.terms), cut, ports))
    return [*claims, *prover.claims]


def _prover(limit_s: float) -> Prover:
    """A prover with terms of its own."""
    terms = Terms()
    _TERMS_IN_USE.append(terms)
    return Prover(terms, limit_s)


class Joined:
    """What joins the parts, clock by clock.

    Parameters
    ----------
    prover : gets the claims.
    whole, module : the design's component, and its module without its instances.
    registers : bits of the registers between the parts, by name.
    clocks : that a claim looks back.
    """

    def __init__(
        self,
        prover: Prover,
        whole: wiring.Component,
        module: Module,
        registers: Mapping[str, int],
        clocks: int,
    ) -> None:
        self.own_ports = ports_of(whole)
        widths = {f"{name}.{p.name}": p.width for name, each in module.ports.items() for p in each}
        widths |= {port.name: port.width for port in self.own_ports}
        signals = Signals(module.net, module.cut, registers)
        self.glue = Glue(prover, signals, "wiring", clocks, {**widths, **registers})
        self.t = prover.terms

    def at(self, name: str, ago: int = 0) -> Bits:
        """A signal some clocks ago."""
        return Bits(self.t, self.glue.at(name, ago))

    def const(self, value: int, width: int = 1) -> Bits:
        """A constant."""
        return Bits.const(self.t, value, width)

    def fit(self, value: Bits, port: str) -> Bits:
        """A number in as many bits as a port has."""
        return value.low(self.glue.widths.get(port, 1))

    def streams(self, part: str, *names: str) -> dict[str, Bits]:
        """Ports of the module whose names begin with some, joined with those of a part."""
        expected = {}
        for port in self.own_ports:
            if port.name.startswith(names):
                ends = (port.name, f"{part}.{port.name}")
                sink, source = ends if port.output else reversed(ends)
                expected[sink] = self.at(source)
        return expected

    def outputs(
        self, name: str, statement: str, expected: Mapping[str, Bits], *assumptions: Any
    ) -> None:
        """Claim inputs of parts and outputs of the module."""
        terms = {port: value.term for port, value in expected.items()}
        self.glue.outputs(name, statement, terms, assumptions=assumptions)

    def complete(self) -> None:
        """Claim that nothing is left out."""
        self.glue.complete([port.name for port in self.own_ports if port.output])
