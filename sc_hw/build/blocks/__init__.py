# amaranth: UnusedElaboratable=no
"""Blocks, one file each, found by looking: the component that a design describes, and its manifest.

A file of this folder that defines `BLOCK`, a subclass of `sc_hw.build.blocks.block.Block`, is a
block. The class makes the component from a design and describes it; every stage asks the class
instead of comparing the block's name.
"""

from __future__ import annotations

from functools import cache

from sc_hw.build.blocks.block import Block
from sc_hw.fabric.families import Family
from sc_model.graph import Graph
from sc_model.spec import Design
from sc_model.spec.catalogue import by_name, modules_of, pick


@cache
def _blocks() -> dict[str, type[Block]]:
    modules = [module for module in modules_of(__name__, __path__) if hasattr(module, "BLOCK")]
    return by_name("block", ((m.BLOCK.name, m.BLOCK, m.__name__) for m in modules))


def block_names() -> tuple[str, ...]:
    """Names of all blocks, sorted."""
    return tuple(sorted(_blocks()))


def block_of(design: Design, family: Family, graph: Graph | None = None) -> Block:
    """The block of a design for a family.

    Parameters
    ----------
    design : what to make.
    family : the fabric whose delays, memories and multipliers the block is made for.
    graph : the graph of the rule to put in place of the compiled one (mutants of a proof use it).

    Raises ConfigError for a design that can't be made.
    """
    return pick("[design] block", design.block, _blocks())(design, family, graph)


__all__ = ["Block", "block_names", "block_of"]
