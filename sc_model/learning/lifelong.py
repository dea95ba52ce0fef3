r"""`EWC_SCLayer`: a layer of stochastic neurons that learns a new task without losing the old one.

Neuron j fires in each bit of a stream with probability p[j] = sigmoid(sum_i w[j, i] x[i]). The
log-likelihood of a target rate y is L = y log p + (1 - y) log(1 - p), and its gradient is (y - p)
x. The diagonal of the Fisher information of w, over the data and the layer's own answers, is

    F[j, i] = mean over x of E[y ~ p] (dL / dw[j, i])^2 = mean over x of p[j] (1 - p[j]) x[i]^2

Elastic weight consolidation (Kirkpatrick et al. 2017, doi:10.1073/pnas.1611835114) adds to the loss
of a new task

    penalty = (lambda / 2) sum F (w - w*)^2

where w* are the weights after the old task. The penalties of several tasks add up. A sum of
parabolas is a parabola again, with the sum of the F and the F-weighted mean of the w*, so memory
does not grow with the number of tasks (the value differs from the sum by a constant).

Deviations: the Fisher information is computed over a uniform sample of at most `memory` of the
inputs that `train_step` has seen (Vitter 1985), unless `consolidate_task` is given inputs.
`apply_ewc_penalty` is a gradient step on the penalty alone; a step that would go beyond w*
(step_size lambda F > 1) ends at w*. For torch modules there is `EWCPenalty`.
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
    """Result of one training step.

    Members
    -------
    loss : mean negative log-likelihood before the step, nats an output.
    gradient_norm : Euclidean norm of the loss gradient before the step.
    examples : number of examples in the step.
    steps : number of training steps so far.
    """

    loss: float
    gradient_norm: float
    examples: int
    steps: int


class EWC_SCLayer:  # noqa: N801 - the name that users know
    """A layer of `n_neurons` stochastic neurons with elastic weight consolidation.

    Parameters
    ----------
    n_inputs, n_neurons : size of the layer, >= 1.
    length : bits of an output stream, >= 1. With 64 the rate of a stream has a standard error of at
        most 1/16.
    learning_rate : step size of `train_step`, > 0.
    ewc_lambda : lambda, weight of the penalty, >= 0.
    w_min, w_max : bounds of the weights, w_min < w_max. A single input of 1 with a weight of 8
        fires its neuron with a probability of 0.9997, and larger weights hardly change that.
    seed : seed of the initial weights, the streams and the sample of inputs, >= 0.
    memory : largest number of inputs in the sample for the Fisher information, >= 1. With 1024 the
        standard error of a mean is 1/32 of the spread of its terms.

    Members
    -------
    weights : (n_neurons, n_inputs), w.
    fisher_info : (n_neurons, n_inputs), F.
    star_weights : (n_neurons, n_inputs), w*.
    tasks : number of consolidated tasks.
    steps : number of training steps.

    Raises
    ------
    TypeError : a parameter is of the wrong kind.
    ValueError : a parameter is out of range.
    """

    def __init__(
        self,
        n_inputs: int,
        n_neurons: int,
        *,
        length: int = 64,
        learning_rate: float = 0.1,
        ewc_lambda: float = 10.0,
        w_min: float = -8.0,
        w_max: float = 8.0,
        seed: int = 0,
        memory: int = 1024,
    ) -> None:
        self.n_inputs = integer("n_inputs", n_inputs)
        self.n_neurons = integer("n_neurons", n_neurons)
        self.length = integer("length", length)
        self.learning_rate = positive_number("learning_rate", learning_rate)
        self.ewc_lambda = positive_number("ewc_lambda", ewc_lambda, zero=True)
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
        # A sample of this task's inputs, and how many inputs it was drawn from.
        self._sample: Floats = np.zeros((0, self.n_inputs))
        self._sampled_from = 0

    def get_weights(self) -> Floats:
        """Return a copy of the weights."""
        return self.weights.copy()

    def probabilities(self, x: ArrayLike) -> Floats:
        """Return the firing probabilities of a bit, (n_neurons,) or (B, n_neurons).

        Parameters
        ----------
        x : (n_inputs,) or (B, n_inputs).
        """
        batched = np.ndim(x) == 2
        inputs = real_array("x", x, ("B", self.n_inputs) if batched else (self.n_inputs,))
        return _sigmoid(inputs @ self.weights.T)

    def forward(self, x: ArrayLike) -> NDArray[np.uint8]:
        """Return random bit streams, (n_neurons, length) or (B, n_neurons, length).

        Parameters
        ----------
        x : (n_inputs,) or (B, n_inputs).
        """
        p = self.probabilities(x)
        return (self._draws.random((*p.shape, self.length)) < p[..., None]).astype(np.uint8)

    def train_step(self, x: ArrayLike, targets: ArrayLike) -> LayerStep:
        """Make a gradient step on the likelihood of the targets, without the penalty.

        Parameters
        ----------
        x : (B, n_inputs).
        targets : (B, n_neurons), firing rates in [0, 1].

        Raises
        ------
        ValueError : no example, another shape, or a target out of range.
        """
        inputs = real_array("x", x, ("B", self.n_inputs))
        rates = real_array("targets", targets, (len(inputs), self.n_neurons))
        if not len(inputs):
            raise ValueError("x must hold an example at least, not 0")
        if rates.min() < 0 or rates.max() > 1:
            farthest = rates.flat[int(np.argmax(np.abs(rates - 0.5)))]
            raise ValueError(f"targets must be in [0, 1], rates, not reach {float(farthest)!r}")
        drive = inputs @ self.weights.T
        # -L in terms of the drive a: log(1 + exp(a)) - y a, which does not overflow.
        loss = float(np.mean(np.logaddexp(0, drive) - rates * drive))
        gradient = (_sigmoid(drive) - rates).T @ inputs / len(inputs)
        self.weights = np.clip(self.weights - self.learning_rate * gradient, self.w_min, self.w_max)
        self._remember(inputs)
        self.steps += 1
        return LayerStep(loss, float(np.linalg.norm(gradient)), len(inputs), self.steps)

    def fisher(self, x: ArrayLike) -> Floats:
        """Return the diagonal Fisher information of the weights, (n_neurons, n_inputs).

        Parameters
        ----------
        x : (B, n_inputs), inputs over which it is averaged, one at least.
        """
        inputs = real_array("x", x, ("B", self.n_inputs))
        if not len(inputs):
            raise ValueError(
                "Fisher information must have an input at least, not 0; train first, or give inputs"
            )
        p = self.probabilities(inputs)
        squared = np.square(inputs)
        information = np.zeros_like(self.weights)
        # The expectation of the squared gradient over both answers of the neuron, 1 and 0.
        for answer, chance in ((1.0, p), (0.0, 1 - p)):
            information += (chance * np.square(answer - p)).T @ squared / len(inputs)
        return information

    def consolidate_task(self, *, x: ArrayLike | None = None) -> None:
        """Anchor the weights at the end of a task; the penalty pulls towards them from now on.

        Parameters
        ----------
        x : (B, n_inputs), inputs of the task; None for the sample of those that `train_step` has
            seen.

        Raises
        ------
        ValueError : there are no inputs.
        """
        new = self.fisher(self._sample if x is None else x)
        total = self.fisher_info + new
        # Two parabolas add up to one around the F-weighted mean of both anchors. Where there is no
        # information, nothing pulls, and the current weight stands for the anchor. The inner
        # `where` avoids 0 / 0 there.
        anchored = self.fisher_info * self.star_weights + new * self.weights
        self.star_weights = np.where(
            total > 0, anchored / np.where(total > 0, total, 1), self.weights
        )
        self.fisher_info = total
        self.tasks += 1
        self._sample, self._sampled_from = np.zeros((0, self.n_inputs)), 0

    @property
    def penalty(self) -> float:
        """The penalty, (lambda / 2) sum F (w - w*)^2."""
        return float(
            0.5
            * self.ewc_lambda
            * np.sum(self.fisher_info * np.square(self.weights - self.star_weights))
        )

    def apply_ewc_penalty(self, step_size: float = 0.01) -> float:
        """Make a gradient step on the penalty, and return the penalty before the step.

        Parameters
        ----------
        step_size : learning rate of this step, > 0.
        """
        before = self.penalty
        # Fraction of the way to w*, at which a step ends at the latest: more would overshoot.
        fraction = np.minimum(
            positive_number("step_size", step_size) * self.ewc_lambda * self.fisher_info, 1.0
        )
        self.weights = np.clip(
            self.weights - fraction * (self.weights - self.star_weights), self.w_min, self.w_max
        )
        return before

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint has to hold."""
        arrays = {
            name: getattr(self, name).copy()
            for name in ("weights", "fisher_info", "star_weights", "_sample")
        }
        counters = {name: getattr(self, name) for name in ("tasks", "steps", "_sampled_from")}
        return {**arrays, **counters, "random": self._draws.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint; ValueError for other keys or shapes."""
        if set(state) != set(self.state_dict()):
            raise ValueError(
                f"layer state must hold {sorted(self.state_dict())}, not {sorted(state)}"
            )
        for name in ("weights", "fisher_info", "star_weights"):
            setattr(
                self, name, real_array(name, state[name], (self.n_neurons, self.n_inputs)).copy()
            )
        self._sample = real_array("_sample", state["_sample"], ("n", self.n_inputs)).copy()
        self.tasks, self.steps, self._sampled_from = (
            integer(name, state[name], 0) for name in ("tasks", "steps", "_sampled_from")
        )
        self._draws.bit_generator.state = state["random"]

    def _remember(self, inputs: Floats) -> None:
        """Keep a uniform sample of all inputs since the last task (reservoir sampling)."""
        room = self.memory - len(self._sample)
        self._sample = np.concatenate([self._sample, inputs[:room]])
        self._sampled_from += min(room, len(inputs))
        for row in inputs[room:]:
            self._sampled_from += 1
            # The n-th input replaces one of the sample with probability memory / n.
            place = int(self._draws.integers(0, self._sampled_from))
            if place < self.memory:
                self._sample[place] = row


def _sigmoid(drive: Floats) -> Floats:
    # Equal to 1 / (1 + exp(-drive)), which overflows for a very negative drive.
    return 0.5 * (1 + np.tanh(0.5 * drive))
