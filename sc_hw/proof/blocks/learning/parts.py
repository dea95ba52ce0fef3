# amaranth: UnusedElaboratable=no
"""The parts of a network that learns, each as Verilog of its own, for their claims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from amaranth.lib import wiring

from sc_hw.fabric.families import load_family
from sc_hw.learning import LearningNetwork
from sc_hw.learning.plan import LearningPlan
from sc_hw.proof.blocks.parts import PartFiles
from sc_model.spec import Design
from sc_model.spec.learning import LearningNetworkSpec

# A lane stands for all lanes, which are alike but for their multiplier: a block, or adders.
LANE, LANE_ADDERS = "lane", "lane_adders"
# Other parts, as the network calls them.
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
    "lists",
    "sums",
    "state",
    "host",
)
QUEUE = "queue"  # between two hidden layers
EXPLORATION = "exploration"  # where classes are drawn


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
    kinds: set[str] = set()
    for kind, component in instances_of(network).values():
        if kind not in kinds:
            files.standalone_verilog(kind, component, {})
            kinds.add(kind)
    files.add_top("top.v", "learning_network", {})
    files.write()


def instances_of(network: LearningNetwork) -> dict[str, tuple[str, wiring.Component]]:
    """The parts of a network by the names of their instances: kind, and component."""
    instances: dict[str, tuple[str, wiring.Component]] = {
        f"{LANE}_{number}": (LANE if lane.unit.block else LANE_ADDERS, lane)
        for number, lane in enumerate(network.parts.lanes)
    }
    instances |= {name: (name, getattr(network.parts, name)) for name in NAMES}
    if network.plan.layer_bits:
        instances[QUEUE] = (QUEUE, network.parts.queue)
    if network.spec.exploration:
        instances[EXPLORATION] = (EXPLORATION, network.parts.exploration)
    return instances
