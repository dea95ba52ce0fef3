"""Files of NIR as other packages write them, for which hardware has no room, or of which nobody
can know what wrote them: the error names the node, the figures and what to do.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest

from sc_model.interchange import InterchangeError, import_design
from sc_model.quantisation import save_design
from sc_model.spec import load_design


def ones(size: int, *values: float) -> list[Any]:
    return [np.full(size, each, np.float32) for each in values]


def lif(size: int, tau: float = 0.02) -> Any:
    return nir.LIF(*ones(size, tau, 1.0, 0.0, 1.0, 0.0))


def weights(outputs: int, inputs: int) -> Any:
    return nir.Linear(np.random.default_rng(0).normal(0, 1, (outputs, inputs)).astype("f4"))


def written(folder: Path, nodes: dict[str, Any], inputs: Any, outputs: int) -> Path:
    """The file of a chain of nodes, in their order, from an input to an output."""
    chain = {
        "input": nir.Input(np.array(inputs)),
        **nodes,
        "output": nir.Output(np.array([outputs])),
    }
    names = list(chain)
    path = folder / "net.nir"
    nir.write(path, nir.NIRGraph(chain, list(pairwise(names))))
    return path


# --- more than hardware has room for --------------------------------------------------------------

FLAT = np.array([3, 20, 20])
WIDE: dict[str, tuple[dict[str, Any], Any, int, str, str]] = {
    "pixels of three colours": (
        {"flat": nir.Flatten({"input": FLAT}, 0, -1), "w": weights(4, 1200), "first": lif(4)},
        FLAT,
        4,
        "node 'first' (LIF) must have at most 1,024 inputs",
        "not 1,200",
    ),
    "a hidden layer": (
        {"a": weights(1100, 8), "hidden": lif(1100), "b": weights(3, 1100), "last": lif(3)},
        [8],
        3,
        "node 'hidden' (LIF) must have at most 1,024 neurons",
        "not 1,100",
    ),
    "the classes": (
        {
            "a": weights(8, 8),
            "hidden": lif(8),
            "b": weights(2000, 8),
            "words": nir.CubaLIF(*ones(2000, 0.01, 0.02, 1.0, 0.0, 1.0, 0.0, 1.0)),
        },
        [8],
        2000,
        "node 'words' (CubaLIF) must have at most 1,024 neurons",
        "not 2,000",
    ),
}


@pytest.mark.parametrize("name", sorted(WIDE))
def test_a_network_that_is_too_wide_names_its_node(name: str, tmp_path: Path) -> None:
    nodes, inputs, outputs, subject, figure = WIDE[name]
    path = written(tmp_path, nodes, inputs, outputs)
    with pytest.raises(InterchangeError) as caught:
        import_design(path, dt_ms=1.0, reset="zero", reset_delay=False)
    text = str(caught.value)
    assert subject in text
    assert figure in text
    # what to do: make it smaller, or run it in floating point
    assert "in hardware" in text
    assert "take a smaller" in text
    assert "sc_model.interchange.read()" in text
    assert "DenseSpec" not in text


def test_the_widest_network_that_there_is_room_for(tmp_path: Path) -> None:
    path = written(tmp_path, {"w": weights(2, 1024), "n": lif(2)}, [1024], 2)
    design, parameters, _ = import_design(path, dt_ms=1.0, reset="zero", reset_delay=False)
    toml, _ = save_design(tmp_path / "out", design, parameters)
    network = load_design(toml).network
    assert network is not None
    assert network.layers[0].inputs == 1024


# --- which Norse wrote it -------------------------------------------------------------------------

SECONDS: dict[str, tuple[dict[str, Any], float, str, str]] = {
    "synaptic currents": (
        {"w": weights(2, 3), "c": nir.CubaLIF(*ones(2, 0.005, 0.01, 1.0, 0.0, 1.0, 0.0, 1.0))},
        1.0,
        "tau_mem of node 'c'",
        "10 ms",
    ),
    "two layers": (
        {"w": weights(2, 3), "n": lif(2, 0.04), "v": weights(2, 2), "last": lif(2, 0.08)},
        0.5,
        "tau of node 'last'",
        "80 ms",
    ),
    "time constants of their own": (
        {
            "w": weights(2, 3),
            "n": nir.LIF(np.array([0.0025, 0.03]), *(x.astype("f8") for x in ones(2, 1, 0, 1, 0))),
        },
        0.1,
        "tau of node 'n'",
        "2.5 ms",
    ),
}


@pytest.mark.parametrize("name", sorted(SECONDS))
def test_a_file_of_an_older_norse_is_asked_about(name: str, tmp_path: Path) -> None:
    nodes, dt_ms, subject, time = SECONDS[name]
    path = written(tmp_path, nodes, [3], 2)
    told: dict[str, Any] = {"dt_ms": dt_ms, "reset": "zero"}
    with pytest.raises(InterchangeError) as caught:
        import_design(path, source="norse", **told)
    text = str(caught.value)
    assert "source must be 'norse-seconds' or 'norse-1.1' for this graph, not 'norse'" in text
    assert subject in text
    assert f"That is {time} where Norse wrote seconds" in text
    # the answer is taken, and said
    notes = import_design(path, source="norse-seconds", **told).report.notes
    node = subject.partition(" of ")[2]
    assert any(each.startswith(node) and "from source 'norse-seconds'" in each for each in notes)
