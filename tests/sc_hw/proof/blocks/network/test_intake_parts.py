"""Claims about intakes of slices: proved of each policy, slow and fast, and refuted for faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from event_networks import verdicts_of_parts

from sc_hw.proof.blocks.network.parts import INTAKE
from sc_model.spec import DenseSpec, Design, HetSynSpec, LifSpec, NetworkSpec
from sc_model.spec.trained_layer import Policy


def design(policy: Policy, before: int, interval: int) -> Design:
    """Steps in slices to a slow layer, or spikes in slices to a swept one behind another layer."""
    if before == 1:
        layer = DenseSpec(
            name="only", inputs=257, neurons=1, weight_bits=4, engine="events", bias=True,
            tick_interval=interval, policy=policy, pending_bits=2, neuron=LifSpec(leak="shift"),
        )  # fmt: skip
        return Design(name="one", block="network", network=NetworkSpec(layers=(layer,)))
    first = DenseSpec(name="a", inputs=3, neurons=272, tick_interval=before, weight_bits=4)
    last = HetSynSpec(
        name="only", inputs=272, neurons=1, tick_interval=interval, policy=policy, weight_bits=4
    )
    return Design(name="two", block="network", network=NetworkSpec(layers=(first, last)))


@pytest.mark.parametrize("policy", ["hold", "accumulate", "once"])
@pytest.mark.parametrize(
    ("before", "interval"),
    [
        (1, 3),
        (3, 2),
        *(pytest.param(*pair, marks=pytest.mark.soak) for pair in ((1, 4), (3, 7), (6, 4))),
    ],
)
def test_all_claims_are_proved(policy: Policy, before: int, interval: int, tmp_path: Path) -> None:
    found: dict[str, Any] = verdicts_of_parts(design(policy, before, interval), tmp_path, INTAKE)
    assert set(found.values()) == {"proved"}
    names = {"ticks", "slices in turn", "out of step", "after a reset", policy}
    names |= {"lost spikes"} if policy == "once" else set()
    assert {f"layer only, intake: {name}" for name in names} <= set(found)


@pytest.mark.parametrize(
    ("policy", "before", "interval", "fault", "claims"),
    [
        ("accumulate", 1, 3, (r"\bfresh <= [^;]+;", "fresh <= 1'h1;"), {"accumulate"}),
        ("accumulate", 1, 4, (r"kept\[11:9\] \+ ", r"kept[9] + "), {"accumulate"}),
        ("once", 1, 3, (r"\.write__en\(moves\)", ".write__en(ends)"), {"once"}),
        ("once", 1, 3, (r"\blost <= [^;]+;", "lost <= lost_before;"), {"lost spikes"}),
        ("hold", 3, 2, (r"\.read__addr\([^)]*\)", ".read__addr(part)"), {"hold"}),
        (
            "hold",
            3,
            2,
            (r"assign o__valid = [^;]+;", "assign o__valid = 1'h1;"),
            {"slices in turn"},
        ),
        ("hold", 1, 3, (r"\bdiffers <= [^;]+;", "differs <= due;"), {"out of step"}),
        ("accumulate", 3, 2, (r"assign ends = moves & last;", "assign ends = last;"), {"ticks"}),
    ],
)
def test_a_fault_refutes_its_claim(
    policy: Policy,
    before: int,
    interval: int,
    fault: tuple[str, str],
    claims: set[str],
    tmp_path: Path,
) -> None:
    found = verdicts_of_parts(design(policy, before, interval), tmp_path, INTAKE, fault)
    refuted = {name for name, verdict in found.items() if verdict == "refuted"}
    assert {f"layer only, intake: {name}" for name in claims} <= refuted
