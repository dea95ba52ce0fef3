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
from sc_model.spec.errors import ConfigError, RuleError
from sc_model.spec.formats import IntFormat
from sc_model.spec.rule import Locality, Rule, RuleInput, RuleParams, StateField
from sc_model.spec.rule_parts.errors import rule_error

LAYER_SIGNALS = ("spikes", "outcome", "decide", "clear_trial", "clear_traces")


@dataclass(frozen=True)
class LayerRule:
    """Names of a rule by the part they play in a layer.

    Members
    -------
    weight : the loadable field, unsigned.
    pre_spike, post_spike : the inputs that the layer's inputs and its neurons drive, 1 bit each.
    modulators : inputs that all synapses share, in the order of the declaration, and after them
        the run-time parameters, which come with each step as they do.
    settings : the run-time parameters alone.
    synapse, pre, post : fields by locality, in the order of the declaration; `synapse` includes the
        weight.
    """

    weight: str
    pre_spike: str
    post_spike: str
    modulators: tuple[str, ...]
    settings: tuple[str, ...]
    synapse: tuple[str, ...]
    pre: tuple[str, ...]
    post: tuple[str, ...]

    @property
    def taken(self) -> tuple[str, ...]:
        """The modulators that a step of a layer takes: all but the run-time parameters."""
        return tuple(name for name in self.modulators if name not in self.settings)


def layer_rule(rule: Rule, params: RuleParams, critic: bool = False) -> LayerRule:
    """The parts of a rule in a layer.

    Parameters
    ----------
    critic : whether the layer has a critic, which takes the place of the one modulator.

    Raises
    ------
    ConfigError
        the rule can't run in such a layer; the text says why, and begins with the file and the line
        of the declaration where a file defines the rule.
    """
    if rule.driven is not None:
        raise _refusal(
            rule,
            "DRIVE",
            None,
            f"its synapses deliver '{rule.driven}', and the neurons of a layer sum weights; use a"
            " lane or a bank.",
        )
    random = [item.name for item in rule.inputs if item.random]
    if random:
        raise _refusal(
            rule,
            "INPUTS",
            random[0],
            f"its input '{random[0]}' is random, and the lanes of a layer have no random bits; use"
            " a bank.",
        )
    spikes = {
        locality: _spike(rule, params, locality) for locality in (Locality.PRE, Locality.POST)
    }
    weight = _weight(rule, params)
    if all(field.locality is not Locality.POST for field in rule.state):
        # The memory of the neurons' traces would have zero-width words.
        raise _refusal(
            rule,
            "STATE",
            None,
            f"it must have a field of locality {Locality.POST}, kept once for each neuron, not"
            " none: give it a postsynaptic trace.",
        )
    modulators = tuple(item.name for item in rule.inputs if item.locality is Locality.SYNAPSE)
    settings = tuple(setting.name for setting in rule.settings)
    modulators += settings
    reserved = sorted(set(modulators) & set(LAYER_SIGNALS))
    if reserved:
        raise _refusal(
            rule,
            "INPUTS",
            reserved[0],
            f"it must not name an input '{reserved[0]}'; a layer has {', '.join(LAYER_SIGNALS)} of"
            " its own.",
        )
    _check_dependences(rule, params)
    if critic and settings:
        raise ConfigError(
            f"a critic needs a rule without run-time parameters; '{rule.family}' has"
            f" {_listed(settings)}: set critic_shift and discount_shift to 0."
        )
    if critic and len(modulators) != 1:
        raise ConfigError(
            "a critic needs a rule with exactly one input of locality synapse, the reward;"
            f" '{rule.family}' has {_listed(modulators)}: set critic_shift and discount_shift to 0."
        )
    fields = {
        place: tuple(field.name for field in rule.state if field.locality is place)
        for place in Locality
    }
    return LayerRule(
        weight=weight,
        pre_spike=spikes[Locality.PRE],
        post_spike=spikes[Locality.POST],
        modulators=modulators,
        settings=settings,
        synapse=fields[Locality.SYNAPSE],
        pre=fields[Locality.PRE],
        post=fields[Locality.POST],
    )


def _refusal(rule: Rule, table: str, name: str | None, message: str) -> RuleError:
    """Why a rule can't run in a layer, with the line that declares the field or input in front.

    Parameters
    ----------
    table : ``STATE`` or ``INPUTS``.
    name : field or input that is wrong; None where it is the table as a whole.
    """
    items: tuple[StateField | RuleInput, ...] = rule.state if table == "STATE" else rule.inputs
    names = [item.name for item in items]
    line = (
        rule.origin.line_of(table)
        if name is None
        else rule.origin.line_of_item(table, names.index(name))
    )
    return rule_error(rule.origin, f"rule '{rule.family}' can't run in a layer: {message}", line)


def _spike(rule: Rule, params: RuleParams, locality: Locality) -> str:
    """The one input of a locality, which must be a spike."""
    inputs = rule.input_formats(params)
    names = [item.name for item in rule.inputs if item.locality is locality]
    if len(names) != 1 or inputs[names[0]] != IntFormat(1):
        choices = _listed(f"{name} ({inputs[name]})" for name in names)
        raise _refusal(
            rule,
            "INPUTS",
            names[0] if len(names) == 1 else None,
            f"it must have exactly one input of locality {locality}, a spike ({IntFormat(1)}), not"
            f" {choices}.",
        )
    return names[0]


def _weight(rule: Rule, params: RuleParams) -> str:
    """The one loadable field, which must be an unsigned one of the synapse."""
    state = rule.state_formats(params)
    loadable = [field for field in rule.state if field.loadable]
    if len(loadable) != 1 or loadable[0].locality is not Locality.SYNAPSE or loadable[0].signed:
        choices = _listed(
            f"{field.name} ({state[field.name]}, locality {field.locality})" for field in loadable
        )
        raise _refusal(
            rule,
            "STATE",
            loadable[0].name if len(loadable) == 1 else None,
            "it must have exactly one loadable field, unsigned and of locality synapse, not"
            f" {choices}.",
        )
    return loadable[0].name


def _check_dependences(rule: Rule, params: RuleParams) -> None:
    """Check that fields kept once an input, or once a neuron, depend on their own kind alone."""
    places = {field.name: field.locality for field in rule.state} | {
        item.name: item.locality for item in rule.inputs
    }
    places |= dict.fromkeys((setting.name for setting in rule.settings), Locality.SYNAPSE)
    graph = trace(rule, params)
    for field in rule.state:
        others = sorted(
            name
            for name in _read(graph, graph.outputs[field.name])
            if places[name] is not field.locality
        )
        if others and field.locality is not Locality.SYNAPSE:
            raise _refusal(
                rule,
                "STATE",
                field.name,
                f"its field '{field.name}' of locality {field.locality} must depend on fields and"
                f" inputs of that locality alone, not on {', '.join(others)}.",
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
