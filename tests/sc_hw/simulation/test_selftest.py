"""The self-test of a simulated board, and of one whose memory has a bit that is stuck."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from device_designs import LAYER
from link_responder import Responder
from network_designs import learns
from register_model import LayerRegisters, manifest_of_design
from support import ROOT

from sc_driver.board import Board, build_on
from sc_driver.errors import LinkError
from sc_driver.transports import MemoryTransport
from sc_hw.build.elaborate import elaborate
from sc_hw.commands.demo import example_folder
from sc_hw.simulation.running import run_design
from sc_hw.simulation.selftest import _clock, memories, selftest
from sc_model.spec import ConfigError, Design, NeuronSpec, PlasticLayerSpec

SMALL = Design(
    name="device_small",
    block="layer",
    layer=PlasticLayerSpec(inputs=5, neurons=3, lanes=2),
    neuron=NeuronSpec(threshold=60_000),
)


class FaultyRegisters(LayerRegisters):
    """A board whose memories have a fault."""

    fault = ""

    def __call__(self, address: int, word: int | None) -> int | None:
        name = self._names[address]["name"]
        lowest = 1 << self.host["windows"][0]["address"][-1]["offset"]
        if self.fault == "address line" and name == "WINDOW_ADDRESS" and word is not None:
            word &= ~lowest
        got = super().__call__(address, word)
        if self.fault == "stuck bit" and name == "WINDOW_DATA" and word is None:
            return (got or 0) | 1
        if self.fault == "coupling" and name == "WINDOW_DATA" and word is not None:
            # whatever is written anywhere spoils a bit of one word in which it was a 1
            state = self.model.state()
            state["synapse"]["weight"][3, 1] &= ~4
            self.model.restore(state)
        return got


@pytest.mark.parametrize("fault", ["", "stuck bit", "address line", "coupling"])
def test_memories_with_faults(fault: str) -> None:
    manifest = manifest_of_design(SMALL)
    registers = FaultyRegisters(SMALL, manifest)
    board = Board.open(MemoryTransport(Responder(registers)), manifest)
    registers.fault = fault
    found = memories(board, np.random.default_rng(1))
    assert found["passed"] == (not fault), found
    if fault == "coupling":
        assert found["spaces"]["layer.synapse"]["first"].startswith("word 10, weight: ")


class Clocked(MemoryTransport):
    """A port whose time goes on with every look at it."""

    def time(self) -> float:
        self._now += 0.05
        return super().time()


def test_a_clock_is_judged_where_there_is_hardware_or_the_board_s_own_time() -> None:
    manifest = manifest_of_design(SMALL)
    registers = LayerRegisters(SMALL, manifest)  # its clock stands still
    board = Board.open(Clocked(Responder(registers)), manifest)
    expected = {"mhz": 0.0, "expected_mhz": 12.0}
    assert _clock(board, judged=True) == {"passed": False, **expected}
    assert _clock(board, judged=False) == {
        "passed": None, "reason": "no adapter is known at this port", **expected,
    }  # fmt: skip


@pytest.mark.usefixtures("long_simulation")
@pytest.mark.parametrize(
    "design",
    [
        pytest.param(LAYER, id="layer"),
        pytest.param(learns(), id="network that learns", marks=pytest.mark.soak),
    ],
)
def test_simulated_board_that_is_well(design: Design, builds: Path) -> None:
    folder = elaborate(design.behind("uart"), builds).folder
    report = selftest("sim-board", folder, steps=30)
    assert {name: test["passed"] for name, test in report["tests"].items()} == dict.fromkeys(
        ("link", "memories", "steps", "counters", "clock"), True
    )
    assert json.loads(Path(report["file"]).read_text())["build"] == folder.name
    assert report["hardware_measurement_claimed"] is False
    with pytest.raises(ConfigError, match=r"^selftest must have a port or sim-board, not model\."):
        selftest("model", folder)
    with pytest.raises(ConfigError, match=r"^selftest of sim-board must have a design"):
        selftest("sim-board")


def test_build_that_the_board_says_it_is(tmp_path: Path) -> None:
    manifest = manifest_of_design(SMALL)
    port = MemoryTransport(Responder(LayerRegisters(SMALL, manifest)))
    assert build_on(port) == manifest["id"]
    with pytest.raises(LinkError, match="is no board of sc-hw: its first register is 0x00000007,"):
        build_on(MemoryTransport(Responder(lambda address, word: 7)))


def test_what_does_not_fit_is_one_line() -> None:
    digits = example_folder() / "digits.npz"
    with pytest.raises(ConfigError, match="lacks the array 'pre_spike'"):
        next(run_design(ROOT / "examples" / "lane.toml", events=digits))


@pytest.mark.usefixtures("long_simulation")
@pytest.mark.parametrize(
    ("design", "weights"), [(LAYER, 147), pytest.param(learns(), 18, marks=pytest.mark.soak)]
)
def test_run_is_the_same_on_model_and_board(design: Design, weights: int, builds: Path) -> None:
    folder = elaborate(design.behind("uart"), builds).folder
    model, board = (list(run_design(folder, on, steps=40)) for on in ("model", "sim-board"))
    assert model == board
    assert (len(model), model[-1].step, sum(model[-1].histogram)) == (20, 40, weights)
