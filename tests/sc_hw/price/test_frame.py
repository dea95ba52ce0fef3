"""The frame connects every port of a block."""

from __future__ import annotations

from sc_hw.price.frame import black_box, frame, frame_of_domains

DOMAINS = [
    {"role": "sense", "clock": "sense_clk", "reset": "sense_rst"},
    {"role": "think", "clock": "think_clk", "reset": "think_rst"},
]


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


def test_a_frame_has_registers_of_its_own_in_each_clock() -> None:
    ports = [
        {"name": "a", "direction": "input", "width": 3, "domain": "sense"},
        {"name": "b", "direction": "output", "width": 2, "domain": "think"},
    ]
    text = frame_of_domains("block", DOMAINS, ports)
    assert "  reg [2:0] sense_stimulus;" in text
    assert "  always @(posedge think_clk) begin" in text
    assert ".a(sense_stimulus[2:0])" in text
    assert ".b(think_response[1:0])" in text
    assert ".sense_rst(sense_rst_q)" in text
