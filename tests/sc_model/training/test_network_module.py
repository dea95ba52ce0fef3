"""`NetworkModule`: the spikes of the NumPy network, gradients of every way to compute them, finite
differences, errors.
"""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sc_model.learning import NetworkModule
from sc_model.network import (
    IF,
    LI,
    LIF,
    STDP,
    AdaptiveLIF,
    CubaLI,
    CubaLIF,
    CurrentStimulus,
    Integrator,
    Izhikevich,
    Network,
    PoissonStimulus,
    Population,
    Projection,
    Relay,
)
from sc_model.training import wiring

STEPS = 200
RESETS = [
    ("subtract", True, 0.0),
    ("zero", True, 0.0),
    ("subtract", False, 3.0),
    ("zero", False, 2.0),
]


def everything(
    reset: Any = "subtract", reset_delay: bool = True, refractory_ms: float = 0.0, seed: int = 1
) -> Network:
    """All models, loops, connections back to what was updated before, delays of every kind, two
    projections for one pair.
    """
    draws = np.random.default_rng(seed)
    firing = {"reset": reset, "reset_delay": reset_delay, "refractory_ms": refractory_ms}
    source, other = Population(Relay, 6, "in"), Population(CubaLI(tau_syn_ms=4.0), 2, "slow")
    h = Population(
        LIF(tau_ms=10.0, threshold=draws.uniform(0.5, 1, 9), v_reset=-0.1, v_rest=0.05, **firing),
        9,
        "h",
    )
    g = Population(
        AdaptiveLIF(tau_ms=draws.uniform(5, 20, 7), beta=0.3, tau_a_ms=30.0, **firing), 7, "g"
    )
    c, f = Population(CubaLIF(**firing), 5, "c"), Population(IF(resistance=0.2, **firing), 5, "f")
    out, last = (
        Population(LI(tau_ms=8.0, method="euler"), 3, "out"),
        Population(Integrator(resistance=0.1), 2, "sum"),
    )
    net = Network(1.0, [h, source, g, c, f, out, other, last])

    def normal(mean: float, sd: float) -> Callable[[np.random.Generator, int], Any]:
        return lambda rng, n: rng.normal(mean, sd, n)

    net.add(
        Projection(source, h, normal(1, 6), topology="all_to_all", delay=draws.integers(0, 6, 54))
    )
    net.add(Projection(h, h, normal(0.5, 3), probability=0.5, seed=3, delay=2))
    net.add(Projection(h, g, normal(1, 6), probability=0.4, seed=4))
    net.add(Projection(g, h, normal(0.5, 3), topology="all_to_all", delay=draws.integers(0, 6, 63)))
    net.add(Projection(g, g, normal(0.5, 3), topology="one_to_one", delay=1))
    net.add(Projection(source, c, normal(1, 6), probability=0.7))
    net.add(Projection(source, c, normal(1, 6), probability=0.3, seed=9, delay=4))
    net.add(Projection(c, f, normal(1, 6), topology="one_to_one"))
    net.add(Projection(f, out, normal(1, 6), topology="all_to_all", delay=3))
    net.add(Projection(g, out, normal(1, 6), topology="all_to_all"))
    net.add(Projection(out, other, normal(0, 1), topology="all_to_all", delay=1))
    net.add(Projection(h, last, normal(0, 1), probability=0.5))
    net.add(PoissonStimulus(source, 100.0))
    net.add(CurrentStimulus(h, 0.3))
    return net


def drive(batch: int = 1, steps: int = STEPS, n: int = 6) -> Tensor:
    return torch.tensor((np.random.default_rng(2).random((steps, batch, n)) < 0.2).astype(float))


def simulated(net: Network, x: Tensor) -> dict[str, np.ndarray]:
    seen: dict[str, list[np.ndarray]] = {label: [] for label in net.populations}
    for row in x[:, 0].numpy():
        net.step({"in": row})
        for label, population in net.populations.items():
            seen[label].append(population.output.copy())
    return {label: np.array(rows) for label, rows in seen.items()}


