# amaranth: UnusedElaboratable=no
"""A layer taken apart for its proof: each part's Verilog, and what the proof has to know of it,
under `proof/`.

The lane is read back out of the layer's own Verilog, where it is a module. The other parts are
emitted standalone_verilog, so that their ports keep their names and are free.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from amaranth.hdl import Shape
from amaranth.lib import data, wiring

from sc_hw.build.emit import to_verilog
from sc_hw.fabric.datapath import Datapath
from sc_hw.files import write_json, write_text
from sc_hw.plastic import PlasticLayer
from sc_hw.plastic.host import HostPort
from sc_hw.plastic.inputs import InputMemory
from sc_hw.plastic.lane import FETCH, PlasticLane
from sc_hw.plastic.neurons import NeuronMemory
from sc_hw.plastic.outputs import FEED, OutputMemory
from sc_hw.plastic.sequencer import LayerSequencer

PARTS = "parts.json"
LARGEST = (
    14,
    11,
    12,
    20,
)  # bits of rows, pauses, groups and addresses in the largest layer that there can be


def fields_of(layout: data.StructLayout) -> list[dict[str, Any]]:
    """Fields of a flat layout."""
    result = []
    for name, field in layout:
        shape = Shape.cast(field.shape)
        result.append(
            {
                "name": str(name),
                "offset": field.offset,
                "width": shape.width,
                "signed": shape.signed,
            }
        )
    return result


def named_signals(update: Datapath) -> list[dict[str, Any]]:
    """The named intermediates of a pipeline: signal, width, range and stage."""
    if update.plan is None:
        raise ValueError("only a pipeline has stages")
    rows = []
    for name, index in update.graph.lets.items():
        interval, slot = update.graph.nodes[index].interval, update.plan.slots[index]
        if slot is not None:
            width = interval.format.width
            rows.append(
                {
                    "name": name,
                    "signal": f"update.{name}",
                    "width": width,
                    "lo": interval.lo,
                    "hi": interval.hi,
                    "stage": slot.stage,
                }
            )
    return rows


def lane_facts(lane: PlasticLane) -> dict[str, Any]:
    """When a lane needs and does what."""
    plan, parts = lane.plan, lane.plan.parts
    ports = {}
    for name in lane.signature.members:
        kind, _, what = str(name).partition("_")
        if name == "pre_spike":
            ports[parts.pre_spike] = ("pre_spike", FETCH + plan.update.arrival[parts.pre_spike])
        elif kind in ("pre", "mod"):
            ports[what] = (str(name), FETCH + plan.update.arrival[what])
    return {
        "fetch": FETCH,
        "read_at": FETCH - plan.fetch,
        "split": plan.split,
        "saturating": list(plan.saturating),
        "single_port": plan.memory == "single_port",
        "weight_fetched": plan.weight_fetched,
        "taken": plan.taken,
        "write_weight": plan.write_weight,
        "write_others": plan.write_others,
        "weight": parts.weight,
        "word": fields_of(lane.word),
        "others": fields_of(lane.other_word),
        "neuron": fields_of(lane.post_word),
        "ports": ports,
        "rows": plan.placement.rows,
        "signed_weights": lane.layer.signed_weights,
        "named_signals": named_signals(plan.update),
    }


def neurons_facts(neurons: NeuronMemory) -> dict[str, Any]:
    """Layouts of the neurons' words, and their clocks."""
    place, shape = neurons.place, Shape.cast(neurons.sums.shape().elem_shape)
    chains = [
        {
            "name": str(chain),
            "offset": chain * shape.width,
            "width": shape.width,
            "signed": shape.signed,
        }
        for chain in range(place.chains)
    ]
    return {
        "adding": neurons.adding,
        "update_latency": neurons.update.latency,
        "fetch": FETCH,
        "neurons": place.neurons,
        "total": place.groups * place.columns,
        "inputs": [
            max(0, min(place.rows, place.inputs - place.rows * chain))
            for chain in range(place.chains)
        ],
        "word": fields_of(neurons.fields),
        "control": fields_of(neurons.control_layout),
        "sums": chains,
        "named_signals": named_signals(neurons.update),
    }


def inputs_facts(inputs: InputMemory) -> dict[str, Any]:
    """Layout and clocks of the head of a chain."""
    return {
        "fetch": FETCH,
        "update_latency": inputs.update.latency,
        "fields": fields_of(inputs.fields),
        "spike": inputs.parts.pre_spike,
        "named_signals": named_signals(inputs.update),
    }


