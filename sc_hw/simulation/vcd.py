"""Files of waves (VCD, IEEE 1800-2017 section 21.7) as Verilator writes them, a word a line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sc_hw.files import replacing

# `$var wire 2 # $auto$rtlil.cc:2739:Not$2 [1:0] $end`: GTKWave takes a colon for a range.
_NAME = re.compile(r"^(\s*\$var \S+ \d+ \S+ )(\S+)(.*)$", re.DOTALL)


@dataclass(frozen=True)
class Signal:
    """A signal of a file of waves.

    Members
    -------
    path : scopes and name, with dots.
    bits : width.
    code : of its changes in the file.
    """

    path: str
    bits: int
    code: str

    @property
    def label(self) -> str:
        """The path as a save file has it: with its range where it has several bits."""
        return self.path if self.bits == 1 else f"{self.path}[{self.bits - 1}:0]"


def signals_of(waves: Path) -> list[Signal]:
    """All signals that a file of waves declares."""
    # By lines, as Verilator writes them: pyvcd's reader takes no scope `$rootio`.
    scopes: list[str] = []
    signals = []
    with waves.open(encoding="ascii") as stream:
        for line in stream:
            match line.split():
                case ["$scope", _, name, "$end"]:
                    scopes.append(name)
                case ["$upscope", *_]:
                    scopes.pop()
                case ["$var", _, bits, code, name, *_]:
                    signals.append(Signal(".".join((*scopes, name)), int(bits), code))
                case ["$enddefinitions", *_]:
                    break
    return signals


def rising_edges(waves: Path, code: str) -> Iterator[int]:
    """Times of a one-bit signal's rising edges, in the file's unit."""
    with waves.open(encoding="ascii") as stream:
        time, edge = 0, f"1{code}"
        for line in stream:
            word = line.strip()
            if word.startswith("#"):
                time = int(word[1:])
            elif word == edge:
                yield time


def make_names_plain(waves: Path) -> None:
    """Put an underscore for each colon in the names of signals: GTKWave reads no file with them.

    Raises
    ------
    OutputError
        The file can't be written.
    """
    with waves.open(encoding="ascii") as stream:
        header = []
        for line in stream:
            header.append(line)
            if line.lstrip().startswith("$enddefinitions"):
                break
        plain = [
            f"{match[1]}{match[2].replace(':', '_')}{match[3]}"
            if (match := _NAME.match(line))
            else line
            for line in header
        ]
        if plain == header:
            return
        with replacing(waves) as temporary, temporary.open("w", encoding="ascii") as copy:
            copy.writelines(plain)
            shutil.copyfileobj(stream, copy)
