"""A lane's claims: proved for what is emitted, refuted for an edit."""

from __future__ import annotations

from pathlib import Path

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.block_proofs import proof_of
from sc_hw.proof.verdicts import PROVED
from sc_model.spec import Design, RuleChoice

RULE = RuleChoice(
    family="reward_modulated_stdp",
    parameters={"weight_bits": 4, "trace_bits": 3, "reward_bits": 2, "learning_shift": 1},
)


def test_a_small_lane(tmp_path: Path) -> None:
    build = elaborate(Design(name="lane", block="lane", rule=RULE), tmp_path)
    claims = proof_of("lane").claims(build.folder, build.manifest, 60.0)
    assert claims
    assert {claim.verdict for claim in claims} == {PROVED}
    text = build.verilog.read_text(encoding="utf-8")
    old = "if (rst) begin"
    assert old in text
    build.verilog.write_text(text.replace(old, "if (rst & load) begin"), encoding="utf-8")
    claims = proof_of("lane").claims(build.folder, build.manifest, 60.0)
    assert any(claim.verdict != PROVED for claim in claims)
