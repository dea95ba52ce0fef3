r"""`EPropLearner`: e-prop, learning of recurrent spiking networks forward in time.

After Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y). The gradient of the loss E by the weight
of a synapse from i to j is approximated by a product of a learning signal L for each neuron and an
eligibility trace e for each synapse::

    dE/dw_ji ~ sum over t of  L_j(t) F_kappa(e_ji)(t)

Both are computed forward in time, without a backward pass. x_i is what arrives from i (its output,
`delay` steps late), I is the sum of all w_ji x_i, z_j are spikes, d_j is the distance of the
potential v to the threshold, and psi_j is the pseudo-derivative dz/dd. `gone` is the share of the
potential that is lost in a step, R the membrane's resistance, rho the share of the adaptation a
that is kept, and beta what a unit of it adds to the threshold. y_k are the outputs of the readouts,
whose gains are gain_k, l is the loss of a step, and B are the feedback weights::

    v(t)     = v(t-1) + gone (R I - v(t-1))             alpha = 1 - gone,  gain = gone R
    eps_v(t) = alpha eps_v(t-1) + gain x_i(t)
    a(t)     = rho a(t-1) + z(t-1)                      adaptive LIF alone
    d(t)     = v(t) - threshold - beta a(t)
    eps_a(t) = rho eps_a(t-1) + e(t-1)
    e(t)     = psi(t) (eps_v(t) - beta eps_a(t))
    F_kappa(e)(t) = kappa F_kappa(e)(t-1) + e(t)        kappa: what readouts keep in a step
    L_j(t)   = sum over readouts k of  B_jk gain_k dl/dy_k(t)
    E        = mean of l(y(t), target(t)) over steps and sequences

A reset to zero puts (1 - z_j(t-1)) in front of alpha. The traces of a refractory neuron stay, and
its psi is 0. The feedback weights B are the readout weights themselves ("symmetric"), or random and
fixed ("random"), or random at first and then changed by whatever changes the readout weights, with
the same decay of both, so that they approach each other ("adaptive"). Readout weights get their
exact gradient, the sum of gain_k dl/dy_k F_kappa(z_j).

For a network with a single hidden population and no recurrence, with symmetric feedback, that is
the gradient of BPTT without gradients through resets. With recurrence, e-prop leaves out that the
spikes of a neuron change other neurons.

Deviations from the paper: eps_a is driven by e(t-1) and the raised threshold acts in the step
itself, as `AdaptiveLIF` is defined (the paper's eps_a is one step ahead). The default
pseudo-derivative is the fast sigmoid; the paper's is `triangle`. There are delays. There is no
regularisation of rates. "adaptive" copies the changes of any optimiser, where the paper has plain
steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, get_args

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sc_model.checks import choice, integer, positive_number
from sc_model.network import IF, LI, LIF, AdaptiveLIF, Integrator, Network, Relay
from sc_model.spec.errors import did_you_mean
from sc_model.training.eligibility import Eligibility, Fan
from sc_model.training.gradient_learner import (
    NetworkLearner,
    Optimiser,
    Rates,
    TrainStep,
    finite_loss,
)
from sc_model.training.network_module import NetworkModule, RunState
from sc_model.training.surrogate import fast_sigmoid_slope

Feedback = Literal["symmetric", "random", "adaptive"]
Error = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""From outputs (T, B, n_out) and targets (T, B, ...) to losses (T, B) and their derivatives by the
outputs, (T, B, n_out)."""


