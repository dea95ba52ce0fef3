"""The O(1) synapse against vectors that an independent implementation made, and its statements
about itself.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import bitwuzla as bz
import numpy as np
import pytest
from support import (
    CONFIGS,
    EXAMPLES,
    FIELDS,
    RULE,
    VECTORS,
    new_terms,
    smt_number,
    solver_for,
    split,
)

from sc_hw.build.elaborate import elaborate
from sc_model.golden import Bank, Synapse
from sc_model.graph.smt import K, SmtOps
from sc_model.learning import (
    OnlineO1Config,
    OnlineO1Snapshot,
    OnlineO1Synapse,
    build_online_o1_memory_proof,
)
from sc_model.spec import Design, RuleChoice

STEPS = 4000
NUMBERS = range(len(CONFIGS))


@pytest.fixture(scope="module")
def vectors() -> dict[str, np.ndarray]:
    with np.load(VECTORS / "online_o1.npz") as archive:
        return {name: archive[name] for name in archive.files}


def of(vectors: dict[str, np.ndarray], k: int) -> tuple[np.ndarray, ...]:
    """pre, post, reward and expected state of a configuration."""
    found = tuple(vectors[f"c{k}_{name}"] for name in ("pre", "post", "reward", "state"))
    assert [len(array) for array in found] == [STEPS] * 4
    return found


def test_the_vectors_are_those_that_were_promised(vectors: dict[str, np.ndarray]) -> None:
    assert len(CONFIGS) == 8
    assert EXAMPLES["state_columns"] == list(FIELDS)
    assert sorted(vectors) == sorted(
        f"c{k}_{name}" for k in NUMBERS for name in ("pre", "post", "reward", "w0", "state")
    )
    for k in NUMBERS:
        config = OnlineO1Config(**CONFIGS[k])
        reward = vectors[f"c{k}_reward"]
        assert reward.min() < config.min_reward
        assert reward.max() > config.max_reward


@pytest.mark.parametrize("k", NUMBERS)
def test_scalar_model(k: int, vectors: dict[str, np.ndarray]) -> None:
    pre, post, reward, state = of(vectors, k)
    synapse = OnlineO1Synapse(OnlineO1Config(**CONFIGS[k]), int(vectors[f"c{k}_w0"]))
    wrong = 0
    for t in range(STEPS):
        found = synapse.step(pre_spike=int(pre[t]), post_spike=int(post[t]), reward=int(reward[t]))
        wrong += dataclasses.astuple(found) != tuple(state[t].tolist())
    assert wrong == 0


@pytest.mark.parametrize("k", NUMBERS[::3])  # all of them in one go, below
def test_vectorised_model(k: int, vectors: dict[str, np.ndarray]) -> None:
    """Three synapses in a bank, each with the same history but a step apart, so that a lane mixed
    up would show.
    """
    pre, post, reward, state = of(vectors, k)
    start = int(vectors[f"c{k}_w0"])
    bank = Bank(RULE, OnlineO1Config(**CONFIGS[k]).params, 3, {"weight": start})
    before = np.vstack([[[min(start, (1 << CONFIGS[k]["weight_bits"]) - 1), 0, 0, 0]], state])
    for t in range(STEPS - 2):
        at = np.array([t, t + 1, t + 2])
        bank.restore({name: before[at, column] for column, name in enumerate(FIELDS)})
        new = bank.step({"pre_spike": pre[at], "post_spike": post[at], "reward": reward[at]})
        assert (np.stack([new[name] for name in FIELDS], axis=1) == state[at]).all()


@pytest.mark.parametrize("k", NUMBERS)
def test_vectorised_model_in_one_go(k: int, vectors: dict[str, np.ndarray]) -> None:
    pre, post, reward, state = of(vectors, k)
    bank = Bank(RULE, OnlineO1Config(**CONFIGS[k]).params, 1, {"weight": int(vectors[f"c{k}_w0"])})
    found = np.empty_like(state)
    for t in range(STEPS):
        new = bank.step({"pre_spike": pre[t], "post_spike": post[t], "reward": reward[t]})
        found[t] = [new[name][0] for name in FIELDS]
    assert np.count_nonzero(found != state) == 0


@pytest.mark.parametrize("k", NUMBERS)
def test_smt_evaluator(k: int, vectors: dict[str, np.ndarray]) -> None:
    """All 4,000 steps: the step's terms are built once, each step's numbers put in, and the solver
    finds no difference.

    Rewards are saturated before, as a port of the format's width would have it: that is not the
    rule's part.
    """
    pre, post, reward, state = of(vectors, k)
    params = OnlineO1Config(**CONFIGS[k]).params
    terms = new_terms()
    fields, inputs = RULE.state_formats(params), RULE.input_formats(params)
    forms = fields | inputs
    ports = {name: terms.var(name, form.width) for name, form in forms.items()}
    expected = {name: terms.var(f"expected_{name}", form.width) for name, form in fields.items()}
    new = RULE.apply(
        SmtOps(terms),
        *split({n: smt_number(terms, ports[n], form) for n, form in forms.items()}),
        params,
    )
    equal = terms(
        K.AND,
        *(
            terms(K.EQUAL, new[name].low(form.width), expected[name])
            for name, form in fields.items()
        ),
    )
    before = np.vstack(
        [[[fields["weight"].saturate(int(vectors[f"c{k}_w0"])), 0, 0, 0]], state[:-1]]
    )
    steps = []
    for t in range(STEPS):
        numbers = dict(zip(FIELDS, before[t].tolist(), strict=True))
        numbers |= {
            "pre_spike": int(pre[t]),
            "post_spike": int(post[t]),
            "reward": inputs["reward"].saturate(int(reward[t])),
        }
        given = {
            ports[n]: terms.const(form.encode(numbers[n]), form.width) for n, form in forms.items()
        }
        given |= {
            expected[n]: terms.const(fields[n].encode(v), fields[n].width)
            for n, v in zip(FIELDS, state[t].tolist(), strict=True)
        }
        steps.append(terms.tm.substitute_term(equal, given))
    all_equal = terms(K.AND, *steps)
    assert solver_for(terms, terms(K.NOT, all_equal)).check_sat() == bz.Result.UNSAT
    assert solver_for(terms, all_equal).check_sat() == bz.Result.SAT


# --- what it says about itself --------------------------------------------------------------------


def test_statements_equal_the_examples() -> None:
    example = dict(EXAMPLES["memory_proof"])
    proof = dict(
        build_online_o1_memory_proof(
            n_synapses=1000, config=OnlineO1Config(), sequence_length=10**9
        )
    )
    assert proof.pop("schema_version") == "sc-model.online-o1.memory-proof.v1"
    assert example.pop("schema_version") == "sc-neurocore.online-o1.memory-proof.v1"
    assert proof == example
    example = dict(EXAMPLES["scnir_annotation"])
    annotation = OnlineO1Config().to_scnir_annotation(rule_id="reward_stdp")
    assert annotation.pop("schema_version") == "sc-model.online-o1.annotation.v1"
    assert example.pop("schema_version") == "sc-neurocore.online-o1.annotation.v1"
    assert annotation == example
    assert list(annotation) == list(example)


@pytest.mark.parametrize("length", [None, 0, 1, 10**12])
def test_the_length_of_the_sequence_has_no_influence(length: int | None) -> None:
    config = OnlineO1Config()
    plain = build_online_o1_memory_proof(n_synapses=3, config=config)
    assert (
        build_online_o1_memory_proof(n_synapses=3, config=config, sequence_length=length) == plain
    )


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        ({"n_synapses": -1}, ValueError, "n_synapses must be >= 0, not -1"),
        ({"sequence_length": -1}, ValueError, "sequence_length must be >= 0, not -1"),
        ({"n_synapses": 1.0}, TypeError, "n_synapses must be an integer, not 1.0 (float)"),
        ({"n_synapses": None}, TypeError, "n_synapses must be an integer, not None (NoneType)"),
        ({"n_synapses": True}, TypeError, "n_synapses must be an integer, not True (bool)"),
        ({"sequence_length": "9"}, TypeError, "sequence_length must be an integer, not '9' (str)"),
    ],
)
def test_wrong_counts(change: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        build_online_o1_memory_proof(**{"n_synapses": 1, "config": OnlineO1Config(), **change})
    assert str(caught.value) == text


def test_wrong_rule_id() -> None:
    with pytest.raises(ValueError, match="rule_id") as caught:
        OnlineO1Config().to_scnir_annotation(rule_id="")
    assert (
        str(caught.value)
        == "rule_id must not be empty: it names the rule in the network description"
    )
    with pytest.raises(TypeError) as wrong:
        OnlineO1Config().to_scnir_annotation(rule_id=3)  # type: ignore[arg-type]
    assert str(wrong.value) == "rule_id must be a string, not 3 (int)"


@pytest.mark.parametrize("value", [1.0, "1", None])
def test_what_is_no_integer(value: Any) -> None:
    kind = type(value).__name__
    synapse = OnlineO1Synapse()
    before = synapse.snapshot()
    for name in ("reward", "pre_spike", "post_spike"):
        with pytest.raises(TypeError) as caught:
            synapse.step(**{"pre_spike": 0, "post_spike": 1, "reward": 0, name: value})
        assert str(caught.value) == f"{name} must be an integer, not {value!r} ({kind})"
    assert synapse.snapshot() == before
    with pytest.raises(TypeError) as caught:
        OnlineO1Synapse(initial_weight=value)
    assert str(caught.value) == f"initial_weight must be an integer, not {value!r} ({kind})"


def test_configuration_of_the_wrong_kind() -> None:
    """No duck: a dictionary or another rule's parameters are refused when the synapse is made, not
    at its first step.
    """
    with pytest.raises(TypeError) as caught:
        OnlineO1Synapse({"weight_bits": 8})  # type: ignore[arg-type]
    assert str(caught.value) == "config must be an OnlineO1Config, not {'weight_bits': 8} (dict)"


@pytest.mark.parametrize(
    ("given", "held"), [(-5, 0), (0, 0), (65535, 65535), (65536, 65535), (1 << 80, 65535)]
)
def test_initial_weight_saturates(given: int, held: int) -> None:
    assert OnlineO1Synapse(initial_weight=given).snapshot() == OnlineO1Snapshot(held, 0, 0, 0)


def test_snapshots_do_not_change() -> None:
    synapse = OnlineO1Synapse(initial_weight=5)
    first = synapse.snapshot()
    returned = synapse.step(pre_spike=True, post_spike=True, reward=127)
    assert first == OnlineO1Snapshot(5, 0, 0, 0)
    assert returned == synapse.snapshot() != first
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.weight = 6  # type: ignore[misc]


def test_the_count_of_bits_is_what_the_model_holds() -> None:
    """Nothing but the declared fields changes while it learns, and none of them leaves its bits: no
    hidden history.
    """
    config = OnlineO1Config(weight_bits=9, trace_bits=5, reward_bits=4)
    synapse = OnlineO1Synapse(config, 100)
    assert OnlineO1Synapse.__slots__ == ("_synapse", "config")
    assert not hasattr(synapse, "__dict__")
    inner = synapse._synapse
    assert type(inner) is Synapse
    constant = {name: value for name, value in vars(inner).items() if name != "state"}
    kept = dict(constant)
    forms = inner.rule.state_formats(config)
    rng = np.random.default_rng(1)
    for pre, post, reward in rng.integers(-9, 9, (500, 3)).tolist():
        synapse.step(pre_spike=pre > 0, post_spike=post > 0, reward=reward)
        assert {name: value for name, value in vars(inner).items() if name != "state"} == kept
        assert all(
            type(v) is int and forms[n].lo <= v <= forms[n].hi for n, v in inner.state.items()
        )
    assert tuple(inner.state) == synapse.state_fields == FIELDS
    assert all(vars(inner)[name] is value for name, value in constant.items())
    bits = sum(form.width for form in forms.values())
    assert synapse.state_bit_count == config.per_synapse_state_bits == bits == 9 + 3 * 5


def test_a_model_of_the_same_state_goes_on_the_same() -> None:
    """The state is all there is: a fresh synapse put into it can't be told from one with a past."""
    old = OnlineO1Synapse(initial_weight=30_000)
    rng = np.random.default_rng(2)
    history = rng.integers(0, 2, (300, 2)).tolist()
    for pre, post in history:
        old.step(pre_spike=pre, post_spike=post, reward=pre - post)
    fresh = OnlineO1Synapse()
    fresh._synapse.state = dict(old._synapse.state)
    for pre, post in history:
        given = {"pre_spike": post, "post_spike": pre, "reward": 5}
        assert old.step(**given) == fresh.step(**given)


