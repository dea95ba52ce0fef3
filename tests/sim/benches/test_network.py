"""Networks against the golden network: layers in one clock and in clocks of their own, under many
clockings, with bits that miss edges, with resets of any domain at any time; and networks wrong on
purpose. The long run is benchmarks/crossing_soak.py.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import wide_outputs

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.simulation.cosim import cosim, environment
from sc_hw.simulation.library import rtl_library
from sc_model.spec import (
    SLICE,
    ConfigError,
    ConvSpec,
    DenseSpec,
    Design,
    HetSynSpec,
    LifSpec,
    NetworkSpec,
    NeuronSpec,
    PlasticLayerSpec,
    PlasticStageSpec,
)
from sc_sim.benches.network import RESET_RUNS, stimulus
from sc_sim.benches.network.bench import NetworkBench
from sc_sim.benches.network.expected import Row, expected, last_ticks
from sc_sim.benches.network.stimulus import lessons, parameters, spikes
from sc_sim.blocks.network.records import Reset, Stepped
from sc_sim.blocks.network.rtl import NetworkRtl
from sc_sim.clocks import KINDS, MAX_RATIO, Clock, Clocking, drawn, extremes, nominal
from sc_sim.design import BuildFolderError
from sc_sim.layer_words import CheckpointWords, State
from sc_sim.network_design import read_network
from sc_sim.request import Request


def network(
    name: str,
    clocks: Sequence[str],
    policies: Sequence[str],
    intervals: Sequence[int],
    sizes: Sequence[int],
    **more: Any,
) -> Design:
    layers = [
        {
            "name": f"l_{index}",
            "inputs": sizes[index],
            "neurons": sizes[index + 1],
            "lanes": min(1 + index % 2, sizes[index + 1]),
            "clock": clock,
            "policy": policies[index],
            "tick_interval": intervals[index],
            "pending_bits": 1,
            "neuron": NeuronSpec(reset="subtract", threshold=20_000),
        }
        for index, clock in enumerate(clocks)
    ]
    return Design(
        name=name,
        block="network",
        network=NetworkSpec(layers=tuple(HetSynSpec.model_validate(one) for one in layers), **more),
    )


ONE_CLOCK = {
    "two layers": network("one_clock_2", ["sync"] * 2, ["hold", "accumulate"], [1, 3], [5, 4, 3]),
    "four layers": network(
        "one_clock_4",
        ["sync"] * 4,
        ["accumulate", "once", "hold", "accumulate"],
        [1, 3, 2, 5],
        [3, 4, 2, 3, 2],
        step_bits=5,
    ),
}
SEPARATE = {
    "two, depth 1": network(
        "separate_2", ["a", "b"], ["hold", "hold"], [1, 1], [3, 3, 2], crossing_depth=1
    ),
    "three, depth 2": network(
        "separate_3",
        list("abc"),
        ["hold", "accumulate", "once"],
        [1, 3, 5],
        [3, 3, 3, 2],
        crossing_depth=2,
    ),
    "four, depth 8": network(
        "separate_4",
        list("abcd"),
        ["once", "once", "hold", "accumulate"],
        [1, 2, 3, 1],
        [3, 3, 2, 2, 2],
        crossing_depth=8,
        step_bits=6,
    ),
}


MIXED = Design(
    name="mixed",
    block="network",
    network=NetworkSpec(
        layers=(
            DenseSpec(
                name="a",
                inputs=5,
                neurons=6,
                lanes=2,
                max_delay=9,
                clock="x",
                neuron=LifSpec(reset_delay=True),
            ),
            HetSynSpec(
                name="b",
                inputs=6,
                neurons=4,
                max_delay=3,
                recurrent=True,
                tick_interval=2,
                policy="accumulate",
                clock="y",
                neuron=NeuronSpec(reset="subtract", threshold=20_000),
            ),
            DenseSpec(
                name="c",
                inputs=4,
                neurons=3,
                max_delay=2,
                recurrent=True,
                bias=True,
                tick_interval=4,
                policy="accumulate",
                clock="x",
                neuron=LifSpec(synaptic=True, refractory=1),
            ),
        )
    ),
)


def in_slices(first: DenseSpec | ConvSpec, **more: Any) -> Design:
    """A layer whose spikes go in slices to one of another clock, behind them a bias."""
    given = {"name": "b", "inputs": first.neurons, "neurons": 3, "lanes": 2, "bias": True}
    second = DenseSpec.model_validate(given | {"engine": "events", "clock": "y"} | more)
    spec = NetworkSpec(layers=(first, second), crossing_depth=2)
    policy = f"_{second.policy}" * bool(more)
    name = f"slices_{first.kind}{'_recurrent' * first.recurrent}{policy}"
    return Design(name=name, block="network", network=spec)


IN_SLICES = {
    "dense": in_slices(
        DenseSpec(name="a", inputs=5, neurons=64, lanes=16, engine="events", clock="x")
    ),
    # Its own spikes lie in slices, too, and begin in the last slice of its inputs.
    "recurrent": in_slices(
        DenseSpec(
            name="a", inputs=203, neurons=64, lanes=16, recurrent=True, engine="events", clock="x"
        )
    ),
    "convolution": in_slices(
        ConvSpec(name="a", image=(1, 7, 6), channels=4, kernel=(3, 3), lanes=2, clock="x")
    ),
    # To ticks at another interval, in front of which some words are counted or kept.
    "counted": in_slices(
        DenseSpec(
            name="a", inputs=5, neurons=64, lanes=16, engine="events", clock="x", tick_interval=2
        ),
        policy="accumulate",
        tick_interval=6,
    ),
    "kept": in_slices(
        ConvSpec(name="a", image=(1, 7, 6), channels=4, kernel=(3, 3), lanes=2, clock="x"),
        policy="once",
        pending_bits=1,
        tick_interval=3,
    ),
}


LEARNING = Design(
    name="learning",
    block="network",
    network=NetworkSpec(
        layers=(
            DenseSpec(name="a", inputs=5, neurons=9, lanes=2, max_delay=3, clock="x"),
            DenseSpec(
                name="b", inputs=9, neurons=7, tick_interval=2, policy="accumulate", clock="y"
            ),
        ),
        plastic=PlasticStageSpec(
            layer=PlasticLayerSpec(
                inputs=7, neurons=5, lanes=2, signed_weights=True, critic_shift=3
            ),
            neuron=NeuronSpec(threshold=40_000, winner_take_all=True, noise_bits=12),
        ),
    ),
)


@pytest.fixture(scope="session")
def elaborated() -> Callable[[Design, Path], Build]:
    """`elaborate`, once for each design."""
    made: dict[str, Build] = {}
    return lambda design, root: (
        made[design.name]
        if design.name in made
        else made.setdefault(design.name, elaborate(design, root))
    )


@pytest.fixture
def bench_of(
    builds: Path, elaborated: Callable[[Design, Path], Build]
) -> Callable[..., NetworkBench]:
    """A bench with random weights and steps, on the library that `cosim` uses too."""

    def bench(design: Design, steps: int, folder: Path | None = None) -> NetworkBench:
        where = folder if folder is not None else elaborated(design, builds).folder
        rtl, rng = NetworkRtl(where, rtl_library(where)), np.random.default_rng(7)
        x = spikes(rng, steps, rtl.spec.layers[0].inputs)
        return NetworkBench(
            rtl, parameters(rtl.spec, rng, x), x, lessons(rtl.lesson_formats, rng, steps)
        )

    return bench


def agree(results: Mapping[str, Any], *may_miss: str) -> None:
    assert results["first_difference"] is None
    assert (results["differences"], results["passed"]) == (0, True)
    missed = [name for name in results["coverage"]["missed"] if not name.endswith(".saturated")]
    assert set(missed) <= {"reset.two_at_once", *may_miss}


# --- agreement ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ONE_CLOCK)
def test_layers_in_one_clock_agree(
    name: str, builds: Path, tmp_path: Path, elaborated: Callable[[Design, Path], Build]
) -> None:
    results = cosim(
        elaborated(ONE_CLOCK[name], builds), steps=240, seed=3, out=tmp_path / "results.json"
    )
    agree(results)
    assert results["crossings"] == {}
    assert json.loads((tmp_path / "results.json").read_text(encoding="utf-8")) == results


def test_layers_of_all_kinds_agree(
    builds: Path, tmp_path: Path, elaborated: Callable[[Design, Path], Build]
) -> None:
    """Delays, recurrence, biases, synaptic currents; two clocks; resets; all state read back,
    history included.
    """
    results = cosim(elaborated(MIXED, builds), steps=300, seed=4, out=tmp_path / "results.json")
    agree(results)
    with np.load(tmp_path / "final_state.npz") as state:
        assert {"a.history", "b.trace", "c.synaptic", "c.threshold", "b.history"} <= set(state)
        assert state["a.history"].shape == (5, 9)


@pytest.mark.parametrize(
    "name",
    [
        *("dense", "counted"),
        *(
            pytest.param(name, marks=pytest.mark.soak)
            for name in ("recurrent", "convolution", "kept")
        ),
    ],
)
def test_slices_between_two_clocks_agree(
    name: str, builds: Path, tmp_path: Path, elaborated: Callable[[Design, Path], Build]
) -> None:
    """Each slice crosses once and in order, also where resets end a word between two slices."""
    design = IN_SLICES[name]
    assert design.network is not None
    results = cosim(elaborated(design, builds), steps=60, seed=5, out=tmp_path / "results.json")
    agree(results)
    words = sum(run["steps"] for run in results["runs"]) // design.network.layers[0].tick_interval
    assert results["crossings"]["b"]["words"] > (design.network.slices(1) - 1) * words


@pytest.mark.parametrize(
    "kind",
    [
        kind if kind in ("sweep", "conv") else pytest.param(kind, marks=pytest.mark.soak)
        for kind in wide_outputs.LAYERS
    ],
)
def test_spikes_that_leave_in_slices_agree(
    kind: str, builds: Path, tmp_path: Path, elaborated: Callable[[Design, Path], Build]
) -> None:
    """With a readout's answer, and resets in the midst of a word."""
    design = wide_outputs.wide(kind, wide_outputs.READOUTS.get(kind))
    design = design.model_copy(update={"name": f"wide_{kind}"})
    results = cosim(elaborated(design, builds), steps=60, seed=5, out=tmp_path / "results.json")
    agree(results)
    undisturbed = [run for run in results["runs"] if not run["resets"]]
    assert {run["words_out"] for run in undisturbed} == {60}


