"""Rules in a plastic layer: what a layer needs of a rule, and which name plays which part.

In a layer of I x N synapses the fields of locality ``pre`` are stored once an input, and those of
locality ``post`` once a neuron. That equals storing them in every synapse only where they depend on
nothing else; the traced graph shows whether they do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sc_model.graph.nodes import Graph, Op
from sc_model.graph.trace import trace
from sc_model.spec.errors import ConfigError
from sc_model.spec.formats import IntFormat
from sc_model.spec.rule import Locality, Rule, RuleParams

LAYER_SIGNALS = ("spikes", "outcome", "decide", "clear_trial", "clear_traces")


@dataclass(frozen=True)
class LayerRule:
    """Names of a rule by the part they play in a layer.

    Members
    -------
    weight : the loadable field, unsigned.
    pre_spike, post_spike : the inputs that the layer's inputs and its neurons drive, 1 bit each.
    modulators : inputs that all synapses share, in the order of the declaration.
    synapse, pre, post : fields by locality, in the order of the declaration; `synapse` includes the
        weight.
    """

    weight: str
    pre_spike: str
    post_spike: str
    modulators: tuple[str, ...]
    synapse: tuple[str, ...]
    pre: tuple[str, ...]
    post: tuple[str, ...]


def layer_rule(rule: Rule, params: RuleParams, critic: bool = False) -> LayerRule:
    """The parts of a rule in a layer.

    Parameters
    ----------
    critic : whether the layer has a critic, which takes the place of the one modulator.

    Raises
    ------
    ConfigError
        the rule can't run in such a layer; the text says why.
    """
    refused = f"rule '{rule.family}' can't run in a layer: "
    inputs, state = rule.input_formats(params), rule.state_formats(params)
    spikes = {}
    for locality in (Locality.PRE, Locality.POST):
        names = [item.name for item in rule.inputs if item.locality is locality]
        if len(names) != 1 or inputs[names[0]] != IntFormat(1):
            choices = _listed(f"{name} ({inputs[name]})" for name in names)
            raise ConfigError(
                f"{refused}it must have exactly one input of locality {locality}, a spike"
                f" ({IntFormat(1)}), not {choices}."
            )
        spikes[locality] = names[0]
    loadable = [field for field in rule.state if field.loadable]
    if len(loadable) != 1 or loadable[0].locality is not Locality.SYNAPSE or loadable[0].signed:
        choices = _listed(
            f"{field.name} ({state[field.name]}, locality {field.locality})" for field in loadable
        )
        raise ConfigError(
            f"{refused}it must have exactly one loadable field, unsigned and of locality synapse,"
            f" not {choices}."
        )
    if all(field.locality is not Locality.POST for field in rule.state):
        # The memory of the neurons' traces would have words of no bits.
        raise ConfigError(
            f"{refused}it must have a field of locality {Locality.POST}, kept once for each neuron,"
            " not none: give it a postsynaptic trace."
        )
    modulators = tuple(item.name for item in rule.inputs if item.locality is Locality.SYNAPSE)
    reserved = sorted(set(modulators) & set(LAYER_SIGNALS))
    if reserved:
        raise ConfigError(
            f"{refused}it must not name an input '{reserved[0]}'; a layer has"
            f" {', '.join(LAYER_SIGNALS)} of its own."
        )
    places = {field.name: field.locality for field in rule.state} | {
        item.name: item.locality for item in rule.inputs
    }
    graph = trace(rule, params)
    for field in rule.state:
        others = sorted(
            name
            for name in _read(graph, graph.outputs[field.name])
            if places[name] is not field.locality
        )
        if others and field.locality is not Locality.SYNAPSE:
            raise ConfigError(
                f"{refused}its field '{field.name}' of locality {field.locality} must depend on"
                f" fields and inputs of that locality alone, not on {', '.join(others)}."
            )
    if critic and len(modulators) != 1:
        raise ConfigError(
            "a critic needs a rule with exactly one input of locality synapse, the reward;"
            f" '{rule.family}' has {_listed(modulators)}: set critic_shift = 0."
        )
    fields = {
        place: tuple(field.name for field in rule.state if field.locality is place)
        for place in Locality
    }
    return LayerRule(
        weight=loadable[0].name,
        pre_spike=spikes[Locality.PRE],
        post_spike=spikes[Locality.POST],
        modulators=modulators,
        synapse=fields[Locality.SYNAPSE],
        pre=fields[Locality.PRE],
        post=fields[Locality.POST],
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _read(graph: Graph, index: int) -> set[str]:
    """Variables that a node's value can depend on."""
    visited, stack, names = {index}, [index], set()
    while stack:
        node = graph.nodes[stack.pop()]
        if node.op is Op.VAR:
            names.add(str(node.data[0]))
        fresh = set(node.args) - visited
        visited |= fresh
        stack += fresh
    return names
