# amaranth: UnusedElaboratable=no
"""Block `lane`: one synapse in registers, a step a clock."""

from __future__ import annotations

from typing import Any

from sc_hw.build.blocks.block import RuleBlock
from sc_hw.fabric.families import Family
from sc_hw.synapse.lane import SynapseLane
from sc_model.graph import Graph
from sc_model.rules import resolve
from sc_model.spec import Design


class LaneBlock(RuleBlock):
    """A :class:`~sc_hw.synapse.lane.SynapseLane` that runs the design's rule."""

    name = "lane"
    top = "synapse_lane"
    component: SynapseLane

    @staticmethod
    def component_of(design: Design, family: Family, graph: Graph | None) -> SynapseLane:
        """The lane of a design."""
        rule, params = resolve(design.rule)
        return SynapseLane(rule, params, graph, family, fed=design.random == "ports")

    @property
    def graph(self) -> Graph:
        """The compiled graph of the rule."""
        return self.component.graph

    def stage(self, node: int) -> int | None:
        """0: a lane's datapath is combinational."""
        return 0

    def timing(self) -> dict[str, Any]:
        """A step a clock; the new state stands in the next one.

        Steps and loads are taken in the clock in which they are asked for, and `done` is high in
        the clock after a step: the proof shows it (`sc_hw.proof.blocks.lane`).
        """
        return {
            "latency_clocks": 1,
            "synapses_per_clock": 1,
            "span_clocks": 1,
            "accepts_within_clocks": 1,
            "host_within_clocks": 1,
            "done_within_clocks": 1,
        }


BLOCK = LaneBlock
