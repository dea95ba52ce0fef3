"""Benches: a block has one file or folder here, found by the block's name.

A bench has a function `simulate(request) -> results`, which runs a `sc_sim.request.Request` and
writes what `sc_sim.results` describes. That of a lane, a bank or a layer is
`sc_sim.harness.CocotbBench`'s: the bench itself runs inside the simulator then, and sees the pins
every clock.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from sc_sim.toolchain import SimulationError


def bench_module(block: str) -> ModuleType:
    """The bench of a block; SimulationError where there is none."""
    name = f"{__name__}.{block}"
    if find_spec(name) is None:
        raise SimulationError(f"no bench for block '{block}': sim/benches/{block}.py is missing.")
    return import_module(name)
