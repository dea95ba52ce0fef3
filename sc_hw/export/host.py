"""The registers and packets of a build, for other people's tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sc_hw.export.design_header import design_header
from sc_hw.export.registers import FORMATS, export_registers
from sc_hw.files import write_text


def export_host(
    manifest: Mapping[str, Any], folder: Path, formats: Sequence[str] = tuple(FORMATS)
) -> list[Path]:
    """Write the register map of a build with a host; with the format `c` also ``design.h``.

    Parameters, errors and result are those of :func:`sc_hw.export.registers.export_registers`.
    """
    title = f"Registers of {manifest['design']['name']}, build {manifest['id']}"
    files = export_registers(manifest["host"]["registers"], title, folder, formats)
    if "c" in formats:
        files.append(write_text(folder / "design.h", design_header(manifest)))
    return files
