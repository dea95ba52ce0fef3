# amaranth: UnusedElaboratable=no
"""A design's block: the component that a frozen design describes, and what a manifest says about
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Shape, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from sc_hw.fabric.families import Family
from sc_hw.network.network import SpikeNetwork
from sc_hw.network.plastic_stage import PlasticStage
from sc_hw.plastic import PlasticLayer
from sc_hw.synapse.bank import ADDRESS_STAGES, MEMORY_STAGES, SynapseBank
from sc_hw.synapse.lane import SynapseLane
from sc_model.graph import Graph
from sc_model.rules import resolve
from sc_model.spec import PLASTIC, Design, HetSynSpec
from sc_model.spec.plastic_layer import placement


@dataclass(frozen=True)
class Block:
    """A component with its place in a design."""

    component: SynapseLane | SynapseBank | PlasticLayer
    design: Design
    top: str

    @property
    def graph(self) -> Graph:
        """The compiled graph that the block computes for each synapse."""
        return (
            self.component.plan.graph
            if isinstance(self.component, PlasticLayer)
            else self.component.graph
        )

    def stage(self, node: int) -> int | None:
        """Clocks from a node's inputs to the node in a pipelined datapath; 0 in a combinational
        one, None for constants.
        """
        if isinstance(self.component, SynapseLane):
            return 0
        update = (
            self.component.plan.update
            if isinstance(self.component, PlasticLayer)
            else self.component.update
        )
        plan = update.plan
        slot = plan.slots[node] if plan is not None else None
        return None if slot is None else slot.stage

    def description(self) -> dict[str, Any]:
        """What a manifest says of the hardware itself: ports, timing, named signals with their
        ranges and stages.
        """
        return {
            "domain": {**clock_of("sync"), "edge": "rising", "reset_kind": RESET_KIND},
            "ports": ports_of(self.component),
            "timing": self.timing(),
            **(
                _layer_description(self.component)
                if isinstance(self.component, PlasticLayer)
                else {}
            ),
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
            "sweep_clocks": bank.synapses
            if bank.synapses >= bank.span
            else bank.synapses + bank.span - 1,
            "read_clocks": ADDRESS_STAGES + MEMORY_STAGES,
            "update_latency_clocks": bank.update.latency,
        }


@dataclass(frozen=True)
class NetworkBlock:
    """A network with its place in a design."""

    component: SpikeNetwork
    design: Design
    top: str = "spike_network"

    def description(self) -> dict[str, Any]:
        """What a manifest says of the hardware itself: clocks, ports, timing, layers, crossings."""
        network = self.component
        spec = network.spec
        domains = [
            {"role": role, **clock_of(role), "mhz": spec.clock(role).mhz} for role in spec.roles
        ]
        return {
            "domains": [
                {**domain, "edge": "rising", "reset_kind": RESET_KIND} for domain in domains
            ],
            "ports": ports_of(network, spec.roles),
            "timing": self.timing(),
            "layers": [self._layer(index) for index in range(len(spec.layers))],
            "crossings": [crossing.as_json() for crossing in network.crossings],
            **({PLASTIC: self._plastic(network.plastic)} if network.plastic is not None else {}),
        }

    def _plastic(self, stage: PlasticStage) -> dict[str, Any]:
        """The plastic layer behind the others."""
        last = self.component.spec.layers[-1]
        timing = stage.layer.timing
        clocks = {"sweep_clocks": timing.sweep, "decision_clocks": timing.decision}
        return {
            "domain": last.clock,
            "tick_interval": last.tick_interval,
            **clocks,
            **_layer_description(stage.layer),
        }

    def timing(self) -> dict[str, Any]:
        """Latency and throughput, in clocks of each layer's own domain."""
        layers = self.component.layers
        return {
            "latency_clocks": None,
            "synapses_per_clock": sum(layer.spec.lanes for layer in layers.values()),
            "tick_clocks": {name: layer.tick_clocks for name, layer in layers.items()}
            | self._plastic_clocks(),
        }

    def _plastic_clocks(self) -> dict[str, int]:
        """At most what the plastic layer takes for a word."""
        stage = self.component.plastic
        return (
            {}
            if stage is None
            else {
                PLASTIC: stage.layer.timing.sweep
                + stage.layer.timing.decision
                + stage.layer.critic_clocks
            }
        )

    def _layer(self, index: int) -> dict[str, Any]:
        spec = self.component.spec.layers[index]
        layer, crossing = self.component.layers[spec.name], self.component.spec.crossing(index)
        words = {
            "SYNAPSE": spec.depth,
            "NEURON": spec.neurons,
            "CONTROL": 1,
            "HISTORY": spec.columns,
        }
        codes = spec.codes(self.component.spec.tick_ms) if isinstance(spec, HetSynSpec) else None
        return {
            "name": spec.name,
            "kind": spec.kind,
            "columns": spec.columns,
            "domain": spec.clock,
            "lanes": spec.lanes,
            "crossing": {
                "policy": crossing.policy,
                "i_interval": crossing.i_interval,
                "o_interval": crossing.o_interval,
            },
            "value_bits": crossing.value.width,
            "memory_bits": layer.memory_bits,
            "decay": None
            if codes is None
            else {
                "factors": list(codes.factors),
                "shift": codes.shift,
                "tick_ms": codes.tick_ms,
                "terms": codes.terms,
            },
            "spaces": [
                {
                    "name": space.name.lower(),
                    "code": space.value,
                    "words": words[space.name],
                    "fields": _fields(layout),
                }
                for space, layout in layer.spaces.items()
            ],
        }


