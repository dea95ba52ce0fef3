"""A hidden teacher drives each neuron by five of a hundred inputs: a projection that rewires itself
finds out which.
"""

from __future__ import annotations

import numpy as np

from sc_model.learning import StructuralPlasticity
from sc_model.network import LIF, STDP, Network, PoissonStimulus, Population, Projection, Relay

NAME = "StructuralPlasticity"
TASK = (
    "A fixed projection, which the learner does not see, drives each of 20 neurons by 5 of 100"
    " Poisson inputs. Another one begins with 100 random synapses of 2,000 possible ones, each with"
    " a delay of its own; STDP weakens what does not help to fire, and the learner replaces weak"
    " synapses, 100 in all, by pairs that fire together. 14 s."
)
BASELINE = "Random rewiring: the same STDP, pruning and count, but new synapses anywhere."
SCORE = (
    "Share of the 100 synapses that are the teacher's; as there are as many of both, precision and"
    " recall are the same."
)
SOLVED = 0.85

INPUTS, NEURONS, EACH, SECONDS, EVERY = 100, 20, 5, 14, 20


def found(seed: int, selectivity: float) -> float:
    """Return the fraction of the teacher's synapses that are there at the end."""
    draws = np.random.default_rng(seed)
    teacher, begin = np.zeros((INPUTS, NEURONS)), np.zeros(INPUTS * NEURONS)
    for neuron in range(NEURONS):
        teacher[draws.choice(INPUTS, EACH, replace=False), neuron] = 12.0
    begin[draws.choice(len(begin), EACH * NEURONS, replace=False)] = 0.05
    inputs, neurons = (
        Population(Relay, INPUTS),
        Population(LIF(tau_ms=20.0, refractory_ms=2.0), NEURONS),
    )
    net = Network(1.0, [inputs, neurons, PoissonStimulus(inputs, 20.0, seed=seed)])
    net.add(Projection(inputs, neurons, teacher, topology="explicit", delay=4))
    rule = STDP(a_plus=0.03, a_minus=0.036, w_max=0.5)
    delays = draws.integers(0, 4, EACH * NEURONS)
    own = Projection(
        inputs,
        neurons,
        begin.reshape(teacher.shape),
        probability=1.0,
        delay=delays,
        topology="explicit",
        plasticity=rule,
        label="own",
    )
    net.add(own)
    structure = StructuralPlasticity(keep="conserved", selectivity=selectivity, seed=seed)
    for _ in range(SECONDS * 1000 // EVERY):
        net.run(EVERY)
        structure.update(own)
    return float((teacher[own.csr.sources, own.indices] > 0).mean())


def run(seed: int) -> dict[str, float]:
    """Grow by correlation, and for the baseline at random."""
    return {"learner": found(seed, 4.0), "baseline": found(seed, 0.0)}
