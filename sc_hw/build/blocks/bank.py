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
        fed = design.random == "ports"
        return SynapseBank(rule, params, design.synapses, family, graph, fed=fed)

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

        Three more are limits that the proof shows (`sc_hw.proof.blocks.bank`). The first clock of
        an offer counts as 1, and so does the clock after a transfer:

        accepts_within_clocks : until an offered transfer is taken, while the host asks for nothing.
        host_within_clocks : until an offered load or read is taken, while transfers are offered.
        done_within_clocks : from a sweep's last transfer until `idle`.
        """
        bank = self.component
        # A read ends a clock after its word is taken, the bank is free in the next clock, and the
        # sequencer, which is a clock ahead, opens in the one after.
        read_clocks = ADDRESS_STAGES + MEMORY_STAGES
        accepts = max(read_clocks + 3, bank.span if bank.synapses < bank.span else 0)
        waits = 0 if bank.synapses >= bank.span else bank.span - 1
        return {
            "latency_clocks": bank.span,
            "synapses_per_clock": 1,
            "span_clocks": bank.span,
            "sweep_clocks": bank.synapses + waits,
            "read_clocks": read_clocks,
            "update_latency_clocks": bank.update.latency,
            "accepts_within_clocks": accepts,
            "host_within_clocks": bank.span + bank.synapses + 1,
            "done_within_clocks": bank.span + 1,
        }


BLOCK = BankBlock
