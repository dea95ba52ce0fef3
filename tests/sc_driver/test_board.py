"""A board against the Python model of its registers: the same bits, and errors in whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_designs import INHIBITED, LAYER, stimulus
from link_responder import Responder
from register_model import LayerRegisters, manifest_of_design

from sc_driver.blocks.board_block import State
from sc_driver.board import Board
from sc_driver.errors import LinkError
from sc_driver.transports import MemoryTransport
from sc_hw import Device
from sc_hw.simulation.stimulus import random_stimulus
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec

# Two chains of inputs, and more than two words of spikes.
CHAINED = Design(
    name="chained",
    block="layer",
    layer=PlasticLayerSpec(inputs=9, neurons=70, lanes=6, chains=2),
    neuron=NeuronSpec(threshold=30_000),
)


class Clocked(MemoryTransport):
    """A port whose time goes on with every look at it."""

    def time(self) -> float:
        self._now += 0.05
        return super().time()


def board_of(design: Design) -> tuple[Board, LayerRegisters]:
    manifest = manifest_of_design(design)
    registers = LayerRegisters(design, manifest)
    return Board.open(Clocked(Responder(registers)), manifest), registers


@pytest.mark.parametrize("design", [LAYER, INHIBITED, CHAINED], ids=lambda design: design.name)
def test_registers_in_python_and_the_model_give_the_same(design: Design, tmp_path: Path) -> None:
    board, _ = board_of(design)
    model = Device.open(design)
    weights = np.random.default_rng(2).integers(-9, 99999, model.state()["synapse"]["weight"].shape)
    for device in (model, board):
        device.load(weights)
    assert_same(board.state(), model.state())
    model.run(**random_stimulus(design, 20, np.random.default_rng(4)))
    board.restore(model.checkpoint(tmp_path / "state.npz"))
    given = random_stimulus(design, 100, np.random.default_rng(3))
    assert board.run(**given).tolist() == np.asarray(model.run(**given)).tolist()
    one = {name: values[0] for name, values in given.items()}
    assert board.step(**one).tolist() == model.step(**one).tolist()
    assert_same(board.state(), model.state())
    model.restore(board.checkpoint(tmp_path / "board.npz"))


def assert_same(got: State, expected: State) -> None:
    assert {space: fields.keys() for space, fields in got.items()} == {
        space: fields.keys() for space, fields in expected.items()
    }
    for space, fields in expected.items():
        for name, values in fields.items():
            np.testing.assert_array_equal(got[space][name], values, f"{space}.{name}")


class SlowRegisters(LayerRegisters):
    """A board whose step FIFO empties by a step with each look, and loses what is too much."""

    def __init__(self, design: Design, manifest: dict[str, Any]) -> None:
        super().__init__(design, manifest)
        self.waiting: list[int] = []

    def _push(self, word: int) -> None:
        if len(self.waiting) < self.host["fifo"]["step_words"]:
            self.waiting.append(word)
        else:
            self.errors |= 1

    def _read(self, name: str, reset: int | None) -> int:
        if name == "STEP_ROOM":
            return int(self.host["fifo"]["step_words"]) - len(self.waiting)
        words = self.host["step"]["words"]
        if name == "STEPS_DONE" and len(self.waiting) >= words:
            for word in self.waiting[:words]:
                super()._push(word)
            del self.waiting[:words]
        return super()._read(name, reset)


def test_more_steps_than_the_fifo_holds() -> None:
    manifest = manifest_of_design(LAYER)
    registers = SlowRegisters(LAYER, manifest)
    board, model = Board.open(Clocked(Responder(registers)), manifest), Device.open(LAYER)
    assert 100 * manifest["host"]["step"]["words"] < manifest["host"]["fifo"]["step_words"] < 300
    for seed, steps in ((1, 200), (2, 200), (3, 3)):
        given = random_stimulus(LAYER, steps, np.random.default_rng(seed))
        assert board.run(**given).tolist() == np.asarray(model.run(**given)).tolist()
    # what fits goes with the first look, and the room that is known is no more than there is
    assert board._room == manifest["host"]["fifo"]["step_words"] - len(registers.waiting)
    registers.errors = 2
    with pytest.raises(LinkError, match="reports output_empty"):
        board.run(**given)
    assert board._room == 0


HASH = "DESIGN_HASH_LOW"


@pytest.mark.parametrize(
    ("register", "value", "text"),
    [
        (
            "MAGIC",
            0x12345678,
            "What answers on memory is no board of sc-hw: its first register is 0x12345678, not"
            " 0x53434857; is it the right port?",
        ),
        (
            "PROTOCOL",
            0x30002,
            "The board on memory has registers of version 2, this driver is for version 1; use the"
            " sc-hw that the board was built with.",
        ),
        (
            HASH,
            7,
            "The board on memory runs another design's bitstream: build {id}, not {id} of"
            " 'device_layer'; program it, or take the manifest of build {id}.",
        ),
    ],
    ids=["wrong board", "other version", "other design"],
)
def test_board_that_is_not_the_one(register: str, value: int, text: str) -> None:
    manifest = manifest_of_design(LAYER)
    registers = LayerRegisters(LAYER, manifest)
    registers.values[register] = value
    with pytest.raises(LinkError) as caught:
        Board.open(MemoryTransport(Responder(registers)), manifest)
    assert str(caught.value) == text.format(id=manifest["id"])


def test_board_that_reports_errors() -> None:
    board, registers = board_of(LAYER)
    given = stimulus(LAYER, 3)
    registers.errors = 0b11
    with pytest.raises(LinkError) as caught:
        board.run(**given)
    assert str(caught.value) == (
        "The board on memory reports step_overflow, output_empty; reset it and load it again."
    )
    registers.errors, registers.outputs = 0, [1, 2]
    with pytest.raises(LinkError, match=r"^The board has 2 words of earlier steps in its output"):
        board.run(**given)
    board.reset()
    registers.values["STEP_ROOM"] = 0
    with pytest.raises(LinkError, match=r"^The board on memory takes no more steps: 0 of 6 words"):
        board.run(**given)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "stimulus must be of equally many steps along a first axis, in arrays of 2 axes or"),
        ({"spikes": np.zeros((2, 5), bool), "reward": 0}, "spikes must have shape (T, 21)"),
        ({"spikes": np.zeros((2, 21), bool)}, "a step takes reward"),
        ({"spikes": np.zeros((2, 21), bool), "reward": 0, "decision": 1}, "a step takes reward"),
        (
            {"spikes": np.zeros((2, 21), bool), "reward": 0.5},
            "reward must be integers, not float64",
        ),
    ],
)
def test_stimulus_that_does_not_fit(given: dict[str, Any], text: str) -> None:
    board, _ = board_of(LAYER)
    with pytest.raises((TypeError, ValueError)) as caught:
        board.run(**given)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize("steps", [0, 2])
def test_a_step_is_one_step(steps: int) -> None:
    board, _ = board_of(LAYER)
    with pytest.raises(ValueError, match=rf"^stimulus must be that of one step, not of {steps}; "):
        board.step(spikes=np.zeros((steps, 21), bool), reward=0)


def test_files_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    for text in ("", "[]", json.dumps({"design": {}})):
        file.write_text(text)
        with pytest.raises(
            LinkError, match=r"^(Manifest .* can't be read|.* is no manifest|The man)"
        ):
            Board.open(MemoryTransport(bytes), file)
    board, _ = board_of(LAYER)
    with pytest.raises(ValueError, match=r"^checkpoint .* can't be read"):
        board.restore(file)
