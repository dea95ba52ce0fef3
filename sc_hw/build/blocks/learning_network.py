# amaranth: UnusedElaboratable=no
"""Block `learning_network`: hidden layers and a readout that learn on the chip."""

from __future__ import annotations

from typing import Any

from sc_hw.build.blocks.block import Block
from sc_hw.build.blocks.ports import RESET_KIND, clock_of, ports_of, space_rows
from sc_hw.fabric.families import Family
from sc_hw.learning import LearningNetwork
from sc_model.graph import Graph
from sc_model.graph.quiet import kept_fields, quiet_conditions, require_quiet
from sc_model.rules import resolve
from sc_model.spec import ConfigError, Design, Rule, RuleParams

SKIPPED = ("trace", "signal")  # inputs of a rule: at 0 their synapses are not visited


class LearningNetworkBlock(Block):
    """A :class:`~sc_hw.learning.network.LearningNetwork`."""

    name = "learning_network"
    top = "learning_network"
    component: LearningNetwork

    @staticmethod
    def component_of(design: Design, family: Family, graph: Graph | None) -> LearningNetwork:
        """The network of a design; `graph` has no effect, since layers have rules of their own."""
        if design.learning is None:
            raise ConfigError("a design with block 'learning_network' must have [learning].")
        network = LearningNetwork(design.learning, family, behind_host=design.host is not None)
        for name, (rule, params) in _rules(design).items():
            # rows without a trace and groups without a signal are not visited
            subject = f"layer '{name}' of learning network '{design.name}'"
            require_quiet(rule, params, kept_fields(rule, design.block), SKIPPED, subject)
        return network

    def timing(self) -> dict[str, Any]:
        """Clocks of the parts of a sample; how many there are follows from the sample.

        Returns
        -------
        event_clocks : of an input that spikes, in the forward pass.
        step_clocks : of a step without inputs.
        update_clocks : between two words of the hidden layer that are updated.
        """
        network = self.component
        plan = network.plan
        return {
            "latency_clocks": None,
            "synapses_per_clock": plan.lanes,
            "event_clocks": plan.event_slots(0),
            "step_clocks": network.parts.forward.step_clocks,
            "update_clocks": plan.stride,
            "accepts_within_clocks": None,
            "host_within_clocks": None,
            "done_within_clocks": None,
            "within_clocks_reason": "a sample takes as long as its spikes and errors ask for",
        }

    def _layer(self, index: int) -> dict[str, Any]:
        """Where a layer is: its words of weights and of ages, its bit of the registers."""
        plan, layer = self.component.plan, self.component.spec.layers[index]
        return {
            "name": layer.name,
            "rows": plan.spec.rows(index),
            "neurons": layer.neurons,
            "base": plan.bases[index],
            "groups": layer.groups,
            "learns": f"learn_{plan.layer_names[index]}",
            # Only of a layer that has fewer lanes than the words: others have those of all.
            **({"lanes": layer.lanes} if layer.lanes < plan.lanes else {}),
            **({"ages": index << plan.group_bits} if index < plan.stages else {}),
        }

    def description(self) -> dict[str, Any]:
        """Clock, ports, timing, placement of the weights, memory spaces, what may be skipped."""
        plan = self.component.plan
        return {
            "domain": {**clock_of("sync"), "edge": "rising", "reset_kind": RESET_KIND},
            "ports": ports_of(self.component),
            "timing": self.timing(),
            "placement": {
                "lanes": plan.lanes,
                "memory": "single_port" if plan.single_port else "two_ports",
                "layers": [self._layer(index) for index in range(plan.stages + 1)],
            },
            "spaces": space_rows(self.component.spaces, self.component.parts.host.counts),
            "quiet": {
                name: [list(c) for c in quiet_conditions(rule, params, kept_fields(rule, "layer"))]
                for name, (rule, params) in _rules(self.design).items()
            },
        }


def _rules(design: Design) -> dict[str, tuple[Rule, RuleParams]]:
    """The rule of each layer, with its parameters."""
    spec = design.learning
    if spec is None:
        return {}
    return {layer.name: resolve(spec.rule(n)) for n, layer in enumerate(spec.layers)}


BLOCK = LearningNetworkBlock
