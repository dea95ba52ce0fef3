r"""`BPTTLearner`: backpropagation through time with surrogate gradients, for a whole network.

The loss of a sequence may be any differentiable function of outputs and targets. It is
differentiated by the weights of *all* projections through all steps, with the dynamics of
`sc_model.training.neurons` unrolled in time::

    dE/dw = sum over t of  dE/dI(t) x(t - delay)
    dE/dI(t) follows, backwards in time, from dE/ds(t), dE/dv(t + 1), ...
    ds/dd := 1 / (1 + slope |d|)^2 in place of the step's derivative (`surrogate`)

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
    """Trains a network on sequences, each of which begins at rest.

    Parameters
    ----------
    network : a `sc_model.network.Network`, or a `NetworkModule` of one; the learner writes the
        weights of the network.
    loss_fn : from outputs (T, n_out), or (T, B, n_out) for a batch, and targets to one number.
    lr, optimiser, scheduler, clip_norm : see `NetworkLearner`.
    options : of the `NetworkModule`: `inputs`, `outputs`, `surrogate`, `detach_reset`,
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
        """One update of the parameters.

        Parameters
        ----------
        inputs : (T, n_in) or (T, B, n_in).
        targets : whatever `loss_fn` takes, such as (T, n_out) or (T, B, n_out).

        Raises ValueError for shapes that do not fit; TrainingError where the loss or a gradient is
        not finite, and then nothing has changed.
        """
        x, single = self.module.shaped(inputs)
        self.module.pull()
        run = self.module.run(x)
        outputs = run.outputs[:, 0] if single else run.outputs
        loss = self.loss_fn(outputs, checked_targets(targets, tuple(outputs.shape), outputs))
        value = finite_loss(loss, self.updates + 1)
        try:
            loss.backward()
        finally:
            gradients = self._pop_gradients()
        lr, norm, norms = self._update(gradients)
        steps, batch, _ = x.shape
        rates = self._rates(self._spikes(run.activity), steps, batch)
        return TrainStep(value, lr, self.updates, norm, norms, steps, batch, rates)

    def predict(self, inputs: Tensor | ArrayLike) -> Tensor:
        """Outputs (T, n_out) or (T, B, n_out) for inputs of that form; nothing is learned."""
        with torch.no_grad():
            self.module.pull()
            outputs: Tensor = self.module(inputs)
            return outputs
