"""The emitted Verilog of every rule file against its golden model."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.cosim import cosim, lint
from sc_model.rules import rule_families
from sc_model.spec import Design, RuleChoice

# Simulated by `make soak`: what they have beside the others is in the tests of lane and bank.
LONG = ("e_prop", "tsodyks_markram", "unbiased_rstdp")
# Use + (M - use) * U / 2^F stays within [0, M]: the clamp states the range, nothing leads beyond
HELD = tuple(f"clamp.{use}_risen.{end}" for use in ("drive", "update") for end in ("high", "low"))
# Ends of ranges that only a rare or no state leads to; a lane loads the weight alone.
UNREACHED = {
    ("e_prop", "lane"): ("state.pre_trace.255",),  # spikes in each step end at 249
    ("tsodyks_markram", "lane"): ("state.drive.253", "state.use.127", "state.used.247", *HELD),
    ("tsodyks_markram", "bank"): ("state.drive.253", *HELD),
}


@pytest.mark.parametrize(("block", "synapses", "steps"), [("lane", 1, 5000), ("bank", 17, 200)])
@pytest.mark.parametrize(
    "family",
    [
        pytest.param(family, marks=pytest.mark.soak if family in LONG else ())
        for family in rule_families()
    ],
)
def test_every_rule_agrees_on_random_stimulus(
    family: str, block: str, synapses: int, steps: int, builds: Path, tmp_path: Path
) -> None:
    design = Design.model_validate(
        {"name": block, "block": block, "synapses": synapses, "rule": RuleChoice(family=family)}
    )
    build = elaborate(design, builds)
    lint(build)
    results = cosim(build, steps=steps, seed=5, out=tmp_path / "results.json")
    assert (results["passed"], results["first_difference"], results["differences"]) == (
        True,
        None,
        0,
    )
    assert results["synapse_steps"] >= steps * synapses
    assert [
        bin_
        for bin_ in results["coverage"]["missed"]
        if bin_.startswith(("clamp", "inputs", "state"))
        and bin_ not in UNREACHED.get((family, block), ())
    ] == []
