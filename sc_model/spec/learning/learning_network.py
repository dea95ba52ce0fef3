"""The configuration of a network of which several layers learn on the chip.

Values come in, a spike of each at most, the larger the earlier; layers of integrate-and-fire
neurons follow, and a readout that sums up. After each sample an error of the readout goes back
through the weights and changes them (`sc_model.golden.learning_network` has the equations).
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from sc_model.spec.choice import RuleChoice
from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen
from sc_model.spec.learning.layers import (
    FiringLayerSpec,
    LearningLayerSpec,
    OutputLayerSpec,
)

MOST_INPUTS = 4096
MOST_HIDDEN = 4
MOST_SYNAPSES = 1 << 22
REGISTER_BITS = 16  # of the shift register whose low bits are the noise
STEP_SHIFT_BITS = 3  # of the register by which a host makes all steps smaller


class HiddenLayerSpec(FiringLayerSpec):
    """A `[[hidden]]`: integrate-and-fire neurons between the inputs and the readout.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range.
    """

    shift: int = Field(
        default=2,
        ge=0,
        le=15,
        description=(
            "a step is signal * trace * 2^-shift; of the first layer, also divided by the number of"
            " inputs that spiked, as a power of two"
        ),
    )
    threshold: int = Field(
        default=512,
        ge=2,
        le=(1 << 23) - 1,
        description="potential at which a neuron fires; it is taken off at the spike",
    )
    potential_bits: int = Field(
        default=16, ge=4, le=24, description="signed bits of the potential, which saturates"
    )
    age_bits: int = Field(
        default=8,
        ge=2,
        le=12,
        description="a neuron silent in 2^age_bits - 1 samples with an error may be pulled up",
    )

    @property
    def potential_format(self) -> IntFormat:
        """Format of the potential."""
        return IntFormat(self.potential_bits, signed=True)

    @property
    def age_format(self) -> IntFormat:
        """Format of an age."""
        return IntFormat(self.age_bits)


class LearningNetworkSpec(Frozen):
    """`[learning]`, with its tables `[[hidden]]` and `[output]`.

    Members
    -------
    hidden : the hidden layers, in order.
    output : the readout.

    Raises
    ------
    ConfigError
        (a ValueError) there is no hidden layer, two layers have one name, the network is too large,
        or a value is outside its range.
    """

    inputs: int = Field(ge=1, le=MOST_INPUTS, description="values of a sample")
    value_bits: int = Field(
        default=8, ge=1, le=12, description="unsigned bits of a value; 0 gives no spike"
    )
    steps: int = Field(
        default=16,
        ge=2,
        le=64,
        description="time steps of a sample: the largest value spikes in the first one",
    )
    bias: bool = Field(default=True, description="one more input, which spikes in the first step")
    feedback: Literal["label", "reward"] = Field(
        default="label",
        description="told at a sample's end: the right class, or whether the played one is right",
    )
    others_wrong: bool = Field(
        default=True,
        description="feedback 'reward': a right answer also says that all other classes are wrong",
    )
    exploration: int = Field(
        default=0,
        ge=0,
        le=255,
        description="feedback 'reward': of 256 samples so many are answered at random",
    )
    noise_bits: int = Field(
        default=13, ge=4, le=15, description="random bits of a step, which is rounded by them"
    )
    noise_seed: int = Field(
        default=0xACE1,
        ge=1,
        le=(1 << REGISTER_BITS) - 1,
        description="state of the shift register after a reset",
    )
    hidden: tuple[HiddenLayerSpec, ...] = Field(strict=False)  # a list will do: JSON has no tuples
    output: OutputLayerSpec

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not 1 <= len(self.hidden) <= MOST_HIDDEN:
            raise ValueError(
                f"a learning network must have 1 to {MOST_HIDDEN} tables [[hidden]], not"
                f" {len(self.hidden)}."
            )
        names = [layer.name for layer in self.layers]
        for name in names:
            if names.count(name) > 1 or name == "control":
                raise ValueError(
                    "a learning network must have layers with names of their own, none of them"
                    f" 'control', not '{name}'."
                )
        if self.exploration and self.feedback == "label":
            raise ValueError(
                "LearningNetworkSpec.exploration must be 0 with feedback 'label', which tells the"
                f" right class of every sample, not {self.exploration}."
            )
        if self.synapses > MOST_SYNAPSES:
            raise ValueError(
                f"a learning network must have <= {MOST_SYNAPSES} synapses, not {self.synapses};"
                " take fewer neurons."
            )
        return self

    # --- sizes ------------------------------------------------------------------------------------

    @property
    def layers(self) -> tuple[LearningLayerSpec, ...]:
        """All layers, the readout last."""
        return (*self.hidden, self.output)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rows of the first layer, then the neurons of each layer."""
        return (self.inputs + self.bias, *(layer.neurons for layer in self.layers))

    def rows(self, index: int) -> int:
        """Rows of a layer: the neurons in front of it."""
        return self.sizes[index]

    @property
    def synapses(self) -> int:
        """Synapses of all layers."""
        return sum(self.rows(n) * layer.neurons for n, layer in enumerate(self.layers))

    # --- formats ----------------------------------------------------------------------------------

    @property
    def value_format(self) -> IntFormat:
        """Format of an input's value."""
        return IntFormat(self.value_bits)

    @property
    def trace_format(self) -> IntFormat:
        """Format of a trace: steps that were left at an input's spike, or spikes of a neuron."""
        return IntFormat(self.steps.bit_length())

    def current_format(self, index: int) -> IntFormat:
        """Format of a hidden layer's current: the sum of one row of weights for each input."""
        layer = self.layers[index]
        return IntFormat(layer.weight_bits + (self.rows(index) - 1).bit_length(), signed=True)

    @property
    def score_format(self) -> IntFormat:
        """Format of a class's sum, which no run leaves."""
        summands = self.steps * self.rows(len(self.hidden))
        return IntFormat(self.output.weight_bits + (summands - 1).bit_length(), signed=True)

    def signal_format(self, index: int) -> IntFormat:
        """Format of what a layer's neurons learn from: a signal, or an error of the readout."""
        return (
            self.hidden[index].signal_format
            if index < len(self.hidden)
            else self.output.error_format
        )

    def feedback_format(self, index: int) -> IntFormat:
        """Format of a hidden neuron's sum of weight * signal over the layer behind it."""
        behind = self.layers[index + 1]
        width = behind.weight_bits + self.signal_format(index + 1).width
        return IntFormat(width + (behind.neurons - 1).bit_length(), signed=True)

    @property
    def count_format(self) -> IntFormat:
        """Format of the number of inputs that spiked, the bias among them."""
        return IntFormat(self.rows(0).bit_length())

    @property
    def shift_format(self) -> IntFormat:
        """Format of the shift of a step, `noise_bits` at most."""
        return IntFormat(self.noise_bits.bit_length())

    def rule(self, index: int) -> RuleChoice:
        """The rule of a layer, with the widths that follow from the network."""
        layer = self.layers[index]
        widths = {
            "weight_bits": layer.weight_bits,
            "trace_bits": self.trace_format.width,
            "signal_bits": self.signal_format(index).width,
            "shift_bits": self.shift_format.width,
            "noise_bits": self.noise_bits,
        }
        return layer.rule.within_network(layer.name, widths)
