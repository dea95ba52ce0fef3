"""What is proved of a network: the arithmetic of its layers, its ticks and policies, its crossings.

There are three methods, each for what it can do. Bit-vectors (bitwuzla) decide claims about
arithmetic, from every state. Reachability (PDR) decides claims about counters and about transfers
between clocks, with words and resets at any time and clock edges in any order. The structural audit
of the netlist (`sc_hw.audit`) looks for transfers between clocks that are not on the list.

Most claims are about parts that were emitted by themselves. `sc_hw.proof.blocks.network.wiring`
proves each instance in `top.v` to be its part, and claims what joins them, so that every register
and memory of `top.v` is in a claim.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sc_hw.build.elaborate import Build
from sc_hw.progress import Progress
from sc_hw.proof.blocks.network.crossing import crossing_tasks
from sc_hw.proof.blocks.network.intake import LIMIT_S as INTAKE_LIMIT_S
from sc_hw.proof.blocks.network.intake import intake_tasks
from sc_hw.proof.mutants.crossing import LIMIT_S as CROSSING_LIMIT_S

# A crossing of 8 words takes minutes a claim, one of 4 a few seconds.
DEEP_CROSSING, DEEP_CROSSING_LIMIT_S = 8, 900.0

Claims = list[dict[str, Any]]


def network_tasks(
    build: Build,
    decide: Callable[[Path, float], Claims],
    limit_s: float,
    progress: Progress,
) -> list[Callable[[], Claims]]:
    """The claims about a network, in tasks that can run at the same time.

    Parameters
    ----------
    build : the elaborated network; the parts of its layers are written already.
    decide : gives the claims about the parts in a folder, within seconds for each.
    limit_s : seconds for one claim about a layer; reachability gets more.
    progress : gets a line for each verdict about a crossing.

    Each task returns claims as a certificate holds them.
    """
    network = build.design.network
    if network is None:
        raise ValueError("design must have a network")
    folder = build.folder / "proof" / "clocks"
    folder.mkdir(parents=True, exist_ok=True)
    crossings = [
        (layer.name, network.crossing(index))
        for index, layer in enumerate(network.layers)
        if not network.slices(index)
    ]  # a layer that takes slices has no intake, or one that is a part with its claims there
    tasks = intake_tasks(crossings, folder, max(limit_s, INTAKE_LIMIT_S))
    if len(network.roles) > 1:
        depth = network.crossing_depth
        deep = depth >= DEEP_CROSSING
        limit = DEEP_CROSSING_LIMIT_S if deep else CROSSING_LIMIT_S
        tasks += crossing_tasks([depth], folder, limit, progress)
    return [partial(decide, build.folder, limit_s), *(partial(_one, task) for task in tasks)]


def _one(task: Callable[[], dict[str, Any]]) -> Claims:
    return [task()]
