"""A layer that learns on the chip, behind the layers of a network that were trained elsewhere."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sc_model.spec.choice import RuleChoice
from sc_model.spec.frozen import Frozen
from sc_model.spec.plastic_layer import NeuronSpec, PlasticLayerSpec

PLASTIC = "plastic"  # what its ports, parameters and state are called in a network


class PlasticStageSpec(Frozen):
    """`[plastic]`: a plastic layer that takes a step with each word of the network's last layer, in
    its clock.

    In a file the fields of `layer` stand in `[plastic]` itself (but for `inputs`, which is the last
    layer's neurons), those of `rule` and `neuron` in `[plastic.rule]` and `[plastic.neuron]`.

    Raises ConfigError (a ValueError) for a value outside its range, and for `counters`, which a
    network has no ports for.
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
        return self
