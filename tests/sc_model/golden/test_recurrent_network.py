"""Recurrent networks: the golden model against its arithmetic written out again, and the task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from recurrent_networks import network, samples, weights_of

from sc_model.golden.recurrent_network import RecurrentNetwork
from sc_model.spec import ConfigError, RuleChoice
from sc_model.spec.errors import RuleError
from sc_model.spec.learning import RecurrentNetworkSpec


def clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


class Plain:
    """The equations with bare integers, synapse by synapse."""

    def __init__(self, spec: RecurrentNetworkSpec, weights: dict[str, Any]) -> None:
        self.spec = spec
        self.w, self.out = (weights[name].tolist() for name in ("hidden", "output"))
        self.lfsr = 0xACE1

    def noise(self) -> int:
        drawn = self.lfsr & 0x7FFF
        self.lfsr = (self.lfsr >> 1) ^ (0xB400 * (self.lfsr & 1))
        return drawn

    def begin(self) -> None:
        spec, neurons = self.spec, range(self.spec.hidden.neurons)
        self.e = [[0] * len(neurons) for _ in range(spec.rows)]
        self.x = [0] * spec.rows
        self.v, self.z, self.slope, self.kept, self.signal = ([0 for _ in neurons] for _ in "vzskl")
        self.y = [0] * spec.readout.neurons
        self.fired: list[list[int]] = []  # of each step of the sample

    def step(self, spikes: list[int], target: int) -> int:
        spec, hidden = self.spec, self.spec.hidden
        neurons = range(hidden.neurons)
        late = [1 + j % hidden.max_delay for j in neurons]
        back = [
            self.fired[-d][j] if d <= len(self.fired) else 0
            for j, d in zip(neurons, late, strict=True)
        ]
        rows = [*spikes, *back]
        current = [sum(self.w[i][j] for i, s in enumerate(rows) if s) for j in neurons]
        for group in range(0, hidden.neurons, hidden.lanes):
            for i in range(spec.rows):
                noise = self.noise()
                for j in range(group, min(group + hidden.lanes, hidden.neurons)):
                    e = self.e[i][j] - -(-self.e[i][j] // 8) + (self.slope[j] * self.x[i] >> 4)
                    self.e[i][j] = e = clamp(e, 0, 255)
                    change = (self.signal[j] * e * 32768 >> hidden.shift) + noise >> 15
                    self.w[i][j] = clamp(self.w[i][j] + change, -127, 127)
        for i, s in enumerate(rows):
            self.x[i] = min(255, self.x[i] - -(-self.x[i] // 16) + 32 * s)
        for j in neurons:
            v = clamp(self.v[j] - 128 * self.z[j], -2048, 2047)
            self.v[j] = v = clamp(v - (v >> 4) + current[j], -2048, 2047)
            self.z[j] = int(v >= 128)
            self.slope[j] = clamp(128 - abs(v - 128) >> 3, 0, 15)
            self.kept[j] = min(255, self.kept[j] - -(-self.kept[j] // 8) + 32 * self.z[j])
        self.fired.append(list(self.z))
        for k, y in enumerate(self.y):
            self.y[k] = y - (y >> 3) + sum(self.out[j][k] for j in neurons if self.z[j])
        self.learn(target)
        return self.y.index(max(self.y))

    def learn(self, target: int) -> None:
        out, neurons = self.spec.readout, range(self.spec.hidden.neurons)
        self.signal = [0 for _ in neurons]
        error = [
            clamp(out.margin - y >> out.error_shift, 0, 15)
            if k == target
            else clamp(-out.margin - y >> out.error_shift, -15, 0)
            for k, y in enumerate(self.y)
        ]
        if target < 0 or not any(error):
            return
        for j in neurons:
            total = sum(w * e for w, e in zip(self.out[j], error, strict=True))
            self.signal[j] = clamp(total + 8 >> 4, -127, 127)
            noise = self.noise()
            for k, e in enumerate(error):
                change = (e * self.kept[j] * 32768 >> out.shift) + noise >> 15
                self.out[j][k] = clamp(self.out[j][k] + change, -127, 127)


@pytest.mark.parametrize("max_delay", [1, 3])
def test_steps_are_the_equations_written_out(max_delay: int) -> None:
    spec = network(hidden={"neurons": 7, "max_delay": max_delay})  # a group is not full
    golden, plain = RecurrentNetwork(spec, weights_of(spec)), Plain(spec, weights_of(spec))
    spikes, targets = samples(spec, 12)
    answers = golden.run(spikes, targets)
    for number, sample in enumerate(spikes):
        plain.begin()
        told = targets[number].tolist()
        given = [plain.step(row.tolist(), target) for row, target in zip(sample, told, strict=True)]
        assert given == answers[number].tolist()
    state = golden.state
    assert state["hidden"]["weight"].tolist() == plain.w
    assert state["hidden"]["eligibility"].tolist() == plain.e
    assert state["output"]["weight"].tolist() == plain.out
    assert state["control"]["lfsr"] == plain.lfsr
    assert golden.scores.tolist() == plain.y
    # it all took place: weights changed, neurons fired, errors came
    before = weights_of(spec)
    assert all((state[name]["weight"] != before[name]).any() for name in before)
    assert golden.counts.errors > 30
    assert golden.counts.spikes > 100


def test_a_layer_that_is_frozen_keeps_its_weights_and_the_other_learns() -> None:
    spec = network()
    spikes, targets = samples(spec, 6)
    for frozen, learns in (("hidden", "output"), ("output", "hidden")):
        golden = RecurrentNetwork(spec, weights_of(spec))
        golden.freeze(frozen)
        golden.run(spikes, targets)
        before = weights_of(spec)
        assert (golden.state[frozen]["weight"] == before[frozen]).all()
        assert (golden.state[learns]["weight"] != before[learns]).any()


def test_nothing_is_learned_where_no_class_is_told_and_samples_are_apart() -> None:
    spec = network()
    spikes, _ = samples(spec, 4)
    golden = RecurrentNetwork(spec, weights_of(spec))
    answers = golden.run(spikes)
    assert all(
        (golden.state[name]["weight"] == weight).all() for name, weight in weights_of(spec).items()
    )
    assert (golden.run(spikes[::-1])[::-1] == answers).all()


def test_a_checkpoint_is_the_whole_state() -> None:
    spec = network()
    spikes, targets = samples(spec, 8)
    golden = RecurrentNetwork(spec, weights_of(spec))
    golden.run(spikes[:4], targets[:4])
    golden.set_shift("hidden", 9)
    kept = golden.checkpoint()
    first = golden.run(spikes[4:], targets[4:])
    other = RecurrentNetwork(spec)
    other.restore(kept)
    assert (other.run(spikes[4:], targets[4:]) == first).all()
    with pytest.raises(TypeError, match=r"^a checkpoint of this network holds \['control.hidden_s"):
        other.restore({"control": {}})
    kept["hidden"]["weight"][0, 0] = -128
    with pytest.raises(ValueError, match=r"^hidden.weight must be in \[-127, 127\], not -128 at"):
        other.restore(kept)


def test_bad_values_are_one_line() -> None:
    spec = network()
    golden = RecurrentNetwork(spec)
    with pytest.raises(ValueError, match=r"^spikes must have shape \(samples, steps, 5\), not \(2"):
        golden.run(np.zeros((2, 3), int))
    with pytest.raises(ValueError, match=r"^spikes must be in \[0, 1\], not 2 at \(0, 0, 0\)"):
        golden.run(np.full((1, 1, 5), 2))
    with pytest.raises(ValueError, match=r"^targets must be in \[-1, 2\], not 3 at \(0, 0\)"):
        golden.run(np.zeros((1, 1, 5), int), [[3]])
    with pytest.raises(TypeError, match=r"^weights are of the layers hidden, output, not 'input'"):
        golden.load({"input": 0})
    with pytest.raises(ValueError, match=r"^shift of output must be in \[0, 15\], not 16"):
        golden.set_shift("output", 16)


def test_rules_that_do_not_fit_are_refused() -> None:
    spec = network(hidden={"rule": RuleChoice(family="pair_stdp")})
    with pytest.raises(RuleError, match=r"^rule 'pair_stdp' must have the field weight, no field"):
        RecurrentNetwork(spec)
    spec = network(readout={"rule": RuleChoice(family="e_prop")})
    with pytest.raises(RuleError, match=r"^rule 'e_prop' must have the field weight and the input"):
        RecurrentNetwork(spec)
    with pytest.raises(ConfigError, match=r"no field 'increments'; did you mean 'increment'"):
        RecurrentNetwork(network(hidden={"rule": {"increments": 3}}))
