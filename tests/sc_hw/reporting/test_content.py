"""What `report.json` holds: figures to compare, tools by stage, the rule's equations."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from report_files import COSIM, MANIFEST, PROOF, metric, put

from sc_hw.reporting.content import (
    figure_differences,
    flat_design,
    price_content,
    rule_content,
    tidy_cosim,
    tools_by_stage,
)
from sc_hw.reporting.report import report


def test_inner_tables_of_a_design_are_flattened_and_the_rule_is_left_out() -> None:
    design = {
        "name": "d",
        "rule": {"family": "pair_stdp"},
        "layer": {"inputs": 3, "lanes": 1},
        "neuron": None,
    }
    assert flat_design(design) == {
        "name": "d",
        "layer.inputs": 3,
        "layer.lanes": 1,
        "neuron": None,
    }


def test_differences_have_a_percentage_where_both_are_numbers() -> None:
    old: dict[str, Any] = {"same": 1, "half": 10, "text": "a", "flag": True, "zero": 0, "gone": 5}
    new: dict[str, Any] = {"same": 1, "half": 5, "text": "b", "flag": False, "zero": 2, "new": 7}
    rows = {row["figure"]: row for row in figure_differences(old, new)}
    assert list(rows) == ["half", "text", "flag", "zero", "new", "gone"]
    assert {name: row["change_percent"] for name, row in rows.items()} == {
        "half": -50.0,
        "text": None,
        "flag": None,  # a truth value is no number
        "zero": None,  # nothing can be said in percent of 0
        "new": None,
        "gone": None,
    }
    assert (rows["gone"]["before"], rows["gone"]["after"]) == (5, None)
    (negative,) = figure_differences({"x": -4}, {"x": -3})
    assert negative["change_percent"] == 25.0
    assert figure_differences(old, old) == []


def test_tools_are_named_by_the_stage_that_used_them() -> None:
    cosim = COSIM | {"simulator": {"verilator": "5.40"}}
    prices = [metric("a"), metric("b", tools=None), metric("c", tools={"nextpnr": "0.8"})]
    assert tools_by_stage(MANIFEST, PROOF, cosim, prices) == {
        "elaborate": {"amaranth": "0.5.10", "sc-hw": "9.9.9"},
        "prove": {"bitwuzla": "0.9.1", "yosys": "0.70"},
        "cosim": {"verilator": "5.40"},
        "estimate": {"yosys": "0.70 (fixture)", "nextpnr": "0.8"},
    }
    assert set(tools_by_stage(MANIFEST, {}, {}, [])) == {"elaborate"}


def test_files_are_named_without_their_folders() -> None:
    tidy = tidy_cosim({"status": "passed", "waves": "/a/b/waves.vcd", "recording": {"name": "r"}})
    assert (tidy["waves"], tidy["recording"]) == ("waves.vcd", {"name": "r"})
    assert (tidy["first_difference"], tidy["coverage"]) == (None, {"bins": {}, "missed": []})
    assert tidy_cosim({"status": "not run"}) == {"status": "not run"}


def test_a_key_that_old_metrics_lack_is_none() -> None:
    content = price_content({"design": "d", "lut": 3})
    assert (content["design"], content["lut"], content["quoted_mhz"]) == ("d", 3, None)
    assert "schema_version" not in price_content(metric("a"))


def test_figures_hold_no_wall_time() -> None:
    proof, cosim = ({**stage, "status": "passed"} for stage in (PROOF, COSIM))
    content = rule_content(MANIFEST, proof, cosim, [metric("a")], {"first": 0.5})
    figures = content["figures"]
    assert figures["design.synapses"] == 8
    assert figures["rule.weight_bits"] == 16
    assert figures["proof.step: weight"] == "proved"
    assert (figures["cosim"], figures["cosim.steps"]) == ("passed", 31)
    assert figures["price.a.fmax_median_mhz"] == 137.9
    assert figures["learned.first"] == 0.5
    assert not [name for name in figures if "second" in name or "wall" in name]


def test_a_rule_that_has_changed_is_not_quoted(tmp_path: Path) -> None:
    manifest = copy.deepcopy(MANIFEST)
    manifest["rule"]["source_sha256"] = "d" * 64
    build = put(tmp_path, manifest=manifest)
    reason = "the rule's file has changed since this design was elaborated"
    assert report(build)["rule"]["equations"] == {"text": None, "reason": reason}
    build = put(tmp_path)
    assert "decay_signed(e)" in report(build)["rule"]["equations"]["text"]
