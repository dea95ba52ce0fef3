"""What learners on gradients share: a typed result, an update that happens whole or not at all,
checkpoints.

A learner has `train_step(...)`, which returns a `TrainStep`, and `save(file)` and `load(file)`. The
network is the truth: a step begins with the weights that it has, whoever wrote them, and ends with
writing the new ones into it. Where the loss or a gradient is not finite, that is an error, and
weights, optimiser, schedule and counters are as before.
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
from sc_model.training.loop import TrainingError
from sc_model.training.network_module import NetworkModule, as_module

Loss = Callable[[Tensor, Tensor], Tensor]
"""Of outputs (T, n_out) or (T, B, n_out), as the inputs had a batch or not, and targets, to one number."""

Optimiser = Callable[..., torch.optim.Optimizer]
"""A class of `torch.optim`, or anything called with parameters and `lr`."""


class Rates(Protocol):
    """A schedule of learning rates, as in `sc_model.learning.schedulers`."""

    def step(self) -> float:
        """The rate of the next update."""

    def state_dict(self) -> Mapping[str, Any]:
        """What a checkpoint has to hold."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""


@dataclass(frozen=True)
class TrainStep:
    """An update that was made; `float(step)` is the loss.

    Members
    -------
    loss : before the update.
    lr : the rate.
    updates : made so far, this one too.
    gradient_norm : of all gradients together, before clipping.
    gradient_norms : by parameter (a projection's label, `LABEL delays`, `LABEL threshold`).
    steps, batch : length and number of sequences.
    rates : spikes a neuron and step, by population that spikes.
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
    """The value of a loss. TypeError or ValueError for what is none, TrainingError where it is not
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
    """Targets as a tensor for outputs of a shape. ValueError for real numbers of as many dimensions
    and another shape.
    """
    given = torch.as_tensor(targets, device=like.device)
    if given.is_floating_point():
        given = given.to(like.dtype)
        if given.ndim == len(shape) and tuple(given.shape) != shape:
            raise ValueError(
                f"targets must have the shape of the outputs, {shape}, not {tuple(given.shape)}"
            )
    return given


class Updater:
    """Parameters, an optimiser and what makes an update of gradients; what checkpoints hold.

    Parameters
    ----------
    parameters : by name.
    optimiser, lr, scheduler : `scheduler`, if given, says the rate of each update instead of `lr`.
    clip_norm : gradients that are longer together are scaled to it; None: never.
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
        """One update: the rate, the norm of all gradients, and norms by name. TrainingError where
        one is not finite.
        """
        given = {name: torch.zeros_like(value) if (grad := gradients.get(name)) is None else grad.detach()
                 for name, value in self.parameters.items()}  # fmt: skip
        norms = {name: float(torch.linalg.vector_norm(grad)) for name, grad in given.items()}
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
            value.grad = given[name] * scale if scale != 1.0 else given[name]
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.updates += 1
        return float(self.optimiser.param_groups[0]["lr"]), total, norms

    def state_dict(self) -> dict[str, Any]:
        """All that the next updates depend on, as copies."""
        return {
            "parameters": {name: value.detach().clone() for name, value in self.parameters.items()},
            "optimiser": copy.deepcopy(
                self.optimiser.state_dict()
            ),  # torch hands out its own tensors
            "scheduler": None if self.scheduler is None else dict(self.scheduler.state_dict()),
            "updates": self.updates,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there. ValueError for parameters of other names or shapes, or a schedule where
        there was none.
        """
        mine = {name: tuple(value.shape) for name, value in self.parameters.items()}
        theirs = {name: tuple(value.shape) for name, value in state["parameters"].items()}
        if mine != theirs:
            raise ValueError(
                f"checkpoint must be of the same network, with parameters {mine}, not {theirs}"
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
    """`save` and `load` for what has a `state_dict`; a file is written whole or not at all."""

    updater: Updater

    @property
    def updates(self) -> int:
        """How many were made."""
        return self.updater.updates

    def state_dict(self) -> dict[str, Any]:
        """All that the next steps depend on."""
        return {"learner": type(self).__name__, **self.updater.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there. ValueError for the state of another learner or network."""
        if state.get("learner") != type(self).__name__:
            raise ValueError(
                f"checkpoint must be one of {type(self).__name__}, not {state.get('learner')!r}"
            )
        self.updater.load_state_dict(state)

    def save(self, file: str | os.PathLike[str], **more: Any) -> None:
        """Write a checkpoint; `more` (plain values) comes back from `load`."""
        content = io.BytesIO()
        torch.save({**self.state_dict(), "more": more}, content)
        replace_bytes(Path(file), content.getvalue())

    def load(self, file: str | os.PathLike[str]) -> dict[str, Any]:
        """Go on from a checkpoint; what `save` was given beside it."""
        state = torch.load(Path(file), weights_only=True)
        self.load_state_dict(state)
        more: dict[str, Any] = state["more"]
        return more


class NetworkLearner(Checkpointed):
    """A learner of a network's parameters.

    Parameters
    ----------
    network : a `Network`, or a `NetworkModule` of one, whose parameters that need no gradient then
        stay as they are.
    lr : learning rate, > 0.
    optimiser : class of `torch.optim`.
    scheduler : of `sc_model.learning`; its `step()` is the rate of each update.
    clip_norm : greatest norm of gradients, or None.
    options : of the `NetworkModule` that is made for a network: `inputs`, `outputs`, `surrogate`,
        `learn_delays`, ...

    Members
    -------
    network, module : what is trained.
    updates : made so far.
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
        learned = {
            names[name]: value
            for name, value in self.module.named_parameters()
            if value.requires_grad
        }
        self.updater = Updater(learned, optimiser, lr, scheduler, clip_norm)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there, and write the weights into the network. ValueError for another
        learner's or network's state.
        """
        super().load_state_dict(state)
        self.module.push()

    def _updated(
        self, gradients: Mapping[str, Tensor | None]
    ) -> tuple[float, float, dict[str, float]]:
        made = self.updater.update(gradients)
        self.module.project()
        self.module.push()
        return made

    def _taken(self) -> dict[str, Tensor | None]:
        """Gradients that backward passes have left, taken away."""
        found = {name: value.grad for name, value in self.updater.parameters.items()}
        self._forget()
        return found

    def _forget(self) -> None:
        for value in self.updater.parameters.values():
            value.grad = None

    def _rates(self, spikes: Mapping[str, float], steps: int, batch: int) -> dict[str, float]:
        sizes = {
            name: neuron.n
            for name, neuron in zip(self.module.names, self.module.neurons, strict=True)
        }
        return {name: found / (sizes[name] * steps * batch) for name, found in spikes.items()}

    def _spikes(self, activity: Mapping[str, Tensor]) -> dict[str, float]:
        """Number of spikes by population that spikes."""
        spiking = (
            name
            for name, neuron in zip(self.module.names, self.module.neurons, strict=True)
            if neuron.spiking
        )
        return {name: float(np.float64(activity[name].detach().sum())) for name in spiking}
