"""A learning rule split by locality, for a layer whose traces belong to neurons.

A plastic layer computes one part of a rule for each synapse (in the lanes), one part once for each
presynaptic neuron (in the input memories), and one part once for each postsynaptic neuron (in the
output memory).
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

# What multiplies: a multiplier block (DSP) of the fabric, or a tree of adders out of LUTs.
Products = Literal["block", "adders"]

# Name of a lane's output, and of the layer's counter, for a field that saturates.
SATURATED = "saturated_{}"


@dataclass(frozen=True)
class RuleParts:
    """A rule, its parameters, and what each of the rule's names stands for in a layer.

    Members
    -------
    rule : the learning rule.
    params : its parameters.
    names : which names are fields of a synapse, of a pre- or a postsynaptic neuron, and modulators.
    """

    rule: Rule
    params: RuleParams
    names: LayerRule

    def _formats(self, names: tuple[str, ...]) -> dict[str, IntFormat]:
        formats = {**self.rule.state_formats(self.params), **self.rule.input_formats(self.params)}
        return {name: formats[name] for name in names}

    @property
    def fields(self) -> dict[str, IntFormat]:
        """Fields of a synapse, by name."""
        return self._formats(self.names.synapse)

    @property
    def others(self) -> dict[str, IntFormat]:
        """Fields of a synapse other than the weight, by name."""
        return {name: form for name, form in self.fields.items() if name != self.names.weight}

    @property
    def pre(self) -> dict[str, IntFormat]:
        """Fields of a presynaptic neuron, by name."""
        return self._formats(self.names.pre)

    @property
    def post(self) -> dict[str, IntFormat]:
        """Fields of a postsynaptic neuron, by name."""
        return self._formats(self.names.post)

    @property
    def modulators(self) -> dict[str, IntFormat]:
        """Inputs that all synapses share (a reward, for example), by name."""
        return self._formats(self.names.modulators)

    @property
    def weight(self) -> str:
        """Name of the field that neurons sum."""
        return self.names.weight

    @property
    def pre_spike(self) -> str:
        """Name of the rule's input that is 1 when the presynaptic neuron spikes."""
        return self.names.pre_spike

    @property
    def post_spike(self) -> str:
        """Name of the rule's input that is 1 when the postsynaptic neuron spikes."""
        return self.names.post_spike

    def initial(self, name: str) -> int:
        """Initial value of a field."""
        return self.rule.initial_state()[name]

    @property
    def saturating(self) -> tuple[str, ...]:
        """Fields of a synapse whose new value comes out of a clamp."""
        graph = trace(self.rule, self.params)
        return tuple(
            name for name in self.names.synapse if graph.nodes[graph.outputs[name]].op is Op.CLAMP
        )

    def synapse_graph(self, products: Products, with_counts: bool = False) -> Graph:
        """Graph of what a lane computes for each synapse.

        Parameters
        ----------
        products : what the lane's products are made of.
        with_counts : add an output `saturated_<field>` for each saturating field: 1 where the clamp
            has changed the value.
        """
        # Lanes without a multiplier block make the product as a tree of adders.
        rewrites = PIPELINED if products == "block" else (product_as_adder_tree, *PIPELINED)
        graph = trace(self.rule, self.params)
        clamps = {name: graph.outputs[name] for name in self.saturating} if with_counts else {}
        return restrict(
            rewrite(_with_saturations(graph, clamps), rewrites),
            (*self.names.synapse, *map(SATURATED.format, clamps)),
        )

    def neuron_graph(self, fields: Mapping[str, IntFormat]) -> Graph:
        """Graph of what is computed once for each neuron, for the new values of these fields."""
        return restrict(rewrite(trace(self.rule, self.params)), tuple(fields))


def _with_saturations(graph: Graph, clamps: Mapping[str, int]) -> Graph:
    """The graph with an output more for each clamp: whether its result differs from its operand.

    Parameters
    ----------
    clamps : node of the clamp, by the name of the field that it computes.
    """
    builder, new_index = remade(graph)
    outputs = {name: new_index[index] for name, index in graph.outputs.items()}
    for name, index in clamps.items():
        # A clamp has changed its value exactly if result and operand differ.
        operand = new_index[graph.nodes[index].args[0]]
        unchanged = builder.make(Op.EQ, (new_index[index], operand))
        outputs[SATURATED.format(name)] = builder.make(Op.NOT, (unchanged,))
    # `lets` stay: they name signals in the netlist, and claims are made about them.
    return prune(
        builder,
        {name: new_index[index] for name, index in graph.variables.items()},
        outputs,
        {name: new_index[index] for name, index in graph.lets.items()},
    )


def rule_parts(rule: Rule, params: RuleParams, critic: bool = False) -> RuleParts:
    """Split a rule by locality.

    Parameters
    ----------
    rule, params : the learning rule and its parameters.
    critic : the layer turns a reward into the rule's one modulator.

    Raises
    ------
    ConfigError : the rule can't run in a plastic layer (with a critic); the text says why.
    """
    return RuleParts(rule, params, layer_rule(rule, params, critic))
