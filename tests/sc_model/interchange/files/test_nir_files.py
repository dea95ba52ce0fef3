"""Files that other packages and other versions of `nir` wrote; `make_fixtures.py` says how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nir_graphs import difference

from sc_model.interchange import (
    FloatGraph,
    InterchangeError,
    from_nir,
    read,
    run,
    to_network,
    to_nir,
)

DATA = Path(__file__).parents[1] / "data"
VERSIONS = ("1_0_0", "1_0_1", "1_0_4", "1_0_6", "1_0_8")
PACKAGES: dict[str, dict[str, Any]] = {
    "snntorch_rleaky": {"source": "snntorch", "reset": "subtract", "reset_delay": True},
    "snntorch_rsynaptic": {"source": "snntorch", "reset": "subtract", "reset_delay": True},
    "norse_lif_box": {"source": "norse", "dt_ms": 1.0, "reset": "zero"},
    "norse_lif": {"source": "norse", "dt_ms": 1.0, "reset": "zero"},
    "norse_iaf": {"source": "norse", "dt_ms": 1.0, "reset": "zero"},
    "spikingjelly": {"source": "spikingjelly", "dt_ms": 0.1},
}


def all_kinds(version: str) -> FloatGraph:
    return read(DATA / f"nir_{version}.nir", dt_ms=1.0, reset="zero", reset_delay=False)


def output(graph: FloatGraph, x: Any) -> Any:
    """What the network's output gives for its input."""
    return run(to_network(graph), {graph.of_kind("input")[0].name: x})[
        graph.of_kind("output")[0].name
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_file_of_every_version_holds_the_same_network(version: str) -> None:
    graph = all_kinds(version)
    assert graph.order == ("input", "rnn.lif", "cuba", "output")
    assert graph.populations["input"].shape == (2, 6, 6)
    assert difference(all_kinds(VERSIONS[-1]), graph) is None


def test_what_was_read_is_written_and_read_again() -> None:
    """Convolution, pool and a graph within are matrices and one graph by then."""
    graph = all_kinds(VERSIONS[-1])
    assert difference(graph, from_nir(to_nir(graph))) is None
    assert difference(graph, from_nir(to_nir(graph, "compact"))) is None


def test_the_network_of_the_versions_is_a_lively_one() -> None:
    graph = all_kinds(VERSIONS[-1])
    delays = next(
        each.taps.delays
        for each in graph.connections
        if (each.source, each.target) == ("rnn.lif", "cuba")
    )
    assert delays == (0, 1, 2, 5)
    x = (np.random.default_rng(0).random((100, 72)) < 0.3).astype(float)
    found = run(to_network(graph), {"input": x})
    assert 0.05 < found["rnn.lif"].mean() < 0.95
    assert 0.05 < found["output"].mean() < 0.95


@pytest.mark.parametrize("name", PACKAGES)
def test_file_of_a_package_gives_its_spikes(name: str) -> None:
    """Float32 there, float64 here: equal on these inputs, spike for spike."""
    graph = read(DATA / f"{name}.nir", **PACKAGES[name])
    with np.load(DATA / f"{name}.npz") as arrays:
        x, y = arrays["x"], arrays["y"]
    assert y.sum() > 20
    assert np.array_equal(output(graph, x), y)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("snntorch_rleaky", {"reset_delay": False}),
        ("snntorch_rleaky", {"reset": "zero"}),
        ("norse_lif_box", {"reset": "subtract"}),
        ("norse_lif_box", {"dt_ms": 2.0}),
        ("norse_lif", {"source": None, "reset_delay": False, "dt_ms": 0.001}),
        ("norse_iaf", {"source": None, "reset_delay": False}),
        ("spikingjelly", {"source": None, "dt_ms": 0.05, "reset": "zero", "reset_delay": False}),
    ],
)
def test_the_wrong_answer_gives_other_spikes(name: str, changed: dict[str, Any]) -> None:
    """What is asked for matters on these inputs."""
    graph = read(DATA / f"{name}.nir", **{**PACKAGES[name], **changed})
    with np.load(DATA / f"{name}.npz") as arrays:
        x, y = arrays["x"], arrays["y"]
    assert not np.array_equal(output(graph, x), y)


def test_what_is_no_nir_file_is_refused(tmp_path: Path) -> None:
    missing, text, other = tmp_path / "missing.nir", tmp_path / "text.nir", tmp_path / "other.nir"
    text.write_text("not HDF5")
    import h5py

    with h5py.File(other, "w") as file:
        file.create_dataset("something", data=1)
    for path, message in (
        (missing, f"NIR file {missing} must be a file; there is none."),
        (
            text,
            f"NIR file {text} must be an HDF5 file, as nir.write() makes them; it is no HDF5 file.",
        ),
        (
            other,
            f"NIR file {other}: it must have a group 'node', as NIR files do; write the file with"
            " nir.write().",
        ),
    ):
        with pytest.raises(InterchangeError) as caught:
            read(path, dt_ms=1.0)
        assert str(caught.value) == message
