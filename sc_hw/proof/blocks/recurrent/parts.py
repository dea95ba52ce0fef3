# amaranth: UnusedElaboratable=no
"""The parts of a recurrent network, each as Verilog of its own, for their claims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sc_hw.fabric.families import load_family
from sc_hw.proof.blocks.parts import PartFiles
from sc_hw.recurrent import RecurrentNetwork
from sc_hw.recurrent.plan import RecurrentPlan
from sc_model.spec import Design
from sc_model.spec.learning import RecurrentNetworkSpec

# Parts with claims, as the network calls them, and pipelines, which are parts of these.
NAMES = ("control", "spikes", "sweep", "neurons", "readout", "noise", "host")
PIPELINES = ("lane", "lane_adders", "row", "neuron", "error", "feedback", "readout_synapse")


def plan_of(design: dict[str, Any]) -> RecurrentPlan:
    """The plan of a design, as its manifest has it."""
    spec = RecurrentNetworkSpec.model_validate(design["recurrent"])
    return RecurrentPlan(spec, load_family(design["fabric"]))


def write_recurrent_parts(design: Design, folder: Path) -> None:
    """Write the parts of a recurrent network under `folder`/proof."""
    if design.recurrent is None:
        raise ValueError("design must have a recurrent network")
    network = RecurrentNetwork(design.recurrent, load_family(design.fabric))
    plan = network.plan
    files = PartFiles(folder)
    for name in NAMES:
        files.standalone_verilog(name, getattr(network.parts, name), {})
    # lanes of one kind are alike: one stands for all
    latency = plan.synapse_latency
    if plan.block_lanes:
        files.standalone_verilog("lane", plan.synapse(blocks=True, latency=latency), {})
    if plan.block_lanes < plan.lanes:
        files.standalone_verilog("lane_adders", plan.synapse(blocks=False, latency=latency), {})
    files.standalone_verilog("row", plan.row(), {})
    files.standalone_verilog("neuron", plan.neuron(), {})
    files.standalone_verilog("error", plan.error(), {})
    files.standalone_verilog("feedback", plan.feedback(), {})
    files.standalone_verilog("readout_synapse", plan.readout_synapse(), {})
    files.add_top("top.v", "recurrent_network", {})
    files.write()
