# amaranth: UnusedElaboratable=no
"""A design's block: the component that a frozen design describes, and what a manifest says about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Shape, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from sc_hw.bank import ADDRESS_STAGES, MEMORY_STAGES, SynapseBank
from sc_hw.families import Family
from sc_hw.lane import SynapseLane
from sc_hw.layer import PlasticLayer
from sc_model.graph import Graph
from sc_model.rules import resolve
from sc_model.spec import Design
from sc_model.spec.layer import placement


@dataclass(frozen=True)
class Block:
    """A component with its place in a design."""

    component: SynapseLane | SynapseBank | PlasticLayer
    design: Design
    top: str

    @property
    def graph(self) -> Graph:
        """The compiled graph that the block computes for each synapse."""
        return self.component.plan.graph if isinstance(self.component, PlasticLayer) else self.component.graph

    def stage(self, node: int) -> int | None:
        """Clocks from a node's inputs to the node in a pipelined datapath; 0 in a combinational one, None for constants."""
        if isinstance(self.component, SynapseLane):
            return 0
        update = self.component.plan.update if isinstance(self.component, PlasticLayer) else self.component.update
        plan = update.plan
        slot = plan.slots[node] if plan is not None else None
        return None if slot is None else slot.stage

    def description(self) -> dict[str, Any]:
        """What a manifest says of the hardware itself: ports, timing, named signals with their ranges and stages."""
        return {
            "ports": ports_of(self.component),
            "timing": self.timing(),
            **(_layer_description(self.component) if isinstance(self.component, PlasticLayer) else {}),
            "named_signals": [
                {
                    "name": name,
                    "signal": f"update.{name}",
                    "width": self.graph.nodes[i].interval.format.width,
                    "lo": self.graph.nodes[i].interval.lo,
                    "hi": self.graph.nodes[i].interval.hi,
                    "stage": self.stage(i),
                }
                for name, i in self.graph.lets.items()
            ],
        }

    def timing(self) -> dict[str, Any]:
        """Latency and throughput, in clocks."""
        if isinstance(self.component, SynapseLane):
            return {"latency_clocks": 1, "synapses_per_clock": 1, "span_clocks": 1}
        if isinstance(self.component, PlasticLayer):
            layer = self.component
            return {
                "latency_clocks": layer.timing.decision,
                "synapses_per_clock": layer.place.chains * layer.place.columns,
                "span_clocks": layer.timing.span,
                "slot_clocks": layer.timing.slots,
                "sweep_clocks": layer.timing.sweep,
                "drain_clocks": layer.timing.drain,
                "update_latency_clocks": layer.plan.update.latency,
                "critic_clocks": layer.critic_clocks,
            }
        bank = self.component
        return {
            "latency_clocks": bank.span,
            "synapses_per_clock": 1,
            "span_clocks": bank.span,
            "sweep_clocks": bank.synapses if bank.synapses >= bank.span else bank.synapses + bank.span - 1,
            "read_clocks": ADDRESS_STAGES + MEMORY_STAGES,
            "update_latency_clocks": bank.update.latency,
        }


def block_of(design: Design, family: Family, graph: Graph | None = None) -> Block:
    """The block of a design for a family; `graph` puts another graph in place of the compiled one."""
    rule, params = resolve(design.rule)
    if design.layer is not None and design.neuron is not None:
        layer = PlasticLayer(rule, params, design.layer, design.neuron, placement(design.layer), family)
        return Block(layer, design, "plastic_layer")
    if design.block == "lane":
        return Block(SynapseLane(rule, params, graph, family), design, "synapse_lane")
    return Block(SynapseBank(rule, params, design.synapses, family, graph), design, "synapse_bank")


def _layer_description(layer: PlasticLayer) -> dict[str, Any]:
    """Where the synapses lie, and what the host finds in each space."""
    place = layer.place
    words = {
        "SYNAPSE": place.depth,
        "INPUT": place.rows,
        "OUTPUT": place.neurons,
        "NEURON": place.neurons,
        "CONTROL": 1,
    }
    return {
        "placement": {
            "inputs": place.inputs,
            "neurons": place.neurons,
            "chains": place.chains,
            "columns": place.columns,
            "rows": place.rows,
            "groups": place.groups,
            "depth": place.depth,
            "memory": layer.plan.memory,
        },
        "spaces": [
            {"name": space.name.lower(), "code": space.value, "words": words[space.name], "fields": _fields(layout)}
            for space, layout in layer.spaces.items()
        ],
    }


def _fields(shape: Any, offset: int = 0, prefix: str = "") -> list[dict[str, Any]]:
    """Leaf fields of a packed layout: name, bit offset, width, sign."""
    if isinstance(shape, data.StructLayout):
        result = []
        for name, field in shape:
            result += _fields(
                field.shape,
                offset + field.offset,
                f"{prefix}{name}." if isinstance(field.shape, data.StructLayout) else prefix + name,
            )
        return result
    form = Shape.cast(shape)
    return [{"name": prefix, "offset": offset, "width": form.width, "signed": form.signed}]


def ports_of(component: wiring.Component) -> list[dict[str, Any]]:
    """Ports of the emitted module in the order of the signature, clock and reset first."""
    ports: list[dict[str, Any]] = [
        {"name": "clk", "direction": "input", "width": 1, "signed": False, "fields": []},
        {"name": "rst", "direction": "input", "width": 1, "signed": False, "fields": []},
    ]
    for path, member, value in component.signature.flatten(component):
        if not isinstance(value, (Value, data.View)) and not hasattr(value, "as_value"):
            continue
        packed = isinstance(member.shape, data.StructLayout)
        shape = Shape.cast(member.shape)
        ports.append(
            {
                "name": "__".join(map(str, path)),
                "direction": "input" if member.flow == In else "output",
                "width": shape.width,
                "signed": shape.signed,
                "fields": _fields(member.shape) if packed else [],
            }
        )
    return ports
