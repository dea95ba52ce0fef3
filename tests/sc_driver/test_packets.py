"""Packets of every block against the words that the documentation names."""

from __future__ import annotations

import numpy as np
from host_manifests import manifest_of
from register_model import manifest_of_design
from wide_outputs import wide

from sc_driver.packets import OutputPacket, StepPacket


def test_example_of_the_documentation() -> None:
    host = manifest_of("layer", "uart")["host"]
    rows = np.zeros((1, 5, 2), np.uint8)
    for number in (0, 5, 3, 8):  # inputs; a chain has five rows
        rows[0, number % 5, number // 5] = 1
    assert StepPacket(host["step"]).pack({"reward": 100}, rows).tolist() == [[0x64, 0xC3]]
    numbers, bits = OutputPacket(host["output"]).unpack(np.array([1, 5], np.uint32))
    assert (numbers.tolist(), bits.tolist()) == ([1], [[1, 0, 1]])


def test_spikes_of_an_image_come_place_by_place() -> None:
    """Three channels of 100 places, and the winner behind them, which stays where it is."""
    host = manifest_of_design(wide("conv", "count"))["host"]
    output = OutputPacket(host["output"])
    assert (output.order, output.words) == ((100, 3), 1 + 10)
    spikes = np.zeros(320, np.uint8)
    spikes[[0, 1, 2 + 3 * 99]] = 1  # channels 0 and 1 of place 0, channel 2 of the last place
    spikes[300 + 4] = 1
    words = np.packbits(spikes, bitorder="little").view("<u4")
    _, bits = output.unpack(np.concatenate([[9], words]).astype(np.uint32))
    assert np.flatnonzero(bits[0, :300]).tolist() == [0, 100, 299]
    assert output.fields(bits)["winner"].tolist() == [16]


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
