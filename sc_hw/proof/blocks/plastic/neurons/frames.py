"""The neurons of a plastic layer, unrolled over the clocks in which one of them is evaluated."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.facts import NeuronsFacts
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import slices
from sc_model.arithmetic import Unit, neuron_unit
from sc_model.graph.smt import K
from sc_model.spec import NeuronSpec, PlasticLayerSpec


class NeuronFrames:
    """One evaluation of a neuron, from an arbitrary state.

    Its sums arrive in clock 0, the pipeline's result comes in clock `out`, and the neuron's word is
    in memory in clock `out` + 2.

    Members
    -------
    layer, spec : specification of the layer, and of its neurons.
    weight : format of a weight.
    unit : the function that a neuron computes.
    out : clock in which the pipeline's result is at its output.
    index_bits : bits of a neuron's number.
    no_reset : assumption that no clock resets.
    turn : `no_reset`, and that the number in clock 0 is below the number of turns of a step.
    """

    def __init__(
        self, prover: Prover, net: Netlist, reference: Reference, facts: NeuronsFacts
    ) -> None:
        self.prover, self.net, self.facts, self.t = prover, net, facts, prover.terms
        self.layer: PlasticLayerSpec = reference.layer
        self.spec: NeuronSpec = reference.neuron
        self.weight = reference.state[facts.weight]
        current = self.layer.current_format(self.weight)
        self.unit: Unit = neuron_unit(self.spec, current, counters=self.layer.counters)
        self.out = facts.adding + facts.update_latency
        # Three clocks behind the result: the step's end, the winner, and the memory's edge.
        self.frames = Frames(net, self.out + 3)
        self.index_bits = self.t.width(self.at(0, "index"))
        self.no_reset = no_reset(prover, self.frames, self.out + 3)
        # An assumption here; that it holds in every clock is a claim about the turns.
        last = self.t.const(facts.total - 1, self.index_bits)
        self.turn = [*self.no_reset, self.t(K.BV_ULE, self.at(0, "index"), last)]

    def at(self, clock: int, name: str) -> Any:
        """A signal in a clock."""
        return self.frames.at(clock, name)

    def bit(self, clock: int, name: str) -> Any:
        """Whether a one-bit signal is high in a clock."""
        return self.prover.on(self.at(clock, name))

    def register(self, clock: int, name: str) -> Any:
        """The register of that name, where an input has the name too.

        Yosys appends ``$`` and a number to the register's name then.
        """
        (state,) = (n for n in self.net.states if n.split("$")[0] == name)
        return self.frames.states[clock][state]

    def control(self, clock: int) -> dict[str, Any]:
        """The registers that a checkpoint holds, by name."""
        # Some layers have nothing to checkpoint beside their memories.
        if not self.facts.control:
            return {}
        return slices(self.prover, self.at(clock, "control"), self.facts.control)

    def memory(self, clock: int, address: Any) -> Any:
        """The word of a neuron."""
        return self.t(K.ARRAY_SELECT, self.frames.memory(clock, "memory"), address)

    def word(self, clock: int, address: Any) -> dict[str, Any]:
        """The fields of a neuron's word."""
        return slices(self.prover, self.memory(clock, address), self.facts.word)

    def is_real(self, index: Any) -> Any:
        """Whether a number is that of a neuron: the last group may have fewer than its columns."""
        t = self.t
        if self.facts.neurons >= 1 << self.index_bits:
            return t.tm.mk_true()
        return t(K.BV_ULT, index, t.const(self.facts.neurons, self.index_bits))

    def predicts(self, index: Any) -> Any:
        """Whether a number is that of the neuron that predicts and never fires."""
        t, number = self.t, self.layer.value_neuron
        if number is None:
            return t.tm.mk_false()
        return t(K.EQUAL, index, t.const(number, self.index_bits))

    def may_fire(self) -> Any:
        """Whether the result in clock 0 is that of a real neuron, and not of one that predicts."""
        name = "is_real" if self.layer.value_neuron is None else "decides"
        return self.bit(0, f"{name}_d{self.facts.update_latency}")

    def result_is_ready(self) -> Any:
        """Whether the pipeline's output in clock 0 is that of a neuron that fires if it wins."""
        return self.prover.both(self.may_fire(), self.bit(0, "update.o_ready"))
