"""A bank's proof has a sequencer for each address width, if every size is asked for."""

from __future__ import annotations

from pathlib import Path

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.block_proofs import proof_of
from sc_model.spec import Design


def test_sequencers_for_every_address_width(tmp_path: Path) -> None:
    build = elaborate(Design(name="bank", block="bank", synapses=3), tmp_path)
    lines: list[str] = []
    proof = build.folder / "proof"
    proof_of("bank").emit(build, every_size=False, parts=(), progress=lines.append)
    assert lines == []
    assert not proof.exists()
    proof_of("bank").emit(build, every_size=True, parts=(), progress=lines.append)
    assert lines == ["emitting the sequencer for every address width"]
    names = sorted(file.name for file in proof.iterdir())
    assert names == [f"schedule_{width:02}.v" for width in range(1, 17)]
    assert "[15:0] address" in (proof / "schedule_16.v").read_text()
