"""`sc-hw evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from support import ROOT
from typer.testing import CliRunner

from sc_hw.cli import app

DIGITS = ROOT / "examples" / "nir"


def run(*arguments: Any) -> Any:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_evaluate_as_text_and_json(tmp_path: Path) -> None:
    told = ["--source", "snntorch", "--reset", "subtract", "--reset-delay", "--weight-bits", 8]
    net, data = tmp_path / "net", DIGITS / "digits_snn_test.npz"
    assert run("import", DIGITS / "digits_snn.nir", *told, "--out", net).exit_code == 0
    done = run("evaluate", net / "digits_snn.toml", data, "--samples", 60)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "digits_snn: 60 samples of 20 steps from digits_snn_test.npz"
    assert [line.split()[0] for line in lines[2:4]] == ["float", "integer"]
    assert "confusion of the integers: rows are labels, columns answers" in lines
    found = json.loads(run("evaluate", net / "digits_snn.toml", data, "--json").stdout)
    # what snnTorch gives, each digit by itself (examples/nir/README.md)
    assert found["float"]["right"] == 347
    assert found["integer"]["right"] >= 340
    assert np.array(found["integer"]["confusion"]).sum() == found["samples"] == 360
    assert found["agreement"]["differing_share"] < 0.1
