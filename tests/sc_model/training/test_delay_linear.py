"""`DelayLinear`: numpy.interp, the DCLS package, finite differences, stepping, batches, truncation,
export, errors.
"""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from DCLS.construct.modules import Dcls1d
from torch import Tensor

from sc_model.network import Population, Projection
from sc_model.training import DelayLinear

STEPS, BATCH, INPUTS, OUTPUTS, LONGEST = 40, 3, 5, 4, 7


def layer(seed: int = 0, bias: bool = False, learn_delay: bool = True, **more: Any) -> DelayLinear:
    """Delays all over [0, max_delay], none of them whole."""
    torch.manual_seed(seed)
    delay = torch.rand(OUTPUTS, INPUTS, dtype=torch.float64) * LONGEST
    made = DelayLinear(
        INPUTS,
        OUTPUTS,
        LONGEST,
        bias=bias,
        learn_delay=learn_delay,
        init_delay=delay,
        dtype=torch.float64,
        **more,
    )
    if made.bias is not None:
        torch.nn.init.normal_(made.bias)
    return made


def inputs(seed: int = 0) -> Tensor:
    return torch.tensor(np.random.default_rng(seed).normal(size=(STEPS, BATCH, INPUTS)))


def stepped(made: DelayLinear, x: Tensor) -> Tensor:
    made.reset()
    return torch.stack([made.step(word) for word in x])


def by_interp(made: DelayLinear, x: Tensor) -> np.ndarray[Any, Any]:
    """The definition, synapse by synapse."""
    times = np.arange(-LONGEST - 1, STEPS)
    weight, delay = made.weight.detach().numpy(), made.delay.detach().numpy()
    out = np.zeros((STEPS, BATCH, OUTPUTS))
    for b in range(BATCH):
        for j in range(OUTPUTS):
            for i in range(INPUTS):
                history = np.concatenate([np.zeros(LONGEST + 1), x[:, b, i].numpy()])
                out[:, b, j] += weight[j, i] * np.interp(
                    np.arange(STEPS) - delay[j, i], times, history
                )
    return out if made.bias is None else out + made.bias.detach().numpy()


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("run", [lambda made, x: made(x), stepped])
def test_values_are_those_of_interp(
    bias: bool, run: Callable[[DelayLinear, Tensor], Tensor]
) -> None:
    made, x = layer(bias=bias), inputs()
    assert np.abs(run(made, x).detach().numpy() - by_interp(made, x)).max() < 1e-12


