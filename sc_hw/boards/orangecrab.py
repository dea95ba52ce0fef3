"""OrangeCrab r0.2 with an ECP5-25F: 48 MHz; the serial line is on the pins 0 and 1."""

from sc_hw.boards.board import Board, ConnectorPin, Resource

_LINE = {"IO_TYPE": "LVCMOS33"}

BOARDS = (
    Board(
        name="orangecrab-25f",
        title="OrangeCrab r0.2 (ECP5-25F)",
        target="ecp5-25f-8",
        flow="ecp5",
        place=("--25k", "--package", "CSFBGA285", "--speed", "8"),
        platform="amaranth_boards.orangecrab_r0_2:OrangeCrabR0_2_25FPlatform",
        clock=Resource("clk"),
        clock_mhz=48,
        mhz=60,
        rx=ConnectorPin("io", 0, "0", {**_LINE, "PULLMODE": "UP"}),
        tx=ConnectorPin("io", 0, "1", _LINE),
        leds={
            "heartbeat": Resource("rgb_led", signal="g"),
            "error": Resource("rgb_led", signal="r"),
            "link": Resource("rgb_led", signal="b"),
        },
        pack_options=("--compress", "--freq", "38.8"),
        loader=("-b", "orangeCrab"),
        design="digits",
        connection=(
            "USB with the button held (its boot loader takes the bitstream by DFU), and a serial"
            " adapter of 3.3 V: its TX to pin 0, its RX to pin 1, ground to ground."
        ),
    ),
)
