"""The benchmark on images: rows of a small network, their sum, and the page that is committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import ROOT

from campaigns import networks
from campaigns.freshness.stamps import without_stamp
from sc_model.evaluation import run_integers
from sc_model.quantisation import save_design
from sc_model.spec import DenseSpec, Design, LifSpec, NetworkSpec

NEURON = LifSpec(leak="shift", fraction=2)
SPEC = NetworkSpec(
    layers=(
        DenseSpec(name="hidden", inputs=9, neurons=6, neuron=NEURON),
        DenseSpec(name="output", inputs=6, neurons=3, neuron=NEURON),
    )
)


@pytest.fixture
def design(tmp_path: Path) -> Path:
    """A network of random weights with 12 samples."""
    rng = np.random.default_rng(0)
    parameters = {"hidden.weight": rng.integers(-40, 90, (6, 9))}
    parameters |= {"output.weight": rng.integers(-40, 90, (3, 6))}
    parameters |= {"hidden.threshold": np.full(6, 200), "output.threshold": np.full(3, 200)}
    toml, _ = save_design(tmp_path, Design(name="mnist", block="network", network=SPEC), parameters)
    spikes = (rng.random((12, 5, 9)) < 0.4).astype(np.uint8)
    np.savez(tmp_path / "mnist_test.npz", spikes=spikes, labels=np.arange(12) % 3)
    return toml


def test_a_row_counts_answers_and_events(design: Path, tmp_path: Path) -> None:
    row = networks.fold_row(2, design, 0, tmp_path)
    with (
        np.load(design.with_name("mnist_test.npz")) as data,
        np.load(design.with_suffix(".npz")) as parameters,
    ):
        layers = run_integers(SPEC, dict(parameters), data["spikes"])
        x, labels = data["spikes"], data["labels"]
    counts = layers[1].sum(axis=1, dtype=int)
    right = int(((counts.argmax(1) == labels) & (counts.max(1) > 0)).sum())
    assert (row["fold"], row["images"], row["ticks"], row["integer"]["right"]) == (2, 12, 5, right)
    wanted = {"input": x.sum() / 12, "hidden": layers[0].sum() / 12, "output": counts.sum() / 12}
    assert row["events"] == pytest.approx(wanted, abs=0.05)
    early = layers[1][:, :2].sum(axis=1, dtype=int)
    assert row["right_after_ticks"][1] == ((early.argmax(1) == labels) & (early.max(1) > 0)).sum()
    assert row["right_after_ticks"][4] == right
    assert "rtl" not in row
    assert "is not there" in row["float_missing"]


def test_a_network_that_is_there_is_not_trained_again(
    design: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(
        networks.subprocess, "run", lambda command, check: calls.append(command[1:])
    )
    assert networks.trained(Path("x.npz"), None, 1, tmp_path) == design
    assert calls == []
    networks.trained(Path("x.gz"), Path("y.gz"), 3, tmp_path / "new")
    assert calls[0][1:5] == ["--data", "x.gz", "--fold", "3"]
    assert calls[0][-2:] == ["--labels", "y.gz"]
    networks.trained(Path("x.gz"), None, 4, tmp_path, "conv")
    assert calls[1][-4:] == ["--name", "mnist_conv", "--network", "conv"]
    assert Path(calls[0][0]).is_file()


def test_folds_are_summed_and_a_difference_is_seen() -> None:
    one = {"samples": 10, "right": 9, "accuracy": 0.9}
    rows: list[dict[str, Any]] = [
        {"integer": one, "float": one, "rtl_difference": None, "right_after_ticks": [2, 9]},
        {
            "integer": {**one, "right": 7, "accuracy": 0.7},
            "rtl": one,
            "rtl_difference": {"step": 1},
            "right_after_ticks": [1, 7],
        },
    ]
    found = networks.together(rows)
    assert found["integer"] == {"images": 20, "right": 16, "accuracy": 0.8, "worst_fold": 0.7}
    assert found["float"]["images"] == 10
    assert found["differences_rtl"] == 1
    assert found["right_after_ticks"] == [3, 16]
    rows[0]["clocks_to_word"] = [100.2, 1200.0]
    assert networks.early_lines(found, rows)[4:] == [
        "| 1 | 15.00 % | 100 |",
        "| 2 | 80.00 % | 1,200 |",
    ]


def test_prices_are_read_or_their_absence_said(tmp_path: Path) -> None:
    rows, missing = networks.hardware(tmp_path, "dense")
    assert rows is None
    assert missing is not None
    report = {"hardware": rows, "hardware_missing": missing}
    assert "None: networks_hardware.json is not there" in "\n".join(networks.hardware_lines(report))
    (tmp_path / "networks_hardware.json").write_text('{"rows": [{"lut4": 1200, "fabric": "x"}]}')
    rows, missing = networks.hardware(tmp_path, "dense")
    assert missing is None
    assert networks.hardware_lines({"hardware": rows})[2:5] == [
        "| lut4 | fabric |",
        "|---|---|",
        "| 1,200 | x |",
    ]


def test_the_lines_of_the_convolutional_network(tmp_path: Path) -> None:
    share = {"accuracy": 0.98, "samples": 4}
    row: dict[str, Any] = {"events": {"input": 1.5}, "integer": share, "images": 4, "ticks": 3}
    rows, missing = networks.hardware(tmp_path, "conv")
    report = {
        "convolutional": row, "convolutional_hardware": rows,
        "convolutional_hardware_missing": missing,
    }  # fmt: skip
    text = "\n".join(networks.convolutional_lines(report))
    assert "98.00 % of 4 right in integers; 3 ticks; events an image: input 1.5." in text
    assert "Not run in Verilog: conv_hardware.json is not there" in text
    row |= {"float": {"accuracy": 0.99}}
    ran = {
        "lanes": "8 + 16", "neurons_a_clock": "8 + 8", "target": "t", "images": 4, "lut4": 3000,
        "images_that_differ": 0, "clocks_an_image": 1000.4, "us_an_image": 10.0, "mhz": 100.0,
        "block_ram": 5,
    }  # fmt: skip
    report["convolutional_hardware"] = [ran, {**ran, "images_that_differ": 2}]
    text = "\n".join(networks.convolutional_lines(report))
    assert "99.00 % with the same weights in floating point (1.00 points lost)" in text
    assert "4 images in the compiled Verilog, all give the golden output spikes; 1,000 clo" in text
    assert "2 of them DIFFER" in text


def test_the_committed_page_is_made_of_the_committed_numbers() -> None:
    report = json.loads((ROOT / "reports" / "networks.json").read_text(encoding="utf-8"))
    page = (ROOT / "reports" / "networks.md").read_text(encoding="utf-8")
    assert networks.page(report) == without_stamp(page)
    assert "An answer may be taken before the last tick" in page
    assert report["totals"]["differences_rtl"] == 0
    assert report["totals"]["rtl"]["images"] >= 1000
    assert report["totals"]["integer"]["accuracy"] >= 0.955
    convolutional = report["convolutional"]
    assert convolutional["float"]["accuracy"] - convolutional["integer"]["accuracy"] <= 0.005
