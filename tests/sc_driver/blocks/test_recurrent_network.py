"""Recurrent networks on a board: packets, what is refused, and the same results as the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from link_responder import Responder
from recurrent_networks import design, samples, weights_of
from recurrent_registers import RecurrentRegisters
from register_model import manifest_of_design

from sc_driver import board as driver
from sc_driver.blocks import board_block
from sc_driver.board import Board
from sc_driver.transports import MemoryTransport
from sc_hw import Device
from sc_model.spec import HostSpec

DESIGN = design(host=HostSpec(door="uart"))


@pytest.fixture(scope="module")
def block() -> Any:
    """The block of the design, without a board."""
    none: Any = None
    return board_block(none, manifest_of_design(DESIGN))


def test_a_sample_is_a_packet_for_each_step(block: Any) -> None:
    spikes = np.zeros((2, 3, 5), int)
    spikes[1, 2] = [1, 0, 0, 1, 1]
    words = block.packets({"spikes": spikes, "targets": [[-1, -1, 2], [0, -1, 1]]})
    assert words.tolist() == [
        *([1, 0], [0, 0], [1 << 1 | 2 << 2, 0]),
        *([1 | 1 << 1, 0], [0, 0], [1 << 1 | 1 << 2, 0b11001]),
    ]
    assert block.packets({"spikes": spikes})[:, 0].tolist() == [1, 0, 0, 1, 0, 0]
    assert block.packets_of_step({"spikes": spikes}) == 3
    alone = block.alone({"spikes": spikes[0], "targets": [0, 1, 2], "learn": True})
    assert {name: np.shape(value) for name, value in alone.items()} == {
        "spikes": (1, 3, 5),
        "targets": (1, 3),
        "learn": (),
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"targets": [[1]]}, "a sample on a board takes spikes, targets, learn, the spikes at lea"),
        ({"spikes": np.zeros((1, 2, 4), int)}, r"spikes must be 0s and 1s of shape \(samples, st"),
        ({"spikes": np.full((1, 2, 5), 2)}, r"spikes must be in \[0, 1\]"),
        ({"spikes": np.zeros((1, 2, 5), int), "targets": [[1]]}, r"integers of shape \(1, 2\)"),
        ({"spikes": np.zeros((1, 2, 5), int), "targets": [[1, 3]]}, r"must be in \[-1, 2\]"),
        ({"spikes": np.zeros((1, 2, 5), int), "learn": 1}, "learn is true or false, or so by lay"),
    ],
)
def test_what_is_no_sample(block: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said) as raised:
        block.packets(given)
    assert "\n" not in str(raised.value)


def test_sizes_of_steps_are_checked_in_front_of_the_board(block: Any) -> None:
    with pytest.raises(ValueError, match=r"^there is no run-time parameter 'shift'; there are: hi"):
        block.set_parameters({"shift": 3})
    with pytest.raises(ValueError, match=r"^readout_shift must be in \[0, 15\], not 16\.$"):
        block.set_parameters({"hidden_shift": 3, "readout_shift": 16})


def test_it_begins_as_the_model_does(block: Any) -> None:
    with Device.open(DESIGN) as model:
        first, state = block.initial(), model.state()
    assert {name: sorted(fields) for name, fields in first.items()} == {
        name: sorted(fields) for name, fields in state.items()
    }
    for space, fields in state.items():
        for name, held in fields.items():
            assert np.array_equal(held, first[space][name]), (space, name)


def test_registers_in_python_and_the_model_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "BITS_AT_A_TIME", 64 * 12 * 2)  # two samples at a time
    spec = DESIGN.recurrent
    assert spec is not None
    manifest = manifest_of_design(DESIGN)
    board = Board.open(MemoryTransport(Responder(RecurrentRegisters(DESIGN, manifest))), manifest)
    spikes, targets = samples(spec, 5)
    with Device.open(DESIGN) as model:
        weights = weights_of(spec)
        board.load(weights)
        model.load({f"{name}.weight": values for name, values in weights.items()})
        board.set(hidden_shift=9)
        model.set(hidden_shift=9)
        assert board.parameters == model.parameters == {"hidden_shift": 9, "readout_shift": 6}
        answers = board.run(spikes=spikes, targets=targets, learn={"output": False})
        assert answers.shape == targets.shape
        told = {"spikes": spikes, "targets": targets, "learn": {"output": False}}
        assert (answers == model.run(**told)).all()
        one = {"spikes": spikes[0], "targets": targets[0], "learn": True}
        assert board.step(**one).tolist() == model.step(**one).tolist()
        for space, fields in model.state().items():
            for name, held in fields.items():
                assert np.array_equal(held, board.state()[space][name]), (space, name)
        board.restore(model.checkpoint(tmp_path / "state.npz"))
        model.restore(board.checkpoint(tmp_path / "board.npz"))
        assert (board.run(spikes=spikes) == model.run(spikes=spikes)).all()
        assert board.run(spikes=spikes[:0]).shape == (0, 12)


@pytest.mark.soak  # a whole system is compiled for it
def test_model_rtl_and_board_give_the_same(tmp_path: Path) -> None:
    assert DESIGN.recurrent is not None
    spikes, targets = samples(DESIGN.recurrent, 6)
    found: dict[str, Any] = {}
    for on in ("model", "rtl", "sim-board"):
        with Device.open(DESIGN, on=on, root=tmp_path) as device:
            device.set(readout_shift=7)
            device.load(device.block.initial_weights(np.random.default_rng(1)))
            answers = [
                device.run(spikes=spikes[:2], targets=targets[:2]),
                device.step(spikes=spikes[2], targets=targets[2])[None],
            ]
            device.set(hidden_shift=9)
            answers.append(device.run(spikes=spikes, targets=targets, learn={"hidden": False}))
            state = device.state()
            file = device.checkpoint(tmp_path / f"{on}.npz")
            answers.append(device.run(spikes=spikes, targets=targets, learn=True))
            device.restore(file)
            answers.append(device.run(spikes=spikes))
            found[on] = np.concatenate(answers), state, device.state(), device.parameters
    expected = found.pop("model")
    assert expected[3] == {"hidden_shift": 9, "readout_shift": 7}
    for on, (answers, *states, parameters) in found.items():
        assert (answers == expected[0]).all(), on
        assert parameters == expected[3]
        for state, wanted in zip(states, expected[1:3], strict=True):
            for space, fields in wanted.items():
                for name, held in fields.items():
                    assert np.array_equal(held, state[space][name]), (on, space, name)