def test_faults_of_an_output_in_slices_are_seen(
    builds: Path, elaborated: Callable[[Design, Path], Build]
) -> None:
    """An answer that is there too soon, spikes in another order, and the neuron that is named."""
    design = wide_outputs.wide("conv", "count").model_copy(update={"name": "wide_faults"})
    build, rng = elaborated(design, builds), np.random.default_rng(3)
    rtl = NetworkRtl(build.folder, rtl_library(build.folder))
    x = spikes(rng, 12, rtl.spec.layers[0].inputs)
    bench = NetworkBench(rtl, parameters(rtl.spec, rng, x), x)
    row, clocking = bench.golden.transfers, nominal({"sync": 12.0})
    assert bench.run(clocking, 1, 0.0)["words_out"] == 12
    assert bench.findings.first is None
    rtl.start(clocking, 1)
    out = rtl.play(bench.parameters, x, 0.0).out
    assert row.match_length(out) == len(out.steps) == 12 * 19
    assert row.order == (100, 3)
    assert not out.bits[:-1, SLICE:][np.arange(12 * 19 - 1) % 19 != 18].any()
    answered = int(np.flatnonzero(bench.golden.answers.any(axis=1))[0])
    wrong = out.bits.copy()
    wrong[answered * 19 + 17] = out.bits[answered * 19 + 18]  # the answer a slice too soon
    wrong[answered * 19 + 17, :SLICE] = out.bits[answered * 19 + 17, :SLICE]
    assert row.match_length(replace(out, bits=wrong)) == answered * 19 + 17
    unordered = replace(row, bits=Row(row.steps[::19], bench.golden.words["only"]).in_slices(
        19, None, bench.golden.answers).bits)  # fmt: skip
    assert unordered.match_length(out) < len(out.steps)
    assert row.neuron(at=19 + 1, place=2) == 18 % 3 * 100 + 18 // 3


