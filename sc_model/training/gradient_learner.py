"""What learners by gradients share: a typed result, atomic updates, checkpoints.

A learner has `train_step(...)`, which returns a `TrainStep`, and `save(file)` and `load(file)`. A
step begins with the weights that the network has, whoever wrote them, and ends with writing the new
ones into it. A loss or a gradient that is not finite is an error, and weights, optimiser, schedule
and counters are then as before.
"""

from __future__ import annotations

import copy
import io
import math
import os
from abc import ABC
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from sc_model.checks import positive_number
from sc_model.files import replace_bytes
from sc_model.network import Network
from sc_model.torch_files import misfit, read_state
from sc_model.training.loop import TrainingError
from sc_model.training.network_module import NetworkModule, as_module

Loss = Callable[[Tensor, Tensor], Tensor]
"""From outputs (T, n_out), or (T, B, n_out) for a batch, and targets to one number."""

Optimiser = Callable[..., torch.optim.Optimizer]
"""A class of `torch.optim`, or another callable of parameters and `lr`."""


class Rates(Protocol):
    """A schedule of learning rates, as in `sc_model.learning.schedulers`."""

    def step(self) -> float:
        """The rate of the next update."""

    def state_dict(self) -> Mapping[str, Any]:
        """The state for a checkpoint."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the state that `state_dict` gave."""


@dataclass(frozen=True)
class TrainStep:
    """The result of a training step; `float(step)` is the loss.

    Members
    -------
    loss : before the update.
    lr : learning rate of the update.
    updates : number of updates so far, with this one.
    gradient_norm : norm of all gradients together, before clipping.
    gradient_norms : norm by parameter: a projection's label, `LABEL delays`, `LABEL threshold`.
    steps, batch : length and number of the sequences.
    rates : spikes per neuron and step, by label of the populations that spike.
    """

    loss: float
    lr: float
    updates: int
    gradient_norm: float
    gradient_norms: dict[str, float]
    steps: int
    batch: int
    rates: dict[str, float] = field(default_factory=dict)

    def __float__(self) -> float:
        return self.loss


def finite_loss(loss: Any, update: int) -> float:
    """The value of a loss, in update number `update`.

    TypeError unless it is a tensor, ValueError unless it is one number, TrainingError unless it is
    finite.
    """
    if not isinstance(loss, Tensor):
        raise TypeError(f"loss_fn must return a tensor, not {loss!r} ({type(loss).__name__})")
    if loss.numel() != 1:
        raise ValueError(
            f"loss_fn must return one number, not a tensor of shape {tuple(loss.shape)}; take its"
            " mean or sum"
        )
    value = float(loss.detach())
    if not math.isfinite(value):
        raise TrainingError(
            f"the loss must be finite, not {value} in update {update}; lower the learning rate, or"
            " look for NaN in the inputs"
        )
    return value


