"""Addresses of a layer's words, spikes of its control word, and stimulus that does not fit.

The whole state against the model is in the tests of the board.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from device_designs import LAYER
from host_manifests import manifest_of
from register_model import manifest_of_design

from sc_driver.blocks import board_block
from sc_driver.blocks.layer import BoardLayer, LayerMemory, common_part

NONE: Any = None


def layer_of(manifest: dict[str, Any]) -> BoardLayer:
    block = board_block(NONE, manifest)
    assert isinstance(block, BoardLayer)
    return block


def test_where_synapses_and_inputs_are() -> None:
    """9 inputs in 2 chains of 5 rows, 3 neurons in 2 columns."""
    layer = layer_of(manifest_of("layer", "uart"))
    where = {memory.space: memory.where for memory in layer.memories()}
    synapse = 7 * 3 + 2  # input 7 is row 2 of chain 1; neuron 2 is column 0 of group 1
    found = [int(where["synapse"][part][synapse]) for part in ("chain", "number", "word")]
    assert found == [1, 0, 1 * 5 + 2]
    found = [int(where["synapse"][part][4 * 3 + 1]) for part in ("chain", "number", "word")]
    assert found == [0, 1, 4]
    assert where["input"]["chain"].tolist() == [0] * 5 + [1] * 4
    assert where["input"]["word"].tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3]
    assert (where["neuron"]["word"].tolist(), where["control"]) == ([0, 1, 2], {})


class Words:
    """A window as a table: what was loaded is read."""

    def __init__(self, spaces: dict[str, Any]) -> None:
        self.spaces = spaces
        self.words: dict[str, dict[str, Any]] = {}

    def load(self, space: str, where: Any, count: int, values: dict[str, Any]) -> None:
        self.words[space] = dict(values)

    def read(self, space: str, where: Any, count: int) -> dict[str, Any]:
        return dict(self.words[space])


def test_winner_stands_in_the_control_word() -> None:
    manifest = manifest_of_design(LAYER)
    spaces = {space["name"]: space for space in manifest["host"]["windows"][0]["spaces"]}
    table: Any = Words(spaces)
    memory = LayerMemory(table, manifest["placement"])
    names = {"input": "pre", "output": "post"}
    shapes = {"synapse": (21, 7), "input": (21,), "output": (7,), "neuron": (7,), "control": ()}
    state: Any = {
        names.get(name, name): {
            field["name"]: np.zeros(shapes[name], np.int64) for field in space["fields"]
        }
        for name, space in spaces.items()
        if space["fields"]
    }
    state["neuron"] |= {"fired": np.eye(7, dtype=int)[4], "fired_before": np.zeros(7, int)}
    memory.write(state)
    control = {name: int(value[0]) for name, value in table.words["control"].items()}
    assert (control["won"], control["winner"]) == (1, 4)
    assert (control["won_before"], control["winner_before"]) == (0, 0)
    found = memory.read()
    assert found["neuron"]["fired"].tolist() == [0, 0, 0, 0, 1, 0, 0]
    assert found["neuron"]["fired_before"].tolist() == [0] * 7
    assert not {"won", "winner"} & found["control"].keys()


@pytest.mark.parametrize(
    ("stimulus", "error", "text"),
    [
        ({"reward": 1}, TypeError, r"^a step of a layer takes spikes, shape \(inputs,\)$"),
        ({"spikes": [[1] * 8]}, ValueError, r"^spikes must have shape \(T, 9\), not \(1, 8\)\.$"),
        ({"spikes": [1] * 9}, ValueError, r"^spikes must have shape \(T, 9\), not \(9,\)\.$"),
        (
            {"spikes": [[1] * 9], "rewards": 1},
            TypeError,
            "^a step takes reward, clear_trial, clear_traces beside its spikes, not rewards$",
        ),
        ({"spikes": [[1] * 9], "reward": 0.5}, TypeError, "^reward must be integers, not float64$"),
        # this layer has no critic
        ({"spikes": [[1] * 9], "reward": 1, "outcome": True}, TypeError, "^a step takes reward, "),
    ],
    ids=["no spikes", "too few", "one step", "unknown", "no integer", "no critic"],
)
def test_stimulus_that_does_not_fit(
    stimulus: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        layer_of(manifest_of("layer", "uart")).packets(stimulus)


def test_packet_of_two_chains() -> None:
    layer = layer_of(manifest_of("layer", "uart"))
    spikes = np.zeros((2, 9), int)
    spikes[0, 5] = spikes[0, 3] = 9  # saturated to a spike
    # row 0 of chain 1 is bit 1; row 3 of chain 0 is bit 6; a flag that is never set is left out
    words = layer.packets({"spikes": spikes, "reward": [-200, 1], "outcome": [0, 0]})
    assert words.tolist() == [[0x80, 1 << 1 | 1 << 6], [1, 0]]


def test_common_part() -> None:
    fields = {"reward": {"bits": 4, "signed": True}, "outcome": {"bits": 1, "signed": False}}
    part = common_part(fields, {"reward": [-9, 9], "outcome": [0, 3]})
    assert {name: values.tolist() for name, values in part.items()} == {
        "reward": [-8, 7],
        "outcome": [False, True],
    }
    with pytest.raises(TypeError, match=r"^a step takes nothing beside its spikes, not outcome$"):
        common_part({}, {"outcome": 1})
