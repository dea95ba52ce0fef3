"""Every block has a proof of its own file; what is left out has an empty answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.blocks import block_names
from sc_hw.build.elaborate import elaborate
from sc_hw.proof import block_proofs
from sc_hw.proof.block_proofs import BlockProof, proof_of
from sc_hw.proof.block_proofs.block_proof import RuleBlockProof
from sc_hw.proof.verdicts import Claim
from sc_model.spec import ConfigError, Design


class NoRule(BlockProof):
    name = "none"

    def claims(self, folder: Path, manifest: dict[str, object], limit_s: float) -> list[Claim]:
        return []


def test_every_block_that_can_be_built_can_be_proved() -> None:
    assert set(block_proofs._block_proofs()) == set(block_names())
    for name in block_names():
        assert proof_of(name).name == name


def test_a_block_without_a_file_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^\[design\] block must be one of bank, lane, .*did yo"):
        proof_of("lanes")


def test_by_default_there_is_one_task_and_nothing_beside_the_design(builds: Path) -> None:
    build = elaborate(Design(name="lane", block="lane"), builds)
    proof, lines = NoRule(), list[str]()
    proof.emit(build, every_size=True, parts=(), progress=lines.append)
    assert lines == []
    assert len(proof.tasks(build, 1.0, lines.append)) == 1
    assert proof.rule_claims(build.manifest, 1.0) == []
    # a rule whose synapses all have to be visited
    lane = proof_of("lane")
    assert isinstance(lane, RuleBlockProof)
    assert lane.rule_claims({"rule": {}}, 1.0) == []
