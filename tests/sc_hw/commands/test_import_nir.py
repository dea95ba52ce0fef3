"""From a NIR file to a design: files, lanes, and errors in one line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

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
