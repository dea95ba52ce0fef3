"""Networks that learn on the chip: the golden model against its arithmetic written out again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learning_networks import network, samples, weights_of

from sc_model.golden.learning_network import LearningNetwork
from sc_model.spec import ConfigError, RuleChoice
from sc_model.spec.errors import RuleError
from sc_model.spec.learning import LearningNetworkSpec


class Plain:
    """The equations with bare integers, loop by loop; the noise as (product + bits) >> shift."""

    def __init__(self, spec: LearningNetworkSpec, weights: dict[str, Any]) -> None:
        self.spec = spec
        self.w = [weights[layer.name].tolist() for layer in spec.layers]
        self.age = [[0] * layer.neurons for layer in spec.hidden]
        self.lfsr = 0xACE1

    def forward(self, values: Any) -> int:
        spec, steps = self.spec, self.spec.steps
        sizes = [len(self.w[0]), *(len(w[0]) for w in self.w)]
        when = [((255 - int(p)) * steps) // 256 if p else None for p in values] + [0]
        self.x = [[0 if t is None else steps - t for t in when]] + [[0] * n for n in sizes[1:-1]]
        self.v = [[0] * n for n in sizes[1:]]
        ramp = [0] * sizes[1]
        for step in range(steps):
            firing = [i for i, t in enumerate(when) if t == step]
            for number, layer in enumerate(spec.hidden):
                added = [sum(self.w[number][i][j] for i in firing) for j in range(layer.neurons)]
                if number == 0:
                    ramp = added = [a + b for a, b in zip(ramp, added, strict=True)]
                firing = []
                for j, current in enumerate(added):
                    v = max(-32768, min(32767, self.v[number][j] + current))
                    if v >= layer.threshold:
                        v -= layer.threshold
                        self.x[number + 1][j] += 1
                        firing.append(j)
                    self.v[number][j] = v
            for j in firing:
                for k, w in enumerate(self.w[-1][j]):
                    self.v[-1][k] += w
        winner: int = self.v[-1].index(max(self.v[-1]))
        return winner

    def learn(self, target: int, extra: int = 0) -> None:
        spec, out = self.spec, self.spec.output
        d = []
        for k, y in enumerate(self.v[-1]):
            up = max(0, min(15, (out.margin - y) >> out.error_shift))
            down = max(-15, min(0, (-out.margin - y) >> out.error_shift))
            d.append(up << out.right_shift if k == target else down)
        if not any(d):
            return
        for number in reversed(range(len(self.w))):
            layer, w, x = spec.layers[number], self.w[number], self.x[number]
            shift, lower = layer.shift + extra, []
            if number:
                lower = [self.signal(number - 1, j, d) for j in range(len(w))]
                order = range(len(w))
            else:
                shift += (sum(map(bool, x))).bit_length() - 1
                order = sorted(range(len(w)), key=lambda i: (spec.steps - x[i], -i))
            for i in order:
                for first in range(0, layer.neurons, layer.lanes):
                    word = range(first, min(first + layer.lanes, layer.neurons))
                    if x[i] == 0 or not any(d[j] for j in word):
                        continue
                    noise = (self.lfsr & 0x1FFF) >> (13 - shift)
                    self.lfsr = (self.lfsr >> 1) ^ (0xB400 * (self.lfsr & 1))
                    for j in word:
                        change = (d[j] * x[i] + noise) >> shift
                        most = (1 << layer.weight_bits - 1) - 1
                        w[i][j] = max(-most, min(most, w[i][j] + change))
            d = lower

    def signal(self, number: int, j: int, d: list[int]) -> int:
        layer, spikes = self.spec.hidden[number], self.x[number + 1][j]
        total = sum(w * e for w, e in zip(self.w[number + 1][j], d, strict=True))
        signal = max(-127, min(127, (total + 8) >> 4))
        age = self.age[number][j] = 0 if spikes else min(255, self.age[number][j] + 1)
        near = self.v[number][j] >= layer.threshold // 2
        if (spikes or near) and spikes < self.spec.steps:
            return signal
        if spikes == self.spec.steps:
            return min(signal, 0)
        return max(signal, 0) if age == 255 else 0


@pytest.mark.parametrize("hidden", [(12,), (9, 7)])
def test_learning_equals_the_equations_written_out(hidden: tuple[int, ...]) -> None:
    spec = network(hidden)
    first = weights_of(spec)
    golden, plain = LearningNetwork(spec, first), Plain(spec, first)
    values, classes = samples(150)
    for number, (row, label) in enumerate(zip(values, classes.tolist(), strict=True)):
        golden.step_shift = extra = number // 60
        assert golden.sample(row, label) == plain.forward(row)
        plain.learn(label, extra)
        for mine, layer in zip(plain.w, spec.layers, strict=True):
            assert (golden.state[layer.name]["weight"] == np.array(mine)).all(), number
        assert golden.state["control"]["lfsr"] == plain.lfsr
        ages = [golden.state[layer.name]["age"].tolist() for layer in spec.hidden]
        assert ages == plain.age
    assert golden.counts.errors > 100
    assert (golden.state["hidden0"]["weight"] != first["hidden0"]).mean() > 0.5


def test_saturated_and_silent_neurons_learn_in_one_direction_only() -> None:
    """Thresholds so low that neurons fire in each step, and weights that keep some silent."""
    spec = network(layer={"threshold": 20, "initial": 100})
    first = weights_of(spec)
    first["hidden0"][:, :4] = -100  # silent
    first["hidden0"][:, 4:8] = 100  # saturated
    golden, plain = LearningNetwork(spec, first), Plain(spec, first)
    ages = np.where(np.arange(12) < 3, 253, 0)
    golden.state["hidden0"]["age"], plain.age[0] = ages.copy(), ages.tolist()
    values, classes = samples(40)
    saturated = 0
    for row, label in zip(values, classes.tolist(), strict=True):
        assert golden.sample(row, label) == plain.forward(row)
        plain.learn(label)
        saturated += int((golden.traces[1] == spec.steps).sum())
        assert (golden.state["hidden0"]["weight"] == np.array(plain.w[0])).all()
    assert saturated
    assert golden.counts.rescued
    # the fourth, just as silent, is not old enough
    silent = golden.state["hidden0"]["weight"][:, :4]
    assert (silent[:, :3] > -100).any()
    assert (silent[:, 3] == -100).all()


def test_a_frozen_readout_passes_signals_on() -> None:
    golden = LearningNetwork(network(), first := weights_of(network()))
    golden.freeze("output")
    golden.run(*samples(30))
    assert (golden.state["output"]["weight"] == first["output"]).all()
    assert (golden.state["hidden0"]["weight"] != first["hidden0"]).any()
    assert golden.counts.words["output"] == 0 < golden.counts.words["hidden0"]


def test_right_or_wrong_is_all_that_reward_tells() -> None:
    """Of a wrong answer the played class alone is known; of a right one all are, if so chosen."""
    values, classes = samples(200)
    for others in (True, False):
        spec = network(feedback="reward", exploration=64, others_wrong=others)
        golden = LearningNetwork(spec, weights_of(spec))
        told, explored = [], 0
        for row, label in zip(values, classes.tolist(), strict=True):
            answer = golden.answer(row, explore=True)
            explored += answer.played != answer.winner
            before = golden.state["output"]["weight"]
            right = answer.played == label
            before = before.copy()
            golden.learn(answer.played, right=right, single=not (right and others))
            changed = (golden.state["output"]["weight"] != before).any(0)
            told.append((right, changed.sum(), changed[answer.played]))
        assert 20 < explored < 70  # 3/4 of a quarter of 200 are expected
        alone = [number for right, number, _ in told if not (right and others)]
        assert max(alone) == 1
        assert not others or max(number for right, number, _ in told if right) > 1


def test_a_run_goes_on_from_a_checkpoint() -> None:
    spec = network()
    values, classes = samples(60)
    whole = LearningNetwork(spec, weights_of(spec))
    played = whole.run(values, classes)
    first, second = LearningNetwork(spec, weights_of(spec)), LearningNetwork(spec)
    halves = [first.run(values[:30], classes[:30])]
    second.restore(first.checkpoint())
    halves.append(second.run(values[30:], classes[30:]))
    assert (np.concatenate(halves) == played).all()
    for space, fields in whole.state.items():
        assert all((second.state[space][name] == fields[name]).all() for name in fields)


def test_bad_input_is_refused() -> None:
    golden = LearningNetwork(network())
    with pytest.raises(ValueError, match=r"^values must be in \[0, 255\], not 256 at \(3,\)\.$"):
        golden.sample([0, 0, 0, 256, *[0] * 16])
    with pytest.raises(ValueError, match=r"^hidden0\.weight must be in \[-127, 127\], not -128 at"):
        golden.load({"hidden0": np.full((21, 12), -128)})
    with pytest.raises(
        TypeError, match=r"^weights are of the layers hidden0, output, not 'first'$"
    ):
        golden.load({"first": 0})
    with pytest.raises(ValueError, match=r"^label must be in \[0, 3\], not 4$"):
        golden.learn(4)
    with pytest.raises(ValueError, match=r"^step_shift must be in \[0, 7\], not 8 at \(\)\.$"):
        golden.step_shift = 8
    broken = golden.checkpoint()
    broken["control"]["lfsr"] = np.array(0)
    with pytest.raises(ValueError, match=r"^control\.lfsr must be in \[1, 65535\], not 0 at"):
        golden.restore(broken)
    with pytest.raises(RuleError, match=r"^rule 'pair_stdp' must have the field weight and the"):
        LearningNetwork(network(layer={"rule": RuleChoice(family="pair_stdp")}))


def test_widths_of_a_rule_follow_from_the_network() -> None:
    rule = RuleChoice(family="error_triggered", parameters={"learning_shift": 3})
    with pytest.raises(ConfigError, match=r"^\[rule\] has no field 'learning_shift'"):
        LearningNetwork(network(layer={"rule": rule}))
