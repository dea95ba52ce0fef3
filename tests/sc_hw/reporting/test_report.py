"""Reports as a whole: stages, staleness, differences, errors, the same bytes."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from report_files import COSIM, NO_TIMING, PROOF, metric, put, recorded

from sc_hw.errors import ReportError
from sc_hw.reporting.content import REPORT_SCHEMA
from sc_hw.reporting.report import report


@pytest.mark.parametrize("embed", [True, False])
def test_same_files_same_bytes(tmp_path: Path, embed: bool) -> None:
    build = put(
        tmp_path, proof=PROOF, results=COSIM, metrics=[metric("a"), metric("b", **NO_TIMING)]
    )
    report(build, tmp_path / "one", embed=embed)
    report(build, tmp_path / "two", embed=embed)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["report.html", "report.json", "report.md"] + (
        [] if embed else ["report_area.svg", "report_fmax.svg"]
    )
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert b"<dc:date>" not in b"".join((tmp_path / "one" / name).read_bytes() for name in names)


def test_stages_that_were_not_run_name_their_command(tmp_path: Path) -> None:
    build = put(tmp_path)
    content = report(build)
    assert content["proof"] == {"status": "not run", "command": "sc-hw prove fixture.toml"}
    assert content["learned"]["status"] == "not measured"
    for name in ("report.html", "report.md"):
        text = (build / name).read_text()
        for command in (
            "sc-hw prove fixture.toml",
            "sc-hw cosim fixture.toml",
            "sc-hw estimate fixture.toml",
        ):
            assert command in text
        assert "No board was measured." in text
        assert "hardware_measurement_claimed: false" in text
    assert content["hardware_measurement_claimed"] is False


def test_a_result_of_other_verilog_is_stale_and_a_failure_is_shown(tmp_path: Path) -> None:
    first = {"step": 5, "synapse": 2, "field": "weight", "expected": 1, "got": 2}
    failed = {"differences": 3, "passed": False, "first_difference": first}
    build = put(tmp_path, proof=PROOF | {"verilog_sha256": "c" * 64}, results=COSIM | failed)
    content = report(build)
    assert content["proof"]["status"] == "stale"
    assert content["cosim"]["status"] == "failed"
    for name in ("report.html", "report.md"):
        text = (build / name).read_text()
        assert "Stale:" in text
        assert "3 differences." in text
        assert "synapse" in text
    put(
        tmp_path,
        proof=PROOF | {"passed": False, "claims": [PROOF["claims"][0] | {"verdict": "unknown"}]},
    )
    assert report(build)["proof"]["status"] == "failed"
    assert "Not proved." in (build / "report.html").read_text()


def test_differences_against_the_previous_report(tmp_path: Path) -> None:
    build = put(tmp_path, proof=PROOF, results=COSIM, metrics=[metric("a")])
    assert report(build)["differences"] is None
    unchanged = report(build, previous=build / "report.json")
    assert unchanged["differences"] == []
    assert "None. (Wall times are not compared.)" in (build / "report.html").read_text()
    put(
        tmp_path,
        proof=PROOF | {"seconds": 99.9},
        metrics=[metric("a", lut=617), metric("b", **NO_TIMING)],
    )
    changed = {
        row["figure"]: row for row in report(build, previous=build / "report.json")["differences"]
    }
    assert changed["price.a.lut"] == {
        "figure": "price.a.lut",
        "before": 1234,
        "after": 617,
        "change_percent": -50.0,
    }
    assert changed["price.b.lut"] == {
        "figure": "price.b.lut",
        "before": None,
        "after": 1234,
        "change_percent": None,
    }
    assert set(changed) == {
        "price.a.lut",
        "price.b.lut",
        "price.b.ff",
        "price.b.bram",
        "price.b.dsp",
    }


def test_results_as_the_simulation_leaves_them(tmp_path: Path) -> None:
    build = put(tmp_path)
    (build / "sim").mkdir()
    recorded(build / "sim", [1, 1, 0, 1, 0, 1, 0, 0], [9, 1, 1, 9, 1, 9, 9, 1])
    elsewhere = tmp_path / "elsewhere.npz"
    (build / "sim" / "recording.npz").rename(elsewhere)
    digest = hashlib.sha256(elsewhere.read_bytes()).hexdigest()
    left = {
        "recording": {"name": "recording.npz", "sha256": digest},
        "final_state": "/moved/sim/final_state.npz",
        "seed": 7,
        "stall": 0.25,
        "simulator": {"verilator": "5.40", "cocotb": "2.1.0"},
    }
    (build / "sim" / "results.json").write_text(json.dumps(COSIM | left))
    assert (
        report(build)["learned"]["reason"]
        == "the recording recording.npz that the co-simulation replayed is not at hand"
    )
    content = report(build, recording=elsewhere)
    assert content["learned"]["after"] == 0.75
    assert content["cosim"]["final_state"] == "final_state.npz"
    assert content["tools"]["cosim"] == {"verilator": "5.40", "cocotb": "2.1.0"}
    assert (
        "recording <code>recording.npz</code>, seed 7, 25 % idle clocks"
        in (build / "report.html").read_text()
    )
    left["recording"] = {"name": "recording.npz", "sha256": "e" * 64}
    (build / "sim" / "results.json").write_text(json.dumps(COSIM | left))
    reason = "the recording recording.npz is not the one that the co-simulation replayed"
    assert report(build, recording=elsewhere)["learned"]["reason"] == reason


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(
        ReportError,
        match=r"^build folder .* has no manifest\.json; `sc-hw elaborate DESIGN` writes it\.$",
    ):
        report(tmp_path)
    build = put(tmp_path, proof={"schema_version": "other"})
    again = r"; run the stage that wrote it again\.$"
    with pytest.raises(
        ReportError,
        match=r"^.*proof\.json must have schema_version 'sc-hw\.proof\.v2', not 'other'" + again,
    ):
        report(build)
    (build / "proof.json").write_text("{")
    with pytest.raises(ReportError, match=r"^.*proof\.json is not valid JSON: .*" + again):
        report(build)
    (build / "proof.json").unlink()
    with pytest.raises(
        ReportError,
        match=r"^previous report .* does not exist; leave it out, or give a report\.json\.$",
    ):
        report(build, previous=tmp_path / "none.json")


def test_figures_of_another_build(tmp_path: Path) -> None:
    build = put(tmp_path, proof=PROOF, results=COSIM)
    report(build)
    other = tmp_path / "other"
    shutil.copytree(build, other)
    results = json.loads((other / "results.json").read_text())
    (other / "results.json").write_text(json.dumps(results | {"steps": results["steps"] + 5}))
    for place in (build, build / "report.json"):
        content = report(other, against=place)
        assert [row["figure"] for row in content["differences"]] == ["cosim.steps"]
        assert content["compared_with"] == content["build_id"]
        assert "Compared with build" in (other / "report.md").read_text()
    with pytest.raises(ReportError, match="must be a build folder or a report"):
        report(other, against=tmp_path)
    with pytest.raises(ReportError, match="must be a build folder or a report"):
        report(other, against=tmp_path / "none.json")
    written = tmp_path / "written.json"
    for wrong in ({}, {"figures": 3, "build_id": "a"}, {"figures": {}}):
        written.write_text(json.dumps({"schema_version": REPORT_SCHEMA} | wrong))
        with pytest.raises(
            ReportError, match="must have figures and a build_id, as `sc-hw report`"
        ):
            report(other, against=written)
    written.write_text("[" * 100_000)
    with pytest.raises(ReportError, match="is not valid JSON: "):
        report(other, against=written)