@pytest.mark.soak
def test_own_spikes_of_a_sweep_agree(
    builds: Path, tmp_path: Path, elaborated: Callable[[Design, Path], Build]
) -> None:
    """In slices, with delays and a bias behind them; resets in the midst of ticks."""
    layer = DenseSpec(
        name="a", inputs=211, neurons=50, lanes=8, recurrent=True, bias=True, max_delay=2, clock="x"
    )
    spec = NetworkSpec(layers=(layer,))
    assert spec.slices() == 14
    design = Design(name="own_spikes_of_a_sweep", block="network", network=spec)
    results = cosim(elaborated(design, builds), steps=60, seed=5, out=tmp_path / "results.json")
    agree(results)


def test_what_is_due_of_a_word_in_slices() -> None:
    bits = np.arange(20, dtype=np.uint8)[None] % 2
    row = Row(np.array([7]), bits).in_slices(2, None)
    assert row.steps.tolist() == [7, 7]
    assert row.bits.reshape(-1)[:20].tolist() == bits[0].tolist()
    none = np.zeros(2, np.int32)
    words = Stepped(row.steps, row.bits.copy(), none, none.astype(np.int64))
    words.bits[1, 4:] = 1  # behind the last neuron
    assert row.match_length(words) == 2
    words.bits[1, 3] ^= 1
    assert row.match_length(words) == 1
    placed = Row(np.array([1]), np.array([[0, 1, 1, 1, 0, 0]], np.uint8)).in_slices(1, (3, 2))
    assert placed.bits[0, :6].tolist() == [0, 1, 1, 0, 1, 0]  # channels of a place side by side


