"""Compiled kernels against the golden models, which share the rule's text with them and nothing
else.
"""

from __future__ import annotations

import platform
from typing import Any

import numpy as np
import pytest
from support import (
    CONFIGS,
    RULE,
    VECTORS,
    Bits,
    drawn_params,
    made_up_rule,
    random_inputs,
    random_params,
)

from sc_model.golden import Bank, PlasticLayer, Synapse
from sc_model.graph.plastic import layer_rule
from sc_model.learning import OnlineO1Config
from sc_model.native import NativeBank, NativeError, NativeLayer, NativeSynapse, OpenLoopLayer
from sc_model.rules import load_rule
from sc_model.spec import (
    IntFormat,
    NeuronSpec,
    PlasticLayerSpec,
    Rule,
    RuleInput,
    RuleParams,
    StateField,
)

FAMILIES = ("reward_modulated_stdp", "pair_stdp", "triplet_stdp")
NATIVE = ("-march=native",)
# without SIMD beyond what the architecture always has; narrower and wider registers on the machines
# that most users have
PLAIN: tuple[str, ...] = ()
ISAS = [NATIVE, PLAIN, *([("-march=haswell",)] if platform.machine() == "x86_64" else [])]


def rules() -> list[tuple[Rule, RuleParams]]:
    found = []
    for family in FAMILIES:
        rule = load_rule(family)
        found += [(rule, params) for params in (rule.params_type(), *drawn_params(rule, 5, 7))]
    return found


def able(rule: Rule, params: RuleParams) -> bool:
    """Whether every value fits 64 bits; what does not is refused (tested below)."""
    try:
        NativeSynapse.source(rule, params)
    except NativeError:
        return False
    return True


RULES = [(rule, params) for rule, params in rules() if able(rule, params)]
IDS = [f"{rule.family}-{number}" for number, (rule, _) in enumerate(RULES)]
# The defaults, and every third of the drawn ones; all of them by `make soak`.
THIRD = [
    pytest.param(*one, id=name, marks=() if number % 3 == 0 else pytest.mark.soak)
    for number, (one, name) in enumerate(zip(RULES, IDS, strict=True))
]