def squared_error(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Half the sum of squared errors over the outputs, for targets (T, B, n_out)."""
    error = outputs - targets
    return error.square().sum(2) / 2, error


def cross_entropy(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Cross entropy of the softmax of the outputs.

    Targets are integer classes (T, B), or probabilities (T, B, n_out).
    """
    log = torch.log_softmax(outputs, 2)
    if targets.ndim == 2:
        targets = torch.nn.functional.one_hot(targets.long(), outputs.shape[2]).to(outputs.dtype)
    # The targets' sum is 1 for probabilities; with it the gradient is right for other weights too.
    return -(targets * log).sum(2), log.exp() * targets.sum(2, keepdim=True) - targets


def triangle(distance: Tensor, dampening: float = 0.3, width: float = 1.0) -> Tensor:
    """The paper's pseudo-derivative, (dampening / width) max(0, 1 - |distance| / width).

    In the paper `dampening` is 0.3 and `width` is the threshold.
    """
    return dampening / width * (1 - distance.abs() / width).clamp(min=0)


# The slope is that of `fast_sigmoid_surrogate`, so that e-prop and BPTT share a default.
FAST_SIGMOID = partial(fast_sigmoid_slope, slope=25.0)
ERRORS: dict[str, Error] = {"mse": squared_error, "cross_entropy": cross_entropy}


class EPropLearner(NetworkLearner):
    """Trains a network forward in time, without autograd.

    The network has Relay inputs, hidden LIF, IF and AdaptiveLIF populations, and LI or Integrator
    readouts. All readouts have one leak, since each synapse has one trace F_kappa(e) for all of
    them. Readouts get undelayed spikes and send nothing.

    Parameters
    ----------
    network : see `BPTTLearner`; its `outputs` are the readouts.
    loss : "mse", "cross_entropy", or a function of type `Error`.
    lr, optimiser, scheduler, clip_norm : see `NetworkLearner`.
    feedback : "symmetric", "random" or "adaptive".
    feedback_scale : standard deviation of random feedback weights, > 0; None: 1 / sqrt(n) for a
        hidden population of n neurons.
    feedback_decay : share that "adaptive" takes off feedback and readout weights in each update, in
        [0, 1).
    seed : of the random feedback weights, >= 0.
    pseudo_derivative : from distances to the threshold to slopes, of any shape. It must be 0 at
        -inf, which is the distance of a refractory neuron.
    window : number of steps whose activity is stored before the traces are computed, >= 1. Memory
        is that of the traces and of a window, for sequences of any length. The window
        changes gradients by rounding alone; a longer one takes fewer calls and more memory.
    options : of the `NetworkModule`: `inputs`, `outputs`, `dense`, `dtype`.

    Members
    -------
    feedback_weights : (n, n_out) by hidden population; of "random" and "adaptive".
    error : the loss as a function of type `Error`.

    Raises ValueError for a network of another kind.
    """

    def __init__(
        self,
        network: Network | NetworkModule,
        loss: Literal["mse", "cross_entropy"] | Error = "mse",
        lr: float = 1e-3,
        *,
        feedback: Feedback = "symmetric",
        feedback_scale: float | None = None,
        feedback_decay: float = 0.0,
        seed: int = 0,
        pseudo_derivative: Callable[[Tensor], Tensor] = FAST_SIGMOID,
        window: int = 50,
        optimiser: Optimiser = torch.optim.Adam,
        scheduler: Rates | None = None,
        clip_norm: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(network, lr, optimiser, scheduler, clip_norm, options)
        choice("feedback", feedback, get_args(Feedback))
        if isinstance(loss, str) and loss not in ERRORS:
            raise ValueError(
                "loss must be 'mse', 'cross_entropy' or a function, not"
                f" {loss!r}{did_you_mean(loss, ERRORS)}"
            )
        self.error: Error = ERRORS[loss] if isinstance(loss, str) else loss
        self.feedback, self.pseudo_derivative, self.window = (
            feedback,
            pseudo_derivative,
            integer("window", window),
        )
        self.feedback_decay = positive_number("feedback_decay", feedback_decay, zero=True)
        if self.feedback_decay >= 1:
            raise ValueError(f"feedback_decay must be in [0, 1), not {feedback_decay!r}")
        self._sort()
        draws = torch.Generator().manual_seed(integer("seed", seed, 0))
        self.feedback_weights: dict[str, Tensor] = {}
        if feedback != "symmetric":
            for name in self._hidden:
                n = self.network.populations[name].n
                scale = (
                    1 / math.sqrt(n)
                    if feedback_scale is None
                    else positive_number("feedback_scale", feedback_scale)
                )
                weights = (
                    torch.randn(n, self.module.n_out, generator=draws, dtype=torch.float64) * scale
                )
                self.feedback_weights[name] = weights.to(self.module.dtype)

    def _sort(self) -> None:
        """Sort populations and projections by their part in e-prop.

        It sets `_neurons` (the module of each population), `_hidden` (names of the hidden
        populations), `_in` and `_out` (number, source and target of the projections that lead to
        hidden populations and to readouts), `_kappa` (what all readouts keep in a step), `_columns`
        (the first column of each readout in the outputs) and `_gain` (of each column, (n_out,)).

        Raises ValueError for a network of another kind.
        """
        module, populations = self.module, self.network.populations
        if module.learn_delays or module.learn_thresholds:
            raise ValueError(
                "network must learn weights alone by e-prop, not delays or thresholds; use"
                " BPTTLearner"
            )
        self._neurons = dict(zip(module.names, module.neurons, strict=True))
        self._hidden = [
            name for name in module.names if type(populations[name].model) in (LIF, IF, AdaptiveLIF)
        ]
        for name in module.outputs:
            if not isinstance(populations[name].model, LI | Integrator):
                kind = type(populations[name].model).__name__
                raise ValueError(
                    f"outputs must be LI or Integrator populations for e-prop, not {name!r}"
                    f" ({kind})"
                )
        self._out, self._in = [], []
        for k, (label, projection) in enumerate(self.network.projections.items()):
            source, target = str(projection.source.label), str(projection.target.label)
            if source in module.outputs:
                raise ValueError(
                    f"outputs must send nothing for e-prop, but projection {label!r} leads away"
                    f" from {source!r}"
                )
            if target in module.outputs:
                if module.wiring[k].lags != [0]:
                    raise ValueError(
                        f"projection {label!r} must lead to its readout without delay for e-prop,"
                        " and from a population that was added before; its spikes are"
                        f" {module.wiring[k].lags} steps late"
                    )
                self._out.append((k, source, target))
            elif target in self._hidden:
                self._in.append((k, source, target))
            else:
                kind = type(populations[target].model).__name__
                raise ValueError(
                    f"projection {label!r} must lead to LIF, IF, AdaptiveLIF or a readout for"
                    f" e-prop, not {kind}"
                )
        for name in module.names:
            if name not in (*self._hidden, *module.outputs) and not isinstance(
                populations[name].model, Relay
            ):
                kind = type(populations[name].model).__name__
                raise ValueError(
                    "populations must be Relay, LIF, IF, AdaptiveLIF or readouts for e-prop, not"
                    f" {name!r} ({kind})"
                )
        leaks = torch.cat([self._neurons[name].decay.ravel() for name in module.outputs]).unique()
        if len(leaks) > 1:
            raise ValueError(f"outputs must have one leak for e-prop, not {len(leaks)}")
        self._kappa = float(leaks[0])
        sizes = [populations[name].n for name in module.outputs]
        self._columns = dict(
            zip(module.outputs, (sum(sizes[:k]) for k in range(len(sizes))), strict=True)
        )
        self._gain = torch.cat(
            [
                self._neurons[name].gain.expand(n)
                for name, n in zip(module.outputs, sizes, strict=True)
            ]
        )

    def readout_weights(self, name: str) -> Tensor:
        """Weights from a population to all readouts, (n, n_out), 0 where there is no synapse."""
        weights = torch.zeros(
            self.network.populations[name].n, self.module.n_out, dtype=self.module.dtype
        )
        for k, source, target in self._out:
            if source == name:
                wiring = self.module.wiring[k]
                weights[wiring.sources, wiring.targets + self._columns[target]] += (
                    self.module.weights[k].detach()
                )
        return weights

    def gradients(
        self, inputs: Tensor | ArrayLike, targets: Any, mask: Tensor | ArrayLike | None = None
    ) -> tuple[float, dict[str, Tensor], dict[str, float]]:
        """Loss, gradients by projection, and rates by population; nothing is learned.

        Arguments are those of `train_step`.
        """
        with torch.no_grad():
            x, single = self.module.shaped(inputs)
            self.module.pull()
            steps, batch, _ = x.shape
            aims, weights = self._aims(targets, mask, steps, batch, single, x)
            # Eligibility traces of synapses onto hidden neurons, by number of the projection
            traces = {
                k: Eligibility(
                    Fan(self.module.wiring[k], batch), self._neurons[target], self._kappa, x
                )
                for k, _, target in self._in
            }
            # F_kappa(z), (B, n), of the populations that lead to a readout
            smooth = {
                name: x.new_zeros(batch, self.network.populations[name].n)
                for name in {source for _, source, _ in self._out}
            }
            grads = {k: torch.zeros_like(self.module.weights[k]) for k, _, _ in self._out}
            # From errors of the outputs to learning signals: B_jk gain_k, (n, n_out)
            backward = {
                name: self.feedback_weights.get(name, self.readout_weights(name)) * self._gain
                for name in self._hidden
            }
            state, total, spikes = self.module.rest(batch), x.new_zeros(()), dict[str, float]()
            for begin in range(0, steps, self.window):
                end = min(begin + self.window, steps)
                run = self.module.run(x[begin:end], state, record=True)
                losses, errors = self.error(run.outputs, aims[begin:end])
                share = weights[begin:end]
                total += (losses * share).sum()
                errors = errors * share[:, :, None]
                filtered = {
                    name: self._filtered(name, run.activity[name], smooth) for name in smooth
                }
                for k, source, target in self._out:
                    wiring, first = self.module.wiring[k], self._columns[target]
                    part = slice(first, first + wiring.n_target)
                    # The gradient of every pair of neurons; those without a synapse are left out.
                    pairs = torch.einsum(
                        "tbi,tbk->ik", filtered[source], (errors * self._gain)[:, :, part]
                    )
                    grads[k] += pairs[wiring.sources, wiring.targets]
                signals = {name: errors @ back.T for name, back in backward.items()}
                self._follow(traces, run.activity, run.distances, signals, state)
                for name, count in self._spikes(run.activity).items():
                    spikes[name] = spikes.get(name, 0.0) + count
                state = run.state
            value = finite_loss(total, self.updates + 1)
            grads |= {k: trace.gradient() for k, trace in traces.items()}
            rates = self._rates(spikes, steps, batch)
            return value, {self.module.labels[k]: grad for k, grad in sorted(grads.items())}, rates

    def train_step(
        self, inputs: Tensor | ArrayLike, targets: Any, mask: Tensor | ArrayLike | None = None
    ) -> TrainStep:
        """One update of the weights.

        Parameters
        ----------
        inputs : (T, n_in) or (T, B, n_in).
        targets : real numbers (T, n_out) or (T, B, n_out); for "cross_entropy" also integer classes
            (T,) or (T, B).
        mask : (T,) or (T, B), weight of each step in the loss, >= 0, not all 0; None: all 1.

        Raises ValueError for shapes that do not fit; TrainingError where the loss or a gradient is
        not finite, and then nothing has changed.
        """
        value, grads, rates = self.gradients(inputs, targets, mask)
        x, _ = self.module.shaped(inputs)
        before = (
            {name: self.readout_weights(name) for name in self.feedback_weights}
            if self.feedback == "adaptive"
            else {}
        )
        lr, norm, norms = self._update(dict(grads))
        for name, old in before.items():
            self.feedback_weights[name] += self.readout_weights(name) - old
            self.feedback_weights[name] *= 1 - self.feedback_decay
        if before and self.feedback_decay:
            with torch.no_grad():
                for k in {k for k, source, _ in self._out if source in before}:
                    self.module.weights[k] *= 1 - self.feedback_decay
            self.module.push()
        return TrainStep(value, lr, self.updates, norm, norms, x.shape[0], x.shape[1], rates)

    def _aims(
        self,
        targets: Any,
        mask: Tensor | ArrayLike | None,
        steps: int,
        batch: int,
        single: bool,
        like: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Check the targets and the mask.

        Parameters
        ----------
        targets, mask : see `train_step`.
        steps, batch : number of steps, number of sequences.
        single : whether the inputs were one sequence without a batch.
        like : a tensor with the dtype of the results.

        Returns
        -------
        Targets (T, B, ...), and the weight of each step of each sequence in the loss, (T, B); the
        sum of these weights is 1.
        """
        aims = torch.as_tensor(targets)
        classes = not aims.is_floating_point() and self.error is cross_entropy
        step_shape = (steps,) if single else (steps, batch)
        # Integers with a dimension for the outputs are not classes, but probabilities of 0 and 1.
        shape = (
            step_shape
            if classes and aims.ndim == len(step_shape)
            else (*step_shape, self.module.n_out)
        )
        if tuple(aims.shape) != shape:
            raise ValueError(f"targets must have shape {shape}, not {tuple(aims.shape)}")
        if (
            classes
            and shape == step_shape
            and (int(aims.min()) < 0 or int(aims.max()) >= self.module.n_out)
        ):
            raise ValueError(
                f"targets must be classes from 0 to {self.module.n_out - 1}, not {int(aims.min())}"
                f" to {int(aims.max())}"
            )
        aims = aims if classes else aims.to(like.dtype)
        weights = (
            torch.ones(step_shape, dtype=like.dtype)
            if mask is None
            else torch.as_tensor(mask).to(like.dtype)
        )
        if tuple(weights.shape) not in {(steps,), step_shape}:
            raise ValueError(
                f"mask must have shape ({steps},) or {step_shape}, not {tuple(weights.shape)}"
            )
        if not bool((weights >= 0).all()) or not float(weights.sum()):
            raise ValueError("mask must be >= 0, and not 0 everywhere")
        weights = (weights if weights.ndim == 2 else weights[:, None]).expand(steps, batch)
        return (aims[:, None] if single else aims), weights / weights.sum()

    def _filtered(self, name: str, activity: Tensor, smooth: dict[str, Tensor]) -> Tensor:
        """F_kappa of a population's outputs, (T, B, n).

        `smooth` has the last row by population: the window before left it, and this one updates it.
        """
        rows = []
        for row in activity.unbind():
            smooth[name] = self._kappa * smooth[name] + row
            rows.append(smooth[name])
        return torch.stack(rows)

    def _follow(
        self,
        traces: Mapping[int, Eligibility],
        activity: Mapping[str, Tensor],
        distances: Mapping[str, Tensor],
        signals: Mapping[str, Tensor],
        state: RunState,
    ) -> None:
        """Take the eligibility traces through a window.

        Parameters
        ----------
        traces : by number of the projection.
        activity : outputs of each population, (T, B, n).
        distances : to the threshold, for each hidden population, (T, B, n).
        signals : learning signals of each hidden population, (T, B, n).
        state : of the network before the window.
        """
        slopes = {name: self.pseudo_derivative(distances[name]) for name in self._hidden}
        for k, source, target in self._in:
            # Delays reach back to outputs from before the window, and a reset to the step before.
            padded = torch.cat([state.outputs[source], activity[source]])
            fired = torch.cat([state.neurons[target]["fired"][None], activity[target][:-1]])
            traces[k].follow(padded, fired, distances[target], slopes[target], signals[target])

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next steps depend on, with the feedback weights."""
        return {
            **super().state_dict(),
            "feedback": {name: value.clone() for name, value in self.feedback_weights.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the state that `state_dict` gave.

        ValueError for the state of another learner, network or kind of feedback.
        """
        theirs = state.get("feedback", {})
        if set(theirs) != set(self.feedback_weights):
            raise ValueError(
                f"checkpoint must have feedback to {sorted(self.feedback_weights)}, not"
                f" {sorted(theirs)}"
            )
        super().load_state_dict(state)
        self.feedback_weights = {name: value.clone() for name, value in theirs.items()}
