r"""`RewardModulatedLearner`: spike timing proposes, reward disposes.

Izhikevich 2007 (doi:10.1093/cercor/bhl152); as a three-factor rule Fremaux & Gerstner 2016
(doi:10.3389/fncir.2015.00085). Each step of dt, for each synapse of the projections chosen, s_pre
being what has *arrived* at it (what its source sent `delay` steps ago, as the network counts) and
s_post the spike of its target::

    x <- exp(-dt / tau_plus_ms) x;   y <- exp(-dt / tau_minus_ms) y
    e <- exp(-dt / tau_eligibility_ms) e - a_minus y s_pre + a_plus x s_post
    x <- x + s_pre;   y <- y + s_post
    d <- exp(-dt / tau_reward) d + reward
    w <- clip(w + learning_rate d e, w_min, w_max)

So `tau_reward` is the time constant of d, Izhikevich's extracellular dopamine, in ms: how long a
reward goes on to act. With `tau_reward=0` it acts in its own step alone. The pairing is that of
`sc_model.network.pairing`: all pairs count but an arrival and a spike in the same step.

Deviations: time is in steps, each factor of them exact, so that a reward is a pulse and
`learning_rate` counts each step (the paper's is per second); d has no tonic part; there is no
baseline: the caller's `reward` should be the success signal, which for most tasks is reward minus
expected reward, as Fremaux & Gerstner explain (otherwise the mean reward drives plain STDP).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.checks import finite_number, integer, positive_number, real_array
from sc_model.learning.synapses import BLOCK, carried
from sc_model.network.models.model import Floats
from sc_model.network.network import Network
from sc_model.network.pairing import no_spikes, pair_step
from sc_model.network.projection import Projection
from sc_model.spec.errors import did_you_mean

# below it the common factor of a projection's eligibilities is multiplied into them; what then
# underflows is 0
SMALLEST_SCALE = 1e-100
# A dopamine that moves no weight: from here on a step without reward need not look at all synapses
TINY = 1e-200
PARTS = ("eligibility", "scale", "x", "y", "spikes", "traces", "output")


@dataclass(frozen=True)
class RewardStep:
    """What a step did.

    Members
    -------
    reward : given.
    dopamine : d, which reward has become.
    synapses : that the learner looks after.
    changed : whose weight is
    another one now.
    saturated : whose change a bound has cut.
    mean_change : of the weights' amounts, over all synapses.
    """

    reward: float
    dopamine: float
    synapses: int
    changed: int
    saturated: int
    mean_change: float


class RewardModulatedLearner:
    """R-STDP over a network, from its real spikes.

    Parameters
    ----------
    network : a `Network`; the learner looks at the projections it has now. What is on its way
        already makes nothing eligible.
    tau_reward : time constant of the reward's effect, ms, >= 0.
    projections : which, as objects or labels; None (default) for all.
    learning_rate : >= 0.
    a_plus, a_minus : >= 0, what a pair of spikes at no distance makes eligible.
    tau_plus_ms, tau_minus_ms, tau_eligibility_ms : > 0.
    w_min, w_max : bounds; all weights have to be within.

    Members
    -------
    dopamine : d. weights belong to the projections, and are changed there.

    Raises TypeError for the wrong kind; ValueError for a projection that is not in the network or
    has plasticity of its own, and for weights out of bounds.
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
        if not isinstance(network, Network):
            raise TypeError(
                f"network must be a Network, not {network!r} ({type(network).__name__})"
            )
        self.network = network
        self.tau_reward = positive_number("tau_reward", tau_reward, zero=True)
        self.learning_rate = positive_number("learning_rate", learning_rate, zero=True)
        self.a_plus, self.a_minus = (
            positive_number("a_plus", a_plus, zero=True),
            positive_number("a_minus", a_minus, zero=True),
        )
        self.tau_plus_ms, self.tau_minus_ms = (
            positive_number("tau_plus_ms", tau_plus_ms),
            positive_number("tau_minus_ms", tau_minus_ms),
        )
        self.tau_eligibility_ms = positive_number("tau_eligibility_ms", tau_eligibility_ms)
        self.w_min, self.w_max = finite_number("w_min", w_min), finite_number("w_max", w_max)
        if not self.w_min < self.w_max:
            raise ValueError(f"w_min must be < w_max ({self.w_max}), not {self.w_min}")
        dt_ms = network.dt_ms
        self._keep = {
            "x": math.exp(-dt_ms / self.tau_plus_ms),
            "y": math.exp(-dt_ms / self.tau_minus_ms),
            "eligibility": math.exp(-dt_ms / self.tau_eligibility_ms),
            "dopamine": math.exp(-dt_ms / self.tau_reward) if self.tau_reward else 0.0,
        }
        self._synapses = {each.label or "": _Synapses(each) for each in self._chosen(projections)}
        self.dopamine, self._seen = 0.0, network.steps

    def _chosen(self, given: Iterable[Projection | str] | None) -> list[Projection]:
        known = self.network.projections
        found = []
        for each in known.values() if given is None else given:
            label = each if isinstance(each, str) else getattr(each, "label", None)
            if label not in known or not (isinstance(each, str) or known[label] is each):
                hint = (
                    did_you_mean(str(label), known) or f"; there are {', '.join(known) or 'none'}"
                )
                raise ValueError(f"projections must be in the network, not {each!r}{hint}")
            projection = known[label]
            if projection.plasticity is not None:
                raise ValueError(
                    f"projection {label!r} must have no plasticity of its own; leave it out of"
                    " projections"
                )
            out = projection.weights[
                (projection.weights < self.w_min) | (projection.weights > self.w_max)
            ]
            if len(out):
                raise ValueError(
                    f"weights of {label!r} must be in [{self.w_min}, {self.w_max}], not"
                    f" {float(out[0])!r}; give w_min and w_max, or leave it out of projections"
                )
            if projection in found:
                raise ValueError(f"projections must name each once, not {label!r} twice")
            found.append(projection)
        if not found:
            raise ValueError("projections must be at least one; add one to the network first")
        return found

    def eligibility(self, projection: Projection | str) -> Floats:
        """e of each synapse, (size,), in CSR order; a copy. ValueError for a projection that is not
        the learner's.
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
        """After each step of the network, with what it earned, any finite number.

        ValueError for a reward that is not finite, or where the network has not taken exactly one
        step since.
        """
        given = finite_number("reward", reward)
        since = self.network.steps - self._seen
        if since != 1:
            raise ValueError(
                f"network must have taken 1 step since the learner's last, not {since}; call"
                " step(reward) after each network.step(), and reset() after network.reset()"
            )
        self._seen += 1
        self.dopamine = self._keep["dopamine"] * self.dopamine + given
        if abs(self.dopamine) < TINY:
            self.dopamine = 0.0
        size = changed = saturated = 0
        moved = 0.0
        order = list(self.network.populations.values())
        for each in self._synapses.values():
            projection = each.projection
            each.follow()
            # a source that is updated before its target sends what it put out now, any other what
            # it put out before
            now = projection.source.output
            at_once = order.index(projection.source) < order.index(projection.target)
            each.pair(now if at_once else each.output, self._keep, self.a_plus, self.a_minus)
            each.output = now
            size += projection.size
            factor = self.learning_rate * self.dopamine * each.scale
            if factor:
                counts = _move(projection.weights, each.stored, factor, self.w_min, self.w_max)
                changed, saturated, moved = (
                    changed + counts[0],
                    saturated + counts[1],
                    moved + counts[2],
                )
        return RewardStep(given, self.dopamine, size, changed, saturated, moved / max(size, 1))

    def reset(self) -> None:
        """Forget spikes, eligibility and reward, not weights: as a trial begins, after
        `network.reset()` if there is one.
        """
        self.dopamine, self._seen = 0.0, self.network.steps
        for each in self._synapses.values():
            each.reset()

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """All that the next steps depend on beside the network: flat, plain arrays
        (`numpy.savez(file, **state)` keeps them).
        """
        state: dict[str, NDArray[Any]] = {
            "dopamine": np.array(self.dopamine),
            "seen": np.array(self._seen),
        }
        for label, each in self._synapses.items():
            each.follow()
            state |= {f"{label}/{name}": values.copy() for name, values in each.arrays().items()}
        return state

    def load_state_dict(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on where a checkpoint was made; load the network's own first. ValueError for names or
        shapes that don't fit.
        """
        for each in self._synapses.values():
            each.follow()
        mine = {f"{label}/{name}": each for label, each in self._synapses.items() for name in PARTS}
        if set(state) != {"dopamine", "seen", *mine}:
            wrong = sorted(set(state) ^ {"dopamine", "seen", *mine})[0]
            raise ValueError(
                f"state must be of a learner of the same projections; {wrong!r} is in one of them"
                " alone"
            )
        held = {
            name: real_array(name, state[name], each.arrays()[name.rpartition("/")[2]].shape).copy()
            for name, each in mine.items()
        }
        self.dopamine, self._seen = (
            float(real_array("dopamine", state["dopamine"], ())),
            integer("seen", int(state["seen"]), 0),
        )
        for label, each in self._synapses.items():
            each.load({name: held[f"{label}/{name}"] for name in PARTS})


