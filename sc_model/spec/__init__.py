"""Frozen, closed configurations with units; derived numbers are properties of the configuration."""

from sc_model.spec.choice import RuleChoice
from sc_model.spec.coding import EncoderSpec, ReadoutSpec
from sc_model.spec.connections import ConvSpec, SparseSpec
from sc_model.spec.decay import DecayCodes, decay_codes
from sc_model.spec.dense import DenseSpec, IntegratorNeuronSpec, IntegratorSpec, LifSpec
from sc_model.spec.design import MAX_SYNAPSES, Design, load_design, parse_design
from sc_model.spec.errors import ConfigError, ConfigTypeError
from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen
from sc_model.spec.hetsyn import HetSynSpec
from sc_model.spec.host import HostSpec
from sc_model.spec.network import SLICE, ClockSpec, CrossingSpec, NetworkSpec
from sc_model.spec.plastic_layer import NeuronSpec, Placement, PlasticLayerSpec, placement
from sc_model.spec.plastic_stage import PLASTIC, PlasticStageSpec
from sc_model.spec.rule import Locality, Ops, Rule, RuleInput, RuleParams, StateField, Vector
from sc_model.spec.trained_layer import TrainedLayerSpec

__all__ = [
    "MAX_SYNAPSES",
    "PLASTIC",
    "SLICE",
    "ClockSpec",
    "ConfigError",
    "ConfigTypeError",
    "ConvSpec",
    "CrossingSpec",
    "DecayCodes",
    "DenseSpec",
    "Design",
    "EncoderSpec",
    "Frozen",
    "HetSynSpec",
    "HostSpec",
    "IntFormat",
    "IntegratorNeuronSpec",
    "IntegratorSpec",
    "LifSpec",
    "Locality",
    "NetworkSpec",
    "NeuronSpec",
    "Ops",
    "Placement",
    "PlasticLayerSpec",
    "PlasticStageSpec",
    "ReadoutSpec",
    "Rule",
    "RuleChoice",
    "RuleInput",
    "RuleParams",
    "SparseSpec",
    "StateField",
    "TrainedLayerSpec",
    "Vector",
    "decay_codes",
    "load_design",
    "parse_design",
    "placement",
]
