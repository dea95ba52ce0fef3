"""What is proved of a layer's critic: its pipeline computes the unit's text, from every state."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.bank import Frames
from sc_hw.proof.blocks.plastic.lane import no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover, number
from sc_model.arithmetic import critic_unit
from sc_model.graph.smt import SmtOps
from sc_model.spec import IntFormat


def prove_critic(prover: Prover, net: Netlist, reward: IntFormat, shift: int, latency: int) -> None:
    """Add the critic's claims to the prover."""
    t, unit = prover.terms, critic_unit(reward, shift)
    frames = Frames(net, latency)
    values: dict[str, Any] = {
        name: number(t, frames.at(0, f"i_{name}"), form.signed)
        for name, form in unit.inputs.items()
    }
    for name, value in unit.apply(SmtOps(t), values).items():
        form = unit.outputs[name]
        wanted = SmtOps(t).let(name, value)
        got = frames.at(latency, f"o_{name}")
        prover.claim(
            f"critic: {name}",
            f"{latency} clocks after a reward {name} is what the critic's text makes of it",
            t.differ(wanted.low(t.width(got)), got),
            no_reset(prover, frames, latency),
            {**values, f"{name} (text)": wanted, f"{name} (netlist)": number(t, got, form.signed)},
        )
