"""Colorlight i5 on its extension board: ECP5-25F, 25 MHz, DAPLink with serial line, one LED."""

from sc_hw.boards.board import Board, Pin

_IO = {"IO_TYPE": "LVCMOS33"}

BOARDS = (
    Board(
        name="colorlight-i5",
        title="Colorlight i5 (ECP5-25F)",
        target="ecp5-25f-6",
        flow="ecp5",
        place=("--25k", "--package", "CABGA381", "--speed", "6"),
        clock=Pin("P3", _IO),
        clock_mhz=25,
        mhz=50,
        rx=Pin("H18", {**_IO, "PULLMODE": "UP"}),
        tx=Pin("J17", _IO),
        leds={"heartbeat": Pin("U16", _IO, inverted=True)},
        pack_options=("--compress",),
        loader=("-b", "colorlight-i5"),
        design="digits",
        connection="USB of the extension board alone.",
        source="amaranth-boards has no i5: github.com/wuxx/Colorlight-FPGA-Projects, i5 v7.0",
    ),
)
