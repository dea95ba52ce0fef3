r"""`EPropLearner`: e-prop, learning of recurrent spiking networks forward in time.

After Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y). The gradient of the loss E is factored,
for a synapse from i to j, into

    dE/dw_ji ~ sum over t of  L_j(t) F_kappa(e_ji)(t)              L a learning signal a neuron, e
    an eligibility trace a synapse

and all of it is computed as time goes on, without a way back. With x_i what arrives from i (its
output, `delay` steps late), z_j spikes, d_j the distance of the potential to the threshold, and
psi_j the pseudo-derivative dz/dd:

    eps_v(t) = alpha eps_v(t-1) + gain x_i(t)          alpha = 1 - gone, gain = gone R:  v(t) =
    v(t-1) + gone (R I - v(t-1)) eps_a(t) = rho eps_a(t-1) + e(t-1)                 adaptive LIF
    alone: a(t) = rho a(t-1) + z(t-1) e(t)     = psi(t) (eps_v(t) - beta eps_a(t))       d = v -
    threshold - beta a F_kappa(e)(t) = kappa F_kappa(e)(t-1) + e(t)       kappa: what the readouts
    keep in a step L_j(t)   = sum over readouts k of  B_jk gain_k dl/dy_k(t) E        = mean of
    l(y(t), target(t)) over steps and sequences

Reset to zero puts (1 - z_j(t-1)) in front of alpha; a refractory neuron's traces stay and its psi
is 0. Feedback B: "symmetric", the readout weights themselves; "random", fixed; "adaptive", random
in the beginning, then changed by whatever changes the readout weights, with the same decay of both,
so that they approach each other. Weights of the readouts get their exact gradient sum of gain_k
dl/dy_k F_kappa(z_j).

On a network with a single hidden population and no recurrence, with symmetric feedback, that is the
gradient of BPTT (without gradients through resets); with recurrence what is left out is that a
neuron's spikes change the other neurons.

Deviations from the paper: eps_a is driven by e(t-1) and the raised threshold acts in the step
itself, as our AdaptiveLIF is defined (the paper's eps_a is one step ahead); the pseudo-derivative
is the fast sigmoid unless told otherwise, the paper's is `triangle`; delays; no regularisation of
rates; "adaptive" copies changes of the optimiser, whatever it is, where the paper has plain steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, get_args

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sc_model.checks import integer, positive_number
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
"""Of outputs (T, B, n_out) and targets (T, B, ...): losses (T, B), and their derivatives by the outputs (T, B, n_out)."""


def squared_error(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Half the sum of squares over the outputs; targets (T, B, n_out)."""
    error = outputs - targets
    return error.square().sum(2) / 2, error


