# amaranth: UnusedElaboratable=no
"""Block `network`: trained layers in one clock or several, and a plastic layer behind them."""

from __future__ import annotations

from typing import Any

from sc_hw.build.blocks.block import Block
from sc_hw.build.blocks.layer import layer_layout
from sc_hw.build.blocks.ports import (
    RESET_KIND,
    clock_of,
    order_row,
    ports_of,
    space_rows,
)
from sc_hw.events import EventLayer
from sc_hw.fabric.families import Family
from sc_hw.network.cdc import Crossing
from sc_hw.network.encoder import ValueEncoder
from sc_hw.network.network import SpikeNetwork
from sc_hw.network.plastic_stage import PlasticStage
from sc_hw.parts.space import Space
from sc_hw.trained.hosted import HostedLayer
from sc_model.graph import Graph
from sc_model.layer_kinds import kind_of
from sc_model.spec import PLASTIC, ConfigError, Design, NetworkSpec


class NetworkBlock(Block):
    """A :class:`~sc_hw.network.network.SpikeNetwork`."""

    name = "network"
    top = "spike_network"
    component: SpikeNetwork

    @staticmethod
    def component_of(design: Design, family: Family, graph: Graph | None) -> SpikeNetwork:
        """The network of a design."""
        if design.network is None:
            raise ConfigError("a design with block 'network' must have a table [[layer]].")
        return SpikeNetwork(design.network, family)

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """Transfers between clock domains."""
        return self.component.crossings

    def description(self) -> dict[str, Any]:
        """Clocks, ports, timing, layers and crossings."""
        network = self.component
        spec = network.spec
        domains = [
            {
                "role": role,
                **clock_of(role),
                "mhz": spec.clock(role).mhz,
                "edge": "rising",
                "reset_kind": RESET_KIND,
            }
            for role in spec.roles
        ]
        plastic = {} if network.plastic is None else {PLASTIC: self._plastic(network.plastic)}
        return {
            "domains": domains,
            "ports": ports_of(network, spec.roles),
            "timing": self.timing(),
            "layers": [self._layer(index) for index in range(len(spec.layers))],
            "crossings": [crossing.as_json() for crossing in network.crossings],
            **({} if network.encoder is None else {"encoder": _encoder(network.encoder)}),
            **_output(spec),
            **plastic,
        }

    def timing(self) -> dict[str, Any]:
        """Clocks of a tick of each layer, in the layer's own domain."""
        layers = self.component.layers
        tick_clocks = {name: layer.tick_clocks for name, layer in layers.items()}
        if self.component.plastic is not None:
            plastic = self.component.plastic.layer
            # at most: a step is swept, decided on, and waits for the critic
            tick_clocks[PLASTIC] = (
                plastic.timing.sweep + plastic.timing.decision + plastic.critic_clocks
            )
        return {
            "latency_clocks": None,
            "synapses_per_clock": sum(layer.spec.lanes for layer in layers.values()),
            "tick_clocks": tick_clocks,
            # A network takes a step when its first layer's tick has gone through, which depends on
            # all clocks' frequencies: `tick_clocks` limits each layer by itself.
            "accepts_within_clocks": None,
            "host_within_clocks": None,
            "done_within_clocks": None,
            "within_clocks_reason": "layers have clocks of their own; see tick_clocks",
        }

    def _plastic(self, stage: PlasticStage) -> dict[str, Any]:
        """The plastic layer behind the others; it runs in the clock of the last of them."""
        last = self.component.spec.layers[-1]
        return {
            "domain": last.clock,
            "tick_interval": last.tick_interval,
            "sweep_clocks": stage.layer.timing.sweep,
            "decision_clocks": stage.layer.timing.decision,
            **layer_layout(stage.layer),
        }

    def _layer(self, index: int) -> dict[str, Any]:
        """A trained layer: size, crossing in front of it, decay codes, memory spaces; and its
        parameters, the fields that training gives, with their least and greatest values.
        """
        network = self.component.spec
        spec, crossing = network.layers[index], network.crossing(index)
        layer = self.component.layers[spec.name]
        words = {
            Space.SYNAPSE: spec.depth,
            Space.NEURON: spec.neurons,
            Space.CONTROL: 1,
            Space.INPUT: spec.columns,
            Space.HISTORY: layer.lanes.sum_words if isinstance(layer, EventLayer) else spec.columns,
        }
        return {
            "name": spec.name,
            "kind": spec.kind,
            "columns": spec.columns,
            "domain": spec.clock,
            "lanes": spec.lanes,
            **_engine(layer),
            "crossing": {
                "policy": crossing.policy,
                "i_interval": crossing.i_interval,
                "o_interval": crossing.o_interval,
            },
            "value_bits": crossing.value.width,
            "parameters": {
                name: list(limits)
                for name, limits in (
                    spec.synapse_parameters(network.tick_ms) | spec.neuron_parameters
                ).items()
            },
            "memory_bits": layer.memory_bits,
            "decay": None,
            **kind_of(spec).manifest(spec, network.tick_ms),
            "spaces": space_rows(layer.spaces, words),
        }


def _output(spec: NetworkSpec) -> dict[str, Any]:
    """How spikes leave in slices; nothing where a transfer of `o` has all of them."""
    transfers = spec.o_slices()
    if not transfers:
        return {}
    order = spec.place_order(len(spec.layers))
    return {
        "output": {
            "neurons": spec.layers[-1].neurons,
            "transfers": transfers,
            **({} if order is None else {"order": order_row(*order)}),
        }
    }


def _encoder(encoder: ValueEncoder) -> dict[str, Any]:
    """What values become spikes, and in how many clocks."""
    return {
        "values": encoder.values,
        "steps": encoder.spec.steps,
        "memory_bits": encoder.memory_bits,
        "clocks": {"value": 1, "step": encoder.words + 1},
    }


def _engine(layer: HostedLayer) -> dict[str, Any]:
    """What only a layer of the event engine has.

    A sweep visits all synapses in every tick, so that it has nothing to say here.
    """
    if not isinstance(layer, EventLayer):
        return {}
    return {
        "engine": layer.spec.engine,
        "partial_sums": layer.sets,
        "clocks": {
            "idle_tick": layer.clocks(0),
            "first_event": layer.clocks(1) - layer.clocks(0),
            "event": layer.event_clocks,
            **({} if layer.wiper is None else {"wipe": layer.wiper.clocks}),
            "tick_clocks_reason": "the most: that of a tick in which every column is active",
        },
    }


BLOCK = NetworkBlock
