"""`DenseLayer`: what it computes with a quantiser is the golden integer network, spike for spike;
its gradients; its export.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sc_model.golden.network.network import Network
from sc_model.quantisation import network_design
from sc_model.training import DelayLinear, DenseLayer, DenseQuantiser, Lif, fit
from sc_model.training.layers.dense import _in_integers

TICKS, BATCH, INPUTS, NEURONS = 60, 3, 10, 7
RESETS = [("subtract", False), ("subtract", True), ("zero", False), ("zero", True)]


def layer(
    quantiser: DenseQuantiser | None,
    reset: Any = "subtract",
    reset_delay: bool = False,
    seed: int = 0,
    **more: Any,
) -> DenseLayer:
    """Delays, a bias, leaks and thresholds of its own for each neuron."""
    torch.manual_seed(seed)
    synapses = DelayLinear(
        INPUTS, NEURONS, 9, bias=True, init_delay=torch.rand(NEURONS, INPUTS) * 9
    )
    with torch.no_grad():
        synapses.weight.mul_(4)
        assert synapses.bias is not None
        synapses.bias.copy_(torch.randn(NEURONS) * 0.1)
    leak = {
        "leak": torch.rand(NEURONS),
        "threshold": 0.5 + torch.rand(NEURONS),
        "learn_leak": True,
        "learn_threshold": True,
    } | more
    return DenseLayer(
        synapses, Lif(NEURONS, reset=reset, reset_delay=reset_delay, **leak), quantiser
    )


def spikes(seed: int = 0, rate: float = 0.3) -> Tensor:
    return torch.tensor(np.random.default_rng(seed).random((TICKS, BATCH, INPUTS)) < rate).float()


def golden(made: list[Any], x: Tensor) -> np.ndarray[Any, Any]:
    design, parameters = network_design("test", made)
    assert design.network is not None
    net, out = Network(design.network, parameters), []
    for b in range(x.shape[1]):
        net.reset()
        out.append(net.run(x[:, b].numpy().astype(np.uint8)))
    return np.stack(out, 1)


@pytest.mark.parametrize("bias", [False, True])
def test_ticks_without_a_spike_are_no_work_and_change_nothing(bias: bool) -> None:
    torch.manual_seed(1)
    synapses = torch.nn.Linear(INPUTS, NEURONS, bias=bias)
    sizes: list[int] = []
    synapses.register_forward_hook(lambda _, given, __: sizes.append(len(given[0])))
    made = DenseLayer(synapses, Lif(NEURONS, 0.9, 0.3))
    x = spikes()
    x[3:50] = 0
    expected = made.neurons(synapses(x))
    expected.sum().backward()
    wanted = synapses.weight.grad
    assert wanted is not None
    made.zero_grad()
    sizes.clear()
    found = made(x)
    assert sizes == [1, TICKS - 47]
    assert torch.equal(found, expected)
    found.sum().backward()
    assert torch.allclose(synapses.weight.grad, wanted, atol=1e-5)
    made.quantiser = DenseQuantiser(6, potential_bits=14)
    fired = made(x)
    layers = [made.integers("layer")]
    assert layers[0].spec.neuron.potential_bits == 14  # type: ignore[union-attr]
    assert np.array_equal(fired.detach().numpy(), golden(layers, x))
    assert fired.sum()
    assert not made(torch.zeros_like(x[:1, :1]))[0, 0].isnan().any()


@pytest.mark.parametrize(
    ("reset", "scale", "leak"),
    list(product(RESETS, ["tensor", "row"], ["factor", "shift", "none"])),
)
def test_spikes_are_those_of_the_golden_network(reset: Any, scale: Any, leak: str) -> None:
    more = {"leak": 1.0} if leak == "none" else {"leak": 0.8} if leak == "shift" else {}
    made = layer(
        DenseQuantiser(6, scale, "shift" if leak == "shift" else "factor", 8), *reset, **more
    )
    found = made.integers("layer")
    assert found.spec.neuron.leak == leak  # type: ignore[union-attr]
    x = spikes()
    fired = made(x)
    assert fired.dtype == torch.float32
    assert 0.03 < fired.mean().item() < 0.9
    assert np.array_equal(fired.detach().numpy(), golden([found], x))
    made.quantiser = None
    assert not np.array_equal(made(x).detach().numpy(), golden([found], x))


def test_two_layers_without_delays_in_the_second() -> None:
    first, second = (
        layer(DenseQuantiser(5, fraction=None)),
        DenseLayer(torch.nn.Linear(NEURONS, 3, bias=False), Lif(3), None),
    )
    with torch.no_grad():
        second.synapses.weight.mul_(4)
    second.quantiser = DenseQuantiser(4, threshold_bits=12)
    x = spikes()
    assert np.array_equal(
        second(first(x)).detach().numpy(),
        golden([first.integers("first"), second.integers("second")], x),
    )
    assert second.integers("second").spec.max_delay == 0
    assert second.integers("second").spec.neuron.threshold_bits == 12  # type: ignore[union-attr]


@pytest.mark.parametrize(("reset", "reset_delay"), RESETS)
def test_saturated_potentials_are_those_of_the_golden_network(
    reset: Any, reset_delay: bool
) -> None:
    """Nothing leaks. Inhibition alone leads potentials to their least; from there excitation makes
    neurons fire again.
    """
    made = layer(DenseQuantiser(4, fraction=2), reset, reset_delay, leak=1.0)
    x = spikes(rate=0.9)
    with torch.no_grad():
        made.synapses.weight.abs_()[:, : INPUTS // 2].neg_()
        assert made.synapses.bias is not None
        made.synapses.bias.zero_()
    x[: TICKS // 3, :, INPUTS // 2 :] = 0
    x[TICKS // 3 :, :, : INPUTS // 2] = 0
    found = made.integers("layer")
    fired = made(x).detach().numpy()
    assert np.array_equal(fired, golden([found], x))
    wide = _in_integers(made, x, made.integers("layer", potential_bits=30)).detach().numpy()
    assert np.array_equal(wide, golden([made.integers("layer", potential_bits=30)], x))
    assert fired.sum() > wide.sum() > 0


def test_fine_rounding_leaves_the_float_spikes() -> None:
    """18 bits, 16 places: but for delays, which are whole here, the layer as it was trained."""
    made = layer(DenseQuantiser(18, "row", factor_shift=16, fraction=8))
    with torch.no_grad():
        made.synapses.delay.round_()
    x = spikes()
    fine = made(x)
    made.quantiser = None
    assert torch.equal(fine, made(x))


def test_gradients_pass_through_the_rounding() -> None:
    """With fine formats and whole delays they are those of the float layer."""
    grads = []
    for quantiser in (None, DenseQuantiser(18, "row", factor_shift=16, fraction=8)):
        made = layer(quantiser)
        with torch.no_grad():
            made.synapses.delay.round_()
        x = spikes().requires_grad_()
        (
            made(x) * torch.randn(TICKS, BATCH, NEURONS, generator=torch.Generator().manual_seed(1))
        ).sum().backward()
        grads.append([x.grad, *(each.grad for each in made.parameters())])
    assert len(grads[0]) == 6
    for exact, fine in zip(*grads, strict=True):
        assert exact is not None
        assert fine is not None
        assert exact.any()
        torch.testing.assert_close(fine, exact, rtol=0.02, atol=0.01 * exact.abs().max().item())


def test_fine_tuning_makes_up_for_rounding() -> None:
    """Weights of 2 bits cost answers; trained on with them in the forward pass most are won
    back.
    """
    rng = np.random.default_rng(0)
    patterns = rng.random((12, 4, INPUTS)) < 0.3

    def batch(count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        label = rng.integers(0, 4, count)
        x = patterns[:, label] ^ (rng.random((12, count, INPUTS)) < 0.04)
        return torch.tensor(x).float(), torch.tensor(label)

    torch.manual_seed(0)
    net = torch.nn.Sequential(
        DenseLayer(DelayLinear(INPUTS, 16, 6, init_delay=torch.rand(16, INPUTS) * 6), Lif(16, 0.7)),
        DenseLayer(DelayLinear(16, 4, 3), Lif(4, 0.9)),
    )
    with torch.no_grad():
        for each in net:
            each.synapses.weight.mul_(4)

    def loss(out: Tensor, label: Tensor) -> Tensor:
        return torch.nn.functional.cross_entropy(out.sum(0), label)

    def right() -> float:
        x, label = batch(400, np.random.default_rng(9))
        with torch.no_grad():
            return float((net(x).sum(0).argmax(1) == label).double().mean())

    def train(rate: float) -> None:
        batches = lambda rng: (batch(32, rng) for _ in range(60))  # noqa: E731
        fit(net, batches, loss, torch.optim.Adam(net.parameters(), rate), epochs=1, progress=False)

    train(0.03)
    exact = right()
    for each in net:
        each.quantiser = DenseQuantiser(2, fraction=2, factor_shift=4)
    rounded = right()
    train(0.01)
    tuned = right()
    assert exact > 0.9
    assert rounded < exact - 0.05
    assert tuned > rounded + 0.5 * (exact - rounded)
    x, _ = batch(20, np.random.default_rng(5))
    assert np.array_equal(
        net(x).detach().numpy(), golden([net[0].integers("a"), net[1].integers("b")], x)
    )


def too_wide() -> Tensor:
    made = layer(DenseQuantiser(18, factor_shift=16, fraction=16))
    return made(spikes())


def hetsyn_instead() -> Tensor:
    from sc_model.quantisation import FloatLayer, quantise

    found = quantise(
        FloatLayer("layer", np.ones((NEURONS, INPUTS)), tau=np.ones((NEURONS, INPUTS)))
    )
    return _in_integers(layer(None), spikes(), found)


@pytest.mark.parametrize(
    ("made", "kind", "message"),
    [
        (
            lambda: DenseLayer(torch.nn.Linear(3, 2), Lif(3)),
            ValueError,
            "neurons must be as many as the synapses' outputs, 2, not 3",
        ),
        (
            too_wide,
            ValueError,
            (
                "potentials of 39 bits times factors of 16 must fit 52 bits to be exact; lower"
                " fraction or factor_shift"
            ),
        ),
        (hetsyn_instead, TypeError, "the layer must be a dense one, not HetSynSpec"),
    ],
)
def test_dense_layer_errors(made: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        made()
