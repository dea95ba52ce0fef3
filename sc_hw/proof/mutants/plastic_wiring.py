"""Mutants of what joins a plastic layer's parts, and of the parts where they stand in `top.v`.

Each changes the text of the layer's own Verilog. The claims about the parts by themselves would all
hold: it is the claims about the wiring that have to refute these faults.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sc_hw.build.elaborate import Build
from sc_hw.files import write_json, write_text
from sc_hw.proof.blocks.parts import HIERARCHY, PARTS
from sc_hw.proof.blocks.plastic.facts import LayerFacts
from sc_hw.proof.facts import read_facts
from sc_hw.proof.mutants.emitted import Edits, apply_edits
from sc_hw.proof.mutants.mutant import Mutant, MutantError, Trial, always, no_comparison
from sc_hw.proof.mutants.plastic import without_prediction
from sc_hw.proof.processes import decide
from sc_model.spec import Design

LAYER = ("layer",)  # the blocks that all mutants of this file are put into

# Edits that depend on the layer's layouts.
MakeEdits = Callable[[LayerFacts], Edits]


def edited(text: str, start: str, edits: Edits, mutant: str, end: str = "") -> str:
    """Verilog with edits in a region.

    Parameters
    ----------
    start : regular expression for the beginning of the region: a module or an instance.
    edits : each pattern must match in the region.
    mutant : named in an error.
    end : regular expression for the end of the region; the whole rest of the file if empty.

    Raises MutantError where the region or a pattern does not exist.
    """
    begins = re.search(start, text, re.M)
    if begins is None:
        raise MutantError(f"mutant '{mutant}' must find {start!r} in top.v; mend the pattern")
    ends = re.compile(end, re.M).search(text, begins.start()) if end else None
    stop = len(text) if ends is None else ends.start()
    region = apply_edits(text[begins.start() : stop], edits, mutant, "top.v")
    return text[: begins.start()] + region + text[stop:]


def wiring_trial(build: Build, folder: Path, text: str, modules: Sequence[str] = ()) -> Trial:
    """The trial of a layer's mutated Verilog, by the claims about its wiring alone.

    The parts by themselves stay as they are. Nothing is compared first: no fault of this file can
    leave a layer as it was, and to compare whole layers takes longer than to refute one.

    `modules` : claims are about these alone, about all if empty: the layer, its chains, and its
    parts, by the names of their instances.
    """
    contents: dict[str, Any] = json.loads((build.folder / "proof" / PARTS).read_text("utf-8"))
    if HIERARCHY not in contents:
        raise MutantError(f"design '{build.design.name}' must have all its parts written")
    write_json(folder / "manifest.json", build.manifest)
    for row in contents["parts"]:
        if row["verilog"] != build.manifest["verilog"]:
            write_text(folder / row["verilog"], (build.folder / row["verilog"]).read_text("utf-8"))
    # Not `top.v`: that name is looked at by claims about every byte of it.
    path = write_text(folder / "layer.v", text)
    hierarchy = {**contents[HIERARCHY], "verilog": path.name, "modules": list(modules)}
    write_json(folder / "proof" / PARTS, {"parts": [], HIERARCHY: hierarchy})
    return Trial(no_comparison, partial(decide, folder))


def joined_mutant(
    block: str,
    name: str,
    bug: str,
    *edits: tuple[str, str],
    start: str = "",
    applies: Callable[[Design], str | None] = always,
) -> Mutant:
    """A mutant of a module of a network's own Verilog.

    `start` : how the module begins, a regular expression; by default the one that joins the parts.
    """
    begins = start or rf"^module {block}\("

    def make(build: Build, folder: Path) -> Trial:
        text = (build.folder / build.manifest["verilog"]).read_text(encoding="utf-8")
        return wiring_trial(build, folder, edited(text, begins, edits, name, r"^endmodule"))

    return Mutant(name, bug, (block,), make, applies)


def _mutant(
    name: str,
    bug: str,
    module: str,
    start: str,
    edits: MakeEdits,
    end: str = r"^endmodule",
    applies: Callable[[Design], str | None] = always,
) -> Mutant:
    """A mutant of a region of a layer's Verilog, refuted by claims about a module; see `edited`."""

    def make(build: Build, folder: Path) -> Trial:
        contents = json.loads((build.folder / "proof" / PARTS).read_text("utf-8"))
        facts = read_facts(LayerFacts, contents[HIERARCHY]["facts"])
        text = edited(build.verilog.read_text("utf-8"), start, edits(facts), name, end)
        return wiring_trial(build, folder, text, (module,))

    return Mutant(name, bug, LAYER, make, applies)


