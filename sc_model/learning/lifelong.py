r"""`EWC_SCLayer`: a layer of stochastic neurons that keeps what it has learned when it learns
something else.

Neuron j fires in each bit of a stream with probability p[j] = sigmoid(sum_i w[j, i] x[i]). The
log-likelihood of a target rate y is L = y log p + (1 - y) log(1 - p), its gradient (y - p) x, and
the diagonal of the Fisher information of w, over the data and the layer's own answers,

    F[j, i] = mean over x of E[y ~ p] (dL / dw[j, i])^2 = mean over x of p[j] (1 - p[j]) x[i]^2

Elastic weight consolidation (Kirkpatrick et al. 2017, doi:10.1073/pnas.1611835114) adds to the loss
of a new task

    penalty = (lambda / 2) sum F (w - w*)^2

with w* the weights after the old one. Of several tasks the penalties add up; the sum of parabolas
is a parabola again, with F the sum and w* the mean weighted by F, so memory does not grow with the
tasks (the value differs from the sum by a constant).

Deviations: the Fisher is computed from the inputs of a task that were kept, a uniform sample of at
most `memory` of those given to `train_step` (Vitter 1985), unless `consolidate_task` is given
inputs; `apply_ewc_penalty` is a gradient step on the penalty alone, and where the step would go
beyond w* (step_size lambda F > 1) it ends there. For any torch module: `EWCPenalty`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import integer, positive_number, real_array

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LayerStep:
    """A step of training: mean loss (negative log-likelihood, nats an output) and norm of its
    gradient before it, examples, steps so far.
    """

    loss: float
    gradient_norm: float
    examples: int
    steps: int


class EWC_SCLayer:  # noqa: N801 - the name that users know
    """A layer of `n_neurons` stochastic neurons with elastic weight consolidation.

    Parameters
    ----------
    n_inputs, n_neurons : >= 1.
    length : bits of an output stream.
    learning_rate : of `train_step`.
    ewc_lambda : >= 0.
    w_min, w_max : bounds of the weights.
    seed : of the first weights, the streams and the kept sample.
    memory : inputs kept.

    Members
    -------
    weights, fisher_info, star_weights : (n_neurons, n_inputs).
    tasks : how many were consolidated. steps.

    Raises TypeError for the wrong kind, ValueError for a value out of range or another shape.
    """

    def __init__(
        self,
        n_inputs: int,
        n_neurons: int,
        length: int = 64,
        learning_rate: float = 0.1,
        ewc_lambda: float = 10.0,
        *,
        w_min: float = -8.0,
        w_max: float = 8.0,
        seed: int = 0,
        memory: int = 1024,
    ) -> None:
        self.n_inputs, self.n_neurons, self.length = (
            integer("n_inputs", n_inputs),
            integer("n_neurons", n_neurons),
            integer("length", length),
        )
        self.learning_rate, self.ewc_lambda = (
            positive_number("learning_rate", learning_rate),
            positive_number("ewc_lambda", ewc_lambda, zero=True),
        )
        self.w_min, self.w_max, self.memory = float(w_min), float(w_max), integer("memory", memory)
        if not self.w_min < self.w_max:
            raise ValueError(f"w_min ({w_min!r}) must be less than w_max ({w_max!r})")
        self._draws = np.random.default_rng(integer("seed", seed, 0))
        shape = (self.n_neurons, self.n_inputs)
        self.weights: Floats = np.clip(
            self._draws.normal(0, 1 / np.sqrt(n_inputs), shape), self.w_min, self.w_max
        )
        self.fisher_info, self.star_weights = np.zeros(shape), self.weights.copy()
        self.tasks, self.steps = 0, 0
        self._kept: Floats = np.zeros((0, self.n_inputs))
        self._seen = 0

    def get_weights(self) -> Floats:
        """A copy of the weights."""
        return self.weights.copy()

    def probabilities(self, x: ArrayLike) -> Floats:
        """Firing probability of a bit: x (n_inputs,) or (B, n_inputs) to (n_neurons,) or (B,
        n_neurons).
        """
        given = np.asarray(x)
        checked = real_array(
            "x", given, ("B", self.n_inputs) if given.ndim == 2 else (self.n_inputs,)
        )
        return _sigmoid(checked @ self.weights.T)

    def forward(self, x: ArrayLike) -> NDArray[np.uint8]:
        """Random bit streams: x (n_inputs,) or (B, n_inputs) to (n_neurons, length) or (B,
        n_neurons, length).
        """
        p = self.probabilities(x)
        return (self._draws.random((*p.shape, self.length)) < p[..., None]).astype(np.uint8)

    def train_step(self, x: ArrayLike, targets: ArrayLike) -> LayerStep:
        """A gradient step on the likelihood alone of targets (B, n_neurons) in [0, 1], given x (B,
        n_inputs); no penalty.
        """
        inputs = real_array("x", x, ("B", self.n_inputs))
        wanted = real_array("targets", targets, (len(inputs), self.n_neurons))
        if not len(inputs):
            raise ValueError("x must hold an example at least, not 0")
        if wanted.min() < 0 or wanted.max() > 1:
            raise ValueError(
                "targets must be in [0, 1], rates, not reach"
                f" {float(np.abs(wanted - 0.5).max() + 0.5)!r}"
            )
        drive = inputs @ self.weights.T
        loss = float(np.mean(np.logaddexp(0, drive) - wanted * drive))
        gradient = (_sigmoid(drive) - wanted).T @ inputs / len(inputs)
        self.weights = np.clip(self.weights - self.learning_rate * gradient, self.w_min, self.w_max)
        self._remember(inputs)
        self.steps += 1
        return LayerStep(loss, float(np.linalg.norm(gradient)), len(inputs), self.steps)

    def fisher(self, x: ArrayLike) -> Floats:
        """Diagonal Fisher information of the weights, (n_neurons, n_inputs), over the inputs x (B,
        n_inputs).
        """
        inputs = real_array("x", x, ("B", self.n_inputs))
        if not len(inputs):
            raise ValueError(
                "Fisher information must have an input at least, not 0; train first, or give inputs"
            )
        p = self.probabilities(inputs)
        squared = np.square(inputs)
        found = np.zeros_like(self.weights)
        for answer, chance in (
            (1.0, p),
            (0.0, 1 - p),
        ):  # the expectation over both answers of the squared gradient
            found += (chance * np.square(answer - p)).T @ squared / len(inputs)
        return found

    def consolidate_task(self, x: ArrayLike | None = None) -> None:
        """Call at the end of a task: from now on the penalty pulls towards these weights, by what
        they told about its inputs.

        `x` (B, n_inputs) are inputs of the task; None for those kept from `train_step`. ValueError
        where there are none.
        """
        new = self.fisher(self._kept if x is None else x)
        total = self.fisher_info + new
        anchored = self.fisher_info * self.star_weights + new * self.weights
        self.star_weights = np.where(
            total > 0, anchored / np.where(total > 0, total, 1), self.weights
        )
        self.fisher_info = total
        self.tasks += 1
        self._kept, self._seen = np.zeros((0, self.n_inputs)), 0

    @property
    def penalty(self) -> float:
        """(lambda / 2) sum F (w - w*)^2."""
        return float(
            0.5
            * self.ewc_lambda
            * np.sum(self.fisher_info * np.square(self.weights - self.star_weights))
        )

    def apply_ewc_penalty(self, step_size: float = 0.01) -> float:
        """A gradient step on the penalty, within the bounds; the penalty before it."""
        before = self.penalty
        share = np.minimum(
            positive_number("step_size", step_size) * self.ewc_lambda * self.fisher_info, 1.0
        )
        self.weights = np.clip(
            self.weights - share * (self.weights - self.star_weights), self.w_min, self.w_max
        )
        return before

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint has to hold."""
        arrays = {
            name: getattr(self, name).copy()
            for name in ("weights", "fisher_info", "star_weights", "_kept")
        }
        counters = {name: getattr(self, name) for name in ("tasks", "steps", "_seen")}
        return {**arrays, **counters, "random": self._draws.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a checkpoint was made. ValueError for other keys or shapes."""
        if set(state) != set(self.state_dict()):
            raise ValueError(
                f"layer state must hold {sorted(self.state_dict())}, not {sorted(state)}"
            )
        for name in ("weights", "fisher_info", "star_weights"):
            setattr(
                self, name, real_array(name, state[name], (self.n_neurons, self.n_inputs)).copy()
            )
        self._kept = real_array("_kept", state["_kept"], ("n", self.n_inputs)).copy()
        self.tasks, self.steps, self._seen = (
            integer(name, state[name], 0) for name in ("tasks", "steps", "_seen")
        )
        self._draws.bit_generator.state = state["random"]

    def _remember(self, inputs: Floats) -> None:
        """Keep a uniform sample of all inputs since the last task."""
        room = self.memory - len(self._kept)
        self._kept = np.concatenate([self._kept, inputs[:room]])
        self._seen += min(room, len(inputs))
        for row in inputs[room:]:
            self._seen += 1
            place = int(self._draws.integers(0, self._seen))
            if place < self.memory:
                self._kept[place] = row


def _sigmoid(drive: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(0.5 * drive))
