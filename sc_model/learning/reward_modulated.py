r"""`RewardModulatedLearner`: STDP makes synapses eligible, a reward changes their weights.

Izhikevich 2007 (doi:10.1093/cercor/bhl152); Fremaux & Gerstner 2016
(doi:10.3389/fncir.2015.00085) describe it as a three-factor rule. In each step of dt, each synapse
of the chosen projections computes the following. s_pre is the spike that *arrives* at the synapse
(its source sent it `delay` steps ago), s_post the spike of its target::

    x <- exp(-dt / tau_plus_ms) x;   y <- exp(-dt / tau_minus_ms) y
    e <- exp(-dt / tau_eligibility_ms) e - a_minus y s_pre + a_plus x s_post
    x <- x + s_pre;   y <- y + s_post
    d <- exp(-dt / tau_reward) d + reward
    w <- clip(w + learning_rate d e, w_min, w_max)

d is Izhikevich's extracellular dopamine, and `tau_reward` its time constant in ms, the time for
which a reward acts. With `tau_reward=0` a reward acts in its own step alone. Spikes are paired as
in `sc_model.network.pairing`: all pairs count except an arrival and a spike in the same step.

Deviations: time is discrete with exact decay factors, so that a reward is a pulse and
`learning_rate` is per step (per second in the paper). d has no tonic part. There is no baseline:
the caller should give a success signal, for most tasks the reward minus the expected reward, as
Fremaux & Gerstner explain; otherwise the mean reward drives plain STDP.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import finite_number, instance, integer, positive_number, real_array
from sc_model.learning.synapses import BLOCK, carried
from sc_model.network.models.model import Floats
from sc_model.network.network import Network
from sc_model.network.pairing import no_spikes, pair_step
from sc_model.network.projection import Projection
from sc_model.spec.errors import did_you_mean

# Below this the common factor of a projection's eligibilities is multiplied into them, long before
# it could underflow itself.
SMALLEST_SCALE = 1e-100
# Dopamine below this changes no weight and becomes 0; steps without reward then skip the synapses.
TINY = 1e-200
PARTS = ("eligibility", "scale", "x", "y", "spikes", "traces", "output")


@dataclass(frozen=True)
class RewardStep:
    """Result of one step.

    Members
    -------
    reward : reward of the step.
    dopamine : d after the step.
    synapses : number of the learner's synapses.
    changed : number of them whose weight has changed.
    saturated : number of them whose new weight a bound has cut.
    mean_change : absolute change of a weight, averaged over all synapses.
    """

    reward: float
    dopamine: float
    synapses: int
    changed: int
    saturated: int
    mean_change: float


class RewardModulatedLearner:
    """Reward-modulated STDP over the spikes of a network.

    Parameters
    ----------
    network : the `Network`. The learner uses the projections that it has now; spikes that are
        already on their way make nothing eligible.
    tau_reward : time constant of d, ms, >= 0.
    projections : projections that learn, as objects or labels; None (default) for all.
    learning_rate : change of a weight for d = e = 1 in one step, >= 0.
    a_plus, a_minus : eligibility of a pair of spikes one directly after the other, >= 0.
    tau_plus_ms, tau_minus_ms : time constants of the STDP window, ms, > 0.
    tau_eligibility_ms : time constant of the eligibility, ms, > 0.
    w_min, w_max : bounds of the weights; all weights must be within them.

    Members
    -------
    dopamine : d.

    Raises
    ------
    TypeError : a parameter is of the wrong kind.
    ValueError : a projection is not in the network or has plasticity of its own, a weight is out of
        bounds, or a parameter out of range.
    """

    def __init__(
        self,
        network: Network,
        tau_reward: float = 100.0,
        *,
        projections: Iterable[Projection | str] | None = None,
        learning_rate: float = 0.01,
        a_plus: float = 1.0,
        a_minus: float = 1.0,
        tau_plus_ms: float = 20.0,
        tau_minus_ms: float = 20.0,
        tau_eligibility_ms: float = 1000.0,
        w_min: float = 0.0,
        w_max: float = 1.0,
    ) -> None:
        self.network = instance("network", network, Network)
        self.tau_reward = positive_number("tau_reward", tau_reward, zero=True)
        self.learning_rate = positive_number("learning_rate", learning_rate, zero=True)
        self.a_plus = positive_number("a_plus", a_plus, zero=True)
        self.a_minus = positive_number("a_minus", a_minus, zero=True)
        self.tau_plus_ms = positive_number("tau_plus_ms", tau_plus_ms)
        self.tau_minus_ms = positive_number("tau_minus_ms", tau_minus_ms)
        self.tau_eligibility_ms = positive_number("tau_eligibility_ms", tau_eligibility_ms)
        self.w_min, self.w_max = finite_number("w_min", w_min), finite_number("w_max", w_max)
        if not self.w_min < self.w_max:
            raise ValueError(f"w_min must be < w_max ({self.w_max}), not {self.w_min}")
        dt_ms = network.dt_ms
        self._decay = {
            "x": math.exp(-dt_ms / self.tau_plus_ms),
            "y": math.exp(-dt_ms / self.tau_minus_ms),
            "eligibility": math.exp(-dt_ms / self.tau_eligibility_ms),
            "dopamine": math.exp(-dt_ms / self.tau_reward) if self.tau_reward else 0.0,
        }
        self._synapses = {
            each.label or "": _Synapses(each) for each in self._projections_of(projections)
        }
        self.dopamine, self._steps = 0.0, network.steps

    def _projections_of(self, names: Iterable[Projection | str] | None) -> list[Projection]:
        """Return the projections that learn, and check them."""
        present = self.network.projections
        projections: list[Projection] = []
        for each in present.values() if names is None else names:
            label = each if isinstance(each, str) else getattr(each, "label", None)
            if label not in present or not (isinstance(each, str) or present[label] is each):
                listed = f"; there are {', '.join(present) or 'none'}"
                hint = did_you_mean(str(label), present) or listed
                raise ValueError(f"projections must be in the network, not {each!r}{hint}")
            projection = present[label]
            if projection.plasticity is not None:
                raise ValueError(
                    f"projection {label!r} must have no plasticity of its own; leave it out of"
                    " projections"
                )
            weights = projection.weights
            outside = weights[(weights < self.w_min) | (weights > self.w_max)]
            if len(outside):
                raise ValueError(
                    f"weights of {label!r} must be in [{self.w_min}, {self.w_max}], not"
                    f" {float(outside[0])!r}; give w_min and w_max, or leave it out of projections"
                )
            if projection in projections:
                raise ValueError(f"projections must name each once, not {label!r} twice")
            projections.append(projection)
        if not projections:
            raise ValueError("projections must be at least one; add one to the network first")
        return projections

    def eligibility(self, projection: Projection | str) -> Floats:
        """Return the eligibility e of each synapse of a projection, (size,), in CSR order; a copy.

        Raises
        ------
        ValueError : the projection is not one of the learner's.
        """
        label = projection if isinstance(projection, str) else projection.label
        if label not in self._synapses:
            raise ValueError(
                f"projection must be one of {', '.join(self._synapses)}, not {label!r}"
            )
        each = self._synapses[label]
        each.follow()
        return each.scale * each.stored

    def step(self, reward: float) -> RewardStep:
        """Learn from the network's last step; call it after each step of the network.

        Parameters
        ----------
        reward : reward of the step, finite.

        Raises
        ------
        TypeError : the reward is no number.
        ValueError : the reward is not finite, or the network has not taken exactly one step since
            the last call.
        """
        pulse = finite_number("reward", reward)
        since = self.network.steps - self._steps
        if since != 1:
            raise ValueError(
                f"network must have taken 1 step since the learner's last, not {since}; call"
                " step(reward) after each network.step(), and reset() after network.reset()"
            )
        self._steps += 1
        self.dopamine = self._decay["dopamine"] * self.dopamine + pulse
        if abs(self.dopamine) < TINY:
            self.dopamine = 0.0
        size = changed = saturated = 0
        total_change = 0.0
        order = list(self.network.populations.values())
        for each in self._synapses.values():
            projection = each.projection
            each.follow()
            # The network updates its populations in order. A target after its source got the
            # source's output of this step, a target before it that of the step before.
            output = projection.source.output
            same_step = order.index(projection.source) < order.index(projection.target)
            presynaptic = output if same_step else each.output
            each.pair(presynaptic, self._decay, self.a_plus, self.a_minus)
            each.output = output
            size += projection.size
            factor = self.learning_rate * self.dopamine * each.scale
            if factor:
                counts = _change(projection.weights, each.stored, factor, self.w_min, self.w_max)
                changed, saturated = changed + counts[0], saturated + counts[1]
                total_change += counts[2]
        return RewardStep(
            pulse, self.dopamine, size, changed, saturated, total_change / max(size, 1)
        )

    def reset(self) -> None:
        """Clear traces, eligibility and reward at the begin of a trial; the weights stay.

        Call it after `network.reset()`.
        """
        self.dopamine, self._steps = 0.0, self.network.steps
        for each in self._synapses.values():
            each.reset()

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return what a checkpoint has to hold beside the network, for `numpy.savez`."""
        state: dict[str, NDArray[Any]] = {
            "dopamine": np.array(self.dopamine),
            "seen": np.array(self._steps),
        }
        for label, each in self._synapses.items():
            each.follow()
            state |= {f"{label}/{name}": values.copy() for name, values in each.arrays().items()}
        return state

    def load_state_dict(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a checkpoint; load the network's own state first.

        Raises
        ------
        ValueError : names or shapes of other projections.
        """
        for each in self._synapses.values():
            each.follow()
        owners = {
            f"{label}/{name}": each for label, each in self._synapses.items() for name in PARTS
        }
        if set(state) != {"dopamine", "seen", *owners}:
            wrong = sorted(set(state) ^ {"dopamine", "seen", *owners})[0]
            raise ValueError(
                f"state must be of a learner of the same projections; {wrong!r} is in one of them"
                " alone"
            )
        arrays = {
            name: real_array(name, state[name], each.arrays()[name.rpartition("/")[2]].shape).copy()
            for name, each in owners.items()
        }
        self.dopamine, self._steps = (
            float(real_array("dopamine", state["dopamine"], ())),
            integer("seen", int(state["seen"]), 0),
        )
        for label, each in self._synapses.items():
            each.load({name: arrays[f"{label}/{name}"] for name in PARTS})


class _Synapses:
    """Eligibilities of one projection, and the traces that they come from.

    The eligibility e is `scale * stored`: its decay is one product, whatever the number of
    synapses.
    """

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.reset()

    def reset(self) -> None:
        """Set eligibilities and traces to 0."""
        self.csr = self.projection.csr
        self.stored, self.scale = np.zeros(self.projection.size), 1.0
        self.memory = no_spikes(self.projection)
        self.output = self.projection.source.output

    def arrays(self) -> dict[str, Floats]:
        """Return the state by the names of `PARTS`."""
        own = {"eligibility": self.stored, "scale": np.array(self.scale), "output": self.output}
        return {name: (own | self.memory)[name] for name in PARTS}

    def load(self, arrays: Mapping[str, Floats]) -> None:
        """Restore a state that `arrays` returned."""
        self.csr, self.stored = self.projection.csr, arrays["eligibility"]
        self.scale, self.output = float(arrays["scale"]), arrays["output"]
        self.memory = {name: arrays[name] for name in self.memory}

    def follow(self) -> None:
        """Follow a change of topology: old synapses keep their eligibility, new ones get 0."""
        if self.csr is not self.projection.csr:
            self.stored = carried(self.stored, self.csr, self.projection.csr)
            self.csr = self.projection.csr

    def pair(self, pre: Floats, decay: Mapping[str, float], a_plus: float, a_minus: float) -> None:
        """Advance traces and eligibility by one step in which the source sent `pre`."""
        self.scale *= decay["eligibility"]
        if self.scale < SMALLEST_SCALE:
            self.stored *= self.scale
            self.scale = 1.0
        # `stored` lacks the factor `scale`, so new eligibility is divided by it.
        pairs = pair_step(
            self.memory,
            self.projection,
            pre,
            (decay["x"], decay["y"]),
            a_plus / self.scale,
            a_minus / self.scale,
        )
        self.memory = pairs.memory
        self.stored[pairs.arrivals] -= pairs.depression
        self.stored[pairs.targets] += pairs.potentiation


def _change(
    weights: Floats, stored: Floats, factor: float, low: float, high: float
) -> tuple[int, int, float]:
    """Add factor * stored to weights in place, within bounds.

    Returns
    -------
    How many weights have changed, how many a bound has cut, and the sum of the absolute changes.
    """
    changed = saturated = 0
    total_change = 0.0
    for start in range(0, len(weights), BLOCK):
        old = weights[start : start + BLOCK]
        change = factor * stored[start : start + BLOCK]
        change += old
        clipped = np.clip(change, low, high)
        saturated += int(np.count_nonzero(change != clipped))
        np.subtract(clipped, old, out=change)
        changed += int(np.count_nonzero(change != 0.0))  # counting a mask is faster than floats
        total_change += float(np.abs(change, out=change).sum())
        old[:] = clipped
    return changed, saturated, total_change
