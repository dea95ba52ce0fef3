"""The plastic layer behind a network's trained layers; it learns on the chip."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sc_model.spec.choice import RuleChoice
from sc_model.spec.frozen import Frozen
from sc_model.spec.plastic_layer import NeuronSpec, PlasticLayerSpec

PLASTIC = "plastic"  # the plastic layer's name in ports, parameters and state of a network


class PlasticStageSpec(Frozen):
    """`[plastic]`: a plastic layer that takes one step for each word of the last trained layer.

    It runs in the clock of that layer. In a design file the fields of `layer` stand in `[plastic]`
    itself, except `inputs`, which is the number of the last layer's neurons; those of `rule` and
    `neuron` stand in `[plastic.rule]` and `[plastic.neuron]`.

    Members
    -------
    layer : size and lanes.
    neuron : its neurons.
    rule : the learning rule and its parameters.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range, or `counters`: a network has no ports for them.
    """

    layer: PlasticLayerSpec
    neuron: NeuronSpec = NeuronSpec()
    rule: RuleChoice = RuleChoice()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.layer.counters:
            raise ValueError(
                "a plastic layer of a network must not have counters: a network has no ports for"
                " them; leave it out."
            )
        self.layer.check_neuron(self.neuron)
        return self
