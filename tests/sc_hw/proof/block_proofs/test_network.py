"""A network's proof: parts of the layers, and tasks beside them for crossings and intakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_designs import two_clocks

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.block_proofs import network, proof_of


def test_parts_and_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = elaborate(two_clocks(), tmp_path)
    lines: list[str] = []
    proof_of("network").emit(build, every_size=True, parts=(), progress=lines.append)
    assert lines == ["emitting the layers' parts"]
    assert (build.folder / "proof" / "parts.json").is_file()
    # the layers, a crossing and its intakes
    assert len(proof_of("network").tasks(build, 1.0, lines.append)) > 2
    monkeypatch.setattr(network, "claims_of_network", lambda *arguments: list(arguments))
    claims = proof_of("network").claims(build.folder, build.manifest, 7.0)
    assert claims == [build.folder, build.manifest, 7.0]
    assert proof_of("network").rule_claims(build.manifest, 7.0) == []
