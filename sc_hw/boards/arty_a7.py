"""Digilent Arty A7-35T: Xilinx 7-series, 100 MHz, serial line on USB. Its bitstream is Vivado's."""

from sc_hw.boards.board import Board, Resource

BOARDS = (
    Board(
        name="arty-a7-35t",
        title="Arty A7-35T (Xilinx XC7A35T)",
        target="xilinx-7",
        flow="vivado",
        place=("xc7a35ticsg324-1L",),
        platform="amaranth_boards.arty_a7:ArtyA7_35Platform",
        clock=Resource("clk100"),
        clock_mhz=100,
        mhz=50,
        rx=Resource("uart", signal="rx"),
        tx=Resource("uart", signal="tx"),
        leds={
            "heartbeat": Resource("led", 0),
            "link": Resource("led", 1),
            "spike": Resource("led", 2),
            "error": Resource("led", 3),
        },
        loader=("-b", "arty_a7_35t"),
        design="digits",
        connection="USB alone (socket J10).",
    ),
)
