"""The neuron's docstring is the neuron: a model written from it alone, against the golden layer."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
import pytest
from support import RULE

from sc_model.arithmetic import Lfsr
from sc_model.golden import PlasticLayer
from sc_model.spec import NeuronSpec, PlasticLayerSpec


def saturate(value: int, lowest: int, highest: int) -> int:
    return max(lowest, min(highest, value))


@dataclass
class WrittenNeuron:
    """One neuron, in the words of `sc_model.arithmetic.integrate_and_fire`."""

    spec: NeuronSpec
    lowest: int
    highest: int
    v: int = 0
    r: int = 0
    a: int = 0
    fired: bool = field(default=False)

    def step(
        self, current: int, others_fired: bool, ended_trial: bool, noise: int, decide: bool
    ) -> tuple[int, bool]:
        """Score, and whether it is ready."""
        spec = self.spec
        v0, r0, a0 = self.v, max(self.r - 1, 0), self.a
        if spec.threshold_decay_shift:
            a0 -= a0 >> spec.threshold_decay_shift
        if self.fired:
            threshold = spec.threshold + self.a
            kept = saturate(self.v - threshold, self.lowest, self.highest)
            v0, r0 = kept if spec.reset == "subtract" else 0, spec.refractory
            a0 += spec.threshold_step
        a0 = saturate(a0, 0, (1 << spec.adaptation_bits) - 1)
        if ended_trial:
            v0 = r0 = 0
        drive = current >> spec.current_shift
        if others_fired and not ended_trial:
            drive -= spec.inhibition
        leak = v0 >> spec.leak_shift if spec.leak_shift else 0
        v1 = v0 if r0 > 0 else saturate(v0 - leak + drive, self.lowest, self.highest)
        self.v, self.r, self.a = v1, r0, a0
        score = v1 + noise
        return score, r0 == 0 and (score >= spec.threshold + a0 or decide)


def random_layer(rng: random.Random) -> tuple[PlasticLayerSpec, NeuronSpec]:
    """A layer whose neurons fire often, with options at random."""
    winner = rng.random() < 0.5
    neuron = NeuronSpec(
        threshold=rng.choice((1, 40, 300, 2000)),
        leak_shift=rng.choice((0, 0, 1, 4)),
        reset=rng.choice(("zero", "subtract")),
        refractory=rng.choice((0, 0, 1, 3)),
        current_shift=rng.choice((0, 0, 2)),
        potential_bits=rng.choice((0, 0, 6, 9)),
        inhibition=rng.choice((0, 0, 30, 1000)),
        winner_take_all=winner,
        noise_bits=rng.choice((0, 0, 5, 14)),
        threshold_step=rng.choice((0, 0, 7, 200)),
        threshold_decay_shift=rng.choice((0, 2)),
    )
    layer = PlasticLayerSpec(
        inputs=rng.randint(2, 6), neurons=rng.randint(1, 5), signed_weights=rng.random() < 0.7
    )
    return layer, neuron


def differences(seed: int, steps: int) -> int:
    """How often the written model fires or holds what the golden layer does not."""
    rng = random.Random(seed)
    layer, spec = random_layer(rng)
    params = RULE.params_type(weight_bits=8, learning_shift=rng.choice((2, 8)))
    golden = PlasticLayer(RULE, params, layer, spec)
    golden.load(np.array([[rng.randrange(256) for _ in range(layer.neurons)]] * layer.inputs))
    form = spec.potential_format(layer.current_format(RULE.state_formats(params)["weight"]))
    neurons = [WrittenNeuron(spec, form.lo, form.hi) for _ in range(layer.neurons)]
    lfsr = Lfsr(spec.noise_bits) if spec.noise_bits else None
    offset, ended, wrong = 128 * layer.signed_weights, False, 0
    for _ in range(steps):
        weights = golden.state["synapse"]["weight"].astype(int) - offset
        x = np.array([rng.random() < 0.6 for _ in range(layer.inputs)])
        decide, ends = spec.winner_take_all and rng.random() < 0.3, rng.random() < 0.15
        fired = golden.step(x, {"reward": rng.randint(-20, 20)}, decide=decide, clear_trial=ends)
        before = [neuron.fired for neuron in neurons]
        results = [
            neuron.step(
                int(weights[x][:, j].sum()),
                any(before[:j] + before[j + 1 :]),
                ended,
                lfsr.number() if lfsr else 0,
                decide,
            )
            for j, neuron in enumerate(neurons)
        ]
        best = max((score for score, ready in results if ready), default=None)
        for neuron, (score, ready) in zip(neurons, results, strict=True):
            neuron.fired = ready
            if spec.winner_take_all:  # the first of the highest
                neuron.fired, best = (
                    ready and score == best,
                    None if ready and score == best else best,
                )
        state = golden.state["neuron"]
        wrong += [n.fired for n in neurons] != list(fired)
        wrong += [n.v for n in neurons] != state["potential"].tolist()
        ended = ends
    return wrong


@pytest.mark.parametrize("first", [0, 40])
def test_a_model_written_from_the_docstring_is_the_golden_one(first: int) -> None:
    assert [seed for seed in range(first, first + 40) if differences(seed, 30)] == []