def test_a_plastic_layer_behind_a_network_agrees(
    builds: Path, tmp_path: Path, elaborated: Callable[[Design, Path], Build]
) -> None:
    """Rewards, outcomes, decisions and clears at any step; resets of any domain in the midst of a
    step and between two; every weight, trace, potential and the noise read back.
    """
    results = cosim(elaborated(LEARNING, builds), steps=300, seed=6, out=tmp_path / "results.json")
    agree(results)
    bins = results["coverage"]["bins"]
    assert bins["reset.in_a_learning_step"] > 0
    assert bins["reset.between_learning_steps"] == RESET_RUNS
    assert [run["epochs"] > 2 for run in results["runs"]] == [
        bool(run["resets"]) for run in results["runs"]
    ]
    assert len({run["kind"] for run in results["runs"]}) == 1 + len(KINDS)
    with np.load(tmp_path / "final_state.npz") as state:
        weights = state["plastic.synapse.weight"]
        assert {
            "plastic.pre.pre_trace",
            "plastic.control.lfsr",
            "plastic.control.mean",
            "plastic.neuron.fired",
        } <= set(state)
    assert weights.shape == (7, 5)


def test_a_lesson_too_late_is_noticed(bench_of: Callable[..., NetworkBench]) -> None:
    """What the hardware is taught comes a step later than what the model is taught."""
    bench = bench_of(LEARNING, 200)
    bench.teach = {name: np.roll(values, 1) for name, values in bench.teach.items()}
    bench.run(nominal({"x": 12.0, "y": 12.0}), 1, 0.0)
    assert bench.findings.first is not None
    assert bench.findings.first["layer"] == "plastic"