def checked_targets(targets: Any, shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Targets as a tensor; real numbers get the dtype of `like`.

    ValueError for real numbers with as many dimensions as the outputs, but another shape. Targets
    with other dimensions, such as classes, are left to the loss.
    """
    aims = torch.as_tensor(targets, device=like.device)
    if aims.is_floating_point():
        aims = aims.to(like.dtype)
        if aims.ndim == len(shape) and tuple(aims.shape) != shape:
            raise ValueError(
                f"targets must have the shape of the outputs, {shape}, not {tuple(aims.shape)}"
            )
    return aims


class Updater:
    """Parameters and their optimiser.

    Parameters
    ----------
    parameters : tensors by name; one or more.
    optimiser : class of the optimiser.
    lr : learning rate, > 0.
    scheduler : its `step()` gives the rate of each update instead of `lr`; or None.
    clip_norm : gradients with a larger norm together are scaled to it, > 0; None: no clipping.

    Members
    -------
    updates : number of updates so far.
    """

    def __init__(
        self,
        parameters: Mapping[str, Tensor],
        optimiser: Optimiser,
        lr: float,
        scheduler: Rates | None,
        clip_norm: float | None,
    ) -> None:
        self.parameters = dict(parameters)
        if not self.parameters:
            raise ValueError("network must have a parameter to learn, not none; add a projection")
        self.optimiser = optimiser(list(self.parameters.values()), lr=positive_number("lr", lr))
        self.scheduler = scheduler
        self.clip_norm = None if clip_norm is None else positive_number("clip_norm", clip_norm)
        self.updates = 0

    def update(
        self, gradients: Mapping[str, Tensor | None]
    ) -> tuple[float, float, dict[str, float]]:
        """One update: the learning rate, the norm of all gradients, and their norms by name.

        A gradient that is missing or None counts as 0. TrainingError where a norm is not finite;
        nothing has changed then.
        """
        grads: dict[str, Tensor] = {}
        for name, value in self.parameters.items():
            gradient = gradients.get(name)
            grads[name] = torch.zeros_like(value) if gradient is None else gradient.detach()
        norms = {name: float(torch.linalg.vector_norm(grad)) for name, grad in grads.items()}
        for name, norm in norms.items():
            if not math.isfinite(norm):
                raise TrainingError(
                    f"the gradient of {name!r} must be finite, not {norm} in update"
                    f" {self.updates + 1}"
                )
        total = math.hypot(*norms.values())
        scale = 1.0 if self.clip_norm is None or total <= self.clip_norm else self.clip_norm / total
        if self.scheduler is not None:
            rate = self.scheduler.step()
            for group in self.optimiser.param_groups:
                group["lr"] = rate
        for name, value in self.parameters.items():
            value.grad = grads[name] * scale if scale != 1.0 else grads[name]
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.updates += 1
        return float(self.optimiser.param_groups[0]["lr"]), total, norms

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next updates depend on, as copies."""
        return {
            "parameters": {name: value.detach().clone() for name, value in self.parameters.items()},
            # torch returns the optimiser's own tensors, not copies
            "optimiser": copy.deepcopy(self.optimiser.state_dict()),
            "scheduler": None if self.scheduler is None else dict(self.scheduler.state_dict()),
            "updates": self.updates,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the state that `state_dict` gave.

        ValueError for other names or shapes, and for a schedule that only one of both has.
        """
        own = {name: tuple(value.shape) for name, value in self.parameters.items()}
        theirs = {name: tuple(value.shape) for name, value in state["parameters"].items()}
        if own != theirs:
            raise ValueError(
                f"checkpoint must be of the same network, with parameters {own}, not {theirs}"
            )
        if (self.scheduler is None) != (state["scheduler"] is None):
            had = "no scheduler" if self.scheduler is not None else "one"
            raise ValueError(f"scheduler must be given as for the checkpoint, which has {had}")
        with torch.no_grad():
            for name, value in self.parameters.items():
                value.copy_(state["parameters"][name])
        self.optimiser.load_state_dict(copy.deepcopy(state["optimiser"]))
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state["scheduler"])
        self.updates = int(state["updates"])


class Checkpointed(ABC):
    """A learner with checkpoints; a file is written whole or not at all."""

    updater: Updater

    @property
    def updates(self) -> int:
        """Number of updates so far."""
        return self.updater.updates

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next steps depend on, as copies."""
        return {"learner": type(self).__name__, **self.updater.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the state that `state_dict` gave. ValueError for another learner's or network's."""
        if state.get("learner") != type(self).__name__:
            raise ValueError(
                f"checkpoint must be one of {type(self).__name__}, not {state.get('learner')!r}"
            )
        self.updater.load_state_dict(state)

    def save(self, file: str | os.PathLike[str], **more: Any) -> None:
        """Write a checkpoint; `load` returns the plain values `more`."""
        content = io.BytesIO()
        torch.save({**self.state_dict(), "more": more}, content)
        replace_bytes(Path(file), content.getvalue())

    def load(self, file: str | os.PathLike[str]) -> dict[str, Any]:
        """Take the state of a checkpoint; returns the `more` that `save` got.

        ValueError for a file that is no checkpoint of such a learner, or damaged.
        """
        state = read_state(Path(file), ("learner", "more"))
        try:
            self.load_state_dict(state)
        except (LookupError, TypeError, AttributeError, RuntimeError) as error:
            # of plain data that is nested otherwise than `state_dict` gives it
            raise misfit(Path(file), error) from None
        more: dict[str, Any] = state["more"]
        return more


class NetworkLearner(Checkpointed):
    """A learner of a network's parameters.

    Parameters
    ----------
    network : a `Network`, or a `NetworkModule` of one; only parameters of the module that need a
        gradient are trained.
    lr : learning rate, > 0.
    optimiser : class of `torch.optim`.
    scheduler : of `sc_model.learning`; its `step()` is the rate of each update; or None.
    clip_norm : largest norm of all gradients together; None: no clipping.
    options : of the `NetworkModule` that is made for a network.

    Members
    -------
    network, module : what is trained.
    updates : number of updates so far.
    """

    def __init__(
        self,
        network: Network | NetworkModule,
        lr: float,
        optimiser: Optimiser,
        scheduler: Rates | None,
        clip_norm: float | None,
        options: Mapping[str, Any],
    ) -> None:
        self.module = as_module(network, **options)
        self.network = self.module.network
        names = self.module.parameter_labels()
        parameters = {
            names[name]: value
            for name, value in self.module.named_parameters()
            if value.requires_grad
        }
        self.updater = Updater(parameters, optimiser, lr, scheduler, clip_norm)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the state that `state_dict` gave, and write the weights into the network.

        ValueError for the state of another learner or network.
        """
        super().load_state_dict(state)
        self.module.push()

    def _update(
        self, gradients: Mapping[str, Tensor | None]
    ) -> tuple[float, float, dict[str, float]]:
        """One update of module and network: rate, norm, norms by name."""
        result = self.updater.update(gradients)
        self.module.project()
        self.module.push()
        return result

    def _pop_gradients(self) -> dict[str, Tensor | None]:
        """The gradients of backward passes, by name; the parameters have none then."""
        gradients = {name: value.grad for name, value in self.updater.parameters.items()}
        self._clear_gradients()
        return gradients

    def _clear_gradients(self) -> None:
        """Remove the gradients of all parameters."""
        for value in self.updater.parameters.values():
            value.grad = None

    def _rates(self, spikes: Mapping[str, float], steps: int, batch: int) -> dict[str, float]:
        """Spikes per neuron and step, from numbers of spikes by population."""
        sizes = {
            name: neuron.n
            for name, neuron in zip(self.module.names, self.module.neurons, strict=True)
        }
        return {name: count / (sizes[name] * steps * batch) for name, count in spikes.items()}

    def _spikes(self, activity: Mapping[str, Tensor]) -> dict[str, float]:
        """Number of spikes of each population that spikes."""
        spiking = (
            name
            for name, neuron in zip(self.module.names, self.module.neurons, strict=True)
            if neuron.spiking
        )
        return {name: float(np.float64(activity[name].detach().sum())) for name in spiking}
