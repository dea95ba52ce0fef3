"""Radiona ULX3S: ECP5, 25 MHz, FTDI with serial line on USB, eight LEDs."""

from sc_hw.boards.board import Board, Resource


def _ulx3s(size: str) -> Board:
    return Board(
        name=f"ulx3s-{size}f",
        title=f"ULX3S (ECP5-{size}F)",
        target=f"ecp5-{size}f-6",
        flow="ecp5",
        place=(f"--{size}k", "--package", "CABGA381", "--speed", "6"),
        platform=f"amaranth_boards.ulx3s:ULX3S_{size}F_Platform",
        clock=Resource("clk25"),
        clock_mhz=25,
        mhz=50,
        rx=Resource("uart", signal="rx"),
        tx=Resource("uart", signal="tx"),
        leds={
            "heartbeat": Resource("led", 0),
            "link": Resource("led", 1),
            "spike": Resource("led", 2),
            "error": Resource("led", 3),
        },
        # low, it would reset the ESP32, which can restart the board
        constants={"esp32_gpio0": (Resource("esp32", signal="gpio0"), 1)},
        pack_options=("--compress",),
        loader=("-b", "ulx3s"),
        design="digits",
        connection="USB alone (socket US1).",
    )


BOARDS = (_ulx3s("25"), _ulx3s("85"))