def cross_entropy(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Of the softmax of the outputs; targets are classes (T, B), integers, or probabilities (T, B,
    n_out).
    """
    log = torch.log_softmax(outputs, 2)
    if targets.ndim == 2:
        targets = torch.nn.functional.one_hot(targets.long(), outputs.shape[2]).to(outputs.dtype)
    return -(targets * log).sum(2), log.exp() * targets.sum(2, keepdim=True) - targets


def triangle(distance: Tensor, dampening: float = 0.3, width: float = 1.0) -> Tensor:
    """The paper's pseudo-derivative, (dampening / width) max(0, 1 - |distance| / width), with the
    threshold as `width`.
    """
    return dampening / width * (1 - distance.abs() / width).clamp(min=0)


FAST_SIGMOID = partial(fast_sigmoid_slope, slope=25.0)
ERRORS: dict[str, Error] = {"mse": squared_error, "cross_entropy": cross_entropy}


class EPropLearner(NetworkLearner):
    """Trains a network of LIF, IF and AdaptiveLIF populations, Relay inputs and LI or Integrator
    readouts, without autograd.

    Parameters
    ----------
    network : as `BPTTLearner`. Readouts (`outputs`) all have one leak, get undelayed spikes and
        send nothing.
    loss : "mse" (default), "cross_entropy", or an `Error` of your own.
    lr, optimiser, scheduler, clip_norm : see `NetworkLearner`.
    feedback : "symmetric" (default), "random" or "adaptive".
    feedback_scale : standard deviation of random feedback; None for 1 / sqrt(neurons).
    feedback_decay : share that "adaptive" takes off feedback and readout weights in each update.
    seed : of random feedback.
    pseudo_derivative : of distances to the threshold, of any shape; 0 at -inf.
    window : steps that activity is kept for before traces follow it; memory is that of traces and a
        window, whatever T is.
    options : of the `NetworkModule`: `inputs`, `outputs`, `dense`, `dtype`.

    Members
    -------
    feedback_weights : B of "random" and "adaptive" by hidden population, (n, n_out).

    Raises ValueError for a network that is none of that kind.
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
        if feedback not in get_args(Feedback):
            hint = did_you_mean(str(feedback), get_args(Feedback))
            raise ValueError(
                f"feedback must be 'symmetric', 'random' or 'adaptive', not {feedback!r}{hint}"
            )
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
                drawn = (
                    torch.randn(n, self.module.n_out, generator=draws, dtype=torch.float64) * scale
                )
                self.feedback_weights[name] = drawn.to(self.module.dtype)

    def _sort(self) -> None:
        """Which populations and projections are what. ValueError where the network is none that
        e-prop is for.
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
        """Weights from a population to all outputs, (n, n_out), 0 where there is no synapse."""
        found = torch.zeros(
            self.network.populations[name].n, self.module.n_out, dtype=self.module.dtype
        )
        for k, source, target in self._out:
            if source == name:
                wiring = self.module.wiring[k]
                found[wiring.sources, wiring.targets + self._columns[target]] += (
                    self.module.weights[k].detach()
                )
        return found

    def gradients(
        self, inputs: Tensor | ArrayLike, targets: Any, mask: Tensor | ArrayLike | None = None
    ) -> tuple[float, dict[str, Tensor], dict[str, float]]:
        """Loss, gradients by projection and rates of a sequence; nothing is learned. Arguments are
        those of `train_step`.
        """
        with torch.no_grad():
            given, alone = self.module.shaped(inputs)
            self.module.pull()
            steps, batch, _ = given.shape
            aims, counted = self._aims(targets, mask, steps, batch, alone, given)
            traces = {
                k: Eligibility(
                    Fan(self.module.wiring[k], batch), self._neurons[target], self._kappa, given
                )
                for k, _, target in self._in
            }
            smooth = {
                name: given.new_zeros(batch, self.network.populations[name].n)
                for name in {source for _, source, _ in self._out}
            }
            grads = {k: torch.zeros_like(self.module.weights[k]) for k, _, _ in self._out}
            sent = {
                name: self.feedback_weights.get(name, self.readout_weights(name)) * self._gain
                for name in self._hidden
            }
            state, total, spikes = self.module.rest(batch), given.new_zeros(()), dict[str, float]()
            for begin in range(0, steps, self.window):
                end = min(begin + self.window, steps)
                run = self.module.run(given[begin:end], state, record=True)
                losses, errors = self.error(run.outputs, aims[begin:end])
                weight = counted[begin:end]
                total += (losses * weight).sum()
                errors = errors * weight[:, :, None]
                filtered = {
                    name: self._filtered(name, run.activity[name], smooth) for name in smooth
                }
                for k, source, target in self._out:
                    wiring, first = self.module.wiring[k], self._columns[target]
                    part = slice(first, first + wiring.n_target)
                    both = torch.einsum(
                        "tbi,tbk->ik", filtered[source], (errors * self._gain)[:, :, part]
                    )
                    grads[k] += both[wiring.sources, wiring.targets]
                signals = {name: errors @ back.T for name, back in sent.items()}
                self._follow(traces, run.activity, run.distances, signals, state)
                for name, found in self._spikes(run.activity).items():
                    spikes[name] = spikes.get(name, 0.0) + found
                state = run.state
            value = finite_loss(total, self.updates + 1)
            grads |= {k: trace.gradient() for k, trace in traces.items()}
            rates = self._rates(spikes, steps, batch)
            return value, {self.module.labels[k]: grad for k, grad in sorted(grads.items())}, rates

    def train_step(
        self, inputs: Tensor | ArrayLike, targets: Any, mask: Tensor | ArrayLike | None = None
    ) -> TrainStep:
        """One update for inputs (T, n_in) or (T, B, n_in).

        `targets` : (T, n_out) or (T, B, n_out) real numbers; for "cross_entropy" also classes (T,)
        or (T, B), integers. `mask` : (T,) or (T, B), how much a step counts (>= 0, not all 0);
        None: all alike.

        Raises ValueError for shapes that don't fit, TrainingError where loss or gradients are not
        finite.
        """
        value, grads, rates = self.gradients(inputs, targets, mask)
        given, _ = self.module.shaped(inputs)
        before = (
            {name: self.readout_weights(name) for name in self.feedback_weights}
            if self.feedback == "adaptive"
            else {}
        )
        lr, norm, norms = self._updated(dict(grads))
        for name, old in before.items():
            self.feedback_weights[name] += self.readout_weights(name) - old
            self.feedback_weights[name] *= 1 - self.feedback_decay
        if before and self.feedback_decay:
            with torch.no_grad():
                for k in {k for k, source, _ in self._out if source in before}:
                    self.module.weights[k] *= 1 - self.feedback_decay
            self.module.push()
        return TrainStep(
            value, lr, self.updates, norm, norms, given.shape[0], given.shape[1], rates
        )

    def _aims(
        self,
        targets: Any,
        mask: Tensor | ArrayLike | None,
        steps: int,
        batch: int,
        alone: bool,
        like: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Targets (T, B, ...), and what each step and sequence counts, (T, B), 1 in sum."""
        aims = torch.as_tensor(targets)
        classes = not aims.is_floating_point() and self.error is cross_entropy
        wanted = (steps,) if alone else (steps, batch)
        shape = wanted if classes and aims.ndim == len(wanted) else (*wanted, self.module.n_out)
        if tuple(aims.shape) != shape:
            raise ValueError(f"targets must have shape {shape}, not {tuple(aims.shape)}")
        if (
            classes
            and shape == wanted
            and (int(aims.min()) < 0 or int(aims.max()) >= self.module.n_out)
        ):
            raise ValueError(
                f"targets must be classes from 0 to {self.module.n_out - 1}, not {int(aims.min())}"
                f" to {int(aims.max())}"
            )
        aims = aims if classes else aims.to(like.dtype)
        counted = (
            torch.ones(wanted, dtype=like.dtype)
            if mask is None
            else torch.as_tensor(mask).to(like.dtype)
        )
        if tuple(counted.shape) not in {(steps,), wanted}:
            raise ValueError(
                f"mask must have shape ({steps},) or {wanted}, not {tuple(counted.shape)}"
            )
        if not bool((counted >= 0).all()) or not float(counted.sum()):
            raise ValueError("mask must be >= 0, and not 0 everywhere")
        counted = (counted if counted.ndim == 2 else counted[:, None]).expand(steps, batch)
        return (aims[:, None] if alone else aims), counted / counted.sum()

    def _filtered(self, name: str, activity: Tensor, smooth: dict[str, Tensor]) -> Tensor:
        """F_kappa of what a population put out, (T, B, n); `smooth` has it from window to
        window.
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
        """Traces through a window."""
        slopes = {name: self.pseudo_derivative(distances[name]) for name in self._hidden}
        for k, source, target in self._in:
            padded = torch.cat([state.outputs[source], activity[source]])
            fired = torch.cat([state.neurons[target]["fired"][None], activity[target][:-1]])
            traces[k].follow(padded, fired, distances[target], slopes[target], signals[target])

    def state_dict(self) -> dict[str, Any]:
        """All that the next steps depend on, feedback too."""
        return {
            **super().state_dict(),
            "feedback": {name: value.clone() for name, value in self.feedback_weights.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there. ValueError for the state of another learner, network or kind of
        feedback.
        """
        theirs = state.get("feedback", {})
        if set(theirs) != set(self.feedback_weights):
            raise ValueError(
                f"checkpoint must have feedback to {sorted(self.feedback_weights)}, not"
                f" {sorted(theirs)}"
            )
        super().load_state_dict(state)
        self.feedback_weights = {name: value.clone() for name, value in theirs.items()}
