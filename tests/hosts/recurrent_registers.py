"""The registers of a recurrent network's board in Python, from the tables of the documentation
(`docs/host.md`, `docs/recurrent_on_chip.md`): reads, writes and steps are answered by the golden
network. It shares no code with the driver or with the gateware.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from register_model import LayerRegisters

from sc_model.golden.recurrent_network import UNTOLD, RecurrentNetwork
from sc_model.spec import Design

SYNAPSE, OUTPUT = 1, 3  # codes of the spaces; 5 is that of the registers


class RecurrentRegisters(LayerRegisters):
    """A bus for `link_responder.Responder`.

    Members
    -------
    golden : the network.
    values : what registers give that are changed by a test, by name.
    """

    def __init__(self, design: Design, manifest: dict[str, Any]) -> None:
        assert design.recurrent is not None
        self.host, self.values = manifest["host"], {}
        self.golden = RecurrentNetwork(design.recurrent)
        self._names = {one["offset"] // 4: one for one in self.host["registers"]}
        self._address = self.host["windows"][0]["address"]
        self._spaces = {space["code"]: space for space in self.host["windows"][0]["spaces"]}
        self.reset()

    # --- steps ------------------------------------------------------------------------------------

    def _push(self, word: int) -> None:
        self.steps.append(word)
        if len(self.steps) < self.host["step"]["words"]:
            return
        head, *rest = self.steps
        self.steps = []
        spikes = sum(part << 32 * n for n, part in enumerate(rest))
        lines = np.array([spikes >> n & 1 for n in range(self.golden.spec.inputs)])
        if head & 1:
            self.golden._begin()
        winner = self.golden.step(lines, head >> 2 if head & 2 else UNTOLD)
        self.taken += 1
        self.outputs += [self.taken, winner]

    # --- the window -------------------------------------------------------------------------------

    def _places(self) -> list[tuple[Any, Any, Any, Any]]:
        """Of each field of the word at the address: its bits, its space of the state, its name
        there, and the index of a value.
        """
        at = {f["name"]: self.address >> f["offset"] & (1 << f["width"]) - 1 for f in self._address}
        spec, state = self.golden.spec, self.golden.state
        hidden, readout = state[spec.hidden.name], state[spec.readout.name]
        group, row = divmod(at["word"], spec.rows)
        found: list[tuple[Any, Any, Any, Any]] = []
        for field in self._spaces[at["space"]]["fields"]:
            name = field["name"]
            if at["space"] == SYNAPSE:
                index = (row, group * spec.hidden.lanes + at["lane"])
                found.append((field, hidden, name, index))
            elif at["space"] == OUTPUT:
                found.append((field, readout, name, (at["word"], at["lane"])))
            elif name.startswith("learn_"):
                layer = hidden if name == "learn_hidden" else readout
                found.append((field, layer, "learn", None))
            else:
                found.append((field, state["control"], name, None))
        return found

    def _window_write(self, word: int) -> None:
        for field, fields, name, index in self._places():
            value = word >> field["offset"] & (1 << field["width"]) - 1
            sign = value >> field["width"] - 1 if field["signed"] else 0
            value -= sign << field["width"]
            if index is None:
                fields[name] = np.array(value)
            else:
                fields[name][index] = value
        self._next_word()

    def _window_read(self) -> int:
        word = 0
        for field, fields, name, index in self._places():
            held = fields[name] if index is None else fields[name][index]
            word |= (int(held) & (1 << field["width"]) - 1) << field["offset"]
        self._next_word()
        return word
