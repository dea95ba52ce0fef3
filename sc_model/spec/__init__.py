"""Frozen, closed configurations with units; derived numbers are properties of the configuration."""

from sc_model.spec.design import MAX_SYNAPSES, Design, RuleChoice, load_design, parse_design
from sc_model.spec.errors import ConfigError, ConfigTypeError
from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen
from sc_model.spec.layer import LayerSpec, NeuronSpec, Placement, placement
from sc_model.spec.rule import Locality, Ops, Rule, RuleInput, RuleParams, StateField, Vector

__all__ = [
    "MAX_SYNAPSES",
    "ConfigError",
    "ConfigTypeError",
    "Design",
    "Frozen",
    "IntFormat",
    "LayerSpec",
    "Locality",
    "NeuronSpec",
    "Ops",
    "Placement",
    "Rule",
    "RuleChoice",
    "RuleInput",
    "RuleParams",
    "StateField",
    "Vector",
    "load_design",
    "parse_design",
    "placement",
]
