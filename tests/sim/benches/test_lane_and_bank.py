"""The emitted Verilog against the golden model, and the bench against designs that are wrong on
purpose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sc_hw.build.elaborate import Build
from sc_hw.simulation.cosim import cosim
from sc_hw.tools import ToolError
from sc_model.golden import Bank
from sc_model.rules import resolve
from sc_model.spec import ConfigError

VECTORS = Path(__file__).parents[2] / "vectors"
CONFIGS = json.loads((VECTORS / "online_o1.json").read_text(encoding="utf-8"))["configs"]
COLUMNS = ("weight", "pre_trace", "post_trace", "eligibility")
STALLS = (0.0, 0.3, 0.9)

BuildOf = Callable[..., Build]


def agree(results: dict[str, Any]) -> None:
    assert results["first_difference"] is None
    assert results["differences"] == 0
    assert results["passed"] is True


# --- agreement ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(len(CONFIGS)))
def test_lane_replays_the_conformance_vectors(
    number: int, build_of: BuildOf, tmp_path: Path
) -> None:
    build = build_of("lane", **CONFIGS[number])
    rule, params = resolve(build.design.rule)
    vectors = np.load(VECTORS / "online_o1.npz")
    names = {"pre_spike": "pre", "post_spike": "post", "reward": "reward"}
    given = {name: vectors[f"c{number}_{key}"] for name, key in names.items()}
    formats = rule.input_formats(params)
    given["reward"] = np.clip(given["reward"], formats["reward"].lo, formats["reward"].hi)
    weight = rule.state_formats(params)["weight"].saturate(int(vectors[f"c{number}_w0"]))
    events = tmp_path / "events.npz"
    columns = {name: array[:, None].astype(np.int64) for name, array in given.items()}
    np.savez(events, initial_weight=np.array([weight]), **columns)
    results = cosim(build, events=events, stall=STALLS[number % 3], out=tmp_path / "results.json")
    agree(results)
    assert results["steps"] == len(vectors[f"c{number}_state"])
    assert results["recording"]["name"] == "events.npz"
    trajectory = np.load(results["trajectory"])
    seen = np.stack([trajectory[name][:, 0] for name in COLUMNS], axis=1)
    np.testing.assert_array_equal(seen, vectors[f"c{number}_state"])


@pytest.mark.parametrize("stall", STALLS)
def test_lane_agrees_on_random_stimulus(stall: float, build_of: BuildOf, tmp_path: Path) -> None:
    results = cosim(
        build_of("lane"), steps=20_000, seed=7, stall=stall, out=tmp_path / "results.json"
    )
    agree(results)
    assert results["steps"] == results["synapse_steps"] == 20_000
    assert results["coverage"]["missed"] == (["event.hold"] if stall == 0 else [])


SIZES = ((1, 1500), (3, 800), (16, 300), (40, 150), (100, 60))  # synapses, sweeps


@pytest.mark.parametrize(
    ("stall", "synapses", "sweeps"),
    [
        # each size and each stall; all pairs of them by `make soak`
        pytest.param(stall, *size, marks=() if number % len(STALLS) == place else pytest.mark.soak)
        for number, size in enumerate(SIZES)
        for place, stall in enumerate(STALLS)
    ],
)
def test_bank_agrees_on_random_stimulus(
    synapses: int, sweeps: int, stall: float, build_of: BuildOf, tmp_path: Path
) -> None:
    build = build_of("bank", synapses)
    results = cosim(build, steps=sweeps, seed=3, stall=stall, out=tmp_path / "results.json")
    agree(results)
    assert results["steps"] == sweeps
    assert results["synapse_steps"] >= sweeps * synapses
    final = np.load(results["final_state"])
    assert {name: final[name].shape for name in final.files} == dict.fromkeys(COLUMNS, (synapses,))
    never = {"event.i_idle", "event.readback_stalled"} if stall == 0 else set()
    never |= {"event.i_idle"} if synapses == 1 else set()
    never |= {"event.i_backpressure"} if stall == 0.9 else set()
    assert set(results["coverage"]["missed"]) <= never
    # full throughput is measured without stalls, whatever the run's own stall is
    timing = build.manifest["timing"]
    full = synapses if synapses >= timing["span_clocks"] else synapses + timing["span_clocks"] - 1
    assert results["cycles_per_sweep"] == full


@pytest.mark.parametrize("number", [1, 2, 7])
def test_bank_agrees_at_corner_configurations(
    number: int, build_of: BuildOf, tmp_path: Path
) -> None:
    agree(
        cosim(
            build_of("bank", 17, "ice40_up", **CONFIGS[number]),
            steps=200,
            seed=number,
            out=tmp_path / "results.json",
        )
    )


def test_bank_replays_a_recording(build_of: BuildOf, tmp_path: Path) -> None:
    build, rng = build_of("bank", 16), np.random.default_rng(5)
    rule, params = resolve(build.design.rule)
    inputs = {
        name: rng.integers(form.lo, form.hi + 1, (50, 16))
        for name, form in rule.input_formats(params).items()
    }
    weights = rng.integers(0, 1 << 16, 16)
    events = tmp_path / "events.npz"
    np.savez(events, initial_weight=weights, **inputs)
    results = cosim(build, events=events, out=tmp_path / "results.json")
    agree(results)
    assert results["steps"] == 50
    golden = Bank(rule, params, 16, {"weight": weights})
    for step in range(50):
        golden.step({name: array[step] for name, array in inputs.items()})
    final = np.load(results["final_state"])
    for name in COLUMNS:
        np.testing.assert_array_equal(final[name], golden.state[name])


def test_lane_agrees_for_many_steps(build_of: BuildOf, tmp_path: Path) -> None:
    """`campaigns.soak` takes ten times as many (reports/soak.md)."""
    results = cosim(
        build_of("lane"), steps=100_000, seed=11, stall=0.0, out=tmp_path / "results.json"
    )
    agree(results)
    assert results["synapse_steps"] == 100_000


def test_same_seed_gives_the_same_run(build_of: BuildOf, tmp_path: Path) -> None:
    volatile = {"cycles_per_s", "wall_s", "final_state"}
    runs = [
        cosim(build_of("bank", 3), steps=40, seed=9, out=tmp_path / f"{run}" / "results.json")
        for run in range(2)
    ]
    first, second = (
        {key: value for key, value in run.items() if key not in volatile} for run in runs
    )
    assert first == second


# --- designs that must fail -----------------------------------------------------------------------

LANE_BUGS = {
    "weight saturates one short": ("16'hffff", "16'hfffe", {"weight"}),
    "carry into a decay lost": ("not_13 = ~ and_11", "not_13 = 1'h1", {"eligibility", "weight"}),
    "product rounds away its sign": ("$signed(a) *", "$signed({1'b0, a}) *", {"weight"}),
    "shift by one bit less": ("add_28[19:4] |", "add_28[18:3] |", {"weight"}),
    "load does not win over step": ("step & \\$0", "step", {"done"}),
    "eligibility saturates one high": ("13'h1800", "13'h1801", {"eligibility", "weight"}),
}


@pytest.mark.parametrize("bug", LANE_BUGS)
def test_seeded_bug_in_a_lane_is_caught(
    bug: str, build_of: BuildOf, seeded: Callable[..., Build], tmp_path: Path
) -> None:
    old, new, fields = LANE_BUGS[bug]
    results = cosim(seeded(build_of("lane"), old, new), steps=20_000, out=tmp_path / "results.json")
    first = results["first_difference"]
    assert results["passed"] is False
    assert results["differences"] > 0
    assert first["field"] in fields
    assert first["expected"] != first["got"]
    assert 0 <= first["step"] < 20_000
    assert first["event"] in ("step", "load", "hold", "reset")
    assert set(first["state_before"]) == set(COLUMNS)
    assert set(first["inputs"]) == {"pre_spike", "post_spike", "reward"}


BANK_BUGS = {
    "weight saturates one short": ("16'hffff", "16'hfffe", "weight"),
    "stimulus of the next synapse": ("inputs_d2 <= inputs_d1", "inputs_d2 <= i__payload", None),
    "write-back one clock early": ("updated <= \\$0", "updated <= valid_d12", "latency_clocks"),
    "written to the wrong synapse": (
        "address_d12 <= address_d11",
        "address_d12 <= address_d10",
        "address",
    ),
    "sweep does not end": ("at_last <= \\$43", "at_last <= 1'h0", None),
    "ready withheld from the stimulus": ("i_ready = ~ closed", "i_ready = 1'b0", "updated"),
    "host gets in during a sweep": ("= \\$0  & empty;", "= 1'b1;", None),
}


# Nothing but the first clock shows it: an idle bank opens again in the next one.
AWAKE = {
    "lane": ("reg done = 1'h0", "reg done = 1'h1", "done"),
    "bank": ("reg closed = 1'h0", "reg closed = 1'h1", "i__ready"),
}


@pytest.mark.parametrize("block", AWAKE)
def test_other_state_at_power_on_is_caught(
    block: str, build_of: BuildOf, seeded: Callable[..., Build], tmp_path: Path
) -> None:
    old, new, field = AWAKE[block]
    results = cosim(seeded(build_of(block, 1), old, new), steps=5, out=tmp_path / "results.json")
    found = [results["first_difference"][key] for key in ("field", "event", "clock")]
    assert found == [field, "power-on", 0]


@pytest.mark.parametrize("bug", BANK_BUGS)
def test_seeded_bug_in_a_bank_is_caught(
    bug: str, build_of: BuildOf, seeded: Callable[..., Build], tmp_path: Path
) -> None:
    old, new, field = BANK_BUGS[bug]
    results = cosim(seeded(build_of("bank", 16), old, new), steps=60, out=tmp_path / "results.json")
    first = results["first_difference"]
    assert results["passed"] is False
    assert results["differences"] > 0
    assert first["expected"] != first["got"]
    assert {"step", "synapse", "field", "clock", "event"} <= set(first)
    if field is not None:
        assert first["field"] == field


def test_design_that_does_not_answer_is_named_and_ends(
    build_of: BuildOf, seeded: Callable[..., Build], tmp_path: Path
) -> None:
    build = seeded(build_of("bank", 16), "closed <= \\$0", "closed <= 1'b1")
    first = cosim(build, steps=5, out=tmp_path / "results.json")["first_difference"]
    assert re.fullmatch(
        r"waited \d+ clocks for i\.ready for synapse 0 in sweep 0", first["expected"]
    )
    assert (first["field"], first["got"], first["event"]) == ("wait", "nothing", "timeout")


# --- wrong input ----------------------------------------------------------------------------------


def recording(**changes: Any) -> dict[str, Any]:
    arrays = {
        "pre_spike": np.zeros((4, 1), np.int64),
        "post_spike": np.zeros((4, 1), np.int64),
        "reward": np.zeros((4, 1), np.int64),
    }
    return {name: array for name, array in (arrays | changes).items() if array is not None}


BAD_RECORDINGS: dict[str, tuple[dict[str, Any], str]] = {
    "shape": (
        {"reward": np.zeros((4, 2), np.int64)},
        "recording {}: 'reward' must have shape (steps, 1) with the same steps >= 1 for every"
        " input, not (4, 2).",
    ),
    "range": (
        {"reward": np.array([[0], [128], [0], [0]])},
        "recording {}: 'reward' must be in [-128, 127], not 128 at index (1, 0).",
    ),
    "missing": (
        {"post_spike": None},
        "recording {} lacks the array 'post_spike'; it has ['pre_spike', 'reward'].",
    ),
    "floats": (
        {"reward": np.zeros((4, 1))},
        "recording {}: 'reward' must hold integers, not float64.",
    ),
    "unknown": (
        {"dopamine": np.zeros((4, 1), np.int64)},
        "recording {} has an unknown array 'dopamine'; known are ['initial_weight', 'meta',"
        " 'post_spike', 'pre_spike', 'reward'].",
    ),
    "initial": (
        {"initial_weight": np.array([65536])},
        "recording {}: 'initial_weight' must be in [0, 65535], not 65536 at index (0,).",
    ),
}


@pytest.mark.parametrize("fault", BAD_RECORDINGS)
def test_bad_recording_gives_one_line(fault: str, build_of: BuildOf, tmp_path: Path) -> None:
    changes, message = BAD_RECORDINGS[fault]
    events = tmp_path / "events.npz"
    np.savez(events, **recording(**changes))
    with pytest.raises(ConfigError, match=f"^{re.escape(message.format(events))}$"):
        cosim(build_of("lane"), events=events, out=tmp_path / "results.json")


def test_recording_that_is_no_archive(build_of: BuildOf, tmp_path: Path) -> None:
    events = tmp_path / "events.npz"
    events.write_text("pre,post,reward\n")
    with pytest.raises(
        ConfigError,
        match=rf"^recording {re.escape(str(events))} is no NumPy archive \(\.npz\): .*\.$",
    ):
        cosim(build_of("lane"), events=events, out=tmp_path / "results.json")
    with pytest.raises(
        ConfigError, match=rf"^recording {re.escape(str(tmp_path))}/none\.npz does not exist\.$"
    ):
        cosim(build_of("lane"), events=tmp_path / "none.npz", out=tmp_path / "results.json")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"steps": 0}, "steps must be >= 1, not 0"),
        ({"seed": -1}, "seed must be >= 0, not -1"),
        ({"stall": 1.0}, "stall must be in [0, 0.95], not 1.0"),
    ],
)
def test_option_out_of_range(
    option: dict[str, Any], message: str, build_of: BuildOf, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        cosim(build_of("lane"), out=tmp_path / "results.json", **option)


def test_verilog_that_does_not_compile_quotes_the_error(
    build_of: BuildOf, seeded: Callable[..., Build], tmp_path: Path
) -> None:
    build = seeded(build_of("lane"), "endmodule", "endmodul")
    with pytest.raises(
        ToolError,
        match=r"^co-simulation failed \(exit 3\): verilator failed: %Error: .*syntax error.*",
    ):
        cosim(build, steps=10, out=tmp_path / "results.json")


# --- builds ---------------------------------------------------------------------------------------


def simulators(build: Build) -> dict[Path, int]:
    return {
        path: path.stat().st_mtime_ns for path in sorted(build.folder.glob("sim/verilated-*/bench"))
    }


def test_simulator_is_built_once_for_two_at_a_time_and_again_for_other_verilog(
    build_of: BuildOf, seeded: Callable[..., Build], tmp_path: Path
) -> None:
    build = seeded(build_of("lane"), "endmodule", "endmodule ")
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(cosim, build, steps=50, seed=k, out=tmp_path / f"{k}" / "results.json")
            for k in range(2)
        ]
        for run in runs:
            agree(run.result())
    first = simulators(build)
    assert len(first) == 1
    agree(cosim(build, steps=50, out=tmp_path / "results.json"))
    assert simulators(build) == first
    build.verilog.write_text(
        build.verilog.read_text(encoding="utf-8").replace("endmodule ", "endmodule  "),
        encoding="utf-8",
    )
    agree(cosim(build, steps=50, out=tmp_path / "results.json"))
    assert len(simulators(build)) == 2
    assert first.items() <= simulators(build).items()


def test_waves_name_the_signals(build_of: BuildOf, tmp_path: Path) -> None:
    results = cosim(build_of("lane"), steps=20, waves=True, out=tmp_path / "results.json")
    agree(results)
    text = Path(results["waves"]).read_text(encoding="utf-8")
    assert "reward_product" in text
    assert "$enddefinitions" in text
    assert "#40" in text