@pytest.mark.parametrize("dense", [True, False, None])
@pytest.mark.parametrize("reset", RESETS)
def test_spikes_are_those_of_the_network(reset: Any, dense: bool | None) -> None:
    net = everything(*reset)
    expected = simulated(net, drive())
    found = NetworkModule(net, "in", dense=dense).run(drive()).activity
    for label in ("h", "g", "c", "f"):
        assert 0.005 < expected[label].mean() < 0.6
        assert np.array_equal(found[label][:, 0].detach().numpy(), expected[label])
    for label in ("in", "out", "slow", "sum"):
        np.testing.assert_allclose(
            found[label][:, 0].detach().numpy(), expected[label], rtol=1e-12, atol=1e-12
        )


def gradients(module: NetworkModule, x: Tensor, **how: Any) -> list[Tensor]:
    outputs = module.run(x, **how).outputs
    aim = torch.randn(
        outputs.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    return list(torch.autograd.grad((outputs * aim).sum(), list(module.parameters())))


@pytest.mark.parametrize("at_once", [8, wiring.ROWS_AT_ONCE])
@pytest.mark.parametrize("density", [1, wiring.GEMM_DENSITY])
@pytest.mark.parametrize("dense", [True, False])
def test_gradients_are_those_of_plain_autograd(
    dense: bool, density: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loops leave their weights' gradients to one product in the end, sparse maps have theirs
    written out.
    """
    monkeypatch.setattr(wiring, "GEMM_DENSITY", density)
    monkeypatch.setattr(wiring, "ROWS_AT_ONCE", at_once)
    net, x = everything(), drive(3)
    expected = gradients(NetworkModule(net, "in", dense=True), x, twice=True)
    found = gradients(NetworkModule(net, "in", dense=dense), x)
    for mine, theirs in zip(found, expected, strict=True):
        assert theirs.abs().max() > 0
        torch.testing.assert_close(mine, theirs, rtol=1e-11, atol=1e-11 * float(theirs.abs().max()))


def smooth(distance: Tensor) -> Tensor:
    """What the fast sigmoid is the derivative of, a smooth step."""
    return 0.5 + distance / (1 + 5 * distance.abs())


@pytest.mark.parametrize(
    ("reset", "reset_delay"),
    [("subtract", True), ("zero", True), ("subtract", False), ("zero", False)],
)
@pytest.mark.parametrize("dense", [True, False])
def test_gradients_are_finite_differences_of_the_smooth_network(
    reset: Any, reset_delay: bool, dense: bool
) -> None:
    module = NetworkModule(
        everything(reset, reset_delay), "in", surrogate=smooth, detach_reset=False, dense=dense
    )
    x, draws = drive(2, 30), torch.Generator().manual_seed(3)

    def loss() -> Tensor:
        return (
            module.run(x).outputs.sin()
            * torch.linspace(0.5, 1.5, module.n_out, dtype=torch.float64)
        ).sum()

    grads = torch.autograd.grad(loss(), list(module.weights))
    for weight, grad in zip(module.weights, grads, strict=True):
        direction = torch.randn(weight.shape, generator=draws, dtype=torch.float64)
        values = []
        with torch.no_grad():
            for way in (1e-5, -1e-5):
                weight += way * direction
                values.append(float(loss()))
                weight -= way * direction
        assert (values[0] - values[1]) / 2e-5 == pytest.approx(
            float((grad * direction).sum()), rel=2e-6, abs=1e-8
        )


def delayed(seed: int = 0, max_delay: int | None = 6) -> Network:
    draws = np.random.default_rng(seed)
    source, h, out = (
        Population(Relay, 6, "in"),
        Population(LIF(tau_ms=5.0), 4, "h"),
        Population(LI(), 2, "out"),
    )
    net = Network(1.0, [source, h, out])
    for a, b in ((source, h), (h, h), (h, out)):
        delay = draws.integers(0, 6, a.n * b.n)
        weights = draws.normal(1, 3, a.n * b.n)
        net.add(Projection(a, b, weights, topology="all_to_all", delay=delay, max_delay=max_delay))
    return net


def test_gradients_of_delays_and_thresholds_are_finite_differences() -> None:
    module = NetworkModule(
        delayed(), surrogate=smooth, detach_reset=False, learn_delays=True, learn_thresholds=True
    )
    x, draws = drive(2, 40), torch.Generator().manual_seed(3)
    with torch.no_grad():
        for delay in module.delays:
            delay += 0.3  # between two steps, where the derivative is one

    def loss() -> Tensor:
        return module.run(x).outputs.square().sum()

    parameters = dict(module.named_parameters())
    assert sorted(parameters) == [
        "delays.0",
        "delays.1",
        "delays.2",
        "neurons.1.threshold",
        "weights.0",
        "weights.1",
        "weights.2",
    ]
    for value, grad in zip(
        parameters.values(), torch.autograd.grad(loss(), list(parameters.values())), strict=True
    ):
        direction = torch.randn(value.shape, generator=draws, dtype=torch.float64)
        values = []
        with torch.no_grad():
            for way in (1e-5, -1e-5):
                value += way * direction
                values.append(float(loss()))
                value -= way * direction
        assert (values[0] - values[1]) / 2e-5 == pytest.approx(
            float((grad * direction).sum()), rel=1e-5
        )


def test_what_was_learned_is_written_into_the_network() -> None:
    net = delayed()
    module = NetworkModule(net, learn_delays=True, learn_thresholds=True)
    with torch.no_grad():
        for k, parameter in enumerate(module.parameters()):
            parameter += torch.linspace(0, 3, parameter.numel(), dtype=torch.float64) * (1 + k)
    module.project()
    module.push()
    module.pull()
    for k, projection in enumerate(net.projections.values()):
        assert np.array_equal(projection.weights, module.weights[k].detach().numpy())
        assert np.array_equal(projection.delay_steps, np.rint(module.delays[k].detach().numpy()))
        assert projection.delay_steps.max() == 6
    with torch.no_grad():
        for delay in module.delays:
            delay.copy_(delay.round())
    expected = simulated(net, drive())
    assert np.array_equal(module.run(drive()).activity["h"][:, 0].detach().numpy(), expected["h"])
    assert np.asarray(net.populations["h"].model.threshold).shape == (4,)


def test_thresholds_are_put_back_above_the_reset() -> None:
    module = NetworkModule(delayed(), learn_thresholds=True)
    with torch.no_grad():
        module.neurons[1].threshold -= 5.0
    module.project()
    assert module.neurons[1].threshold.tolist() == [1e-3] * 4


@pytest.mark.parametrize("dense", [True, False])
def test_a_run_goes_on_from_a_state(dense: bool) -> None:
    module, x = NetworkModule(everything("zero", False, 2.0), "in", dense=dense), drive(2)
    whole = module.run(x, record=True)
    first = module.run(x[:37])
    second = module.run(x[37:], first.state, record=True)
    torch.testing.assert_close(
        torch.cat([first.outputs, second.outputs]), whole.outputs, rtol=1e-12, atol=1e-12
    )
    for name, distance in whole.distances.items():
        torch.testing.assert_close(second.distances[name], distance[37:], rtol=1e-12, atol=1e-12)
    assert second.state.steps == len(x)
    assert torch.isneginf(whole.distances["h"]).any()


def test_a_batch_is_its_sequences() -> None:
    module, x = NetworkModule(everything(), "in"), drive(3)
    together = module(x)
    assert together.shape == (STEPS, 3, module.n_out)
    for k in range(3):
        torch.testing.assert_close(module(x[:, k]), together[:, k], rtol=1e-12, atol=1e-12)


def test_single_precision() -> None:
    module = NetworkModule(everything(), "in", dtype=torch.float32)
    found = module.run(drive().float())
    assert found.outputs.dtype == torch.float32
    assert found.activity["h"].mean().item() == pytest.approx(
        simulated(everything(), drive())["h"].mean(), abs=0.02
    )


def test_the_graph_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of loops and the graph know each other; without care neither would ever go."""
    made: list[weakref.ref[Any]] = []
    plain = wiring.Steps.__init__

    def noted(self: Any, *given: Any) -> None:
        plain(self, *given)
        made.append(weakref.ref(self))

    monkeypatch.setattr(wiring.Steps, "__init__", noted)
    run = NetworkModule(everything(), "in").run(drive(1, 10))
    assert all(each() is not None for each in made)
    del run
    gc.collect()
    assert made
    assert all(each() is None for each in made)


def test_first_derivatives_alone_can_be_had_the_fast_way() -> None:
    module = NetworkModule(everything(), "in")
    (grad,) = torch.autograd.grad(
        module.run(drive(1, 30)).outputs.sum(), [module.weights[0]], create_graph=True
    )
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad.square().sum().backward()


def test_a_network_without_projections_runs() -> None:
    net = Network(1.0, [Population(LIF, 3, "cells")])
    assert NetworkModule(net)(torch.full((50, 3), 5.0)).sum() > 0


def network(*parts: Any) -> Network:
    return Network(1.0, parts)


def plastic() -> Network:
    a, b = Population(Relay, 2, "a"), Population(LIF, 2, "b")
    return network(a, b, Projection(a, b, 1.0, plasticity=STDP()))


def ring() -> Network:
    a = Population(LIF, 2, "a")
    return network(a, Projection(a, a, 1.0))


def replaced() -> None:
    net = delayed()
    module = NetworkModule(net)
    first = net.projections["in->h"]
    first.replace(first.indptr, first.indices, first.weights, first.delay_steps)
    module.pull()


def added() -> None:
    net = delayed()
    module = NetworkModule(net)
    net.add(Projection(net.populations["in"], net.populations["out"], 1.0))
    module.pull()


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            added,
            ValueError,
            "network must have the parts it had, and some were added or removed; make a new module",
        ),
        (lambda: NetworkModule(3), TypeError, "network must be a Network, not 3 (int)"),
        (
            lambda: NetworkModule(network(Population(Izhikevich, 2))),
            ValueError,
            (
                "model must be one of LIF, IF, AdaptiveLIF, CubaLIF, LI, Integrator, CubaLI, Relay"
                " to be differentiated, not Izhikevich"
            ),
        ),
        (
            lambda: NetworkModule(plastic()),
            ValueError,
            "projection 'a->b' must have no plasticity to be trained by gradients; take it off",
        ),
        (
            lambda: NetworkModule(ring()),
            ValueError,
            (
                "inputs must be named: every population of the network has connections that lead"
                " there and away"
            ),
        ),
        (
            lambda: NetworkModule(delayed(), outputs="aut"),
            ValueError,
            "outputs must be labels of populations in the network, not 'aut'; did you mean 'out'?",
        ),
        (
            lambda: NetworkModule(delayed(), ["in", "in"]),
            ValueError,
            "inputs must name each population once, not ['in', 'in']",
        ),
        (
            lambda: NetworkModule(ring(), "a", "a", learn_delays=True),
            ValueError,
            (
                "projection 'a->a' must have a delay for each synapse and max_delay >= 1 for"
                " learn_delays, not delay_mode 'none'; give it an array of delays"
            ),
        ),
        (
            lambda: NetworkModule(delayed())(torch.zeros(5, 4)),
            ValueError,
            "inputs must have shape (T, 6) or (T, B, 6) with T >= 1, not (5, 4)",
        ),
        (
            lambda: NetworkModule(delayed())(torch.zeros(0, 6)),
            ValueError,
            "inputs must have shape (T, 6) or (T, B, 6) with T >= 1, not (0, 6)",
        ),
        (
            replaced,
            ValueError,
            (
                "projection 'in->h' must have the synapses it had, and they were replaced; make a"
                " new module"
            ),
        ),
        (
            lambda: NetworkModule(delayed(), dense=False).run(drive(), twice=True),
            ValueError,
            "derivatives of derivatives need dense projections; make the module with dense=True",
        ),
    ],
)
def test_module_errors(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        call()
