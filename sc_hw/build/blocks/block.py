# amaranth: UnusedElaboratable=no
"""What every block answers: its component, and what the manifest says about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from amaranth.lib import wiring

from sc_hw.build.blocks.ports import RESET_KIND, clock_of, ports_of
from sc_hw.fabric.datapath import signal_names
from sc_hw.fabric.families import Family
from sc_hw.network.cdc import Crossing
from sc_model.graph import Graph
from sc_model.spec import Design


class Block(ABC):
    """A component with its place in a design.

    Members
    -------
    name : the design's key `block`.
    top : name of the emitted Verilog module.
    design : the design that the block was made from.
    component : the Amaranth component.
    crossings : transfers between clock domains inside the block; empty with one clock.
    """

    name: ClassVar[str]
    top: ClassVar[str]
    component: wiring.Component

    def __init__(self, design: Design, family: Family, graph: Graph | None = None) -> None:
        self.design = design
        self.component = self.component_of(design, family, graph)

    @staticmethod
    @abstractmethod
    def component_of(design: Design, family: Family, graph: Graph | None) -> Any:
        """The component of a design; `graph` replaces the rule's compiled graph if it is given."""

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """Transfers between clock domains, in the order of the manifest."""
        return ()

    @abstractmethod
    def timing(self) -> dict[str, Any]:
        """Latency and throughput, in clocks."""

    @abstractmethod
    def description(self) -> dict[str, Any]:
        """The hardware's part of the manifest: clocks, ports, timing, memory spaces."""


class RuleBlock(Block):
    """A block in one clock domain that computes a learning rule.

    Members
    -------
    graph : the compiled graph of what is computed for each synapse.
    """

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """The compiled graph that the block computes for each synapse."""

    @abstractmethod
    def stage(self, node: int) -> int | None:
        """Clocks from the datapath's inputs to a node of the graph; None for a constant."""

    def description(self) -> dict[str, Any]:
        """Clock, ports, timing, and the named intermediates with their ranges and stages."""
        signals = signal_names(self.graph)
        return {
            "domain": {**clock_of("sync"), "edge": "rising", "reset_kind": RESET_KIND},
            "ports": ports_of(self.component),
            "timing": self.timing(),
            **self.layout(),
            "named_signals": [
                {
                    "name": name,
                    "signal": f"update.{signals[name]}",
                    "width": self.graph.nodes[index].interval.format.width,
                    "lo": self.graph.nodes[index].interval.lo,
                    "hi": self.graph.nodes[index].interval.hi,
                    "stage": self.stage(index),
                }
                for name, index in self.graph.lets.items()
            ],
        }

    def layout(self) -> dict[str, Any]:
        """Where synapses lie and which spaces the host addresses, if the block has such."""
        return {}
