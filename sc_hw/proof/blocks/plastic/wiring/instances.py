"""What is proved of each part inside a design: it is the part that the other claims are about.

Those claims are about a part that was emitted by itself. Here the two are compared register by
register and output by output, for every state and every input.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

from sc_hw.proof.hierarchy import CLOCK, RESET, Connections, base_name, term_of
from sc_hw.proof.netlist import Netlist, is_undefined
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, Claim
from sc_model.graph.smt import K, Terms


def prove_instance(
    prover: Prover, name: str, alone: Netlist, inside: Netlist, connections: Connections
) -> None:
    """Claim that a module of a design is a part that was emitted by itself.

    Parameters
    ----------
    prover : gets the claim.
    name : of the instance, for the claim.
    alone : the part by itself, with its component's ports.
    inside : the module of the design, in the same terms.
    connections : where the component's ports are in the module.
    """
    began = time.perf_counter()
    label = f"instance {name}"
    statement = (
        "the module in the design has the registers of the part that is claimed, and for every"
        " state and input the same next state and the same outputs"
    )
    inputs = _inputs(alone, inside, connections)
    decided: Claim | None = None
    # Numbers behind names may be others in the design, and then the names mislead. Any way to pair
    # the registers for which both do the same shows that they do the same.
    for pairs, unmatched in (by_name(alone, inside), by_structure(alone, inside, inputs)):
        # A register without a next value is one whose value never changes.
        unmatched += [
            left
            for left, right in pairs.items()
            if (left in alone.following) != (right in inside.following)
        ]
        if unmatched:
            seconds = time.perf_counter() - began
            example = {"registers without a counterpart": ", ".join(sorted(unmatched))}
            claim = prover.record(label, statement, False, seconds, example)
        elif differences := _differences(alone, inside, connections, inputs, pairs):
            witness = {
                f"{signal} differs": prover.terms.differ(*pair)
                for signal, pair in differences.items()
            }
            claim = _decided(prover, label, statement, differences, witness)
        else:  # the same terms
            claim = prover.record(label, statement, True, time.perf_counter() - began)
        prover.claims.pop()
        # Of two that fail, the first says more: its registers have the right names.
        decided = claim if decided is None or claim.verdict == PROVED else decided
        if decided.verdict == PROVED:
            break
    if decided is not None:
        prover.claims.append(decided)


def _decided(
    prover: Prover,
    label: str,
    statement: str,
    differences: dict[str, tuple[Any, Any]],
    witness: dict[str, Any],
) -> Claim:
    """The claim that what differs in how it is written is the same.

    Memories are compared write by write first: that each address, word and condition is the same is
    easier to show than that whole memories are, and is enough.
    """
    terms = prover.terms
    by_write = [
        terms.differ(left, right) for pair in differences.values() for left, right in _writes(*pair)
    ]
    claim = prover.claim(label, statement, prover.either(*by_write))
    if claim.verdict == PROVED:
        return claim
    prover.claims.pop()
    whole = [terms.differ(left, right) for left, right in differences.values()]
    return prover.claim(label, statement, prover.either(*whole), (), witness)


def _writes(left: Any, right: Any) -> list[tuple[Any, Any]]:
    """What two memories, or vectors, must agree in to be the same."""
    if left == right:
        return []
    alike = left.kind() == right.kind() and len(left.children()) == len(right.children())
    if not (left.sort().is_array() and alike and left.children()):
        return [(left, right)]
    pairs = zip(left.children(), right.children(), strict=True)
    return [pair for one, other in pairs for pair in _writes(one, other)]


def _differences(
    alone: Netlist,
    inside: Netlist,
    connections: Connections,
    inputs: dict[str, Any],
    registers: dict[str, str],
) -> dict[str, tuple[Any, Any]]:
    """What each register and output is in the two; without those that are the same terms."""
    terms = alone.terms
    shared = alone.binding(
        {left: inside.states[right] for left, right in registers.items()}, inputs
    )
    pairs = {
        left: (alone.following[left], inside.following[right])
        for left, right in registers.items()
        if left in alone.following and right in inside.following
    }
    for port, bits in connections.outputs.items():
        pairs[port] = (alone.outputs[port], term_of(terms, inside.outputs, bits))
    memo: dict[Any, Any] = {}
    rewritten = {
        signal: tuple(
            _folded(terms, term, memo) for term in (alone.substitute(left, shared), right)
        )
        for signal, (left, right) in pairs.items()
    }
    return {signal: (left, right) for signal, (left, right) in rewritten.items() if left != right}


def _folded(terms: Terms, term: Any, memo: dict[Any, Any]) -> Any:
    """A term in which bits of joined vectors are bits of the vector that they lie in.

    A port of the part by itself may be several ports in the design: without this the solver would
    have to show of whole memories that they are equal. For the same reason vectors are joined one
    by one from the lowest up: ``(a, b), c`` is ``a, (b, c)``. `memo` : terms that were folded.
    """
    rest = [term]
    while rest:
        part = rest[-1]
        children = part.children()
        waiting = [child for child in children if child not in memo]
        if part in memo or waiting:
            rest = [*rest, *waiting] if part not in memo else rest[:-1]
            continue
        rest.pop()
        folded = [memo[child] for child in children]
        indices = tuple(part.indices())
        if part.kind() == K.BV_EXTRACT and folded[0].kind() == K.BV_CONCAT:
            memo[part] = _bits_of_concatenation(terms, folded[0], *indices)
        elif part.kind() == K.BV_CONCAT:
            memo[part] = _concatenation(terms, folded)
        elif folded != list(children):
            memo[part] = terms(part.kind(), *folded, indices=indices)
        else:
            memo[part] = part
    return memo[term]


def _concatenation(terms: Terms, parts: list[Any]) -> Any:
    """The concatenation of vectors that are joined from the lowest up, as all of them are."""
    pieces: list[Any] = []
    for part in parts:
        while part.kind() == K.BV_CONCAT:
            first, part = part.children()
            pieces.append(first)
        pieces.append(part)
    result = pieces.pop()
    for part in reversed(pieces):
        result = terms(K.BV_CONCAT, part, result)
    return result


def _bits_of_concatenation(terms: Terms, vector: Any, high: int, low: int) -> Any:
    """Bits of a concatenation: of the part that they lie in, where it is one."""
    end = 0
    for child in reversed(vector.children()):
        begin, end = end, end + terms.width(child)
        if begin <= low and high < end:
            if (low, high) == (begin, end - 1):
                return child
            inner = (high - begin, low - begin)
            if child.kind() == K.BV_CONCAT:
                return _bits_of_concatenation(terms, child, *inner)
            return terms(K.BV_EXTRACT, child, indices=inner)
    return terms(K.BV_EXTRACT, vector, indices=(high, low))


def _inputs(alone: Netlist, inside: Netlist, connections: Connections) -> dict[str, Any]:
    """What each input of the part by itself is in the design's module.

    An input that the module does not have stays free: the part must not depend on it.
    """
    terms = alone.terms
    values: dict[str, Any] = {}
    for name in alone.inputs:
        if name in connections.inputs:
            values[name] = term_of(terms, inside.inputs, connections.inputs[name])
        elif name in (CLOCK, RESET) and name in inside.inputs:
            values[name] = inside.inputs[name]
    # Undefined bits stand in both in the order of the memories that they belong to.
    left, right = (
        [(name, term) for name, term in net.inputs.items() if is_undefined(name)]
        for net in (alone, inside)
    )
    if [term.sort() for _, term in left] == [term.sort() for _, term in right]:
        values |= {name: term for (name, _), (_, term) in zip(left, right, strict=True)}
    return values


# --- which register is which ----------------------------------------------------------------------

Pairs = tuple[dict[str, str], list[str]]


def by_name(alone: Netlist, inside: Netlist) -> Pairs:
    """For each register of one netlist that of the other, and those without a counterpart.

    A register has several names where a port is another name of it. Numbers behind names depend on
    the names around them, so that they are looked at only where a name without them is not unique.
    """
    left, right = (_names(net) for net in (alone, inside))
    counterparts: dict[str, str] = {}
    used: set[str] = set()
    for key in (str, base_name):
        table: dict[tuple[str, str], list[str]] = defaultdict(list)
        for state, names in right.items():
            for name in {*map(key, names)}:
                table[name, _sort(inside, state)].append(state)
        for state, names in left.items():
            if state in counterparts:
                continue
            candidates = [
                other
                for name in sorted({*map(key, names)})
                for other in table[name, _sort(alone, state)]
                if other not in used
            ]
            if candidates:
                counterparts[state] = candidates[0]
                used.add(candidates[0])
    return counterparts, _rest(alone, inside, counterparts)


def by_structure(alone: Netlist, inside: Netlist, inputs: dict[str, Any]) -> Pairs:
    """The same by how each register gets its next value, where names alone are ambiguous.

    Registers begin in classes by their names without numbers, and a class is divided as long as
    next values differ in operations, inputs or classes of registers. `inputs` : what each input of
    the part by itself is in the design's module.
    """
    nets = (alone, inside)
    names = [_names(net) for net in nets]
    roots = _common_names([texts for table in names for texts in table.values()])
    shared = alone.binding({}, inputs)
    values = [
        {name: alone.substitute(term, shared) for name, term in alone.following.items()},
        inside.following,
    ]
    shapes = [
        {name: _shape(net, terms[name]) for name in terms}
        for net, terms in zip(nets, values, strict=True)
    ]
    colours: list[dict[str, int]] = [
        {name: hash((roots[base_name(table[name][0])], _sort(net, name))) for name in net.states}
        for net, table in zip(nets, names, strict=True)
    ]
    classes = 0
    while (count := len({colour for table in colours for colour in table.values()})) > classes:
        classes = count
        colours = [
            {
                name: hash((colour, *_coloured(shapes_of.get(name), table)))
                for name, colour in table.items()
            }
            for table, shapes_of in zip(colours, shapes, strict=True)
        ]
    counterparts: dict[str, str] = {}
    members: dict[int, list[str]] = defaultdict(list)
    for name in sorted(inside.states):
        members[colours[1][name]].append(name)
    for name in sorted(alone.states):
        if members[colours[0][name]]:
            counterparts[name] = members[colours[0][name]].pop(0)
    return counterparts, _rest(alone, inside, counterparts)


def _rest(alone: Netlist, inside: Netlist, counterparts: dict[str, str]) -> list[str]:
    """Registers of either netlist without a counterpart."""
    used = {*counterparts.values()}
    rest = [name for name in alone.states if name not in counterparts]
    return rest + [name for name in inside.states if name not in used]


def _names(net: Netlist) -> dict[str, list[str]]:
    """All names of each register, by its name in the netlist."""
    by_term: dict[Any, list[str]] = defaultdict(list)
    for signal, term in net.signals.items():
        by_term[term].append(signal)
    return {name: sorted({*by_term[term], name}) for name, term in net.states.items()}


def _sort(net: Netlist, state: str) -> str:
    """The sort of a register, as text: words of a memory too."""
    return str(net.states[state].sort())


def _common_names(groups: list[list[str]]) -> dict[str, str]:
    """For each name without numbers one that stands for all names of the same registers."""
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.setdefault(name, name) != name:
            name = root[name]
        return name

    for names in groups:
        first = find(base_name(names[0]))
        for name in names[1:]:
            root[find(base_name(name))] = first
    return {name: find(name) for name in root}


def _shape(net: Netlist, term: Any) -> tuple[int, list[str]]:
    """A term's operations and inputs as a number, and the registers in it in their order."""
    registers = {term: name for name, term in net.states.items()}
    numbers: dict[Any, int] = {}
    rows: list[Any] = []
    leaves: list[str] = []

    def visit(part: Any) -> int:
        if part not in numbers:
            children = [visit(child) for child in part.children()]
            if part in registers:
                leaves.append(registers[part])
                row: Any = ("register", len(leaves))
            elif part.is_const() or part.is_value():
                row = (str(part),)
            else:
                row = (str(part.kind()), tuple(part.indices()), tuple(children))
            numbers[part] = len(rows)
            rows.append(row)
        return numbers[part]

    visit(term)
    return hash(tuple(rows)), leaves


def _coloured(shape: tuple[int, list[str]] | None, colours: dict[str, int]) -> tuple[int, ...]:
    """A shape with the classes of its registers."""
    if shape is None:
        return ()
    number, registers = shape
    return (number, *(colours[name] for name in registers))
