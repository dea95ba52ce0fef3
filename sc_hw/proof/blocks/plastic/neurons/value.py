"""The sum of the neuron that predicts is kept until the next step's."""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.neurons.evaluation import current_of
from sc_hw.proof.blocks.plastic.neurons.frames import NeuronFrames
from sc_hw.proof.prover import number


def prove_value(n: NeuronFrames) -> None:
    """Add the claims about the value of a step. Clock 0 is that of the sums of some neuron."""
    prover, t = n.prover, n.t
    used = n.facts.adding  # the sums are added up, and the register takes them with the next edge
    value = n.control(used + 1)["value"]
    total, in_range = current_of(n)
    predicted = prover.both(n.bit(0, "evaluate"), n.predicts(n.at(0, "index")))
    no_load = prover.off(n.at(used, "load_control"))
    prover.claim(
        "value: taken",
        f"{used + 1} clocks after the sums of the neuron that predicts have come, the value of the"
        " step is their total",
        (number(t, value, n.layer.current_format(n.weight).signed) != total).term,
        [*n.turn, *in_range, predicted, no_load],
        {"total": total, "value": value},
    )
    prover.claim(
        "value: kept",
        "no other neuron's sums, and nothing else but the host's load, change the value",
        t.differ(value, n.control(used)["value"]),
        [*n.turn, prover.no(predicted), no_load],
    )
