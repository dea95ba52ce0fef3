"""Reports. All inputs here are made up (FIXTURES): no figure in this file was measured."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_hw.reporting.report import DASH, ReportError, baseline, collect, number, report
from sc_model.rules import load_rule

FAMILY = "reward_modulated_stdp"
REASON = "fixture: no timing <for> this | device"

MANIFEST: dict[str, Any] = {
    "schema_version": "sc-hw.manifest.v1",
    "id": "0123456789ab",
    "design": {
        "name": "fixture",
        "block": "bank",
        "synapses": 8,
        "fabric": "generic",
        "seed": 7,
        "rule": {"family": FAMILY, "parameters": {}},
    },
    "top": "synapse_bank",
    "verilog": "top.v",
    "verilog_sha256": "a" * 64,
    "rule": {
        "family": FAMILY,
        "source_sha256": hashlib.sha256(load_rule(FAMILY).source.encode()).hexdigest(),
        "parameters": {"weight_bits": 16, "learning_shift": 4},
        "state": [
            {
                "name": "weight",
                "width": 16,
                "signed": False,
                "initial": 0,
                "locality": "synapse",
                "loadable": True,
            }
        ],
        "inputs": [],
        "state_bits": 52,
    },
    "domain": {
        "clock": "clk",
        "edge": "rising",
        "reset": "rst",
        "reset_kind": "synchronous, active high",
    },
    "ports": [
        {
            "name": "i__payload",
            "direction": "input",
            "width": 10,
            "signed": False,
            "fields": [{"name": "reward", "offset": 2, "width": 8, "signed": True}],
        }
    ],
    "timing": {"latency_clocks": 13, "synapses_per_clock": 1},
    "named_signals": [],
    "crossings": [],
    "tools": {"amaranth": "0.5.10"},
    "package": "9.9.9",
}
PROOF: dict[str, Any] = {
    "schema_version": "sc-hw.proof.v1",
    "build_id": "0123456789ab",
    "verilog_sha256": "a" * 64,
    "rule_sha256": "b" * 64,
    "passed": True,
    "solver": "bitwuzla 0.9.1",
    "yosys": "0.70",
    "seconds": 61.23,
    "claims": [
        {
            "name": "step: weight",
            "statement": "netlist = rule",
            "verdict": "proved",
            "seconds": 17.77,
        }
    ],
    "controls": [
        {
            "name": "sum one bit short",
            "verdict": "refuted",
            "expected": "refuted",
            "counterexample": {"weight": 54321},
        }
    ],
}
COSIM: dict[str, Any] = {
    "schema_version": "sc-hw.cosim.v1",
    "steps": 31,
    "synapse_steps": 248,
    "cycles": 477,
    "differences": 0,
    "first_difference": None,
    "coverage": {"bins": {"weight: zero": 19, "reward: least": 0}, "missed": ["reward: least"]},
    "cycles_per_s": None,
    "wall_s": 2.5,
    "passed": True,
    "recording": None,
    "final_state": "final_state.npz",
}


def metric(
    target: str,
    *,
    block: str = "bank",
    title: str | None = None,
    build: str = "0123456789ab",
    **changes: Any,
) -> dict[str, Any]:
    made_up: dict[str, Any] = {
        "schema_version": "sc-hw.metrics.v1",
        "design": "fixture",
        "block": block,
        "synapses": 8 if block == "bank" else 1,
        "build_id": build,
        "target": target,
        "title": title or f"Device {target}",
        "tools": {"yosys": "0.70 (fixture)"},
        "synth_command": "synth",
        "port_bits": 208,
        "pins": 39,
        "wrapper": None,
        "units": {"bram": "RAM", "dsp": "MUL"},
        "lut": 1234,
        "ff": 567,
        "bram": 2.5,
        "dsp": 0,
        "critical_path": {
            "from": "block.a",
            "to": "block.b",
            "delay_ns": 7.25,
            "logic_ns": 3.5,
            "routing_ns": 3.75,
        },
        "placed_reason": None,
        "fmax": {
            "median_mhz": 137.9,
            "min_mhz": 128.4,
            "max_mhz": 141.3,
            "by_seed_mhz": [128.4, 137.9, 141.3],
            "reason": None,
        },
        "updates_per_s": 137_900_000,
        "updates_per_s_reason": None,
        "device_limit_mhz": 131.5,
        "device_limit": {
            "what": "multiplier",
            "mhz": 131.5,
            "kind": "typical",
            "source": "fixture: sheet <X>",
        },
        "limit_reason": None,
        "quoted_mhz": 131.5,
        "quoted_from": "multiplier",
        "quoted_updates_per_s": 131_500_000,
    }
    return made_up | changes


NO_TIMING: dict[str, Any] = {
    "fmax": {
        "median_mhz": None,
        "min_mhz": None,
        "max_mhz": None,
        "by_seed_mhz": None,
        "reason": REASON,
    },
    "updates_per_s": None,
    "updates_per_s_reason": REASON,
    "critical_path": None,
    "dsp": 1,
    "quoted_mhz": None,
    "quoted_from": None,
    "quoted_updates_per_s": None,
}
UNKNOWN_LIMIT: dict[str, Any] = {
    "device_limit_mhz": None,
    "device_limit": None,
    "limit_reason": "fixture: no sheet",
    "quoted_mhz": 137.9,
    "quoted_from": "nextpnr",
    "quoted_updates_per_s": 137_900_000,
}


def put(folder: Path, **files: Any) -> Path:
    """A build folder with these JSON files; `metrics` is a list."""
    build = folder / "build"
    build.mkdir(exist_ok=True)
    for value in files.pop("metrics", []):
        (build / "estimate" / value["target"]).mkdir(parents=True, exist_ok=True)
        (build / "estimate" / value["target"] / "metrics.json").write_text(json.dumps(value))
    for name, value in ({"manifest": MANIFEST} | files).items():
        (build / f"{name}.json").write_text(json.dumps(value))
    return build


class Page(HTMLParser):
    """Checks that tags close, and keeps the tables' cells and every attribute that could load
    something.
    """

    VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: dict[str, list[list[str]]] = {}
        self.sources: list[str] = []
        self.tags: set[str] = set()
        self._table = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.sources += [
            v for k, v in attrs if k in ("src", "href", "srcset", "data", "action", "style") and v
        ]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "table":
            self._table = values.get("class") or f"table {len(self.cells)}"
            self.cells[self._table] = []
        elif tag == "tr":
            self.cells[self._table].append([])
        elif tag in ("td", "th"):
            self.cells[self._table][-1].append("")
        elif tag in ("br", "sup", "small") and self.cells:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.cells[self._table][-1][-1] += data


def test_a_null_is_a_dash_with_its_reason_and_never_zero(tmp_path: Path) -> None:
    build = put(tmp_path, metrics=[metric("a", **NO_TIMING)], results=COSIM)
    content = report(build)
    assert content["price"][0]["fmax"]["median_mhz"] is None
    page = (build / "report.html").read_text()
    row = Page(page).cells["price"][1]
    assert (
        row[5].strip() == row[7].strip() == row[8].strip() == f"{DASH} 1"
    )  # the digit is the footnote
    assert row[6].split() == ["131.5", "2", "multiplier,", "typical"]
    assert "<li>fixture: no timing &lt;for&gt; this | device</li>" in page
    markdown = (build / "report.md").read_text()
    assert f"| {DASH} [1] | 131.5 [2] multiplier, typical | {DASH} [1] | {DASH} [1] |" in markdown
    assert "1. fixture: no timing &lt;for&gt; this \\| device" in markdown
    assert f"| 477 | {DASH} | 2.5 |" in markdown  # cycles_per_s is null
    assert number(None) == DASH
    assert number(0) == "0"


def test_the_lower_of_nextpnrs_figure_and_the_devices_limit_is_quoted_in_bold(
    tmp_path: Path,
) -> None:
    old = {
        key: value
        for key, value in metric("c").items()
        if "limit" not in key and "quoted" not in key
    }
    build = put(tmp_path, metrics=[metric("a"), metric("b", **UNKNOWN_LIMIT), old])
    content = report(build)
    assert [price["quoted_mhz"] for price in content["price"]] == [131.5, 137.9, None]
    assert content["figures"]["price.a.quoted_mhz"] == 131.5
    page = (build / "report.html").read_text()
    limited, unlimited, before = (
        [cell.split() for cell in row[5:]] for row in Page(page).cells["price"][1:]
    )
    assert limited[0][0] == "137.9"
    assert limited[1:] == [["131.5", "1", "multiplier,", "typical"], ["131.5"], ["131.5"]]
    assert unlimited[1:] == [[DASH, "2"], ["137.9"], ["137.9"]]
    assert before[1:] == [[DASH, "3"]] * 3
    assert "<b>131.5</b>" in page
    assert "<li>Limit of the multiplier, typical: fixture: sheet &lt;X&gt;.</li>" in page
    assert "<li>fixture: no sheet</li>" in page
    assert "run `sc-hw estimate` again" in page
    markdown = (build / "report.md").read_text()
    assert "| 131.5 [1] multiplier, typical | **131.5** | 131.5 |" in markdown
    assert f"| {DASH} [2] | **137.9** | 137.9 |" in markdown


def numbers(text: str) -> set[float]:
    return {
        float(found.replace(",", ""))
        for found in re.findall(r"(?<![\w.-])-?\d[\d,]*(?:\.\d+)?(?![\w])", text)
    }


def leaves(value: Any) -> set[float]:
    if isinstance(value, dict):
        return set().union(*map(leaves, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(leaves, value)) if value else set()
    return (
        {float(value)} if isinstance(value, (int, float)) and not isinstance(value, bool) else set()
    )


VERSIONS = {"0.70", "0.70 (fixture)", "0.5.10", "9.9.9", "0.9.1"}


def test_every_number_in_the_tables_comes_from_the_json(tmp_path: Path) -> None:
    metrics = [metric("a"), metric("b", lut=4321, bram=0)]
    build = put(tmp_path, proof=PROOF, results=COSIM, metrics=metrics)
    report(build)
    known = leaves([MANIFEST, PROOF, COSIM, metrics])
    known |= {round(m["quoted_updates_per_s"] / 1e6, 1) for m in metrics}  # printed in millions
    known |= {float(len(m["fmax"]["by_seed_mhz"])) for m in metrics} | {
        10.0,
        6.0,
    }  # "3 seeds"; "10^6" in the heading
    page = Page((build / "report.html").read_text())
    assert "price" in page.cells
    assert "paths" in page.cells
    for name, rows in page.cells.items():
        for row in rows:
            for cell in row:
                if cell in VERSIONS:
                    continue
                assert numbers(cell) <= known, (name, cell)
    text = " ".join(cell for rows in page.cells.values() for row in rows for cell in row)
    for figure in (
        "1,234",
        "4,321",
        "567",
        "2.5",
        "137.9",
        "128.4 to 141.3",
        "7.25",
        "477",
        "248",
        "17.77",
        "3 seeds",
    ):
        assert figure in text


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


def test_the_page_is_self_contained_and_parses(tmp_path: Path) -> None:
    build = put(tmp_path, proof=PROOF, results=COSIM, metrics=[metric("a")])
    report(build)
    text = (build / "report.html").read_text()
    page = Page(text)
    assert not re.search(
        r"https?://|//[a-z]", re.sub(r"data:image/svg\+xml;base64,[A-Za-z0-9+/=]+", "", text)
    )
    assert not re.search(r"@import|url\(", text)
    assert not page.tags & {"script", "link", "iframe", "object"}
    assert len(page.sources) >= 2
    assert all(
        source.startswith(("data:image/svg+xml;base64,", "color:")) for source in page.sources
    )


def test_names_are_escaped(tmp_path: Path) -> None:
    evil = '<script>alert("x")</script> | `a` & *b*'
    manifest = copy.deepcopy(MANIFEST)
    manifest["top"] = evil
    proof = copy.deepcopy(PROOF)
    proof["claims"][0]["name"] = proof["controls"][0]["name"] = evil
    proof["controls"][0]["counterexample"] = {evil: 1}
    path = {"from": evil, "to": evil, "delay_ns": 1.5, "logic_ns": 1.0, "routing_ns": 0.5}
    cosim = COSIM | {"coverage": {"bins": {evil: 0}, "missed": [evil]}}
    build = put(
        tmp_path,
        manifest=manifest,
        proof=proof,
        results=cosim,
        metrics=[metric("a", title=evil, critical_path=path)],
    )
    report(build)
    text = (build / "report.html").read_text()
    assert "<script" not in text
    assert "script" not in Page(text).tags
    for line in (build / "report.md").read_text().splitlines():
        if evil[8:14] in line and line.startswith("|"):
            assert "<script" not in re.sub(r"`[^`]*`", "", line)
            assert not re.search(r"(?<!\\)\| `?a", line)


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


def recorded(build: Path, winners: list[int], weights: list[int], steps: int = 12) -> None:
    """FIXTURE: four lines (1 x 2 pixels, ON and OFF), two neurons, four trials of two steps and
    four held-out samples.
    """
    decide = np.array([1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1])
    meta = {
        "task": "fixture task",
        "image": {"shape": [1, 2], "signs": [1, -1]},
        "labels": [0, 1, 0, 1, 0, 1, 0, 1],
        "winners": [1, 1, 0, 1, 0, 1, 0, 0],
        "held_out": 4,
        "block": 2,
        "accuracy": {"after": 0.75, "chance": 0.5},
        "longer": {"trials": 8, "right": [0.5, 1.0, 1.0, 1.0], "after": 1.0},
        "final_weight_sha256": (
            hashlib.sha256(np.array([9, 1, 1, 9, 1, 9, 9, 1], "<u2").tobytes()).hexdigest()
        ),
    }
    spikes = np.zeros((12, 2), bool)
    spikes[np.flatnonzero(decide), winners] = True
    np.savez(build / "recording.npz", decide=decide, meta=np.array(json.dumps(meta)))
    np.savez(
        build / "final_state.npz", weight=np.array(weights).reshape(4, 2), spikes=spikes[:steps]
    )


def test_what_was_learned_is_scored_on_the_decisions_of_the_rtl(tmp_path: Path) -> None:
    build = put(tmp_path, results=COSIM | {"recording": "recording.npz"})
    recorded(build, [1, 1, 0, 1, 0, 1, 0, 0], [9, 1, 1, 9, 1, 9, 9, 1])
    learned = report(build)["learned"]
    assert (learned["curve"], learned["trials"], learned["samples"]) == ([0.5, 1.0], 4, 4)
    assert (learned["after"], learned["golden_after"], learned["chance"]) == (0.75, 0.75, 0.5)
    assert learned["same_decisions"] is True
    assert learned["same_weights_as_golden"] is True
    assert learned["by_class"] == [
        {"class": 0, "samples": 2, "right": 2},
        {"class": 1, "samples": 2, "right": 1},
    ]
    page = (build / "report.html").read_text()
    assert "75.0 %" in page
    assert "Share of right decisions over the trials" in page
    assert "Weights of each neuron as an image" in page
    assert "Every decision of the RTL is the one that the recorded reward was given for." in page
    recorded(build, [1, 1, 0, 1, 1, 0, 0, 0], [1, 9, 9, 1, 9, 1, 1, 9])
    again = report(build)["learned"]
    assert (again["after"], again["same_decisions"], again["same_weights_as_golden"]) == (
        0.25,
        False,
        False,
    )
    page = (build / "report.html").read_text()
    assert "DIFFER from those of the golden model" in page
    assert "The RTL decided otherwise than the golden model that was rewarded." in page


def test_a_replay_that_ends_early_is_scored_as_far_as_it_went(tmp_path: Path) -> None:
    build = put(tmp_path, results=COSIM | {"recording": "recording.npz"})
    recorded(build, [1, 1, 0, 1, 0, 1, 0, 0], [9, 1, 1, 9, 1, 9, 9, 1], steps=5)
    learned = report(build)["learned"]
    assert (learned["curve"], learned["trials"], learned["samples"], learned["after"]) == (
        [0.5],
        3,
        0,
        None,
    )
    assert (learned["same_decisions"], learned["same_weights_as_golden"], learned["by_class"]) == (
        True,
        None,
        [],
    )
    assert "The replay ended before the held-out samples." in (build / "report.html").read_text()


def test_an_absolute_recording_path_leaves_no_trace(tmp_path: Path) -> None:
    build = put(tmp_path)
    recorded(build, [1, 1, 0, 1, 0, 1, 0, 0], [9, 1, 1, 9, 1, 9, 9, 1])
    put(tmp_path, results=COSIM | {"recording": str(build / "recording.npz")})
    assert report(build)["learned"]["status"] == "measured"
    assert str(tmp_path) not in "".join(
        (build / f"report.{kind}").read_text() for kind in ("json", "md", "html")
    )


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
        match=r"^.*proof\.json must have schema_version 'sc-hw\.proof\.v1', not 'other'" + again,
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


def test_a_rule_that_has_changed_is_not_quoted(tmp_path: Path) -> None:
    manifest = copy.deepcopy(MANIFEST)
    manifest["rule"]["source_sha256"] = "d" * 64
    build = put(tmp_path, manifest=manifest)
    reason = "the rule's file has changed since this design was elaborated"
    assert report(build)["rule"]["equations"] == {"text": None, "reason": reason}
    build = put(tmp_path)
    assert "decay_signed(e)" in report(build)["rule"]["equations"]["text"]


def test_baseline_has_a_row_for_each_block_and_target(tmp_path: Path) -> None:
    lanes = [metric(name, block="lane", build="l" * 12, lut=99) for name in ("a", "b")]
    banks = [metric("a"), metric("b", **NO_TIMING)]
    content = baseline([*banks, *lanes], tmp_path / "reports", "sc-hw estimate --fixture <all>")
    order = [(row["block"], row["target"]) for row in content["price"]]
    assert order == [("lane", "a"), ("lane", "b"), ("bank", "a"), ("bank", "b")]
    assert content == collect(
        [*lanes, *banks], "sc-hw estimate --fixture <all>"
    )  # the order given does not matter
    assert content == json.loads((tmp_path / "reports" / "baseline.json").read_text())
    page = (tmp_path / "reports" / "baseline.html").read_text()
    rows = Page(page).cells["price"]
    assert [row[0].split()[0] for row in rows[1:]] == ["lane", "lane", "bank", "bank"]
    assert rows[4][6].startswith(DASH)
    assert rows[4][8].startswith(DASH)
    assert "sc-hw estimate --fixture &lt;all&gt;" in page
    assert "No board was measured." in page
    first = page
    baseline([*lanes, *banks], tmp_path / "reports", "sc-hw estimate --fixture <all>")
    assert (tmp_path / "reports" / "baseline.html").read_text() == first
    with pytest.raises(
        ReportError, match=r"^target 'a' is given twice for build 0123456789ab \(fixture\)\.$"
    ):
        collect([banks[0], banks[0]], "")
    nothing = (
        r"^a baseline needs the metrics of at least one design; `sc-hw estimate DESIGN` makes"
        r" them\.$"
    )
    with pytest.raises(ReportError, match=nothing):
        collect([], "")
