"""What is known of other packages' graphs, put right."""

from __future__ import annotations

from typing import Any

import nir
import numpy as np

from sc_model.interchange import (
    FloatPopulation,
    from_nir,
)


def lif(size: int, tau: float = 0.01, **more: Any) -> Any:
    return nir.LIF(*(np.full(size, each) for each in (tau, 1.0, 0.0, 1.0, 0.0)), **more)


def graph(
    *nodes: tuple[str, Any], edges: str, inputs: Any = (3,), outputs: Any = (2,), **more: Any
) -> Any:
    named = {
        "input": nir.Input(np.array(inputs)),
        **dict(nodes),
        "output": nir.Output(np.array(outputs)),
    }
    return nir.NIRGraph(
        named, [tuple(each.split(">")) for each in edges.split()], type_check=False, **more
    )


TOLD: dict[str, Any] = {"dt_ms": 1.0, "reset": "zero", "reset_delay": False}


def test_snntorch_betas_come_back_as_they_were() -> None:
    """float32(1e-4) / (1 - beta) in float32, as snnTorch writes it."""
    for beta in (0.0, 0.1, 0.25, 0.5, 0.8, 0.9, 0.95, 0.99, 0.123456789, 0.999):
        single = np.float32(beta)
        tau = np.float32(1e-4) / (np.float32(1) - single)
        node = nir.LIF(
            *(np.full(2, each, np.float32) for each in (tau, tau / np.float32(1e-4), 0.0, 1.0, 0.0))
        )
        made = graph(("w", nir.Linear(np.ones((2, 3)))), ("n", node), edges="input>w w>n n>output")
        each = from_nir(made, source="snntorch", reset="zero", reset_delay=False).populations["n"]
        assert abs(each.kept("tau", 0.1)[0] - float(single)) < (
            1e-15 if beta >= 0.5 or round(beta, 2) == beta else 6e-8
        ), beta
        assert each.gain(0.1)[0] == 1.0


def test_sources_put_right_what_they_are_known_for() -> None:
    def one(node: Any, **told: Any) -> FloatPopulation:
        made = graph(("w", nir.Linear(np.ones((2, 3)))), ("n", node), edges="input>w w>n n>output")
        return from_nir(made, **told).populations["n"]

    counts = nir.IF(np.ones(2), np.ones(2), np.zeros(2))
    for source, told in (("norse", {"dt_ms": 2.0}), ("snntorch", {"reset_delay": False})):
        assert np.allclose(
            one(counts, source=source, reset="zero", **told).gain(told.get("dt_ms", 0.1)),
            1.0,
            rtol=1e-15,
        )
    assert np.allclose(one(counts, **TOLD).gain(1.0), 1e-3)
    norse = one(lif(2, tau=2e-5), source="norse", dt_ms=1.0, reset="zero")
    assert np.allclose(norse["tau"], 0.02, rtol=1e-15)
    assert not norse.reset_delay
    jelly = one(lif(2, tau=2e-4), source="spikingjelly", dt_ms=0.1)
    assert (jelly.reset, jelly.reset_delay, jelly.strict) == ("zero", False, False)
    gain_one = nir.LIF(*(np.full(2, each) for each in (1e-3, 10.0, 0.0, 1.0, 0.0)))
    assert one(gain_one, source="snntorch", reset="zero", reset_delay=True).reset_delay is False
    assert one(gain_one, source="snntorch", reset="subtract", reset_delay=True).reset_delay is True
