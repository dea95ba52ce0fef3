# amaranth: UnusedElaboratable=no
"""Sizes, graphs and clocks of a recurrent network that learns on the chip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from amaranth.hdl import Value

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.schedule import DelayModel
from sc_model.arithmetic import Unit
from sc_model.arithmetic.learning import class_error
from sc_model.arithmetic.recurrent import (
    check_rules,
    feedback_signal,
    recurrent_neuron,
    score_leak,
)
from sc_model.graph import REWRITES, Graph, restrict, rewrite, trace, trace_function
from sc_model.graph.rewrite import product_as_adder_tree
from sc_model.rules import load_rule, resolve
from sc_model.spec import ConfigError, IntFormat, Locality
from sc_model.spec.learning import RecurrentNetworkSpec
from sc_model.spec.learning.recurrent_network import SETTING, SHIFT_FORMAT

# Clocks from an address to the word in the memory's output register.
FETCH = 2
# The pipelines are cut for some 30 MHz on the slowest fabric: more registers would not fit a small
# device, of which each lane takes some hundred.
CARRY_BITS, LUT_LEVELS = 32, 4


@dataclass(frozen=True)
class RecurrentPlan:
    """What follows from a specification and a fabric.

    Members
    -------
    spec : inputs, the recurrent layer, the readout.
    family : the fabric.

    Raises
    ------
    ConfigError
        hardware does not have what the specification asks for.
    RuleError
        the rule of a layer does not fit there.
    """

    spec: RecurrentNetworkSpec
    family: Family

    def __post_init__(self) -> None:
        hidden, readout = self.spec.hidden, self.spec.readout
        check_rules(self.spec, load_rule(hidden.rule.family), load_rule(readout.rule.family))
        if hidden.lanes & (hidden.lanes - 1) or hidden.neurons % hidden.lanes:
            raise ConfigError(
                "lanes of a recurrent layer must be a power of two that divides its neurons in"
                f" hardware, not {hidden.lanes} with {hidden.neurons} neurons."
            )
        # the greatest sum of weight * error, rounded: of half a signal or more something is left
        largest = readout.neurons << (readout.weight_bits + readout.error_format.width - 2)
        most = largest.bit_length()
        if hidden.signal_shift > most:
            raise ConfigError(
                f"signal_shift of a recurrent layer must be <= {most} in hardware with"
                f" {readout.neurons} classes, weights of {readout.weight_bits} bits and errors of"
                f" {readout.error_format.width}, or every learning signal is 0, not"
                f" {hidden.signal_shift}."
            )

    # --- sizes ------------------------------------------------------------------------------------

    @property
    def lanes(self) -> int:
        """P: synapses of a word."""
        return self.spec.hidden.lanes

    @property
    def neurons(self) -> int:
        """H: neurons of the recurrent layer."""
        return self.spec.hidden.neurons

    @property
    def groups(self) -> int:
        """Groups of P neurons."""
        return self.spec.hidden.groups

    @property
    def rows(self) -> int:
        """R: inputs and neurons."""
        return self.spec.rows

    @property
    def classes(self) -> int:
        """K: classes of the readout."""
        return self.spec.readout.neurons

    @property
    def words(self) -> int:
        """Words of the recurrent layer; word ``group * rows + row``."""
        return self.groups * self.rows

    @property
    def word_bits(self) -> int:
        """Bits of a word's number."""
        return bits_of(self.words)

    @property
    def row_bits(self) -> int:
        """Bits of a row's number."""
        return bits_of(self.rows)

    @property
    def neuron_bits(self) -> int:
        """Bits of a neuron's number."""
        return bits_of(self.neurons)

    @property
    def class_bits(self) -> int:
        """Bits of a class's number."""
        return bits_of(self.classes)

    # --- arithmetic -------------------------------------------------------------------------------

    @cached_property
    def cells(self) -> dict[str, IntFormat]:
        """Fields of a synapse."""
        return self._fields(Locality.SYNAPSE)

    @cached_property
    def traces(self) -> dict[str, IntFormat]:
        """Fields of a row."""
        return self._fields(Locality.PRE)

    def _fields(self, locality: Locality) -> dict[str, IntFormat]:
        rule, params = resolve(self.spec.hidden_rule)
        formats = rule.state_formats(params)
        return {
            field.name: formats[field.name] for field in rule.state if field.locality is locality
        }

    @property
    def delay(self) -> DelayModel:
        """Where the pipelines are cut."""
        return replace(
            self.family.delay,
            carry_bits=max(CARRY_BITS, self.family.delay.carry_bits),
            lut_levels=max(LUT_LEVELS, self.family.delay.lut_levels),
        )

    def _rewritten(self, graph: Graph, *, blocks: bool) -> Graph:
        blocks = blocks and self.family.products == "block"
        return rewrite(graph, REWRITES if blocks else (product_as_adder_tree, *REWRITES))

    @property
    def block_lanes(self) -> int:
        """Lanes whose two products take multiplier blocks; what is left the readout has."""
        if self.family.multipliers is None:
            return self.lanes
        return min(self.lanes, self.family.multipliers // 2)

    @property
    def readout_blocks(self) -> bool:
        """Whether the readout's two products a class take multiplier blocks, too."""
        if self.family.multipliers is None:
            return True
        return self.family.multipliers >= 2 * (self.block_lanes + self.classes)

    def synapse(self, *, blocks: bool = True, latency: int = 0) -> Datapath:
        """A lane's pipeline: the new fields of a synapse."""
        rule, params = resolve(self.spec.hidden_rule)
        graph = restrict(self._rewritten(trace(rule, params), blocks=blocks), tuple(self.cells))
        return Datapath(
            graph, self.delay, late=(SETTING,), stored=tuple(self.cells), latency=latency
        )

    @cached_property
    def synapse_latency(self) -> int:
        """Clocks of every lane's pipeline."""
        return max(self.synapse(blocks=blocks).latency for blocks in (True, False))

    def row(self) -> Datapath:
        """The pipeline of a row's fields."""
        rule, params = resolve(self.spec.hidden_rule)
        graph = restrict(self._rewritten(trace(rule, params), blocks=False), tuple(self.traces))
        return Datapath(graph, self.delay, stored=tuple(self.traces))

    def readout_synapse(self, *, latency: int = 0) -> Datapath:
        """The pipeline of a weight of the readout."""
        rule, params = resolve(self.spec.readout_rule)
        graph = self._rewritten(trace(rule, params), blocks=self.readout_blocks)
        return Datapath(graph, self.delay, late=("shift",), stored=("weight",), latency=latency)

    def unit(self, unit: Unit, *, blocks: bool = False, stored: tuple[str, ...] = ()) -> Datapath:
        """The pipeline of a unit."""
        graph = trace_function(unit.name, unit.inputs, unit.outputs, unit.apply)
        return Datapath(self._rewritten(graph, blocks=blocks), self.delay, stored=stored)

    def neuron(self) -> Datapath:
        """The pipeline of a neuron."""
        return self.unit(recurrent_neuron(self.spec), stored=("potential", "spike", "trace"))

    def leak(self) -> Datapath:
        """The gates of a class's leak."""
        unit = score_leak(self.spec)
        return Datapath(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply))

    def error(self) -> Datapath:
        """The pipeline of a class's error."""
        return self.unit(class_error(self.spec.readout, self.spec.score_format))

    def feedback(self) -> Datapath:
        """The pipeline of a neuron's learning signal."""
        weights = tuple(f"weight_{number}" for number in range(self.classes))
        unit = feedback_signal(self.spec)
        return self.unit(unit, blocks=self.readout_blocks, stored=weights)

    @property
    def shift_bits(self) -> int:
        """Bits of the register of a step's size."""
        return SHIFT_FORMAT.width


def bits_of(count: int) -> int:
    """Bits of a number below `count`, at least one."""
    return max(1, (count - 1).bit_length())


def is_last(value: Value, count: int) -> Value:
    """Whether a counter is at `count` - 1."""
    return value == count - 1 if count > 1 else ~value.any()