def test_whole_delays_and_both_ends() -> None:
    """0 is the present input; max_delay itself is exact."""
    made = DelayLinear(1, 3, 4, init_delay=torch.tensor([[0.0], [2.0], [4.0]]))
    with torch.no_grad():
        made.weight.fill_(1.0)
    x = torch.arange(1.0, 8.0).reshape(7, 1, 1)
    for out in (made(x), stepped(made, x)):
        assert out[:, 0].T.tolist() == [
            [1, 2, 3, 4, 5, 6, 7],
            [0, 0, 1, 2, 3, 4, 5],
            [0, 0, 0, 0, 1, 2, 3],
        ]


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_values_and_gradients_are_those_of_dcls(version: str) -> None:
    """v1 divides its kernels by their sum plus 1e-7, v0 does not. A kernel of DCLS runs backwards
    in time, with P = 0 in its middle; what is computed with float64 is so in both.
    """
    made, x = layer(), inputs()
    theirs = Dcls1d(
        INPUTS, OUTPUTS, 1, dilated_kernel_size=LONGEST + 1, bias=False, version=version
    ).double()
    with torch.no_grad():
        theirs.weight.copy_(made.weight.unsqueeze(-1))
        theirs.P.copy_((LONGEST - made.delay - (LONGEST + 1) // 2).reshape(theirs.P.shape))
    outs, grads = [], []
    aim = torch.tensor(np.random.default_rng(1).normal(size=(STEPS, BATCH, OUTPUTS)))
    mine, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    outs.append(made(mine))
    padded = torch.nn.functional.pad(other.permute(1, 2, 0), (LONGEST, 0))
    outs.append(theirs(padded).permute(2, 0, 1))
    for out in outs:
        (out * aim).sum().backward()
    grads = [
        (made.weight.grad, theirs.weight.grad.squeeze(-1)),
        (made.delay.grad, -theirs.P.grad.reshape(OUTPUTS, INPUTS)),
        (mine.grad, other.grad),
    ]
    assert made.delay.grad is not None
    assert made.delay.grad.abs().min() > 1e-3
    torch.testing.assert_close(outs[0], outs[1], rtol=1e-6, atol=1e-6)
    for ours, dcls in grads:
        torch.testing.assert_close(ours, dcls, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("run", ["forward", "step"])
def test_finite_differences(run: str) -> None:
    made = layer(bias=True)
    x = inputs()[:12].clone().requires_grad_()

    def out(weight: Tensor, delay: Tensor, bias: Tensor, x: Tensor) -> Tensor:
        found = torch.func.functional_call(
            Stepping(made, run), {"made.weight": weight, "made.delay": delay, "made.bias": bias}, x
        )
        assert isinstance(found, Tensor)
        return found

    given = [
        each.detach().clone().requires_grad_() for each in (made.weight, made.delay, made.bias)
    ]  # type: ignore[union-attr]
    assert torch.autograd.gradcheck(out, (*given, x))


class Stepping(torch.nn.Module):
    def __init__(self, made: DelayLinear, run: str) -> None:
        super().__init__()
        self.made, self.run = made, run

    def forward(self, x: Tensor) -> Tensor:
        return stepped(self.made, x) if self.run == "step" else self.made(x)


def test_stepping_equals_forward_with_all_gradients() -> None:
    made, grads = layer(bias=True), []
    aim = torch.tensor(np.random.default_rng(1).normal(size=(STEPS, BATCH, OUTPUTS)))
    for run in (lambda x: made(x), lambda x: stepped(made, x)):
        x = inputs().requires_grad_()
        made.zero_grad()
        (run(x) * aim).sum().backward()
        grads.append(
            [
                each.grad.clone()
                for each in (made.weight, made.delay, made.bias, x)
                if each.grad is not None
            ]
        )
    for whole, each in zip(*grads, strict=True):
        torch.testing.assert_close(whole, each, rtol=1e-12, atol=1e-12)
    assert len(grads[0]) == 4


def test_rows_of_a_batch_do_not_know_of_each_other() -> None:
    made, x = layer(), inputs()
    alone = torch.stack([stepped(made, x[:, b]) for b in range(BATCH)], 1)
    torch.testing.assert_close(stepped(made, x), alone, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(made(x), alone, rtol=1e-12, atol=1e-12)
    other = x.clone()
    other[:, 1] = 0
    assert torch.equal(stepped(made, other)[:, 0], stepped(made, x)[:, 0])
    x = x.requires_grad_()
    stepped(made, x)[:, 0].sum().backward()
    assert x.grad is not None
    assert not x.grad[:, 1:].any()
    assert x.grad[:, 0].any()


def test_a_gradient_goes_through_the_history_until_it_is_detached() -> None:
    """Delay 2 and weight 3: what goes out at step 2 is 3 times what came in at step 0."""
    made = DelayLinear(1, 1, 4, init_delay=2.0)
    with torch.no_grad():
        made.weight.fill_(3.0)
    for cut, expected in ((None, [3.0, 0.0, 0.0]), (0, [0.0, 0.0, 0.0]), (2, [3.0, 0.0, 0.0])):
        made.reset()
        x = torch.ones(3, 1, requires_grad=True)
        for n, word in enumerate(x):
            out = made.step(word)
            if n == cut:
                made.detach()
        out.sum().backward()
        assert x.grad is not None
        assert x.grad.ravel().tolist() == expected
        assert out.item() == 3.0


def test_truncated_windows_are_those_of_detached_ones() -> None:
    """Windows of 8 steps with `detach` between them: the gradient of a forward pass in which what
    came before is a constant.
    """
    made, x = layer(), inputs()
    made.reset()
    for window in x.split(8):
        torch.stack([made.step(word) for word in window]).square().sum().backward()
        made.detach()
    found = (made.weight.grad, made.delay.grad)
    whole = layer()
    whole(x).square().sum().backward()  # inputs are constants here: nothing is lost by cutting
    for mine, theirs in zip(found, (whole.weight.grad, whole.delay.grad), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-12)


def test_a_delay_at_a_whole_number_has_the_gradient_of_the_interval_above() -> None:
    made = DelayLinear(1, 1, 4, init_delay=1.0)
    with torch.no_grad():
        made.weight.fill_(2.0)
    made(torch.tensor([5.0, 7.0, 11.0]).reshape(3, 1, 1))[2].sum().backward()
    assert isinstance(made.delay, torch.nn.Parameter)
    assert made.delay.grad is not None
    assert made.delay.grad.item() == 2 * (5 - 7)


@pytest.mark.parametrize(("start", "aim"), [(-3.0, 2.0), (9.0, 2.0)])
def test_a_delay_outside_finds_its_way_back(start: float, aim: float) -> None:
    made = DelayLinear(1, 1, 4)
    with torch.no_grad():
        made.weight.fill_(1.0)
        made.delay.fill_(start)
    assert made.effective_delay().item() == min(max(start, 0.0), 4.0)
    t = torch.arange(30.0).reshape(-1, 1, 1)
    x = torch.exp(-((t - 15) ** 2) / 30)
    target = torch.exp(-((t - 15 - aim) ** 2) / 30)
    optimiser = torch.optim.Adam([made.delay], lr=0.1)
    for _ in range(300):
        optimiser.zero_grad()
        (made(x) - target).square().sum().backward()
        optimiser.step()
    assert made.delay.item() == pytest.approx(aim, abs=0.1)


def test_gradients_that_lead_out_are_stopped_and_project_puts_back() -> None:
    made = DelayLinear(1, 1, 4)
    with torch.no_grad():
        made.delay.fill_(5.0)
    (-made.effective_delay()).sum().backward()
    assert made.delay.grad is not None
    assert made.delay.grad.item() == 0
    made.effective_delay().sum().backward()
    assert made.delay.grad.item() == 1
    made.project()
    assert made.delay.item() == 4.0


def test_a_fixed_delay_is_a_buffer() -> None:
    made = layer(learn_delay=False, bias=True)
    assert sorted(name for name, _ in made.named_parameters()) == ["bias", "weight"]
    assert (
        sum(each.numel() for each in layer(bias=True).parameters())
        == 2 * INPUTS * OUTPUTS + OUTPUTS
    )
    other = DelayLinear(INPUTS, OUTPUTS, LONGEST, bias=True, learn_delay=False, dtype=torch.float64)
    other.load_state_dict(made.state_dict())
    assert torch.equal(other(inputs()), made(inputs()))
    made(inputs().requires_grad_()).sum().backward()
    assert made.delay.grad is None


def test_first_weights_and_delays() -> None:
    torch.manual_seed(0)
    made = DelayLinear(200, 100)
    assert made.weight.std().item() == pytest.approx(0.1, rel=0.02)
    assert made.weight.mean().item() == pytest.approx(0, abs=0.005)
    assert (made.max_delay, made.bias) == (16, None)
    assert (made.delay == 1.0).all()


def test_state_copies_and_pickles_leave_the_history_out() -> None:
    made, x = layer(), inputs().requires_grad_()
    before = stepped(made, x)
    assert sorted(made.state_dict()) == ["delay", "weight"]
    for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert torch.equal(torch.stack([other.step(word) for word in x]), before)


@pytest.mark.filterwarnings(
    "ignore:.*autograd.function.Function.*should not be instantiated"
)  # by torch itself
def test_compiled() -> None:
    made, x = layer(), inputs()
    compiled = torch.compile(made, backend="aot_eager")
    torch.testing.assert_close(compiled(x), made(x), rtol=1e-12, atol=1e-12)
    made.zero_grad()
    compiled(x).square().sum().backward()
    found = made.delay.grad.clone()  # type: ignore[union-attr]
    made.zero_grad()
    made(x).square().sum().backward()
    torch.testing.assert_close(found, made.delay.grad, rtol=1e-10, atol=1e-10)


# --- export ---------------------------------------------------------------------------------------


def test_delays_as_integers() -> None:
    made = DelayLinear(6, 1, 4)
    with torch.no_grad():
        made.delay.copy_(torch.tensor([[0.49, 0.5, 1.5, 3.999, 4.7, -1.0]]))
    assert made.delays_int.dtype == torch.int64
    assert made.delays_int.tolist() == [[0, 0, 2, 4, 4, 0]]


def test_order_of_the_arrays() -> None:
    """Row of a projection: a source neuron. Synapse i * outputs + j goes from i to j."""
    made = DelayLinear(3, 2, 16, init_delay=torch.tensor([[1.0, 2.25, 3.0], [4.0, 5.0, 6.0]]))
    with torch.no_grad():
        made.weight.copy_(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    assert made.to_nir_delay_array().dtype == np.float64
    assert made.to_nir_delay_array().tolist() == [1, 4, 2, 5, 3, 6]
    assert made.to_nir_delay_array(rounded=False).tolist() == [1, 4, 2.25, 5, 3, 6]
    assert made.to_nir_weight_array().tolist() == [1, 4, 2, 5, 3, 6]


def test_a_trained_layer_and_its_projection_give_the_same_currents() -> None:
    """Whole weights, so that sums have no rounding: equal to the last bit. One delay was led to
    3.999 of 4, one beyond.
    """
    made = layer()
    optimiser = torch.optim.Adam(made.parameters(), lr=0.3)
    for seed in range(5):
        optimiser.zero_grad()
        (made(inputs(seed)) - inputs(seed + 1)[..., :OUTPUTS]).square().sum().backward()
        optimiser.step()
    with torch.no_grad():
        made.weight.copy_((made.weight * 100).round())
        made.delay[0, :2] = torch.tensor([LONGEST - 0.001, LONGEST + 2.0])
    source, target = Population("LIF", INPUTS), Population("LIF", OUTPUTS)
    projection = Projection(
        source,
        target,
        made.to_nir_weight_array(),
        delay=made.to_nir_delay_array(),
        topology="all_to_all",
    )
    assert projection.delay_mode == "per_synapse"
    x = (np.random.default_rng(0).random((60, INPUTS)) < 0.3).astype(np.float64)
    theirs = np.array([projection.propagate(word) for word in x])
    rounded = made.rounded()
    assert np.array_equal(rounded(torch.tensor(x)[:, None])[:, 0].detach().numpy(), theirs)
    assert np.array_equal(stepped(rounded, torch.tensor(x)).detach().numpy(), theirs)
    assert not np.array_equal(made(torch.tensor(x)[:, None])[:, 0].detach().numpy(), theirs)


# --- errors ---------------------------------------------------------------------------------------


def changed_batch() -> Tensor:
    made = DelayLinear(2, 2)
    made.step(torch.zeros(3, 2))
    return made.step(torch.zeros(4, 2))


def changed_kind() -> Tensor:
    made = DelayLinear(2, 2)
    made.step(torch.zeros(3, 2))
    return made.step(torch.zeros(3, 2, dtype=torch.float64))


def diverged() -> Tensor:
    made = DelayLinear(2, 2)
    with torch.no_grad():
        made.delay[0, 0] = float("nan")
    assert made(torch.ones(3, 1, 2))[:, 0, 0].isnan().all()
    return made.delays_int


@pytest.mark.parametrize(
    ("made", "kind", "message"),
    [
        (lambda: DelayLinear(2, 2, 0), ValueError, "max_delay must be >= 1, not 0"),
        (lambda: DelayLinear(0, 2), ValueError, "in_features must be >= 1, not 0"),
        (
            lambda: DelayLinear(2, 2.0),
            TypeError,
            "out_features must be an integer, not 2.0 (float)",
        ),  # type: ignore[arg-type]
        (
            lambda: DelayLinear(2, 2, 4, init_delay=5.0),
            ValueError,
            "init_delay must be in [0, max_delay] = [0, 4], not 5.0",
        ),
        (
            lambda: DelayLinear(2, 2, init_delay=np.nan),
            ValueError,
            "init_delay must be in [0, max_delay] = [0, 16], not nan",
        ),
        (
            lambda: DelayLinear(2, 3, init_delay=torch.zeros(2, 3)),
            ValueError,
            "init_delay must be a number or have shape (3, 2), not (2, 3)",
        ),
        (
            lambda: DelayLinear(2, 2)(torch.zeros(4, 2)),
            ValueError,
            "x must have shape (T, batch, 2) with T >= 1, not (4, 2)",
        ),
        (
            lambda: DelayLinear(2, 2)(torch.zeros(0, 1, 2)),
            ValueError,
            "x must have shape (T, batch, 2) with T >= 1, not (0, 1, 2)",
        ),
        (
            lambda: DelayLinear(2, 2).step(torch.zeros(3)),
            ValueError,
            "x must have shape (2,) or (batch, 2), not (3,)",
        ),
        (
            changed_batch,
            ValueError,
            (
                "x must have the shape of the step before, (3, 2), not (4, 2); call reset() where a"
                " sequence of another batch begins"
            ),
        ),
        (
            changed_kind,
            ValueError,
            (
                "x must be of the kind of the step before, torch.float32 on cpu, not torch.float64"
                " on cpu; call reset()"
            ),
        ),
        (
            diverged,
            ValueError,
            "delays must be finite; training has diverged: lower the learning rate",
        ),
    ],
)
def test_delay_linear_errors(made: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        made()
