"""Sizes, addresses and clocks of a network that learns on the chip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

from amaranth.hdl import C, Cat, Const, Value
from amaranth.lib.wiring import In, Member

from sc_hw.fabric.families import Family
from sc_hw.wires import choose
from sc_model.spec import ConfigError, IntFormat
from sc_model.spec.learning import HiddenLayerSpec, LearningNetworkSpec

# Clocks from one addition to a sum until the next one to it may be issued: the memory, the adder's
# register, the write.
LOOP = 3
# Clocks from a word of weights to its product or to the new word (`RegisteredMultiplyAdd`).
PRODUCT = 2
RULE = "error_triggered"
# What hidden layers share, since their neurons do: one memory and one pipeline.
SHARED = ("potential_bits", "signal_bits", "age_bits")


class Part(IntEnum):
    """Which words of the memory of the lanes' state a slot reads or writes.

    Members
    -------
    TRACE : of hidden neurons: spikes of the sample, and whether the potential is near the
        threshold.
    AGE : of hidden neurons.
    SIGNAL : that a hidden neuron learns from.
    ERROR : of the classes.
    """

    TRACE = 0
    AGE = 1
    SIGNAL = 2
    ERROR = 3


@dataclass(frozen=True)
class LearningPlan:
    """What follows from a specification and a fabric.

    Members
    -------
    spec : inputs, hidden layers and a readout.
    family : the fabric.
    behind_host : whether the network stands behind a host's registers.

    Raises
    ------
    ConfigError
        hardware does not have what the specification asks for.
    """

    spec: LearningNetworkSpec
    family: Family
    behind_host: bool = False

    def __post_init__(self) -> None:
        spec = self.spec
        for key in SHARED:
            values = [getattr(layer, key) for layer in spec.hidden]
            if len(set(values)) > 1:
                raise ConfigError(
                    "hidden layers of a learning network share one memory of neurons in hardware,"
                    f" so {key} must be the same in all tables [[hidden]], not {values}."
                )
        for layer in spec.layers:
            if layer.lanes < 2 or layer.lanes & (layer.lanes - 1):
                raise ConfigError(
                    "lanes of a learning network must be a power of two from 2 to 64 in hardware,"
                    f" not {layer.lanes} (layer '{layer.name}')."
                )
            if layer.rule.family != RULE:
                raise ConfigError(
                    f"layers of a learning network run rule '{RULE}' in hardware, not"
                    f" '{layer.rule.family}' (layer '{layer.name}')."
                )

    # --- sizes ------------------------------------------------------------------------------------

    @property
    def hidden(self) -> HiddenLayerSpec:
        """The first hidden layer, whose widths of potentials, signals and ages are those of all."""
        return self.spec.hidden[0]

    @property
    def stages(self) -> int:
        """Hidden layers, and the number of the readout behind them."""
        return len(self.spec.hidden)

    @property
    def layer_bits(self) -> int:
        """Bits of the number of a hidden layer: none where there is one."""
        return (self.stages - 1).bit_length()

    @property
    def layer_port(self) -> dict[str, Member]:
        """The port `layer` of a part that several hidden layers share."""
        return {"layer": In(self.layer_bits)} if self.layer_bits else {}

    def layer_of(self, part: Any) -> Value:
        """The number of the layer that a part is at: its port, or nothing where there is one."""
        return part.layer if self.layer_bits else C(0, 0)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """What registers and parts of each layer are called, the readout's last."""
        further = (f"hidden_{index}" for index in range(1, self.stages))
        return ("hidden", *further, "output")

    def by_layer(self, layer: Value, numbers: Sequence[int]) -> Any:
        """The number of a layer: an integer where all are the same."""
        if len(set(numbers)) == 1:
            return numbers[0]
        width = max(numbers).bit_length()
        return choose(layer, [C(number, width) for number in numbers])

    @property
    def lanes(self) -> int:
        """P: weights of a word, of the layer that has most; others have the lower lanes alone."""
        return max(layer.lanes for layer in self.spec.layers)

    @property
    def weight_bits(self) -> int:
        """Bits of a weight in its word: of the layer that has most; others extend their sign."""
        return max(self.widths)

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """The widths of weights that layers have, each once, in order."""
        return tuple(sorted({layer.weight_bits for layer in self.spec.layers}))

    @property
    def width_bits(self) -> int:
        """Bits of the number of a width: none where there is one."""
        return (len(self.widths) - 1).bit_length()

    def width_of(self, index: int) -> Const:
        """The number of a layer's width."""
        return C(self.widths.index(self.spec.layers[index].weight_bits), self.width_bits)

    @property
    def fold(self) -> int:
        """Clocks in which the neurons of a group are visited, a share of the lanes in each.

        Words of half as many neurons take half of the block RAM, which behind a host is needed
        elsewhere on a device that has little.
        """
        scarce = self.behind_host and self.single_port and self.lanes >= 4
        return 4 if scarce else 2

    @property
    def share(self) -> int:
        """Neurons that are visited in a clock."""
        return self.lanes // self.fold

    @property
    def share_bits(self) -> int:
        """Bits of the number of a share."""
        return (self.fold - 1).bit_length()

    @property
    def lane_bits(self) -> int:
        """Bits of the number of a lane."""
        return (self.lanes - 1).bit_length()

    def lanes_of(self, index: int) -> int:
        """Lanes of a layer."""
        return self.spec.layers[index].lanes

    def place_of(self, index: int, number: int) -> tuple[int, int]:
        """Group and lane of a neuron of a layer."""
        return divmod(number, self.lanes_of(index))

    def number_of(self, index: int, place: Value) -> Value:
        """The number of a neuron of a layer, at a place {group, lane} of a word of all lanes."""
        if self.lanes_of(index) == self.lanes:
            return place
        used = (self.lanes_of(index) - 1).bit_length()
        return Cat(place[:used], place[self.lane_bits :])

    @property
    def rows(self) -> int:
        """Rows of the hidden layer: inputs and the one that is constant."""
        return self.spec.rows(0)

    @property
    def row_bits(self) -> int:
        """Bits of the number of an input; all ones is no input, but the end of a list."""
        return self.rows.bit_length()

    def neurons_of(self, index: int) -> int:
        """Neurons of a layer."""
        return self.spec.layers[index].neurons

    def groups_of(self, index: int) -> int:
        """Words of a row of a layer, the readout's with the number `stages`."""
        return self.spec.layers[index].groups

    @property
    def classes(self) -> int:
        """Neurons of the readout."""
        return self.spec.output.neurons

    @property
    def class_bits(self) -> int:
        """Bits of the number of a class."""
        return (self.classes - 1).bit_length()

    @property
    def groups(self) -> int:
        """Words of a row of the first hidden layer."""
        return self.groups_of(0)

    @property
    def out_groups(self) -> int:
        """Words of a row of the readout."""
        return self.groups_of(self.stages)

    @property
    def most_words(self) -> int:
        """Words of the longest row that is fed back: of all layers but the first."""
        return max(self.groups_of(index) for index in range(1, self.stages + 1))

    @property
    def group_bits(self) -> int:
        """Bits of the number of a group, in any layer."""
        most = max(self.groups_of(index) for index in range(self.stages + 1))
        return max(1, (most - 1).bit_length())

    @property
    def unit_bits(self) -> int:
        """Bits of the number of a group among those of all hidden layers: {group, layer}."""
        return self.group_bits + self.layer_bits

    @property
    def units(self) -> int:
        """Words of the neurons of all hidden layers, with those that pad all layers but the last.

        A layer begins where a power of two is, so that numbers are joined and not added.
        """
        return ((self.stages - 1) << self.group_bits) + self.groups_of(self.stages - 1)

    @property
    def steps(self) -> int:
        """Time steps of a sample."""
        return self.spec.steps

    @property
    def time_bits(self) -> int:
        """Bits of a time; `steps` itself is never."""
        return self.steps.bit_length()

    # --- weights ----------------------------------------------------------------------------------

    def words_of(self, index: int) -> int:
        """Words of weights of a layer."""
        return self.spec.rows(index) * self.groups_of(index)

    @cached_property
    def bases(self) -> tuple[int, ...]:
        """First word of each layer: a multiple of a power of two that holds all of it."""
        bases = [0]
        for index in range(1, self.stages + 1):
            size = 1 << (self.words_of(index) - 1).bit_length()
            end = bases[-1] + self.words_of(index - 1)
            bases.append(-(-end // size) * size)
        return tuple(bases)

    @property
    def out_base(self) -> int:
        """First word of the readout."""
        return self.bases[-1]

    @property
    def depth(self) -> int:
        """Words of weights."""
        return self.bases[-1] + self.words_of(self.stages)

    @property
    def address_bits(self) -> int:
        """Bits of the number of a word."""
        return max(1, (self.depth - 1).bit_length())

    def word(self, index: int, row: Value, group: Value) -> Value:
        """Address of a word of a layer."""
        number = _word(row, group, self.groups_of(index))
        if index:
            number = number | C(self.bases[index], self.address_bits)
        return number[: self.address_bits]

    @cached_property
    def single_port(self) -> bool:
        """Whether weights lie in memory with one port."""
        bits = self.depth * self.lanes * self.weight_bits
        return self.family.large_memory is not None and bits > self.family.large_memory

    @property
    def fetch(self) -> int:
        """Clocks from a slot, in which a pass issues an access, to the word.

        The address register, the memory, and the output register of a memory with two ports. With
        one port there is none: from read to write are `PRODUCT` and one more clocks then, an odd
        number, so that a memory that is read in every second clock is written in between.
        """
        return 2 if self.single_port else 3

    @property
    def stride(self) -> int:
        """Clocks between two updates."""
        return 2 if self.single_port else 1

    # --- sums -------------------------------------------------------------------------------------

    @property
    def sum_bits(self) -> int:
        """Signed bits of a current, or of a partial sum of a score.

        Visits of rows go to the partial sums in turn, so each has its share of them at most.
        """
        visits = -(-self.steps * self.spec.rows(self.stages) // self.sets)
        partial = self.spec.output.weight_bits + (visits - 1).bit_length()
        return max(self.current_format.width, partial)

    @property
    def current_format(self) -> IntFormat:
        """The widest format of a hidden layer's current."""
        formats = [self.spec.current_format(index) for index in range(self.stages)]
        return max(formats, key=lambda form: form.width)

    @property
    def sets(self) -> int:
        """Partial sums of a score: enough that consecutive additions go to different words; 2^n."""
        return 1 << (-(-LOOP // self.out_groups) - 1).bit_length()

    @property
    def set_bits(self) -> int:
        """Bits of the number of a set."""
        return (self.sets - 1).bit_length()

    @property
    def place_bits(self) -> int:
        """Bits of the address of a sum: {number, is a score}."""
        current = self._bits(self.most_groups) + self.layer_bits
        return 1 + max(current, self._bits(self.out_groups) + self.set_bits)

    @property
    def most_groups(self) -> int:
        """Groups of the largest hidden layer."""
        return max(self.groups_of(index) for index in range(self.stages))

    @staticmethod
    def _bits(groups: int) -> int:
        return (groups - 1).bit_length()

    def current_place(self, group: Value, layer: Value) -> Value:
        """Address of the currents of a group of a hidden layer."""
        number = Cat(group[: self._bits(self.most_groups)], layer)
        return Cat(number, C(0, self.place_bits))[: self.place_bits]

    def score_place(self, group: Value, set_: Value) -> Value:
        """Address of a partial sum of the scores of a group."""
        number = Cat(group[: self._bits(self.out_groups)], set_[: self.set_bits])
        return Cat(number, C(0, self.place_bits - 1 - len(number)), C(1, 1))

    def event_slots(self, index: int) -> int:
        """Clocks of an event: of an input, or of a neuron in front of a hidden layer."""
        return max(self.groups_of(index), LOOP)

    # --- state of the lanes -----------------------------------------------------------------------

    @property
    def trace_bits(self) -> int:
        """Bits of a trace."""
        return self.spec.trace_format.width

    @property
    def state_bits(self) -> int:
        """Bits of a lane in the memory of the lanes' state."""
        return max(
            self.trace_bits + 1,
            self.hidden.age_bits,
            self.hidden.signal_bits,
            self.spec.output.error_format.width,
        )

    @property
    def state_address_bits(self) -> int:
        """Bits of the address of a word of the lanes' state: {group, layer, part}."""
        return self.unit_bits + 2

    def state_place(self, part: Part, group: Value, layer: Value | None = None) -> Value:
        """Address of a word of the lanes' state; without `layer` the group's number has it."""
        if layer is not None:
            group = Cat(Cat(group, C(0, self.group_bits))[: self.group_bits], layer)
        padded = Cat(group, C(0, self.unit_bits))[: self.unit_bits]
        return Cat(padded, C(int(part), 2))

    @property
    def total_bits(self) -> int:
        """Signed bits of the sum of all errors, or of the signals of a further hidden layer."""
        sums = [self.class_bits + self.spec.output.error_format.width]
        sums += [self.signal_sum_bits(index) for index in range(1, self.stages)]
        return max(sums)

    def signal_sum_bits(self, index: int) -> int:
        """Signed bits of the sum of the signals of a hidden layer."""
        return self.hidden.signal_bits + (self.neurons_of(index) - 1).bit_length()

    @property
    def drive_bits(self) -> int:
        """Bits of a trace shifted left by the places that a step's shift leaves."""
        least = min(layer.shift for layer in self.spec.layers)
        return self.trace_bits + max(0, self.spec.noise_bits - least)


def _word(row: Value, group: Value, groups: int) -> Value:
    """row * groups + group, without an adder where that is possible."""
    bits = (groups - 1).bit_length()
    if groups == 1 << bits:
        return Cat(group[:bits], row)
    return row * groups + group
