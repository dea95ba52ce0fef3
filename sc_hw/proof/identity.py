"""Whether `top.v` is the text that the generator emits, module by module.

The other claims are about parts of `top.v` and about what joins them. This one is about every byte:
a module that was changed after it had been emitted must still be the same functions of the same
registers and inputs, with the same power-on values, as the emitted module.
"""

from __future__ import annotations

import re
from pathlib import Path
from time import perf_counter
from typing import Any

from sc_hw.build.elaborate import sha256
from sc_hw.proof.equivalence import verdict_on_designs
from sc_hw.proof.processes import Source
from sc_hw.proof.verdicts import EQUIVALENT, PROVED, REFUTED, UNKNOWN, Claim
from sc_hw.tools import ToolError

# The generator's own text, under `proof/` of the build's folder.
EMITTED = "emitted.v"

IDENTITY = "top.v is what the generator emits"
SYSTEM_IDENTITY = "the block in system.v is that of top.v"
_MODULE = re.compile(r"^module\s+(\\\S+|\w+).*?^endmodule$", re.M | re.S)
_CLOCK = re.compile(r"\b(?:\w+_)?clk\b")


def modules_in(verilog: str) -> dict[str, str]:
    """Text of each module by name; the first of two modules of one name counts for Yosys too."""
    modules: dict[str, str] = {}
    for match in _MODULE.finditer(verilog):
        modules.setdefault(match[1].removeprefix("\\"), match[0])
    return modules


def identity_claim(folder: Path, manifest: dict[str, Any], limit_s: float) -> Claim:
    """The claim that `top.v` of a build is what the generator emits.

    Parameters
    ----------
    folder : the build's; `proof/emitted.v` holds the generator's text where the design was proved.
    manifest : the build's.
    limit_s : seconds for the comparison of one module.

    The bytes whose hash the manifest holds are the emitted ones, and nothing is to be compared.
    """
    began = perf_counter()
    emitted, present = folder / "proof" / EMITTED, folder / manifest["verilog"]
    text = present.read_text(encoding="utf-8")
    verdict, fault = PROVED, None
    if sha256(text) != manifest["verilog_sha256"]:
        original = emitted.read_text(encoding="utf-8") if emitted.exists() else ""
        if sha256(original) == manifest["verilog_sha256"]:
            verdict, fault = _compare(present, emitted, manifest["top"], limit_s)
        else:
            verdict, fault = REFUTED, {"file": manifest["verilog"], "emitted text": "missing"}
    statement = (
        "every module computes the same from the same registers and inputs, with the same power-on"
        " values, as the module of its name that the generator emits"
    )
    return Claim(IDENTITY, statement, verdict, perf_counter() - began, fault)


def system_claim(folder: Path, manifest: dict[str, Any]) -> Claim:
    """The claim that the block in `system.v` is the one that the other claims are about.

    Parameters
    ----------
    folder : the build's.
    manifest : the build's, of a design with a host.
    """
    began, host = perf_counter(), manifest["host"]
    text = (folder / host["verilog"]).read_text(encoding="utf-8")
    fault = _fault_of_system(text, manifest)
    statement = (
        "the system's Verilog begins with the emitted bytes of top.v, has one instance of its top"
        " module, and no other module of a name in it; the rest is what the generator emits"
    )
    verdict = PROVED if fault is None else REFUTED
    return Claim(SYSTEM_IDENTITY, statement, verdict, perf_counter() - began, fault)


def _fault_of_system(text: str, manifest: dict[str, Any]) -> dict[str, Any] | None:
    """What is wrong with a system's text; None for nothing."""
    # The modules of `top.v` come first: where its bytes end they must have its hash.
    ends = [match.end() for match in _MODULE.finditer(text)]
    block = next(
        (text[: end + 1] for end in ends if sha256(text[: end + 1]) == manifest["verilog_sha256"]),
        None,
    )
    if block is None:
        return {"file": manifest["host"]["verilog"], "bytes of top.v": "missing"}
    rest = text[len(block) :]
    names = [match[1].removeprefix("\\") for match in _MODULE.finditer(rest)]
    if twice := sorted(modules_in(block).keys() & set(names)):
        return {"modules that top.v has too": twice}
    count = len(re.findall(rf"^ +{re.escape(manifest['top'])} \S+ \($", rest, re.M))
    if count != 1:
        return {"instances of the block": count}
    if sha256(text) != manifest["host"]["verilog_sha256"]:
        return {"file": manifest["host"]["verilog"], "text behind top.v": "changed"}
    return None


def _compare(
    present: Path, emitted: Path, top: str, limit_s: float
) -> tuple[str, dict[str, Any] | None]:
    """Verdict on a file that differs from the emitted one, and where it differs."""
    modules, originals = modules_in(present.read_text()), modules_in(emitted.read_text())
    if modules.keys() != originals.keys():
        extra, missing = modules.keys() - originals.keys(), originals.keys() - modules.keys()
        return REFUTED, {"modules too many": sorted(extra), "modules missing": sorted(missing)}
    verdicts = {
        name: _verdict(present, emitted, name, text, limit_s)
        for name, text in modules.items()
        if text != originals[name]
    }
    # Text outside all modules (a directive, say) changes what Yosys reads everywhere.
    if _MODULE.sub("", present.read_text()) != _MODULE.sub("", emitted.read_text()):
        verdicts[top] = _verdict(present, emitted, top, modules[top], limit_s)
    worst = next((v for v in (REFUTED, UNKNOWN) if v in verdicts.values()), PROVED)
    if worst == PROVED:
        return PROVED, None
    return worst, {"modules": sorted(name for name, v in verdicts.items() if v == worst)}


def _verdict(present: Path, emitted: Path, module: str, text: str, limit_s: float) -> str:
    """Compare one module, with all that is below it, in both files."""
    head = text.partition(";")[0]
    # With two clocks at its ports a module needs the reading that keeps clocks as inputs.
    clocks = len(set(_CLOCK.findall(head))) > 1
    original, current = (Source((str(file),), module, clocks) for file in (emitted, present))
    try:
        answer = verdict_on_designs(original, current, emitted.parent, limit_s)
    except (ToolError, ValueError):
        # Yosys does not read it, or there is nothing left to compare: not what was emitted.
        return REFUTED
    return {EQUIVALENT: PROVED, UNKNOWN: UNKNOWN}.get(answer, REFUTED)