class _Synapses:
    """Eligibilities of a projection and what they need: `scale * stored` is e, so that time passing
    costs one product.
    """

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.reset()

    def reset(self) -> None:
        """Forget eligibilities and spikes."""
        self.csr = self.projection.csr
        self.stored, self.scale = np.zeros(self.projection.size), 1.0
        self.memory = no_spikes(self.projection)
        self.output = self.projection.source.output

    def arrays(self) -> dict[str, Floats]:
        """The state, by the names of `PARTS`."""
        own = {"eligibility": self.stored, "scale": np.array(self.scale), "output": self.output}
        return {name: (own | self.memory)[name] for name in PARTS}

    def load(self, arrays: Mapping[str, Floats]) -> None:
        """Take the state that `arrays` gave."""
        self.csr, self.stored = self.projection.csr, arrays["eligibility"]
        self.scale, self.output = float(arrays["scale"]), arrays["output"]
        self.memory = {name: arrays[name] for name in self.memory}

    def follow(self) -> None:
        """Where synapses have come and gone, those that stay keep their eligibility; new ones have
        none.
        """
        if self.csr is not self.projection.csr:
            self.stored, self.csr = (
                carried(self.stored, self.csr, self.projection.csr),
                self.projection.csr,
            )

    def pair(self, pre: Floats, keep: Mapping[str, float], a_plus: float, a_minus: float) -> None:
        """One step of traces and eligibility; `pre` is what the source sent in it."""
        self.scale *= keep["eligibility"]
        if self.scale < SMALLEST_SCALE:
            self.stored *= self.scale
            self.scale = 1.0
        pairs = pair_step(
            self.memory,
            self.projection,
            pre,
            (keep["x"], keep["y"]),
            a_plus / self.scale,
            a_minus / self.scale,
        )
        self.memory = pairs.memory
        self.stored[pairs.arrivals] -= pairs.depression
        self.stored[pairs.targets] += pairs.potentiation


def _move(
    weights: Floats, stored: Floats, factor: float, low: float, high: float
) -> tuple[int, int, float]:
    """Weights changed in place; how many are other ones now, how many were cut by a bound, and the
    sum of changes' amounts.
    """
    changed = saturated = 0
    moved = 0.0
    for start in range(0, len(weights), BLOCK):
        part = weights[start : start + BLOCK]
        change = factor * stored[start : start + BLOCK]
        change += part
        reached = np.clip(change, low, high)
        saturated += int(np.count_nonzero(change != reached))
        np.subtract(reached, part, out=change)
        changed += int(np.count_nonzero(change != 0.0))  # of a mask: of floats it is slow
        moved += float(np.abs(change, out=change).sum())
        part[:] = reached
    return changed, saturated, moved