def test_a_reset_that_a_learning_layer_does_not_survive_is_seen(
    bench_of: Callable[..., NetworkBench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the layer has learned is expected to be gone behind a reset between two steps."""

    def forgets(words: CheckpointWords, state: State, initial: State) -> tuple[State, tuple[str]]:
        return initial, ()

    bench, resets = bench_of(LEARNING, 120), [Reset("x", 20, 12_345, 1)]
    clocking = nominal({"x": 12.0, "y": 12.0})
    bench.run(clocking, 1, 0.0, resets)
    assert bench.findings.first is None
    monkeypatch.setattr(CheckpointWords, "after_reset", forgets)
    bench.run(clocking, 1, 0.0, resets)
    assert bench.findings.first is not None
    assert bench.findings.first["layer"] == "plastic"


def test_a_learning_network_needs_layers_that_wait() -> None:
    """A layer that runs ahead waits for a lesson before the host has loaded it."""
    spec = SEPARATE["four, depth 8"].network
    assert spec is not None
    assert LEARNING.network is not None
    learning = LEARNING.network.plastic
    assert learning is not None
    layer = learning.layer.model_copy(update={"inputs": spec.layers[-1].neurons})
    plastic = learning.model_copy(update={"layer": layer})
    rtl = SimpleNamespace(spec=spec.model_copy(update={"plastic": plastic}))
    with pytest.raises(
        ValueError,
        match=r"^co-simulation of a network with a plastic layer needs layers that wait for their"
        r" producers; take tick_intervals that do not fall\.$",
    ):
        stimulus(Request(folder=Path("none")), rtl)


@pytest.mark.parametrize("name", SEPARATE)
def test_layers_in_separate_clocks_agree(
    name: str, builds: Path, tmp_path: Path, elaborated: Callable[[Design, Path], Build]
) -> None:
    design = SEPARATE[name]
    results = cosim(elaborated(design, builds), steps=240, seed=2, out=tmp_path / "results.json")
    agree(results)
    assert design.network is not None
    assert [one["kind"] for one in results["runs"][:5]] == ["nominal", *KINDS]
    undisturbed = [one for one in results["runs"] if not one["resets"]]
    for layer, before in zip(design.network.layers[1:], design.network.layers[:-1], strict=True):
        crossed = results["crossings"][layer.name]
        assert crossed["words"] > 0
        assert 0 < crossed["late"] < crossed["in_window"]
        assert crossed["torn"] == 0
        steps = last_ticks(design.network, 240)[before.name]
        assert {one["crossings"][layer.name]["words"] for one in undisturbed} == {
            steps // before.tick_interval
        }
    assert (
        results["runs"][0]["crossings"]["l_1"]["late"] == 0
    )  # at declared frequencies without metastability
    assert results["throughput"]["steps_per_s"] > 0
    assert np.load(results["final_state"])["l_0.trace"].shape == (3, 3)


def test_the_result_does_not_depend_on_the_clocks(bench_of: Callable[..., NetworkBench]) -> None:
    bench = bench_of(SEPARATE["three, depth 2"], 150)
    clockings = drawn(bench.rtl.dut.roles, 5, 20)
    assert extremes(clockings) == (1 / MAX_RATIO, MAX_RATIO)
    words = []
    for seed, clocking in enumerate(clockings):
        bench.run(clocking, seed, (0.0, 0.3, 0.9)[seed % 3])
        bench.rtl.start(clocking, seed)
        out = bench.rtl.play(bench.parameters, bench.x, 0.3).out
        words.append((out.steps.tolist(), out.bits.tolist()))
    assert bench.findings.first is None
    assert all(one == words[0] for one in words)
    last = bench.spec.layers[-1]
    assert (np.array(words[0][1]) == bench.golden.row(last).bits).all()
    late = [sum(counts["late"] for counts in run["crossings"].values()) for run in bench.runs]
    assert (
        np.count_nonzero(late) >= 16
    )  # steady clocks in whole ratios may never come near each other


def test_a_run_repeats(bench_of: Callable[..., NetworkBench]) -> None:
    bench = bench_of(SEPARATE["two, depth 1"], 60)
    clocking = drawn(bench.rtl.dut.roles, 9, 2)[1]
    resets = [Reset("b", 20, 12_345, 2)]
    first, second = ({**bench.run(clocking, 4, 0.3, resets), "wall_s": 0} for _ in range(2))
    assert first == second
    assert bench.run(clocking, 5, 0.3, resets)["crossings"] != first["crossings"]


# --- resets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["power-on", "anywhere"])
def test_a_reset_of_any_domain_restarts_the_network(
    at: str, bench_of: Callable[..., NetworkBench]
) -> None:
    """Each alone, all at the same time, one soon after the other, for one clock and for many."""
    bench = bench_of(SEPARATE["four, depth 8"], 60)
    roles = bench.rtl.dut.roles
    after = 0 if at == "power-on" else 31
    plans = [
        [Reset(role, after, 3_000 * number, clocks)]
        for number, role in enumerate(roles)
        for clocks in (1, 7)
    ]
    plans += [
        [Reset(role, after, 0, 3) for role in roles],
        [Reset(role, after, 0, 1) for role in reversed(roles[:2])],
    ]
    plans += [
        [Reset(one, after, 0, 1), Reset(two, after, gap, 1)]
        for one, two, gap in (("a", "d", 90_000), ("d", "a", 400_000))
    ]
    plans += [
        [Reset(role, after + 9 * turn, 1_000 * turn, 1) for turn in range(3) for role in ("c", "b")]
    ]
    for seed, (resets, clocking) in enumerate(zip(plans, drawn(roles, 3, len(plans)), strict=True)):
        report = bench.run(clocking, seed, 0.2, resets)
        assert bench.findings.first is None, resets
        # those of the first domain's input, which restarts once for all that comes before it is
        # over
        assert 2 <= report["epochs"] <= 1 + len(resets)
    assert bench.findings.bins["event.words_before_reset"] > 0 or at == "power-on"


def test_ticks_that_need_no_step() -> None:
    """A layer that is faster than its producer runs ahead to the producer's next tick."""
    spec = SEPARATE["four, depth 8"].network
    assert spec is not None
    assert last_ticks(spec, 0) == {"l_0": 0, "l_1": 0, "l_2": 0, "l_3": 2}
    assert last_ticks(spec, 4) == {"l_0": 4, "l_1": 4, "l_2": 3, "l_3": 5}
    assert last_ticks(spec, 6) == {"l_0": 6, "l_1": 6, "l_2": 6, "l_3": 8}
    rng = np.random.default_rng(1)
    x = spikes(rng, 6, 3)
    given = parameters(spec, rng, x)
    longer = expected(spec, given, np.concatenate([x, np.ones((20, 3), np.uint8)]))
    words = expected(spec, given, x).words
    assert {name: len(bits) for name, bits in words.items()} == {
        "l_0": 6,
        "l_1": 3,
        "l_2": 2,
        "l_3": 8,
    }
    assert all((longer.words[name][: len(bits)] == bits).all() for name, bits in words.items())


# --- wrong on purpose -----------------------------------------------------------------------------

WRONG = {
    # a pointer that has not been synchronised says that a word is there; without metastability
    # nobody sees it
    "a pointer without its synchroniser": (r"!= o_other;", "!= i_gray;"),
    "a word dropped": (
        r"(assign i_moves = i__valid & i__ready);",
        r"\1 & (i__payload[15:0] != 7);",
    ),
    "ticks that do not wait for their words": (r"assign tick = ahead\[\d+\];", "assign tick = 1;"),
}
ONLY_IN_THE_WINDOW = "a pointer without its synchroniser"
TARGET = network("target", ["a", "b"], ["hold", "accumulate"], [1, 2], [2, 3, 2])


@pytest.fixture
def wrong_one(
    builds: Path,
    tmp_path: Path,
    elaborated: Callable[[Design, Path], Build],
    bench_of: Callable[..., NetworkBench],
) -> Callable[[str, str], Callable[[], NetworkBench]]:
    """Benches of a network with one edit in its Verilog."""

    def made(old: str, new: str) -> Callable[[], NetworkBench]:
        build = elaborated(TARGET, builds)
        shutil.copy(build.folder / "manifest.json", tmp_path)
        text, count = re.subn(old, new, build.verilog.read_text(encoding="utf-8"))
        assert count, "the emitted Verilog has changed, choose another edit"
        (tmp_path / "top.v").write_text(text, encoding="utf-8")
        return lambda: bench_of(TARGET, 100, tmp_path)

    return made


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_network_is_seen(
    wrong: str, wrong_one: Callable[[str, str], Callable[[], NetworkBench]]
) -> None:
    bench_again = wrong_one(*WRONG[wrong])
    seen, torn = {}, {}
    for window in (0.0, 0.9):
        bench = bench_again()
        runs = [
            bench.run(Clocking(clocking.clocks, window, clocking.kind), seed, 0.3)
            for seed, clocking in enumerate(drawn(bench.rtl.dut.roles, 1, 4))
        ]
        seen[window], torn[window] = (
            bench.findings.first,
            sum(run["crossings"]["l_1"]["torn"] for run in runs),
        )
    assert seen[0.9] is not None
    assert (seen[0.0] is None) == (wrong == ONLY_IN_THE_WINDOW)
    assert (torn[0.9] > 0) == (wrong == ONLY_IN_THE_WINDOW)
    assert torn[0.0] == 0


def test_a_reset_that_the_other_side_does_not_hear_of_is_seen(
    wrong_one: Callable[[str, str], Callable[[], NetworkBench]],
) -> None:
    bench = wrong_one(r"assign i_request = a_rst;", "assign i_request = 1'h0;")()
    clocking = drawn(bench.rtl.dut.roles, 1, 1)[0]
    bench.run(clocking, 1, 0.3)
    bench.run(clocking, 1, 0.3, [Reset("b", 50, 0, 1)])
    assert bench.findings.first is None
    bench.run(clocking, 1, 0.3, [Reset("a", 50, 0, 1)])
    assert bench.findings.first is not None


def test_a_difference_names_its_place(bench_of: Callable[..., NetworkBench]) -> None:
    """Another weight in the golden network than in the design: the first word that shows it."""
    bench = bench_of(SEPARATE["two, depth 1"], 61)
    layer = bench.spec.layers[-1]
    given = {name: values.copy() for name, values in bench.parameters.items()}
    given["l_1.weight"][:] = -128
    bench.golden = expected(bench.spec, given, bench.x)
    want, got = (
        expected(bench.spec, one, bench.x).words["l_1"] for one in (given, bench.parameters)
    )
    step, neuron = (int(index) for index in np.argwhere(want != got)[0])
    bench.run(nominal(dict.fromkeys("ab", 10.0)), 1, 0.0)
    first = dict(bench.findings.first or {})
    # a word is out some clocks of 10 MHz after its step is in, and steps follow each other
    assert first.pop("time_ps") > 100_000 * (step + 1)
    assert first == {
        "run": 0,
        "event": "word",
        "step": step + 1,
        "layer": layer.name,
        "neuron": neuron,
        "field": "spike",
        "expected": int(want[step, neuron]),
        "got": int(got[step, neuron]),
    }


# --- recordings, the command, errors --------------------------------------------------------------


def test_a_recording_is_replayed(
    builds: Path, tmp_path: Path, elaborated: Callable[[Design, Path], Build]
) -> None:
    design = SEPARATE["two, depth 1"]
    build = elaborated(design, builds)
    spec, rng = design.network, np.random.default_rng(4)
    assert spec is not None
    x = spikes(rng, 80, 3)
    np.savez(tmp_path / "r.npz", x=x, **parameters(spec, rng, x))
    results = cosim(build, events=tmp_path / "r.npz", out=tmp_path / "results.json")
    assert (results["differences"], results["steps"], results["recording"]["name"]) == (
        0,
        80,
        "r.npz",
    )
    assert all(run["resets"] == [] and run["epochs"] == 1 for run in results["runs"])
    with pytest.raises(
        ConfigError, match=r"^steps must be <= 80, those of recording .*r\.npz, not 81$"
    ):
        cosim(build, events=tmp_path / "r.npz", steps=81, out=tmp_path / "results.json")
    np.savez(tmp_path / "wrong.npz", x=x[:, :2])
    with pytest.raises(
        ConfigError,
        match=r"^recording .*: 'x' must have shape \(steps, 3\) with steps >= 1, not \(80, 2\)\.$",
    ):
        cosim(build, events=tmp_path / "wrong.npz", out=tmp_path / "results.json")


def test_the_command(builds: Path, tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(
        '[design]\nname = "separate_2"\nblock = "network"\n[network]\ncrossing_depth = 1\n'
        + "".join(
            f'[[layer]]\nname = "l_{k}"\ninputs = 3\nneurons = {3 - k}\nlanes = {1 + k}\nclock ='
            f' "{"ab"[k]}"\npending_bits = 1\n[layer.neuron]\nthreshold = 20000\n'
            for k in range(2)
        ),
        encoding="utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "sc_hw.cli",
        "cosim",
        "d.toml",
        "--build",
        str(builds),
        "--steps",
        "50",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.match(r"network: .*pass.*: 0 differences in [\d,]+ synapse steps", done.stdout), (
        done.stdout
    )


@pytest.mark.soak
def test_waves_are_kept(builds: Path, tmp_path: Path) -> None:
    results = cosim(
        SEPARATE["two, depth 1"], steps=40, waves=True, root=builds, out=tmp_path / "results.json"
    )
    agree(results, "event.together", "crossing.l_1.late", "crossing.l_1.on_time")
    text = (tmp_path / "waves.vcd").read_text(encoding="utf-8")
    assert "i_sync_pointer" in text
    assert text.count("\n#") > 1000


def test_wrong_arguments(
    build_of: Callable[..., Build], bench_of: Callable[..., NetworkBench]
) -> None:
    with pytest.raises(
        BuildFolderError, match=r"^build folder .* must hold a network, not a lane\.$"
    ):
        read_network(build_of("lane").folder)
    bench = bench_of(SEPARATE["two, depth 1"], 60)
    with pytest.raises(ValueError, match=r"^clocks must be those of a, b, not of a\.$"):
        bench.run(Clocking({"a": Clock(10)}), 1, 0.0)
    with pytest.raises(ValueError, match=r"^waves need a library that was built with them: "):
        bench.run(nominal(dict.fromkeys("ab", 10.0)), 1, 0.0, waves=Path("w.vcd"))
