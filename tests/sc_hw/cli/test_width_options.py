"""`sc-hw import` with an option for each width, `--strict` and `--calibrate`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
from typer.testing import CliRunner

from sc_hw.cli import app
from sc_model.quantisation.widths import RANGES

TOLD = ["--dt-ms", "0.1", "--reset", "zero", "--no-reset-delay"]


def graph(weight: Any, tau: float, threshold: float, folder: Path) -> str:
    size = len(weight)
    same = [np.full(size, each) for each in (tau, 1.0, 0.0, threshold, 0.0)]
    nodes = {
        "input": nir.Input(np.array([np.shape(weight)[1]])),
        "w": nir.Linear(np.array(weight)),
        "n": nir.LIF(*same),
        "output": nir.Output(np.array([size])),
    }
    file = folder / "net.nir"
    nir.write(file, nir.NIRGraph(nodes, [("input", "w"), ("w", "n"), ("n", "output")]))
    return str(file)


def run(*arguments: Any) -> Any:
    return CliRunner().invoke(app, [str(each) for each in arguments])


NETWORKS: dict[str, Any] = {
    "slow leaks": (([[1.0]], 1.0, 2.0), ["leak of 'n' (1 of 1 neurons) is off by up to 6.8 %"]),
    "coarse leaks": (
        ([[1.0]], 1.0, 2.0, "--leak-bits", 12),
        ["leak of 'n' (1 of 1 neurons) became none: 100 % of it is lost; --leak-bits 16 keeps 93"],
    ),
    "dead bands": (
        ([[500.0, 125.0]], 0.05, 0.375, "--fraction", 4, "--weight-bits", 8),
        ["potentials of 'n' (1 of 1 neurons) up to 34 % of the threshold"],
    ),
    "weights": (
        ([[1e6, 1000.0, 1000.0]], 0.01, 2.0, "--weight-bits", 8),
        [
            "potentials of 'n' (1 of 1 neurons) up to 2.9 % of the threshold",
            "weights of 'n' (1 of 1 neurons): 2 of 3 became 0, the largest of them 500 % of the",
        ],
    ),
}


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_strict_import_refuses_losses_and_writes_nothing(name: str, tmp_path: Path) -> None:
    (weight, tau, threshold, *options), losses = NETWORKS[name]
    file, out = graph(weight, tau, threshold, tmp_path), tmp_path / "out"
    done = run("import", file, *TOLD, "--out", out, *options)
    assert done.exit_code == 0, done.output
    for loss in losses:
        assert f"loss: {loss}" in done.stdout
    report = json.loads((out / "net.import.json").read_text())
    assert [each["neurons"][0] for each in report["findings"] if each["lost"]] == [0] * len(losses)
    strict = run("import", file, *TOLD, "--out", tmp_path / "strict", *options, "--strict")
    assert strict.exit_code == 2
    lines = strict.stderr.splitlines()
    assert [line[: len(loss) + 7] for line, loss in zip(lines, losses, strict=True)] == [
        f"error: {loss}" for loss in losses
    ]
    assert not (tmp_path / "strict").exists()


def test_by_default_the_same_networks_keep_what_they_are(tmp_path: Path) -> None:
    """All but the first, for whose leak no width is enough."""
    for name, ((weight, tau, threshold, *_), _) in sorted(NETWORKS.items()):
        file = graph(weight, tau, threshold, tmp_path)
        done = run("import", file, *TOLD, "--out", tmp_path / name, "--strict")
        assert done.exit_code == (2 if tau == 1.0 else 0), done.output


def test_calibration_by_a_file(tmp_path: Path) -> None:
    file = graph([[300.0, -100.0, 77.7]], 0.02, 1.0, tmp_path)
    spikes = np.random.default_rng(0).random((3, 80, 3)) < 0.3
    np.savez(tmp_path / "x.npz", spikes=spikes)
    options = ["--out", tmp_path / "out", "--calibrate", tmp_path / "x.npz", "--may-differ", "0.5"]
    done = run("import", file, *TOLD, *options, "--json")
    result = json.loads(done.stdout)
    assert result["agreement"]["stimulus"] == "x.npz"
    assert (result["agreement"]["samples"], result["agreement"]["steps"]) == (3, 80)
    assert result["agreement"]["floats"]["n"] > 10
    assert result["agreement"]["differing_share"] <= 0.005
    assert result["float"]["answers"]["reset"] == {"*": "zero"}
    for word, text in (
        ("random:x", "random samples must have a seed"),
        ("none.npz", "none.npz"),
    ):
        wrong = run("import", file, *TOLD, "--out", tmp_path / "no", "--calibrate", word)
        assert text in str(wrong.exception)
    wrong = run(
        "import",
        file,
        *TOLD,
        "--out",
        tmp_path / "no",
        "--calibrate",
        "random",
        "--may-differ",
        300,
    )
    assert str(wrong.exception) == (
        "may_differ must be in [0, 100], the per cent of spikes that may differ, not 300.0."
    )
    assert not (tmp_path / "no").exists()


def test_help_says_range_and_default_of_every_width() -> None:
    done = CliRunner().invoke(app, ["import", "--help"], env={"COLUMNS": "400"})
    assert done.exit_code == 0
    lines = [re.sub(r"[│\s]+", " ", line) for line in done.stdout.splitlines()]
    for option, low, high in RANGES.values():
        (line,) = (each for each in lines if f" {option} " in each)
        assert "default" in line
        if option not in ("--tau-min-ms", "--tau-max-ms"):
            assert f"{low:g} to {high:g}" in line
