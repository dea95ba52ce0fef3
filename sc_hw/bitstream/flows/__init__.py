"""Flows, one file each, found by looking: what an FPGA family needs on the way to a bitstream."""

from __future__ import annotations

from functools import cache

from sc_hw.bitstream.flows.flow import Flow
from sc_model.spec.catalogue import by_name, modules_of, pick


@cache
def _flows() -> dict[str, Flow]:
    found = [
        (module.FLOW.name, module.FLOW, module.__name__)
        for module in modules_of(__name__, __path__)
        if hasattr(module, "FLOW")
    ]
    return by_name("flow", found)


def load_flow(name: str) -> Flow:
    """The flow of that name; ConfigError lists the known ones."""
    return pick("Board.flow", name, _flows())


__all__ = ["Flow", "load_flow"]
