"""Sipeed Tang Nano 9K: Gowin GW1NR-9C, 27 MHz, serial line on USB, six LEDs."""

from sc_hw.boards.board import Board, Resource

BOARDS = (
    Board(
        name="tang-nano-9k",
        title="Tang Nano 9K (Gowin GW1NR-9C)",
        target="gowin-gw1n9",
        flow="gowin",
        place=("--device", "GW1NR-LV9QN88PC6/I5", "--vopt", "family=GW1N-9C"),
        platform="amaranth_boards.tang_nano_9k:TangNano9kPlatform",
        clock=Resource("clk27"),
        clock_mhz=27,
        mhz=27,
        rx=Resource("uart", signal="rx"),
        tx=Resource("uart", signal="tx"),
        leds={
            "heartbeat": Resource("led", 0),
            "link": Resource("led", 1),
            "spike": Resource("led", 2),
            "error": Resource("led", 3),
        },
        pack_options=("-d", "GW1N-9C", "--sspi_as_gpio", "--mspi_as_gpio"),
        loader=("-b", "tangnano9k"),
        design="digits_small",
        connection="USB alone.",
    ),
)
