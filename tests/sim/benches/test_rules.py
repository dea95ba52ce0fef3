"""The emitted Verilog of every rule file against its golden model."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.cosim import cosim, lint
from sc_model.rules import rule_families
from sc_model.spec import Design, RuleChoice


@pytest.mark.parametrize(("block", "synapses", "steps"), [("lane", 1, 5000), ("bank", 17, 200)])
@pytest.mark.parametrize("family", rule_families())
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
    ] == []
