# amaranth: UnusedElaboratable=no
"""How each block is put behind the registers, one file each, found by looking.

A file of this folder that defines `HOST_BLOCK`, a subclass of
`sc_hw.host.blocks.host_block.HostBlock`, connects the block of that name.
"""

from __future__ import annotations

from functools import cache

from sc_hw.build.blocks import Block
from sc_hw.host.blocks.host_block import HostBlock
from sc_model.spec.catalogue import by_name, modules_of, pick


@cache
def _host_blocks() -> dict[str, type[HostBlock]]:
    modules = [module for module in modules_of(__name__, __path__) if hasattr(module, "HOST_BLOCK")]
    return by_name("host block", ((m.HOST_BLOCK.name, m.HOST_BLOCK, m.__name__) for m in modules))


def host_block_of(block: Block) -> HostBlock:
    """The host's side of a block.

    Raises ConfigError where the block's words do not fit the registers.
    """
    return pick("[design] block", block.name, _host_blocks())(block)


__all__ = ["HostBlock", "host_block_of"]
