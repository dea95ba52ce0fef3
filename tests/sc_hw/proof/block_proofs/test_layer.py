"""A layer's proof writes the parts that are asked for, and asks for the claims about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from device_designs import LAYER

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.block_proofs import layer, proof_of


def test_parts_that_are_asked_for_are_written(
    builds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = elaborate(LAYER, tmp_path)
    lines: list[str] = []
    proof_of("layer").emit(build, every_size=False, parts=("host",), progress=lines.append)
    assert lines == ["emitting the layer's parts"]
    listed = json.loads((build.folder / "proof" / "parts.json").read_text())
    assert {row["part"] for row in listed["parts"]} == {"host"}
    monkeypatch.setattr(layer, "prove_layer", lambda *arguments: list(arguments))
    arguments: list[Any] = proof_of("layer").claims(build.folder, build.manifest, 7.0)
    folder, _, rule, _, limit_s = arguments
    assert (folder, limit_s) == (build.folder, 7.0)
    assert rule.family == LAYER.rule.family
