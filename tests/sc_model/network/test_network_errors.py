"""The whole text of every error of `sc_model.network`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from sc_model.network import (
    IF,
    LIF,
    STDP,
    AdaptiveLIF,
    CubaLIF,
    CurrentStimulus,
    Network,
    PoissonStimulus,
    Population,
    Projection,
    RateMonitor,
    SpikeMonitor,
    SpikeStimulus,
    StateMonitor,
)

PRE, POST = Population(LIF, 3, "pre"), Population(LIF, 2, "post")

ALL = {"topology": "all_to_all"}


def joined(**changed: Any) -> Projection:
    return Projection(PRE, POST, **({"weight": 1.0, **ALL} | changed))


def net(dt_ms: float = 1.0) -> Network:
    return Network(dt_ms, [PRE, POST, Projection(PRE, POST, 1.0, label="link")])


def loaded(change: Callable[[dict[str, Any]], object]) -> None:
    state = net().state_dict()
    change(state)
    net().load_state_dict(state)


CASES: list[tuple[Callable[[], object], type[Exception], str]] = [
    # models
    (lambda: LIF(tau_ms=0), ValueError, "LIF.tau_ms must be > 0 and finite, not 0.0"),
    (
        lambda: LIF(tau_ms=[1, 2, -3]),
        ValueError,
        "LIF.tau_ms must be > 0 and finite, not -3.0 for neuron 2",
    ),  # type: ignore[arg-type]
    (lambda: LIF(threshold=np.nan), ValueError, "LIF.threshold must be finite, not nan"),
    (
        lambda: LIF(refractory_ms=-1.0),
        ValueError,
        "LIF.refractory_ms must be >= 0 and finite, not -1.0",
    ),
    (
        lambda: LIF(tau_ms=np.ones((2, 2))),
        ValueError,
        "LIF.tau_ms must be a number or an array of shape (n,), not of shape (2, 2)",
    ),
    (
        lambda: LIF(tau_ms="20"),
        TypeError,
        "LIF.tau_ms must be a number or an array of numbers, not '20' (str)",
    ),  # type: ignore[arg-type]
    (
        lambda: LIF(reset="substract"),
        ValueError,
        (
            "LIF.reset must be 'zero', 'subtract' or 'none', not 'substract'; did you mean"
            " 'subtract'?"
        ),
    ),  # type: ignore[arg-type]
    (lambda: LIF(method="rk4"), ValueError, "LIF.method must be 'exact' or 'euler', not 'rk4'"),
    (lambda: LIF(reset_delay=1), TypeError, "LIF.reset_delay must be True or False, not 1 (int)"),
    (lambda: IF(threshold=-1.0), ValueError, "IF.v_reset must be < threshold (-1.0), not 0.0"),
    (
        lambda: LIF(reset_delay=True, refractory_ms=2.0),
        ValueError,
        "LIF.refractory_ms must be 0 with reset_delay, not 2.0; reset at the spike instead",
    ),
    (
        lambda: LIF.from_beta(1.0, 1.0),
        ValueError,
        "LIF.beta must be >= 0 and < 1, not 1.0; without leak take IF",
    ),
    (
        lambda: AdaptiveLIF(beta=-1.0),
        ValueError,
        "AdaptiveLIF.beta must be >= 0 and finite, not -1.0",
    ),
    # populations
    (lambda: Population(LIF, 0), ValueError, "n must be >= 1, not 0"),
    (lambda: Population(LIF, 2.0), TypeError, "n must be an integer, not 2.0 (float)"),
    (
        lambda: Population("Izikevich", 3),
        ValueError,
        "model must be the name of a neuron model, not 'Izikevich'; did you mean 'Izhikevich'?",
    ),
    (
        lambda: Population("HodgkinHuxly", 3),
        ValueError,
        (
            "model must be the name of a neuron model, not 'HodgkinHuxly'; did you mean"
            " 'HodgkinHuxleyNeuron'?"
        ),
    ),
    (
        lambda: Population(3, 3),
        TypeError,
        "model must be a neuron model, its class or its name, not 3 (int)",
    ),  # type: ignore[arg-type]
    (
        lambda: Population(LIF(tau_ms=[1, 2, 3, 4]), 3),  # type: ignore[arg-type]
        ValueError,
        "LIF.tau_ms must be one number or one for each of the 3 neurons, not 4 numbers",
    ),
    (lambda: Population(LIF, 3, "a/b"), ValueError, "label must be a name without '/', not 'a/b'"),
    (lambda: Population(LIF, 3, 3), TypeError, "label must be a string, not 3 (int)"),
    (
        lambda: Population(LIF, 3).step([1, 2], 1.0),
        ValueError,
        "current must have shape (3,), not (2,)",
    ),
    (
        lambda: Population(LIF, 3).step([1, 2, np.inf], 1.0),
        ValueError,
        "current must be finite, not inf at (2,)",
    ),
    (
        lambda: Population(LIF, 3).step(0.0, 0.0),
        ValueError,
        "dt_ms must be > 0 and finite, not 0.0",
    ),
    # projections
    (
        lambda: joined(delay=[1, 2, 3]),
        ValueError,
        "delay must hold one number for each of the 6 synapses, in CSR order, not 3",
    ),
    (lambda: joined(delay=np.ones((3, 2))), ValueError, "delay must have shape (6,), not (3, 2)"),
    (lambda: joined(delay=-1), ValueError, "delay must be >= 0 steps, not -1.0"),
    (lambda: joined(delay=[0, 0, 0, -2, 0, 0]), ValueError, "delay must be >= 0 steps, not -2.0"),
    (lambda: joined(delay=np.nan), ValueError, "delay must be finite, not nan at ()"),
    (
        lambda: joined(delay=[0, 0, 0, np.nan, 0, 0]),
        ValueError,
        "delay must be finite, not nan at (3,)",
    ),
    (
        lambda: joined(delay=[9, 0, 0, 1, 0, 0], max_delay=8),
        ValueError,
        "delay must be <= max_delay (8 steps), not 9",
    ),
    (
        lambda: joined(delay=8.6, max_delay=8),
        ValueError,
        "delay must be <= max_delay (8 steps), not 9",
    ),
    (lambda: joined(max_delay=-1), ValueError, "max_delay must be >= 0, not -1"),
    (lambda: joined(delay="3"), TypeError, "delay must be real numbers, not <U1"),
    (
        lambda: joined(topology="all_to_al"),
        ValueError,
        (
            "topology must be 'random', 'all_to_all', 'one_to_one' or 'explicit', not 'all_to_al';"
            " did you mean 'all_to_all'?"
        ),
    ),
    (
        lambda: joined(topology="one_to_one"),
        ValueError,
        "topology 'one_to_one' needs as many source as target neurons, not 3 and 2",
    ),
    (
        lambda: joined(topology="explicit"),
        ValueError,
        "weight must be a matrix of shape (3, 2) with topology 'explicit', not of shape ()",
    ),
    (
        lambda: joined(topology="explicit", weight=np.ones((2, 3))),
        ValueError,
        "weight must be a matrix of shape (3, 2) with topology 'explicit', not of shape (2, 3)",
    ),
    (
        lambda: joined(weight=sparse.csr_array(np.ones((3, 2)))),
        ValueError,
        (
            "weight must be dense with topology 'all_to_all', not a sparse matrix; take topology"
            " 'explicit'"
        ),
    ),
    (
        lambda: joined(weight=[1, 2]),
        ValueError,
        "weight must hold one number for each of the 6 synapses, in CSR order, not 2",
    ),
    (lambda: joined(weight=np.ones((2, 3))), ValueError, "weight must have shape (6,), not (2, 3)"),
    (lambda: joined(weight=np.inf), ValueError, "weight must be finite, not inf at (0,)"),
    (
        lambda: joined(weight=lambda rng, n: rng.random(n - 1)),
        ValueError,
        "weight must hold one number for each of the 6 synapses, in CSR order, not 5",
    ),
    (
        lambda: Projection(PRE, POST, 1.0, probability=1.5),
        ValueError,
        "probability must be <= 1, not 1.5",
    ),
    (
        lambda: Projection(PRE, POST, 1.0, probability=-0.5),
        ValueError,
        "probability must be >= 0 and finite, not -0.5",
    ),
    (lambda: joined(seed=-1), ValueError, "seed must be >= 0, not -1"),
    (
        lambda: Projection("pre", POST, 1.0),
        TypeError,
        "source must be a Population, not 'pre' (str)",
    ),  # type: ignore[arg-type]
    (
        lambda: joined(plasticity="stdp"),
        TypeError,
        "plasticity must be an STDP or None, not 'stdp' (str)",
    ),
    (lambda: joined().propagate([1, 0]), ValueError, "spikes must have shape (3,), not (2,)"),
    (
        lambda: setattr(joined(), "weights", [1, 2]),
        ValueError,
        "weights must have shape (6,), not (2,)",
    ),
    (
        lambda: joined().replace([0, 1, 2], [0, 1], [1, 1]),
        ValueError,
        "indptr must have shape (4,), not (3,)",
    ),
    (
        lambda: joined().replace([0, 1, 0, 2], [0, 1], [1, 1]),
        ValueError,
        "indptr must rise from 0 to the number of synapses (2), and never fall",
    ),
    (
        lambda: joined().replace([0, 1, 1, 2], [0, 2], [1, 1]),
        ValueError,
        "indices must be target neurons from 0 to 1, not 2",
    ),
    (
        lambda: joined().replace([0, 2, 2, 2], [1, 0], [1, 1]),
        ValueError,
        (
            "indices must rise within each row: synapses are sorted by target, one for each pair of"
            " neurons"
        ),
    ),
    (
        lambda: joined().replace([0, 1, 1, 2], [0, 1], [1]),
        ValueError,
        "weights must have shape (2,), not (1,)",
    ),
    (
        lambda: joined().replace([0, 1, 1, 2], [0, 1], [1, 1], [1, 1]),
        ValueError,
        "delay_steps must be None with delay_mode 'none'",
    ),
    (
        lambda: joined(delay=[1] * 6).replace([0, 1, 1, 2], [0, 1], [1, 1]),
        ValueError,
        "delay_steps must be given with delay_mode 'per_synapse'",
    ),
    (
        lambda: joined(delay=[1] * 6).replace([0, 1, 1, 2], [0, 1], [1, 1], [1, 2]),
        ValueError,
        "delay must be <= max_delay (1 steps), not 2",
    ),
    # plasticity
    (lambda: STDP(tau_plus_ms=0), ValueError, "STDP.tau_plus_ms must be > 0 and finite, not 0.0"),
    (lambda: STDP(a_minus=-1), ValueError, "STDP.a_minus must be >= 0 and finite, not -1.0"),
    (lambda: STDP(w_min=1.0), ValueError, "STDP.w_min must be < w_max (1.0), not 1.0"),
    (
        lambda: joined(plasticity=STDP(), weight=2.0),
        ValueError,
        "weight must be in STDP's bounds [0.0, 1.0], not 2.0",
    ),
    # stimuli and monitors
    (lambda: CurrentStimulus(PRE, [1, 2]), ValueError, "current must have shape (3,), not (2,)"),
    (
        lambda: CurrentStimulus(PRE, np.ones((5, 2))),
        ValueError,
        "current must have shape (steps, 3), not (5, 2)",
    ),
    (lambda: CurrentStimulus("pre", 1), TypeError, "target must be a Population, not 'pre' (str)"),
    (lambda: CurrentStimulus(PRE, 1, 5, 3), ValueError, "stop_step must be >= 5, not 3"),
    (
        lambda: SpikeStimulus(PRE, [1], [1, 2]),
        ValueError,
        "steps and neurons must be equally long, not 1 and 2",
    ),
    (
        lambda: SpikeStimulus(PRE, [1], [3]),
        ValueError,
        "neurons must be integers from 0 to 2, not 3.0",
    ),
    (lambda: SpikeStimulus(PRE, [1.5], [2]), ValueError, "steps must be integers >= 0, not 1.5"),
    (lambda: PoissonStimulus(PRE, -1), ValueError, "rate_hz must be >= 0, not -1.0"),
    (
        lambda: net().add(PoissonStimulus(PRE, 1500.0)),
        ValueError,
        "rate_hz must be <= a spike a step (1000 Hz), not 1500; take a shorter dt_ms",
    ),
    (lambda: SpikeMonitor("pre"), TypeError, "population must be a Population, not 'pre' (str)"),
    (
        lambda: StateMonitor(PRE, "w"),
        ValueError,
        "names must be fields of LIF, not 'w'; it has v, fired, held, output",
    ),
    (
        lambda: StateMonitor(PRE, "outputs"),
        ValueError,
        "names must be fields of LIF, not 'outputs'; did you mean 'output'?",
    ),
    (lambda: StateMonitor(PRE, "v", neurons=[0, 3]), ValueError, "neurons must be < 3, not 3"),
    (lambda: StateMonitor(PRE, "v", every=0), ValueError, "every must be >= 1, not 0"),
    (lambda: RateMonitor(PRE, 0), ValueError, "window_ms must be > 0 and finite, not 0.0"),
    # networks
    (lambda: Network(0), ValueError, "dt_ms must be > 0 and finite, not 0.0"),
    (
        lambda: net().add("lif"),
        TypeError,
        "part must be a Population, Projection, Stimulus or Monitor, not 'lif' (str)",
    ),  # type: ignore[type-var]
    (lambda: net().add(PRE), ValueError, "part must be new to the network, not 'pre' again"),
    (
        lambda: net().add(Population(LIF, 1, "pre")),
        ValueError,
        "label must be new to the network, not 'pre' again",
    ),
    (
        lambda: Network(1.0).add(joined()),
        ValueError,
        "Population(LIF, 3, label='pre') must be in the network; add it first",
    ),
    (
        lambda: Network(1.0).add(SpikeMonitor(PRE)),
        ValueError,
        "Population(LIF, 3, label='pre') must be in the network; add it first",
    ),
    (
        lambda: Network(5.0).add(Population(LIF(tau_ms=2.0, method="euler"), 1)),
        ValueError,
        "LIF.tau_ms must be >= dt_ms (5.0) with Euler's method, not 2.0; take shorter steps",
    ),
    (
        lambda: Network(6.0).add(Population(CubaLIF, 1)),
        ValueError,
        (
            "CubaLIF.tau_syn_ms must be >= dt_ms (6.0) with Euler's method, not 5.0; take shorter"
            " steps"
        ),
    ),
    (
        lambda: net().incoming("pots"),
        ValueError,
        "population must be the label of one in the network, not 'pots'; did you mean 'post'?",
    ),
    (
        lambda: net().step({"x": 1.0}),
        ValueError,
        "population must be the label of one in the network, not 'x'; there are pre, post",
    ),
    (
        lambda: net().step({"pre": [1.0, 2.0]}),
        ValueError,
        "external['pre'] must have shape (3,), not (2,)",
    ),
    (lambda: net().run(), ValueError, "run needs steps or ms, one of them"),
    (lambda: net().run(5, ms=5), ValueError, "run needs steps or ms, one of them"),
    (lambda: net().run(-1), ValueError, "steps must be >= 0, not -1"),
    (
        lambda: loaded(lambda state: state.pop("population/pre/v")),
        ValueError,
        "state lacks 'population/pre/v'; it must be of a network of the same parts",
    ),
    (
        lambda: loaded(lambda state: state.update(extra=1)),
        ValueError,
        "state has unknown 'extra'; it must be of a network of the same parts",
    ),
    (
        lambda: loaded(lambda state: state.update({"population/pre/v": np.zeros(4)})),
        ValueError,
        "population/pre/v must have shape (3,), not (4,)",
    ),
    (
        lambda: loaded(
            lambda state: state.update({"projection/link/on_its_way": np.zeros((2, 2))})
        ),
        ValueError,
        "on_its_way must have shape (1, 2), not (2, 2)",
    ),
]


@pytest.mark.parametrize(("made", "kind", "message"), CASES)
def test_message(made: Callable[[], object], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        made()


def test_parameters_can_t_be_written() -> None:
    given = np.array([1.0, 2.0])
    model = LIF(tau_ms=given)
    given[0] = 5.0
    assert list(model.tau_ms) == [1.0, 2.0]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="read-only"):
        model.tau_ms[0] = 3.0  # type: ignore[index]
