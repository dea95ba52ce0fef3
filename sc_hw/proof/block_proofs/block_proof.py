"""What every block's proof answers: the Verilog that it needs, its tasks, and its claims."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from sc_hw.build.elaborate import Build
from sc_hw.progress import Progress
from sc_hw.proof.netlist import Netlist, parse_btor, read_back
from sc_hw.proof.processes import decide
from sc_hw.proof.prover import Prover
from sc_hw.proof.quiet.claims import quiet_claims
from sc_hw.proof.reachable import Reachable
from sc_hw.proof.verdicts import Claim
from sc_model.graph.quiet import kept_fields
from sc_model.graph.smt import Terms
from sc_model.rules import resolve_built

Task = Callable[[], list[dict[str, Any]]]
Manifest = dict[str, Any]

# The solver crashes where terms outlive the manager that made them, and the interpreter frees
# objects in no certain order at its end.
_TERMS_IN_USE: list[Terms] = []


class BlockProof(ABC):
    """How a block is proved.

    Members
    -------
    name : the design's key `block`.
    """

    name: ClassVar[str]

    def emit(  # noqa: B027 - nothing to write for a block that is one part
        self, build: Build, *, every_size: bool, parts: Collection[str], progress: Progress
    ) -> None:
        """Write the Verilog that is proved beside `top.v`; none for a block that is one part.

        Parameters
        ----------
        build : the elaborated design.
        every_size : also write what claims about every size of the block are about.
        parts : kinds of parts to write; all if empty.
        progress : gets a line.
        """

    def tasks(self, build: Build, limit_s: float, progress: Progress) -> list[Task]:
        """The claims about a build, in tasks that can run at the same time.

        Parameters
        ----------
        build : the elaborated design, for which `emit` has written.
        limit_s : seconds for one claim.
        progress : gets a line for each verdict of a task that takes long.
        """
        return [partial(decide, build.folder, limit_s)]

    @abstractmethod
    def claims(self, folder: Path, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims about what the hardware in a folder computes, decided in this process.

        Raises MissingSignalError where the Verilog lacks what they are about.
        """

    def rule_claims(self, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims about the text of the design's rules alone; none by default."""
        return []


class RuleBlockProof(BlockProof):
    """A block that computes one rule; the manifest may say which synapses a step may skip."""

    def rule_claims(self, manifest: Manifest, limit_s: float) -> list[Claim]:
        """The claims that skipped synapses would keep their fields; none without such synapses."""
        conditions = manifest.get("rule", {}).get("quiet")
        if conditions is None:
            return []
        rule, params = resolve_built(manifest["rule"])
        fields = kept_fields(rule, manifest["design"]["block"])
        quiet = tuple(map(tuple, conditions))
        return quiet_claims(new_terms(), rule, params, fields, quiet, limit_s)


def new_terms() -> Terms:
    """A manager of terms that lives until the process ends."""
    terms = Terms()
    _TERMS_IN_USE.append(terms)
    return terms


def read_netlist(
    folder: Path, verilog: str, top: str, name: str, limit_s: float
) -> tuple[Prover, Netlist]:
    """A prover, and a netlist that is read back into its terms.

    Parameters
    ----------
    folder : the build's folder.
    verilog : path of the Verilog in it.
    top : name of the module.
    name : name of the files that Yosys leaves below ``proof``.
    limit_s : seconds for one claim.
    """
    terms = new_terms()
    net = parse_btor(read_back(folder / verilog, top, folder / "proof", name), terms)
    return Prover(terms, limit_s, Reachable(net)), net
