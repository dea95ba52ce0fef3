"""What a target declares, all of it data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Cells:
    """How a fabric's cells count: cell type (a trailing ``*`` stands for any ending) -> how many of the unit each is."""

    lut: Mapping[str, float]
    ff: Mapping[str, float]
    bram: Mapping[str, float]
    dsp: Mapping[str, float]
    bram_unit: str
    dsp_unit: str


@dataclass(frozen=True)
class Target:
    """A device, the Yosys command that maps to it, and how nextpnr is called for it.

    Members
    -------
    name, title : as typed, as printed. family : `sc_hw.families` name whose pipeline and primitives are used.
    synth : Yosys command. cells : how its cells count.
    pnr : nextpnr tool, or None with `no_pnr` saying why. pnr_args : its arguments.
    pins : user I/O of the package (a block has its ports wrapped in shift registers and needs only five).
    no_fmax : why nextpnr's Fmax of this device is not quoted, or None where it is.
    pin_names : pins of the wrapper where they must be constrained, given to nextpnr by ``--vopt pin_option=FILE``.
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
