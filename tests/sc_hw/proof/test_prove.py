"""The proof proves, refutes what is wrong, and knows when it has proved nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from support import new_terms

from campaigns.proof_sweep import lane_designs
from sc_hw.build.elaborate import elaborate
from sc_hw.proof import prove as prover
from sc_hw.proof.mutants import rule as controls
from sc_hw.proof.mutants.rule import CONTROLS, Control, seeded
from sc_hw.proof.netlist import read_back
from sc_hw.proof.prove import check, decide, prove, prove_many
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED, UNKNOWN, VACUOUS
from sc_hw.tools.tools import ToolError
from sc_model.graph.smt import K
from sc_model.spec import ConfigError, Design, RuleChoice

LANE = Design(name="lane", block="lane")


def verdicts(claims: list[dict[str, object]]) -> Counter[object]:
    return Counter(claim["verdict"] for claim in claims)


def test_lanes_at_all_corners_and_random_configurations(tmp_path: Path) -> None:
    """All corners and a few random ones; `campaigns.proof_sweep` has forty (reports/proofs.md)."""
    designs = lane_designs(8)
    assert len(designs) == 40
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


def test_lane_with_seeded_bugs(tmp_path: Path) -> None:
    certificate = prove(LANE, root=tmp_path)
    assert certificate["passed"]
    rows = {row["name"]: row for row in certificate["controls"]}
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


def test_negation_is_refuted_by_the_smallest_value(tmp_path: Path) -> None:
    control = next(c for c in CONTROLS if c.name == "negation one bit short")
    folder = seeded(elaborate(LANE, tmp_path), control)
    assert folder is not None
    first = next(claim for claim in decide(folder) if claim["verdict"] == REFUTED)
    assert first["counterexample"]["eligibility"] == -2048


@pytest.mark.parametrize("fabric", ["generic", "ice40_up", "ecp5"])
def test_bank_pipelines_and_schedules_of_every_depth(tmp_path: Path, fabric: str) -> None:
    certificate = prove(
        Design(name="bank", block="bank", synapses=1024, fabric=fabric),
        root=tmp_path,
        controls=False,
    )
    assert certificate["passed"], [c for c in certificate["claims"] if c["verdict"] != PROVED]
    names = [claim["name"] for claim in certificate["claims"]]
    assert "order: no early read" in names
    assert (
        sum(name.endswith("no early read") and name.startswith("schedule") for name in names) == 16
    )


def test_bank_with_a_product_of_adders(tmp_path: Path) -> None:
    rule = RuleChoice(parameters={"reward_bits": 4, "weight_bits": 10})
    design = Design(name="bank", block="bank", synapses=100, fabric="ice40_hx", rule=rule)
    certificate = prove(design, root=tmp_path, controls=False, schedules=False)
    assert certificate["passed"], [c for c in certificate["claims"] if c["verdict"] != PROVED]


@pytest.mark.parametrize("synapses", [1, 2, 13, 14, 15, 65536])
def test_bank_depths_around_the_pipeline(tmp_path: Path, synapses: int) -> None:
    design = Design(name="bank", block="bank", synapses=synapses)
    assert verdicts(
        prove(design, root=tmp_path, controls=False, schedules=False)["claims"]
    ).keys() == {PROVED}


def test_bank_with_seeded_bugs(tmp_path: Path) -> None:
    design = Design(name="bank", block="bank", synapses=64)
    certificate = prove(design, root=tmp_path, schedules=False)
    assert certificate["passed"]
    assert {row["verdict"] for row in certificate["controls"]} == {REFUTED}
    early = next(c for c in CONTROLS if c.change is None)
    folder = seeded(elaborate(design, tmp_path), early)
    assert folder is not None
    refuted = {claim["name"] for claim in decide(folder) if claim["verdict"] == REFUTED}
    assert "order: no early read" in refuted


def test_a_control_that_passes_fails_the_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmless = Control(
        "no bug", "nothing is wrong", lambda b, node, args: b.make(node.op, args, node.data)
    )
    monkeypatch.setattr(prover, "CONTROLS", (harmless,))
    certificate = prove(LANE, root=tmp_path)
    assert verdicts(certificate["claims"]).keys() == {PROVED}
    assert [row["verdict"] for row in certificate["controls"]] == [PROVED]
    assert not certificate["passed"]


@pytest.mark.parametrize(
    ("find", "put", "claim"),
    [
        ("if (change)", "if (1'h1)", "hold: weight"),
        ("assign change = step | load", "assign change = step", "load: weight"),
        ("if (rst)", "if (rst & ~load)", "reset: weight"),
        ("assign done_q = done", "assign done_q = ~done", None),
    ],
)
def test_changed_verilog_is_refuted(tmp_path: Path, find: str, put: str, claim: str | None) -> None:
    build = elaborate(LANE, tmp_path)
    text = build.verilog.read_text()
    assert find in text
    build.verilog.write_text(text.replace(find, put))
    refuted = {c["name"] for c in decide(build.folder) if c["verdict"] != PROVED}
    assert (
        (claim in refuted) if claim else not refuted
    )  # the last one touches a wire that nothing reads


def test_certificate_belongs_to_its_verilog(tmp_path: Path) -> None:
    folder = tmp_path / prover.build_id(LANE)
    with pytest.raises(ConfigError) as error:
        check(LANE, root=tmp_path)
    assert (
        str(error.value)
        == f"{folder / 'proof.json'} does not exist: run `sc-hw prove` on lane again."
    )
    prove(LANE, root=tmp_path, controls=False)
    assert check(LANE, root=tmp_path)["passed"]
    (folder / "top.v").write_text((folder / "top.v").read_text() + "// changed\n")
    with pytest.raises(ConfigError) as error:
        check(LANE, root=tmp_path)
    assert (
        str(error.value)
        == f"{folder / 'proof.json'} belongs to other Verilog than {folder / 'top.v'}: run `sc-hw"
        " prove` on lane again."
    )
    elaborate(LANE, tmp_path)
    certificate = json.loads((folder / "proof.json").read_text()) | {"rule_sha256": "0"}
    (folder / "proof.json").write_text(json.dumps(certificate))
    with pytest.raises(ConfigError) as error:
        check(LANE, root=tmp_path)
    assert (
        str(error.value)
        == f"{folder / 'proof.json'} belongs to another text of rule 'reward_modulated_stdp': run"
        " `sc-hw prove` on lane again."
    )


def test_interrupted_proof_leaves_no_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove(LANE, root=tmp_path, controls=False)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(prover, "decide", killed)
    with pytest.raises(KeyboardInterrupt):
        prove(LANE, root=tmp_path, controls=False)
    assert not (tmp_path / prover.build_id(LANE) / "proof.json").exists()


def test_every_control_finds_its_place() -> None:
    assert len({control.name for control in CONTROLS}) == len(CONTROLS) >= 8
    rule, params = controls.resolve(LANE.rule)
    graph = controls.trace(rule, params)
    for control in CONTROLS:
        if control.change is not None:
            assert controls._changed(graph, control.change, control.first) is not None, control.name


def test_court_knows_all_four_verdicts() -> None:
    terms = new_terms()
    prover = Prover(terms, limit_s=0.05)
    a = terms.var("a", 16)
    grows = terms(K.BV_ULT, terms(K.BV_ADD, a, terms.const(1, 16)), a)
    assert (
        prover.claim("", "a + 1 > a", grows, [terms.differ(a, terms.const(0xFFFF, 16))]).verdict
        == PROVED
    )
    wraps = prover.claim("", "a + 1 > a, always", grows, shown={"a": a})
    assert (wraps.verdict, wraps.counterexample) == (REFUTED, {"a": 0xFFFF})
    nothing = prover.claim("", "from a contradiction", grows, [terms.differ(a, a)])
    assert nothing.verdict == VACUOUS
    c, d = (terms(K.BV_ZERO_EXTEND, terms.var(name, 30), indices=(30,)) for name in "cd")
    semiprime = terms.const(982_451_653 * 715_225_739, 60)
    factored = terms(K.EQUAL, terms(K.BV_MUL, c, d), semiprime)
    assert (
        prover.claim("", "a product of two 30-bit primes has no factors", factored).verdict
        == UNKNOWN
    )


@pytest.mark.parametrize(
    "body",
    [
        "wire x; assign x = ~(x & a); assign b = x;",  # a combinational loop
        "assign b = a; assign b = clk;",  # two drivers
    ],
)
def test_reading_back_rejects_what_lint_lets_pass(tmp_path: Path, body: str) -> None:
    (tmp_path / "bad.v").write_text(f"module bad(input clk, input a, output b); {body} endmodule\n")
    with pytest.raises(
        ToolError,
        match=r"^yosys failed \(exit \d+\): ERROR: Found \d+ problems in 'check -assert'\.",
    ):
        read_back(tmp_path / "bad.v", "bad", tmp_path)
