"""What a target declares, all of it data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Cells:
    """How a fabric's cells count: cell type (a trailing ``*`` stands for any ending) -> how many of
    the unit each is.
    """

    lut: Mapping[str, float]
    ff: Mapping[str, float]
    bram: Mapping[str, float]
    dsp: Mapping[str, float]
    bram_unit: str
    dsp_unit: str


@dataclass(frozen=True)
class ClockLimit:
    """How fast a part of the silicon may be clocked by its vendor's word, whatever the paths
    between registers allow.

    Members
    -------
    what : clock tree, block RAM, multiplier or SPRAM.
    mhz : the vendor's figure, or None where no source that could be read has one.
    source : document, version, table and speed grade; where there is no figure, why there is none.
    kind : a `maximum` is stated as a limit. A `typical` one is of a performance table: reached by
        the vendor's own tool, tested on no device; `typical of a faster grade` where only such a
        grade has one, which this grade does not exceed.
    cells : cell types it holds for (a trailing ``*`` as in `Cells`); none: it holds for every
        design.
    where : parameters, with their values, that such a cell must have; one that a cell lacks counts
        as 0.
    """

    what: str
    mhz: float | None
    source: str
    kind: Literal["maximum", "typical", "typical of a faster grade", "not found"] = "maximum"
    cells: tuple[str, ...] = ()
    where: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Target:
    """A device, the Yosys command that maps to it, and how nextpnr is called for it.

    Members
    -------
    name, title : as typed, as printed.
    family : `sc_hw.fabric.families` name whose pipeline and primitives are used.
    synth : Yosys command.
    cells : how its cells count.
    pnr : nextpnr tool, or None with `no_pnr` saying why.
    pnr_args : its arguments.
    pins : user I/O of the package (a block has its ports wrapped in shift registers and needs only
        five).
    no_fmax : why nextpnr's Fmax of this device is not quoted, or None where it is.
    pin_names : pins of the wrapper where they must be constrained, given to nextpnr by ``--vopt
        pin_option=FILE``.
    limits : what the silicon itself can be clocked at, which nextpnr does not check.
    """

    name: str
    title: str
    family: str
    synth: str
    cells: Cells
    pnr: str | None = None
    pnr_args: tuple[str, ...] = ()
    pins: int = 0
    no_pnr: str | None = None
    no_fmax: str | None = None
    pin_names: tuple[str, ...] = ()
    pin_option: str = ""
    limits: tuple[ClockLimit, ...] = ()
