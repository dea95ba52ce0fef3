"""How a board's state and packets look for each block: one file a block.

A file of this folder has the name of its block, and defines `BOARD_BLOCK`, a subclass of
`sc_driver.blocks.board_block.BoardBlock`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from sc_driver.blocks.board_block import BoardBlock
from sc_driver.errors import ManifestError
from sc_driver.registers import Registers

__all__ = ["BoardBlock", "board_block", "known_blocks"]


def known_blocks() -> list[str]:
    """Names of the blocks that the driver runs."""
    return sorted(
        module.name for module in pkgutil.iter_modules(__path__) if module.name != "board_block"
    )


def board_block(registers: Registers, manifest: Mapping[str, Any]) -> BoardBlock:
    """The block of a manifest's design, behind its registers.

    Raises
    ------
    ManifestError
        This driver does not know the block.
    """
    name = manifest["design"]["block"]
    known = known_blocks()
    if name not in known:
        raise ManifestError(
            f"The driver runs designs with block {', '.join(known)}, not {name!r}; use an sc-hw"
            " that knows it."
        )
    block: type[BoardBlock] = import_module(f"{__name__}.{name}").BOARD_BLOCK
    return block(registers, manifest)
