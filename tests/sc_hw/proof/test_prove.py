"""The proof proves, refutes what is wrong, and knows when it has proved nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from campaigns.proof_sweep import lane_designs
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.proof import prove as prover
from sc_hw.proof.mutants.mutant import Mutant, Trial, no_comparison
from sc_hw.proof.prove import check, decide, prove, prove_many
from sc_hw.proof.verdicts import PROVED, REFUTED
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


@pytest.mark.parametrize("fabric", ["generic", "ice40_up", "ecp5"])
def test_bank_pipelines_and_schedules_of_every_depth(tmp_path: Path, fabric: str) -> None:
    certificate = prove(
        Design(name="bank", block="bank", synapses=1024, fabric=fabric),
        root=tmp_path,
        mutants=False,
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
    certificate = prove(design, root=tmp_path, mutants=False, schedules=False)
    assert certificate["passed"], [c for c in certificate["claims"] if c["verdict"] != PROVED]


@pytest.mark.parametrize("synapses", [1, 2, 13, 14, 15, 65536])
def test_bank_depths_around_the_pipeline(tmp_path: Path, synapses: int) -> None:
    design = Design(name="bank", block="bank", synapses=synapses)
    assert verdicts(
        prove(design, root=tmp_path, mutants=False, schedules=False)["claims"]
    ).keys() == {PROVED}


def test_bank_with_mutants(tmp_path: Path) -> None:
    design = Design(name="bank", block="bank", synapses=64)
    certificate = prove(design, root=tmp_path, schedules=False)
    assert certificate["passed"]
    assert {row["verdict"] for row in certificate["mutants"]} == {REFUTED}
    early = next(row for row in certificate["mutants"] if row["name"] == "read one clock early")
    assert early["claim"] == "order: no early read"


def test_a_mutant_that_is_proved_fails_the_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(build: Build, folder: Path) -> Trial:
        return Trial(no_comparison, lambda limit_s: decide(build.folder, limit_s))

    harmless = Mutant("no fault", "nothing is wrong", ("lane",), make)
    monkeypatch.setattr(prover, "mutants_of", lambda block: (harmless,))
    certificate = prove(LANE, root=tmp_path)
    assert verdicts(certificate["claims"]).keys() == {PROVED}
    (row,) = certificate["mutants"]
    assert (row["verdict"], row["expected"]) == (PROVED, REFUTED)
    assert not certificate["passed"]


def test_mutants_need_all_parts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="parts must be empty") as error:
        prove(LANE, root=tmp_path, parts=("outputs",))
    assert str(error.value) == (
        "parts must be empty, not ['outputs'], where mutants are tried: a mutant may be in any"
        " part; pass mutants=False"
    )


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
    prove(LANE, root=tmp_path, mutants=False)
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
    prove(LANE, root=tmp_path, mutants=False)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(prover, "decide", killed)
    with pytest.raises(KeyboardInterrupt):
        prove(LANE, root=tmp_path, mutants=False)
    assert not (tmp_path / prover.build_id(LANE) / "proof.json").exists()
