"""What is said of a design's own Verilog where it is not made of the parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recurrent_networks import plan_of

from sc_hw.proof.blocks.joined import claims_of_joined
from sc_hw.proof.blocks.parts import HIERARCHY, PARTS
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import REFUTED
from sc_hw.recurrent import RecurrentNetwork
from sc_hw.recurrent.control import StepControl


def _claims(folder: Path, listed: dict[str, Any]) -> list[Any]:
    plan = plan_of()
    file = folder / "proof" / PARTS
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(listed))

    def joined(prover: Prover, module: Any) -> None:
        raise AssertionError("there is nothing to join")

    whole = RecurrentNetwork(plan.spec, plan.family)
    return claims_of_joined(folder, whole, {"control": ("control", StepControl(plan))}, joined, 9.0)


def test_parts_alone_are_joined_by_nothing(tmp_path: Path) -> None:
    assert _claims(tmp_path, {"parts": []}) == []


def test_a_module_without_its_parts_is_refuted(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_text("module recurrent_network(input clk, input rst); endmodule")
    row = {"verilog": "top.v", "top": "recurrent_network", "facts": {}}
    (claim,) = _claims(tmp_path, {"parts": [], HIERARCHY: row})
    assert (claim.name, claim.verdict) == ("wiring: modules", REFUTED)
    assert claim.counterexample
