"""Board top, constraints, synthesis, place and route, packing and its check, for any system."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from amaranth.lib import wiring

from sc_hw.bitstream.flows import Flow, flow_of
from sc_hw.bitstream.placement import Placement, cell_totals, packed_log, place
from sc_hw.bitstream.pll import Pll
from sc_hw.bitstream.programs import versions
from sc_hw.bitstream.top import TOP, BoardTop
from sc_hw.boards import Board
from sc_hw.build.emit import to_verilog
from sc_hw.build.naming import sha256
from sc_hw.errors import BoardError, ToolError
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import Target, load_target
from sc_hw.files import replacing, write_json, write_text
from sc_hw.price.capacity import overflow, usage
from sc_hw.price.limits import device_limit
from sc_hw.price.placement import NoRoomError
from sc_hw.price.synthesis import count, synthesise
from sc_hw.progress import Progress, silent
from sc_hw.tools import find

REPORT_SCHEMA = "sc-hw.board.v1"
# What makes a design smaller, by the unit that there is too little of.
SMALLER = {
    "bram": "fewer synapses, fewer lanes, or narrower state",
    "spram": "fewer synapses",
    "dsp": "fewer `multipliers`, or fewer lanes",
    "lut": "fewer lanes, or narrower state",
    "ff": "fewer lanes, or narrower state",
}
# The same of blocks that have neither lanes nor multipliers to choose.
SMALLER_BLOCK = {
    "lane": "narrower state, or a larger device: registers and link need room, too",
    "bank": "fewer synapses, narrower state, or a larger device: registers and link need room, too",
}


@dataclass(frozen=True)
class System:
    """What a board carries.

    Members
    -------
    component : with `rx` and `tx`; see `BoardTop`.
    shared_modules : modules that it shares between instances.
    mapped_once : those of them that synthesis maps once each, for there are many instances.
    facts : entries for the report: design, build, block.
    synapses_per_clock : that the block works on in a clock; None where it has no synapses.
    """

    component: wiring.Component
    shared_modules: Mapping[str, Any] = field(default_factory=dict)
    mapped_once: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    synapses_per_clock: float | None = None


class BoardFiles:
    """The files of a system on a board, in one folder that nobody else writes.

    Members
    -------
    board, flow, target, pll : what they are made for.
    folder : where they are made.
    """

    def __init__(self, system: System, board: Board, mhz: float | None, folder: Path) -> None:
        self.system, self.board, self.folder = system, board, folder
        self.flow: Flow = flow_of(board)
        self.target: Target = load_target(board.target)
        self.pll: Pll = self.flow.clocking(board, board.mhz if mhz is None else mhz)
        self.ports = self.flow.ports(board)

    def make(self, seeds: int = 1, progress: Progress = silent) -> dict[str, Any]:
        """The report; what an earlier run made of the same is taken again.

        Raises
        ------
        BoardError : the system does not fit, or is too slow; no bitstream is left then.
        ToolError : a tool is missing or fails, or the bitstream is not what was packed.
        """
        began = time.monotonic()
        progress(f"{self.board.name}: elaborating for {self.target.family}")
        texts = self.texts()
        key, file = self._key(texts), self.folder / "report.json"
        previous = read_json(file)
        if previous.get("key") == key and self._is_whole(previous):
            return previous
        # The report is written last: a build that is ended leaves none, and is made again.
        for name in ("report.json", self.flow.bitstream):
            if name:
                (self.folder / name).unlink(missing_ok=True)
        for name, text in texts.items():
            write_text(self.folder / name, text)
        report = {"key": key, **self._facts(texts), **self._implementation(seeds, progress)}
        report["seconds"] = round(time.monotonic() - began, 1)
        write_json(file, report)
        return report

    def totals(self, progress: Progress = silent) -> dict[str, tuple[int, int]]:
        """Cells by kind, used and available, as nextpnr packs them; nothing is placed."""
        texts = self.texts()
        for name, text in texts.items():
            write_text(self.folder / name, text)
        key = sha256(json.dumps([texts, self._tools()], sort_keys=True))
        file = self.folder / "totals.json"
        report = read_json(file)
        if report.get("key") != key:
            progress(f"{self.board.name}: synthesis")
            self._synthesised()
            log = packed_log(self.board, self.flow, self.target, self.folder)
            report = {"key": key, "totals": cell_totals(log)}
            write_json(file, report)
        return {kind: (used, available) for kind, (used, available) in report["totals"].items()}

    def _synthesised(self) -> dict[str, int]:
        """Cells by type after synthesis."""
        once = () if self.flow.pads_in_modules else self.system.mapped_once
        return synthesise(["board.v"], self.target, self.folder, "board", once, top=TOP)

    def texts(self) -> dict[str, str]:
        """Verilog, constraints and scripts, by file name."""
        top = BoardTop(
            self.system.component,
            self.board,
            self.flow,
            self.pll,
            self.ports,
            self.system.shared_modules,
        )
        family: Any = load_family(self.target.family)
        return {
            "board.v": to_verilog(top, TOP, family),
            self.flow.constraint_file: self.flow.constraints(self.board, self.ports, self.pll),
            **self.flow.other_files(self.board),
        }

    def _key(self, texts: Mapping[str, str]) -> str:
        """A hash of everything that decides the result."""
        values = {
            "texts": texts,
            "synth": self.target.synth,
            "place": self.flow.place_arguments(self.board),
            "pack": self.board.pack_options,
            "tools": self._tools(),
            "facts": self.system.facts,
            "schema": REPORT_SCHEMA,
        }
        return sha256(json.dumps(values, sort_keys=True, default=str))

    def _tools(self) -> dict[str, str]:
        names = ["yosys", *([self.target.pnr] if self.target.pnr else [])]
        tools = {name: find(name) for name in names}
        texts = {name: f"{tool.version} ({tool.source})" for name, tool in tools.items()}
        return {**texts, **versions(self.flow.programs)}

    def _is_whole(self, report: Mapping[str, Any]) -> bool:
        """Whether the bitstream of a report is there as the report has it."""
        name = report.get("bitstream")
        if name is None:
            return not self.flow.bitstream
        file = self.folder / str(name)
        size = report.get("bitstream_bytes")
        return file.is_file() and bool(file.stat().st_size == size)

    def _facts(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """What was built, for which board and clock, with which tools."""
        return {
            "schema_version": REPORT_SCHEMA,
            "hardware_measurement_claimed": False,
            **self.system.facts,
            "board": self.board.name,
            "title": self.board.title,
            "target": self.target.name,
            "clock": asdict(self.pll),
            "pins": {port.name: port.pin.location for port in self.ports},
            "connection": self.board.connection,
            "top": TOP,
            "verilog_sha256": sha256(texts["board.v"]),
            "files": sorted(texts),
            "tools": self._tools(),
            "synth_command": self.target.synth,
        }

    def _implementation(self, seeds: int, progress: Progress) -> dict[str, Any]:
        """Synthesis, the checks of size and clock, place and route, bitstream."""
        progress(f"{self.board.name}: synthesis")
        cells = self._synthesised()
        used = count(cells, self.target.cells)
        resources = usage(self.target, used, cells)
        self._check_size(resources)
        limit = device_limit(
            self.target.limits, json.loads((self.folder / "board.json").read_text("utf-8"))
        )
        self._check_limit(limit)
        report = {
            **used,
            "cells": dict(sorted(cells.items())),
            "resources": resources,
            "device_limit": limit["device_limit"],
            **self._rate(),
        }
        if self.target.pnr is None:
            return {**report, **self._not_placed()}
        try:
            placement = place(
                self.board, self.flow, self.target, self.pll, self.folder, seeds, progress
            )
        except NoRoomError as error:
            raise BoardError(
                f"{self._subject} does not fit: nextpnr finds no place for all cells ({error});"
                f" it needs {self._smaller('lut')}, or more --seeds."
            ) from None
        self._check_clock(placement, seeds)
        progress(f"{self.board.name}: packing")
        return {**report, **self._timing(placement), **self._packed()}

    def _check_size(self, resources: Mapping[str, Mapping[str, float | None]]) -> None:
        excess = overflow(resources)
        if excess is None:
            return
        units = [
            unit
            for unit, row in resources.items()
            if row["available"] is not None and (row["used"] or 0) > row["available"]
        ]
        advice = "; ".join(dict.fromkeys(self._smaller(unit) for unit in units if unit in SMALLER))
        raise BoardError(f"{self._subject} {excess}; it needs {advice}.")

    def _smaller(self, unit: str) -> str:
        """What makes the design smaller, where it has too much of a unit."""
        return SMALLER_BLOCK.get(self.system.facts.get("block", ""), SMALLER[unit])

    def _check_limit(self, limit: Mapping[str, Any]) -> None:
        most = limit["device_limit_mhz"]
        if most is not None and self.pll.mhz > most:
            part = limit["device_limit"]
            raise BoardError(
                f"{self._subject} can't have {self.pll.mhz:g} MHz: the {part['what']} of this"
                f" device has {most:g} MHz at most ({part['source']}); give --mhz {most:g} or less."
            )

    def _check_clock(self, placement: Placement, seeds: int) -> None:
        if placement.met or self.flow.no_timing:
            return
        path = placement.critical
        where = f", from {path['from']} to {path['to']} in {path['delay_ns']} ns" if path else ""
        attempts = "seed 1" if seeds == 1 else f"the best of {seeds} seeds"
        raise BoardError(
            f"{self._subject} reaches {placement.fmax_mhz:g} MHz of {self.pll.mhz:g}"
            f" ({attempts}{where}); give --mhz {int(placement.fmax_mhz)} or less, more --seeds, or"
            " fewer lanes."
        )

    @property
    def _subject(self) -> str:
        return f"design '{self.system.facts.get('design', '?')}' on board '{self.board.name}'"

    def _rate(self) -> dict[str, Any]:
        """Synapse updates a second at the board's clock, while steps are there."""
        rate = self.system.synapses_per_clock
        return {
            "updates_per_s": None if rate is None else round(rate * self.pll.mhz * 1e6),
            "updates_per_s_reason": None
            if rate is not None
            else "the block has no plastic synapses",
        }

    def _timing(self, placement: Placement) -> dict[str, Any]:
        reason = self.flow.no_timing or None
        return {
            "placed": placement.used,
            "seed": placement.seed,
            "fmax_mhz": None if reason else placement.fmax_mhz,
            "timing_met": None if reason else placement.met,
            "timing_reason": reason,
            "critical_path": None if reason else placement.critical,
        }

    def _not_placed(self) -> dict[str, Any]:
        return {
            **dict.fromkeys(("placed", "seed", "fmax_mhz", "timing_met", "critical_path")),
            "timing_reason": self.flow.no_timing,
            **dict.fromkeys(("bitstream", "bitstream_bytes", "bitstream_sha256", "check")),
            "bitstream_reason": self.flow.no_bitstream,
        }

    def _packed(self) -> dict[str, Any]:
        """Pack into a temporary file, check it, and give it its name."""
        name = self.flow.bitstream
        file = self.folder / name
        with replacing(file) as temporary:
            self.flow.pack(self.board, self.folder, temporary)
            data = temporary.read_bytes()
        check = self.flow.check(self.board, self.folder, self.pll)
        if not check["passed"]:
            os.unlink(file)
            raise ToolError(
                f"{name} is not what was packed: {check}; this is a fault of the tools or of"
                f" {self.flow.name}.py, please report it with the folder {self.folder}"
            )
        return {
            "bitstream": name,
            "bitstream_bytes": len(data),
            "bitstream_sha256": hashlib.sha256(data).hexdigest(),
            "bitstream_reason": None,
            "check": check,
        }


def read_json(file: Path) -> dict[str, Any]:
    """An earlier report or manifest; empty where there is none, or none that can be read."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
