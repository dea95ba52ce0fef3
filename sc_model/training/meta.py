r"""`MetaLearner`: a beginning from which a few steps of gradient descent learn a new task.

MAML (Finn, Abbeel & Levine 2017, arXiv:1703.03400), for tasks with a support and a query set:

    phi_0 = theta,   phi_{n+1} = phi_n - inner_lr  dE(phi_n; support)/d phi_n          the inner
    loop theta <- theta - outer_lr  d/d theta  mean over tasks of E(phi_N; query)           the
    outer step

`order="second"` differentiates through the inner loop, that is with second derivatives; "first"
(FOMAML, same paper) takes dE(phi_N; query)/d phi_N for it; "reptile" (Nichol, Achiam & Schulman
2018, arXiv:1803.02999) takes theta - phi_N, from support and query together. Deviations: the outer
step is that of a torch optimiser, Adam unless told otherwise, where the papers' equations are plain
steps (take `optimiser=torch.optim.SGD`); theta - phi_N of Reptile is not divided by inner_lr.
Through spikes, the derivative of the surrogate is taken for the second derivative.

Learns a `Network`, a `NetworkModule` or any torch module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor
from torch.func import functional_call

from sc_model.checks import integer, positive_number
from sc_model.network import Network
from sc_model.spec.errors import did_you_mean
from sc_model.training.gradient_learner import (
    Checkpointed,
    Loss,
    Optimiser,
    Rates,
    TrainStep,
    Updater,
    checked_targets,
    finite_loss,
)
from sc_model.training.network_module import NetworkModule, as_module

Order = Literal["second", "first", "reptile"]
Named = dict[str, Tensor]


class MetaTask(NamedTuple):
    """A task: what is learned from, and what is asked then. Of a network, inputs (T, n_in) or (T,
    B, n_in).
    """

    support_inputs: Any
    support_targets: Any
    query_inputs: Any
    query_targets: Any


@dataclass(frozen=True)
class Adapted:
    """A task that was learned; the network is as before.

    Members
    -------
    parameters : by name, with their graph.
    losses : on the support set, before each step and behind the last one.
    query_loss : behind the last step.
    module : the network's.
    """

    parameters: Named
    losses: tuple[float, ...]
    query_loss: float
    module: torch.nn.Module

    def predict(self, inputs: Any) -> Tensor:
        """Outputs with what was learned."""
        with torch.no_grad():
            return _called(self.module, self.parameters, inputs, twice=False)


class MetaLearner(Checkpointed):
    """Learns the beginning.

    Parameters
    ----------
    network : a `Network`, whose weights it writes, a `NetworkModule`, or any torch module.
    inner_lr, outer_lr : > 0.
    loss_fn : of outputs and targets, to one number; None for the mean squared error.
    order : "second" (default), "first" or "reptile".
    n_steps : of the inner loop in an outer step.
    optimiser, scheduler, clip_norm : of outer steps, see `NetworkLearner`.
    options : of the `NetworkModule` made for a `Network`.
    """

    def __init__(
        self,
        network: Network | NetworkModule | torch.nn.Module,
        inner_lr: float = 0.01,
        outer_lr: float = 0.001,
        *,
        loss_fn: Loss | None = None,
        order: Order = "second",
        n_steps: int = 5,
        optimiser: Optimiser = torch.optim.Adam,
        scheduler: Rates | None = None,
        clip_norm: float | None = None,
        **options: Any,
    ) -> None:
        if order not in get_args(Order):
            hint = did_you_mean(str(order), get_args(Order))
            raise ValueError(f"order must be 'second', 'first' or 'reptile', not {order!r}{hint}")
        if isinstance(network, torch.nn.Module) and not isinstance(network, NetworkModule):
            if options:
                raise ValueError(
                    f"{sorted(options)[0]} must be left out for a torch module; it is for a Network"
                )
            self.module: torch.nn.Module = network
        else:
            self.module = as_module(network, **options)
        self.network, self.order, self.n_steps = network, order, integer("n_steps", n_steps)
        self.inner_lr = positive_number("inner_lr", inner_lr)
        self.loss_fn: Loss = torch.nn.functional.mse_loss if loss_fn is None else loss_fn
        learned = {
            name: value for name, value in self.module.named_parameters() if value.requires_grad
        }
        self.updater = Updater(learned, optimiser, outer_lr, scheduler, clip_norm)

    def inner_loop(self, task_data: MetaTask | Sequence[Any], n_steps: int = 5) -> Adapted:
        """Learn a task's support set from the present beginning, which stays. TrainingError where a
        loss is not finite.
        """
        self._pull()
        return self._adapted(MetaTask(*task_data), integer("n_steps", n_steps), "first")[0]

    def outer_step(self, tasks: Sequence[MetaTask | Sequence[Any]]) -> TrainStep:
        """One update of the beginning; the loss is the mean of the query sets' behind the inner
        loops.

        Raises ValueError for no tasks, TrainingError where a loss or gradient is not finite;
        nothing is updated then.
        """
        given = [MetaTask(*task) for task in tasks]
        if not given:
            raise ValueError("tasks must hold one or more, not 0")
        self._pull()
        names, total, lengths = list(self.updater.parameters), 0.0, 0
        gradients: Named = {
            name: torch.zeros_like(value) for name, value in self.updater.parameters.items()
        }
        for task in given:
            adapted, query = self._adapted(task, self.n_steps, self.order)
            if self.order == "reptile":
                found = [
                    self.updater.parameters[name].detach() - adapted.parameters[name].detach()
                    for name in names
                ]
            else:
                by = self.updater.parameters if self.order == "second" else adapted.parameters
                grads = torch.autograd.grad(query, [by[name] for name in names], allow_unused=True)
                found = [
                    torch.zeros_like(by[name]) if grad is None else grad
                    for name, grad in zip(names, grads, strict=True)
                ]
            for name, grad in zip(names, found, strict=True):
                gradients[name] += grad / len(given)
            total += adapted.query_loss / len(given)
            lengths += len(task.support_inputs)
        lr, norm, norms = self.updater.update(gradients)
        if isinstance(self.module, NetworkModule):
            self.module.project()
            self.module.push()
        return TrainStep(total, lr, self.updates, norm, norms, lengths // len(given), len(given))

    def train_step(self, *tasks: MetaTask | Sequence[Any]) -> TrainStep:
        """`outer_step`, for `train`."""
        return self.outer_step(tasks)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there, and write the weights into the network."""
        super().load_state_dict(state)
        if isinstance(self.module, NetworkModule):
            self.module.push()

    def _pull(self) -> None:
        if isinstance(self.module, NetworkModule):
            self.module.pull()

    def _adapted(self, task: MetaTask, n_steps: int, order: Order) -> tuple[Adapted, Tensor]:
        """The inner loop, with its graph for `order` "second"; and the query loss."""
        twice = order == "second"
        values: Named = {
            name: value if twice else value.detach().requires_grad_()
            for name, value in self.updater.parameters.items()
        }
        names, losses = list(values), []
        for step in range(n_steps + 1):
            loss = self._loss(values, task.support_inputs, task.support_targets, twice)
            if order == "reptile":
                # the paper's inner loop has one set of data alone
                loss = (loss + self._loss(values, task.query_inputs, task.query_targets, twice)) / 2
            losses.append(finite_loss(loss, self.updates + 1))
            if step == n_steps:
                break
            grads = torch.autograd.grad(
                loss, list(values.values()), create_graph=twice, allow_unused=True
            )
            moved = [
                value if grad is None else value - self.inner_lr * grad
                for value, grad in zip(values.values(), grads, strict=True)
            ]
            values = dict(
                zip(
                    names,
                    moved if twice else [value.detach().requires_grad_() for value in moved],
                    strict=True,
                )
            )
        query = self._loss(values, task.query_inputs, task.query_targets, twice)
        return Adapted(
            values, tuple(losses), finite_loss(query, self.updates + 1), self.module
        ), query

    def _loss(self, values: Named, inputs: Any, targets: Any, twice: bool) -> Tensor:
        outputs = _called(self.module, values, inputs, twice)
        return self.loss_fn(outputs, checked_targets(targets, tuple(outputs.shape), outputs))


def _called(module: torch.nn.Module, values: Named, inputs: Any, twice: bool) -> Tensor:
    """A module's outputs with other parameters; a network's so that they can be differentiated
    twice if need be.
    """
    if not isinstance(module, NetworkModule):
        found: Tensor = functional_call(module, values, (inputs,))
        return found
    given, alone = module.shaped(inputs)
    outputs: Tensor = functional_call(
        _Twice(module, twice), {f"module.{name}": value for name, value in values.items()}, (given,)
    )
    return outputs[:, 0] if alone else outputs


class _Twice(torch.nn.Module):
    """Calls `run` of a module as its forward."""

    def __init__(self, module: NetworkModule, twice: bool) -> None:
        super().__init__()
        self.module, self.twice = module, twice

    def forward(self, inputs: Tensor) -> Tensor:
        return self.module.run(inputs, twice=self.twice).outputs