def spikes(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.random(shape) < 0.3


def test_the_rules_that_are_tested_are_most_of_them() -> None:
    assert len(RULES) >= 18


# --- a synapse, and many of them ------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "params"), RULES, ids=IDS)
def test_synapse(rule: Rule, params: RuleParams) -> None:
    rng = np.random.default_rng(3)
    inputs = random_inputs(rng, params, (300,), rule)
    native, golden = NativeSynapse(rule, params), Synapse(rule, params)
    log = native.replay(inputs)
    for t in range(300):
        golden.step({name: int(values[t]) for name, values in inputs.items()})
        assert {name: int(values[t]) for name, values in log.items()} == golden.state
    assert native.state == golden.state
    last = {name: int(values[0]) for name, values in inputs.items()}
    assert native.step(last) == golden.step(last)


@pytest.mark.parametrize(("rule", "params"), THIRD)
def test_bank(rule: Rule, params: RuleParams) -> None:
    rng = np.random.default_rng(4)
    inputs = random_inputs(rng, params, (40, 77), rule)
    golden = Bank(rule, params, 77)
    native = NativeBank(rule, params, 77)
    for t in range(40):
        golden.step({name: values[t] for name, values in inputs.items()})
    native.replay(inputs)
    assert {name: values.tolist() for name, values in native.state.items()} == {
        n: v.tolist() for n, v in golden.state.items()
    }


@pytest.mark.parametrize("flags", ISAS, ids=lambda flags: " ".join(flags) or "plain")
@pytest.mark.parametrize("bits", [16, 32, 64])
@pytest.mark.parametrize("synapses", [1, 31, 64, 65, 257])
def test_bank_of_every_size_element_and_machine(
    flags: tuple[str, ...], bits: int, synapses: int
) -> None:
    rng, params = np.random.default_rng(5), RULE.params_type()
    first = {"weight": rng.integers(0, 65536, synapses)}
    native, golden = (
        NativeBank(RULE, params, synapses, first, flags=flags, narrowest=bits),
        Bank(RULE, params, synapses, first),
    )
    assert native.kernel.bits == bits
    inputs = random_inputs(rng, params, (25, synapses))
    native.replay(inputs)
    for t in range(25):
        golden.step({name: values[t] for name, values in inputs.items()})
    for name, values in golden.state.items():
        assert native.state[name].tolist() == values.tolist()


@pytest.mark.parametrize("number", range(len(CONFIGS)))
def test_conformance_vectors(number: int) -> None:
    """The scalar kernel, and the vector kernel with all configurations' synapses as lanes of one
    bank.
    """
    config = OnlineO1Config(**CONFIGS[number])
    with np.load(VECTORS / "online_o1.npz") as archive:
        pre, post, reward, w0, state = (
            archive[f"c{number}_{name}"] for name in ("pre", "post", "reward", "w0", "state")
        )
    inputs = {"pre_spike": pre, "post_spike": post, "reward": reward}
    log = NativeSynapse(RULE, config, {"weight": int(w0)}).replay(inputs)
    assert np.array_equal(np.stack([log[field.name] for field in RULE.state], axis=1), state)
    bank = NativeBank(RULE, config, 33, {"weight": int(w0)})
    for t in range(len(pre)):
        got = bank.step({name: values[t] for name, values in inputs.items()})
        assert [set(got[field.name].tolist()) for field in RULE.state] == [
            {int(value)} for value in state[t]
        ]


def test_random_configurations() -> None:
    """Scalar = NumPy = native, every field, every step; the soak does it for 200, and with RTL."""
    rng = np.random.default_rng(6)
    for params in random_params(17, 20):
        inputs = random_inputs(rng, params, (24,))
        log = NativeSynapse(RULE, params).replay(inputs)
        scalar, bank, native = (
            Synapse(RULE, params),
            Bank(RULE, params, 3),
            NativeBank(RULE, params, 3),
        )
        for t in range(24):
            now = {name: int(values[t]) for name, values in inputs.items()}
            state = scalar.step(now)
            assert {name: int(values[t]) for name, values in log.items()} == state
            assert {name: values.tolist() for name, values in bank.step(now).items()} == {
                n: [v] * 3 for n, v in state.items()
            }
            assert {name: values.tolist() for name, values in native.step(now).items()} == {
                n: [v] * 3 for n, v in state.items()
            }


# --- layers in open loop and closed loop ----------------------------------------------------------


def synapse_by_synapse(
    open_loop: OpenLoopLayer,
    weights: np.ndarray,
    pre: np.ndarray,
    post: np.ndarray,
    shared: dict[str, Any],
) -> None:
    names, state = open_loop.names, open_loop.state
    for i in range(open_loop.inputs):
        for j in range(open_loop.neurons):
            one = NativeSynapse(
                open_loop.rule, open_loop.params, {names.weight: int(weights[i, j])}
            )
            one.replay({names.pre_spike: pre[:, i], names.post_spike: post[:, j], **shared})
            found = {
                name: int(
                    array[i, j] if name in names.synapse else array[i if name in names.pre else j]
                )
                for name, array in state.items()
            }
            assert found == one.state, (i, j)


@pytest.mark.parametrize(("rule", "params"), THIRD)
def test_open_loop_replay(rule: Rule, params: RuleParams) -> None:
    rng = np.random.default_rng(7)
    names = layer_rule(rule, params)
    top = rule.state_formats(params)[names.weight].hi
    weights = np.asarray(rng.integers(0, top, (5, 37), endpoint=True))
    open_loop = OpenLoopLayer(rule, params, 5, 37, weights, threads=2)
    pre, post = spikes(rng, 130, 5), spikes(rng, 130, 37)
    shared = {name: rng.integers(-300, 300, 130) for name in names.modulators}
    open_loop.replay(pre, post, shared)
    synapse_by_synapse(open_loop, weights, pre, post, shared)


def squares() -> list[Any]:
    """A family, an element and a machine each: any two of them meet once in the suite, and all
    three in `make soak`.
    """
    return [
        pytest.param(
            family,
            bits,
            flags,
            id=f"{family}-{bits}-{' '.join(flags) or 'plain'}",
            marks=() if (i + j + k) % 3 == 0 else pytest.mark.soak,
        )
        for i, family in enumerate(FAMILIES)
        for j, bits in enumerate((16, 32, 64))
        for k, flags in enumerate(ISAS)
    ]


@pytest.mark.parametrize(("family", "bits", "flags"), squares())
def test_open_loop_replay_on_every_element_and_machine(
    flags: tuple[str, ...], bits: int, family: str
) -> None:
    rng, rule = np.random.default_rng(8), load_rule(family)
    params = rule.params_type()
    weights = rng.integers(0, 65536, (3, 140))
    open_loop = OpenLoopLayer(rule, params, 3, 140, weights, flags=flags, narrowest=bits)
    assert open_loop.kernel.bits == bits
    pre, post = spikes(rng, 90, 3), spikes(rng, 90, 140)
    shared = {name: rng.integers(-128, 128, 90) for name in open_loop.names.modulators}
    open_loop.replay(pre[:60], post[:60], {name: values[:60] for name, values in shared.items()})
    open_loop.state = open_loop.state  # out and in again
    for t in range(60, 90):
        open_loop.replay(
            pre[t : t + 1], post[t : t + 1], {name: values[t] for name, values in shared.items()}
        )
    synapse_by_synapse(open_loop, weights, pre, post, shared)


OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {"threshold": 200_000}),
    "winner": (
        {"signed_weights": True},
        {"threshold": 3000, "winner_take_all": True, "noise_bits": 7},
    ),
    "inhibition": (
        {},
        {
            "threshold": 60_000,
            "leak_shift": 4,
            "reset": "subtract",
            "refractory": 3,
            "inhibition": 5000,
        },
    ),
    "homeostasis": (
        {"signed_weights": True},
        {
            "threshold": 9000,
            "threshold_step": 100,
            "threshold_decay_shift": 5,
            "current_shift": 3,
            "potential_bits": 20,
        },
    ),
    "critic": (
        {"critic_shift": 3},
        {"threshold": 100_000, "winner_take_all": True, "noise_bits": 12},
    ),
    "prediction": (
        {"discount_shift": 4, "reward_shift": 9, "surprise_shift": 10, "signed_weights": True},
        {"threshold": 100_000, "winner_take_all": True, "noise_bits": 12},
    ),
}


