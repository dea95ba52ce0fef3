"""The claims about a layer's own Verilog: every part in it, and all that joins them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_hw.proof.blocks.parts import HIERARCHY, PARTS
from sc_hw.proof.blocks.plastic.facts import LayerFacts
from sc_hw.proof.blocks.plastic.wiring import access, bus, chain, feed, heads, results, steps
from sc_hw.proof.blocks.plastic.wiring.glue import Glue
from sc_hw.proof.blocks.plastic.wiring.instances import prove_instance
from sc_hw.proof.blocks.plastic.wiring.signals import Signals
from sc_hw.proof.facts import read_facts
from sc_hw.proof.hierarchy import (
    Cut,
    HierarchyError,
    btor_of_modules,
    cut_module,
    read_hierarchy,
)
from sc_hw.proof.netlist import parse_btor
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import Claim
from sc_hw.tools import ToolError, find
from sc_model.graph.smt import Terms
from sc_model.spec import Placement

_BUILT = "the Verilog is built of the layer's modules, in one clock domain, and Yosys reads it"
# The solver crashes where terms outlive the manager that made them.
_TERMS_IN_USE: list[Terms] = []

_ALONE = "alone_"  # in front of the name of a part that was emitted by itself


def claims_of_wiring(folder: Path, place: Placement, limit_s: float) -> list[Claim]:
    """The claims about the Verilog in a folder, which say that it is made of the claimed parts.

    Parameters
    ----------
    folder : of a layer's build, with the parts that `write_parts` has written.
    place : layout of the layer.
    limit_s : seconds for one claim.

    A list of parts that has no facts of what joins them gives no claims.
    """
    contents = json.loads((folder / "proof" / PARTS).read_text(encoding="utf-8"))
    if HIERARCHY not in contents:
        return []
    row = contents[HIERARCHY]
    find("yosys")  # a tool that is missing is no fault of the Verilog
    began = time.perf_counter()
    try:
        wiring = _Wiring(folder, row, place)
    except (HierarchyError, ToolError) as error:
        prover = Prover(Terms(), limit_s)
        seconds = time.perf_counter() - began
        prover.record("wiring: modules", _BUILT, False, seconds, {"found": str(error)})
        return prover.claims
    claims = []
    for prove in wiring.tasks():
        # Terms of their own, as for the parts.
        prover = Prover(Terms(), limit_s)
        _TERMS_IN_USE.append(prover.terms)
        try:
            prove(prover)
        except HierarchyError as error:
            prover.record("wiring: names", _BUILT, False, 0.0, {"found": str(error)})
        claims += prover.claims
    return claims


def kind_of(instance: str) -> str:
    """The kind of part of an instance: its name without a number."""
    name, _, number = instance.rpartition("_")
    return name if number.isdigit() else instance


class _Wiring:
    """The modules of a layer, read by Yosys: parts as netlists, and what joins them.

    Claims are about all of them, or those alone that the list of parts names under `modules`.
    """

    def __init__(self, folder: Path, row: dict[str, Any], place: Placement) -> None:
        self.facts, self.place = read_facts(LayerFacts, row["facts"]), place
        self.files, self.top = folder / "proof", row["top"]
        verilog = folder / row["verilog"]
        self.hierarchy = read_hierarchy(verilog, self.top, self.files)
        modules = {name: module for name, (_, module) in self.hierarchy.instances(self.top).items()}
        chains = self._names("chain")
        self.chains = {name: modules[name] for name in chains if name in modules}
        parts = {name: module for name, module in modules.items() if name not in self.chains}
        self.names = [*modules]
        cuts = self._cuts()
        names = row.get("modules") or [*parts, *cuts]
        self.parts = {name: module for name, module in parts.items() if name in names}
        self.cuts = {name: cut for name, cut in cuts.items() if name in names}
        modules_read = {name: (verilog, module) for name, module in self.parts.items()}
        for kind in sorted({*map(kind_of, self.parts)}):
            modules_read[f"{_ALONE}{kind}"] = (self.files / f"{kind}.v", kind)
        self.texts = btor_of_modules(modules_read, self.cuts, self.files)

    def _names(self, kind: str) -> list[str]:
        return [f"{kind}_{chain}" for chain in range(self.place.chains)]

    def _cuts(self) -> dict[str, Cut]:
        """The layer and its chains without their instances."""
        ports = self.facts.ports
        single = ["sequencer", "host", "neurons", "outputs"]
        single += ["critic"] if self.facts.critic is not None else []
        names = [*single, *self._names("inputs"), *self._names("chain")]
        parts = {name: ports[kind_of(name)] for name in names}
        cuts = {"layer": cut_module(self.hierarchy, self.top, ports["layer"], parts)}
        for number, lanes in enumerate(self.facts.lanes):
            name = f"chain_{number}"
            module = self.chains[name]
            inside = {f"lane_{column}": ports["lane"] for column in range(len(lanes))}
            cuts[name] = cut_module(self.hierarchy, module, ports["chain"], inside)
        return cuts

    def tasks(self) -> list[Callable[[Prover], None]]:
        """What adds the claims, each to a prover of its own."""
        tasks: list[Callable[[Prover], None]] = [self._modules]
        tasks += [self._layer] if "layer" in self.cuts else []
        tasks += [self._instance_task(name) for name in sorted(self.parts)]
        numbers = range(len(self.facts.lanes))
        return tasks + [self._chain_task(n) for n in numbers if f"chain_{n}" in self.cuts]

    def _modules(self, prover: Prover) -> None:
        """Claim the modules' clock, and the module of each lane."""
        began = time.perf_counter()
        off = {
            module: ", ".join(names)
            for module in self.hierarchy.below(self.top)
            if (names := self.hierarchy.off_clock(module))
        }
        prover.record("wiring: modules", _BUILT, True, 0.0)
        prover.record(
            "wiring: clock",
            "every register and memory takes the rising edge of the layer's clock, and every"
            " instance gets its clock and its reset",
            not off,
            time.perf_counter() - began,
            off,
        )
        wrong: dict[str, str] = {}
        for number, lanes in enumerate(self.facts.lanes):
            instances = self.hierarchy.instances(self.chains[f"chain_{number}"])
            for column, module in enumerate(lanes):
                if instances[f"lane_{column}"][1] != module:
                    wrong[f"chain_{number}.lane_{column}"] = instances[f"lane_{column}"][1]
        prover.record(
            "wiring: lanes",
            f"the lanes are of the modules {', '.join(sorted({*sum(self.facts.lanes, ())}))}, which"
            " are claimed, in the order of the chains",
            not wrong,
            0.0,
            wrong,
        )

    def _instance_task(self, name: str) -> Callable[[Prover], None]:
        kind = kind_of(name)

        def prove(prover: Prover) -> None:
            alone = parse_btor(self.texts[f"{_ALONE}{kind}"], prover.terms)
            inside = parse_btor(self.texts[name], prover.terms)
            connections = self.hierarchy.connections(self.parts[name], self.facts.ports[kind])
            prove_instance(prover, name, alone, inside, connections)

        return prove

    def _glue(
        self, prover: Prover, name: str, registers: dict[str, int], parts: list[str], now: int
    ) -> Glue:
        """A module without its instances; `parts` : names of these."""
        ports = self.facts.ports
        widths = {f"{part}.{p.name}": p.width for part in parts for p in ports[kind_of(part)]}
        widths |= {port.name: port.width for port in ports[kind_of(name)]}
        net = parse_btor(self.texts[name], prover.terms)
        signals = Signals(net, self.cuts[name], registers)
        return Glue(prover, signals, f"wiring of {name}", now, {**widths, **registers})

    def _layer(self, prover: Prover) -> None:
        facts, place = self.facts, self.place
        registers = steps.registers(facts) | feed.registers(facts, place) | bus.REGISTERS
        registers |= results.registers(facts, place)
        glue = self._glue(prover, "layer", registers, self.names, _longest_delay(facts) + 1)
        steps.prove_steps(glue, facts, place)
        feed.prove_feed(glue, facts, place)
        bus.prove_bus(glue, facts, place)
        heads.prove_heads(glue, facts, place)
        access.prove_access(glue, facts, place)
        results.prove_results(glue, facts, place)
        glue.complete([port.name for port in facts.ports["layer"] if port.output])

    def _chain_task(self, number: int) -> Callable[[Prover], None]:
        def prove(prover: Prover) -> None:
            registers = chain.registers(self.facts)
            lanes = [f"lane_{column}" for column in range(len(self.facts.lanes[number]))]
            glue = self._glue(prover, f"chain_{number}", registers, lanes, chain.NOW)
            chain.prove_chain(glue, self.facts, self.place, number)
            glue.complete()

        return prove


def _longest_delay(facts: LayerFacts) -> int:
    """Clocks of the longest delay line between the parts, or more."""
    lane = facts.lane
    longest = (
        *(lane.write_weight + 1, lane.write_others + 1, lane.weight_fetched + facts.first_shift),
        *(lane.fetch, lane.take, facts.summed, facts.feed),
        *(port.clock for port in lane.ports.values()),
    )
    return max(longest)
