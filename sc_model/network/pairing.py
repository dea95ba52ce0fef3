r"""Pairs of spikes at synapses with delays: the part of STDP that its float rules share.

Traces of the last spikes, x of each source neuron and y of each target neuron, in a step of dt for
which s_pre has *arrived* at a synapse (what its source sent `delay` steps ago) and s_post are the
spikes of its target::

    x <- exp(-dt / tau_plus) x;    y <- exp(-dt / tau_minus) y
    depression = a_minus * y * s_pre;    potentiation = a_plus * x * s_post
    x <- x + s_pre;    y <- y + s_post

All pairs of spikes count, except an arrival and a target's spike in the same step: the traces rise
after they are read. x at a synapse is that of `delay` steps ago, so x and s_pre are kept for the
last max_delay + 1 steps, once for each source neuron and not once for each synapse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sc_model.network.csr import Ints
from sc_model.network.models.model import Floats, State

if TYPE_CHECKING:
    from sc_model.network.projection import Projection


class Pairs(NamedTuple):
    """What the spikes of one step pair with; only synapses with a spike are listed.

    Members
    -------
    memory : traces and spikes after the step, see `no_spikes`.
    arrivals : numbers of the synapses at which a spike arrived.
    depression : (arrivals,), a_minus * y * s_pre of each.
    targets : numbers of the synapses whose target fired.
    potentiation : (targets,), a_plus * x * s_post of each.
    """

    memory: State
    arrivals: Ints
    depression: Floats
    targets: Ints
    potentiation: Floats


def no_spikes(projection: Projection) -> State:
    """The memory of a projection that no spike has reached.

    Returns
    -------
    x : (n_source,), trace of each source neuron.
    y : (n_target,), trace of each target neuron.
    spikes : (max_delay + 1, n_source), what the source sent in the last steps, latest first.
    traces : (max_delay + 1, n_source), x of the same steps, before it rose.
    """
    history = (projection.max_delay + 1, projection.source.n)
    return {
        "x": np.zeros(projection.source.n),
        "y": np.zeros(projection.target.n),
        "spikes": np.zeros(history),
        "traces": np.zeros(history),
    }


def pair_step(
    memory: State,
    projection: Projection,
    output: Floats,
    decay: tuple[float, float],
    a_plus: float,
    a_minus: float,
) -> Pairs:
    """One step of the traces, and the pairs that it completes. Pure.

    Parameters
    ----------
    memory : before the step, see `no_spikes`.
    projection : its target's spikes are those of this step.
    output : (n_source,), what the source sends in this step; it arrives `delay` steps later.
    decay : exp(-dt / tau_plus) and exp(-dt / tau_minus).
    a_plus, a_minus : potentiation and depression by a trace of 1.
    """
    csr, fired = projection.csr, projection.target.spikes
    x, y = decay[0] * memory["x"], decay[1] * memory["y"]
    spikes = np.vstack([output, memory["spikes"][:-1]])
    traces = np.vstack([x, memory["traces"][:-1]])
    arrivals = projection.arriving(spikes)
    strength = spikes[projection.delay_of(arrivals), csr.sources[arrivals]]
    depression = a_minus * y[csr.indices[arrivals]] * strength
    targets = csr.arriving(np.flatnonzero(fired))
    potentiation = a_plus * traces[projection.delay_of(targets), csr.sources[targets]]
    after = {"x": x + output, "y": y + fired, "spikes": spikes, "traces": traces}
    return Pairs(after, arrivals, depression, targets, potentiation)