@pytest.mark.parametrize(
    ("family", "options"),
    [
        # each family with every second kind of neurons; all of them by `make soak`
        pytest.param(family, options, marks=() if (i + j) % 2 == 0 else pytest.mark.soak)
        for i, family in enumerate(FAMILIES)
        for j, options in enumerate(OPTIONS)
    ],
)
def test_layer(options: str, family: str) -> None:
    rng, rule = np.random.default_rng(9), load_rule(family)
    of_layer, of_neuron = OPTIONS[options]
    if {"critic_shift", "discount_shift"} & {*of_layer} and not layer_rule(
        rule, rule.params_type()
    ).modulators:
        of_layer = {}
    for inputs, neurons in ((7, 5), (40, 33), (64, 70)):
        spec = PlasticLayerSpec(inputs=inputs, neurons=neurons, **of_layer)
        weights = rng.integers(0, 65536, (inputs, neurons))
        native, golden = (
            kind(rule, rule.params_type(), spec, NeuronSpec(**of_neuron), weights)
            for kind in (NativeLayer, PlasticLayer)
        )
        x = spikes(rng, 60, inputs)
        shared = {name: rng.integers(-150, 150, 60) for name in golden.names.modulators}
        flags = {"clear_trial": rng.random(60) < 0.1, "clear_traces": rng.random(60) < 0.1}
        if spec.has_critic:
            flags["outcome"] = rng.random(60) < 0.3
        if of_neuron.get("winner_take_all"):
            flags["decide"] = rng.random(60) < 0.3
        fired = native.run(
            x[:40], {n: v[:40] for n, v in shared.items()}, **{n: v[:40] for n, v in flags.items()}
        )
        native.restore(native.checkpoint())
        for t in range(60):
            values = {name: int(array[t]) for name, array in shared.items()}
            now = {name: bool(array[t]) for name, array in flags.items()}
            expected = golden.step(x[t], values, **now)
            got = fired[t] if t < 40 else native.step(x[t], values, **now)
            assert got.tolist() == expected.tolist(), t
        ours, theirs = native.checkpoint(), golden.checkpoint()
        assert {(s, n): a.tolist() for s, arrays in ours.items() for n, a in arrays.items()} == {
            (s, n): a.tolist() for s, arrays in theirs.items() for n, a in arrays.items()
        }
        assert fired.any()