def instance(module: str) -> str:
    """A regular expression for the beginning of an instance in the layer or in one of its chains.

    `module` : the last part of the module's name.
    """
    return rf"^  (?:\\plastic_layer\.)?{module}(?:\$\d+)? +\S+ +\("


# The end of an instance.
END = r"^  \);"
TOP = r"^module plastic_layer\("


def pin(name: str, net: str) -> tuple[str, str]:
    """The edit that connects a pin of an instance to something else; `\\1` is what it had."""
    return rf"(?m)\.{name}\((.*?)\)(,?)$", rf".{name}({net})\2"


def _mask(total: int, low: int, width: int) -> str:
    """A constant of `total` bits in which `width` bits from `low` on are 0."""
    return f"{total}'h{((1 << total) - 1) & ~(((1 << width) - 1) << low):x}"


def _words(facts: LayerFacts) -> tuple[int, int]:
    """Bits of a word for the host, and of all words that it reads."""
    width = {port.name: port.width for port in facts.ports["host"]}
    return width["far_value"], width["words"]


def _swapped(facts: LayerFacts) -> Edits:
    """The spaces' words in the opposite order; those without a part stay."""
    bits, total = _words(facts)
    codes = list(range(total // bits))
    places = sorted(facts.spaces[name] for name in ("input", "output", "neuron", "control"))
    for code, other in zip(places, reversed(places), strict=True):
        codes[code] = other
    parts = ", ".join(rf"\1[{bits * (c + 1) - 1}:{bits * c}]" for c in reversed(codes))
    return [(r"\.words\(([^\s)]+) ?\)", rf".words({{{parts}}})")]


def _stuck(facts: LayerFacts) -> Edits:
    """The flag of a new trial reads as 0."""
    bits, total = _words(facts)
    (trial,) = (field for field in facts.control if field.name == "cleared_trial")
    place = facts.spaces["control"] * bits + trial.offset
    return [pin("words", rf"\1 & {_mask(total, place, 1)}")]


def _zeroed(facts: LayerFacts) -> Edits:
    """The data of loads into the lanes are 0."""
    total = sum(field.width for field in facts.bus)
    (data,) = (field for field in facts.bus if field.name == "load_data")
    return [pin("bus", rf"\1 & {_mask(total, data.offset, data.width)}")]


MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "layer without registers",
        "all registers of the layer and of the modules behind it are 0",
        "layer",
        TOP,
        lambda facts: [(r"(?m)^( +(?:\\\S+ |\w+) ?<= ).*;$", r"\g<1>0;")],
        end="",
    ),
    _mutant(
        "spaces swapped",
        "the host reads the memory spaces in the opposite order",
        "layer",
        instance("host"),
        _swapped,
        END,
    ),
    _mutant(
        "stuck bit",
        "a bit of the control word always reads as 0",
        "layer",
        instance("host"),
        _stuck,
        END,
    ),
    _mutant(
        "weights zeroed",
        "a load into a lane of the first chain writes 0",
        "layer",
        instance("chain_0"),
        _zeroed,
        END,
    ),
    _mutant(
        "host not answered",
        "a request to read never reaches the host port",
        "layer",
        instance("host"),
        lambda facts: [pin("read__valid", "1'h0")],
        END,
    ),
    _mutant(
        "judged too early",
        "an outcome is compared with a prediction that the step before has yet to make",
        "layer",
        TOP,
        # an outcome is judged while `critic_ready` is 0, so that this is 1; the register stays
        lambda facts: [(r"~ undecided\b", "~ (undecided & critic_ready)")],
        applies=without_prediction,
    ),
    _mutant(
        "lane that takes any load",
        "the first lane of a chain loads whenever its values move",
        "chain_0",
        instance("plastic_lane(?:_adders)?"),
        lambda facts: [pin("load", "moves_0")],
        END,
    ),
    _mutant(
        "reset cut off",
        "the host port is never reset",
        "layer",
        instance("host"),
        lambda facts: [pin("rst", "1'h0")],
        END,
    ),
    _mutant(
        "other part in the layer",
        "the layer's memory of the neurons' traces writes the bank that it reads",
        "outputs",
        r"^module \\plastic_layer\.outputs",
        lambda facts: [(r"~\s*bank\b", "bank")],
    ),
)
