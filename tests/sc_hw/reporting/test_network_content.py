"""Reports of networks: layers, crossings, and a plastic layer."""

from __future__ import annotations

from pathlib import Path

from network_designs import learns, two_clocks

from sc_hw.build.elaborate import elaborate
from sc_hw.reporting.network_content import _layer_features, network_content
from sc_hw.reporting.report import report


def test_report_of_a_network(tmp_path: Path) -> None:
    build = elaborate(two_clocks(), tmp_path)
    content = report(build.folder)
    assert content["audit"]["status"] == "passed"
    assert content["proof"]["status"] == content["cosim"]["status"] == "not run"
    page, text = ((build.folder / f"report.{kind}").read_text() for kind in ("html", "md"))
    assert "7 of 7" in page
    assert "| slow | hetsyn, 3 x 2 | think | 4 | once | 1 |" in text
    again = report(build.folder, previous=build.folder / "report.json")
    assert again["differences"] == []


def test_report_of_a_network_that_learns(tmp_path: Path) -> None:
    build = elaborate(learns(), tmp_path)
    report(build.folder)
    text = (build.folder / "report.md").read_text()
    assert "| a | dense, 11 x 6 | sync | 1 | hold | 2 |" in text
    assert "| delays to 9; recurrent; bias |" in text
    assert "| plastic | plastic, 6 x 3 | sync | 1 | each word | 1 |" in text
    assert "Network of 2 layers, 120 synapses, 1 clock." in text
    assert build.manifest["rule"]["family"] == "reward_modulated_stdp"


def test_features_of_a_layer_in_words() -> None:
    spec = {"max_delay": 0, "recurrent": False, "bias": False}
    assert _layer_features({"decay": None}, spec) == "-"
    decay = {"factors": [1, 2, 3], "terms": 2}
    assert _layer_features({"decay": decay}, spec) == "3 decay codes, 2 shifted copies"
    assert (
        _layer_features({"decay": decay | {"terms": 0}}, {**spec, "max_delay": 4, "bias": True})
        == "3 decay codes, multiplier; delays to 4; bias"
    )


def test_figures_of_each_clock_can_be_compared(tmp_path: Path) -> None:
    manifest = elaborate(learns(), tmp_path).manifest
    proof = {"status": "passed", "claims": [{"name": "a: b", "verdict": "proved"}]}
    fmax = {"sync": {"median_mhz": 99.5}}
    price = {"target": "t", "lut": 1, "ff": 2, "bram": 3, "dsp": 4, "tools": {}}
    content = network_content(
        manifest, proof, {"status": "not run"}, {}, [price | {"fmax_by_clock": fmax}]
    )
    figures = content["figures"]
    assert (figures["proof"], figures["proof.a: b"]) == ("passed", "proved")
    assert [figures[f"price.t.{unit}"] for unit in ("lut", "ff", "bram", "dsp")] == [1, 2, 3, 4]
    assert figures["price.t.sync.fmax_median_mhz"] == 99.5
    clocks = manifest["timing"]["tick_clocks"]
    assert {name: figures[f"timing.tick_clocks.{name}"] for name in clocks} == clocks
    # the plastic layer's memories: every word of every space
    assert content["plastic"]["lanes"] == 1
    assert content["plastic"]["memory_bits"] >= 6 * 3 * manifest["rule"]["state_bits"] // 2
