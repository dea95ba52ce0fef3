"""RTL compiled into the process, and one API over it and the models."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from network_designs import two_clocks
from support import CONFIGS, ROOT, RULE, VECTORS, edited, random_inputs, random_params

from sc_hw import Device
from sc_hw.build.elaborate import Build
from sc_hw.simulation.cosim import environment
from sc_hw.simulation.library import rtl_library
from sc_hw.tools import ToolError
from sc_model.golden import Bank, Synapse
from sc_model.native import NativeSynapse
from sc_model.spec import ConfigError, Design, NeuronSpec, PlasticLayerSpec, RuleChoice, load_design
from sim.rtl import Rtl, RtlBank, RtlLane
from sim.toolchain import SimulationError

BuildOf = Callable[..., Build]
LAYER = Design(
    name="device_layer",
    block="layer",
    layer=PlasticLayerSpec(inputs=21, neurons=7, lanes=4, critic_shift=3),
    neuron=NeuronSpec(winner_take_all=True, noise_bits=6, threshold=60_000, refractory=2),
)
INHIBITED = Design(
    name="device_inhibited",
    block="layer",
    rule=RuleChoice(family="pair_stdp"),
    layer=PlasticLayerSpec(inputs=16, neurons=7, lanes=2, signed_weights=True),
    neuron=NeuronSpec(
        threshold=9000, inhibition=300, threshold_step=50, threshold_decay_shift=4, leak_shift=3
    ),
)


def stimulus(design: Design, steps: int, seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    assert design.layer is not None
    drawn: dict[str, Any] = {
        "spikes": rng.random((steps, design.layer.inputs)) < 0.3,
        "clear_trial": rng.random(steps) < 0.05,
    }
    if design.rule.family == "reward_modulated_stdp":
        drawn |= {
            "reward": rng.integers(-128, 128, steps),
            "outcome": rng.random(steps) < 0.2,
            "decide": rng.random(steps) < 0.3,
        }
    return drawn


def rtl_of(build: Build) -> Rtl:
    return Rtl(build.folder, rtl_library(build.folder))


# --- the library ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 3])
def test_lane_plays_the_conformance_vectors(number: int, build_of: BuildOf) -> None:
    with np.load(VECTORS / "online_o1.npz") as archive:
        pre, post, reward, w0, state = (
            archive[f"c{number}_{name}"] for name in ("pre", "post", "reward", "w0", "state")
        )
    lane = RtlLane(rtl_of(build_of("lane", **CONFIGS[number])))
    lane.load({"weight": int(w0)})
    log = lane.replay({"pre_spike": pre, "post_spike": post, "reward": reward})
    assert np.array_equal(np.stack([log[field.name] for field in RULE.state], axis=1), state)
    assert lane.state == {
        field.name: int(value) for field, value in zip(RULE.state, state[-1], strict=True)
    }


@pytest.mark.soak
def test_200_random_configurations_in_rtl(build_of: BuildOf) -> None:
    """Scalar = NumPy = native = RTL, every field, every step; the vectors' configurations beside
    them.
    """
    rng = np.random.default_rng(6)
    for params in [*random_params(17, 200), *(RULE.params_type(**config) for config in CONFIGS)]:
        inputs = random_inputs(rng, params, (400,))
        log = NativeSynapse(RULE, params).replay(inputs)
        seen = RtlLane(rtl_of(build_of("lane", **params.model_dump()))).replay(inputs)
        scalar, bank = Synapse(RULE, params), Bank(RULE, params, 1)
        for t in range(400):
            now = {name: int(values[t]) for name, values in inputs.items()}
            state = scalar.step(now)
            assert {name: int(values[0]) for name, values in bank.step(now).items()} == state
            assert {name: int(values[t]) for name, values in log.items()} == state
            assert {name: int(values[t]) for name, values in seen.items()} == state


def test_library_is_built_once_and_again_when_it_is_broken(
    build_of: BuildOf, tmp_path: Path
) -> None:
    build = build_of("bank", 8)
    folder = tmp_path / build.id
    folder.mkdir()
    for name in ("manifest.json", "top.v"):
        shutil.copy(build.folder / name, folder)
    library = rtl_library(folder)
    made = library.stat().st_mtime_ns
    assert rtl_library(folder) == library
    assert library.stat().st_mtime_ns == made
    (library.parent / "complete").unlink()  # a build that was killed
    assert rtl_library(folder).stat().st_mtime_ns > made
    text = (folder / "top.v").read_text(encoding="utf-8")
    (folder / "top.v").write_text(text + "// changed\n", encoding="utf-8")
    assert rtl_library(folder) != library


def test_two_processes_build_the_same_design_at_once(build_of: BuildOf, tmp_path: Path) -> None:
    build = build_of("bank", 8)
    folder = tmp_path / build.id
    folder.mkdir()
    for name in ("manifest.json", "top.v"):
        shutil.copy(build.folder / name, folder)
    command = [sys.executable, "-m", "sim.library", str(folder)]
    racing = [
        subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate() for process in racing]
    assert [process.returncode for process in racing] == [0, 0], said
    assert said[0] == said[1]
    assert RtlBank(Rtl(folder, Path(said[0][0].strip()))).state["weight"].tolist() == [0] * 8
    assert len(list((folder / "sim").glob("library-*"))) == 1


def test_verilog_that_is_none(build_of: BuildOf, tmp_path: Path) -> None:
    build = build_of("bank", 8)
    folder = tmp_path / build.id
    folder.mkdir()
    shutil.copy(build.folder / "manifest.json", folder)
    (folder / "top.v").write_text("module broken(", encoding="utf-8")
    with pytest.raises(
        ToolError, match=r"compiling the design failed: verilator failed: .*rror.*; all of it: "
    ):
        rtl_library(folder)
    with pytest.raises(ConfigError, match=r"build folder .* has no manifest.json"):
        rtl_library(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("inputs", "kind", "message"),
    [
        ({"step": [1], "reward": [200]}, ValueError, r"reward must be in \[-128, 127\], not 200"),
        ({"step": [1], "reward": [1.5]}, TypeError, "reward must be integers of shape"),
        ({"step": [1, 1], "reward": [1]}, ValueError, r"equally many clocks, .* not \[1, 2\]"),
        ({"stop": [1]}, TypeError, r"input ports of this design are .* not \['stop'\]"),
    ],
)
def test_wrong_values_on_ports(
    inputs: dict[str, Any], kind: type[Exception], message: str, build_of: BuildOf
) -> None:
    with pytest.raises(kind, match=message):
        rtl_of(build_of("lane", **CONFIGS[0])).play(inputs)


def test_arrays_of_any_kind_on_ports(build_of: BuildOf) -> None:
    rng = np.random.default_rng(3)
    bits, numbers = rng.random(500) < 0.4, rng.integers(-128, 128, 500)
    seen = []
    for pre, reward in (
        (bits, numbers),
        (bits.astype(np.int64), numbers.astype(np.int8)),
        (np.repeat(bits, 2)[::2], numbers.astype(">i2")),
        (bits.astype(np.uint16), np.repeat(numbers.astype(np.int32), 3)[::3]),
    ):
        lane = RtlLane(rtl_of(build_of("lane", **CONFIGS[0])))
        lane.load({"weight": 500})
        seen.append(lane.replay({"pre_spike": pre, "post_spike": bits[::-1], "reward": reward}))
    assert all(np.array_equal(seen[0][name], other[name]) for other in seen for name in seen[0])
    assert len(set(seen[0]["weight"].tolist())) > 10


def test_design_that_does_not_go_on_is_named(build_of: BuildOf, tmp_path: Path) -> None:
    build = edited(
        build_of("bank", 8),
        tmp_path / "edited",
        r"readback__valid <= \S+ *;",
        "readback__valid <= 1'h0;",
    )
    bank = RtlBank(rtl_of(build))
    bank.rtl.patience = 2000
    with pytest.raises(
        SimulationError, match=r"design \w+ waited 2000 clocks for (read.ready and )?readback"
    ):
        print(bank.state)


# --- one API --------------------------------------------------------------------------------------


@pytest.mark.parametrize("design", [LAYER, INHIBITED], ids=lambda design: design.name)
def test_layer_on_model_and_rtl(design: Design, builds: Path) -> None:
    model, rtl = Device.open(design), Device.open(design, on="rtl", root=builds)
    assert (model.backend, rtl.backend) == ("native", "rtl")
    model.load(
        np.random.default_rng(2).integers(0, 65536, (design.layer.inputs, design.layer.neurons))
    )  # type: ignore[union-attr]
    assert Device.compare(model, rtl, every=50, **stimulus(design, 120)) is None
    one, other = (
        device.step(**{name: values[0] for name, values in stimulus(design, 1, 9).items()})
        for device in (model, rtl)
    )
    assert one.tolist() == other.tolist()


def test_checkpoints_go_from_one_to_the_other_unseen(builds: Path, tmp_path: Path) -> None:
    """Model, file, RTL, file, model, against one that ran through; the layout may be another."""
    given, through = stimulus(LAYER, 90), Device.open(LAYER)
    expected = through.run(**given)
    part = [
        {name: values[first : first + 30] for name, values in given.items()}
        for first in (0, 30, 60)
    ]
    other_layout = LAYER.model_copy(update={"layer": LAYER.layer.model_copy(update={"lanes": 1})})  # type: ignore[union-attr]
    first = Device.open(LAYER)
    fired = [first.run(**part[0])]
    second = Device.open(other_layout, on="rtl", root=builds)
    second.restore(first.checkpoint(tmp_path / "first.npz"))
    fired.append(second.run(**part[1]))
    third = Device.open(LAYER)
    third.restore(second.checkpoint(tmp_path / "second.npz"))
    fired.append(third.run(**part[2]))
    assert np.array_equal(np.concatenate(fired), expected)
    assert {(s, n): v.tolist() for s, f in third.state().items() for n, v in f.items()} == {
        (s, n): v.tolist() for s, f in through.state().items() for n, v in f.items()
    }


def test_bank_and_lane(builds: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for block, synapses in (("bank", 13), ("lane", 1)):
        design = Design(name="device", block=block, synapses=synapses)  # type: ignore[arg-type]
        model, rtl = Device.open(design), Device.open(design, on="rtl", root=builds)
        shape = (60, 13) if block == "bank" else (60,)
        given = random_inputs(rng, RULE.params_type(), shape)
        model.load(40_000)
        assert Device.compare(model, rtl, every=25, **given) is None
        path = model.checkpoint(tmp_path / f"{block}.npz")
        again = Device.open(design)
        again.restore(path)
        assert {n: v.tolist() for n, v in again.state()["synapse"].items()} == {
            n: v.tolist() for n, v in rtl.state()["synapse"].items()
        }
        if block == "lane":
            with pytest.raises(ValueError, match="a lane's ports load the weight alone"):
                rtl.restore(path)
        else:
            rtl.restore(path)


def test_golden_model_takes_over_where_no_kernel_can_be_had(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    native = Device.open(LAYER)
    monkeypatch.setenv("PATH", str(tmp_path))
    golden = Device.open(LAYER)
    assert golden.backend == "golden"
    assert golden.why is not None
    assert "C++ compiler" in golden.why
    assert Device.compare(native, golden, **stimulus(LAYER, 40)) is None


def test_the_demo_s_recording_on_model_and_rtl(builds: Path) -> None:
    """9,400 steps of learning to read digits: every spike, and the complete state every 1,000
    steps.
    """
    design = load_design(ROOT / "examples" / "digits" / "digits.toml")
    model, rtl = Device.open(design), Device.open(design, on="rtl", root=builds)
    given = model.recording(ROOT / "examples" / "digits" / "digits.npz")
    assert len(given["spikes"]) > 9000
    assert Device.compare(model, rtl, every=1000, **given) is None
    begin = Device.open(design)
    begin.recording(ROOT / "examples" / "digits" / "digits.npz")
    assert (
        begin.state()["synapse"]["weight"].tolist() != model.state()["synapse"]["weight"].tolist()
    )


def test_seeded_bug_is_located(build_of: BuildOf, tmp_path: Path) -> None:
    """One bit of one word, from one value on: the model says when that is first written."""
    build = build_of("bank", 9)
    broken = edited(
        build,
        tmp_path / "edited",
        r"words\[write__addr\] <= write__data;",
        "words[write__addr] <= write__data"
        " ^ ((write__addr == 5 && write__data[15:0] > 45000) ? 4 : 0);",
    )
    given = random_inputs(np.random.default_rng(7), RULE.params_type(), (400, 9))
    model = Device.open(build.design)
    model.load(30_000)
    begin, step = model.state(), 0
    for step in range(400):
        model.step(**{name: values[step] for name, values in given.items()})
        weight = int(model.state()["synapse"]["weight"][5])
        if weight > 45_000:
            break
    assert 0 < step < 399
    model.restore(begin)
    found = Device.compare(model, Device.open(broken.folder, on="rtl"), **given)
    assert found is not None
    assert (found.step, found.space, found.field, found.index) == (step, "synapse", "weight", (5,))
    assert (found.expected, found.got) == (weight, weight ^ 4)
    assert found.wave is not None
    assert re.search(r"\$var wire +\d+ \S+ write__data", found.wave.read_text(encoding="utf-8"))
    assert str(found).startswith(
        f"step {step}: synapse.weight[5] is {weight} in the first device and {weight ^ 4} in the"
        " second"
    )


def test_what_a_device_refuses(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a device runs on model or rtl, not on 'board'"):
        Device.open(LAYER, on="board")  # type: ignore[arg-type]
    device = Device.open(LAYER)
    with pytest.raises(ConfigError, match=r"checkpoint .*none.npz does not exist"):
        device.restore(tmp_path / "none.npz")
    (tmp_path / "broken.npz").write_bytes(
        device.checkpoint(tmp_path / "whole.npz").read_bytes()[:500]
    )
    with pytest.raises(ConfigError, match=r"checkpoint .*broken.npz is none, or broken off"):
        device.restore(tmp_path / "broken.npz")
    with pytest.raises(
        ConfigError,
        match=r"checkpoint .* is of a design with another layer, neuron, parameters, rule",
    ):
        Device.open(INHIBITED).restore(tmp_path / "whole.npz")
    with pytest.raises(ConfigError, match="that run the same design"):
        Device.compare(device, Device.open(INHIBITED), spikes=np.zeros((2, 21), int))
    with pytest.raises(TypeError, match="a step of a layer takes spikes"):
        device.step(reward=3)
    with pytest.raises(ValueError, match=r"pre_spike must have shape \(steps, 21\), not \(1, 20\)"):
        device.step(spikes=np.zeros(20, int), reward=3)


@pytest.mark.parametrize("on", ["model", "rtl"])
def test_a_device_is_no_network(on: str) -> None:
    with pytest.raises(
        ConfigError, match=r"^Device runs a bank, a lane or a layer, not the network 'two': use "
    ):
        Device.open(two_clocks(), on=on)  # type: ignore[arg-type]
