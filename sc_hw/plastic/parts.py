"""A rule's graph taken apart by locality: what a lane computes for each synapse, and what is done
once a neuron.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sc_model.graph import Graph, Op, restrict, rewrite, trace
from sc_model.graph.nodes import prune
from sc_model.graph.plastic import LayerRule, layer_rule
from sc_model.graph.rewrite import PIPELINED, product_as_adder_tree, remade
from sc_model.spec import IntFormat, Rule, RuleParams

Products = Literal["block", "adders"]
SATURATED = "saturated_{}"


@dataclass(frozen=True)
class Parts:
    """A rule with its parameters and the part that each of its names plays in a layer."""

    rule: Rule
    params: RuleParams
    names: LayerRule

    def _formats(self, names: tuple[str, ...]) -> dict[str, IntFormat]:
        known = {**self.rule.state_formats(self.params), **self.rule.input_formats(self.params)}
        return {name: known[name] for name in names}

    @property
    def fields(self) -> dict[str, IntFormat]:
        """Fields of a synapse."""
        return self._formats(self.names.synapse)

    @property
    def others(self) -> dict[str, IntFormat]:
        """Fields of a synapse beside the weight."""
        return {name: form for name, form in self.fields.items() if name != self.names.weight}

    @property
    def pre(self) -> dict[str, IntFormat]:
        """Fields of a presynaptic neuron."""
        return self._formats(self.names.pre)

    @property
    def post(self) -> dict[str, IntFormat]:
        """Fields of a postsynaptic neuron."""
        return self._formats(self.names.post)

    @property
    def modulators(self) -> dict[str, IntFormat]:
        """Inputs that all synapses share."""
        return self._formats(self.names.modulators)

    @property
    def weight(self) -> str:
        """The field that is summed."""
        return self.names.weight

    @property
    def pre_spike(self) -> str:
        """The input that a presynaptic spike drives."""
        return self.names.pre_spike

    @property
    def post_spike(self) -> str:
        """The input that a postsynaptic spike drives."""
        return self.names.post_spike

    def initial(self, name: str) -> int:
        """Value of a field after reset."""
        return self.rule.initial_state()[name]

    @property
    def saturating(self) -> tuple[str, ...]:
        """Fields of a synapse whose new value is a saturated one."""
        graph = trace(self.rule, self.params)
        return tuple(
            name for name in self.names.synapse if graph.nodes[graph.outputs[name]].op is Op.CLAMP
        )

    def synapse_graph(self, products: Products, counted: bool = False) -> Graph:
        """What a lane computes; `counted`: and whether each saturating field was changed by that,
        as `saturated_<field>`.
        """
        rewrites = PIPELINED if products == "block" else (product_as_adder_tree, *PIPELINED)
        graph = trace(self.rule, self.params)
        flags = {name: graph.outputs[name] for name in self.saturating} if counted else {}
        return restrict(
            rewrite(_with_saturations(graph, flags), rewrites),
            (*self.names.synapse, *map(SATURATED.format, flags)),
        )

    def neuron_graph(self, fields: Mapping[str, IntFormat]) -> Graph:
        """What is computed once for each presynaptic (or postsynaptic) neuron."""
        return restrict(rewrite(trace(self.rule, self.params)), tuple(fields))


def _with_saturations(graph: Graph, clamps: Mapping[str, int]) -> Graph:
    """The graph with an output more for each of these clamps: whether the value differs from what
    it is made of.
    """
    builder, moved = remade(graph)
    outputs = {name: moved[index] for name, index in graph.outputs.items()}
    for name, index in clamps.items():
        same = builder.make(Op.EQ, (moved[index], moved[graph.nodes[index].args[0]]))
        outputs[SATURATED.format(name)] = builder.make(Op.NOT, (same,))
    return prune(
        builder,
        {name: moved[index] for name, index in graph.variables.items()},
        outputs,
        {name: moved[index] for name, index in graph.lets.items()},
    )


def parts_of(rule: Rule, params: RuleParams, critic: bool = False) -> Parts:
    """Take a rule apart; ConfigError says why it can't run in a layer (with a critic)."""
    return Parts(rule, params, layer_rule(rule, params, critic))
