"""`sc-hw registers` and `sc-hw bundle`: a system as files for other people's tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sc_hw.cli.terminal import (
    DEFAULT_ROOT,
    AsJson,
    DesignFile,
    Root,
    out,
    print_json,
    progress_lines,
)
from sc_model.spec import load_design

if TYPE_CHECKING:
    from sc_hw.build.elaborate import Build
    from sc_hw.progress import Progress

DEFAULT_DOOR = "axi"  # most processors that others connect have an AXI bus
DoorName = Annotated[
    str | None,
    typer.Option(
        help="uart, spi, spi_bus, axi, wishbone; by default that of the design's table 'host', or"
        " axi."
    ),
]
Out = Annotated[Path, typer.Option("--out", help="Folder to write to.")]


def _build_behind(file: Path, door: str | None, root: Path, progress: Progress) -> Build:
    """The build of a design behind a door.

    Parameters
    ----------
    file : the design file.
    door : name of the door; None for that of the design's table [host], or `DEFAULT_DOOR`.
    root : folder of builds.
    progress : gets a line before the work begins.
    """
    from sc_hw.build.elaborate import elaborate
    from sc_hw.host.doors import load_door

    design = load_design(file)
    if door is not None or design.host is None:
        design = design.behind(door or DEFAULT_DOOR)
    if design.host is not None:
        load_door(design.host.door)  # an unknown door is refused before the work begins
    progress(f"{design.name}: elaborating")
    return elaborate(design, root)


def registers(
    design: DesignFile,
    out_folder: Out,
    formats: Annotated[
        str,
        typer.Option(
            "--format", help="Some of c, rdl, html, ipxact, svd, with commas; by default all."
        ),
    ] = "",
    door: DoorName = None,
    build: Root = DEFAULT_ROOT,
    as_json: AsJson = False,
) -> None:
    """Write the register map as C header, SystemRDL, HTML, IP-XACT and CMSIS-SVD."""
    from sc_hw.export.host import export_host
    from sc_hw.export.registers import FORMATS, check_formats

    names = [name.strip() for name in formats.split(",")] if formats else list(FORMATS)
    check_formats(names)
    with progress_lines(as_json) as progress:
        result = _build_behind(design, door, build, progress)
        progress(f"{result.design.name}: writing the register map")
        files = export_host(result.manifest, out_folder, names)
    if as_json:
        print_json({"id": result.id, "files": [str(path) for path in files]})
    else:
        for path in files:
            out.print(f"wrote {path}", markup=False)


def bundle(
    design: DesignFile,
    out_folder: Out,
    door: DoorName = None,
    prefix: Annotated[
        str,
        typer.Option(help="In front of all modules' names: for several systems in one design."),
    ] = "",
    build: Root = DEFAULT_ROOT,
    as_json: AsJson = False,
) -> None:
    """Write all that a design of others needs: Verilog, register map, C driver, FuseSoC core."""
    from sc_hw.export.bundle import bundle as run_bundle
    from sc_hw.export.bundle import check_request

    check_request(out_folder, prefix)
    with progress_lines(as_json) as progress:
        result = _build_behind(design, door, build, progress)
        progress(f"{result.design.name}: writing the bundle")
        files = run_bundle(result, out_folder, prefix)
    if as_json:
        print_json({"id": result.id, "files": [str(path) for path in files]})
    else:
        out.print(f"{result.design.name}: {len(files)} files in {out_folder}", markup=False)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: sc-hw registers my_lane.toml --format c --out firmware")(registers)
    app.command(epilog="Example: sc-hw bundle my_lane.toml --door axi --out my_lane_axi")(bundle)
