"""Packets of every block against the words that the documentation names."""

from __future__ import annotations

import numpy as np
from host_manifests import manifest_of

from sc_driver.packets import OutputPacket, StepPacket


def test_example_of_the_documentation() -> None:
    host = manifest_of("layer", "uart")["host"]
    rows = np.zeros((1, 5, 2), np.uint8)
    for number in (0, 5, 3, 8):  # inputs; a chain has five rows
        rows[0, number % 5, number // 5] = 1
    assert StepPacket(host["step"]).pack({"reward": 100}, rows).tolist() == [[0x64, 0xC3]]
    numbers, bits = OutputPacket(host["output"]).unpack(np.array([1, 5], np.uint32))
    assert (numbers.tolist(), bits.tolist()) == ([1], [[1, 0, 1]])


def test_three_transfers_a_word_and_fields_of_a_state() -> None:
    host = manifest_of("bank", "uart")["host"]
    bits = np.zeros((2, 1024, 10), np.uint8)
    bits[1, 3, 0] = bits[1, 5, 9] = 1
    words = StepPacket(host["step"]).pack({}, bits)
    assert (words.shape, np.argwhere(words).tolist()) == ((2, 342), [[1, 1]])
    assert words[1, 1] == 1 | 1 << 29
    output = OutputPacket(manifest_of("lane", "uart")["host"]["output"])
    _, found = output.unpack(np.array([1, 0xFFFF, 0xFFFFF], np.uint32))
    assert {name: int(v[0]) for name, v in output.fields(found).items()} == {
        "weight": 0xFFFF, "pre_trace": 0, "post_trace": 0xFF0, "eligibility": -1,
    }  # fmt: skip
