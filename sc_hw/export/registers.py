"""The register map in the languages of other tools: SystemRDL, C, HTML, IP-XACT, CMSIS-SVD."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sc_hw.errors import ToolError
from sc_hw.export.svd import svd
from sc_hw.export.systemrdl import MAP_NAME, Registers, systemrdl
from sc_hw.files import write_text
from sc_model.spec import ConfigError

# what a format is, and the packages of the extra `registers` that make it
FORMATS: Mapping[str, tuple[str, ...]] = {
    "rdl": (),
    "c": ("systemrdl", "peakrdl_cheader"),
    "html": ("systemrdl", "peakrdl_html"),
    "ipxact": ("systemrdl", "peakrdl_ipxact"),
    "svd": (),
}
VENDOR, LIBRARY, VERSION = "sc-hw", "host", "1.0"  # of IP-XACT's identifier


def export_registers(
    registers: Registers, title: str, folder: Path, formats: Sequence[str] = tuple(FORMATS)
) -> list[Path]:
    """Write a register map.

    Parameters
    ----------
    registers : of a manifest, `host.registers`.
    title : a line for people, at the head of each file.
    folder : gets ``registers.rdl``, ``.h``, ``.xml`` (IP-XACT), ``.svd`` and ``registers_html/``.
    formats : names of `FORMATS`.

    Returns
    -------
    list[Path] : what was written, in the order of `formats`.

    Raises
    ------
    ConfigError
        There is no such format.
    ToolError
        A package of the extra `registers` is missing.
    """
    check_formats(formats)
    source = write_text(folder / "registers.rdl", systemrdl(registers, title))
    files = []
    for name in formats:
        if name == "rdl":
            files.append(source)
        elif name == "svd":
            files.append(write_text(folder / "registers.svd", svd(registers, title)))
        else:
            files.append(_PEAKRDL[name](_compiled(source), folder))
    if "rdl" not in formats:
        source.unlink()
    return files


def check_formats(formats: Sequence[str]) -> None:
    """ConfigError for a format that there is not, ToolError for one whose package is missing."""
    for name in formats:
        if name not in FORMATS:
            raise ConfigError(f"formats must be {', '.join(FORMATS)}, not '{name}'.")
        for package in FORMATS[name]:
            try:
                importlib.import_module(package)
            except ImportError:
                raise ToolError(
                    f"the format '{name}' needs the package {package}, found none;"
                    " pip install 'sc-hw[registers]'"
                ) from None


def _compiled(source: Path) -> Any:
    """The map as PeakRDL's exporters take it."""
    from systemrdl import RDLCompiler

    compiler = RDLCompiler()
    compiler.compile_file(str(source))
    return compiler.elaborate(MAP_NAME)


def _c_header(root: Any, folder: Path) -> Path:
    from peakrdl_cheader.c_standards import CStandard
    from peakrdl_cheader.exporter import CHeaderExporter

    path = folder / "registers.h"
    CHeaderExporter().export(root, str(path), std=CStandard.gnu99)
    return path


def _html(root: Any, folder: Path) -> Path:
    from peakrdl_html import HTMLExporter

    path = folder / "registers_html"
    shutil.rmtree(path, ignore_errors=True)
    # `build_ts`: the page would hold the time at which it was made
    HTMLExporter(user_context={"build_ts": 0}).export(root, str(path))
    return path


def _ipxact(root: Any, folder: Path) -> Path:
    from peakrdl_ipxact import IPXACTExporter, Standard

    path = folder / "registers.xml"
    exporter = IPXACTExporter(
        vendor=VENDOR, library=LIBRARY, version=VERSION, standard=Standard.IEEE_1685_2014
    )
    exporter.export(root.top, str(path))
    return path


_PEAKRDL: Mapping[str, Callable[[Any, Path], Path]] = {
    "c": _c_header,
    "html": _html,
    "ipxact": _ipxact,
}
