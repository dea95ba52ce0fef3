"""A design's bitstream for a board: `build/<id>/board/<name>/`, with constraints and report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from filelock import FileLock

from sc_hw.bitstream.bitstream import BoardFiles, System, read_json
from sc_hw.bitstream.flows import flow_of
from sc_hw.boards import Board, load_board
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.build.naming import build_id
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import load_target
from sc_hw.files import DEFAULT_ROOT, PathLike, folder_of_builds, make_folder
from sc_hw.host.system import system_of
from sc_hw.progress import Progress, silent
from sc_hw.tools import find
from sc_model.spec import ConfigError, Design
from sc_model.spec.host import HostSpec

# Frequencies that are not refused at once, in MHz: 400 is more than the fabric of any board here is
# clocked at. The board's PLL then says which of them it can make.
MHZ = (1.0, 400.0)
DOOR = "uart"  # the door that every board has pins for


def board_variant(design: Design, board: Board, mhz: float | None = None) -> Design:
    """The design as it runs on a board: with the fabric of its FPGA, a serial line and its clock.

    Parameters
    ----------
    design : the design. The keys of its table `[host]` are kept where its door is ``uart``.
    board : the board.
    mhz : frequency of the system's clock in MHz, 1 to 400; by default that of the board's own
        clock.

    Raises
    ------
    ConfigError
        the board's PLL can't make this clock, or the board can't be used.
    """
    if mhz is not None and not MHZ[0] <= mhz <= MHZ[1]:
        raise ConfigError(f"--mhz must be from {MHZ[0]:g} to {MHZ[1]:g}, not {mhz:g}.")
    pll = flow_of(board).clocking(board, board.mhz if mhz is None else mhz)
    host = design.host if design.host is not None and design.host.door == DOOR else HostSpec()
    return design.model_copy(
        update={
            "fabric": load_target(board.target).family,
            "host": host.model_copy(update={"door": DOOR, "clock_mhz": pll.mhz}),
        }
    )


def build_board(
    design: Design,
    board: str | Board,
    *,
    mhz: float | None = None,
    seeds: int = 1,
    root: PathLike = DEFAULT_ROOT,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Build the bitstream of a design for a board, unless it is there, and return its report.

    Parameters
    ----------
    design : the design; its variant for the board is built (see `board_variant`).
    board : the board, its name or its file.
    mhz : frequency of the system's clock in MHz; by default that of the board's own clock.
    seeds : place-and-route runs at most, >= 1; they end with the first that meets the clock.
    root : folder of builds.
    progress : called with a line of text at each step.

    Returns
    -------
    The content of ``report.json``, and as `folder` the folder that it lies in.

    Raises
    ------
    BoardError
        the design does not fit, or is too slow for the clock; the text has the numbers and what to
        reduce. No bitstream is left then.
    ConfigError
        there is no such board, its PLL can't make the clock, or the design can't be made.
    ToolError
        a tool is missing or fails, or the bitstream is not what was packed.
    ValueError
        `seeds` is below 1.
    """
    if seeds < 1:
        raise ValueError(f"seeds must be >= 1, not {seeds}")
    board = load_board(board) if isinstance(board, str) else board
    variant = board_variant(design, board, mhz)
    target = load_target(board.target)
    for tool in ("yosys", *([target.pnr] if target.pnr else [])):
        find(tool)
    progress(f"{board.name}: elaborating")
    build = elaborate(variant, root)
    folder = make_folder(build.folder / "board" / board.name)
    # The tools write in place: a second process would read half-written files.
    with FileLock(folder / ".lock"):
        files = BoardFiles(system_on_board(build), board, mhz, folder)
        return {**files.make(seeds, progress), "folder": str(folder)}


def folder_of(
    design: Design, board: Board, *, mhz: float | None = None, root: PathLike = DEFAULT_ROOT
) -> Path:
    """The folder in which `build_board` leaves a board's files; it need not exist."""
    variant = board_variant(design, board, mhz)
    return folder_of_builds(root) / build_id(variant) / "board" / board.name


def check_version(
    design: Design, board: Board, *, mhz: float | None = None, root: PathLike = DEFAULT_ROOT
) -> None:
    """Refuse a bitstream of another version of this package, or of another text of the rule.

    Parameters are those of `folder_of`. Where there is no bitstream at all nothing is refused.

    Raises
    ------
    ConfigError
        all bitstreams of this design for the board were built by other versions.
    """
    if (folder_of(design, board, mhz=mhz, root=root) / "report.json").is_file():
        return
    variant = board_variant(design, board, mhz).model_dump(mode="json")
    for manifest in sorted(folder_of_builds(root).glob("*/manifest.json")):
        report = manifest.parent / "board" / board.name / "report.json"
        if report.is_file() and read_json(manifest).get("design") == variant:
            raise ConfigError(
                f"the bitstream of '{design.name}' in {report.parent} was built by another version"
                f" of sc-hw, or of the rule; run `sc-hw build DESIGN --board {board.name}` again."
            )


def system_on_board(build: Build) -> System:
    """The system of a build, with what its bitstream's report says of it.

    Parameters
    ----------
    build : the build of a design's variant for a board (see `board_variant`).
    """
    design = build.design
    system = system_of(design, load_family(design.fabric))
    timing = system.block.timing()
    # Modules of many instances, as the lanes of a layer: synthesis maps each of them once.
    mapped_once = getattr(system.block.component, "shared_modules", {})
    facts = {
        "design": design.name,
        "block": design.block,
        "synapses": design.synapses,
        "build_id": build.id,
        "block_verilog_sha256": build.manifest["verilog_sha256"],
        "timing": timing,
    }
    return System(
        system,
        system.shared_modules,
        tuple(mapped_once),
        facts,
        timing.get("synapses_per_clock") if design.learns is not None else None,
    )
