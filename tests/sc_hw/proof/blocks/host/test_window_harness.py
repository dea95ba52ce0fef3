"""The host ports of every kind of block, as the claims about the window see them."""

from __future__ import annotations

import pytest

from sc_hw.proof.blocks.host.subjects import SUBJECTS, Subject
from sc_hw.proof.blocks.host.window_harness import BusModel, WindowHarness, pieces_of


def test_the_bits_of_a_part_are_those_between_its_ends() -> None:
    fields = [(0, 20), (30, 8), (64, 1)]
    assert [pieces_of(fields, part) for part in range(3)] == [
        [(0, 20), (30, 32)],
        [(32, 38)],
        [(64, 65)],
    ]


def test_a_model_has_no_more_bits_than_the_longest_word() -> None:
    model = BusModel(3, 70)
    assert [len(model.now[f"word_{number}"]) for number in range(3)] == [32, 32, 6]
    assert len(model.words()) == len(model.answer) == 70


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: str(subject.name))
def test_a_port_carries_whole_words_and_addresses(subject: Subject) -> None:
    harness = WindowHarness(subject)
    ports = harness.ports()
    assert [port.window for port in ports] == list(harness.host_block.windows)
    for port in ports:
        address, word = port.window.address_bits, port.window.data_bits
        assert (len(port.load), len(port.read)) == (address + word, address)
        assert len(port.answer) == word
        ranges = sorted(port.ranges)
        assert all(low + bits <= word for low, bits in ranges)
        # A lane does not load the fields that a load puts to their initial values.
        assert sum(bits for _, bits in ranges) == word or harness.host_block.name == "lane"
