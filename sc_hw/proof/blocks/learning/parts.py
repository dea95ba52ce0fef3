# amaranth: UnusedElaboratable=no
"""The parts of a network that learns, each as Verilog of its own, for their claims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sc_hw.fabric.families import load_family
from sc_hw.learning import LearningNetwork
from sc_hw.learning.plan import LearningPlan
from sc_hw.proof.blocks.parts import PartFiles
from sc_model.spec import Design
from sc_model.spec.learning import LearningNetworkSpec

# Parts with claims, as the network calls them; a lane stands for all lanes, which are alike.
LANE = "lane"
NAMES = (
    "weights",
    "noise",
    "sizes",
    "neurons",
    "classes",
    "feedback",
    "forward",
    "readout",
    "rows",
    "backward",
    "update",
    "control",
)
QUEUE = "queue"  # between two hidden layers


def plan_of(design: dict[str, Any]) -> LearningPlan:
    """The plan of a design, as its manifest has it."""
    spec = LearningNetworkSpec.model_validate(design["learning"])
    return LearningPlan(spec, load_family(design["fabric"]), design.get("host") is not None)


def write_learning_parts(design: Design, folder: Path) -> None:
    """Write the parts of a network that learns under `folder`/proof."""
    if design.learning is None:
        raise ValueError("design must have a learning network")
    family = load_family(design.fabric)
    network = LearningNetwork(design.learning, family, behind_host=design.host is not None)
    files = PartFiles(folder)
    files.standalone_verilog(LANE, network.parts.lanes[0], {})
    for name in NAMES:
        files.standalone_verilog(name, getattr(network.parts, name), {})
    if network.plan.layer_bits:
        files.standalone_verilog(QUEUE, network.parts.queue, {})
    files.write()
