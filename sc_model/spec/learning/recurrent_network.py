"""The configuration of a recurrent layer that learns on the chip, with a readout behind it.

Spikes come in, step by step; a layer of leaky integrate-and-fire neurons takes them up with its own
spikes of the step before, and a readout of leaky sums follows. In steps in which a class is told,
the readout's error goes back to the neurons as their learning signal, and both layers learn
(`sc_model.golden.recurrent_network` has the equations).
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from sc_model.spec.choice import RuleChoice
from sc_model.spec.dense import LifSpec
from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen
from sc_model.spec.learning.layers import (
    LAYER_NAME,
    LAYER_NAME_TEXT,
    FiringLayerSpec,
    OutputLayerSpec,
)
from sc_model.spec.learning.learning_network import REGISTER_BITS

RECURRENT_FAMILY = "e_prop"
SETTING = "learning_shift"  # the run-time parameter of the recurrent layer's rule
NOISE_BITS = 15  # random bits of a step: the largest shift of a step
SHIFT_FORMAT = IntFormat(4)  # of the shift of a step, 0 to NOISE_BITS
TRACE_FORMAT = IntFormat(8)  # of what the readout keeps of a neuron's spikes
MOST_INPUTS = 256
MOST_NEURONS = 256
MOST_CLASSES = 16
MOST_DELAY = 64


class RecurrentLayerSpec(FiringLayerSpec):
    """`[recurrent.hidden]`: the recurrent layer. Its rows are the inputs, then its own neurons.

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range.
    """

    name: str = Field(default="hidden", pattern=LAYER_NAME, description=LAYER_NAME_TEXT)
    neurons: int = Field(ge=1, le=MOST_NEURONS, description="neurons of the layer")
    lanes: int = Field(
        default=4, ge=1, le=64, description="synapses of a row that are visited at once"
    )
    initial: int = Field(
        default=100,
        ge=0,
        le=(1 << 15) - 1,
        description="first weights of the inputs are drawn uniformly from [-initial, initial]",
    )
    initial_recurrent: int = Field(
        default=50, ge=0, le=(1 << 15) - 1, description="the same of the recurrent weights"
    )
    shift: int = Field(
        default=14,
        ge=0,
        le=NOISE_BITS,
        description="a step is signal * eligibility * 2^-shift, with what a host sets instead",
    )
    threshold: int = Field(
        default=128,
        ge=2,
        le=(1 << 20) - 1,
        description="potential at which a neuron fires; it is taken off in the next step",
    )
    potential_bits: int = Field(
        default=12, ge=4, le=24, description="signed bits of the potential, which saturates"
    )
    membrane_shift: int = Field(
        default=4, ge=1, le=12, description="time constant of the membrane, 2^membrane_shift steps"
    )
    max_delay: int = Field(
        default=1,
        ge=1,
        le=MOST_DELAY,
        description=(
            "a spike of neuron j comes back into the layer 1 + (j mod max_delay) steps later"
        ),
    )
    slope_bits: int = Field(
        default=4, ge=1, le=8, description="unsigned bits of the pseudo-derivative"
    )
    slope_shift: int = Field(
        default=3,
        ge=0,
        le=15,
        description=(
            "the pseudo-derivative is what the potential is nearer to the threshold than the"
            " threshold to 0, * 2^-slope_shift"
        ),
    )
    rule: RuleChoice = RuleChoice(family=RECURRENT_FAMILY)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.initial_recurrent > self.max_weight:
            raise ValueError(
                f"RecurrentLayerSpec.initial_recurrent must be <= {self.max_weight}, the largest"
                f" weight of {self.weight_bits} bits, not {self.initial_recurrent}."
            )
        return self

    @property
    def neuron(self) -> LifSpec:
        """The neuron's options."""
        return LifSpec(
            leak="shift",
            leak_shift=self.membrane_shift,
            fraction=0,
            threshold_bits=max(2, self.threshold.bit_length()),
            potential_bits=self.potential_bits,
        )

    @property
    def delays(self) -> tuple[int, ...]:
        """Steps after which the spikes of each neuron come back into the layer."""
        return tuple(1 + number % self.max_delay for number in range(self.neurons))

    @property
    def slope_format(self) -> IntFormat:
        """Format of a pseudo-derivative."""
        return IntFormat(self.slope_bits)


