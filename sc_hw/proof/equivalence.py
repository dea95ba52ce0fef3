"""Whether a mutant differs from the original design at all, decided by the solver.

`python -m sc_hw.proof.equivalence REQUEST LIMIT_S` prints the answer, for a request that
:mod:`sc_hw.proof.processes` has written.

A mutant that is the same function can't be refuted by any proof. So the answer ``equivalent`` is
given only where the solver has shown equality; whatever is not shown is ``different`` or
``unknown``, and then the proof of the design has to refute the mutant.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sc_hw.proof.netlist import Netlist, is_undefined, parse_btor, read_back, read_back_clocks
from sc_hw.proof.processes import NETLISTS, Source
from sc_hw.proof.prover import Prover, number
from sc_hw.proof.verdicts import DIFFERENT, EQUIVALENT, PROVED, REFUTED, UNKNOWN, VERDICT
from sc_model.graph import Graph, evaluate
from sc_model.graph.smt import SmtOps, Terms

_ANSWERS = {PROVED: EQUIVALENT, REFUTED: DIFFERENT}
# What gives a register or memory its value at power-on, in Verilog and in RTLIL.
_INITIAL = re.compile(
    r"^\s*(reg\b.*=.*;|initial\b.*|\\?\w+\s*\[\d+\]\s*=.*;|attribute \\init .*)$", re.M
)

# Registers that the Verilog writer makes up: it numbers them itself, and `$wake` only lets blocks
# run at time 0, with whatever value.
_MADE_UP = re.compile(r"\$auto\$|\$wake\b")


def verdict_on_graphs(terms: Terms, original: Graph, mutated: Graph, limit_s: float) -> str:
    """Compare the outputs of two graphs for every value of their variables.

    Parameters
    ----------
    terms : what the graphs are evaluated in; must outlive the call.
    original, mutated : graphs with the same outputs. A variable takes every value of its interval:
        all values of a state field's or an input's format, as the proof of a lane assumes.
    limit_s : seconds for the solver.

    Returns ``equivalent``, ``different`` or ``unknown``.
    """
    prover = Prover(terms, limit_s)
    variables: dict[str, Any] = {}
    ranges = []
    for graph in (original, mutated):
        for name, index in graph.variables.items():
            if name in variables:
                continue
            interval = graph.nodes[index].interval
            vector = terms.var(name, interval.format.width)
            value = number(terms, vector, interval.format.signed)
            variables[name] = value
            ranges += [(value >= interval.lo).term, (value <= interval.hi).term]
    results = [evaluate(graph, SmtOps(terms), variables) for graph in (original, mutated)]
    names = sorted(original.outputs)
    if names != sorted(mutated.outputs):
        return DIFFERENT
    left, right = ([SmtOps(terms).let(name, result[name]) for name in names] for result in results)
    differences = [(a != b).term for a, b in zip(left, right, strict=True)]
    return _verdict(prover, differences, ranges)


def verdict_on_netlists(original: Netlist, mutated: Netlist, limit_s: float) -> str:
    """Compare two netlists as functions of their registers and inputs.

    They are equivalent if they have the same inputs, outputs and registers by name and width, and
    for every state and input the same outputs and the same next state. Both netlists must be
    written in the same terms.

    Returns ``equivalent``, ``different`` or ``unknown``. Netlists whose ports or registers are not
    the same by name are ``different``, even if they should behave alike. Raises ValueError where
    there is nothing to compare.
    """
    original, mutated = (_with_numbered_inputs(net) for net in (original, mutated))
    renumbered = _with_named_registers(original), _with_named_registers(mutated)
    # A register may have got another name only because a wire that nothing reads names it.
    for left, right in (renumbered, (original, mutated)):
        if all(
            _sorts(getattr(left, table)) == _sorts(getattr(right, table))
            for table in ("inputs", "states", "following", "outputs")
        ):
            return _verdict_by_name(left, right, limit_s)
    return DIFFERENT


def _verdict_by_name(original: Netlist, mutated: Netlist, limit_s: float) -> str:
    """Compare two netlists whose ports and registers are the same by name and width."""
    pairs = [
        (original.following[name], mutated.following[name]) for name in sorted(original.following)
    ] + [(original.outputs[name], mutated.outputs[name]) for name in sorted(original.outputs)]
    # Assertions have no names in BTOR2, so they are compared in the order of their lines.
    for kind in ("asserted", "assumed"):
        left, right = getattr(original, kind), getattr(mutated, kind)
        if len(left) != len(right):
            return DIFFERENT
        pairs += zip(left, right, strict=True)
    if not pairs:
        raise ValueError("a netlist must have an output or a register to be compared by")
    terms = original.terms
    # The mutant is rewritten in the original's registers and inputs. Equal parts of the two then
    # become the same term, so that only what was changed is left to the solver.
    shared = mutated.binding(original.states, original.inputs)
    differences = [
        terms.differ(term, other_term)
        for term, other in pairs
        if term != (other_term := mutated.substitute(other, shared))
    ]
    return _verdict(Prover(terms, limit_s), differences, [])


def _with_named_registers(net: Netlist) -> Netlist:
    """The netlist with each register under its first name in the alphabet.

    Yosys leaves a register without a name where the name went to a port that the register drives.
    """
    names: dict[Any, str] = {}
    for signal in sorted(net.signals, reverse=True):
        names[net.signals[signal]] = signal
    new_name = {name: names.get(term, name) for name, term in net.states.items()}
    return replace(
        net,
        states={new_name[name]: term for name, term in net.states.items()},
        following={new_name[name]: term for name, term in net.following.items()},
    )


def _with_numbered_inputs(net: Netlist) -> Netlist:
    """The netlist with its undefined bits named by their order, not by the line they stand in."""
    names = list(net.inputs)
    undefined = {name: f"undefined {k}" for k, name in enumerate(filter(is_undefined, names))}
    return replace(net, inputs={undefined.get(name, name): net.inputs[name] for name in names})


def _verdict(prover: Prover, differences: list[Any], assumptions: list[Any]) -> str:
    if not differences:
        return EQUIVALENT
    claim = prover.claim("equal", "no difference", prover.either(*differences), assumptions)
    return _ANSWERS.get(claim.verdict, UNKNOWN)


def _sorts(table: Mapping[str, Any]) -> dict[str, Any]:
    """The sort of each term, as text: two term managers' sorts can't be compared otherwise."""
    return {name: str(term.sort()) for name, term in table.items()}


def initial_values(files: tuple[str, ...]) -> Counter[str]:
    """The lines of some files that set the values of registers and memories at power-on.

    A netlist that is read back for a proof has no initial values, since a proof is about every
    state. A mutant of an initial value must not be called equivalent for that.
    """
    lines: Counter[str] = Counter()
    for file in files:
        text = Path(file).read_text(encoding="utf-8")
        lines.update(line.strip() for line in _INITIAL.findall(text) if not _MADE_UP.search(line))
    return lines


def verdict_on_designs(original: Source, mutated: Source, folder: Path, limit_s: float) -> str:
    """Read two designs back and compare them as functions of their registers and inputs.

    Returns ``equivalent``, ``different`` or ``unknown``. Raises ToolError where Yosys finds an
    error in one of them.
    """
    if initial_values(original.files) != initial_values(mutated.files):
        return DIFFERENT
    terms = Terms()
    _TERMS_IN_USE.append(terms)
    left = _netlist(original, folder, "compared_original", terms)
    right = _netlist(mutated, folder, "compared_mutant", terms)
    return verdict_on_netlists(left, right, limit_s)


def _netlist(source: Source, folder: Path, name: str, terms: Terms) -> Netlist:
    files = [Path(file) for file in source.files]
    if source.clocks:
        return parse_btor(read_back_clocks(files, source.top, folder, name), terms)
    (file,) = files
    return parse_btor(read_back(file, source.top, folder, name), terms)


# The solver's term manager must outlive its terms, whatever order the interpreter frees them in.
_TERMS_IN_USE: list[Terms] = []


def main(request: Path, limit_s: float) -> None:
    """Answer a request and print the answer."""
    if request.name == NETLISTS:
        sides = json.loads(request.read_text(encoding="utf-8"))
        original, mutated = (
            Source(tuple(side["files"]), side["top"], side["clocks"])
            for side in (sides["original"], sides["mutated"])
        )
        answer = verdict_on_designs(original, mutated, request.parent, limit_s)
    else:
        _TERMS_IN_USE.append(Terms())
        left, right = pickle.loads(request.read_bytes())  # our own file
        answer = verdict_on_graphs(_TERMS_IN_USE[-1], left, right, limit_s)
    print(VERDICT + json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)  # the libraries' own clean-up can crash after all answers are out
