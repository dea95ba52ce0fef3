"""Parameters of a file: what is missing, of another shape, or out of range."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_model.evaluation import load_parameters
from sc_model.quantisation import FloatLayer, network_design, quantise
from sc_model.spec import ConfigError


def written(folder: Path, **arrays: Any) -> Path:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return path


def test_parameters_of_a_file(tmp_path: Path) -> None:
    design, parameters = network_design("n", [quantise(FloatLayer("n", np.ones((2, 3)), leak=0.9))])
    assert design.network is not None
    found = load_parameters(written(tmp_path, x=np.zeros(3), **parameters), design.network)
    assert {name: each.tolist() for name, each in found.items()} == {
        name: each.tolist() for name, each in parameters.items()
    }
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"n.leak": None}, "must have the array 'n.leak'; it lacks it."),
        ({"n.weight": np.zeros((2, 2), int)}, "'n.weight' must have shape (2, 3), not (2, 2)"),
        ({"n.weight": np.full((2, 3), 200)}, "'n.weight' must be in [-128, 127], not 200"),
        ({"n.weight": np.zeros((2, 3))}, "'n.weight' must hold integers, not float64."),
    ]
    for change, text in wrong:
        arrays = {name: each for name, each in (parameters | change).items() if each is not None}
        with pytest.raises(ConfigError) as error:
            load_parameters(written(tmp_path, **arrays), design.network)
        assert text in str(error.value)
    with pytest.raises(ConfigError, match="there is none"):
        load_parameters(tmp_path / "none.npz", design.network)