class RecurrentNetworkSpec(Frozen):
    """`[recurrent]`, with its tables `[recurrent.hidden]` and `[recurrent.readout]`.

    Members
    -------
    hidden : the recurrent layer.
    readout : leaky sums; `neurons` is the number of classes, all of them side by side.

    Raises
    ------
    ConfigError
        (a ValueError) the layers have one name, a readout has too many classes or a key that it
        does not use, or a value is outside its range.
    """

    inputs: int = Field(ge=1, le=MOST_INPUTS, description="lines that spike or do not in a step")
    readout_shift: int = Field(
        default=3,
        ge=1,  # sums that do not leak would leave every format
        le=8,
        description="time constant of the readout and of eligibility, 2^readout_shift steps",
    )
    noise_seed: int = Field(
        default=0xACE1,
        ge=1,
        le=(1 << REGISTER_BITS) - 1,
        description="state of the shift register after a reset",
    )
    hidden: RecurrentLayerSpec
    readout: OutputLayerSpec

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = [self.hidden.name, self.readout.name]
        if names[0] == names[1] or "control" in names:
            raise ValueError(
                "a recurrent network must have layers with names of their own, none of them"
                f" 'control', not {' and '.join(map(repr, names))}."
            )
        if self.readout.neurons > MOST_CLASSES:
            raise ValueError(
                f"readout: neurons of a recurrent network must be <= {MOST_CLASSES}, not"
                f" {self.readout.neurons}."
            )
        if self.readout.lanes != OutputLayerSpec.model_fields["lanes"].default:
            raise ValueError(
                "the readout of a recurrent network has no lanes, since all classes are visited at"
                f" once; leave the key out, not {self.readout.lanes}."
            )
        return self

    # --- sizes ------------------------------------------------------------------------------------

    @property
    def rows(self) -> int:
        """Rows of the recurrent layer."""
        return self.inputs + self.hidden.neurons

    @property
    def synapses(self) -> int:
        """Synapses of both layers."""
        return (self.rows + self.readout.neurons) * self.hidden.neurons

    # --- formats ----------------------------------------------------------------------------------

    @property
    def current_format(self) -> IntFormat:
        """Format of a neuron's current: the sum of a weight for each row."""
        hidden = self.hidden
        return IntFormat(hidden.weight_bits + (self.rows - 1).bit_length(), signed=True)

    @property
    def potential_format(self) -> IntFormat:
        """Format of a neuron's potential."""
        return self.hidden.neuron.potential_format(self.current_format)

    @property
    def score_format(self) -> IntFormat:
        """Format of a class's leaky sum, which no run leaves.

        With s spikes' weights a step it stays below (s + 1) * 2^readout_shift in size.
        """
        bits = self.readout.weight_bits + self.hidden.neurons.bit_length() + self.readout_shift
        return IntFormat(bits, signed=True)

    @property
    def trace_increment(self) -> int:
        """What a spike adds to the readout's trace: in the mean the trace stays in its format."""
        return max(1, (1 << TRACE_FORMAT.width) >> self.readout_shift)

    # --- rules ------------------------------------------------------------------------------------

    @property
    def hidden_parameters(self) -> dict[str, int]:
        """Parameters of the recurrent layer's rule that follow from the network."""
        hidden = self.hidden
        return {
            "weight_bits": hidden.weight_bits,
            "slope_bits": hidden.slope_bits,
            "signal_bits": hidden.signal_bits,
            "noise_bits": NOISE_BITS,
            "membrane_shift": hidden.membrane_shift,
            "readout_shift": self.readout_shift,
            SETTING: hidden.shift,
        }

    @property
    def hidden_rule(self) -> RuleChoice:
        """The rule of the recurrent layer, with what follows from the network."""
        return self.hidden.rule.within_network(self.hidden.name, self.hidden_parameters)

    @property
    def readout_parameters(self) -> dict[str, int]:
        """Parameters of the readout's rule that follow from the network."""
        return {
            "weight_bits": self.readout.weight_bits,
            "trace_bits": TRACE_FORMAT.width,
            "signal_bits": self.readout.error_format.width,
            "shift_bits": SHIFT_FORMAT.width,
            "noise_bits": NOISE_BITS,
        }

    @property
    def readout_rule(self) -> RuleChoice:
        """The rule of the readout, with what follows from the network."""
        return self.readout.rule.within_network(self.readout.name, self.readout_parameters)
