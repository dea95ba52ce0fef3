"""Numbers that were stored in less than float64 are taken for what they are the nearest to."""

from __future__ import annotations

from typing import Any

import nir
import numpy as np
import pytest
from small_graphs import TOLD

from sc_model.interchange import InterchangeError, from_nir, to_layers
from sc_model.interchange.precision import DOUBLE, SINGLE, near, resolution, snapped, whole_steps


def graph_with(node: Any, neurons: Any, size: int) -> Any:
    nodes = {
        "input": nir.Input(np.array([size])),
        "d": node,
        "n": neurons,
        "output": nir.Output(np.array([size])),
    }
    edges = [("input", "d"), ("d", "n"), ("n", "output")]
    return nir.NIRGraph(nodes, edges, type_check=False)


def lif(kind: Any, size: int = 1, **values: float) -> Any:
    given = {"tau": 0.02, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0, **values}
    return nir.LIF(**{name: np.full(size, each, kind) for name, each in given.items()})


def test_the_resolution_is_that_of_what_was_stored() -> None:
    assert resolution(np.zeros(2, np.float16)) == float(np.finfo(np.float16).eps)
    assert resolution(np.float32(0.1)) == SINGLE
    assert resolution(np.array([0.1])) == DOUBLE
    assert resolution(np.array([0.1], np.float32).astype(np.float64)) == SINGLE
    assert resolution(np.array([1, 2])) == DOUBLE
    assert near(np.float32(0.1), 0.1, SINGLE).all()
    assert not near(0.1000001, 0.1, SINGLE).any()
    assert near(0.0, 0.0, DOUBLE).all()
    assert snapped(np.array([1 + SINGLE, 1.1]), 1.0, SINGLE).tolist() == [1.0, 1.1]


@pytest.mark.parametrize("dt_ms", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_delays_of_whole_steps_in_any_precision(dt_ms: float, kind: Any) -> None:
    steps = np.arange(64)
    seconds = (steps * (dt_ms / 1e3)).astype(kind)
    delayed = graph_with(nir.Delay(seconds), lif(np.float64, 64), 64)
    read_in = from_nir(delayed, **{**TOLD, "dt_ms": dt_ms})
    (taps,) = (each.taps for each in read_in.connections if each.target == "n")
    assert np.diag(taps.steps()).tolist() == steps.tolist()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_delays_of_a_part_of_a_step_are_refused_in_any_precision(kind: Any) -> None:
    for steps in (3.999, 32.001, 0.5, 62.99):
        delayed = graph_with(nir.Delay(np.array([steps / 1e3], kind)), lif(kind), 1)
        with pytest.raises(
            InterchangeError, match=r"^node 'd' \(Delay\) must delay by whole steps"
        ):
            from_nir(delayed, **TOLD)


def test_only_what_the_precision_can_not_tell_apart_is_rounded() -> None:
    steps = np.array([3.0005, 100.0])
    assert whole_steps(steps, SINGLE, 1e-6)[1].tolist() == [True, False]
    assert whole_steps(steps, float(np.finfo(np.float16).eps), 1e-6)[1].tolist() == [False, False]
    # a precision so low that each number is near a whole one decides nothing
    assert whole_steps(np.array([5000.4]), 1e-2, 1e-6)[1].tolist() == [True]


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_what_is_equal_in_the_precision_is_equal(kind: Any) -> None:
    """A time constant of a step, a gain of 1, and a leak and a threshold at v_reset."""
    scale = nir.Scale(np.ones(1))
    for tau, dt_ms in ((0.001, 1.0), (0.0001, 0.1), (0.003, 3.0)):
        step = from_nir(graph_with(scale, lif(kind, tau=tau), 1), **{**TOLD, "dt_ms": dt_ms})
        assert step.populations["n"].kept("tau", dt_ms).tolist() == [0.0]
    steps = np.arange(1, 200)
    whole = lif(kind, 199)
    whole.tau = (steps * 1e-3).astype(kind)
    kept = from_nir(graph_with(nir.Scale(np.ones(199)), whole, 199), **TOLD).populations["n"]
    assert kept.kept("tau", 1.0).tolist() == pytest.approx(1 - 1 / steps, abs=1e-15)
    tau = kind(0.0203)
    read_in = from_nir(graph_with(scale, lif(kind, tau=tau, r=tau / kind(1e-3)), 1), **TOLD)
    assert read_in.populations["n"].gain(1.0).tolist() == [1.0]
    mixed = lif(kind, v_leak=0.3, v_reset=0.3)
    mixed.v_reset = np.array([0.3])  # another precision
    layer = to_layers(from_nir(graph_with(scale, mixed, 1), **TOLD))[0]
    assert layer.bias is None
    flat = lif(kind, v_threshold=0.3)
    flat.v_reset = np.array([0.3])
    with pytest.raises(InterchangeError, match=r"^node 'n' must have v_threshold > v_reset"):
        to_layers(from_nir(graph_with(scale, flat, 1), **TOLD))


def test_an_output_behind_scales_that_float32_rounded_is_one_of_spikes() -> None:
    made = graph_with(nir.Scale(np.ones(1)), lif(np.float64), 1)
    made.nodes["a"] = nir.Scale(np.array([0.1], np.float32))
    made.nodes["b"] = nir.Scale(np.array([10.0], np.float32))
    made.edges[2:] = [("n", "a"), ("a", "b"), ("b", "output")]
    assert len(to_layers(from_nir(made, **TOLD))) == 1


def test_snntorch_in_half_precision() -> None:
    for beta in (0.5, 0.75, 0.875):
        tau = np.float16(1e-4) / (np.float16(1) - np.float16(beta))
        node = lif(np.float16, tau=tau, r=tau / np.float16(1e-4))
        told = {"source": "snntorch", "reset": "zero", "reset_delay": False}
        each = from_nir(graph_with(nir.Scale(np.ones(1)), node, 1), **told).populations["n"]
        assert each.kept("tau", 0.1).tolist() == [pytest.approx(beta, abs=1e-12)]
        assert each.gain(0.1).tolist() == [1.0]
