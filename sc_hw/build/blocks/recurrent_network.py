# amaranth: UnusedElaboratable=no
"""Block `recurrent_network`: a recurrent layer and a readout that learn on the chip."""

from __future__ import annotations

from typing import Any

from sc_hw.build.blocks.block import Block
from sc_hw.build.blocks.ports import RESET_KIND, clock_of, ports_of, space_rows
from sc_hw.fabric.families import Family
from sc_hw.recurrent import RecurrentNetwork
from sc_model.graph import Graph
from sc_model.graph.quiet import require_quiet
from sc_model.rules import resolve
from sc_model.spec import ConfigError, Design


class RecurrentNetworkBlock(Block):
    """A :class:`~sc_hw.recurrent.network.RecurrentNetwork`."""

    name = "recurrent_network"
    top = "recurrent_network"
    component: RecurrentNetwork

    @staticmethod
    def component_of(design: Design, family: Family, graph: Graph | None) -> RecurrentNetwork:
        """The network of a design; `graph` has no effect, since layers have rules of their own."""
        if design.recurrent is None:
            raise ConfigError("a design with block 'recurrent_network' must have [recurrent].")
        network = RecurrentNetwork(design.recurrent, family)
        rule, params = resolve(design.recurrent.hidden_rule)
        subject = f"the recurrent layer of network '{design.name}'"
        # a layer is frozen by signals that are 0
        require_quiet(rule, params, ("weight",), ("signal",), subject)
        return network

    def timing(self) -> dict[str, Any]:
        """Clocks of the parts of a step.

        Returns
        -------
        sweep_clocks : of the recurrent layer: all its words and neurons.
        readout_clocks : of the sums and the classes.
        learn_clocks : of the readout's update, in steps with an error.
        written_clocks : from a word's visit to its write.
        """
        plan, sweep = self.component.plan, self.component.parts.sweep
        return {
            "latency_clocks": None,
            "synapses_per_clock": plan.lanes,
            "sweep_clocks": plan.groups * (plan.rows + 2 * plan.lanes),
            "readout_clocks": plan.neurons + plan.classes,
            "learn_clocks": plan.neurons,
            "written_clocks": sweep.written,
            "accepts_within_clocks": None,
            "host_within_clocks": None,
            "done_within_clocks": None,
            "within_clocks_reason": "pipelines add to the clocks that are listed",
        }

    def description(self) -> dict[str, Any]:
        """Clock, ports, timing, placement of the words, memory spaces."""
        plan = self.component.plan
        return {
            "domain": {**clock_of("sync"), "edge": "rising", "reset_kind": RESET_KIND},
            "ports": ports_of(self.component),
            "timing": self.timing(),
            "placement": {
                "lanes": plan.lanes,
                "rows": plan.rows,
                "groups": plan.groups,
                "words": plan.words,
            },
            "spaces": space_rows(self.component.spaces, self.component.parts.host.counts),
        }


BLOCK = RecurrentNetworkBlock
