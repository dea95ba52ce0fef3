"""A plastic layer: its size, its neurons, and the layout of its synapses over lanes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from sc_model.spec.errors import ConfigError
from sc_model.spec.formats import IntFormat
from sc_model.spec.frozen import Frozen

MAX_LAYER_SYNAPSES = 1 << 20
MAX_LANES = 512
MAX_CHAINS = 64
HANDING_OVER = 24  # about as many clocks a group's sums take, beside one for each column
FULL_LANE = 512  # synapses that fill the block RAM of a lane
# Rows of a chain: behind them a lane pauses for a clock, and with 19 rows that is a twentieth of
# its time.
SHORTEST_CHAIN = 19


class NeuronSpec(Frozen):
    """`[neuron]`: the integrate-and-fire neuron of a layer, the same for all its neurons.

    Its equations are in `sc_model.arithmetic.integrate_and_fire`.
    """

    threshold: int = Field(
        default=1 << 20, ge=1, le=(1 << 31) - 1, description="potential at which a neuron fires"
    )
    leak_shift: int = Field(
        default=0,
        ge=0,
        le=31,
        description="the potential loses its 2^-leak_shift part a step; 0: no leak",
    )
    reset: Literal["zero", "subtract"] = Field(
        default="zero",
        description=(
            "at a spike the potential goes to zero, or the threshold is taken off (subtract)"
        ),
    )
    refractory: int = Field(
        default=0, ge=0, le=255, description="steps after a spike without integrating or firing"
    )
    current_shift: int = Field(
        default=0,
        ge=0,
        le=31,
        description="right shift of the sum of weights before it is integrated",
    )
    potential_bits: int = Field(
        default=0,
        ge=0,
        le=48,
        description=(
            "signed bits of the potential, which saturates; 0: enough for two steps' currents"
        ),
    )
    inhibition: int = Field(
        default=0,
        ge=0,
        le=(1 << 31) - 1,
        description="taken off the potential of every other neuron in the step after a spike",
    )
    winner_take_all: bool = Field(
        default=False,
        description=(
            "at most one neuron fires a step: of those above threshold the highest, noise included"
        ),
    )
    noise_bits: int = Field(
        default=0,
        ge=0,
        le=24,
        description="signed bits of noise on the potential, for the decision alone; 0: no noise",
    )
    threshold_step: int = Field(
        default=0,
        ge=0,
        le=(1 << 24) - 1,
        description="each spike raises the neuron's own threshold by this (homeostasis)",
    )
    threshold_decay_shift: int = Field(
        default=0,
        ge=0,
        le=31,
        description="the rise loses its 2^-threshold_decay_shift part a step; 0: it never falls",
    )

    @property
    def adaptation_bits(self) -> int:
        """Unsigned bits of the threshold's rise: those of 16 spikes; 0 without homeostasis."""
        return (self.threshold_step * 16).bit_length() if self.threshold_step else 0

    def potential_format(self, current: IntFormat) -> IntFormat:
        """Format of the potential of a neuron whose current has a format."""
        bits = self.potential_bits or max(current.width - self.current_shift, 2) + 1
        return IntFormat(max(bits, self.threshold.bit_length() + 1), signed=True)