def outputs_facts(outputs: OutputMemory) -> dict[str, Any]:
    """Layouts and clocks of the neurons' traces."""
    return {
        "feed": FEED,
        "update_latency": outputs.update.latency,
        "fields": fields_of(outputs.fields),
        "values": fields_of(outputs.values_layout),
        "spike": outputs.parts.post_spike,
        "named_signals": named_signals(outputs.update),
    }


def host_facts(layer: PlasticLayer) -> dict[str, Any]:
    """Layouts and clocks of the host's visits."""
    return {
        "drain": layer.timing.drain,
        "settle": layer.settle,
        "spaces": {space.name.lower(): space.value for space in layer.spaces},
        "load": fields_of(layer.load_layout),
    }


def host_port(layer: PlasticLayer, drain: int) -> HostPort:
    """The layer's host port; `drain` clocks pass before it lets the host in."""
    return HostPort(
        layer.load_layout,
        layer.read_layout,
        layer.lane.word,
        layer.parts.weight,
        signed=layer.layer.signed_weights,
        settle=layer.settle,
        drain=drain,
    )


def _sequencer_widths(layer: PlasticLayer) -> tuple[int, int, int, int]:
    place = layer.place
    return (
        layer.row_bits,
        max(1, (layer.timing.slots - place.rows - 1).bit_length()),
        max(1, (place.groups - 1).bit_length()),
        len(layer.lane.read),
    )


def sequencer_facts(widths: tuple[int, int, int, int]) -> dict[str, Any]:
    """How claims name the widths of a sequencer's ports."""
    row, pause, group, _ = widths
    return {"label": f", {row}-bit rows, {pause}-bit pauses, {group}-bit groups"}


def standalone_verilog(component: wiring.Component, name: str) -> str:
    """Verilog of a part as module `name`, without ports of no bits: Verilog has none, and inside a
    layer they vanish.
    """
    text = to_verilog(component, name, None)
    for port in set(re.findall(r"^  wire \[-1:0\] (\w+);$", text, re.M)):
        text = re.sub(rf"^  \w+ \[-1:0\] {port};\n", "", text, flags=re.M)
        text = re.sub(rf"^(module [^;]*?)\b{port}(?:, |(?=\)))", r"\1", text, flags=re.M)
    return text


class Parts:
    """Collects the parts of a layer under `folder`/proof."""

    def __init__(self, folder: Path, only: Collection[str] = ()) -> None:
        self.folder, self.only = folder, only
        self.rows: list[dict[str, Any]] = []

    def module(self, part: str, verilog: str, top: str, facts: dict[str, Any]) -> None:
        """A module of Verilog that has been written already."""
        if not self.only or part in self.only:
            self.rows.append({"part": part, "verilog": verilog, "top": top, "facts": facts})

    def standalone_verilog(
        self, part: str, component: wiring.Component, facts: dict[str, Any], name: str = ""
    ) -> None:
        """A component emitted standalone_verilog."""
        if self.only and part not in self.only:
            return
        file = f"proof/{name or part}.v"
        write_text(self.folder / file, standalone_verilog(component, part))
        self.module(part, file, part, facts)

    def write(self) -> None:
        """Leave word of all parts."""
        write_json(self.folder / "proof" / PARTS, {"parts": self.rows})


def write_parts(
    layer: PlasticLayer, folder: Path, *, every_size: bool = True, only: Collection[str] = ()
) -> None:
    """Write the parts of a layer whose Verilog lies in `folder`.

    `every_size`: also a sequencer for the largest layer that there can be, so that its order is
    proved for all sizes. `only`: of these kinds, all if empty.
    """
    parts = Parts(folder, only)
    for name, lane in layer.lanes.items():
        parts.module("lane", "top.v", name, lane_facts(lane))
    sizes = {"sequencer": _sequencer_widths(layer)}
    if every_size:
        sizes["largest_sequencer"] = LARGEST
    for name, widths in sizes.items():
        parts.standalone_verilog(
            "sequencer", LayerSequencer(*widths), sequencer_facts(widths), name
        )
    parts.standalone_verilog(
        "neurons", layer.neurons, neurons_facts(layer.neurons) | {"weight": layer.parts.weight}
    )
    parts.standalone_verilog("inputs", layer.inputs[0], inputs_facts(layer.inputs[0]))
    parts.standalone_verilog("outputs", layer.outputs, outputs_facts(layer.outputs))
    if layer.critic is not None:
        (reward,) = layer.parts.modulators
        parts.standalone_verilog(
            "critic", layer.critic, {"latency": layer.critic.latency, "reward": reward}
        )
    parts.standalone_verilog("host", host_port(layer, layer.timing.drain), host_facts(layer))
    parts.write()
