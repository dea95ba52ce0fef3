"""Logic of a netlist as a graph of gates, and a cover of it with lookup tables.

A gate has two or three inputs; inverters are free, as a LUT has them in its table. Gates with one
use are drawn into the LUT behind them as long as its inputs suffice: no mapper's best answer, but
one that takes milliseconds and differs from a mapper's by a factor that hardly varies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

FALSE, TRUE = 0, 1  # literals; a literal is twice a gate's number, plus 1 where it is inverted
LUT_INPUTS = 4


class Gates:
    """A graph of gates, built from its inputs on; equal gates are made once.

    Members
    -------
    inputs : of each gate the numbers of those it reads; empty for a source (register, port, memory,
        multiplier, carry chain). Gate 0 is the constant.
    labels : of each gate whatever its maker wants to know it by.
    """

    def __init__(self) -> None:
        self.inputs: list[tuple[int, ...]] = [()]
        self.labels: list[str] = [""]
        self._numbers: dict[tuple[object, ...], int] = {}

    def source(self, label: str = "") -> int:
        """A literal that no gate makes."""
        self.inputs.append(())
        self.labels.append(label)
        return 2 * (len(self.inputs) - 1)

    def _gate(self, kind: str, literals: tuple[int, ...], label: str) -> int:
        key = (kind, *literals)
        number = self._numbers.get(key)
        if number is None:
            sources = dict.fromkeys(literal >> 1 for literal in literals if literal > TRUE)
            self.inputs.append(tuple(sources))
            self.labels.append(label)
            number = self._numbers[key] = len(self.inputs) - 1
        return 2 * number

    def both(self, a: int, b: int, label: str = "") -> int:
        """Whether both literals are true."""
        a, b = min(a, b), max(a, b)
        if a == FALSE or a ^ 1 == b:
            return FALSE
        if a in (TRUE, b):
            return b
        return self._gate("and", (a, b), label)

    def either(self, a: int, b: int, label: str = "") -> int:
        """Whether one of two literals is true."""
        return self.both(a ^ 1, b ^ 1, label) ^ 1

    def differ(self, a: int, b: int, label: str = "") -> int:
        """Whether two literals differ."""
        a, b = min(a, b), max(a, b)
        if a in (FALSE, TRUE):
            return b ^ a
        if a >> 1 == b >> 1:
            return (a ^ b) & 1
        return self._gate("xor", (a & ~1, b & ~1), label) ^ (a & 1) ^ (b & 1)

    def choose(self, select: int, on: int, off: int, label: str = "") -> int:
        """`on` where `select` is true, otherwise `off`."""
        if select in (FALSE, TRUE):
            return on if select else off
        if on == off:
            return on
        if on in (FALSE, TRUE):
            return self.either(select, off, label) if on else self.both(select ^ 1, off, label)
        if off in (FALSE, TRUE):
            return self.either(select ^ 1, on, label) if off else self.both(select, on, label)
        if on ^ 1 == off:
            return self.differ(select, off, label)
        if select & 1:
            select, on, off = select ^ 1, off, on
        return self._gate("mux", (select, on, off), label)

    def table(self, content: str, literals: Sequence[int], label: str = "") -> int:
        """A function of literals, named by its content; of more than four it is a wide LUT."""
        return self._gate(f"table {content}", tuple(literals), label)

    def sum_of(self, a: int, b: int, c: int, label: str = "") -> int:
        """The lower bit of the sum of three literals."""
        literals = sorted((a, b, c))
        if literals[0] <= TRUE or len({each >> 1 for each in literals}) < len(literals):
            return self.parity(literals, label)
        flip = sum(each & 1 for each in literals) & 1
        return self._gate("sum", tuple(each & ~1 for each in literals), label) ^ flip

    def majority(self, a: int, b: int, c: int, label: str = "") -> int:
        """The upper bit of the sum of three literals."""
        first, second, third = sorted((a, b, c))
        if first <= TRUE:
            join = self.either if first else self.both
            return join(second, third, label)
        if first >> 1 == second >> 1:
            return first if first == second else third
        if second >> 1 == third >> 1:
            return second if second == third else first
        return self._gate("majority", (first, second, third), label)

    def all_of(self, literals: Iterable[int], label: str = "") -> int:
        """Whether all literals are true: a balanced tree."""
        return self._tree(list(literals), TRUE, self.both, label)

    def any_of(self, literals: Iterable[int], label: str = "") -> int:
        """Whether any literal is true."""
        return self.all_of((literal ^ 1 for literal in literals), label) ^ 1

    def parity(self, literals: Iterable[int], label: str = "") -> int:
        """Whether an odd number of literals is true."""
        return self._tree(list(literals), FALSE, self.differ, label)

    @staticmethod
    def _tree(
        literals: list[int], empty: int, join: Callable[[int, int, str], int], label: str
    ) -> int:
        if not literals:
            return empty
        while len(literals) > 1:
            pairs = zip(literals[::2], literals[1::2], strict=False)
            parents = [join(a, b, label) for a, b in pairs]
            literals = parents + (literals[-1:] if len(literals) % 2 else [])
        return literals[0]


class Cover:
    """LUTs that make the gates which somebody uses.

    Parameters
    ----------
    gates : the graph.
    uses : literals that something else than a gate reads; one entry for each that reads it.

    Members
    -------
    leaves : of each gate that is a LUT the gates that the LUT reads, in the order of the graph.
    inverters : gates that are no LUT and are needed inverted; each takes a LUT of its own.
    """

    def __init__(self, gates: Gates, uses: Sequence[int]) -> None:
        readers = [0] * len(gates.inputs)
        direct = [0] * len(gates.inputs)
        for literal in uses:
            direct[literal >> 1] += 1
        # backwards, so that only gates which lead to a use count as readers
        for number in range(len(gates.inputs) - 1, 0, -1):
            if direct[number] or readers[number]:
                for each in gates.inputs[number]:
                    readers[each] += 1
        leaves: dict[int, tuple[int, ...]] = {}
        for number in range(1, len(gates.inputs)):
            if gates.inputs[number] and (direct[number] or readers[number]):
                leaves[number] = _lut_inputs(gates.inputs[number], leaves, readers, direct)
        live = {literal >> 1 for literal in uses} & set(leaves)
        for number in reversed(leaves):
            if number in live:
                live.update(leaf for leaf in leaves[number] if leaf in leaves)
        self.leaves = {number: leaves[number] for number in leaves if number in live}
        self.inverters = sorted(
            {
                literal >> 1
                for literal in uses
                if literal & 1 and literal >> 1 and literal >> 1 not in self.leaves
            }
        )

    def __len__(self) -> int:
        """Number of LUTs."""
        return len(self.leaves) + len(self.inverters)


def _lut_inputs(
    inputs: tuple[int, ...],
    leaves: dict[int, tuple[int, ...]],
    readers: Sequence[int],
    direct: Sequence[int],
) -> tuple[int, ...]:
    """Inputs of a gate's LUT: those of gates in front of it that nobody else reads, if they fit."""
    result = dict.fromkeys(inputs)
    alone = sorted(
        (each for each in inputs if each in leaves and readers[each] == 1 and not direct[each]),
        key=lambda each: len(leaves[each]),
    )
    for each in alone:
        wider = {
            **{other: None for other in result if other != each},
            **dict.fromkeys(leaves[each]),
        }
        if len(wider) <= LUT_INPUTS:
            result = wider
    return tuple(result)
