"""What a synthesis target declares, all of it data: device, tools, cells, clock limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sc_hw.fabric.checked_fields import CheckedFields, check_choice, check_name, check_range
from sc_model.spec.errors import ConfigError

UNITS = ("lut", "ff", "bram", "dsp", "spram")  # in which the size of a device is counted
FRAME_PINS = 5  # pins of the frame that a block is placed in: `sc_hw.price.frame.FRAME_PINS`
# The limits below only catch slips of the pen, as a frequency in Hz or a count in bits.
MAX_CELLS = 10_000_000  # of a unit; the largest FPGA that is sold has 9 million LUTs
MAX_MHZ = 10_000  # an order of magnitude above the fastest clock tree of a vendor here
MAX_PINS = 10_000  # several times the pins of the largest package
LEAST_SHARE, MOST_SHARE = 0.01, 1000  # of a unit in one cell; the cells here are 0.5 to 4 units


@dataclass(frozen=True)
class Cells(CheckedFields):
    """How many units of the device each cell of a netlist takes.

    Each mapping goes from a cell type (a trailing ``*`` stands for any ending) to the number of
    units that one such cell takes, 0.01 to 1000.

    Members
    -------
    lut, ff, bram, dsp : mappings for look-up tables, flip-flops, block RAMs and multipliers.
    bram_unit, dsp_unit : one block RAM and one multiplier of this count in words, as a size.
    """

    lut: Mapping[str, float]
    ff: Mapping[str, float]
    bram: Mapping[str, float]
    dsp: Mapping[str, float]
    bram_unit: str
    dsp_unit: str

    def __post_init__(self) -> None:
        super().__post_init__()
        for unit in UNITS[:4]:
            for cell, number in getattr(self, unit).items():
                check_range(f"Cells.{unit} of {cell}", number, LEAST_SHARE, MOST_SHARE)


@dataclass(frozen=True)
class ClockLimit(CheckedFields):
    """The highest clock of a part of the silicon, as its vendor states it.

    nextpnr does not check it: its Fmax is about paths between registers alone.

    Members
    -------
    what : the part: clock tree, block RAM, multiplier or SPRAM.
    mhz : the vendor's figure, or None where no source that could be read has one.
    source : document, version, table and speed grade; where there is no figure, why there is none.
    kind : ``maximum`` is stated as a limit. ``typical`` comes from a performance table: the
        vendor's own tool reaches it, no device is tested for it. ``typical of a faster grade``
        stands where only a faster grade has a figure, which this grade does not exceed.
    cells : cell types that the limit holds for (a trailing ``*`` as in `Cells`); empty: all
        designs.
    where : the limit holds only for such cells whose parameters have these values, pairs of name
        and value. A parameter that the netlist does not give counts as 0.
    """

    what: str
    mhz: float | None
    source: str
    kind: Literal["maximum", "typical", "typical of a faster grade", "not found"] = "maximum"
    cells: tuple[str, ...] = ()
    where: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mhz is not None:
            check_range(f"ClockLimit.mhz of the {self.what}", self.mhz, 0.001, MAX_MHZ, " MHz")
        if (self.mhz is None) != (self.kind == "not found"):
            raise ConfigError(
                f"ClockLimit.kind of the {self.what} must be 'not found' where mhz is None, and"
                f" nowhere else, not '{self.kind}'."
            )


@dataclass(frozen=True)
class Target(CheckedFields):
    """A device, the Yosys command that maps to it, and how nextpnr is called for it.

    Members
    -------
    name : name by which commands and boards choose it.
    title : name for people, with vendor and device.
    family : name of the family (`sc_hw.fabric.families`) whose pipelines and primitives it uses.
    synth : Yosys command that maps to it.
    cells : units that each of its cells takes.
    without_pads, pads : options of `synth` that leave pads and clock buffers out, and the commands
        that add them. Where modules are mapped one by one the pads come last, for these commands
        would put pads around every module. Empty where `synth` puts them around the top alone.
    pnr : nextpnr tool that places and routes it; None where there is none, with the reason in
        `no_pnr`.
    pnr_args : arguments of that tool, which name device and package.
    no_pnr : reason why there is no `pnr`, or None.
    pins : user I/O of the package, 0 to 10,000. A block with more ports is placed in a frame of
        shift registers, which has `FRAME_PINS` pins (see `sc_hw.price.frame`).
    no_fmax : reason why nextpnr's Fmax of this device is not quoted, or None where it is.
    pin_names : pins of that frame, for a nextpnr that does not choose pins itself.
    pin_option : name of the option by which it gets them: ``--vopt <pin_option>=FILE``.
    limits : highest clocks of the silicon itself, which nextpnr does not check.
    capacity : how many of each unit (`lut`, `ff`, `bram`, `dsp`, and `spram` where there is any)
        the device has; a unit that it builds of logic is left out, and all where no part is named.
    capacity_source : where these totals come from, or why there are none.
    absent : RAM and multiplier cells in `cells`, which the family shares, that this device builds
        of logic or does not have; they need no clock limit.
    """

    name: str
    title: str
    family: str
    synth: str
    cells: Cells
    without_pads: str = ""
    pads: tuple[str, ...] = ()
    pnr: (
        Literal[
            "nextpnr-ice40",
            "nextpnr-ecp5",
            "nextpnr-himbaechel-gowin",
            "nextpnr-himbaechel-gatemate",
        ]
        | None
    ) = None
    pnr_args: tuple[str, ...] = ()
    pins: int = 0
    no_pnr: str | None = None
    no_fmax: str | None = None
    pin_names: tuple[str, ...] = ()
    pin_option: str = ""
    limits: tuple[ClockLimit, ...] = ()
    absent: tuple[str, ...] = ()
    capacity: Mapping[str, float] = field(default_factory=dict)
    capacity_source: str = "the target gives no totals"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_name("Target.name", self.name)
        subject = f"of target '{self.name}'"
        for unit, number in self.capacity.items():
            check_choice(f"Target.capacity {subject}: a unit", unit, UNITS)
            check_range(f"Target.capacity {subject}, {unit},", number, 0, MAX_CELLS)
        check_range(f"Target.pins {subject}", self.pins, 0, MAX_PINS)
        if not self.synth.startswith("synth"):
            raise ConfigError(
                f"Target.synth {subject} must be a command of Yosys as 'synth_ice40', not"
                f" '{self.synth}'."
            )
        if self.pnr is None and not self.no_pnr:
            raise ConfigError(f"Target.no_pnr {subject} must say why there is no pnr.")
        if len(self.pin_names) not in (0, FRAME_PINS) or bool(self.pin_names) != bool(
            self.pin_option
        ):
            raise ConfigError(
                f"Target.pin_names {subject} must be {FRAME_PINS} pins, with the name of nextpnr's"
                f" option for them in pin_option, or none; there are {len(self.pin_names)}, and"
                f" pin_option is '{self.pin_option}'."
            )
