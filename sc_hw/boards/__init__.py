"""Boards, one file each, in this folder, among entry points ``sc_hw.boards``, or named by a path.

A board file defines `BOARDS`, a tuple of `Board`. It is data alone; `sc_hw.bitstream` makes the
board's top, constraints and bitstream from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from sc_hw.boards.board import LED_ROLES, Board, ConnectorPin, Pin, Place, Resource
from sc_model.endless import EndlessLoop, limited
from sc_model.spec.catalogue import Catalogue, Plugin, by_name, listed, place_of
from sc_model.spec.errors import ConfigError
from sc_model.texts import shown


def _boards_in(module: ModuleType) -> Iterator[tuple[str, Board]]:
    """The boards that a module lists in `BOARDS`, by name."""
    for item in listed(module, "BOARDS", Board):
        yield item.name, item


@cache
def _boards() -> Catalogue[Board]:
    return Catalogue(
        "board", "sc_hw.boards", __path__, _boards_in, wanted="BOARDS", package=__name__
    )


def board_names() -> tuple[str, ...]:
    """Names of all boards, sorted."""
    return _boards().names()


def board_plugins() -> tuple[Plugin, ...]:
    """Every module that was searched for boards, the broken ones too."""
    return tuple(_boards().plugins)


def load_board(name: str) -> Board:
    """The board of that name, or the one board in the file of that path (it ends with ``.py``).

    A board file is a Python program: loading the board runs it.

    Raises
    ------
    ConfigError : there is no such board or file, or the file has no board, or more than one.
    """
    if not name.endswith(".py"):
        return _boards().pick(name)
    boards = _boards_of_file(Path(name))
    if len(boards) != 1:
        raise ConfigError(
            f"board file {shown(name)} must have one board in BOARDS, not {len(boards)}."
        )
    return next(iter(boards.values()))


def _boards_of_file(path: Path) -> dict[str, Board]:
    """Boards by name; ConfigError with file and line where the file can't be run."""
    if not path.is_file():
        raise ConfigError(
            f"board must be one of {', '.join(board_names())}, or a file; there is no file"
            f" {shown(str(path))}."
        )
    # not under its own name: a file may be called like a module that somebody imports
    name = f"sc_hw_board_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"board file {shown(str(path))} can't be loaded as Python.")
    module = module_from_spec(spec)
    try:
        with limited():
            spec.loader.exec_module(module)
            pairs = list(_boards_in(module))
    except (Exception, SystemExit, EndlessLoop) as error:  # whatever foreign code may raise
        what = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
        if not isinstance(error, ConfigError):
            what = f"the board file raised {type(error).__name__}: {what.removesuffix('.')}."
        place = place_of(error, str(path.resolve()), "BOARDS")
        raise ConfigError(f"{place}: {what}") from None
    return by_name("board", ((name, board, str(path)) for name, board in pairs))


def board_file(board: Board) -> Path | None:
    """The default design of a board that this package ships; None where it has none."""
    if not board.design:
        return None
    # one of this folder, or the example of the package that the demo runs
    package = Path(__file__).parents[1]
    name = f"{board.design}.toml"
    places = (
        Path(__file__).parent / "designs" / name,
        package / "examples" / board.design / name,
        package.parent / "examples" / board.design / name,
    )
    return next((place for place in places if place.is_file()), None)


__all__ = [
    "LED_ROLES",
    "Board",
    "ConnectorPin",
    "Pin",
    "Place",
    "Resource",
    "board_file",
    "board_names",
    "board_plugins",
    "load_board",
]
