"""Fields of nodes: what they may hold, in graphs and in files, and how their shapes agree."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np
import pytest
from small_graphs import TOLD

from sc_model.interchange import InterchangeError, from_nir, read, to_layers
from sc_model.interchange.nodes import FIELDS, common_shape, fitted

VALUES = {"tau": 0.02, "tau_mem": 0.02, "tau_syn": 0.01, "r": 1.0, "v_threshold": 1.0, "w_in": 1.0}


def neurons(kind: str, size: int = 2, **values: Any) -> Any:
    fields = {name: np.full(size, VALUES.get(name, 0.0)) for name in FIELDS[kind]}
    if kind == "Threshold":
        fields["threshold"] = np.ones(size)
    node = getattr(nir, kind)(**fields)
    for name, value in values.items():
        setattr(node, name, value)
    return node


def graph(*, inputs: Any = (3,), outputs: Any = (2,), **nodes: Any) -> Any:
    """The nodes in a row."""
    named = {"input": nir.Input(np.array(inputs)), **nodes, "output": nir.Output(np.array(outputs))}
    names = list(named)
    return nir.NIRGraph(named, list(pairwise(names)), type_check=False)


def conv(**changes: Any) -> Any:
    made = nir.Conv2d(None, np.ones((2, 1, 3, 3)), 1, 1, 1, 1, np.zeros(2))
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def refusal(made: Any, **told: Any) -> str:
    with pytest.raises(InterchangeError) as caught:
        from_nir(made, **{**TOLD, **told})
    return str(caught.value)


W = nir.Linear(np.ones((2, 3)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "kind", ["I", "IF", "LI", "LIF", "CubaLI", "CubaLIF", "Threshold", "Linear", "Affine", "Scale"]
)
def test_no_field_may_hold_what_is_not_finite(kind: str, bad: float) -> None:
    for field in FIELDS[kind]:
        if kind in ("Linear", "Affine", "Scale"):
            fields = {"weight": np.ones((2, 2)), "bias": np.ones(2), "scale": np.ones(2)}
            node = getattr(nir, kind)(**{name: fields[name] for name in FIELDS[kind]})
        else:
            node = neurons(kind)
        value = np.array(getattr(node, field))
        value[..., 1] = bad
        setattr(node, field, value)
        where = "(0, 1)" if value.ndim == 2 else "(1,)"
        assert refusal(graph(w=W, n=node)) == (
            f"node 'n' ({kind}) must have finite numbers in {field}, not {bad:g} at {where}; look"
            " for it in the network before the export."
        )


def test_an_infinite_time_constant_of_snntorch_is_no_leak() -> None:
    told: dict[str, Any] = {"source": "snntorch", "reset": "zero", "reset_delay": False}
    endless = np.full(2, np.inf)
    found = from_nir(graph(w=W, n=neurons("LIF", tau=endless, r=endless)), **told)
    assert found.populations["n"].kind == "if"
    text = refusal(graph(w=W, n=neurons("LIF", tau=endless * np.nan)), **told, dt_ms=None)
    assert text.startswith("node 'n' (LIF) must have finite numbers in tau, not nan at (0,)")


ALL = ", ".join(sorted((*FIELDS, "NIRGraph")))
REFUSED: dict[str, tuple[Any, str]] = {
    "text": (
        graph(w=W, n=neurons("LIF", tau=np.array(["a", "b"]))),
        "node 'n' (LIF) must have numbers in tau, not text.",
    ),
    "complex": (
        graph(w=nir.Scale(np.ones(3) * 1j), n=neurons("LIF", 3), outputs=(3,)),
        "node 'w' (Scale) must have numbers in scale, not complex numbers.",
    ),
    "nothing": (
        graph(w=W, n=neurons("LIF", r=None)),
        "node 'n' (LIF) must have numbers in r, not nothing.",
    ),
    "empty": (
        graph(w=W, n=neurons("LIF", r=np.ones(0))),
        "node 'n' (LIF) must have one number or more in r, not shape (0,).",
    ),
    "ragged": (
        graph(w=W, n=neurons("LIF", r=[[1.0], [1.0, 2.0]])),
        (
            "node 'n' (LIF) must have an array of numbers in r, not what NumPy can't read (setting"
            " an array element with a sequence. The requested array has an inhomogeneo)."
        ),
    ),
    "two shapes": (
        graph(w=W, n=neurons("LIF", r=np.ones(3))),
        (
            "node 'n' (LIF) must have parameters of one shape, or single numbers, not r (3,), tau"
            " (2,), v_leak (2,), v_reset (2,), v_threshold (2,)."
        ),
    ),
    "a weight of one dimension": (
        graph(w=type("Fake", (nir.Linear,), {"__post_init__": lambda self: None})(np.ones(3))),
        (
            "node 'w' (Fake) must have a weight of two dimensions, (outputs, inputs), not shape"
            " (3,)."
        ),
    ),
    "bias": (
        graph(w=nir.Affine(np.ones((2, 3)), np.ones(3)), n=neurons("LIF")),
        "node 'w' (Affine) must have one number in bias or 2, one for each output, not shape (3,).",
    ),
    "negative time": (
        graph(w=W, n=neurons("LIF", tau=np.array([0.02, -0.02]))),
        (
            "node 'n' (lif) must have tau >= the step of 1 ms, not -20 ms (neuron 1): Euler's step"
            " would overshoot; give the dt_ms, or the source, that the graph was made for."
        ),
    ),
    "stride": (
        graph(c=conv(stride=0), n=neurons("IF", 1), inputs=(1, 4, 4), outputs=(1,)),
        "node 'c' (Conv2d) must have whole numbers from 1 to 1,048,576 in stride, not 0.",
    ),
    "half a stride": (
        graph(c=conv(stride=(1, 0.5)), n=neurons("IF", 1), inputs=(1, 4, 4), outputs=(1,)),
        "node 'c' (Conv2d) must have whole numbers from 1 to 1,048,576 in stride, not 0.5.",
    ),
    "three strides": (
        graph(c=conv(stride=(1, 1, 1)), n=neurons("IF", 1), inputs=(1, 4, 4), outputs=(1,)),
        "node 'c' (Conv2d) must have one whole number in stride or 2, not shape (3,).",
    ),
    "padding": (
        graph(c=conv(padding="full"), n=neurons("IF", 1), inputs=(1, 4, 4), outputs=(1,)),
        "node 'c' (Conv2d) must have a padding of 'same', 'valid' or whole numbers, not 'full'.",
    ),
    "groups": (
        graph(c=conv(groups=3), n=neurons("IF", 1), inputs=(1, 4, 4), outputs=(1,)),
        "node 'c' (Conv2d) must have groups that divide its 2 outputs, not 3.",
    ),
    "dimensions": (
        graph(c=conv(weight=np.ones((2, 1, 3))), n=neurons("IF", 1), inputs=(1, 4, 4)),
        (
            "node 'c' (Conv2d) must have a weight of 4 dimensions, (outputs, inputs / groups,"
            " height, width), not shape (2, 1, 3)."
        ),
    ),
    "unrolled": (
        graph(
            c=conv(weight=np.ones((64, 1, 9, 9)), bias=None),
            n=neurons("IF", 1),
            inputs=(1, 200, 200),
        ),
        (
            "node 'c' (Conv2d) must have at most 8,388,608 weights when it is unrolled, and 65,536"
            " for each output, not 195,105,024 and 81; make the kernel or its input smaller."
        ),
    ),
    "an endless input": (
        graph(n=neurons("IF", 1), inputs=(10**5, 10**5)),
        (
            "node 'input' (Input) must have 1 to 1,048,576 values, not shape (100000, 100000)."
        ),
    ),
    "an outer product": (
        graph(
            a=nir.Linear(np.ones((1, 5000))),
            b=nir.Linear(np.ones((5000, 1))),
            n=neurons("IF", 5000),
            inputs=(5000,),
            outputs=(5000,),
        ),
        (
            "node 'b' (Linear) and the linear nodes before it, as one matrix, must have at most"
            " 16,777,216 synapses, not up to 25,000,000; put neurons between them, or make them"
            " smaller."
        ),
    ),
    "delays": (
        graph(
            d=nir.Delay(np.arange(2000) * 1e-3), n=neurons("IF", 2000), inputs=(2000,),
            outputs=(2000,),
        ),
        (
            "node 'd' (Delay) and the linear nodes before it, as one matrix, must have at most"
            " 1,024 delays, not 2,000; put neurons between them, or make them smaller."
        ),
    ),
    "a long delay": (
        graph(d=nir.Delay(np.full(2, 100.0)), n=neurons("IF"), inputs=(2,)),
        (
            "node 'd' (Delay) must delay by at most 65,536 steps of dt_ms = 1 ms, not by 100,000"
            " (value 0); take a longer dt_ms."
        ),
    ),
    "nothing before it": (
        nir.NIRGraph(
            {"output": nir.Output(np.array([2])), "s": nir.Scale(np.ones(1))},
            [("s", "output")],
            type_check=False,
        ),
        (
            "the shape of node 's' (Scale) must follow from its parameters or from what comes into"
            " it, and does not; give an Input its shape, and neurons their parameters one for each."
        ),
    ),
    "a name": (
        graph(**{"w\n": W, "n": neurons("LIF")}),
        (
            "the name of a node must be 1 to 200 letters that can be printed, not 'w\\n' (2"
            " letters)."
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_node_may_be(case: str) -> None:
    made, text = REFUSED[case]
    assert refusal(made) == text


def test_a_chain_of_nodes_may_be_long_and_in_any_order() -> None:
    scales = {
        f"s{number}": nir.Scale(np.ones(1) * (2 if number == 7 else 1)) for number in range(1100)
    }
    made = graph(**scales, n=neurons("IF", 1), inputs=(1,), outputs=(1,))
    backwards = nir.NIRGraph(
        dict(reversed(made.nodes.items())), list(reversed(made.edges)), type_check=False
    )
    (taps,) = (each.taps for each in from_nir(backwards, **TOLD).connections if each.target == "n")
    assert taps.weights().tolist() == [[2.0]]
    ring = nir.NIRGraph({**made.nodes}, [*made.edges, ("s1099", "s0")], type_check=False)
    assert refusal(ring) == (
        "the loop through node 's0' must pass a node with a state, such as LIF; it has none."
    )


@pytest.mark.parametrize(
    "shapes",
    [
        {"tau": (), "v_threshold": ()},
        {"tau": (1,), "v_threshold": (4,)},
        {"tau": (1, 4), "v_threshold": (4,), "r": ()},
        {"tau": (4, 1), "v_threshold": (1, 4), "r": (1, 1)},
        dict.fromkeys(("tau", "r", "v_leak", "v_threshold", "v_reset"), (1, 4)),
        dict.fromkeys(("tau", "r", "v_leak", "v_threshold", "v_reset"), ()),
    ],
)
def test_parameters_of_one_number_and_of_all_shapes_that_exporters_write(
    shapes: dict[str, tuple[int, ...]], tmp_path: Path
) -> None:
    made = graph(w=nir.Linear(np.ones((4, 3))), n=neurons("LIF", 4), outputs=(4,))
    plain = from_nir(made, **TOLD).populations["n"]
    path = tmp_path / "a.nir"
    nir.write(path, made)
    with h5py.File(path, "r+") as file:
        group = file["node/nodes/n"]
        for field, shape in shapes.items():
            value = np.full(shape, group[field][0])
            del group[field]
            group[field] = value
    found = read(path, **TOLD).populations["n"]
    assert found.size == 4
    for field in plain.parameters:
        assert found[field].tolist() == plain[field].tolist()


def test_parameters_of_channels_and_flat_ones_fit_images() -> None:
    def read_in(**values: Any) -> Any:
        node = neurons("IF", 1, **values)
        second = nir.Conv2d(None, np.ones((1, 2, 4, 4)), 1, 0, 1, 1, np.zeros(1))
        made = graph(c=conv(), n=node, d=second, m=neurons("IF", 1), inputs=(1, 4, 4), outputs=(1,))
        return from_nir(made, **TOLD)

    channels = np.array([1.0, 2.0]).reshape(2, 1, 1)
    full = np.repeat([1.0, 2.0], 16)
    for values in (channels, full, full.reshape(2, 4, 4), full.reshape(1, 2, 4, 4)):
        population = read_in(v_threshold=values).populations["n"]
        assert population.shape == (2, 4, 4)
        assert population["v_threshold"].tolist() == full.tolist()
    assert common_shape("n", {"a": np.ones((2, 1)), "b": np.ones((2, 3))}) == (2, 3)
    assert fitted(np.float32(2), (2,)).dtype == np.float32


HARDWARE = "sc_model.interchange.read() and to_network() run it in floating point."


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (
            graph(w=nir.Linear(np.ones((2, 1025))), first=neurons("LIF"), inputs=(41, 25)),
            (
                "node 'first' (LIF) must have at most 1,024 inputs, those of node 'input', in"
                " hardware, not 1,025 (shape (41, 25)); pool or crop the input, or take a smaller"
                f" network. {HARDWARE}"
            ),
        ),
        (
            graph(w=nir.Linear(np.ones((1025, 3))), n=neurons("IF", 1025), outputs=(1025,)),
            (
                "node 'n' (IF) must have at most 1,024 neurons in hardware, not 1,025 (shape"
                " (1025,)); take a smaller layer, or split it into networks side by side."
                f" {HARDWARE}"
            ),
        ),
        (
            graph(d=nir.Delay(np.array([0, 0.064, 0])), w=W, n=neurons("LIF")),
            (
                "node 'n' must have delays of at most 63 steps in the synapses from 'input' in"
                " hardware, not 64; take a longer dt_ms, or shorten the delays."
            ),
        ),
    ],
)
def test_what_hardware_does_not_have_room_for(made: Any, text: str) -> None:
    with pytest.raises(InterchangeError) as caught:
        to_layers(from_nir(made, **TOLD))
    assert str(caught.value) == text


FILES: dict[str, tuple[str, Any, str]] = {
    "type": ("n/type", "AdLIF", f"node 'n' must be one of {ALL}, not AdLIF; replace it by nodes of"
             " these types before the export."),
    "pool": ("n/type", "SumPool1d", f"node 'n' must be one of {ALL}, not SumPool1d; use SumPool2d,"
             " or a Conv1d with weights of 1."),
    "no type": ("n/type", None, "node 'n' must have a field type, and has none."),
    "no field": ("n/tau", None, "node 'n' (LIF) must have a field tau, and has none."),
    "field": ("n/v_treshold", np.ones(2), "node 'n' (LIF) must have the fields tau, r, v_leak,"
              " v_threshold, v_reset, not 'v_treshold'; did you mean 'v_threshold'?"),
    "number for a type": ("n/type", 3, "node 'n' must have one word of text in type, not numbers or"
                          " a group."),
    "text": ("n/tau", "a", "node 'n' (LIF) must have numbers in tau, not text."),
    "array": ("n", np.ones(2), "node 'n' must be a group with a field type, not an array."),
    "no nodes": ("", None, "the graph must have a group nodes, and has none."),
    "edges": ("../edges", np.ones((2, 2)), "the graph must have edges as pairs of node names, text"
              " of shape (edges, 2), not shape (2, 2) of numbers."),
    "shape": ("input/shape", np.array([0]), "node 'input' (Input) must have whole numbers from 1 to"
              " 1,048,576 in shape, not 0."),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_what_no_file_may_hold(case: str, tmp_path: Path) -> None:
    place, value, text = FILES[case]
    path = tmp_path / "a.nir"
    nir.write(path, graph(w=W, n=neurons("LIF")))
    with h5py.File(path, "r+") as file:
        name = f"node/nodes/{place}".rstrip("/") if not place.startswith("..") else "node/edges"
        if name in file:
            del file[name]
        if value is not None:
            file[name] = value
    with pytest.raises(InterchangeError) as caught:
        read(path, **TOLD)
    assert str(caught.value) == f"NIR file {path}: {text}"
