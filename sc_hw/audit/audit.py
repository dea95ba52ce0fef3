"""The structural audit of clock-domain crossings.

It reads the emitted Verilog through Yosys and looks at registers, memories and the logic between
them; names of modules and comments mean nothing to it. A path between two clocks must be one of:

* a *level*: one bit, from a register without any logic into the first of two flip-flops in a row,
  of which the first feeds nothing else;
* a *gray pointer*: several bits of one register in the same way, where the register's next value is
  ``b ^ (b >> 1)``, so that one bit changes at a time if b counts;
* a *storage*: a memory or register of one clock that reaches a register of another, where a gray
  pointer (or level) of each direction gates it: the register that reads keeps its value unless the
  one lets it read, and the word that is read keeps its own unless the other lets it be written
  (proved, see `sc_hw.audit.gating`).

Everything else between two clocks is a finding, and so is a clock that has not been declared.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sc_hw.audit.netlist import Finding
from sc_hw.audit.rules import CrossingRules
from sc_hw.files import write_text
from sc_hw.network.cdc import Crossing
from sc_hw.tools import run_yosys

# Flattened, so that a path through several modules is one path. Constants are propagated
# (`opt_expr`), but flip-flops are kept as they were written: no `opt`, which merges equal ones.
# `memory_map -rom-only` turns tables into logic, which they are. With two clocks, a second file has
# the same wires and registers, and nothing but simple gates between them: the solver's questions.
_SCRIPT = """read_verilog {source}
hierarchy -top {top}
proc
flatten
opt_expr
opt_clean
memory_collect
memory_map -rom-only
opt_clean
write_json {name}.json
"""
_GATES = """dffunmap
techmap t:* t:$dff %d t:$mem* %d
write_json {name}_gates.json
"""
NOT_JUDGED = (
    "that a gray-coded register moves in steps of one (its code is judged, its counter is proved)",
    (
        "that a storage keeps its word while it is read (that pointers gate reading and writing is"
        " judged, that they are right is proved)"
    ),
    (
        "that a level lasts for a period of the other clock (one that lasts a single clock of its"
        " own is found)"
    ),
    "that a handshake's two levels are used in the right order (proved)",
    "bits of different registers that are synchronised apart and meet again later (reconvergence)",
    "wires that are longer than a clock (the generated constraints limit them)",
    "clocks of one domain that reach its registers at different times (skew)",
)


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Members
    -------
    crossings : those recognised; with a list of expected ones, those on the list.
    findings : what must not be; empty for a sound design.
    not_judged : what this audit can't judge, in words.
    registers : bits of registers in each domain.
    """

    crossings: tuple[Crossing, ...]
    findings: tuple[Finding, ...]
    not_judged: tuple[str, ...]
    registers: Mapping[str, int]

    @property
    def passed(self) -> bool:
        """Whether there is no finding."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """The audit as `audit.json` holds it."""
        return {
            "passed": self.passed,
            "crossings": [crossing.as_json() for crossing in self.crossings],
            "findings": [{"kind": finding.kind, "text": finding.text} for finding in self.findings],
            "not_judged": list(self.not_judged),
            "registers": dict(self.registers),
        }


def audit(
    verilog: str | Path,
    top: str,
    clocks: Mapping[str, str],
    expected: Sequence[Crossing] | None = None,
    *,
    inputs: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Audit:
    """Check every path between two clocks of module `top`.

    Parameters
    ----------
    verilog : text or file.
    top : name of the module.
    clocks : port -> domain, of every clock that the design may have.
    expected : the crossings that the design says it has; number, kind, domains and names must
        agree. None: any recognised crossing will do.
    inputs : port -> domain of the other inputs. An input that is left out belongs to the domain
        that reads it, if that is one domain; the reset `x_rst` of a clock `x_clk` belongs to it.
    folder : where Yosys' files are kept; None: they are deleted.

    Returns
    -------
    Audit
        Findings do not raise.

    Raises
    ------
    ToolError
        Yosys finds an error in the Verilog.
    ValueError
        `clocks` names what is no input port.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="sc-hw-audit-") as name:
            return audit(verilog, top, clocks, expected, inputs=inputs, folder=Path(name))
    source = verilog if isinstance(verilog, Path) else write_text(folder / "audited.v", verilog)
    several = len(set(clocks.values())) > 1
    script = (_SCRIPT + _GATES if several else _SCRIPT).format(
        source=source.resolve(), top=top, name="audit"
    )
    run_yosys(script, folder=folder, name="audit")
    # Flattened: all logic is in this one module.
    module = json.loads((folder / "audit.json").read_text(encoding="utf-8"))["modules"][top]
    gates = module
    if several:
        text = (folder / "audit_gates.json").read_text(encoding="utf-8")
        gates = json.loads(text)["modules"][top]
    rules = CrossingRules(module, clocks, inputs or {}, gates)
    crossings = tuple(rules.apply(expected))
    not_judged = [*NOT_JUDGED]
    if undeclared := rules.undeclared_inputs():
        names = ", ".join(undeclared)
        not_judged.append(
            f"inputs without a declared domain, assumed to be in their reader's: {names}"
        )
    not_judged += rules.black
    return Audit(crossings, tuple(rules.findings), tuple(not_judged), rules.sizes())
