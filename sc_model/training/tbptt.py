r"""`TBPTTLearner`: truncated backpropagation through time, in the memory of one chunk.

The sequence is cut into chunks of k steps. Each chunk runs from the state after the one before. Its
loss is differentiated, and its graph is freed: gradients go back to the beginning of the chunk, and
the state goes on (Williams & Peng 1990, doi:10.1162/neco.1990.2.4.490; their BPTT(h; h') with h =
h' = k). For k >= T that is BPTT, to the bit.

Deviations: weights do not change during a sequence; they are updated after it, by the sum of the
chunks' gradients. With `update="chunk"` they are updated after each chunk, as in the paper.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from numpy.typing import ArrayLike
from torch import Tensor

from sc_model.checks import choice, integer
from sc_model.network import Network
from sc_model.training.bptt import BPTTLearner
from sc_model.training.gradient_learner import Loss, TrainStep, checked_targets, finite_loss
from sc_model.training.network_module import NetworkModule

Reduction = Literal["mean", "sum"]
Update = Literal["sequence", "chunk"]


class TBPTTLearner(BPTTLearner):
    """Trains a network on sequences of any length, each of which begins at rest.

    The loss of a chunk must be a function of its own outputs and targets alone.

    Parameters
    ----------
    network, loss_fn, lr, others : see `BPTTLearner`; the first dimension of targets is time.
    k : steps in a chunk, >= 1.
    reduction : what `loss_fn` does over time. "mean": losses of chunks are weighted by their
        length, which gives the mean of the whole sequence. "sum": they are added.
    update : when weights are updated, after each "sequence" or each "chunk".
    """

    def __init__(
        self,
        network: Network | NetworkModule,
        loss_fn: Loss,
        lr: float = 1e-3,
        k: int = 50,
        *,
        reduction: Reduction = "mean",
        update: Update = "sequence",
        **others: Any,
    ) -> None:
        super().__init__(network, loss_fn, lr, **others)
        self.k, self.reduction, self.update = integer("k", k), reduction, update
        for name, value, words in (
            ("reduction", reduction, get_args(Reduction)),
            ("update", update, get_args(Update)),
        ):
            choice(name, value, words)

    def train_step(self, inputs: Tensor | ArrayLike, targets: Any) -> TrainStep:
        """Train on one sequence: inputs (T, n_in) or (T, B, n_in), targets (T, ...).

        The loss of the result is that of all chunks; its rate and norms are of the last update.

        Raises what `BPTTLearner.train_step` raises. With `update="chunk"` the updates of chunks
        before the one that fails stay.
        """
        x, single = self.module.shaped(inputs)
        steps, batch, _ = x.shape
        shape = (steps, self.module.n_out) if single else (steps, batch, self.module.n_out)
        aims = checked_targets(targets, shape, x)
        if not aims.ndim or len(aims) != steps:
            raise ValueError(
                f"targets must have the {steps} steps of the inputs as first dimension, not"
                f" {tuple(aims.shape)}"
            )
        self.module.pull()
        self._clear_gradients()
        state, total, spikes = None, 0.0, dict[str, float]()
        update = 0.0, 0.0, dict[str, float]()
        try:
            for begin in range(0, steps, self.k):
                chunk = x[begin : begin + self.k]
                run = self.module.run(chunk, state)
                loss = self.loss_fn(
                    run.outputs[:, 0] if single else run.outputs, aims[begin : begin + self.k]
                )
                value = finite_loss(loss, self.updates + 1)
                share = len(chunk) / steps if self.reduction == "mean" else 1.0
                (loss * share).backward()
                total += value * share
                for name, count in self._spikes(run.activity).items():
                    spikes[name] = spikes.get(name, 0.0) + count
                state = run.state.detach()
                del run, loss  # frees the chunk's graph before the next one is made
                if self.update == "chunk":
                    update = self._update(self._pop_gradients())
        finally:
            gradients = self._pop_gradients()
        if self.update == "sequence":
            update = self._update(gradients)
        rates = self._rates(spikes, steps, batch)
        lr, norm, norms = update
        return TrainStep(total, lr, self.updates, norm, norms, steps, batch, rates)
