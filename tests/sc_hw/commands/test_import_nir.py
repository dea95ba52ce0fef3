"""From a NIR file to a design: files, lanes, and errors in one line."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import nir
import numpy as np
import pytest
from support import ROOT

from sc_hw.commands.import_nir import import_nir
from sc_hw.files import OutputError
from sc_hw.tools import ToolError
from sc_model.spec import load_design

NETWORK = ROOT / "examples" / "nir" / "digits_snn.nir"
OPTIONS = {"source": "snntorch", "reset": "subtract", "reset_delay": True}


def test_three_files_are_written(tmp_path: Path) -> None:
    result = import_nir(NETWORK, tmp_path / "net", lanes=16, **OPTIONS)
    names = ["digits_snn.import.json", "digits_snn.npz", "digits_snn.toml"]
    assert sorted(path.name for path in (tmp_path / "net").iterdir()) == names
    written = json.loads((tmp_path / "net" / "digits_snn.import.json").read_text())
    assert written == {key: value for key, value in result.items() if key != "text"}
    assert result["source"] == "digits_snn.nir"
    assert result["text"]
    design = load_design(Path(result["design"]))
    assert design.network is not None
    # at most one for each neuron: the second layer has ten
    assert [(layer.neurons, layer.lanes) for layer in design.network.layers] == [(32, 16), (10, 10)]
    assert [row["neurons"] for row in result["layers"]] == [32, 10]


def test_lanes_of_a_kernel_divide_its_channels(tmp_path: Path) -> None:
    one = np.ones((6, 4, 4))
    nodes = {
        "input": nir.Input({"input": np.array([1, 6, 6])}),
        "w": nir.Conv2d((6, 6), np.full((6, 1, 3, 3), 0.25), 1, 0, 1, 1, np.zeros(6)),
        "n": nir.IF(one * 1000, one, one * 0),
        "output": nir.Output({"output": np.array([6, 4, 4])}),
    }
    nir.write(tmp_path / "c.nir", nir.NIRGraph(nodes, list(pairwise(nodes)), type_check=False))
    told = {"dt_ms": 1.0, "reset": "zero", "reset_delay": False, "weight_bits": 8}
    result = import_nir(tmp_path / "c.nir", tmp_path / "net", lanes=4, compact=True, **told)
    (layer,) = load_design(Path(result["design"])).network.layers  # type: ignore[union-attr]
    assert (layer.kind, layer.lanes, layer.engine_line) == ("conv", 3, None)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as error:
        import_nir(NETWORK, tmp_path / "file", **OPTIONS)
    text = f"output {tmp_path / 'file'} can't be written: File exists; choose another folder."
    assert str(error.value) == text


def test_without_the_package_nir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sc_model.interchange", None)
    with pytest.raises(ToolError, match=r"sc_model\.interchange"):
        import_nir(NETWORK, tmp_path, **OPTIONS)
