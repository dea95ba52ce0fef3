"""What `report.json` holds: figures to compare, tools by stage, the rule's equations."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from report_files import COSIM, MANIFEST, PROOF, metric, put

from sc_hw.build.blocks import block_of
from sc_hw.fabric.families import load_family
from sc_hw.reporting.content import (
    figure_differences,
    flat_design,
    loadable_fields,
    price_content,
    rule_content,
    stored_bits,
    tidy_cosim,
    tools_by_stage,
)
from sc_hw.reporting.report import report
from sc_model.rules import load_rule
from sc_model.spec import parse_design


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


EVERY_FIELD = {"weight", "eligibility", "pre_trace", "post_trace"}


@pytest.mark.parametrize(
    ("block", "size", "bits", "loadable"),
    [
        ("lane", {}, {"synapse": 52}, {"weight"}),
        ("bank", {}, {"synapse": 52}, EVERY_FIELD),
        (
            "layer",
            {"layer": {"inputs": 4, "neurons": 2}},
            {"synapse": 28, "input": 12, "neuron": 12},
            EVERY_FIELD,
        ),
    ],
)
def test_what_is_said_of_the_state_is_so_of_every_block(
    tmp_path: Path, block: str, size: Any, bits: dict[str, int], loadable: set[str]
) -> None:
    design = parse_design({"design": {"name": "d", "block": block}, **size})
    rule = load_rule(design.rule.family)
    formats = rule.state_formats(rule.params_type())
    manifest = copy.deepcopy(MANIFEST)
    manifest["design"] = design.model_dump(mode="json")
    manifest["rule"]["state"] = [
        {
            "name": field.name,
            "width": formats[field.name].width,
            "signed": formats[field.name].signed,
            "initial": 0,
            "locality": str(field.locality),
            "loadable": field.loadable,
        }
        for field in rule.state
    ]
    manifest |= block_of(design, load_family("generic")).description()
    assert stored_bits(manifest) == bits
    assert loadable_fields(manifest) == loadable
    build = put(tmp_path, manifest=manifest)
    report(build)
    text = (build / "report.md").read_text()
    for owner, count in bits.items():
        assert f"| state kept for each {owner}, bits | {count} |" in text
    rows = [line for line in text.splitlines() if line.startswith("| `") and "signed |" in line]
    said = {line.split("`")[1]: line.split("|")[-2].strip() for line in rows[: len(rule.state)]}
    assert said == {name: "yes" if name in loadable else "no" for name in formats}
    assert "top.v, which is made for the design's own fabric" in text


def test_shares_and_latency_stand_on_the_page_and_an_old_estimate_has_a_dash(
    tmp_path: Path,
) -> None:
    units = {"lut": (1320, 5280), "ff": (567, 5280), "bram": (2.5, 30), "dsp": (0, None)}
    resources = {
        unit: {
            "used": used,
            "available": total,
            "percent": round(100 * used / total, 1) if total else None,
        }
        for unit, (used, total) in units.items()
    }
    new = metric("a", device={"resources": resources, "source": "a list"}, fits=True)
    new |= {"fits_reason": None, "product_notes": ["too wide"], "timing": {"latency_clocks": 263}}
    build = put(tmp_path, metrics=[new, metric("b")])
    content = report(build)
    assert [price["latency_us"] for price in content["price"]] == [2.0, None]  # at 131.5 MHz
    text = (build / "report.md").read_text()
    line = next(row for row in text.splitlines() if row.startswith("| Device a | 1,320 of"))
    assert (
        "| 1,320 of 5,280 (25.0 %) | 567 of 5,280 (10.7 %) | 2.5 of 30 (8.3 %) | \u2013 [" in line
    )
    assert "| yes | 2.0 |" in line
    assert "no total: a list" in text
    assert "Device a: too wide." in text
    assert "estimated before the devices' totals were recorded" in text