def test_a_bank_holds_n_times_the_fields() -> None:
    bank = Bank(RULE, RULE.params_type(), 7)
    for _ in range(2):
        assert {name: array.shape for name, array in bank.state.items()} == dict.fromkeys(
            FIELDS, (7,)
        )
        arrays = [value for name, value in vars(bank).items() if isinstance(value, np.ndarray)]
        assert arrays == []
        bank.step({"pre_spike": 1, "post_spike": 0, "reward": 3})


@pytest.mark.parametrize("values", [{}, {"weight_bits": 9, "trace_bits": 5}])
def test_the_lane_holds_as_many_bits(values: dict[str, int], tmp_path: Path) -> None:
    """Registers of the emitted Verilog, counted in its text: the state and the one bit of
    `done`.
    """
    config = OnlineO1Config(**values)
    build = elaborate(Design(name="a", block="lane", rule=RuleChoice(parameters=values)), tmp_path)
    assert build.manifest["rule"]["state_bits"] == config.per_synapse_state_bits
    assert (
        sum(field["width"] for field in build.manifest["rule"]["state"])
        == config.per_synapse_state_bits
    )
    text = build.verilog.read_text()
    clocked = set(re.findall(r"always @\(posedge clk\)[^;]*?(\w+) <=", text, re.S))
    widths = {
        name: int(high or 0) + 1
        for high, name in re.findall(r"^ *reg (?:\[(\d+):0\] )?(\w+)(?: = [^;]*)?;", text, re.M)
    }
    assert clocked
    assert sum(widths[name] for name in clocked) == config.per_synapse_state_bits + 1
