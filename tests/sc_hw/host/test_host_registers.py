"""The registers themselves: clearing, errors, interrupts, clocks."""

from __future__ import annotations

from pathlib import Path

from host_board import (
    CLEAR,
    HALT,
    HALTED,
    IDLE,
    LAYERS,
    OUTPUTS,
    RESET,
    HostBoard,
    LayerBoard,
)

from sc_hw.build.elaborate import elaborate


def test_clear_drops_what_waits_and_nothing_else(builds: Path) -> None:
    layer = LayerBoard(LAYERS["critic"], builds, seed=8)
    board = layer.board
    layer.begin()
    drawn = layer.stimulus(20)
    words = [word for step in layer.packets(drawn) for word in step]
    # A step that lacks a word does not begin, and keeps nobody waiting.
    assert board.host["step"]["words"] > 1
    board["STEP_DATA"] = words[0]
    board.wait(20)
    layer.compare()
    assert board["STEPS_TAKEN"] == 0
    assert board["STATUS"] & IDLE
    # one word of a further step: it must not become the first word of a later one
    board.write("STEP_DATA", [*words[1:], words[0]])
    board["CONTROL"] = CLEAR
    taken = board["STEPS_TAKEN"]
    assert 0 < taken < 20  # the output FIFO has room for some
    assert board["STEPS_DONE"] == taken
    assert board["STATUS"] & (IDLE | OUTPUTS) == IDLE
    assert board["OUTPUT_LEVEL"] == 0
    assert board["STEP_ROOM"] == board.host["fifo"]["step_words"]
    layer.model.run(**{name: values[:taken] for name, values in drawn.items()})
    layer.compare()
    layer.play(12)
    layer.compare()


def test_errors_stick_until_they_are_cleared(builds: Path) -> None:
    layer = LayerBoard(LAYERS["critic"], builds, seed=9)
    board = layer.board
    layer.begin()

    def errors() -> dict[str, int]:
        (register,) = (one for one in board.host["registers"] if one["name"] == "ERRORS")
        word = board["ERRORS"]
        return {f["name"]: word >> f["lo"] & 1 for f in register["fields"] if word >> f["lo"] & 1}

    assert errors() == {}
    assert board.attempt([("OUTPUT_DATA", None)]) == [(0, False)]
    assert errors() == {"output_empty": 1}
    board["ERRORS"] = 0xFFFF_FFFD  # all bits but this one
    assert errors() == {"output_empty": 1}
    board["ERRORS"] = 2
    assert errors() == {}
    wrong = [("STEP_DATA", None), ("STATUS", 1), ("MAGIC", 0), (0x3F, None), (0x1000, None)]
    for access in wrong:
        assert board.attempt([access]) == [(0, True)], access
        assert errors() == {"bad_address": 1}
        board["ERRORS"] = 4
    board["WINDOW_PORT"] = 1  # a layer has one
    assert board.attempt([("WINDOW_DATA", None), ("WINDOW_DATA", 5)]) == [(0, True), (0, True)]
    assert errors() == {"window_busy": 1}
    board["ERRORS"] = 8
    board["CONTROL"] = HALT
    board.wait(50)
    room = board["STEP_ROOM"]
    steps = layer.stimulus(room // board.host["step"]["words"])
    words = [word for step in layer.packets(steps) for word in step]
    board.write("STEP_DATA", words)
    extra = board["STEP_ROOM"]
    board.write("STEP_DATA", [0] * extra)
    assert board["STEP_ROOM"] == 0
    assert errors() == {}
    board["INTERRUPT_ENABLE"] = 4
    assert not board.interrupt
    board["STEP_DATA"] = 5
    assert errors() == {"step_overflow": 1}
    assert board["STATUS"] & (HALTED | IDLE) == HALTED | IDLE
    assert board.interrupt
    assert board["INTERRUPT_CAUSE"] == 4
    board["CONTROL"] = HALT | RESET
    assert errors() == {}
    assert not board.interrupt
    assert board["INTERRUPT_ENABLE"] == 4
    assert board["CONTROL"] == HALT
    board["INTERRUPT_ENABLE"] = 1
    board["CONTROL"] = 0
    board.write("STEP_DATA", layer.packets(layer.stimulus(1))[0])
    board.settle()
    board.wait(5)
    assert board.interrupt
    assert board["INTERRUPT_CAUSE"] == 3
    board.read("OUTPUT_DATA", 1)
    board.wait(5)
    assert not board.interrupt  # for a part of a packet nobody is called
    assert board["INTERRUPT_CAUSE"] == 2
    assert board["STATUS"] & OUTPUTS


def test_clocks_are_counted_in_64_bits(builds: Path) -> None:
    board = HostBoard(elaborate(LAYERS["critic"], builds), 1)
    low, high = board["CLOCKS_LOW"], board["CLOCKS_HIGH"]
    board.wait(1000)
    later = board["CLOCKS_LOW"]
    assert high == 0
    assert 1000 + 2 * 4 <= later - low <= 1000 + 2 * 30  # two accesses, of one instant each
    board["CONTROL"] = RESET
    assert board["CLOCKS_LOW"] < 100
