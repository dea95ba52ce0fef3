"""A lane behind its registers: one synapse, whose state comes back after each step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_driver.bits import Bits
from sc_driver.blocks.bank import BoardSynapses
from sc_driver.blocks.board_block import State


class BoardLane(BoardSynapses):
    """A lane; inputs of T steps have shape (T,)."""

    step_axes = 1

    def state(self) -> State:
        """The fields of the rule, scalars."""
        return _scalars(super().state())

    def initial(self) -> State:
        """What the rule begins with, scalars."""
        return _scalars(super().initial())

    def restore(self, state: State) -> None:
        """Write the weight; ValueError where other fields are not as after that."""
        fields = {name: np.asarray(values) for name, values in state["synapse"].items()}
        whole = {"synapse": {name: values[None] for name, values in fields.items()}}
        super().restore({**state, **whole})
        readback = self.state()["synapse"]
        wrong = sorted(name for name in readback if int(readback[name]) != int(fields[name]))
        if wrong:
            raise ValueError(
                f"a lane's ports load the weight alone: {', '.join(wrong)} can't be restored."
            )

    def results(self, bits: Bits, ticks: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
        """Every field after each step, (T,)."""
        return self.output.fields(bits)


def _scalars(state: State) -> State:
    """A state with the one synapse's fields without an axis."""
    fields = {name: np.asarray(values[0]) for name, values in state["synapse"].items()}
    return {**state, "synapse": fields}


BOARD_BLOCK = BoardLane
