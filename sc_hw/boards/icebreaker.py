"""1BitSquared iCEBreaker: iCE40 UP5K, 12 MHz, FTDI with serial line on USB."""

from sc_hw.boards.board import Board, Resource

BOARDS = (
    Board(
        name="icebreaker",
        title="iCEBreaker (iCE40 UP5K)",
        target="ice40-up5k",
        flow="ice40",
        place=("--up5k", "--package", "sg48"),
        platform="amaranth_boards.icebreaker:ICEBreakerPlatform",
        clock=Resource("clk12"),
        clock_mhz=12,
        clock_is_pll_pad=True,  # pin 35
        mhz=24,
        rx=Resource("uart", signal="rx"),
        tx=Resource("uart", signal="tx"),
        leds={"heartbeat": Resource("led_g"), "error": Resource("led_r")},
        loader=("-b", "ice40_generic"),
        design="digits_small",
        connection="USB alone; the serial line is the second port of its FTDI.",
    ),
)
