"""How a block is proved, one file for each, found by looking.

A file of this folder that defines `BLOCK_PROOF`, a subclass of
`sc_hw.proof.block_proofs.block_proof.BlockProof`, knows what is proved of the block of that name.
`sc_hw.proof.prove` and the worker ask it instead of comparing the block's name.
"""

from __future__ import annotations

from functools import cache

from sc_hw.proof.block_proofs.block_proof import BlockProof
from sc_model.spec.catalogue import by_name, modules_of, pick


@cache
def _block_proofs() -> dict[str, BlockProof]:
    modules = [m for m in modules_of(__name__, __path__) if hasattr(m, "BLOCK_PROOF")]
    return by_name("block", ((m.BLOCK_PROOF.name, m.BLOCK_PROOF(), m.__name__) for m in modules))


def proof_of(block: str) -> BlockProof:
    """How a block is proved; ConfigError where no file here knows it."""
    return pick("[design] block", block, _block_proofs())


__all__ = ["BlockProof", "proof_of"]
