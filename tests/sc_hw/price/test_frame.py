"""The frame connects every port of a block."""

from __future__ import annotations

from sc_hw.price.frame import black_box, frame


def test_frame_connects_every_port() -> None:
    ports = [
        {"name": "clk", "direction": "input", "width": 1},
        {"name": "rst", "direction": "input", "width": 1},
        {"name": "a", "direction": "input", "width": 3},
        {"name": "b", "direction": "input", "width": 1},
        {"name": "y", "direction": "output", "width": 2},
    ]
    text = frame("block", ports)
    for connection in (
        ".clk(clk)",
        ".rst(rst_q)",
        ".a(stimulus[2:0])",
        ".b(stimulus[3:3])",
        ".y(response[1:0])",
    ):
        assert connection in text
    assert "input [2:0] a" in black_box("block", ports)
