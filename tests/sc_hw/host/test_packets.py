"""Words of steps, of outputs and of windows."""

from __future__ import annotations

from sc_hw.host.packets import OutputPacket, StepPacket, Window, common_fields


def test_common_fields_stay_within_words_where_they_can() -> None:
    placed = common_fields((("a", 20, True), ("b", 12, False), ("c", 1, False), ("d", 40, True)))
    assert [(f.word, f.lo, f.offset) for f in placed] == [
        (0, 0, 0),
        (0, 20, 20),
        (1, 0, 32),
        (2, 0, 64),
    ]
    packet = StepPacket(3, 11, (), placed)
    assert (packet.common_words, packet.transfers_per_word, packet.words) == (4, 2, 6)
    assert (StepPacket(3, 40, ()).words_per_transfer, StepPacket(3, 40, ()).words) == (2, 6)


def test_the_order_of_spikes_is_named_where_it_is_another() -> None:
    assert "order" not in OutputPacket(6).as_json()
    assert OutputPacket(6, order=(3, 2)).as_json()["order"] == {"places": 3, "channels": 2}


def test_outputs_and_windows_are_counted_in_words() -> None:
    assert [OutputPacket(bits).words for bits in (0, 1, 32, 33)] == [1, 2, 2, 3]
    address = (
        {"name": "space", "offset": 0, "width": 3, "signed": False},
        {"name": "word", "offset": 3, "width": 9, "signed": False},
    )
    window = Window("layer", address, 65)
    assert (window.address_bits, window.word_offset, window.accesses) == (12, 3, 3)
    assert Window("lane", (), 32).word_offset == 0
    assert window.as_json()["accesses"] == 3
