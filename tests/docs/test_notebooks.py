"""The notebooks: text that jupytext reads, executed from top to bottom; their figures are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jupytext
import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt
from support import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.md"))


def test_there_are_three() -> None:
    assert [notebook.stem for notebook in NOTEBOOKS] == ["layer", "nir", "rule"]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: str(file.stem))
def test_it_runs(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mpl.use("Agg")
    notebook = jupytext.read(file)
    assert notebook.metadata["kernelspec"]["language"] == "python"
    assert jupytext.reads(jupytext.writes(notebook, "ipynb"), "ipynb").cells == notebook.cells
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)  # what a notebook writes stays out of the repository
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, str(file), "exec"), names)
    for number in plt.get_fignums():
        plt.figure(number).savefig(tmp_path / f"{number}.png")
    plt.close("all")
