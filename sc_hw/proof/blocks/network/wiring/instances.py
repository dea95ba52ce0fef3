"""Each part inside a network's `top.v` is the part that the other claims are about.

Those claims are about a part that was emitted by itself. Here each instance of it is compared with
it, register by register, for every state and every input. Its outputs are from then on those of the
part, over the instance's registers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sc_hw.proof.bits import Bits
from sc_hw.proof.blocks.network.wiring.memories import differences_by_write
from sc_hw.proof.blocks.network.wiring.statements import Wiring
from sc_hw.proof.flattened import Instance, MissingPartError
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Piece, Prover

STATEMENT = (
    "the instance in top.v has the registers of the part that is claimed, but for those that"
    " nothing there uses, and no others; for every state and input they have the same next state"
)
_SUFFIX = re.compile(r"\$\d+(?=\.|$)")
_DIGITS = re.compile(r"(\d+)")
_SHOWN = 8  # names that a counterexample lists


@dataclass(frozen=True)
class Outputs:
    """What an instance gives to the rest of the design.

    Members
    -------
    instance : the instance.
    terms : its outputs by the part's names; empty where it is not the part.
    registers : its register for each one of the part.
    """

    instance: Instance
    terms: Mapping[str, Bits] = field(default_factory=dict)
    registers: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Bits:
        if name not in self.terms:
            raise MissingPartError(f"output {name} of {self.instance.path} is not known")
        return self.terms[name]


@dataclass(frozen=True)
class Exemption:
    """Registers of a part that have other inputs in the instance than the rest of it.

    Members
    -------
    pattern : matches the beginning of their names.
    inputs : terms of those inputs.
    """

    pattern: re.Pattern[str]
    inputs: Mapping[str, Any]


def prove_instance(
    wiring: Wiring,
    instance: Instance,
    alone: Netlist,
    inputs_by_name: Mapping[str, Any],
    *,
    unless: Iterable[str] = (),
    exempt: Exemption | None = None,
    statement: str = STATEMENT,
) -> Outputs:
    """Claim that an instance is a part that was emitted by itself.

    Parameters
    ----------
    wiring : gets the claim.
    instance : in the design.
    alone : the part by itself, in the same terms.
    inputs_by_name : terms of inputs that the instance has under another name, such as its reset.
    unless : registers, inputs and outputs of the part that the claim leaves out.
    exempt : registers of the part that have other inputs in the instance than the rest.
    statement : of the claim.

    Returns the instance's outputs.
    """
    began = time.perf_counter()
    label = f"instance {instance.path}"
    prover, net, left_out = wiring.prover, wiring.design.net, set(unless)

    def fault(**faults: Iterable[str]) -> Outputs:
        example = {key.replace("_", " "): _listed(names) for key, names in faults.items()}
        prover.record(label, statement, False, time.perf_counter() - began, example)
        return Outputs(instance)

    registers = matching_registers(instance, alone, left_out)
    surplus = set(instance.design.below(instance.path)) - set(registers.values())
    surplus -= {f"{instance.path}.{name}" for name in left_out}
    if surplus:
        return fault(registers_that_the_part_does_not_have=surplus)
    # An input that the instance does not have stays free, as does a register that it lacks: the
    # rest of the part must not depend on it.
    inputs = {
        name: term
        for name in set(alone.inputs) - left_out
        if (term := inputs_by_name.get(name, net.signals.get(f"{instance.path}.{name}")))
        is not None
    }
    badly = [name for name, term in inputs.items() if _differ(alone.inputs[name], term)]
    if badly:
        return fault(inputs_of_another_width=badly)
    still = [a for a, b in registers.items() if (a in alone.following) != (b in net.following)]
    if still:
        return fault(registers_that_only_one_of_the_two_moves=still)
    values = alone.binding({a: net.states[b] for a, b in registers.items()}, inputs)
    unequal = _differences(wiring, alone, registers, values, exempt)
    wiring.claimed.update(registers.values())
    if unequal:
        _claim_equal(prover, label, statement, unequal)
    else:  # the same terms
        prover.record(label, statement, True, time.perf_counter() - began)
    ports = [name for name in alone.outputs if name not in left_out]
    rewritten = _substituted(alone, [alone.outputs[name] for name in ports], values)
    outputs = {name: Bits(prover.terms, term) for name, term in zip(ports, rewritten, strict=True)}
    return Outputs(instance, outputs, registers)


def _claim_equal(
    prover: Prover, label: str, statement: str, pairs: Mapping[str, tuple[Any, Any]]
) -> None:
    """Claim that two terms are the same, of each pair; memories write by write."""
    terms = prover.terms
    differ = {name: terms.differ(*pair) for name, pair in pairs.items()}
    writes = {
        name: differences_by_write(terms, *pair)
        for name, pair in pairs.items()
        if pair[0].sort().is_array()
    }
    pieces: list[Piece] = []
    if any(len(differences) > 1 for differences in writes.values()):
        for name, formula in differ.items():
            pieces += writes.get(name) or [Piece(formula, formula)]
    witness = {f"{name} differs": formula for name, formula in differ.items()}
    prover.claim(label, statement, prover.either(*differ.values()), (), witness, pieces=pieces)


def _differences(
    wiring: Wiring,
    alone: Netlist,
    registers: Mapping[str, str],
    values: dict[Any, Any],
    exempt: Exemption | None,
) -> dict[str, tuple[Any, Any]]:
    """By name, the next values of a register of the part and of the instance's, where they differ.

    They differ as terms: what they compute may be the same.
    """
    net = wiring.design.net
    moving = [name for name in registers if name in alone.following]
    own = [name for name in moving if exempt is not None and exempt.pattern.match(name)]
    rest = [name for name in moving if name not in own]
    rewritten = _substituted(alone, [alone.following[name] for name in rest], values)
    if exempt is not None:
        others = values | {alone.inputs[name]: term for name, term in exempt.inputs.items()}
        rewritten += _substituted(alone, [alone.following[name] for name in own], others)
    return {
        name: (term, net.following[registers[name]])
        for name, term in zip([*rest, *own], rewritten, strict=True)
        if term != net.following[registers[name]]
    }


def _substituted(net: Netlist, expressions: list[Any], values: dict[Any, Any]) -> list[Any]:
    if not expressions or not values:
        return expressions
    return list(net.terms.tm.substitute_terms(expressions, values))


def _differ(left: Any, right: Any) -> bool:
    """Whether two terms are of different sorts."""
    return str(left.sort()) != str(right.sort())


def matching_registers(instance: Instance, alone: Netlist, left_out: set[str]) -> dict[str, str]:
    """The instance's register for each one of a part that it has.

    A register has several names, and numbers make them unique, which differ between a part by
    itself and one inside a design. So a register of the part goes with one that has all of its
    names but for their numbers; where several have, they go with each other in the order of their
    numbers. A wrong choice can't prove anything: the registers would have other next states.
    """
    design = instance.design
    names_of: dict[Any, set[str]] = {term: {name} for name, term in alone.states.items()}
    for name, term in alone.signals.items():
        if term in names_of:
            names_of[term].add(name)
    there: dict[str, set[str]] = {}
    start = f"{instance.path}."
    for table in (design.net.signals, design.net.states):
        for name, term in table.items():
            if name.startswith(start) and term in design.names:
                plain = _SUFFIX.sub("", name.removeprefix(start))
                there.setdefault(plain, set()).add(design.names[term])
    open_: dict[str, set[str]] = {}
    for name, term in alone.states.items():
        if name in left_out:
            continue
        sets = [
            {other for other in there[plain] if not _differ(term, design.net.states[other])}
            for alias in names_of[term]
            if (plain := _SUFFIX.sub("", alias)) in there
        ]
        common = set.intersection(*sets) if sets else set()
        # A name may have gone to something else altogether.
        common = common or min(filter(None, sets), key=len, default=set())
        if common:
            open_[name] = common
    registers: dict[str, str] = {}
    while open_:
        candidates = min(open_.values(), key=len)
        names = sorted((each for each in open_ if open_[each] == candidates), key=_by_number)
        places = sorted(candidates, key=_by_number)
        registers |= dict(zip(names, places, strict=False))
        open_ = {
            name: rest
            for name, others in open_.items()
            if name not in names and (rest := others.difference(places))
        }
    return registers


def _by_number(name: str) -> list[tuple[int, str]]:
    """A key that sorts the numbers in names as numbers, and a name without one first."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(name)]


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return ", ".join(ordered[:_SHOWN]) + more
