"""RTL compiled into the process: a lane and a bank behind Python, and errors on their ports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import CONFIGS, RULE, VECTORS, edited, random_inputs, random_params

from sc_hw.build.elaborate import Build
from sc_hw.simulation.library import rtl_library
from sc_model.golden import Bank, Synapse
from sc_model.native import NativeSynapse
from sc_sim.rtl import Rtl, RtlBank, RtlLane
from sc_sim.toolchain import SimulationError

BuildOf = Callable[..., Build]


def rtl_of(build: Build) -> Rtl:
    return Rtl(build.folder, rtl_library(build.folder))


@pytest.mark.usefixtures("shipped_options")
@pytest.mark.parametrize("number", [pytest.param(0, marks=pytest.mark.soak), 3])
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
