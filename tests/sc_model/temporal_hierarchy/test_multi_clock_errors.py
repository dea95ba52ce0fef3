"""What layers and networks say to what they can't be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sc_model.temporal_hierarchy import ClockDomain, HetSynLayer, MultiClockSNN


def layer(n_inputs: int = 3, n_neurons: int = 3) -> HetSynLayer:
    return HetSynLayer(n_inputs, n_neurons)


def net(**changed: Any) -> MultiClockSNN:
    given: dict[str, Any] = {
        "layers": [layer(), layer()],
        "layer_names": ["fast", "slow"],
        "clock_intervals": [1, 4],
    }
    return MultiClockSNN(**given | changed)


def twice() -> MultiClockSNN:
    one = layer()
    return net(layers=[one, one])


TAU, WEIGHT = np.ones((2, 3)), np.zeros((2, 3))
NAN = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, np.nan]])


@pytest.mark.parametrize(
    ("made", "kind", "message"),
    [
        (lambda: HetSynLayer(0, 3), ValueError, "n_inputs must be >= 1, not 0"),
        (lambda: HetSynLayer(3, -1), ValueError, "n_neurons must be >= 1, not -1"),
        (lambda: HetSynLayer(3.0, 3), TypeError, "n_inputs must be an integer, not 3.0 (float)"),
        (lambda: HetSynLayer(3, True), TypeError, "n_neurons must be an integer, not True (bool)"),
        (
            lambda: HetSynLayer(3, 3, tau_mean=0),
            ValueError,
            "tau_mean must be > 0 and finite, not 0.0",
        ),
        (
            lambda: HetSynLayer(3, 3, tau_std=-1),
            ValueError,
            "tau_std must be >= 0 and finite, not -1.0",
        ),
        (
            lambda: HetSynLayer(3, 3, threshold=np.nan),
            ValueError,
            "threshold must be > 0 and finite, not nan",
        ),
        (
            lambda: HetSynLayer(3, 3, threshold="1"),
            TypeError,
            "threshold must be a number, not '1' (str)",
        ),  # type: ignore[arg-type]
        (lambda: HetSynLayer(3, 3, seed=-1), ValueError, "seed must be >= 0, not -1"),
        (
            lambda: HetSynLayer(3, 3, seed=1 << 32),
            ValueError,
            "seed must be < 2^32, not 4294967296",
        ),
        (
            lambda: HetSynLayer(3, 3, leak_tau=0.0),
            ValueError,
            "leak_tau must be > 0 and finite, not 0.0",
        ),
        (
            lambda: HetSynLayer.from_arrays(TAU, WEIGHT.T),
            ValueError,
            "weight must have shape (2, 3), not (3, 2)",
        ),
        (
            lambda: HetSynLayer.from_arrays(TAU - 1, WEIGHT),
            ValueError,
            "tau must be > 0 ms, not 0.0",
        ),
        (
            lambda: HetSynLayer.from_arrays(TAU[0], WEIGHT),
            ValueError,
            "tau must have shape (n_neurons, n_inputs), not (3,)",
        ),
        (
            lambda: HetSynLayer.from_arrays(TAU[:, :0], WEIGHT[:, :0]),
            ValueError,
            "tau must hold a neuron and an input at least, not shape (2, 0)",
        ),
        (
            lambda: HetSynLayer.from_arrays(TAU, WEIGHT * 1j),
            TypeError,
            "weight must be real numbers, not complex128",
        ),
        (lambda: layer().step([1, 2]), ValueError, "x must have shape (3,), not (2,)"),
        (lambda: layer().step([0, np.inf, 0]), ValueError, "x must be finite, not inf at (1,)"),
        (lambda: layer().step([0, 0, 0], dt=0), ValueError, "dt must be > 0 and finite, not 0.0"),
        (lambda: layer().run([0, 0, 0]), ValueError, "inputs must have shape (T, 3), not (3,)"),
        (lambda: layer().run(NAN), ValueError, "inputs must be finite, not nan at (1, 2)"),
        (lambda: layer().run([["a"] * 3]), TypeError, "inputs must be real numbers, not <U1"),
        (
            lambda: net(layers=[], layer_names=[]),
            ValueError,
            "layers must hold at least one layer, not none",
        ),
        (
            lambda: net(layer_names=["fast"]),
            ValueError,
            "layer_names must hold one for each of the 2 layers, not 1",
        ),
        (
            lambda: net(clock_intervals=[1]),
            ValueError,
            "clock_intervals must hold one for each of the 2 layers, not 1",
        ),
        (
            lambda: net(policies=["hold"] * 3),
            ValueError,
            "policies must hold one for each of the 2 layers, not 3",
        ),
        (
            lambda: net(layer_names=["fast", "fast"]),
            ValueError,
            "layer_names must all be different, not 'fast' twice",
        ),
        (
            lambda: net(layer_names=["fast", ""]),
            ValueError,
            "layer_names[1] must not be empty: errors and outputs go by it",
        ),
        (
            lambda: net(layer_names=["fast", 2]),
            TypeError,
            "layer_names[1] must be a string, not 2 (int)",
        ),
        (
            lambda: net(clock_intervals=[1, 0]),
            ValueError,
            "clock interval of layer 'slow' must be >= 1, not 0",
        ),
        (
            lambda: net(clock_intervals=[1.0, 2]),
            TypeError,
            "clock interval of layer 'fast' must be an integer, not 1.0 (float)",
        ),
        (
            lambda: net(layers=[layer(3, 4), layer(5, 3)]),
            ValueError,
            "layer 'slow' must have 4 inputs, as many as layer 'fast' has neurons, not 5",
        ),
        (
            lambda: net(layers=[layer(), "x"]),
            TypeError,
            "layer 'slow' must be a HetSynLayer, not 'x' (str)",
        ),
        (
            twice,
            ValueError,
            "layer 'slow' must be an object of its own, not one used before; its state is its own",
        ),
        (
            lambda: net(policies=["hold", "acumulate"]),
            ValueError,
            (
                "policy of layer 'slow' must be 'hold', 'accumulate' or 'once', not 'acumulate';"
                " did you mean 'accumulate'?"
            ),
        ),
        (
            lambda: net(policies="x"),
            ValueError,
            "policy of layer 'fast' must be 'hold', 'accumulate' or 'once', not 'x'",
        ),
        (
            lambda: net(policies=["hold", 1]),
            TypeError,
            "policy of layer 'slow' must be a string, not 1 (int)",
        ),
        (lambda: net(pending_limit=0), ValueError, "pending_limit must be >= 1, not 0"),
        (
            lambda: net().run(np.zeros((5, 2))),
            ValueError,
            "inputs must have shape (T, 3), not (5, 2)",
        ),
        (lambda: net().run(NAN), ValueError, "inputs must be finite, not nan at (1, 2)"),
        (lambda: net().step([1, 2]), ValueError, "x must have shape (3,), not (2,)"),
        (lambda: net().run(NAN[:1], dt=-1), ValueError, "dt must be > 0 and finite, not -1.0"),
        (
            lambda: net(policies="once").run([[0, 1, 0.5]]),
            ValueError,
            "inputs must be 0 or 1 with policy 'once' in front of layer 'fast', not 0.5",
        ),
        (
            lambda: MultiClockSNN.from_domains([ClockDomain("slow", 2)]),
            ValueError,
            "Clock domain 'slow' must hold at least one layer, not none",
        ),
        (
            lambda: MultiClockSNN.from_domains([layer()]),  # type: ignore[list-item]
            TypeError,
            r"domains must hold ClockDomain objects, not \0 (HetSynLayer)",
        ),
        (
            lambda: MultiClockSNN.from_domains([]),
            ValueError,
            "layers must hold at least one layer, not none",
        ),
        (
            lambda: MultiClockSNN.from_domains([ClockDomain("a", 0, [layer()])]),
            ValueError,
            "clock interval of layer 'a' must be >= 1, not 0",
        ),
        (
            lambda: MultiClockSNN.from_domains([ClockDomain("a", 1, [layer()])], ["hold", "once"]),
            ValueError,
            "policies must hold one for each of the 1 domains, not 2",
        ),
    ],
)
def test_errors(made: Callable[[], Any], kind: type[Exception], message: str) -> None:
    """Whole messages; `\\0` stands for an object's address."""
    with pytest.raises(kind, match=f"^{re.escape(message)}$".replace(re.escape(r"\0"), "<.*>")):
        made()


def test_a_refused_run_leaves_the_network_as_it_was() -> None:
    tested, other = net(), net()
    x = np.ones((9, 3))
    assert np.array_equal(tested.run(x), other.run(x))
    for wrong in (NAN, np.zeros((4, 2))):
        with pytest.raises(ValueError, match=r"^inputs must "):
            tested.run(wrong)
    assert tested.steps == 9
    assert np.array_equal(tested.run(x), other.run(x))
