"""How a `Device` runs each block: one file for each block, discovered in this folder.

A file of this folder that defines `DEVICE_BLOCK`, a subclass of
`sc_hw.simulation.devices.device_block.DeviceBlock`, makes its block a device.
"""

from __future__ import annotations

from functools import cache

from sc_hw.simulation.devices.device_block import DeviceBlock
from sc_model.spec import ConfigError, Design
from sc_model.spec.catalogue import by_name, modules_of


@cache
def _device_blocks() -> dict[str, type[DeviceBlock]]:
    modules = [m for m in modules_of(__name__, __path__) if hasattr(m, "DEVICE_BLOCK")]
    return by_name(
        "device block", ((m.DEVICE_BLOCK.name, m.DEVICE_BLOCK, m.__name__) for m in modules)
    )


def device_block(design: Design) -> DeviceBlock:
    """The device block that runs a design.

    Raises
    ------
    ConfigError
        No device runs the design's block.
    """
    blocks = _device_blocks()
    if design.block not in blocks:
        *others, last = (f"a {name}" for name in sorted(blocks))
        raise ConfigError(
            f"Device runs {', '.join(others)} or {last}, not the {design.block} '{design.name}':"
            " use `sc-hw cosim DESIGN --events FILE`, or"
            " sc_model.golden.network.network.Network."
        )
    return blocks[design.block](design)


__all__ = ["DeviceBlock", "device_block"]
