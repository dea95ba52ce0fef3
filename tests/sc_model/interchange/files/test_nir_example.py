"""The digits that are shipped in examples/nir: file, spikes and integers belong together."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import ROOT

from sc_model.golden.network.network import Network
from sc_model.golden.network.recording import NetworkRecording, load_network_recording
from sc_model.interchange import Imported, import_design, read, run, to_network
from sc_model.spec import load_design

FOLDER = ROOT / "examples" / "nir"
TOLD: dict[str, Any] = {"source": "snntorch", "reset": "subtract", "reset_delay": True}
# the widths of the integers that are shipped; free ones would be chosen by spikes
WIDTHS: dict[str, Any] = {"weight_bits": 8, "scale": "tensor"}
DIGITS = 60


@pytest.fixture(scope="module")
def imported() -> Imported:
    return import_design(FOLDER / "digits_snn.nir", **TOLD, **WIDTHS)


@pytest.fixture(scope="module")
def recording(imported: Imported) -> NetworkRecording:
    assert imported.design.network is not None
    return load_network_recording(FOLDER / "digits_snn_test.npz", imported.design.network)


def answers(spikes: Any, meta: Any) -> Any:
    return spikes.reshape(-1, meta["steps"] + meta["silence"], 10).sum(1).argmax(1)


def test_the_integers_are_those_of_an_import_of_the_file(
    imported: Imported, recording: NetworkRecording
) -> None:
    assert imported.design.network is not None
    assert imported.design.network.tick_ms == 0.1
    assert set(imported.parameters) == set(recording.parameters)
    for name, array in imported.parameters.items():
        assert np.array_equal(array, recording.parameters[name]), name


def test_the_golden_network_gives_the_answers_that_are_noted(
    imported: Imported, recording: NetworkRecording
) -> None:
    meta = recording.meta
    x = recording.x[: DIGITS * (meta["steps"] + meta["silence"])]
    assert imported.design.network is not None
    found = answers(Network(imported.design.network, imported.parameters).run(x), meta)
    assert found.tolist() == meta["answers"][:DIGITS]
    assert (found == meta["labels"][:DIGITS]).mean() > 0.9
    floating = answers(
        run(to_network(read(FOLDER / "digits_snn.nir", **TOLD)), {"input": x})["output"], meta
    )
    assert (floating == found).mean() > 0.95


def test_the_readme_has_the_numbers_that_are_noted(recording: NetworkRecording) -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    meta = json.loads(json.dumps(recording.meta))
    digits = len(meta["labels"])
    assert (
        np.mean(np.array(meta["answers"]) == meta["labels"])
        == meta["accuracy"]["imported, integers"]
    )
    for accuracy in meta["accuracy"].values():
        assert f"{accuracy * digits:.0f} ({accuracy:.3f})" in text


def test_the_examples_of_the_documentation_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "nir.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(blocks) == 2
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    for block in blocks:
        exec(block, {})
    assert load_design(tmp_path / "net" / "digits_snn.toml").name == "digits_snn"
