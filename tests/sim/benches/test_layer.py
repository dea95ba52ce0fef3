"""Layers against the golden model: options, shapes and fabrics combined, every option alone (in
`make soak`, for they are all combined too), and designs wrong on purpose. `campaigns.soak` has 10^7
synapse updates on 16 lanes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import edited

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.simulation.cosim import cosim
from sc_model.golden import PlasticLayer
from sc_model.rules import resolve
from sc_model.spec import ConfigError, Design, load_design

LayerOf = Callable[..., Build]
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def layer_of(builds: Path) -> LayerOf:
    def build(
        inputs: int,
        neurons: int,
        lanes: int,
        *,
        fabric: str = "generic",
        rule: str = "reward_modulated_stdp",
        neuron: dict[str, Any] | None = None,
        **layer: Any,
    ) -> Build:
        design = {
            "name": "layer_under_test",
            "block": "layer",
            "fabric": fabric,
            "rule": {"family": rule},
            "layer": {"inputs": inputs, "neurons": neurons, "lanes": lanes, **layer},
            "neuron": {"threshold": 60_000, **(neuron or {})},
        }
        return elaborate(Design.model_validate(design), builds)

    return build


def agree(build: Build, results: dict[str, Any]) -> None:
    assert results["first_difference"] is None
    assert results["differences"] == 0
    assert results["passed"] is True
    bins = results["coverage"]["bins"]
    assert [name for name in MUST_HAPPEN if not bins[f"event.{name}"]] == []
    # full throughput is measured without stalls, whatever the run's own stall is
    timing, seen = build.manifest["timing"], results["throughput"]
    step = timing["sweep_clocks"] + timing["critic_clocks"]
    assert results["cycles_per_sweep"] == step
    assert seen["lanes"] == timing["synapses_per_clock"]
    assert seen["updates_per_clock"] == round(results["synapses"] / step, 4)
    assert seen["latency_clocks"] == timing["latency_clocks"]


MUST_HAPPEN = (
    "spike",
    "load",
    "read",
    "readback",
    "reset_in_step",
    "checkpoint",
    "idle",
    "request_in_step",
)

# --- agreement ------------------------------------------------------------------------------------

# no options at all, a refractory time, winner-take-all and a leak are alone in the first of
# `COMBINED`
ALONE: dict[str, dict[str, Any]] = {
    "reset by subtraction": {"neuron": {"reset": "subtract"}},
    "scaled current": {"neuron": {"current_shift": 3, "threshold": 20_000}},
    "narrow potential": {"neuron": {"potential_bits": 17}},
    "inhibition": {"neuron": {"inhibition": 90_000}},
    "noise": {"neuron": {"noise_bits": 24, "threshold": 2_000_000}},
    "thresholds rise": {"neuron": {"threshold_step": 20_000}},
    "thresholds rise and fall": {"neuron": {"threshold_step": 50_000, "threshold_decay_shift": 2}},
    "signed weights": {"signed_weights": True},
    "critic": {"critic_shift": 3},
    "prediction": {
        "discount_shift": 2,
        "reward_shift": 10,
        "surprise_shift": 9,
        "signed_weights": True,
        "neuron": {"winner_take_all": True, "noise_bits": 8},
    },
    "counters": {"counters": True},
}


@pytest.mark.soak
@pytest.mark.parametrize("option", ALONE)
def test_an_option_alone_agrees(option: str, layer_of: LayerOf, tmp_path: Path) -> None:
    build = layer_of(7, 5, 1, chains=1, **ALONE[option])
    agree(build, cosim(build, steps=80, seed=3, out=tmp_path / "results.json"))


HOMEOSTASIS = {"threshold_step": 3000, "threshold_decay_shift": 3}
COMBINED: dict[str, tuple[tuple[int, int, int], float, dict[str, Any]]] = {
    "plain": ((16, 7, 2), 0.0, {}),
    "one neuron": ((9, 1, 1), 0.3, {"chains": 1, "memory": "split", "neuron": {"refractory": 1}}),
    "two rows a chain": ((4, 3, 2), 0.9, {"chains": 2, "neuron": {"winner_take_all": True}}),
    "a neuron that predicts": (
        (60, 4, 2),  # so many rows that a step waits for the prediction of the one before
        0.0,
        {
            "chains": 1,
            "cluster": 1,
            "discount_shift": 4,
            "reward_shift": 10,
            "surprise_shift": 9,
            "signed_weights": True,
            "counters": True,
            "neuron": {"winner_take_all": True, "noise_bits": 11, "leak_shift": 1},
        },
    ),
    "two groups, winner takes all": (
        (20, 8, 4),
        0.0,
        {
            "chains": 1,
            "neuron": {"winner_take_all": True, "threshold": 200_000, "inhibition": 20_000},
        },
    ),
    "two groups, chains of unlike length": (
        (19, 5, 6),
        0.3,
        {
            "chains": 2,
            "critic_shift": 3,
            "signed_weights": True,
            "neuron": {"inhibition": 7000, "noise_bits": 17},
        },
    ),
    "multipliers in a part of the lanes": (
        (21, 9, 4),
        0.3,
        {
            "chains": 1,
            "multipliers": 1,
            "cluster": 2,
            "fabric": "ecp5",
            "neuron": {"leak_shift": 3},
        },
    ),
    "homeostasis": (
        (21, 9, 4),
        0.5,
        {
            "chains": 2,
            "multipliers": 1,
            "cluster": 1,
            "fabric": "ice40_up",
            "counters": True,
            "neuron": {"inhibition": 50_000, "reset": "subtract", "refractory": 3, **HOMEOSTASIS},
        },
    ),
    "single-port memory": (
        (20, 9, 4),
        0.3,
        {
            "chains": 2,
            "memory": "single_port",
            "fabric": "ice40_up",
            "critic_shift": 3,
            "neuron": {"threshold_step": 9000},
        },
    ),
    "pairs": (
        (24, 9, 2),
        0.0,
        {"rule": "pair_stdp", "memory": "split", "cluster": 1, "neuron": {"threshold": 300_000}},
    ),
    "triplets": (
        (33, 10, 6),
        0.3,
        {
            "rule": "triplet_stdp",
            "chains": 3,
            "cluster": 1,
            "fabric": "ecp5",
            "signed_weights": True,
            "neuron": {"winner_take_all": True, "noise_bits": 12, "leak_shift": 4},
        },
    ),
    "everything, winner takes all": (
        (37, 11, 12),
        0.3,
        {
            "chains": 3,
            "cluster": 3,
            "fabric": "ice40_hx",
            "critic_shift": 2,
            "signed_weights": True,
            "counters": True,
            "neuron": {
                "winner_take_all": True,
                "noise_bits": 10,
                "inhibition": 30_000,
                "refractory": 2,
                "reset": "subtract",
                "leak_shift": 4,
                "current_shift": 1,
                "potential_bits": 19,
                **HOMEOSTASIS,
            },
        },
    ),
    "everything": (
        (26, 13, 4),
        0.3,
        {
            "chains": 2,
            "memory": "joined",
            "fabric": "ecp5",
            "critic_shift": 4,
            "signed_weights": True,
            "counters": True,
            "neuron": {
                "noise_bits": 13,
                "inhibition": 9_000,
                "refractory": 1,
                "reset": "subtract",
                "leak_shift": 2,
                "current_shift": 1,
                "potential_bits": 20,
                **HOMEOSTASIS,
            },
        },
    ),
}


# What these have is in the others, too, and in `make soak` they are simulated as well.
COVERED = ("homeostasis", "triplets", "everything", "pairs", "multipliers in a part of the lanes")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.soak if name in COVERED else ()) for name in COMBINED],
)
def test_shapes_fabrics_and_options_together_agree(
    name: str, layer_of: LayerOf, tmp_path: Path
) -> None:
    (inputs, neurons, lanes), stall, options = COMBINED[name]
    build = layer_of(inputs, neurons, lanes, **options)
    results = cosim(build, steps=120, seed=5, stall=stall, out=tmp_path / "results.json")
    agree(build, results)
    assert results["synapse_steps"] >= 120 * inputs * neurons
    bins = results["coverage"]["bins"]
    assert bins["event.clear_trial"] > 0
    assert bins["event.clear_traces"] > 0
    assert bins["event.i_idle"] > 0 or stall == 0
    assert bins.get("event.outcome", 1) > 0
    assert bins.get("event.decide", 1) > 0
    final = np.load(results["final_state"])
    assert final["weight"].shape == (inputs, neurons)
    assert final["neuron.potential"].shape == (neurons,)


def test_closed_loop_of_128_inputs_and_2_neurons_takes_2_us_at_50_mhz(
    builds: Path, tmp_path: Path
) -> None:
    """From the first transfer of a step to its decision, counted in RTL; every synapse is written
    back by then.
    """
    design = load_design(EXAMPLES / "speed" / "closed_loop.toml")
    build = elaborate(design.model_copy(update={"fabric": "ice40_up"}), builds)
    results = cosim(build, steps=60, stall=0.0, out=tmp_path / "results.json")
    agree(build, results)
    clocks, timing, place = (
        results["throughput"]["closed_loop_clocks"],
        build.manifest["timing"],
        build.manifest["placement"],
    )
    assert (place["inputs"], place["neurons"]) == (128, 2)
    assert clocks <= 2e-6 * 50e6
    last_write = (
        timing["slot_clocks"] * (place["groups"] - 1) + place["rows"] + timing["span_clocks"]
    )
    assert last_write < clocks


def test_same_seed_gives_the_same_run(layer_of: LayerOf, tmp_path: Path) -> None:
    volatile = {"cycles_per_s", "wall_s", "final_state"}
    build = layer_of(16, 7, 2)
    runs = [
        cosim(build, steps=10, seed=9, out=tmp_path / f"{run}" / "results.json") for run in range(2)
    ]
    first, second = (
        {key: value for key, value in run.items() if key not in volatile} for run in runs
    )
    assert first == second


@pytest.mark.parametrize("name", ["plain", "everything, winner takes all"])
def test_layer_replays_a_recording(name: str, layer_of: LayerOf, tmp_path: Path) -> None:
    (inputs, neurons, lanes), stall, options = COMBINED[name]
    build, rng, steps = layer_of(inputs, neurons, lanes, **options), np.random.default_rng(5), 40
    assert build.design.layer is not None
    assert build.design.neuron is not None
    rule, params = resolve(build.design.rule)
    golden = PlasticLayer(rule, params, build.design.layer, build.design.neuron)
    weights = rng.integers(0, 1 << 16, (inputs, neurons))
    flags = {"clear_trial": 0.05, "clear_traces": 0.05}
    flags |= {"outcome": 0.3, "decide": 0.2} if "critic_shift" in options else {}
    given = {flag: (rng.random(steps) < rate).astype(np.int64) for flag, rate in flags.items()}
    spikes, reward = (
        (rng.random((steps, inputs)) < 0.3).astype(np.int64),
        rng.integers(-128, 128, steps),
    )
    events = tmp_path / "events.npz"
    np.savez(events, spikes=spikes, reward=reward, initial_weight=weights, **given)
    results = cosim(build, events=events, stall=stall, out=tmp_path / "results.json")
    assert (results["first_difference"], results["differences"], results["steps"]) == (
        None,
        0,
        steps,
    )
    assert results["recording"]["name"] == "events.npz"
    golden.load(weights)
    fired = [
        golden.step(
            spikes[k],
            {"reward": int(reward[k])},
            **{flag: bool(array[k]) for flag, array in given.items()},
        )
        for k in range(steps)
    ]
    final = np.load(results["final_state"])
    np.testing.assert_array_equal(final["spikes"], np.array(fired))
    np.testing.assert_array_equal(final["weight"], golden.state["synapse"]["weight"])


def test_recording_that_does_not_fit(layer_of: LayerOf, tmp_path: Path) -> None:
    events = tmp_path / "events.npz"
    np.savez(events, spikes=np.zeros((3, 15), np.int64), reward=np.zeros(3, np.int64))
    message = (
        f"recording {events}: 'spikes' must have shape (steps, 16) with steps >= 1, not (3, 15)."
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        cosim(layer_of(16, 7, 2), events=events, out=tmp_path / "results.json")


# --- designs that must fail -----------------------------------------------------------------------


TIES = {"winner_take_all": True, "leak_shift": 1, "current_shift": 15, "threshold": 1}
BUGS: dict[str, tuple[dict[str, Any], str, str, set[str]]] = {
    "weight summed one row late": (
        {},
        r"always @\(posedge clk\)\n *drive_0 <= (bus\[\d+\]);",
        r"reg late = 1'h0;\n  always @(posedge clk) begin late <= \1; drive_0 <= late; end",
        {"neuron", "potential", "weight"},
    ),
    "learnt spike one step early": (
        {},
        r"asked = (\w+) \? (\S+ )\[1\] : ",
        r"asked = \1 ? \2[0] : ",
        {"neuron", "weight", "eligibility", "post_trace"},
    ),
    "post trace of the neighbour": (
        {},
        r"(if \(take\) begin\n *\S+ += )shift_out\[",
        r"\1shift_in[",
        {"neuron", "weight", "eligibility"},
    ),
    "tie to the higher index": (
        {"neuron": TIES},
        r"(\$signed\(o_score\)) > (\$signed\(best_score\))",
        r"\1 >= \2",
        {"neuron"},
    ),
    "one input too many": (
        {},
        r"(last_row|at_last_row) <= ",
        r"\1 <= 1'h0 & ",
        {"done", "latency_clocks", "weight", "wait"},
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_seeded_bug_in_a_layer_is_caught(bug: str, layer_of: LayerOf, tmp_path: Path) -> None:
    options, pattern, new, fields = BUGS[bug]
    build = edited(layer_of(16, 7, 2, **options), tmp_path / "edited", pattern, new)
    results = cosim(build, steps=40, out=tmp_path / "results.json")
    first = results["first_difference"]
    assert results["passed"] is False
    assert results["differences"] > 0
    assert first["field"] in fields
    assert first["expected"] != first["got"]
    assert {"step", "space", "index", "clock", "event"} <= set(first)


def test_layer_that_does_not_answer_is_named_and_ends(layer_of: LayerOf, tmp_path: Path) -> None:
    build = edited(
        layer_of(16, 7, 2),
        tmp_path / "edited",
        r"readback__valid <= \S+ *;",
        "readback__valid <= 1'h0;",
    )
    first = cosim(build, steps=5, out=tmp_path / "results.json")["first_difference"]
    assert (first["field"], first["got"], first["event"]) == ("wait", "nothing", "timeout")
    assert re.fullmatch(
        r"waited \d+ clocks for readback\.valid for synapse \[0, 0\]", first["expected"]
    )
