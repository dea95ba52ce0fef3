"""The registers of a layer's board in Python, written from the tables of `docs/host.md`: reads and
writes are answered by the layer's model. It shares no code with the driver or with the gateware.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sc_hw import Device
from sc_hw.build.naming import build_id
from sc_hw.host.system import system_of
from sc_model.rules import resolve
from sc_model.spec import Design
from sc_sim.layer_words import CheckpointWords


def manifest_of_design(design: Design) -> dict[str, Any]:
    """What the manifest of a build with a UART says, without its Verilog."""
    design = design.behind("uart")
    system = system_of(design)
    return {
        "id": build_id(design),
        "design": design.model_dump(mode="json"),
        **rule_of(design),
        **system.block.description(),
        "host": system.description(),
    }


def rule_of(design: Design) -> dict[str, Any]:
    """The part of a manifest about the rule, with what a driver reads of it."""
    if design.learns is None:
        return {}
    rule, params = resolve(design.learns)
    state = [
        {"name": field.name, "initial": field.initial, "loadable": field.loadable}
        for field in rule.state
    ]
    parameters = params.model_dump(mode="json")
    return {"rule": {"family": rule.family, "parameters": parameters, "state": state}}


class LayerRegisters:
    """A bus for `link_responder.Responder`.

    Members
    -------
    model : the layer.
    values : what registers give that are changed by a test, by name.
    """

    def __init__(self, design: Design, manifest: dict[str, Any]) -> None:
        self.host, self.values = manifest["host"], {}
        self.model = Device.open(design)
        self._names = {one["offset"] // 4: one for one in self.host["registers"]}
        self._words = CheckpointWords(manifest)
        self._place = manifest["placement"]
        self._at = {}
        for space, index in self._words.everything:
            parts = {"space": self._words.codes[space], **self._words.where(space, index)}
            address = sum(
                int(parts.get(f["name"], 0)) << f["offset"]
                for f in self.host["windows"][0]["address"]
            )
            self._at[address] = (space, index)
        self.reset()

    def reset(self) -> None:
        self.steps: list[int] = []
        self.outputs: list[int] = []
        self.taken = self.errors = self.address = self.part = self.data = 0

    def __call__(self, address: int, word: int | None) -> int | None:
        register = self._names.get(address)
        if register is None:
            return None
        name = register["name"]
        if word is None:
            return self.values[name] if name in self.values else self._read(name, register["reset"])
        if name == "STEP_DATA":
            self._push(word)
        elif name == "WINDOW_ADDRESS":
            self.address, self.part, self.data = word, 0, 0
        elif name == "WINDOW_DATA":
            self._window_write(word)
        elif name == "CONTROL" and word & 2:
            self.reset()
        return 0

    def _read(self, name: str, reset: int | None) -> int:
        match name:
            case "STEP_ROOM":
                return self.host["fifo"]["step_words"] - len(self.steps)
            case "OUTPUT_LEVEL":
                return len(self.outputs)
            case "OUTPUT_DATA":
                return self.outputs.pop(0)
            case "STEPS_TAKEN" | "STEPS_DONE":
                return self.taken
            case "ERRORS":
                return self.errors
            case "WINDOW_DATA":
                return self._window_read()
        return reset or 0

    # --- steps ------------------------------------------------------------------------------------

    def _push(self, word: int) -> None:
        self.steps.append(word)
        step = self.host["step"]
        if len(self.steps) < step["words"]:
            return
        packet = sum(w << 32 * n for n, w in enumerate(self.steps))
        self.steps = []
        values: dict[str, Any] = {}
        for f in step["common"]:
            value = packet >> (32 * f["word"] + f["lo"]) & (1 << f["bits"]) - 1
            values[f["name"]] = (
                value - (1 << f["bits"]) * (value >> f["bits"] - 1) if f["signed"] else value
            )
        bits, first = step["transfer_bits"], 32 * step["common_words"]
        rows = []
        for n in range(step["transfers"]):
            if per := step.get("transfers_per_word"):
                at = first + n // per * 32 + n % per * bits
            else:
                at = first + 32 * n * step["words_per_transfer"]
            rows.append(packet >> at & (1 << bits) - 1)
        spikes = [
            rows[i % self._place["rows"]] >> i // self._place["rows"] & 1
            for i in range(self._place["inputs"])
        ]
        flags = {n: bool(v) for n, v in values.items() if n in FLAGS}
        fired = self.model.step(spikes=np.array(spikes), **{**values, **flags})
        self.taken += 1
        word = sum(int(bit) << n for n, bit in enumerate(fired))
        self.outputs.append(self.taken)
        self.outputs += [word >> 32 * n & 0xFFFFFFFF for n in range((len(fired) + 31) // 32)]

    # --- the window -------------------------------------------------------------------------------

    def _next_word(self) -> None:
        self.address += 1 << self.host["windows"][0]["address"][-1]["offset"]
        self.part = self.data = 0

    def _window_write(self, word: int) -> None:
        self.data |= word << 32 * self.part
        self.part += 1
        if self.part == self.host["windows"][0]["accesses"]:
            space, index = self._at[self.address]
            state = self.model.state()
            slots = self._words.spaces[space]
            fields = {name: slot.get(self.data) for name, slot in slots.items()}
            self._words.store(state, space, index, fields)
            self.model.restore(state)
            self._next_word()

    def _window_read(self) -> int:
        space, index = self._at[self.address]
        fields = self._words.fields(self.model.state(), space, index)
        slots = self._words.spaces[space]
        word = sum(slots[name].put(value or 0) for name, value in fields.items())
        part = word >> 32 * self.part & 0xFFFFFFFF
        self.part += 1
        if self.part == self.host["windows"][0]["accesses"]:
            self._next_word()
        return part


FLAGS = ("outcome", "decide", "clear_trial", "clear_traces")
