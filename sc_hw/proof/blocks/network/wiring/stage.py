"""Claims about the plastic layer behind the trained ones, in the `top.v` of a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.wiring.instances import Exemption, Outputs, prove_instance
from sc_hw.proof.blocks.network.wiring.statements import Pair
from sc_hw.proof.blocks.network.wiring.streams import Network, prove_host
from sc_hw.proof.flattened import Instance
from sc_hw.proof.netlist import Netlist
from sc_model.spec import PLASTIC
from sc_model.spec.plastic_layer import placement

SAME_LAYER = (
    "the plastic layer in top.v is the layer that is proved as a design of its own: the same"
    " registers, and for every state and input the same next state and outputs; but a write that is"
    " under way in a lane is made when another domain's reset restarts the layer, and dropped only"
    " in a reset of its own domain"
)
# Lanes are modules of their own in the Verilog, which have the domain's reset alone.
_LANES = re.compile(r"chain_\d+\.lane_\d+\.")


class _Stage:
    """The stage around the plastic layer: three phases, and the words of the step under way."""

    def __init__(self, network: Network) -> None:
        self.network, self.wiring = network, network.wiring
        self.part: Instance = network.design.part(PLASTIC)
        self.layer = self.part.part("layer")
        plastic = network.spec.plastic
        if plastic is None:
            raise ValueError("the network must have a plastic layer")
        self.inputs, self.neurons = plastic.layer.inputs, plastic.layer.neurons
        place = placement(plastic.layer)
        self.rows, self.chains = place.rows, place.chains
        self.step_bits = network.spec.step_bits
        self.last = len(network.names) - 1
        self.reset = network.reset(self.last)
        self.outputs = Outputs(self.layer)

    def state(self, name: str) -> Bits:
        """The present value of a register of the stage."""
        return self.wiring.state(self.part, name)

    def before(self, name: str) -> Bits:
        """A signal of the last trained layer, whose words the stage takes in."""
        return self.wiring.signal(self.network.layer(self.network.names[self.last]), name)

    @property
    def taught(self) -> Bits:
        """The teacher gives a word, and the network does not restart."""
        return self.network.port("teach__valid") & ~self.network.restart(self.last)

    @property
    def idle(self) -> Bits:
        """No step is under way, and no spikes wait."""
        return ~(self.state("feeding") | self.state("deciding") | self.state("waiting"))

    @property
    def begins(self) -> Bits:
        """A step begins in this clock."""
        return self.idle & self.before("o__valid") & self.taught

    @property
    def word_taken(self) -> Bits:
        """The layer takes in a row of each chain."""
        return self.state("feeding") & self.outputs["i__ready"]

    def next_pair(self, name: str, value: Bits) -> Pair:
        """The next value of a register that a reset clears."""
        return self.wiring.next_pair(self.part, name, value.gated(~self.reset))


def prove_stage(network: Network, alone: Netlist) -> None:
    """Add the claims about the plastic layer and its stage.

    Parameters
    ----------
    network : the network.
    alone : the plastic layer by itself, in the same terms.
    """
    stage = _Stage(network)
    wiring = network.wiring
    reset: dict[str, Any] = {"rst": stage.reset.term}
    lanes = Exemption(_LANES, {"rst": network.domain_reset(stage.last).term})
    outputs = prove_instance(wiring, stage.layer, alone, reset, exempt=lanes, statement=SAME_LAYER)
    stage.outputs = outputs
    _prove_entrance(stage)
    _prove_phases(stage)
    _prove_words(stage)
    prove_host(network, PLASTIC, stage.layer, stage.last, outputs)


def _prove_entrance(stage: _Stage) -> None:
    network, wiring = stage.network, stage.wiring

    def source() -> Iterator[Pair]:
        before = network.layer(network.names[stage.last])
        yield wiring.pair(before, "o__ready", stage.idle & stage.taught)
        runs = ~network.restart(stage.last)
        ready = stage.idle & stage.before("o__valid")
        yield network.output("teach__ready", ready & runs)

    wiring.claim(
        f"top.v, layer {PLASTIC}: where its words come from",
        "a step begins when the last trained layer and the teacher both give a word and the step"
        " before is over; both are taken in that clock",
        source,
    )


def _phases(stage: _Stage) -> list[Bits]:
    """One phase at a time; the row is 0 but while rows are fed, and below their number."""
    feeding, deciding, waiting = (stage.state(name) for name in ("feeding", "deciding", "waiting"))
    row = stage.wiring.counter(stage.part, "row", stage.rows)
    return [
        ~(feeding & deciding),
        ~((feeding | deciding) & waiting),
        row.below(stage.rows),
        feeding | row.equals(0),
    ]


def _prove_phases(stage: _Stage) -> None:
    network, wiring, part, rows = stage.network, stage.wiring, stage.part, stage.rows

    def phases() -> Iterator[Pair]:
        row = wiring.counter(part, "row", rows)
        last = stage.word_taken & row.equals(rows - 1)
        done = stage.outputs["done"]
        feeding, deciding, waiting = (
            stage.state(name) for name in ("feeding", "deciding", "waiting")
        )
        transfer = waiting & network.port("o__ready")
        yield stage.next_pair("feeding", (feeding & ~last) | stage.begins)
        yield stage.next_pair("deciding", (deciding | last) & ~done)
        yield stage.next_pair("waiting", (waiting & ~transfer) | done)
        if rows > 1:
            following = mux(stage.word_taken, (row + 1).gated(~last), row)
            yield stage.next_pair("row", following)

    # The layer ends a step only where one is under way: a claim about the layer by itself.
    wiring.claim(
        f"top.v, layer {PLASTIC}: the phases of a step",
        f"a step feeds {rows} rows, then the layer decides, then its spikes wait to be taken",
        phases,
        lambda: [
            *_phases(stage),
            stage.outputs["done"].implies(stage.state("deciding")),
        ],
    )

    def invariants() -> Iterator[Pair]:
        net = wiring.design.net
        names = ("feeding", "deciding", "waiting") + ("row",) * (rows > 1)
        registers = [part.register(name) for name in names]
        values = {net.states[name]: net.following[name] for name in registers}
        for number, fact in enumerate(_phases(stage)):
            following = Bits(fact.terms, net.substitute(fact.term, values))
            yield f"phase fact {number}", following, wiring.const(1, 1)

    wiring.claim(
        f"top.v, layer {PLASTIC}: one phase at a time",
        "after a reset and ever after a step is in one phase, and its row is below their number",
        invariants,
        lambda: [
            *(stage.reset | fact for fact in _phases(stage)),
            stage.outputs["done"].implies(stage.state("deciding")),
        ],
    )


def _prove_words(stage: _Stage) -> None:
    wiring, part, layer = stage.wiring, stage.part, stage.layer
    rows, chains = stage.rows, stage.chains

    def words() -> Iterator[Pair]:
        begins, payload = stage.begins, stage.before("o__payload")
        spikes = payload[stage.step_bits :]
        missing = rows * chains - stage.inputs
        padded = cat([spikes, wiring.const(0, missing)]) if missing else spikes
        first = []
        for chain in range(chains):
            word = stage.state(f"word_{chain}")
            shifted = word[1:].wide(rows) if rows > 1 else wiring.const(0, 1)
            own = padded[chain * rows : (chain + 1) * rows]
            expected = mux(begins, own, mux(stage.word_taken, shifted, word))
            yield wiring.next_pair(part, f"word_{chain}", expected)
            first.append(word[0])
        step = stage.state("step")
        yield wiring.next_pair(part, "step", mux(begins, payload[: stage.step_bits], step))
        taught = stage.network.port("teach__payload")
        teaching = stage.state("teaching")
        yield wiring.next_pair(part, "teaching", mux(begins, taught, teaching))
        yield wiring.pair(layer, "i__payload", cat([cat(first), teaching]))
        yield wiring.pair(layer, "i__valid", stage.state("feeding"))

    wiring.claim(
        f"top.v, layer {PLASTIC}: what a step takes in",
        "each row of each chain gets its own input's spike, the layer the teacher's values, and"
        " the step keeps its number",
        words,
        lambda: _phases(stage),
    )

    def spikes() -> Iterator[Pair]:
        collected = stage.state("spikes")
        neuron, spike = stage.outputs["neuron"], stage.outputs["spike"]
        spike_mask = cat([neuron.equals(number) & spike for number in range(stage.neurons)])
        yield wiring.next_pair(part, "spikes", (collected | spike_mask).gated(~stage.begins))
        yield stage.network.output("o__payload", cat([stage.state("step"), collected]))
        yield stage.network.output("o__valid", stage.state("waiting"))

    wiring.claim(
        f"top.v, layer {PLASTIC}: the spikes",
        "each neuron that fires in a step is in its spikes, at its own place, and no other one",
        spikes,
        lambda: _phases(stage),
    )
