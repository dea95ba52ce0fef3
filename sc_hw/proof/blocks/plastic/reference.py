"""What a plastic layer is proved against: its specification and its learning rule."""

from __future__ import annotations

from dataclasses import dataclass

from sc_model.spec import IntFormat, NeuronSpec, PlasticLayerSpec, Rule, RuleParams


@dataclass(frozen=True)
class Reference:
    """The specification of a layer and the learning rule of its synapses.

    Members
    -------
    layer, neuron : size and options of the layer; its neurons.
    rule, params : the learning rule and its parameters.
    """

    layer: PlasticLayerSpec
    neuron: NeuronSpec
    rule: Rule
    params: RuleParams

    @property
    def state(self) -> dict[str, IntFormat]:
        """Formats of the rule's state, by field."""
        return dict(self.rule.state_formats(self.params))

    @property
    def inputs(self) -> dict[str, IntFormat]:
        """Formats of the rule's inputs, by name."""
        return dict(self.rule.input_formats(self.params))
