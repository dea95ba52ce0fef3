"""Design to Verilog and manifest: the build's name, the audit of networks, the same bytes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from network_designs import two_clocks
from support import ROOT, python

from sc_hw.build import elaborate as elaboration
from sc_hw.build import naming
from sc_hw.build.audit_design import audit_design
from sc_hw.build.elaborate import AuditError, build_id, elaborate, make, sha256
from sc_model.spec import Design, RuleChoice


def test_a_network_is_audited_when_it_is_elaborated(tmp_path: Path) -> None:
    build = elaborate(two_clocks(), tmp_path)
    answer = json.loads((build.folder / "audit.json").read_text())
    assert answer["passed"]
    assert answer["expected"] == len(answer["crossings"]) == len(build.manifest["crossings"]) == 7
    assert {(c["from"], c["to"]) for c in answer["crossings"]} == {
        ("sense", "think"),
        ("think", "sense"),
    }
    assert answer["not_judged"]
    constraints = {file.name: file.read_text() for file in (build.folder / "constraints").iterdir()}
    assert all(crossing["name"] in constraints["crossings.xdc"] for crossing in answer["crossings"])
    assert audit_design(two_clocks(), tmp_path) == answer


def test_a_crossing_that_is_not_as_it_must_be_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(two_clocks())
    text = made.verilog
    # Without the first of two flip-flops the other clock's bit goes straight to the second.
    start = text.index("module sc_sync_1(")
    end = text.index("endmodule", start)
    module = text[start:end]
    broken = module.replace("q <= first;", "q <= d;")
    assert broken != module
    monkeypatch.setattr(
        elaboration,
        "make",
        lambda design: type(made)(
            text[:start] + broken + text[end:], made.manifest, made.crossings
        ),
    )
    with pytest.raises(
        AuditError,
        match=(
            r"^the crossing audit of two found \d+ faults, the first: .*; `sc-hw audit` lists"
            r" all\.$"
        ),
    ):
        elaborate(two_clocks(), tmp_path)
    assert not list(tmp_path.rglob("top.v"))


def test_two_clocks_give_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "from network_designs import two_clocks; from sc_hw.build.elaborate import make; import"
        " json; made = make(two_clocks());print(made.manifest['verilog_sha256'],"
        " json.dumps(made.manifest))"
    )
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "tests" / "designs")))
    texts = {python(code, PYTHONHASHSEED=seed, PYTHONPATH=path) for seed in ("1", "2", "4", "5")}
    assert len(texts) == 1


def test_a_build_is_named_by_everything_that_decides_its_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lane = Design(name="a", block="lane")
    first = build_id(lane)
    assert len(first) == 12
    assert first == build_id(Design(name="a", block="lane"))
    others = [
        lane.model_copy(update={"name": "b"}),
        lane.model_copy(update={"fabric": "ecp5"}),
        lane.model_copy(update={"rule": RuleChoice(family="pair_stdp")}),
        lane.model_copy(update={"rule": RuleChoice(parameters={"weight_bits": 9})}),
    ]
    assert len({first, *map(build_id, others)}) == 5
    versions = naming.back_end_versions()
    monkeypatch.setattr(naming, "back_end_versions", lambda: {**versions, "amaranth": "9"})
    assert build_id(lane) != first


def test_the_manifest_belongs_to_the_verilog_and_describes_the_rule(tmp_path: Path) -> None:
    design = Design(name="a", block="bank", synapses=9)
    build = elaborate(design, tmp_path)
    assert build.folder == tmp_path / build_id(design)
    assert json.loads((build.folder / "manifest.json").read_text()) == build.manifest
    assert build.manifest["verilog_sha256"] == sha256(build.verilog.read_text())
    assert Design.model_validate(build.manifest["design"]) == design
    rule = build.manifest["rule"]
    assert rule["family"] == "reward_modulated_stdp"
    assert "file" not in rule  # found by its name
    assert sum(field["width"] for field in rule["state"]) == rule["state_bits"]
    assert [field["name"] for field in rule["state"] if field["loadable"]] == ["weight"]


def test_verilog_that_has_passed_is_not_audited_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = elaborate(two_clocks(), tmp_path)
    audits: list[str] = []

    def crossing_audit(made: elaboration.Elaboration) -> dict[str, object]:
        audits.append(made.manifest["id"])
        return {"passed": True, "verilog_sha256": made.manifest["verilog_sha256"]}

    monkeypatch.setattr(elaboration, "crossing_audit", crossing_audit)
    elaborate(two_clocks(), tmp_path)
    assert audits == []
    file = build.folder / "audit.json"
    for text in ('{"passed": false}', "{", '{"passed": true, "verilog_sha256": "other"}'):
        file.write_text(text)
        elaborate(two_clocks(), tmp_path)
    assert audits == [build.id] * 3
