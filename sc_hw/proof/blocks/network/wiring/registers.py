"""Claims about all registers of a network at once: each is claimed, and has the right clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sc_hw.proof.blocks.network.wiring.statements import Wiring

_SHOWN = 8  # registers that a counterexample names


def prove_registers(wiring: Wiring, clock_of: Mapping[str, str], others: Iterable[str]) -> None:
    """Add the claims; only after all others, which tell what they were about.

    Parameters
    ----------
    wiring : gets the claims.
    clock_of : the clock of all that is below a path.
    others : paths whose registers have claims about their clocks already.
    """
    design = wiring.design
    unclaimed = sorted(set(design.net.states) - wiring.claimed)
    wiring.prover.record(
        "top.v: every register",
        f"each of the {len(design.net.states)} registers and memories of top.v has its next value"
        " in a claim",
        not unclaimed,
        0.0,
        {"registers without a claim": ", ".join(unclaimed[:_SHOWN])},
    )
    located = {name for path in (*clock_of, *others) for name in design.below(path)}
    faults = dict.fromkeys(set(design.net.states) - located, "in no part of the design")
    for path, clock in clock_of.items():
        for name in design.below(path):
            there = design.clocks.get(name, "no rising edge of a clock")
            if there != clock:
                faults[name] = f"{there}, not {clock}"
    wiring.prover.record(
        "top.v: clocks",
        "every register and memory takes its next value with the rising edge of its layer's clock",
        not faults,
        0.0,
        dict(sorted(faults.items())[:_SHOWN]),
    )
