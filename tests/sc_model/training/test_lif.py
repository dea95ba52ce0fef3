"""`Lif`: spikes and gradients of snntorch.Leaky, hand-worked ticks, learned leaks and thresholds,
errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import snntorch
import torch
from torch import Tensor

from sc_model.training import Lif

TICKS, BATCH, NEURONS = 80, 4, 6


def drive(seed: int = 0, strength: float = 1.2) -> Tensor:
    """Currents with which potentials stay below twice the threshold."""
    return (
        torch.rand(
            TICKS,
            BATCH,
            NEURONS,
            generator=torch.Generator().manual_seed(seed),
            dtype=torch.float64,
        )
        * strength
    )


def theirs(
    current: Tensor, leak: Tensor, threshold: Tensor, reset: str, reset_delay: bool
) -> tuple[Tensor, Any]:
    leaky = snntorch.Leaky(
        leak,
        threshold,
        spike_grad=snntorch.surrogate.fast_sigmoid(25),
        reset_mechanism=reset,
        reset_delay=reset_delay,
        learn_beta=True,
        learn_threshold=True,
    ).double()
    mem, spikes = torch.zeros(BATCH, NEURONS, dtype=torch.float64), []
    for now in current:
        fired, mem = leaky(now, mem)
        spikes.append(fired)
    return torch.stack(spikes), leaky


@pytest.mark.parametrize(
    ("reset", "snntorch_delay", "reset_delay"),
    [
        ("subtract", True, True),
        ("subtract", False, False),
        ("zero", True, False),
        ("zero", False, False),
    ],
)
def test_spikes_and_gradients_are_those_of_snntorch(
    reset: Any, snntorch_delay: bool, reset_delay: bool
) -> None:
    leak = torch.linspace(0.1, 1.0, NEURONS, dtype=torch.float64)
    threshold = torch.linspace(1.2, 1.5, NEURONS, dtype=torch.float64)
    made = Lif(
        NEURONS,
        leak,
        threshold,
        reset=reset,
        reset_delay=reset_delay,
        learn_leak=True,
        learn_threshold=True,
        dtype=torch.float64,
    )
    mine, other = drive().requires_grad_(), drive().requires_grad_()
    spikes = made(mine)
    expected, leaky = theirs(other, leak, threshold, reset, snntorch_delay)
    assert 0.05 < spikes.mean().item() < 0.7
    assert torch.equal(spikes.detach(), expected.detach().double())
    aim = torch.randn(
        TICKS, BATCH, NEURONS, generator=torch.Generator().manual_seed(1), dtype=torch.float64
    )
    (spikes * aim).sum().backward()
    (expected * aim).sum().backward()
    assert mine.grad is not None
    assert other.grad is not None
    if snntorch_delay:  # without it snnTorch sends a gradient through the reset
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-6, atol=1e-7)
        torch.testing.assert_close(made.leak.grad, leaky.beta.grad, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("reset_delay", [False, True])
def test_a_sequence_is_its_ticks_with_all_gradients(reset: Any, reset_delay: bool) -> None:
    found = []
    for whole in (True, False):
        made = Lif(
            NEURONS,
            torch.linspace(0.1, 0.9, NEURONS),
            0.8,
            reset=reset,
            reset_delay=reset_delay,
            learn_leak=True,
            learn_threshold=True,
            dtype=torch.float64,
        )
        current = drive().requires_grad_()
        if whole:
            spikes = made(current)
        else:
            state, fired = made.rest(BATCH), []
            for now in current:
                state, word = made.step(state, now)
                fired.append(word)
            spikes = torch.stack(fired)
        (
            spikes
            * torch.linspace(-1, 2, spikes.numel(), dtype=torch.float64).reshape(spikes.shape)
        ).sum().backward()
        found.append([spikes.detach(), current.grad, made.leak.grad, made.threshold.grad])
    assert 0.05 < found[0][0].mean() < 0.9  # type: ignore[union-attr]
    for each, by_tick in zip(*found, strict=True):
        torch.testing.assert_close(each, by_tick, rtol=1e-10, atol=1e-12)


def test_ticks_by_hand() -> None:
    """Leak 1/2, threshold 1, currents 2.5, 0.5, 0.5: at the spike 1.5 is left, (1.5) / 2 + 0.5 =
    1.25 fires, then 0.125 + 0.5.
    """
    current = torch.tensor([2.5, 0.5, 0.5]).reshape(3, 1, 1)
    for reset, reset_delay, potentials, spikes in (
        ("subtract", False, [2.5, 1.25, 0.625], [1, 1, 0]),
        ("subtract", True, [2.5, 0.75, 0.875], [1, 0, 0]),
        ("zero", False, [2.5, 0.5, 0.75], [1, 0, 0]),
        ("zero", True, [2.5, 0.0, 0.5], [1, 0, 0]),
    ):
        made = Lif(1, 0.5, 1.0, reset=reset, reset_delay=reset_delay)  # type: ignore[arg-type]
        state, found = made.rest(1), []
        for now in current:
            state, fired = made.step(state, now)
            found.append((state.potential.item(), fired.item()))
        assert [potential for potential, _ in found] == potentials
        assert [fired for _, fired in found] == spikes
        assert made(current).ravel().tolist() == spikes


def test_at_the_threshold_nothing_fires() -> None:
    assert Lif(1, 0.5, 1.0)(torch.ones(1, 1, 1)).item() == 0


def test_leaks_and_thresholds_are_learned_within_their_range() -> None:
    made = Lif(2, torch.tensor([0.5, 1.0]), 1.0, learn_leak=True, learn_threshold=True)
    assert sorted(name for name, _ in made.named_parameters()) == ["leak", "threshold"]
    with torch.no_grad():
        made.leak.copy_(torch.tensor([-0.5, 1.5]))
        made.threshold.fill_(-1.0)
    leak, threshold = made.effective()
    assert leak.tolist() == [0, 1]
    assert threshold.tolist() == pytest.approx([1e-3, 1e-3])
    (leak * torch.tensor([-1.0, 1.0])).sum().backward()
    assert made.leak.grad is not None
    assert made.leak.grad.tolist() == [-1, 1]  # both lead back
    assert list(Lif(2).parameters()) == []


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Lif(0), "neurons must be >= 1, not 0"),
        (lambda: Lif(2, 1.5), "leak must be in [0, 1], not 1.5"),
        (lambda: Lif(2, float("nan")), "leak must be in [0, 1], not nan"),
        (lambda: Lif(2, threshold=0.0), "threshold must be >= 0.001 and finite, not 0.0"),
        (lambda: Lif(2, threshold=torch.inf), "threshold must be >= 0.001 and finite, not inf"),
        (lambda: Lif(2, torch.zeros(3)), "leak must be a number or have shape (2,), not (3,)"),
        (
            lambda: Lif(2, reset="subtrac"),
            "reset must be 'subtract' or 'zero', not 'subtrac'; did you mean 'subtract'?",
        ),  # type: ignore[arg-type]
        (
            lambda: Lif(2)(torch.zeros(3, 2)),
            "current must have shape (T, B, 2) with T >= 1, not (3, 2)",
        ),
    ],
)
def test_lif_errors(made: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        made()
