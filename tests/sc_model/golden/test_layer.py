"""The layer against a plain one: loops over neurons and synapses, each with all its fields, written
from the equations.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import RULE, params_of

from sc_model.golden import PlasticLayer, Synapse
from sc_model.golden.plastic.layer import Checkpoint
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, Locality, NeuronSpec, PlasticLayerSpec, Rule, RuleParams

Unclamped = Callable[[dict[str, int], dict[str, int], dict[str, int], Any], dict[str, int]]


# --- the plain layer ------------------------------------------------------------------------------


def clipped(value: int, lo: int, hi: int) -> int:
    return min(max(value, lo), hi)


def floor_part(value: int, shift: int) -> int:
    return value // 2**shift


def reward_modulated(
    old: dict[str, int], inputs: dict[str, int], new: dict[str, int], p: Any
) -> dict[str, int]:
    """What R-STDP saturates, from the equations of its docstring."""
    e, pre, post = old["eligibility"], inputs["pre_spike"], inputs["post_spike"]
    decayed = abs(e) - (floor_part(abs(e), p.trace_decay_shift) if p.trace_decay_shift else 0)
    decayed = decayed if e >= 0 else -decayed
    potentiation = post * (2**p.trace_bits - 1 if pre else old["pre_trace"])
    product = inputs["reward"] * new["eligibility"]
    return {
        "weight": old["weight"] + floor_part(product, p.learning_shift),
        "eligibility": decayed + potentiation - pre * old["post_trace"],
    }


def pair(
    old: dict[str, int], inputs: dict[str, int], new: dict[str, int], p: Any
) -> dict[str, int]:
    potentiation = inputs["post_spike"] * floor_part(
        p.potentiation_gain * old["pre_trace"], p.learning_shift
    )
    depression = inputs["pre_spike"] * floor_part(
        p.depression_gain * old["post_trace"], p.learning_shift
    )
    return {"weight": old["weight"] + potentiation - depression}


def triplet(
    old: dict[str, int], inputs: dict[str, int], new: dict[str, int], p: Any
) -> dict[str, int]:
    factor = p.pair_term + floor_part(old["post_slow_trace"], p.read_shift)
    potentiation = inputs["post_spike"] * floor_part(
        floor_part(old["pre_trace"], p.read_shift) * factor, p.learning_shift
    )
    depression = inputs["pre_spike"] * floor_part(
        p.depression_gain * old["post_trace"], p.depression_shift
    )
    return {"weight": old["weight"] + potentiation - depression}


RULES: dict[str, Unclamped] = {
    "reward_modulated_stdp": reward_modulated,
    "pair_stdp": pair,
    "triplet_stdp": triplet,
}


class PlainNoise:
    """x^32 + x^22 + x^2 + x + 1 as a list of bits, the newest first."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.register = [int(digit) for digit in reversed(f"{0xACE12468:032b}")]

    def number(self) -> int:
        for _ in range(self.bits):
            newest = (
                self.register[32 - 1]
                + self.register[22 - 1]
                + self.register[2 - 1]
                + self.register[1 - 1]
            ) % 2
            self.register = [newest, *self.register[:-1]]
        value = sum(2**place * bit for place, bit in enumerate(self.register[: self.bits]))
        return value - 2**self.bits if value >= 2 ** (self.bits - 1) else value


class PlainNeuron:
    """The equations of `sc_model.arithmetic.integrate_and_fire` on attributes."""

    def __init__(self, spec: NeuronSpec, bits: int) -> None:
        self.spec, self.lo, self.hi = spec, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        self.v = self.r = self.a = self.spikes = 0
        self.fired = self.fired_before = False

    def take_up(self, current: int, noise: int, others: bool, cleared: bool, decide: bool) -> None:
        """Sets `ready` and `score`; the reset of the last spike comes first."""
        spec = self.spec
        if self.fired:
            self.spikes = min(self.spikes + 1, 2**16 - 1)
            self.v = 0 if spec.reset == "zero" else max(self.v - spec.threshold - self.a, self.lo)
            self.r = spec.refractory
        else:
            self.r = max(self.r - 1, 0)
        if cleared:
            self.v = self.r = 0
        if spec.threshold_step:
            if spec.threshold_decay_shift:
                self.a -= floor_part(self.a, spec.threshold_decay_shift)
            if self.fired:
                self.a = min(self.a + spec.threshold_step, 2**spec.adaptation_bits - 1)
        if self.r == 0:
            if spec.leak_shift:
                self.v -= floor_part(self.v, spec.leak_shift)
            self.v += floor_part(current, spec.current_shift)
            if others and not cleared:
                self.v -= spec.inhibition
            self.v = clipped(self.v, self.lo, self.hi)
        self.score = self.v + noise
        self.ready = self.r == 0 and (decide or self.score >= spec.threshold + self.a)


