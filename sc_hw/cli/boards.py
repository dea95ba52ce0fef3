"""`sc-hw boards`, `fit`, `build`, `program`: bitstreams for boards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from sc_hw.cli.terminal import (
    DEFAULT_ROOT,
    AsJson,
    Root,
    out,
    print_json,
    progress_lines,
    warn,
)
from sc_model.spec import ConfigError, Design, load_design

BoardName = Annotated[
    str,
    typer.Option(
        "--board", help="Board (`sc-hw boards` lists them), or a board file of yours (.py)."
    ),
]
BoardDesign = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DESIGN]", help="Design file (TOML); without one the board's own example."
    ),
]
Mhz = Annotated[
    float | None, typer.Option("--mhz", help="Clock of the system; by default the board's own.")
]
PlaceSeeds = Annotated[
    int,
    typer.Option(
        "--seeds", min=1, help="Place-and-route runs, at most; the first that meets the clock."
    ),
]


def _design(design: Path | None, board: str) -> Design:
    """The design of a file, or the example of a board; ConfigError where it has none."""
    if design is not None:
        return load_design(design)
    from sc_hw.boards import board_file, load_board

    file = board_file(load_board(board))
    if file is None:
        raise ConfigError(f"board '{board}' has no example design; give a design file.")
    return load_design(file)


def boards(as_json: AsJson = False) -> None:
    """List the boards: device, clock, what has to be plugged in, and whether its tools are here.

    A board of a plug-in that can't be used is named in one line on standard error.
    """
    from sc_hw.bitstream.listing import listing

    rows, broken = listing()
    for line in broken:
        warn(line)
    if as_json:
        print_json(rows)
        return
    table = Table("board", "device", "oscillator", "clock", "LEDs", "bitstream", "to do")
    for row in rows:
        table.add_row(
            row["board"],
            row["target"],
            f"{row['clock_mhz']:g} MHz",
            f"{row['mhz']:g} MHz",
            ", ".join(row["leds"]),
            row["bitstream"] or "the vendor's tool",
            row["to_do"] or "-",
        )
    out.print(table)
    for row in rows:
        out.print(f"{row['board']}: {row['connection']}", markup=False)


def build(
    board: BoardName,
    design: BoardDesign = None,
    mhz: Mhz = None,
    seeds: PlaceSeeds = 1,
    build: Root = DEFAULT_ROOT,
    as_json: AsJson = False,
) -> None:
    """Make a bitstream: the design behind a serial line, with the board's pins, PLL and LEDs.

    Timing is met at the board's clock, or the exit code is 1 and the numbers are printed.
    """
    from sc_hw.bitstream.build import build_board

    with progress_lines(as_json) as progress:
        report = build_board(
            _design(design, board), board, mhz=mhz, seeds=seeds, root=build, progress=progress
        )
    if as_json:
        print_json(report)
    else:
        _print_build(report)


def _print_build(report: dict[str, Any]) -> None:
    """Size, clock, rate and file, one line each."""
    parts = []
    for unit, row in report["resources"].items():
        if row["used"]:
            of = f" of {row['available']}" if row["available"] is not None else ""
            parts.append(f"{unit.upper()} {row['used']:g}{of}")
    clock = report["clock"]
    out.print(f"{report['design']} on {report['title']}: {', '.join(parts)}", markup=False)
    if report["timing_met"]:
        speed = f"nextpnr reaches {report['fmax_mhz']:g} MHz with seed {report['seed']}"
    else:
        speed = str(report["timing_reason"])
    out.print(f"clock: {clock['mhz']:g} MHz; {speed}", markup=False)
    if report["updates_per_s"] is not None:
        out.print(f"synapse updates: {report['updates_per_s'] / 1e6:.1f} million a second, at most")
    if report["bitstream"] is None:
        out.print(report["bitstream_reason"], markup=False)
        out.print(f"wrote {report['folder']}: {', '.join(report['files'])}", markup=False)
    else:
        file = Path(report["folder"]) / report["bitstream"]
        out.print(
            f"wrote {file} ({report['bitstream_bytes']:,} bytes, unpacked again and compared)",
            markup=False,
        )


def fit(
    board: BoardName,
    design: BoardDesign = None,
    ticks_per_s: Annotated[
        float | None,
        typer.Option("--ticks-per-s", help="Steps a second that are needed; else as many as fit."),
    ] = None,
    mhz: Mhz = None,
    seeds: PlaceSeeds = 1,
    build: Root = DEFAULT_ROOT,
    as_json: AsJson = False,
) -> None:
    """Choose lanes and memory of a layer, or a network's lanes, that fit a board, and build it.

    Prints what was tried and what limits. Where nothing fits, or nothing is fast enough, the exit
    code is 1.
    """
    from sc_hw.bitstream.fit import fit as run_fit

    with progress_lines(as_json) as progress:
        result = run_fit(
            _design(design, board),
            board,
            ticks=ticks_per_s,
            mhz=mhz,
            seeds=seeds,
            root=build,
            progress=progress,
        )
    if as_json:
        print_json(result)
        return
    table = Table("choices", "steps a second", "fullest", "fits")
    for row in result["tried"]:
        limit = row["bottleneck"]
        table.add_row(
            _choices(row["choices"]),
            f"{row['ticks_per_s']:,.0f}",
            f"{limit['kind']} {limit['used']:,} of {limit['available']:,}",
            "yes" if row["fits"] else "no",
        )
    out.print(table)
    if result["choices"]:
        out.print(f"chosen: {_choices(result['choices'])}", markup=False)
    else:
        out.print(f"{result['design']} has no lanes or memories to choose; it fits.", markup=False)
    _print_build(result["built"])


def _choices(choices: dict[str, Any]) -> str:
    """The keys of `[layer]` as a design file has them."""
    texts = (
        f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
        for key, value in choices.items()
    )
    return ", ".join(texts) or "as it is"


def program(
    board: BoardName,
    design: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DESIGN]",
            help="Design file, or a folder that `sc-hw build` wrote; else the board's example.",
        ),
    ] = None,
    port: Annotated[
        str | None,
        typer.Option(
            help="Which of several: serial port, bus:device of USB, or the adapter's number."
        ),
    ] = None,
    flash: Annotated[
        bool, typer.Option("--flash", help="Into the flash, so that it stays without power.")
    ] = False,
    mhz: Mhz = None,
    build: Root = DEFAULT_ROOT,
    as_json: AsJson = False,
) -> None:
    """Load the bitstream that `sc-hw build` made into a board, with openFPGALoader."""
    from sc_hw.bitstream.build import check_version, folder_of
    from sc_hw.bitstream.program import bitstream_of
    from sc_hw.bitstream.program import program as run_program
    from sc_hw.boards import load_board

    own_board = load_board(board)
    folder = design if design is not None and design.is_dir() else None
    if folder is None:
        design_on_board = _design(design, board)
        check_version(design_on_board, own_board, mhz=mhz, root=build)
        folder = folder_of(design_on_board, own_board, mhz=mhz, root=build)
    file = bitstream_of(folder, own_board)
    run_program(file, own_board, port=port, flash=flash)
    if as_json:
        print_json({"board": own_board.name, "bitstream": str(file), "flash": flash})
    else:
        out.print(f"loaded {file} into {own_board.title}", markup=False)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(epilog="Example: sc-hw boards")(boards)
    app.command(epilog="Example: sc-hw fit my_layer.toml --board icebreaker --ticks-per-s 10000")(
        fit
    )
    app.command(epilog="Example: sc-hw build my_layer.toml --board icebreaker")(build)
    app.command(epilog="Example: sc-hw program my_layer.toml --board icebreaker")(program)
