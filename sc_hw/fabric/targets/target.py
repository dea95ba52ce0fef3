"""What a synthesis target declares, all of it data: device, tools, cells, clock limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sc_hw.fabric.checked_fields import CheckedFields, check_choice, check_name, check_range
from sc_model.spec.errors import ConfigError

UNITS = ("lut", "ff", "bram", "dsp", "spram")
FRAME_PINS = 5  # of the frame that a block is estimated in
MAX_CELLS = 10_000_000  # of a unit; the largest FPGA that is sold has 9 million LUTs
MAX_MHZ = 10_000


@dataclass(frozen=True)
class Cells(CheckedFields):
    """How the cells of a fabric count.

    Each mapping goes from a cell type (a trailing ``*`` stands for any ending) to how many of the
    unit one such cell is.

    Members
    -------
    lut, ff, bram, dsp : the four units.
    bram_unit, dsp_unit : what one block RAM or multiplier of the count is, in words.
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
                check_range(f"Cells.{unit} of {cell}", number, 0.01, 1000)


@dataclass(frozen=True)
class ClockLimit(CheckedFields):
    """How fast a part of the silicon may be clocked, as its vendor states.

    nextpnr does not check it: its Fmax is about paths between registers alone.

    Members
    -------
    what : clock tree, block RAM, multiplier or SPRAM.
    mhz : the vendor's figure, or None where no source that could be read has one.
    source : document, version, table and speed grade; where there is no figure, why there is none.
    kind : ``maximum`` is stated as a limit. ``typical`` comes from a performance table: the
        vendor's own tool reaches it, no device is tested for it. ``typical of a faster grade``
        stands where only a faster grade has a figure, which this grade does not exceed.
    cells : cell types that it holds for (a trailing ``*`` as in `Cells`); empty: every design.
    where : parameters, with values, that such a cell must have; one that a cell lacks counts as 0.
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
    name : as typed.
    title : as printed.
    family : `sc_hw.fabric.families` name whose pipeline and primitives are used.
    synth : Yosys command.
    cells : how its cells count.
    without_pads, pads : options of `synth` that leave pads and clock buffers out, and the commands
        that add them. Where modules are mapped one by one, the pads come last: these synthesisers
        would put some around every module. Empty where `synth` puts them around the top alone.
    pnr : nextpnr tool, or None with `no_pnr` saying why.
    pnr_args : its arguments.
    pins : user I/O of the package. A block is estimated in a frame of shift registers, which needs
        five of them (see `sc_hw.price.frame`).
    no_fmax : why nextpnr's Fmax of this device is not quoted, or None where it is.
    pin_names : pins of that frame, where nextpnr must be told them.
    pin_option : name of the option that does so: ``--vopt <pin_option>=FILE``.
    limits : what the silicon itself can be clocked at, which nextpnr does not check.
    capacity : how many of each unit (`lut`, `ff`, `bram`, `dsp`, and `spram` where there is any)
        the device has; a unit that it builds of logic is left out, and all where no part is named.
    capacity_source : where these totals come from, or why there are none.
    absent : types of RAM and multiplier cells in `cells` that this device builds of logic or does
        not have, so that no clock limit is known for them.
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
        check_range(f"Target.pins {subject}", self.pins, 0, 10_000)
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
