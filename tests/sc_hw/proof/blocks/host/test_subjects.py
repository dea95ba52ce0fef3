"""What the claims about the window are about: every kind of block, and words of 1 bit and more."""

from __future__ import annotations

import pytest

from sc_hw.build.emit import to_verilog
from sc_hw.proof.blocks.host.subjects import SUBJECTS, Subject, free_block, subject_verilog

NAMES = [subject.name for subject in SUBJECTS]


def test_every_kind_of_block_is_a_subject_and_words_on_either_side_of_an_access() -> None:
    blocks = [subject.host_block() for subject in SUBJECTS]
    assert {block.name for block in blocks} >= {"lane", "bank", "layer", "network"}
    widths = {window.data_bits for block in blocks for window in block.windows}
    assert widths >= {1, 32, 33, 64, 65, 100}
    plastic = [any(w.name == "plastic" for w in b.windows) for b in blocks if b.name == "network"]
    assert sorted(plastic) == [False, True]


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_the_free_block_has_the_ports_of_the_block(subject: Subject) -> None:
    block = subject.host_block().block
    free = free_block(block)
    assert free.startswith(f"module {block.top}(")
    assert f"  {block.top} block (" in subject_verilog(subject)
    assert f"module {block.top}(" not in subject_verilog(subject)
    if hasattr(block.component, "elaborate"):
        head = to_verilog(block.component, block.top, None).split(f"module {block.top}(")[1]
        for port in head.split(")")[0].split(","):
            assert f" {port.strip()}" in free
