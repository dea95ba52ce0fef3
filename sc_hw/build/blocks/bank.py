# amaranth: UnusedElaboratable=no
"""Block `bank`: many synapses in block RAM, one a clock."""

from __future__ import annotations

from typing import Any

from sc_hw.build.blocks.block import RuleBlock
from sc_hw.fabric.families import Family
from sc_hw.synapse.bank import ADDRESS_STAGES, MEMORY_STAGES, SynapseBank
from sc_model.graph import Graph
from sc_model.rules import resolve
from sc_model.spec import Design


class BankBlock(RuleBlock):
    """A :class:`~sc_hw.synapse.bank.SynapseBank` that runs the design's rule."""

    name = "bank"
    top = "synapse_bank"
    component: SynapseBank

    @staticmethod
    def component_of(design: Design, family: Family, graph: Graph | None) -> SynapseBank:
        """The bank of a design."""
        rule, params = resolve(design.rule)
        return SynapseBank(rule, params, design.synapses, family, graph)

    @property
    def graph(self) -> Graph:
        """The compiled graph of the rule."""
        return self.component.graph

    def stage(self, node: int) -> int | None:
        """The pipeline stage of a node, None for a constant."""
        plan = self.component.update.plan
        slot = plan.slots[node] if plan is not None else None
        return None if slot is None else slot.stage

    def timing(self) -> dict[str, Any]:
        """Clocks of a sweep over all synapses, and from a synapse's read to its next safe read.

        A bank shorter than its pipeline waits between sweeps until the last write has landed.
        """
        bank = self.component
        waits = 0 if bank.synapses >= bank.span else bank.span - 1
        return {
            "latency_clocks": bank.span,
            "synapses_per_clock": 1,
            "span_clocks": bank.span,
            "sweep_clocks": bank.synapses + waits,
            "read_clocks": ADDRESS_STAGES + MEMORY_STAGES,
            "update_latency_clocks": bank.update.latency,
        }


BLOCK = BankBlock
