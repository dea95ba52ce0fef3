"""What is proved of a layer's critic: its pipeline computes the critic's function."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.facts import CriticFacts
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover, number
from sc_model.arithmetic import layer_critic
from sc_model.graph.smt import SmtOps


def prove_critic(prover: Prover, net: Netlist, reference: Reference, facts: CriticFacts) -> None:
    """Add the claims about a critic to the prover. Clock 0 is that of its inputs."""
    t, latency = prover.terms, facts.latency
    unit = layer_critic(
        reference.inputs[facts.reward], reference.state[facts.weight], reference.layer
    )
    if unit is None:
        raise ValueError("a layer without a critic has no claims about one")
    frames = Frames(net, latency)
    values: dict[str, Any] = {
        name: number(t, frames.at(0, f"i_{name}"), form.signed)
        for name, form in unit.inputs.items()
    }
    for name, value in unit.apply(SmtOps(t), values).items():
        # The state before clock 0 is arbitrary: older inputs do not matter `latency` clocks later.
        expected = SmtOps(t).let(name, value)
        output = frames.at(latency, f"o_{name}")
        signed = unit.outputs[name].signed
        prover.claim(
            f"critic: {name}",
            f"{latency} clocks after a reward {name} is the value of the critic's function",
            t.differ(expected.low(t.width(output)), output),
            # A new reward may follow in every clock: inputs behind clock 0 are free.
            no_reset(prover, frames, latency),
            {
                **values,
                f"{name} (function)": expected,
                f"{name} (netlist)": number(t, output, signed),
            },
        )
