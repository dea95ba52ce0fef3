"""Lattice iCE40-HX8K breakout board: 12 MHz, FTDI with serial line on USB, eight LEDs."""

from sc_hw.boards.board import Board, Resource

BOARDS = (
    Board(
        name="hx8k-breakout",
        title="iCE40-HX8K breakout board",
        target="ice40-hx8k",
        flow="ice40",
        place=("--hx8k", "--package", "ct256"),
        platform="amaranth_boards.ice40_hx8k_b_evn:ICE40HX8KBEVNPlatform",
        clock=Resource("clk12"),
        clock_mhz=12,
        mhz=48,
        rx=Resource("uart", signal="rx"),
        tx=Resource("uart", signal="tx"),
        leds={
            "heartbeat": Resource("led", 0),
            "link": Resource("led", 1),
            "spike": Resource("led", 2),
            "error": Resource("led", 3),
        },
        loader=("-b", "ice40_generic"),
        design="digits_small",
        connection="USB alone; jumpers J6 and J7 as for programming the flash.",
    ),
)
