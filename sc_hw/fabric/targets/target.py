"""What a synthesis target declares, all of it data: device, tools, cells, clock limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sc_hw.fabric.checked_fields import CheckedFields


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
    pnr: str | None = None
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
