r"""`BPTTLearner`: backpropagation through time with surrogate gradients, through a whole network of
populations.

The loss of a sequence, any differentiable function of outputs and targets, is differentiated by the
weights of *all* projections through all steps: with the dynamics of `sc_model.training.neurons`
unrolled in time,

    dE/dw = sum over t of  dE/dI(t) x(t - delay),      dE/dI(t) from dE/ds(t), dE/dv(t + 1), ...
    backwards ds/dd := 1 / (1 + slope |d|)^2                      in place of the step's derivative
    (`surrogate`)

after Werbos 1990 (doi:10.1109/5.58337) and Neftci, Mostafa & Zenke 2019
(doi:10.1109/MSP.2019.2931595). Deviations: the fast sigmoid of the latter's SuperSpike example has
the scale of snnTorch (1 at the threshold); no gradient goes through resets unless
`detach_reset=False`; the gradient through an adaptive threshold and through delays of any length is
exact.
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sc_model.network import Network
from sc_model.training.gradient_learner import (
    Loss,
    NetworkLearner,
    Optimiser,
    Rates,
    TrainStep,
    checked_targets,
    finite_loss,
)
from sc_model.training.network_module import NetworkModule


class BPTTLearner(NetworkLearner):
    """Trains a network on sequences, each from rest.

    Parameters
    ----------
    network : a `sc_model.network.Network`, whose weights it writes, or a `NetworkModule` of one.
    loss_fn : of outputs (T, n_out), or (T, B, n_out) where inputs have a batch, and targets;
        returns one number.
    lr, optimiser, scheduler, clip_norm : see `NetworkLearner`.
    options : of the `NetworkModule`: `inputs` and `outputs` (labels of populations; by default
        those that no projection leads to, or away from), `surrogate`, `detach_reset`,
        `learn_thresholds`, `learn_delays`, `dense`, `dtype`.
    """

    def __init__(
        self,
        network: Network | NetworkModule,
        loss_fn: Loss,
        lr: float = 1e-3,
        *,
        optimiser: Optimiser = torch.optim.Adam,
        scheduler: Rates | None = None,
        clip_norm: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(network, lr, optimiser, scheduler, clip_norm, options)
        self.loss_fn = loss_fn

    def train_step(self, inputs: Tensor | ArrayLike, targets: Any) -> TrainStep:
        """One update for inputs (T, n_in) or (T, B, n_in) and targets, such as (T, n_out) or (T, B,
        n_out).

        Raises ValueError for shapes that don't fit, TrainingError where loss or gradients are not
        finite.
        """
        given, alone = self.module.shaped(inputs)
        self.module.pull()
        run = self.module.run(given)
        outputs = run.outputs[:, 0] if alone else run.outputs
        loss = self.loss_fn(outputs, checked_targets(targets, tuple(outputs.shape), outputs))
        value = finite_loss(loss, self.updates + 1)
        try:
            loss.backward()
        finally:
            found = self._taken()
        lr, norm, norms = self._updated(found)
        steps, batch, _ = given.shape
        rates = self._rates(self._spikes(run.activity), steps, batch)
        return TrainStep(value, lr, self.updates, norm, norms, steps, batch, rates)

    def predict(self, inputs: Tensor | ArrayLike) -> Tensor:
        """Outputs for inputs, of the same shape but for the last dimension; nothing is learned."""
        with torch.no_grad():
            self.module.pull()
            found: Tensor = self.module(inputs)
            return found