class PlainLayer:
    """Synapses that each hold all fields of the rule, neurons in a list."""

    def __init__(
        self,
        rule: Rule,
        params: RuleParams,
        layer: PlasticLayerSpec,
        neuron: NeuronSpec,
        weights: Any,
    ) -> None:
        self.rule, self.params, self.layer, self.spec = rule, params, layer, neuron
        self.synapses = [
            [Synapse(rule, params, {"weight": int(weight)}) for weight in row] for row in weights
        ]
        form = rule.state_formats(params)["weight"]
        bits = neuron.potential_format(layer.current_format(form)).width
        self.neurons = [PlainNeuron(neuron, bits) for _ in range(layer.neurons)]
        self.half = 2 ** (form.width - 1) if layer.signed_weights else 0
        self.noise = PlainNoise(neuron.noise_bits)
        self.mean = self.updates = self.value = self.value_before = 0
        self.saturations: dict[str, int] = {}
        self.before = self.before_that = SimpleNamespace(trial=False, traces=False)

    def step(
        self,
        spikes: Any,
        modulators: dict[str, int],
        outcome: bool,
        decide: bool,
        trial: bool,
        traces: bool,
    ) -> list[bool]:
        for field in self.rule.state:
            shared = field.locality is not Locality.SYNAPSE
            if field.name != "weight" and (self.before.trial or (self.before.traces and shared)):
                for row in self.synapses:
                    for synapse in row:
                        synapse.state[field.name] = field.initial
        modulators = dict(modulators)
        if self.layer.critic_shift or self.layer.discount_shift:
            modulators = {"reward": self.judged(modulators["reward"], outcome)}
        currents = [
            sum(
                row[j].state["weight"] - self.half
                for x, row in zip(spikes, self.synapses, strict=True)
                if x
            )
            for j in range(self.layer.neurons)
        ]
        predicts = self.neurons[-1] if self.layer.discount_shift else None
        any_fired = any(neuron.fired_before for neuron in self.neurons)
        for x, row in zip(spikes, self.synapses, strict=True):
            for neuron, synapse in zip(self.neurons, row, strict=True):
                learnt = (
                    (any_fired if neuron is predicts else neuron.fired_before)
                    and not self.before.trial
                    and not self.before_that.trial
                )
                self.learn(synapse, {"pre_spike": int(x), "post_spike": int(learnt), **modulators})
        fired = [neuron.fired for neuron in self.neurons]
        for j, neuron in enumerate(self.neurons):
            noise = self.noise.number() if self.spec.noise_bits else 0
            others = any(fired[:j] + fired[j + 1 :])
            neuron.take_up(currents[j], noise, others, self.before.trial, decide)
        self.value = currents[-1]
        winners = [neuron for neuron in self.neurons if neuron.ready and neuron is not predicts]
        if self.spec.winner_take_all:
            winners = sorted(winners, key=lambda neuron: -neuron.score)[
                :1
            ]  # sorting is stable: the lowest number first
        for neuron in self.neurons:
            neuron.fired_before, neuron.fired = (
                neuron.fired,
                any(neuron is winner for winner in winners),
            )
        self.before_that, self.before = self.before, SimpleNamespace(trial=trial, traces=traces)
        return [neuron.fired for neuron in self.neurons]

    def judged(self, reward: int, outcome: bool) -> int:
        bits = self.rule.input_formats(self.params)["reward"].width
        reward = clipped(reward, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        if not outcome:
            return reward
        if self.layer.discount_shift:
            expected = self.value - floor_part(self.value, self.layer.discount_shift)
            better = reward * 2**self.layer.reward_shift + expected - self.value_before
            self.value_before = self.value
            # twice the surprise and one half more, so that nothing has to be rounded before
            twice = 2 * better + 2**self.layer.surprise_shift * (self.layer.surprise_shift > 0)
            rounded = floor_part(twice, self.layer.surprise_shift + 1)
            return clipped(rounded, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        above = reward - floor_part(self.mean, 8)
        self.mean += floor_part(reward * 256 - self.mean, self.layer.critic_shift)
        return clipped(above, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

    def learn(self, synapse: Synapse, inputs: dict[str, int]) -> None:
        form = self.rule.input_formats(self.params)
        inputs = {name: form[name].saturate(value) for name, value in inputs.items()}
        old, new = synapse.state, synapse.step(inputs)
        for name, value in RULES[self.rule.family](old, inputs, new, self.params).items():
            self.saturations[name] = self.saturations.get(name, 0) + (value != new[name])
            assert new[name] == self.rule.state_formats(self.params)[name].saturate(value)
        self.updates += 1


def same(layer: PlasticLayer, plain: PlainLayer) -> None:
    """All that the plain layer holds, the layer holds too: a field of an input in each of its
    synapses, and so on.
    """
    state, names = layer.checkpoint(), layer.names
    for field in layer.rule.state:
        held = state[str(field.locality)][field.name].tolist()
        shape = plain.layer.inputs, plain.layer.neurons
        if field.locality is Locality.PRE:
            held = [[value] * shape[1] for value in held]
        if field.locality is Locality.POST:
            held = [held] * shape[0]
        assert held == [[synapse.state[field.name] for synapse in row] for row in plain.synapses], (
            field.name
        )
    neurons = {name: array.tolist() for name, array in state["neuron"].items()}
    expected = {
        "potential": [n.v for n in plain.neurons],
        "fired": [int(n.fired) for n in plain.neurons],
        "fired_before": [int(n.fired_before) for n in plain.neurons],
    }
    if plain.spec.refractory:
        expected["refractory"] = [n.r for n in plain.neurons]
    if plain.spec.threshold_step:
        expected["adaptation"] = [n.a for n in plain.neurons]
    if plain.layer.counters:
        expected["spikes"] = [n.spikes for n in plain.neurons]
        assert (layer.updates, layer.saturations) == (
            plain.updates,
            {n: plain.saturations.get(n, 0) for n in layer.saturations},
        )
    assert neurons == expected
    control = {name: int(array) for name, array in state["control"].items()}
    expected_control = {
        "cleared_trial": int(plain.before.trial),
        "cleared_traces": int(plain.before.traces),
        "cleared_trial_before": int(plain.before_that.trial),
    }
    if plain.layer.critic_shift:
        expected_control["mean"] = plain.mean
    if plain.layer.discount_shift:
        expected_control |= {"value": plain.value, "before": plain.value_before}
    if plain.spec.noise_bits:
        expected_control["lfsr"] = sum(
            2**place * bit for place, bit in enumerate(plain.noise.register)
        )
    assert control == expected_control
    assert names.weight == "weight"


SMALL = {
    "reward_modulated_stdp": {
        "weight_bits": 6,
        "trace_bits": 5,
        "reward_bits": 5,
        "learning_shift": 4,
        "trace_decay_shift": 2,
    },
    "pair_stdp": {
        "weight_bits": 6,
        "trace_bits": 6,
        "headroom_bits": 1,
        "learning_shift": 5,
        "pre_decay_shift": 2,
    },
    "triplet_stdp": {
        "weight_bits": 6,
        "trace_bits": 7,
        "read_shift": 2,
        "pair_term": 3,
        "depression_shift": 8,
    },
}
LAYERS = st.fixed_dictionaries(
    {
        "inputs": st.integers(2, 6),
        "neurons": st.integers(1, 5),
        "signed_weights": st.booleans(),
        "critic_shift": st.sampled_from([0, 1, 3]),
        "discount_shift": st.sampled_from([0, 0, 1, 4]),
        "reward_shift": st.sampled_from([0, 2]),
        "surprise_shift": st.sampled_from([0, 1, 3]),
        "counters": st.booleans(),
    }
)
NEURONS = st.fixed_dictionaries(
    {
        "threshold": st.sampled_from([1, 20, 60]),
        "leak_shift": st.sampled_from([0, 1, 3]),
        "reset": st.sampled_from(["zero", "subtract"]),
        "refractory": st.sampled_from([0, 1, 3]),
        "current_shift": st.sampled_from([0, 1]),
        "potential_bits": st.sampled_from([0, 7]),
        "inhibition": st.sampled_from([0, 9, 1000]),
        "winner_take_all": st.booleans(),
        "noise_bits": st.sampled_from([0, 1, 5, 12]),
        "threshold_step": st.sampled_from([0, 3]),
        "threshold_decay_shift": st.sampled_from([0, 2]),
    }
)


def stimulus(rng: np.random.Generator, layer: PlasticLayer) -> dict[str, Any]:
    """Arguments of a step, rewards beyond their range and all events included."""
    known = {"outcome": layer.layer.has_critic, "decide": layer.neuron.winner_take_all}
    flags = known | {"clear_trial": True, "clear_traces": True}
    return {
        "spikes": rng.integers(0, 2, layer.layer.inputs),
        "modulators": {name: int(rng.integers(-20, 20)) for name in layer.names.modulators},
        **{name: bool(rng.random() < 0.15) and allowed for name, allowed in flags.items()},
    }


def plain_step(plain: PlainLayer, given_: dict[str, Any]) -> list[bool]:
    flags = (given_[name] for name in ("outcome", "decide", "clear_trial", "clear_traces"))
    return plain.step(given_["spikes"], given_["modulators"], *flags)


def made(
    family: str, layer: dict[str, Any], neuron: dict[str, Any], weights: Any, **parameters: int
) -> PlasticLayer:
    rule = load_rule(family)
    critics = ("critic_shift", "discount_shift", "reward_shift", "surprise_shift")
    shifts = {name: layer.get(name, 0) for name in critics}
    if family != "reward_modulated_stdp":
        shifts = dict.fromkeys(critics, 0)
    elif shifts["discount_shift"]:
        shifts["critic_shift"] = 0
        neuron = neuron | {"winner_take_all": True, "inhibition": 0}
    else:
        shifts |= {"reward_shift": 0, "surprise_shift": 0}
    specs = PlasticLayerSpec(**(layer | shifts)), NeuronSpec(**neuron)
    return PlasticLayer(rule, rule.params_type(**(SMALL[family] | parameters)), *specs, weights)


def plain_of(layer: PlasticLayer) -> PlainLayer:
    weights = layer.state["synapse"]["weight"].tolist()
    return PlainLayer(layer.rule, layer.params, layer.layer, layer.neuron, weights)


@pytest.mark.parametrize("family", RULES)
@given(sizes=LAYERS, neuron=NEURONS, seed=st.integers(0, 1 << 32))
def test_a_layer_is_as_many_synapses_and_neurons(
    family: str, sizes: dict[str, Any], neuron: dict[str, Any], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    if sizes["discount_shift"] and sizes["neurons"] < 3:
        sizes = sizes | {"neurons": 3}
    layer = made(family, sizes, neuron, rng.integers(0, 64, (sizes["inputs"], sizes["neurons"])))
    plain = plain_of(layer)
    same(layer, plain)
    for _ in range(24):
        given_ = stimulus(rng, layer)
        assert layer.step(**given_).tolist() == plain_step(plain, given_)
        same(layer, plain)


@pytest.mark.parametrize("family", RULES)
@pytest.mark.parametrize("counters", [False, True])
def test_every_event_happens_in_a_long_run(family: str, counters: bool) -> None:
    """The comparison above is worth as much as what happens in it."""
    rng = np.random.default_rng(1)
    sizes = {"inputs": 5, "neurons": 4, "counters": counters, "critic_shift": 2}
    neuron = {
        "threshold": 64,
        "inhibition": 5,
        "refractory": 1,
        "noise_bits": 4,
        "threshold_step": 2,
        "leak_shift": 2,
    }
    neuron |= {"threshold_decay_shift": 3, "reset": "subtract"}
    layer = made(family, sizes, neuron, rng.integers(0, 64, (5, 4)))
    plain = plain_of(layer)
    fired = np.zeros(4, int)
    for _ in range(400):
        given_ = stimulus(rng, layer)
        fired += layer.step(**given_)
        plain_step(plain, given_)
    same(layer, plain)
    assert all(10 < count < 300 for count in fired)
    assert all(count > 20 for count in plain.saturations.values())
    assert set(layer.saturations) == set(plain.saturations)
    if not counters:
        assert (layer.updates, set(layer.saturations.values())) == (0, {0})


@pytest.mark.parametrize(("weight", "reward"), [(46, 8), (47, 8), (48, 8), (8, 48)])
def test_wide_fields_are_exact(weight: int, reward: int) -> None:
    rng = np.random.default_rng(2)
    top = 1 << weight
    weights = np.array(
        [[int(v) * top // 1000 for v in row] for row in rng.integers(0, 1000, (4, 3))], object
    )
    neuron = {
        "threshold": (1 << 31) - 1,
        "current_shift": 31,
        "winner_take_all": True,
        "noise_bits": 24,
    }
    sizes = {"inputs": 4, "neurons": 3, "counters": True, "critic_shift": 3}
    layer = made(
        "reward_modulated_stdp", sizes, neuron, weights, weight_bits=weight, reward_bits=reward
    )
    plain = plain_of(layer)
    for _ in range(40):
        given_ = stimulus(rng, layer)
        assert layer.step(**given_).tolist() == plain_step(plain, given_)
        same(layer, plain)


# --- going on from a checkpoint -------------------------------------------------------------------


SIZES = {"inputs": 6, "neurons": 4, "critic_shift": 2, "counters": True}
EVERYTHING: dict[str, Any] = {
    "threshold": 40,
    "inhibition": 5,
    "refractory": 2,
    "noise_bits": 5,
    "leak_shift": 3,
}
EVERYTHING |= {
    "winner_take_all": True,
    "threshold_step": 4,
    "threshold_decay_shift": 4,
    "reset": "subtract",
}


def lists(state: Checkpoint) -> dict[str, dict[str, Any]]:
    return {
        space: {name: array.tolist() for name, array in arrays.items()}
        for space, arrays in state.items()
    }


@pytest.mark.parametrize("family", RULES)
@pytest.mark.parametrize("at", [0, 1, 2, 17])
@pytest.mark.parametrize("before", ["nothing", "clear_trial", "clear_traces"])
def test_a_checkpoint_in_the_middle_is_not_seen(family: str, at: int, before: str) -> None:
    rng = np.random.default_rng(3)
    layer = made(family, SIZES, EVERYTHING, rng.integers(0, 64, (6, 4)))
    given_ = [stimulus(rng, layer) for _ in range(40)]
    if at:
        given_[at - 1] |= {
            "clear_trial": before == "clear_trial",
            "clear_traces": before == "clear_traces",
        }
    fired: list[list[bool]] = []
    for step in given_:
        if len(fired) == at:
            middle = layer.checkpoint()
        fired.append(layer.step(**step).tolist())
    last, end = lists(layer.state), layer.updates
    other = made(family, SIZES, EVERYTHING, 0)
    for again in (layer, other):
        again.step(**given_[0])
        again.restore(middle)
        assert [again.step(**step).tolist() for step in given_[at:]] == fired[at:]
        assert lists(again.state) == last
    assert end == 40 * 24


def test_loading_resets_the_whole_layer() -> None:
    rng = np.random.default_rng(4)
    weights = rng.integers(0, 64, (6, 4))
    old, fresh = (made("reward_modulated_stdp", SIZES, EVERYTHING, weights) for _ in range(2))
    given_ = [stimulus(rng, old) for _ in range(30)]
    for step in given_:
        old.step(**step | {"clear_trial": True})
    old.load(weights)
    assert (old.updates, old.saturations) == (0, {"weight": 0, "eligibility": 0})
    for step in given_:
        assert old.step(**step).tolist() == fresh.step(**step).tolist()
    assert old.saturations == fresh.saturations
    old.load(1 << 80)
    assert old.state["synapse"]["weight"].tolist() == [[63] * 4] * 6


def test_a_checkpoint_does_not_change() -> None:
    layer = made("pair_stdp", {"inputs": 2, "neurons": 2}, {}, 9)
    kept = layer.checkpoint()
    before = lists(kept)
    for array in (array for arrays in kept.values() for array in arrays.values()):
        assert array.flags.writeable
    layer.step([1, 1])
    layer.restore(kept)
    layer.step([1, 1])
    assert lists(kept) == before
    assert sorted(kept) == ["control", "neuron", "post", "pre", "synapse"]


SPACES = (
    "['control.cleared_traces', 'control.cleared_trial', 'control.cleared_trial_before',"
    " 'control.lfsr', 'neuron.fired', 'neuron.fired_before', 'neuron.potential', 'post.post_trace',"
    " 'pre.pre_trace', 'synapse.weight']"
)


@pytest.mark.parametrize(
    ("space", "name", "value", "kind", "text"),
    [
        ("control", "lfsr", 0, ValueError, "control.lfsr must be in [1, 4294967295], not 0"),
        ("synapse", "weight", 64, ValueError, "synapse.weight must be in [0, 63], not 64"),
        ("neuron", "fired", [0, -1], ValueError, "neuron.fired must be in [0, 1], not -1"),
        (
            "pre",
            "pre_trace",
            [1, 2, 3],
            ValueError,
            "pre.pre_trace must have shape (2,) or be a scalar, not (3,)",
        ),
        ("post", "post_trace", 0.5, TypeError, "post.post_trace must be integers, not float64"),
        ("neuron", "mean", 1, TypeError, None),
    ],
)
def test_a_checkpoint_that_does_not_fit(
    space: str, name: str, value: Any, kind: type[Exception], text: str | None
) -> None:
    layer = made("pair_stdp", {"inputs": 2, "neurons": 2}, {"noise_bits": 3}, 9)
    layer.step([1, 0])
    wrong = layer.checkpoint()
    wrong[space][name] = value
    before = lists(layer.state)
    with pytest.raises(kind) as caught:
        layer.restore(wrong)
    assert text is None or str(caught.value) == text
    if text is None:
        found = SPACES.replace("'neuron.potential'", "'neuron.mean', 'neuron.potential'")
        assert str(caught.value) == f"a checkpoint of this layer holds {SPACES}, not {found}"
    assert lists(layer.state) == before


# --- what a step takes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "kind", "text"),
    [
        (
            {"spikes": [1, 0, 0]},
            ValueError,
            "pre_spike must have shape (2,) or be a scalar, not (3,)",
        ),
        ({"spikes": [1.0, 0.0]}, TypeError, "pre_spike must be integers, not float64"),
        (
            {"modulators": {}},
            TypeError,
            "a step of this layer takes the modulators ['reward'], not []",
        ),
        (
            {"modulators": {"rewards": 1}},
            TypeError,
            "a step of this layer takes the modulators ['reward'], not ['rewards']",
        ),
        ({"modulators": {"reward": 1.5}}, TypeError, "reward must be integers, not float64"),
        (
            {"modulators": {"reward": [1, 2]}},
            ValueError,
            "reward must have shape () or be a scalar, not (2,)",
        ),
        (
            {"outcome": True},
            ValueError,
            "outcome needs a critic: set the layer's critic_shift or discount_shift",
        ),
        ({"decide": True}, ValueError, "decide needs neurons with winner_take_all"),
    ],
)
def test_a_step_that_does_not_fit(given_: dict[str, Any], kind: type[Exception], text: str) -> None:
    layer = made("reward_modulated_stdp", {"inputs": 2, "neurons": 2}, {}, 9)
    before = lists(layer.state)
    with pytest.raises(kind) as caught:
        layer.step(**({"spikes": [0, 1], "modulators": {"reward": 0}} | given_))
    assert str(caught.value) == text
    assert lists(layer.state) == before


def test_weights_of_another_shape_and_a_rule_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="weight") as wrong:
        made("pair_stdp", {"inputs": 3, "neurons": 2}, {}, np.zeros((2, 3), int))
    assert str(wrong.value) == "weight must have shape (3, 2) or be a scalar, not (2, 3)"
    rule = load_rule("pair_stdp")
    with pytest.raises(ConfigError) as caught:
        PlasticLayer(
            rule,
            rule.params_type(),
            PlasticLayerSpec(inputs=2, neurons=1, critic_shift=3),
            NeuronSpec(),
        )
    assert (
        str(caught.value)
        == "a critic needs a rule with exactly one input of locality synapse, the reward;"
        " 'pair_stdp' has none: set critic_shift and discount_shift to 0."
    )
    layer = PlasticLayer(RULE, params_of({}), PlasticLayerSpec(inputs=2, neurons=1), NeuronSpec())
    assert layer.state["synapse"]["weight"].tolist() == [[0], [0]]


# --- by hand --------------------------------------------------------------------------------------


def still(
    weights: list[list[int]], layer: dict[str, Any] | None = None, **neuron: Any
) -> PlasticLayer:
    """A layer of two inputs that does not learn."""
    rule = load_rule("pair_stdp")
    params = rule.params_type(weight_bits=8, potentiation_gain=0, depression_gain=0)
    sizes = {"inputs": 2, "neurons": len(weights[0])} | (layer or {})
    return PlasticLayer(
        rule, params, PlasticLayerSpec(**sizes), NeuronSpec(**({"threshold": 25} | neuron)), weights
    )


def course(
    layer: PlasticLayer,
    steps: int,
    spikes: tuple[int, int] = (1, 0),
    name: str = "potential",
    **events: list[int],
) -> list[list[str]]:
    """A value of each neuron after each step, with a star where it fired; `events` are flags by the
    steps they come in.
    """
    rows: list[list[str]] = [[] for _ in range(layer.layer.neurons)]
    for step in range(steps):
        y = layer.step(spikes, **{event: step in when for event, when in events.items()})
        for j, row in enumerate(rows):
            row.append(f"{layer.state['neuron'][name][j]}{'*' if y[j] else ''}")
    return rows


def row_of(text: str) -> list[str]:
    return text.split()


TWO = [[10, 3], [0, 0]]


@pytest.mark.parametrize(
    ("options", "first", "second"),
    [
        ({}, "10 20 30* 10 20 30* 10", "3 6 9 12 15 18 21"),
        # 30 - 25 + 10 = 15; 15 + 10 = 25 is enough; 25 - 25 + 10
        ({"reset": "subtract"}, "10 20 30* 15 25* 10 20 30*", "3 6 9 12 15 18 21 24"),
        # 10 - 5 + 10; 15 - 7 + 10; 18 - 9 + 10; 19 - 9 + 10; 3 - 1 + 3; 5 - 2 + 3; 6 - 3 + 3
        ({"leak_shift": 1, "threshold": 20}, "10 15 18 19 20* 10 15", "3 5 6 6 6 6 6"),
        ({"refractory": 2}, "10 20 30* 0 0 10 20 30* 0 0", "3 6 9 12 15 18 21 24 27* 0"),
        # neuron 1 loses 4 in the step after neuron 0 fired; neuron 0 loses nothing of its own
        ({"inhibition": 4}, "10 20 30* 10 20 30* 10", "3 6 9 8 11 14 13"),
        # threshold 25, then 33, then 41
        (
            {"threshold_step": 8},
            "10 20 30* 10 20 30 40* 10 20 30 40 50*",
            "3 6 9 12 15 18 21 24 27* 3 6 9",
        ),
        # the threshold that fired is taken off: 30 - 25 + 10; 35 - 33 + 10 = 12
        ({"threshold_step": 8, "reset": "subtract"}, "10 20 30* 15 25 35* 12", "3 6 9 12 15 18 21"),
        # 10 >> 2 = 2, 3 >> 2 = 0
        ({"current_shift": 2, "threshold": 5}, "2 4 6* 2 4 6*", "0 0 0 0 0 0"),
        # 6 signed bits end at 31; the threshold of 31 is the highest that 6 bits hold
        (
            {"potential_bits": 6, "threshold": 31, "current_shift": 0},
            "10 20 30 31* 10",
            "3 6 9 12 15",
        ),
    ],
)
def test_neurons_by_hand(options: dict[str, Any], first: str, second: str) -> None:
    expected = [row_of(first), row_of(second)]
    assert course(still(TWO, **options), len(expected[0])) == expected


def test_potential_below_zero_by_hand() -> None:
    """Weight 121 counts 121 - 128 = -7; then -7 + 4, -3 + 2, -1 + 1: every shift is towards minus
    infinity.
    """
    layer = still([[121], [128]], {"signed_weights": True}, leak_shift=1)
    assert course(layer, 1) == [row_of("-7")]
    assert course(layer, 4, (0, 0)) == [row_of("-3 -1 0 0")]
    # 2 x (0 - 128) with 9 signed bits at most: 9 bits end at -256
    layer = still([[0], [0]], {"signed_weights": True}, potential_bits=9)
    assert course(layer, 2, (1, 1)) == [row_of("-256 -256")]


def test_a_refractory_neuron_counts_down() -> None:
    assert course(still(TWO, refractory=2), 8, name="refractory")[0] == row_of("0 0 0* 2 1 0 0 0*")


def test_homeostasis_by_hand() -> None:
    """8, 8 - 2, 6 - 1, 5 - 1, 4 - 1, 3 - 0; the spike of step 2 raises it in step 3."""
    layer = still([[30], [0]], threshold_step=8, threshold_decay_shift=2)
    # threshold 25: fires; 25 + 8 = 33 > 30; 25 + 6 = 31 <= 60: fires; 6 - 1 + 8 = 13
    assert course(layer, 5, name="adaptation") == [row_of("0* 8 6* 13 10*")]
    assert layer.state["neuron"]["potential"].tolist() == [60]
    # room for 16 spikes: 8 x 16 = 128 has 8 bits
    layer = still([[255], [255]], threshold_step=8, threshold=1)
    assert course(layer, 40, (1, 1), name="adaptation")[0][-1] == "255*"


def test_winner_take_all_by_hand() -> None:
    """A tie goes to the lowest number; who loses keeps its potential."""
    layer = still([[30, 30, 30], [0, 0, 0]], winner_take_all=True)
    assert course(layer, 4) == [
        row_of("30* 30 60 90*"),
        row_of("30 60* 30 60"),
        row_of("30 60 90* 30"),
    ]
    layer = still(TWO, winner_take_all=True)
    assert course(layer, 4) == [row_of("10 20 30* 10"), row_of("3 6 9 12")]


def test_a_decision_by_hand() -> None:
    layer = still([[5, 7], [0, 0]], winner_take_all=True, threshold=1000, refractory=1)
    # 5, 10 and 7, 14: the second; it rests a step, in which the first is asked; then both rest or
    # have risen
    assert course(layer, 5, decide=[1, 2, 3]) == [row_of("5 10 15* 0 5"), row_of("7 14* 0 7* 0")]
    layer = still([[5, 7], [0, 0]], winner_take_all=True, threshold=1000)
    assert course(layer, 3, (0, 0), decide=[1]) == [row_of("0 0* 0"), row_of("0 0 0")]


def test_noise_by_hand() -> None:
    """The first numbers of 4 bits are 3, -5, 2 (see tests/sc_model/arithmetic): 23 + 3 reaches 25,
    23 - 5 does not. None stays.
    """
    layer = still([[23, 23], [0, 0]], noise_bits=4)
    assert course(layer, 1) == [row_of("23*"), row_of("23")]
    layer = still([[23], [0]], noise_bits=4)
    assert course(layer, 3) == [row_of("23* 23 46*")]  # 26; 18; 48


def test_inhibition_by_hand_from_many() -> None:
    """Two others inhibit as much as one; a neuron that fired is inhibited by another one that
    did.
    """
    layer = still([[30, 30, 4], [0, 0, 0]], inhibition=10)
    assert course(layer, 3) == [row_of("30* 20 50*"), row_of("30* 20 50*"), row_of("4 -2 2")]


def test_clearing_a_trial_by_hand() -> None:
    """Potential and traces go, refractory time goes, the spike of the last step neither inhibits
    nor is learnt; the rise of the threshold stays.
    """
    layer = still(TWO, inhibition=4)
    assert course(layer, 4, clear_trial=[1]) == [row_of("10 20 10 20"), row_of("3 6 3 6")]
    layer = still(TWO, inhibition=4, refractory=2)
    assert course(layer, 5, clear_trial=[2]) == [row_of("10 20 30* 10 20"), row_of("3 6 9 3 6")]
    layer = still(TWO, threshold_step=8)
    assert course(layer, 4, clear_trial=[2], name="adaptation")[0] == row_of("0 0 0* 8")
    layer = still(TWO)
    assert course(layer, 4, clear_traces=[1]) == [row_of("10 20 30* 10"), row_of("3 6 9 12")]


def test_counters_by_hand() -> None:
    layer = still([[30, 3], [0, 0]], {"counters": True})
    assert course(layer, 4, name="spikes") == [row_of("0* 1* 2* 3*"), row_of("0 0 0 0")]
    assert (layer.updates, layer.saturations) == (16, {})  # gains of 0: the weight needs no clamp


def test_a_spike_reaches_the_synapses_two_steps_later() -> None:
    """16 * 255 >> 8 = 15 up with the post spike learnt; 17 * 255 >> 8 = 16 down with a pre spike
    after it.
    """
    rule = load_rule("pair_stdp")
    params = rule.params_type(
        weight_bits=8, trace_bits=8, headroom_bits=0, pre_decay_shift=0, post_decay_shift=0
    )
    layer = PlasticLayer(
        rule,
        params,
        PlasticLayerSpec(inputs=2, neurons=1),
        NeuronSpec(threshold=100),
        [[100], [50]],
    )
    weights, traces = [], []
    for spikes in ([1, 0], [0, 0], [0, 0], [0, 1], [0, 0]):
        layer.step(spikes)
        weights.append(layer.state["synapse"]["weight"].ravel().tolist())
        traces.append(
            (layer.state["pre"]["pre_trace"].tolist(), layer.state["post"]["post_trace"].tolist())
        )
    assert weights == [[100, 50], [100, 50], [115, 50], [115, 34], [115, 34]]
    assert traces == [
        ([255, 0], [0]),
        ([255, 0], [0]),
        ([255, 0], [255]),
        ([255, 255], [255]),
        ([255, 255], [255]),
    ]


@pytest.mark.parametrize(("cleared_in", "weight"), [(None, 115), (0, 100), (1, 100), (2, 115)])
def test_a_spike_is_not_learnt_across_trials(cleared_in: int | None, weight: int) -> None:
    """The neuron fires in step 0 and would teach in step 2, with the input that spikes in step 1
    too.
    """
    rule = load_rule("pair_stdp")
    params = rule.params_type(
        weight_bits=8, trace_bits=8, headroom_bits=0, pre_decay_shift=0, post_decay_shift=0
    )
    layer = PlasticLayer(
        rule, params, PlasticLayerSpec(inputs=2, neurons=1), NeuronSpec(threshold=100), [[100], [0]]
    )
    for step, spike in enumerate((1, 0, 0, 0, 0)):
        layer.step([spike, 0], clear_trial=step == cleared_in)
        if cleared_in is not None and step == cleared_in + 1:
            assert layer.state["pre"]["pre_trace"].tolist() == [0, 0]
    assert layer.state["synapse"]["weight"].tolist() == [[weight], [0]]


def test_clearing_traces_keeps_what_belongs_to_a_synapse() -> None:
    """Eligibility 0 - 50 + ...: traces of input and neuron go, eligibility stays; clearing the
    trial takes it too.
    """
    params = params_of({"weight_bits": 8, "trace_bits": 8, "trace_decay_shift": 0})
    layer = PlasticLayer(
        RULE,
        params,
        PlasticLayerSpec(inputs=2, neurons=1),
        NeuronSpec(threshold=100),
        [[100], [100]],
    )
    layer.step([1, 0], {"reward": 0})  # fires
    layer.step([0, 0], {"reward": 0})
    layer.step([0, 0], {"reward": 0}, clear_traces=True)  # is learnt: 0 + 255 saturates at 127
    assert (
        layer.state["synapse"]["eligibility"].tolist(),
        layer.state["post"]["post_trace"].tolist(),
    ) == ([[127], [0]], [255])
    layer.step([0, 0], {"reward": 0}, clear_trial=True)
    assert (
        layer.state["pre"]["pre_trace"].tolist(),
        layer.state["post"]["post_trace"].tolist(),
    ) == ([0, 0], [0])
    assert layer.state["synapse"]["eligibility"].tolist() == [[127], [0]]
    layer.step([0, 0], {"reward": 16})
    assert layer.state["synapse"]["eligibility"].tolist() == [[0], [0]]
    assert layer.state["synapse"]["weight"].tolist() == [[100], [100]]


def test_the_critic_stands_before_the_rule() -> None:
    """Eligibility 127, L 7: outcomes of 40 count 40, then 40 - 10 (see tests/sc_model/arithmetic),
    other rewards as they are.
    """
    params = params_of(
        {"weight_bits": 8, "trace_bits": 8, "trace_decay_shift": 0, "learning_shift": 7}
    )
    layer = PlasticLayer(
        RULE,
        params,
        PlasticLayerSpec(inputs=2, neurons=1, critic_shift=2),
        NeuronSpec(threshold=100),
        [[100], [0]],
    )
    for spike in (1, 0, 0):
        layer.step([spike, 0], {"reward": 0})
    weights, means = [], []
    for reward, outcome in ((40, True), (40, True), (40, False), (-1000, False)):
        layer.step([0, 0], {"reward": reward}, outcome=outcome)
        weights.append(int(layer.state["synapse"]["weight"][0, 0]))
        means.append(int(layer.state["control"]["mean"]))
    # 40 * 127 >> 7 = 39; 30 * 127 >> 7 = 29; 39; -128 * 127 >> 7 = -127
    assert weights == [139, 168, 207, 80]
    assert means == [2560, 4480, 4480, 4480]
