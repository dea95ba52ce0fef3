"""A lane's claims are proved for all configurations, and refuted where its Verilog is changed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from campaigns.proof_sweep import lane_designs
from sc_hw.build.elaborate import elaborate
from sc_hw.proof.identity import IDENTITY
from sc_hw.proof.processes import decide
from sc_hw.proof.prove import prove, prove_many
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.spec import Design

LANE = Design(name="lane", block="lane")


def verdicts(claims: list[dict[str, object]]) -> Counter[object]:
    return Counter(claim["verdict"] for claim in claims)


@pytest.mark.parametrize(
    "half", [0, pytest.param(1, marks=pytest.mark.soak)], ids=["even ones", "odd ones"]
)
def test_lanes_at_all_corners_and_random_configurations(tmp_path: Path, half: int) -> None:
    """Corners and a few random ones; `campaigns.proof_sweep` has forty (reports/proofs.md)."""
    designs = lane_designs(8)
    assert len(designs) == 40
    designs = designs[half::2]
    certificates = prove_many(designs, root=tmp_path, jobs=2)
    failed = {
        d.name: verdicts(c["claims"])
        for d, c in zip(designs, certificates, strict=True)
        if not c["passed"]
    }
    assert failed == {}
    for certificate in certificates:
        kinds = {claim["name"].split(":")[0] for claim in certificate["claims"]}
        assert {"step", "hold", "load", "reset"} <= kinds


def test_lane_with_mutants(tmp_path: Path) -> None:
    certificate = prove(LANE, root=tmp_path)
    assert certificate["passed"]
    rows = {row["name"]: row for row in certificate["mutants"]}
    assert {"sum one bit short", "negation one bit short"} <= set(rows)
    assert len(rows) >= 5
    for row in rows.values():
        assert row["verdict"] == REFUTED
        example = row["counterexample"]
        rule = {
            name.removesuffix(" (rule)"): value
            for name, value in example.items()
            if name.endswith(" (rule)")
        }
        assert any(example[f"{name} (netlist)"] != value for name, value in rule.items()), row[
            "name"
        ]


@pytest.mark.parametrize(
    ("pattern", "replacement", "claim"),
    [
        ("if (change)", "if (1'h1)", "hold: weight"),
        ("assign change = step | load", "assign change = step", "load: weight"),
        ("if (rst)", "if (rst & ~load)", "reset: weight"),
        ("assign done_q = done", "assign done_q = ~done", None),
    ],
)
def test_changed_verilog_is_refuted(
    tmp_path: Path, pattern: str, replacement: str, claim: str | None
) -> None:
    build = elaborate(LANE, tmp_path)
    text = build.verilog.read_text()
    assert pattern in text
    build.verilog.write_text(text.replace(pattern, replacement))
    refuted = {c["name"] for c in decide(build.folder) if c["verdict"] != PROVED} - {IDENTITY}
    assert (
        (claim in refuted) if claim else not refuted
    )  # the last one touches a wire that nothing reads
