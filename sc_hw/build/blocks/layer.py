# amaranth: UnusedElaboratable=no
"""Block `layer`: a dense plastic layer with its neurons."""

from __future__ import annotations

from typing import Any

from sc_hw.build.blocks.block import RuleBlock
from sc_hw.build.blocks.ports import space_rows
from sc_hw.fabric.families import Family
from sc_hw.parts.space import Space
from sc_hw.plastic import PlasticLayer
from sc_model.graph import Graph
from sc_model.rules import resolve
from sc_model.spec import ConfigError, Design
from sc_model.spec.plastic_layer import placement


class LayerBlock(RuleBlock):
    """A :class:`~sc_hw.plastic.layer.PlasticLayer` that runs the design's rule."""

    name = "layer"  # the value of `block` in a design
    top = "plastic_layer"  # the emitted Verilog module
    component: PlasticLayer

    @staticmethod
    def component_of(design: Design, family: Family, graph: Graph | None) -> PlasticLayer:
        """The layer of a design.

        `graph` has no effect here. It would replace the rule's graph, but a layer splits the rule
        between lanes and memories; a lane of another graph is built from its own `RuleParts`.
        """
        if design.layer is None or design.neuron is None:
            raise ConfigError(
                "a design with block 'layer' must have the tables [layer] and [neuron]."
            )
        rule, params = resolve(design.rule)
        place = placement(design.layer)
        return PlasticLayer(rule, params, design.layer, design.neuron, place, family)

    @property
    def graph(self) -> Graph:
        """The compiled graph of a lane, which computes the fields of locality `synapse`."""
        return self.component.plan.graph

    def stage(self, node: int) -> int | None:
        """The pipeline stage, in clocks, of a node of a lane's graph; None for a constant."""
        plan = self.component.plan.update.plan
        slot = plan.slots[node] if plan is not None else None
        return None if slot is None else slot.stage

    def timing(self) -> dict[str, Any]:
        """The clocks of the layer, and its throughput.

        Returns
        -------
        latency_clocks : from a step's last transfer until its last neuron is decided on.
        synapses_per_clock : synapses that all lanes together work on in a clock.
        span_clocks : from a synapse's reading until it may be read again.
        slot_clocks : of a group of neurons: its rows and a pause.
        sweep_clocks : of a whole step at full speed.
        drain_clocks : without a step, until nothing is in flight.
        update_latency_clocks : of the pipeline that computes the rule in a lane.
        critic_clocks : that a step begins later because of the critic; 0 without one.
        accepts_within_clocks : until an offered transfer is taken, while the host asks for nothing
            and no access is under way; the clock of the offer counts as 1.
        host_within_clocks : until an offered load or read is taken, while transfers are offered to
            the step under way, and answers are taken.
        done_within_clocks : from a step's last transfer until `done`.

        The last three are limits; the proof has claims about them for the sequencer and for the
        host port (`liveness`).
        """
        layer = self.component
        # A sweep is over a clock after its last slot. With single-port memory a row waits for an
        # even or odd clock.
        sweep = layer.timing.sweep + 1 + (layer.plan.memory == "single_port")
        return {
            "latency_clocks": layer.timing.decision,
            "synapses_per_clock": layer.place.chains * layer.place.columns,
            "span_clocks": layer.timing.span,
            "slot_clocks": layer.timing.slots,
            "sweep_clocks": layer.timing.sweep,
            "drain_clocks": layer.timing.drain,
            "update_latency_clocks": layer.plan.update.latency,
            "critic_clocks": layer.critic_clocks,
            "accepts_within_clocks": sweep + layer.critic_clocks,
            "host_within_clocks": sweep + layer.timing.access,
            "done_within_clocks": layer.timing.decision,
        }

    def layout(self) -> dict[str, Any]:
        """Placement of the synapses, and the host's memory spaces."""
        return layer_layout(self.component)


def layer_layout(layer: PlasticLayer) -> dict[str, Any]:
    """Where a plastic layer's synapses lie, and what the host finds in each of its spaces.

    Returns
    -------
    placement : sizes of the layer and of its layout (see `Placement`), and how a lane keeps its
        synapses (`memory`).
    spaces : a row for each memory space: its name, its code, its number of words, their fields.
    """
    place = layer.place
    # SYNAPSE has that many words in each lane, and INPUT in each chain: an access also names the
    # chain and the lane. The other spaces have one memory for the whole layer.
    words = {
        Space.SYNAPSE: place.depth,
        Space.INPUT: place.rows,
        Space.OUTPUT: place.neurons,
        Space.NEURON: place.neurons,
        Space.CONTROL: 1,
    }
    # These names are keys of the manifest and members of `Placement`.
    keys = ("inputs", "neurons", "chains", "columns", "rows", "groups", "depth")
    return {
        "placement": {
            **{key: getattr(place, key) for key in keys},
            "memory": layer.plan.memory,
        },
        "spaces": space_rows(layer.spaces, words),
    }


BLOCK = LayerBlock
