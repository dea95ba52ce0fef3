"""The design as a board carries it, and where its files go."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.bitstream.build import board_variant, build_board, folder_of, system_on_board
from sc_hw.boards import load_board
from sc_hw.build.elaborate import elaborate
from sc_hw.build.naming import build_id, design_hash
from sc_model.spec import ConfigError, Design
from sc_model.spec.host import HostSpec

LANE = Design(name="mine", block="lane")


def test_the_variant_has_the_boards_fabric_door_and_clock() -> None:
    board = load_board("icebreaker")
    variant = board_variant(LANE, board, 30)
    assert variant.fabric == "ice40_up"
    assert variant.host is not None
    assert (variant.host.door, variant.host.clock_mhz) == ("uart", 30.0)
    # the driver sees the same design, whatever fabric it is on
    assert design_hash(variant) == design_hash(LANE)
    assert build_id(variant) != build_id(LANE)


def test_keys_of_another_door_are_not_taken_over() -> None:
    board = load_board("icebreaker")
    mine = LANE.model_copy(update={"host": HostSpec(door="uart", baud=500_000)})
    assert board_variant(mine, board).host.options == {"baud": 500_000}  # type: ignore[union-attr]
    other = LANE.model_copy(update={"host": HostSpec(door="axi", streams=False)})
    assert board_variant(other, board).host.options == {}  # type: ignore[union-attr]


@pytest.mark.parametrize("mhz", [0.5, 401, float("nan"), float("inf")])
def test_a_clock_that_is_none_is_refused(mhz: float, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--mhz must be from 1 to 400"):
        build_board(LANE, "icebreaker", mhz=mhz, root=tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_the_board_carries(tmp_path: Path) -> None:
    board = load_board("hx8k-breakout")
    build = elaborate(board_variant(LANE, board), tmp_path)
    assert folder_of(LANE, board, root=tmp_path) == build.folder / "board" / board.name
    system = system_on_board(build)
    assert system.facts["build_id"] == build.id
    assert system.synapses_per_clock == 1
    assert "synapse_lane" in system.shared_modules
    with pytest.raises(ValueError, match="seeds must be >= 1"):
        build_board(LANE, board, seeds=0, root=tmp_path)
