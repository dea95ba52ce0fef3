"""tinyVision UPduino 3: iCE40 UP5K, 12 MHz behind a jumper, FTDI on the pins of the flash."""

from sc_hw.boards.board import Board, Pin, Resource

BOARDS = (
    Board(
        name="upduino3",
        title="UPduino 3 (iCE40 UP5K)",
        target="ice40-up5k",
        flow="ice40",
        place=("--up5k", "--package", "sg48"),
        platform="amaranth_boards.upduino_v3:UpduinoV3Platform",
        # The oscillator in the FPGA is no clock for a serial line: its data sheet allows 10 %.
        clock=Resource("clk12"),
        clock_mhz=12,
        mhz=24,
        rx=Pin("15", {"PULLUP": "1"}),
        tx=Pin("14"),
        leds={
            "heartbeat": Resource("rgb_led", signal="g"),
            "error": Resource("rgb_led", signal="r"),
            "link": Resource("rgb_led", signal="b"),
        },
        # the flash shares these pins with the FTDI and must not answer
        constants={"flash_select": (Pin("16"), 1)},
        loader=("-b", "ice40_generic", "-c", "ft232"),
        design="digits_small",
        connection="USB, and the jumper OSC soldered: it brings the 12 MHz to pin 20.",
        source="serial line and flash: the board's own upduino.pcf",
    ),
)
