r"""`TBPTTLearner`: truncated backpropagation through time, in memory that does not grow with the
sequence.

The sequence is cut into chunks of k steps. Each is run from the state behind the one before, its
loss differentiated, and the graph thrown away: gradients go back to the chunk's beginning, and the
state goes on (Williams & Peng 1990, doi:10.1162/neco.1990.2.4.490; their BPTT(h; h') with h = h' =
k). For k >= T that is BPTT, to the bit.

Deviations: weights stay during a sequence and are updated behind it, by the sum of the chunks'
gradients; with `update="chunk"` behind each chunk, as in the paper.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from numpy.typing import ArrayLike
from torch import Tensor

from sc_model.checks import integer
from sc_model.network import Network
from sc_model.spec.errors import did_you_mean
from sc_model.training.bptt import BPTTLearner
from sc_model.training.gradient_learner import Loss, TrainStep, checked_targets, finite_loss
from sc_model.training.network_module import NetworkModule

Reduction = Literal["mean", "sum"]
Update = Literal["sequence", "chunk"]


class TBPTTLearner(BPTTLearner):
    """Trains a network on sequences of any length, each from rest.

    Parameters
    ----------
    network, loss_fn, lr, others : as `BPTTLearner`; targets have the time as their first dimension.
    k : steps in a chunk, >= 1.
    reduction : what `loss_fn` is over time. "mean" (default): chunks count by their length, so that
        the sum is the loss of the whole; "sum": they are added up.
    update : behind each "sequence" (default) or "chunk".

    The loss of a chunk must be a function of its own outputs and targets alone.
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
            if value not in words:
                hint = did_you_mean(str(value), words)
                raise ValueError(
                    f"{name} must be {' or '.join(map(repr, words))}, not {value!r}{hint}"
                )

    def train_step(self, inputs: Tensor | ArrayLike, targets: Any) -> TrainStep:
        """A sequence: inputs (T, n_in) or (T, B, n_in), targets (T, ...). The loss is that of all
        chunks.

        Raises as `BPTTLearner.train_step`; with `update="chunk"` updates of the chunks before the
        one that fails have been made. The result's norms are those of the last update.
        """
        given, alone = self.module.shaped(inputs)
        steps, batch, _ = given.shape
        shape = (steps, self.module.n_out) if alone else (steps, batch, self.module.n_out)
        aims = checked_targets(targets, shape, given)
        if not aims.ndim or len(aims) != steps:
            raise ValueError(
                f"targets must have the {steps} steps of the inputs as first dimension, not"
                f" {tuple(aims.shape)}"
            )
        self.module.pull()
        self._forget()
        state, total, spikes = None, 0.0, dict[str, float]()
        made = 0.0, 0.0, dict[str, float]()
        try:
            for begin in range(0, steps, self.k):
                chunk = given[begin : begin + self.k]
                run = self.module.run(chunk, state)
                loss = self.loss_fn(
                    run.outputs[:, 0] if alone else run.outputs, aims[begin : begin + self.k]
                )
                value = finite_loss(loss, self.updates + 1)
                share = len(chunk) / steps if self.reduction == "mean" else 1.0
                (loss * share).backward()
                total += value * share
                for name, found in self._spikes(run.activity).items():
                    spikes[name] = spikes.get(name, 0.0) + found
                state = run.state.detach()
                del run, loss  # the graph, before that of the next chunk is made
                if self.update == "chunk":
                    made = self._updated(self._taken())
        finally:
            left = self._taken()
        if self.update == "sequence":
            made = self._updated(left)
        return TrainStep(
            total,
            made[0],
            self.updates,
            made[1],
            made[2],
            steps,
            batch,
            self._rates(spikes, steps, batch),
        )
