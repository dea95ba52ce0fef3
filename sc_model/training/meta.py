r"""`MetaLearner`: initial parameters from which a few gradient steps learn a new task.

MAML (Finn, Abbeel & Levine 2017, arXiv:1703.03400), for tasks with a support and a query set::

    inner loop:  phi_0 = theta,  phi_{n+1} = phi_n - inner_lr dE(phi_n; support)/dphi_n
    outer step:  theta <- theta - outer_lr d/dtheta (mean over tasks of E(phi_N; query))

`order="second"` differentiates through the inner loop, with second derivatives. "first" (FOMAML,
same paper) takes dE(phi_N; query)/dphi_N in place of that gradient. "reptile" (Nichol, Achiam &
Schulman 2018, arXiv:1803.02999) takes theta - phi_N, with an inner loop on support and query sets
together.

Deviations: the outer step is that of a torch optimiser, by default Adam, where the papers have
plain steps (take `optimiser=torch.optim.SGD`). theta - phi_N of Reptile is not divided by inner_lr.
The second derivative of a spike is the derivative of the surrogate.

It trains a `Network`, a `NetworkModule` or any torch module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor
from torch.func import functional_call

from sc_model.checks import choice, integer, positive_number
from sc_model.network import Network
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
    """A task: data to learn from, and data to be tested on.

    Members
    -------
    support_inputs, support_targets : data of the inner loop.
    query_inputs, query_targets : data of the outer loss. Inputs of a network are (T, n_in) or
        (T, B, n_in).
    """

    support_inputs: Any
    support_targets: Any
    query_inputs: Any
    query_targets: Any


@dataclass(frozen=True)
class Adapted:
    """The result of an inner loop; the network itself does not change.

    Members
    -------
    parameters : phi_N by name, with their graph.
    losses : on the support set, before each step and after the last one.
    query_loss : on the query set, after the last step.
    module : that of the network.
    """

    parameters: Named
    losses: tuple[float, ...]
    query_loss: float
    module: torch.nn.Module

    def predict(self, inputs: Any) -> Tensor:
        """Outputs with the parameters of the result."""
        with torch.no_grad():
            return _called(self.module, self.parameters, inputs, twice=False)


class MetaLearner(Checkpointed):
    """Learns initial parameters.

    Parameters
    ----------
    network : a `Network`, whose weights it writes, a `NetworkModule`, or any torch module.
    inner_lr, outer_lr : learning rates of the inner loop and the outer step, > 0.
    loss_fn : from outputs and targets to one number; None: the mean squared error.
    order : "second", "first" or "reptile".
    n_steps : steps of the inner loop in an outer step, >= 1.
    optimiser, scheduler, clip_norm : of the outer step, see `NetworkLearner`.
    options : of the `NetworkModule` that is made for a `Network`.
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
        choice("order", order, get_args(Order))
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
        parameters = {
            name: value for name, value in self.module.named_parameters() if value.requires_grad
        }
        self.updater = Updater(parameters, optimiser, outer_lr, scheduler, clip_norm)

    def inner_loop(self, task_data: MetaTask | Sequence[Any], n_steps: int = 5) -> Adapted:
        """Learn a task's support set from the present initial parameters, which do not change.

        TrainingError where a loss is not finite.
        """
        self._pull()
        return self._adapted(MetaTask(*task_data), integer("n_steps", n_steps), "first")[0]

    def outer_step(self, tasks: Sequence[MetaTask | Sequence[Any]]) -> TrainStep:
        """One update of the initial parameters by the query sets of one or more tasks.

        The loss of the result is the mean over the tasks.

        Raises ValueError for no tasks; TrainingError where a loss or gradient is not finite, and
        then nothing has changed.
        """
        batch = [MetaTask(*task) for task in tasks]
        if not batch:
            raise ValueError("tasks must hold one or more, not 0")
        self._pull()
        names, total, lengths = list(self.updater.parameters), 0.0, 0
        gradients: Named = {
            name: torch.zeros_like(value) for name, value in self.updater.parameters.items()
        }
        for task in batch:
            adapted, query = self._adapted(task, self.n_steps, self.order)
            if self.order == "reptile":
                task_gradients = [
                    self.updater.parameters[name].detach() - adapted.parameters[name].detach()
                    for name in names
                ]
            else:
                by = self.updater.parameters if self.order == "second" else adapted.parameters
                grads = torch.autograd.grad(query, [by[name] for name in names], allow_unused=True)
                task_gradients = [
                    torch.zeros_like(by[name]) if grad is None else grad
                    for name, grad in zip(names, grads, strict=True)
                ]
            for name, grad in zip(names, task_gradients, strict=True):
                gradients[name] += grad / len(batch)
            total += adapted.query_loss / len(batch)
            lengths += len(task.support_inputs)
        lr, norm, norms = self.updater.update(gradients)
        if isinstance(self.module, NetworkModule):
            self.module.project()
            self.module.push()
        return TrainStep(total, lr, self.updates, norm, norms, lengths // len(batch), len(batch))

    def train_step(self, *tasks: MetaTask | Sequence[Any]) -> TrainStep:
        """`outer_step` in the form that `train` calls."""
        return self.outer_step(tasks)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the state that `state_dict` gave, and write the weights into the network."""
        super().load_state_dict(state)
        if isinstance(self.module, NetworkModule):
            self.module.push()

    def _pull(self) -> None:
        if isinstance(self.module, NetworkModule):
            self.module.pull()

    def _adapted(self, task: MetaTask, n_steps: int, order: Order) -> tuple[Adapted, Tensor]:
        """The result of an inner loop, with its graph for order "second", and the query loss."""
        twice = order == "second"
        values: Named = {
            name: value if twice else value.detach().requires_grad_()
            for name, value in self.updater.parameters.items()
        }
        names, losses = list(values), []
        for step in range(n_steps + 1):
            loss = self._loss(values, task.support_inputs, task.support_targets, twice)
            if order == "reptile":
                # the paper's inner loop has a single set of data
                loss = (loss + self._loss(values, task.query_inputs, task.query_targets, twice)) / 2
            losses.append(finite_loss(loss, self.updates + 1))
            if step == n_steps:
                break
            grads = torch.autograd.grad(
                loss, list(values.values()), create_graph=twice, allow_unused=True
            )
            next_values = [
                value if grad is None else value - self.inner_lr * grad
                for value, grad in zip(values.values(), grads, strict=True)
            ]
            values = dict(
                zip(
                    names,
                    next_values
                    if twice
                    else [value.detach().requires_grad_() for value in next_values],
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
    """A module's outputs with other parameters; with `twice`, twice differentiable."""
    if not isinstance(module, NetworkModule):
        plain: Tensor = functional_call(module, values, (inputs,))
        return plain
    x, single = module.shaped(inputs)
    outputs: Tensor = functional_call(
        _Twice(module, twice), {f"module.{name}": value for name, value in values.items()}, (x,)
    )
    return outputs[:, 0] if single else outputs


class _Twice(torch.nn.Module):
    """A module whose forward is `run` of a `NetworkModule`."""

    def __init__(self, module: NetworkModule, twice: bool) -> None:
        super().__init__()
        self.module, self.twice = module, twice

    def forward(self, inputs: Tensor) -> Tensor:
        return self.module.run(inputs, twice=self.twice).outputs
