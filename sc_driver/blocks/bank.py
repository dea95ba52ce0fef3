"""A bank behind its registers: one space, `synapse`, with the fields of the rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_driver.bits import Bits, Words, put_fields
from sc_driver.blocks.board_block import (
    BoardBlock,
    Memory,
    State,
    Stimulus,
    rule_initial,
    saturated,
)


class BoardSynapses(BoardBlock):
    """Synapses without neurons; inputs that are too large are saturated, as the models do it."""

    @property
    def synapses(self) -> int:
        """Their number."""
        return int(self.windows[0].spaces["synapse"]["words"])

    def state(self) -> State:
        """The fields of the rule, (N,)."""
        where: Mapping[str, Any] = {"word": np.arange(self.synapses)}
        fields = self.windows[0].read("synapse", where, self.synapses)
        return {"synapse": fields, **self.register_state()}

    def initial(self) -> State:
        """What the rule begins with, (N,)."""
        first = rule_initial(self.manifest)
        fields = {n: np.full(self.synapses, v) for n, v in first.items()}
        return {"synapse": fields, **self.initial_registers()}

    def restore(self, state: State) -> None:
        """Write every field of every synapse."""
        where: Mapping[str, Any] = {"word": np.arange(self.synapses)}
        self.windows[0].load("synapse", where, self.synapses, state["synapse"])
        self.write_registers(state)

    def memories(self) -> list[Memory]:
        """The synapses, with the fields that can be loaded."""
        window = self.windows[0]
        space = window.spaces["synapse"]
        loadable = space.get("loadable", [field["name"] for field in space["fields"]])
        fields = [field for field in space["fields"] if field["name"] in loadable]
        where = {"word": np.arange(self.synapses)}
        return [Memory(window, "synapse", where, self.synapses, fields)]

    def packets(self, stimulus: Stimulus) -> Words:
        """The rule's inputs of T steps: (T, N), (T, 1) or scalars."""
        names = sorted(self.step.fields)
        if sorted(stimulus) != names:
            raise TypeError(f"a step takes the inputs {names}, not {sorted(stimulus)}")
        counts = {len(np.asarray(v)) for v in stimulus.values() if np.ndim(v) == self.step_axes}
        if len(counts) != 1:
            raise ValueError(f"inputs must be of equally many steps, not {sorted(counts)}")
        shape = (*counts, self.step.transfers)
        values = {}
        for name, numbers in stimulus.items():
            field, array = self.step.fields[name], np.asarray(numbers)
            if array.ndim and self.step_axes == 1:
                array = array[:, None]
            whole = saturated(name, array, field["width"], field["signed"])
            values[name] = np.broadcast_to(whole, shape)
        bits = np.zeros((*shape, self.step.transfer_bits), np.uint8)
        put_fields(bits, list(self.step.fields.values()), values)
        return self.step.pack({}, bits)


class BoardBank(BoardSynapses):
    """A bank."""

    step_axes = 2

    def results(self, bits: Bits, ticks: NDArray[np.bool_]) -> None:
        """None: the state is read on request."""


BOARD_BLOCK = BoardBank