def test_a_kernel_with_a_seeded_bug_is_caught() -> None:
    """The comparisons above see a change of one constant of the kernel."""
    params = RULE.params_type()
    bank = NativeBank(RULE, params, 4, {"weight": 30_000})
    broken = NativeBank(RULE, params, 4, {"weight": 30_000})
    (place,) = np.flatnonzero(bank._constants == 2047)
    broken._constants[place] = 2046
    inputs = random_inputs(np.random.default_rng(1), params, (200, 4))
    bank.replay(inputs)
    broken.replay(inputs)
    assert bank.state["weight"].tolist() != broken.state["weight"].tolist()


# --- arithmetic of elements, by itself ------------------------------------------------------------


FORMULAS: dict[str, Any] = {
    "wide sum": lambda ops, s, i, p: ops.clamp(s.x + (i.up << 1) + i.up - i.down, 0, 65535),
    "sum of both signs": lambda ops, s, i, p: ops.clamp(s.x - i.down + i.up, 1000, 60000),
    "comparison of unsigned": lambda ops, s, i, p: ops.mux(s.x < i.up, i.up, s.x),
    "equality": lambda ops, s, i, p: ops.mux(s.x == i.up, 0, ops.mux(s.x != i.down, s.x, 65535)),
    "shift of unsigned": lambda ops, s, i, p: ops.clamp((s.x >> 3) + i.up, 0, 65535),
    "product shifted": lambda ops, s, i, p: ops.clamp(
        ((i.up >> 6) * ((i.down >> 6) - 300)) >> 7, 0, 65535
    ),
    "one bit as a number": lambda ops, s, i, p: ops.clamp(s.x + i.bit, 0, 65535),
    "negation": lambda ops, s, i, p: ops.clamp(-((i.up >> 2) - (i.down >> 2)), 0, 65535),
    "conditions": lambda ops, s, i, p: ops.mux(
        (s.x > i.up) & ((i.down >= 7) | (i.up <= 100)), s.x, i.down
    ),
}


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("bits", [16, 32, 64])
def test_formula_in_every_element(formula: str, bits: int) -> None:
    wide = IntFormat(16)

    def update(ops: Any, state: Any, inputs: Any, params: Any) -> dict[str, Any]:
        return {"x": FORMULAS[formula](ops, state, inputs, params)}

    inputs = (RuleInput("up", 16), RuleInput("down", 16), RuleInput("bit"))
    rule = made_up_rule(update, (StateField("x", "n", loadable=True),), inputs)
    params = Bits(n=wide.width)
    rng = np.random.default_rng(10)
    given = random_inputs(rng, params, (1, 4000), rule)
    given["up"][:, ::7] = given["down"][:, ::7]
    first = {"x": np.where(rng.random(4000) < 0.3, given["up"][0], rng.integers(0, 65536, 4000))}
    native, golden = (
        NativeBank(rule, params, 4000, first, narrowest=bits),
        Bank(rule, params, 4000, first),
    )
    native.replay(given)
    golden.step({name: values[0] for name, values in given.items()})
    assert native.state["x"].tolist() == golden.state["x"].tolist()