AnyBlock = Block | NetworkBlock


def block_of(design: Design, family: Family, graph: Graph | None = None) -> AnyBlock:
    """The block of a design for a family; `graph` puts another graph in place of the compiled
    one.
    """
    if design.network is not None:
        return NetworkBlock(SpikeNetwork(design.network, family), design)
    return rule_block(design, family, graph)


def rule_block(design: Design, family: Family, graph: Graph | None = None) -> Block:
    """The block of a design that computes a rule."""
    rule, params = resolve(design.rule)
    if design.layer is not None and design.neuron is not None:
        layer = PlasticLayer(
            rule, params, design.layer, design.neuron, placement(design.layer), family
        )
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
            {
                "name": space.name.lower(),
                "code": space.value,
                "words": words[space.name],
                "fields": _fields(layout),
            }
            for space, layout in layer.spaces.items()
        ],
    }


def _fields(shape: Any, offset: int = 0, prefix: str = "") -> list[dict[str, Any]]:
    """Leaf fields of a packed layout: name, bit offset, width, sign."""
    if isinstance(shape, data.ArrayLayout):
        form = Shape.cast(shape.elem_shape)
        return [
            {
                "name": f"{prefix}[{index}]",
                "offset": offset + index * form.width,
                "width": form.width,
                "signed": form.signed,
            }
            for index in range(shape.length)
        ]
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


RESET_KIND = "synchronous, active high"


def clock_of(domain: str) -> dict[str, str]:
    """Names of the ports of a domain's clock and reset."""
    prefix = "" if domain == "sync" else f"{domain}_"
    return {"clock": f"{prefix}clk", "reset": f"{prefix}rst"}


def ports_of(
    component: wiring.Component, domains: Sequence[str] = ("sync",)
) -> list[dict[str, Any]]:
    """Ports of the emitted module in the order of the signature, clocks and resets first."""
    ports: list[dict[str, Any]] = [
        {"name": name, "direction": "input", "width": 1, "signed": False, "fields": []}
        for domain in domains
        for name in clock_of(domain).values()
    ]
    owner = component.domain_of if isinstance(component, SpikeNetwork) else None
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
                **({"domain": owner(str(path[0]))} if owner is not None else {}),
            }
        )
    return ports
