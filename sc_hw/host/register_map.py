"""The register map that every block has, and the counters of a design behind it."""

from __future__ import annotations

from collections.abc import Sequence

from sc_hw.host.registers import Field, Register, RegisterMap

MAGIC = 0x53434857  # "SCHW"
PROTOCOL = 1  # version of this map and of the packets; a change that old drivers misread raises it
ADDRESS_BITS = 16  # of a word address on the bus: what a link carries
COUNTERS_OFFSET = 0x80
BLOCK_ERRORS = 8  # lowest bit of ERRORS that belongs to the block

# Sticky errors of the host's own side, by bit of ERRORS.
ERRORS = {
    "step_overflow": "A word was written while the step FIFO was full; it is lost.",
    "output_empty": "The output FIFO was read while it was empty; the read gave 0.",
    "bad_address": "No such register, or it does not allow this kind of access.",
    "window_busy": "An access to the window could not be made; it gave 0 or wrote nothing.",
    "packet": "A step packet of another length came in; it was filled up with 0 or cut.",
}
INTERRUPTS = {
    "outputs": "A whole packet is in the output FIFO.",
    "step_room": "The step FIFO has room for a whole step.",
    "error": "A bit of ERRORS is set.",
}
# codes of the blocks, as their files in `sc_hw.host.blocks` have them
KINDS = "1 lane, 2 bank, 3 layer, 4 network, 5 learning_network, 6 recurrent_network."


def register_map(
    *,
    kind: int = 0,
    build_id: str = "0" * 12,
    design_hash: str = "0" * 16,
    counters: Sequence[str] = (),
    errors: Sequence[tuple[str, str]] = (),
    streams: bool = False,
) -> RegisterMap:
    """The registers of a design.

    Parameters
    ----------
    kind : code of the block.
    build_id : 12 hexadecimal digits.
    design_hash : 16 hexadecimal digits.
    counters : names of the block's own counters, 32 bits each.
    errors : name and meaning of each error that the block reports.
    streams : whether the door has streams of its own for steps and outputs.
    """
    build, design = int(build_id, 16), int(design_hash, 16)
    own = (
        *_identity(kind, build, design),
        *_control(errors, streams),
        *_counters(),
        *_data(),
    )
    more = (
        Register(
            name.upper(),
            COUNTERS_OFFSET + 4 * number,
            "ro",
            f"The block's counter `{name}`, modulo 2^32.",
        )
        for number, name in enumerate(counters)
    )
    return RegisterMap((*own, *more))


def _identity(kind: int, build: int, design: int) -> tuple[Register, ...]:
    """Constants that say what is behind the map."""
    low = (1 << 32) - 1
    return (
        Register("MAGIC", 0x00, "ro", "The letters SCHW.", MAGIC),
        Register(
            "PROTOCOL",
            0x04,
            "ro",
            "Version of the map, and kind of the block.",
            PROTOCOL | kind << 16,
            (
                Field("version", 0, 16, "ro", "Version of the register map and of the packets."),
                Field("kind", 16, 8, "ro", KINDS),
            ),
        ),
        Register("BUILD_ID_LOW", 0x08, "ro", "The build's id, bits 31:0.", build & low),
        Register("BUILD_ID_HIGH", 0x0C, "ro", "The build's id, bits 47:32.", build >> 32),
        Register(
            "DESIGN_HASH_LOW",
            0x10,
            "ro",
            "Low half of the first 64 bits of the hash of the design without its host.",
            design & low,
        ),
        Register("DESIGN_HASH_HIGH", 0x14, "ro", "High half of the same.", design >> 32),
    )


def _control(errors: Sequence[tuple[str, str]], streams: bool) -> tuple[Register, ...]:
    """Control, status, errors and interrupts."""
    stream = Field("stream", 3, 1, "rw", "Outputs leave by the door's stream, not by OUTPUT_DATA.")
    own = [Field(n, bit, 1, "w1c", doc) for bit, (n, doc) in enumerate(ERRORS.items())]
    blocks = [Field(n, BLOCK_ERRORS + bit, 1, "w1c", doc) for bit, (n, doc) in enumerate(errors)]
    return (
        Register(
            "CONTROL",
            0x18,
            "rw",
            "Halts, resets, clears.",
            streams << stream.lo,
            (
                Field("halt", 0, 1, "rw", "No new step begins."),
                Field(
                    "reset",
                    1,
                    1,
                    "w1",
                    "The block is reset as by its `rst`; FIFOs are emptied, counters and ERRORS 0.",
                ),
                Field("clear", 2, 1, "w1", "Both FIFOs are emptied after the step under way."),
                *((stream,) if streams else ()),
            ),
        ),
        Register(
            "STATUS",
            0x1C,
            "ro",
            "What is under way.",
            None,
            (
                Field("idle", 0, 1, "ro", "No step is under way, and none can begin."),
                Field("halted", 1, 1, "ro", "`halt` is set and no step is under way."),
                Field("outputs", 2, 1, "ro", "There are words in the output FIFO."),
                Field("interrupt", 3, 1, "ro", "The interrupt is raised."),
            ),
        ),
        Register("STEP_ROOM", 0x20, "ro", "Free words of the step FIFO.", None),
        Register("OUTPUT_LEVEL", 0x24, "ro", "Words in the output FIFO."),
        Register("ERRORS", 0x28, "w1c", "Sticky errors.", 0, (*own, *blocks)),
        Register(
            "INTERRUPT_ENABLE",
            0x2C,
            "rw",
            "Which causes raise the interrupt.",
            0,
            tuple(Field(n, bit, 1, "rw", doc) for bit, (n, doc) in enumerate(INTERRUPTS.items())),
        ),
        Register(
            "INTERRUPT_CAUSE",
            0x30,
            "ro",
            "Causes that are there, enabled or not.",
            None,
            tuple(Field(n, bit, 1, "ro", doc) for bit, (n, doc) in enumerate(INTERRUPTS.items())),
        ),
    )


def _counters() -> tuple[Register, ...]:
    """Counters that every block has."""
    return (
        Register("STEPS_TAKEN", 0x34, "ro", "Steps begun since the reset, modulo 2^32."),
        Register("STEPS_DONE", 0x38, "ro", "Steps of which all is done and all output is there."),
        Register("SPIKES", 0x3C, "ro", "Spikes of all output packets since the reset."),
        Register(
            "CLOCKS_LOW",
            0x40,
            "ro",
            "Clocks since the reset, bits 31:0; keeps the others.",
            None,
            read_effect=True,
        ),
        Register("CLOCKS_HIGH", 0x44, "ro", "Bits 63:32 of when CLOCKS_LOW was last read.", 0),
    )


def _data() -> tuple[Register, ...]:
    """Steps, outputs, and the window into the block's memories."""
    return (
        Register("STEP_DATA", 0x48, "wo", "Puts a word into the step FIFO."),
        Register(
            "OUTPUT_DATA",
            0x4C,
            "ro",
            "Takes a word out of the output FIFO.",
            None,
            read_effect=True,
        ),
        Register("WINDOW_PORT", 0x50, "rw", "Which of the block's host ports the window shows."),
        Register("WINDOW_ADDRESS", 0x54, "rw", "The payload of the port's `read`."),
        Register(
            "WINDOW_DATA",
            0x58,
            "rw",
            "A part of the word at that address, low first; the last part goes to the next word.",
            None,
            read_effect=True,
        ),
    )