class PlasticLayerSpec(Frozen):
    """`[layer]`: a plastic synapse between each of the inputs and each of the neurons."""

    inputs: int = Field(
        ge=2, le=1 << 14, description="inputs of the layer; inputs x neurons synapses, 2^20 at most"
    )
    neurons: int = Field(ge=1, le=1 << 12, description="neurons of the layer")
    lanes: int = Field(
        default=1,
        ge=1,
        le=MAX_LANES,
        description="pipelines side by side, each with block RAM of its own",
    )
    chains: int = Field(
        default=0,
        ge=0,
        le=MAX_CHAINS,
        description=(
            "lanes and inputs are dealt out to so many chains; a divisor of lanes; 0: the fastest"
        ),
    )
    signed_weights: bool = Field(
        default=False, description="the effective weight is the stored one less half of its range"
    )
    critic_shift: int = Field(
        default=0,
        ge=0,
        le=15,
        description=(
            "outcomes count less their mean, which moves by its 2^-critic_shift part; 0: none"
        ),
    )
    discount_shift: int = Field(
        default=0,
        ge=0,
        le=15,
        description=(
            "the last neuron predicts the reward to come, of which 2^-discount_shift is lost a"
            " decision; outcomes count less that prediction; 0: none does"
        ),
    )
    reward_shift: int = Field(
        default=0,
        ge=0,
        le=31,
        description="an outcome of 1 is 2^reward_shift units of the prediction (discount_shift)",
    )
    surprise_shift: int = Field(
        default=0,
        ge=0,
        le=31,
        description=(
            "2^surprise_shift units by which an outcome is better than predicted are a reward of 1"
        ),
    )
    counters: bool = Field(
        default=False, description="count saturations, updates and the spikes of each neuron"
    )
    cluster: int = Field(
        default=4, ge=1, le=64, description="lanes between two registers of the bus"
    )
    memory: Literal["auto", "joined", "split", "single_port"] = Field(
        default="auto",
        description=(
            "joined: a synapse in one word; split: the weight in a memory of its own, read late and"
            " written late; single_port: two banks of single-port memory, even and odd; auto: what"
            " the fabric does best"
        ),
    )
    multipliers: int = Field(
        default=-1,
        ge=-1,
        le=MAX_LANES,
        description="lanes that use the fabric's multiplier, the others adders; -1: all it has",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.inputs * self.neurons > MAX_LAYER_SYNAPSES:
            raise ValueError(
                f"PlasticLayerSpec.inputs x neurons must be <= {MAX_LAYER_SYNAPSES}, not"
                f" {self.inputs} x {self.neurons} = {self.inputs * self.neurons}; split the layer."
            )
        if self.chains and self.lanes % self.chains:
            raise ValueError(
                f"PlasticLayerSpec.lanes must be a multiple of chains, not {self.lanes} lanes for"
                f" {self.chains} chains."
            )
        if self.critic_shift and self.discount_shift:
            raise ValueError(
                "PlasticLayerSpec.discount_shift must be 0 with a critic_shift, not"
                f" {self.discount_shift}; outcomes count less their mean, or less a prediction."
            )
        if not self.discount_shift and (self.reward_shift or self.surprise_shift):
            raise ValueError(
                "PlasticLayerSpec.reward_shift and surprise_shift need a discount_shift, not 0; set"
                " one of 1 to 15."
            )
        if self.discount_shift and self.neurons < 3:
            raise ValueError(
                "PlasticLayerSpec.neurons must be 3 or more with a discount_shift, not"
                f" {self.neurons}; the last neuron predicts, and the others decide."
            )
        return self

    @property
    def has_critic(self) -> bool:
        """Whether outcomes count less what was expected: their mean, or a neuron's prediction."""
        return self.critic_shift > 0 or self.discount_shift > 0

    @property
    def value_neuron(self) -> int | None:
        """The neuron that predicts the reward to come, the last one; None without."""
        return self.neurons - 1 if self.discount_shift else None

    def check_neuron(self, neuron: NeuronSpec) -> None:
        """Check that the layer can have these neurons.

        Raises
        ------
        ConfigError
            one of them is to predict, and they do not compete.
        """
        if self.discount_shift and not neuron.winner_take_all:
            raise ConfigError(
                "PlasticLayerSpec.discount_shift needs NeuronSpec.winner_take_all: the prediction"
                " is that of decisions; set winner_take_all = true."
            )
        if self.discount_shift and neuron.inhibition:
            raise ConfigError(
                "NeuronSpec.inhibition must be 0 with a discount_shift, not"
                f" {neuron.inhibition}; of neurons that compete one fires anyway."
            )

    def current_format(self, weight: IntFormat) -> IntFormat:
        """Format of the sum of all effective weights of a neuron."""
        return IntFormat(
            weight.width + (self.inputs - 1).bit_length() + (not self.signed_weights), signed=True
        )


@dataclass(frozen=True)
class Placement:
    """The layout of a layer's synapses over its lanes.

    A *chain* processes `rows` inputs one after another: input i is row ``i % rows`` of chain
    ``i // rows``. It has `columns` lanes, which work at the same time on as many neurons, a
    *group*: neuron j is number ``j % columns`` of group ``j // columns``. A synapse is word
    ``group * rows + row`` of its lane's memory.

    Members
    -------
    inputs, neurons : the layer's size.
    chains : number of chains.
    columns : lanes of a chain.
    """

    inputs: int
    neurons: int
    chains: int
    columns: int

    @property
    def rows(self) -> int:
        """Inputs of a chain; the last chain can have fewer."""
        return -(-self.inputs // self.chains)

    @property
    def groups(self) -> int:
        """Groups of neurons, >= 2: while one is processed, the traces of the next are read."""
        return max(2, -(-self.neurons // self.columns))

    @property
    def depth(self) -> int:
        """Words of a lane."""
        return self.rows * self.groups

    def of(self, i: int, j: int) -> tuple[int, int, int]:
        """(chain, number, word) of the synapse from input i to neuron j."""
        group, number = divmod(j, self.columns)
        chain, row = divmod(i, self.rows)
        return chain, number, group * self.rows + row


def placement(layer: PlasticLayerSpec) -> Placement:
    """The layout of a layer: with its number of chains, or the one with the shortest sweep.

    Among equally short ones it is that with the fewest chains.

    Raises
    ------
    ConfigError
        the lanes can't be laid out; the text has the numbers of lanes that can.
    """
    if layer.chains:
        place = Placement(layer.inputs, layer.neurons, layer.chains, layer.lanes // layer.chains)
        if not _possible(layer, place):
            raise ConfigError(
                "chains of a plastic layer must leave each chain 2 inputs or more (an even number"
                f" with memory 'single_port'), not {layer.chains} chains for {layer.inputs} inputs."
            )
        return place
    best = _best(layer, layer.lanes)
    if best is None:
        lanes = list(lane_placements(layer))
        if not lanes:
            raise ConfigError(
                f"inputs of a plastic layer can't be {layer.inputs} with memory '{layer.memory}':"
                " no number of lanes gives each chain an even number of rows; take one input more,"
                " or another memory."
            )
        allowed = _ranges(lanes)
        if len(allowed) > 120:
            near = [
                *[n for n in lanes if n < layer.lanes][-1:],
                *[n for n in lanes if n > layer.lanes][:1],
            ]
            allowed = f"one of {len(lanes)} counts, the nearest of them {_ranges(near)},"
        raise ConfigError(
            f"lanes of a plastic layer must be {allowed} for {layer.inputs} inputs and"
            f" {layer.neurons} neurons, not {layer.lanes}."
        )
    return best


def lane_placements(layer: PlasticLayerSpec) -> dict[int, Placement]:
    """Of each number of lanes that a layer may have, the layout with the shortest sweep."""
    layouts = ((lanes, _best(layer, lanes)) for lanes in range(1, MAX_LANES + 1))
    return {lanes: place for lanes, place in layouts if place is not None}


def _possible(layer: PlasticLayerSpec, place: Placement) -> bool:
    """Whether the hardware can have this layout."""
    every_chain_has_inputs = (place.chains - 1) * place.rows < place.inputs
    return (
        place.rows >= 2
        and every_chain_has_inputs
        and not (layer.memory == "single_port" and place.rows % 2)
    )


def _best(layer: PlasticLayerSpec, lanes: int) -> Placement | None:
    """The layout with the shortest sweep; None where there is none.

    A group takes a clock more than its rows, or as long as the sums of its columns take, if that is
    longer. Lanes whose memories are full are not put into chains that are so short that the pauses
    count.
    """
    chains = (count for count in range(1, min(lanes, MAX_CHAINS) + 1) if lanes % count == 0)
    places = [Placement(layer.inputs, layer.neurons, count, lanes // count) for count in chains]
    candidates = [
        place for place in places if place.columns <= layer.neurons and _possible(layer, place)
    ]
    if layer.inputs * layer.neurons >= FULL_LANE * lanes:
        candidates = [
            place for place in candidates if place.chains == 1 or place.rows >= SHORTEST_CHAIN
        ]
    return min(  # the first of equals: the fewest chains
        candidates,
        key=lambda place: place.groups * max(place.rows + 1, place.columns + HANDING_OVER),
        default=None,
    )


def _ranges(numbers: list[int]) -> str:
    """`1 to 8, 10 or 12` for numbers in rising order."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    texts: list[str] = []
    for first, last in runs:
        texts += [f"{first} to {last}"] if last > first + 1 else map(str, range(first, last + 1))
    return " or ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
