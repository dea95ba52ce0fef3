# amaranth: UnusedElaboratable=no
"""The pipeline of a dense layer: synapses with a weight and a delay, no state of their own."""

from __future__ import annotations

from sc_hw.fabric.families import Family
from sc_hw.trained.lane import Lane
from sc_model.arithmetic import dense_synapse_unit
from sc_model.graph import REWRITES, Graph, rewrite, trace_function
from sc_model.graph.rewrite import product_as_adder_tree
from sc_model.spec import DenseSpec, IntFormat


def dense_graph(spec: DenseSpec, value: IntFormat, family: Family) -> Graph:
    """What a lane computes for each synapse."""
    unit = dense_synapse_unit(spec, value)
    rewrites = (product_as_adder_tree, *REWRITES) if family.products == "adders" else REWRITES
    return rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply), rewrites)


class DenseLane(Lane):
    """Weights and delays of some neurons, and the sum of weight x delayed input of one neuron after
    the other; see `Lane`.
    """

    def __init__(self, spec: DenseSpec, value: IntFormat, family: Family) -> None:
        super().__init__(spec, value, dense_graph(spec, value, family), family, {}, {})
